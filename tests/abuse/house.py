"""House: the attacked server and the healthy client, each a process, and what the kernel says of the former."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

__all__ = ["Figures", "House", "Probe", "house", "until"]

ROOT = Path(__file__).resolve().parents[2]
PAGE = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Figures:
    """What the server holds at one moment."""

    memory: int  # bytes resident
    descriptors: int
    log: int  # bytes
    cpu: float  # seconds since its start


class House:
    """The attacked server."""

    def __init__(self, process: subprocess.Popen[str], log: IO[bytes]) -> None:
        self._process = process
        self._log = log
        assert process.stdout is not None
        self.port = int(process.stdout.readline() or 0)
        assert self.port, f"the server did not start:\n{self.log()}"

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def log(self, since: int = 0) -> str:
        """What it has logged, after the first `since` bytes."""
        return os.pread(self._log.fileno(), 64 << 20, since).decode(errors="backslashreplace")

    def figures(self) -> Figures:
        assert self.alive, f"the server has died:\n{self.log()[-4000:]}"
        stat = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return Figures(
            memory=int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * PAGE,
            descriptors=len(os.listdir(f"/proc/{self.pid}/fd")),
            log=os.fstat(self._log.fileno()).st_size,
            cpu=(int(stat[11]) + int(stat[12])) / TICKS,
        )

    def settled(self, descriptors: int, deadline: float = 15.0) -> Figures:
        """Wait until no more than so many descriptors are open, and the processor rests; the last figures at last."""
        end = time.monotonic() + deadline
        before = self.figures()
        while True:
            time.sleep(0.05)
            now = self.figures()
            if now.descriptors <= descriptors and now.cpu - before.cpu < 0.03:
                return now
            if time.monotonic() > end:
                return now
            before = now


class Probe:
    """The healthy client, a process of its own so that our threads do not slow it down."""

    def __init__(self, port: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.abuse.probe", str(port)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def report(self) -> dict[str, Any]:
        """The longest time that each kind of request took since the last report, in seconds, and what failed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("report\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the healthy client has died"
        found: dict[str, Any] = json.loads(line)
        return found

    def close(self) -> None:
        self._process.communicate()


@contextlib.contextmanager
def house(limits: dict[str, Any] | None = None, prepare: Callable[[], None] | None = None) -> Iterator[House]:
    """Start a server with these `limits`; `prepare` runs in its process before anything else."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.abuse.ioc", json.dumps(limits or {})],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            preexec_fn=prepare,
        )
        try:
            yield House(process, log)
        finally:
            process.kill()
            process.communicate()


def until(condition: Callable[[], Any], deadline: float = 10.0, what: str = "") -> Any:
    """Wait for `condition` to return something true, and return that."""
    end = time.monotonic() + deadline
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < end, f"{what or condition} did not happen within {deadline:g} s"
        time.sleep(0.01)
