"""Disks that fail, die, or lose what was not synced."""

from __future__ import annotations

import errno
import os
import random
import signal
from collections.abc import Callable

from bridge.runtime.autosave import SystemDisk

__all__ = ["CutDisk", "DyingDisk", "FaultyDisk", "PowerCut"]

Step = Callable[[], None]


class Counting(SystemDisk):
    """Calls `step(operation, half)` before each operation that changes anything, with a way to do half of it."""

    def __init__(self) -> None:
        self.steps: list[str] = []

    def step(self, operation: str, half: Step) -> None:
        self.steps.append(operation)

    def create(self, path: str, /) -> int:
        self.step("create", lambda: None)
        return super().create(path)

    def write(self, handle: int, data: bytes, /) -> int:
        self.step("write", lambda: (os.write(handle, data[: len(data) // 2]), None)[1])
        return os.write(handle, data)

    def sync(self, handle: int, /) -> None:
        self.step("sync", lambda: None)
        os.fsync(handle)

    def close(self, handle: int, /) -> None:
        try:
            self.step("close", lambda: None)
        finally:
            os.close(handle)

    def replace(self, source: str, target: str, /) -> None:
        self.step("replace", lambda: None)
        os.replace(source, target)

    def remove(self, path: str, /) -> None:
        self.step("remove", lambda: None)
        os.remove(path)

    def sync_folder(self, folder: str, /) -> None:
        self.step("sync_folder", lambda: None)
        super().sync_folder(folder)


class FaultyDisk(Counting):
    """Fails at step `at` and at all later ones while `broken`, with `code`; half of a write is done all the same."""

    def __init__(self, at: int = 0, code: int = errno.EIO) -> None:
        super().__init__()
        self.at = at
        self.code = code
        self.broken = True

    def step(self, operation: str, half: Step) -> None:
        super().step(operation, half)
        if self.broken and len(self.steps) > self.at:
            half()
            raise OSError(self.code, os.strerror(self.code))


class DyingDisk(Counting):
    """Kills its own process at step `at`, as SIGKILL does."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at

    def step(self, operation: str, half: Step) -> None:
        super().step(operation, half)
        if len(self.steps) == self.at:
            half()
            os.kill(os.getpid(), signal.SIGKILL)


class PowerCut(BaseException):
    """The lights are out: nothing after this happens."""


class CutDisk:
    """A disk in memory that knows what has been synced. `cut` at step `at`: `survivors` says what is left.

    Names are journalled, as on ext4 and XFS: a power cut undoes the latest of them back to some point after the last
    sync of the folder. The content of a file that was not synced is anybody's guess.
    """

    def __init__(self, files: dict[str, bytes], at: int = 0) -> None:
        self._inodes: dict[int, bytes] = {}
        self._synced: dict[int, bytes] = {}
        self._names: dict[str, int] = {}
        for path, data in files.items():
            self._names[path] = self._inode(data)
            self._synced[self._names[path]] = data
        self._journal: list[dict[str, int]] = [dict(self._names)]  # states of the folder since it was synced
        self._at = at
        self.steps = 0

    def _inode(self, data: bytes) -> int:
        self._inodes[len(self._inodes) + 1] = data
        return len(self._inodes)

    def _step(self) -> None:
        self.steps += 1
        if self.steps == self._at:
            raise PowerCut

    def read(self, path: str, /) -> bytes:
        if path not in self._names:
            raise FileNotFoundError(errno.ENOENT, "No such file", path)
        return self._inodes[self._names[path]]

    def create(self, path: str, /) -> int:
        self._step()
        if path not in self._names:
            self._names[path] = self._inode(b"")
            self._journal.append(dict(self._names))
        self._inodes[self._names[path]] = b""
        return self._names[path]

    def write(self, handle: int, data: bytes, /) -> int:
        self._step()
        self._inodes[handle] += data[: max(1, len(data) // 2)]  # short, as it may be
        return max(1, len(data) // 2)

    def sync(self, handle: int, /) -> None:
        self._step()
        self._synced[handle] = self._inodes[handle]

    def close(self, handle: int, /) -> None:
        pass

    def replace(self, source: str, target: str, /) -> None:
        self._step()
        self._names[target] = self._names.pop(source)
        self._journal.append(dict(self._names))

    def remove(self, path: str, /) -> None:
        self._step()
        del self._names[path]
        self._journal.append(dict(self._names))

    def names(self, folder: str, /) -> list[str]:
        return [os.path.basename(path) for path in self._names]

    def sync_folder(self, folder: str, /) -> None:
        self._step()
        self._journal = [dict(self._names)]

    def survivors(self, rng: random.Random) -> dict[str, bytes]:
        """The files after the power is back."""
        return {path: self._left(inode, rng) for path, inode in rng.choice(self._journal).items()}

    def _left(self, inode: int, rng: random.Random) -> bytes:
        now, synced = self._inodes[inode], self._synced.get(inode)
        if now == synced:
            return now
        some = now[: rng.randrange(len(now) + 1)]
        return rng.choice([b"", some, some + b"\0" * (len(now) - len(some)), now, synced or b""])
