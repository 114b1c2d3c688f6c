"""FileLock: one save file, one IOC. The kernel gives the lock back however the process ends."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from typing import Final

__all__ = ["FileLock", "Taken"]

# A file system without locks, or where we may not write: then saving fails as well, and says so.
_NO_LOCKS: Final = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL, errno.EROFS, errno.EACCES, errno.ENOENT)


class Taken(Exception):
    """Another IOC that runs saves to the same file. The message says which."""


class FileLock:
    """A lock beside the save file, in ``.lock``: the save file itself is replaced by each save."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._handle: int | None = None

    def acquire(self) -> None:
        """Raises Taken. Where there are no locks nothing happens."""
        try:
            import fcntl
        except ImportError:  # not a POSIX system
            return
        try:
            handle = os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            if error.errno in _NO_LOCKS:
                return
            raise
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(handle, 32).decode("ascii", "replace").strip() or "?"
            os.close(handle)
            raise Taken(f"{self.path} is the save file of another IOC that runs (process {owner})") from None
        except OSError as error:
            os.close(handle)
            if error.errno not in _NO_LOCKS:
                raise
        else:
            self._handle = handle
            with suppress(OSError):  # a full disk costs no more than the name of the owner
                os.ftruncate(handle, 0)
                os.write(handle, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Let others have it; harmless if it was not acquired. The file stays: removing it would race."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
