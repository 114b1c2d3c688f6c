"""CPU time, memory and cores of other processes, from the kernel."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

__all__ = ["children", "cpu_seconds", "on_one_core", "pin", "resident"]

_CPUCLOCK_SCHED = 2  # linux/posix-timers.h: the run time that schedstat shows, summed over all threads


def cpu_seconds(pid: int) -> float:
    """CPU time of all threads of a process, those that have ended included.

    It is the scheduler's own count, which /proc/PID/task/*/schedstat shows thread by thread, but read through the
    process's CPU clock (clock_getcpuclockid(3)): schedstat forgets a thread that has ended, as rsrv's do with their
    clients, and is as old as the last tick for one that runs.
    """
    return time.clock_gettime(~pid << 3 | _CPUCLOCK_SCHED)


def resident(pid: int) -> int:
    """Resident memory in bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def children(pid: int) -> list[int]:
    """Process ids of the children of all threads."""
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += map(int, path.read_text().split())
    return found


def pin(pid: int, cores: set[int]) -> None:
    """Let all threads of a process run on these cores only."""
    for task in os.listdir(f"/proc/{pid}/task"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            os.sched_setaffinity(int(task), cores)


@contextlib.contextmanager
def on_one_core(*pids: int) -> Iterator[None]:
    """Bring these processes and ourselves to one core, as long as the block lasts.

    Waking up another core takes a virtual machine anything from nothing to 25 us, by its own lights; a round trip
    between two cores measures that, and not the server.
    """
    every = os.sched_getaffinity(0)
    one = {max(every)}
    try:
        for pid in (os.getpid(), *pids):
            pin(pid, one)
        yield
    finally:
        for pid in (os.getpid(), *pids):
            with contextlib.suppress(OSError):
                pin(pid, every)
