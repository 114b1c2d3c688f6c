"""Running `iocbridge`, and users' own files, as their users do: in a process, from its first to its last line."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from tests.clients import Finished, without_epics

__all__ = ["IOCBRIDGE", "PYTHON", "Program", "environment", "finished", "program"]

PYTHON = (sys.executable,)
IOCBRIDGE = (str(Path(sys.executable).with_name("iocbridge")),)


def environment(**more: str) -> dict[str, str]:
    """An environment in which an IOC serves on loopback only, on a port that is free."""
    clean = without_epics()
    for name in ("COLUMNS", "LINES"):  # the size of our terminal (or of a test runner's) is not that of the program's
        clean.pop(name, None)
    quiet = {
        "EPICS_CAS_INTF_ADDR_LIST": "127.0.0.1",
        "EPICS_CAS_SERVER_PORT": "0",
        "EPICS_CAS_AUTO_BEACON_ADDR_LIST": "NO",
        "EPICS_CA_AUTO_ADDR_LIST": "NO",
    }
    return {**clean, **quiet, **more}


class Program:
    """A process whose output is read as it comes."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.out = self.err = ""
        assert process.stdout is not None
        assert process.stderr is not None
        self._news = asyncio.Event()
        self._readers = [
            asyncio.create_task(self._read(process.stdout, "out")),
            asyncio.create_task(self._read(process.stderr, "err")),
        ]

    async def _read(self, stream: asyncio.StreamReader, name: str) -> None:
        while chunk := await stream.read(65536):
            setattr(self, name, getattr(self, name) + chunk.decode(errors="replace"))
            self._news.set()
        self._news.set()

    async def until(self, pattern: str, deadline: float = 15.0) -> re.Match[str]:
        """Wait until the output matches, standard error included."""

        def found() -> re.Match[str] | None:
            return re.search(pattern, self.out) or re.search(pattern, self.err)

        return await self._until(found, f"{pattern!r} was not seen", deadline)

    async def _until(self, find: Callable[[], re.Match[str] | None], why: str, deadline: float) -> re.Match[str]:
        try:
            async with asyncio.timeout(deadline):
                while (match := find()) is None:
                    assert not all(reader.done() for reader in self._readers), f"{why}\n{self.out}\n{self.err}"
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"{why} within {deadline:g} s\n{self.out}\n{self.err}") from None
        return match

    async def port(self) -> int:
        """Where the IOC serves, from its log."""
        return int((await self.until(r"Listening on 127\.0\.0\.1:(\d+)"))[1])

    async def end(self, deadline: float = 20.0) -> Finished:
        """Wait until it has ended."""
        async with asyncio.timeout(deadline):
            code = await self.process.wait()
            await asyncio.wait(self._readers)
        return Finished(code, self.out, self.err)

    async def interrupt(self, number: int = signal.SIGINT, deadline: float = 20.0) -> Finished:
        """Send it a signal, and wait until it has ended."""
        self.process.send_signal(number)
        return await self.end(deadline)


@contextlib.asynccontextmanager
async def program(*words: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> AsyncIterator[Program]:
    """Run a program while the block lasts, and no longer."""
    process = await asyncio.create_subprocess_exec(
        *words,
        cwd=cwd,
        env=environment() if env is None else env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    running = Program(process)
    try:
        yield running
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await running.end()


async def finished(*words: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> Finished:
    """Run a program to its own end."""
    async with program(*words, cwd=cwd, env=env) as running:
        return await running.end(20.0)
