"""Machine: load, memory and descriptors of this process and its host, from /proc where there is one."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass

__all__ = ["Figures", "Machine"]


@dataclass(frozen=True, slots=True)
class Figures:
    """One look. None is what the system does not say. Loads in percent, memory in KiB."""

    ioc_load: float | None = None  # since the last look; 100 is one CPU
    host_load: float | None = None  # since the last look; 100 is all CPUs
    memory_used: int | None = None  # resident memory of this process
    memory_free: int | None = None  # of the host, with swap
    memory_total: int | None = None
    descriptors: int | None = None
    descriptors_max: int | None = None


class Machine:
    """Remembers the last look, from which loads are reckoned."""

    def __init__(self) -> None:
        self._own = _own_time()
        self._host = _host_time()

    def look(self) -> Figures:
        """The figures of now."""
        own, host = _own_time(), _host_time()
        elapsed = own[0] - self._own[0]
        ioc_load = 100.0 * (own[1] - self._own[1]) / elapsed if elapsed > 0 else None
        host_load = None
        if host is not None and self._host is not None and host[0] > self._host[0]:
            host_load = 100.0 * (host[1] - self._host[1]) / (host[0] - self._host[0])
        self._own, self._host = own, host
        free, total = _memory()
        return Figures(ioc_load, host_load, _resident(), free, total, _descriptors(), _descriptors_max())


def _own_time() -> tuple[float, float]:
    """Seconds, and CPU seconds of this process."""
    times = os.times()
    return time.monotonic(), times.user + times.system


def _host_time() -> tuple[int, int] | None:
    """Jiffies of all CPUs, in all and not idle (proc(5), /proc/stat: the fourth and fifth are idle and iowait)."""
    with suppress(OSError, ValueError, IndexError), open("/proc/stat") as file:
        fields = [int(word) for word in file.readline().split()[1:9]]
        return sum(fields), sum(fields) - fields[3] - fields[4]
    return None


def _memory() -> tuple[int | None, int | None]:
    """KiB free and in all, with swap."""
    with suppress(OSError, ValueError, KeyError, IndexError), open("/proc/meminfo") as file:
        found = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in file)}
        return found["MemAvailable"] + found["SwapFree"], found["MemTotal"] + found["SwapTotal"]
    return None, None


def _resident() -> int | None:
    with suppress(OSError, ValueError, IndexError), open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
    return None


def _descriptors() -> int | None:
    for folder in ("/proc/self/fd", "/dev/fd"):
        with suppress(OSError):
            return len(os.listdir(folder)) - 1  # less the one that lists them
    return None


def _descriptors_max() -> int | None:
    with suppress(ImportError, OSError):
        import resource  # there is none on Windows

        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        return soft if soft != resource.RLIM_INFINITY else None
    return None
