"""Disk: the few file operations that the write cycle is made of, so that a test can break each of them."""

from __future__ import annotations

import errno
import os
from typing import Final, Protocol

__all__ = ["Disk", "SystemDisk"]

_NO_SYNC: Final = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS)


class Disk(Protocol):
    """Operations on files. All raise OSError as the system's do; paths are absolute."""

    def read(self, path: str, /) -> bytes: ...
    def create(self, path: str, /) -> int:
        """Make `path` an empty file and open it for writing."""
        ...

    def write(self, handle: int, data: bytes, /) -> int: ...
    def sync(self, handle: int, /) -> None:
        """Return when what was written will survive a power cut."""
        ...

    def close(self, handle: int, /) -> None: ...
    def replace(self, source: str, target: str, /) -> None:
        """Rename, over `target` if there is one, in one step."""
        ...

    def remove(self, path: str, /) -> None: ...
    def names(self, folder: str, /) -> list[str]: ...
    def sync_folder(self, folder: str, /) -> None:
        """Return when the names in `folder` will survive a power cut."""
        ...


class SystemDisk:
    """The machine's own files."""

    def read(self, path: str, /) -> bytes:
        with open(path, "rb") as file:
            return file.read()

    def create(self, path: str, /) -> int:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)

    write = staticmethod(os.write)
    sync = staticmethod(os.fsync)
    close = staticmethod(os.close)
    replace = staticmethod(os.replace)
    remove = staticmethod(os.remove)
    names = staticmethod(os.listdir)

    def sync_folder(self, folder: str, /) -> None:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        except OSError as error:
            if error.errno not in _NO_SYNC:  # some network file systems have no such thing, and need none
                raise
        finally:
            os.close(handle)
