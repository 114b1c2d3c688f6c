"""Our client commands, run in this process against one server."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from unittest.mock import patch

from bridge.cli import main
from tests.clients import Finished, ca_environment

__all__ = ["Output", "Running", "ours", "started"]


class Output(io.StringIO):
    """Standard output that may be a terminal."""

    def __init__(self, terminal: bool = False) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


async def ours(
    port: int, *words: str, env: Mapping[str, str] | None = None, terminal: bool = False, deadline: float = 20.0
) -> Finished:
    """Run `iocbridge WORDS` in a thread with an event loop of its own."""
    out, err = Output(terminal), Output()

    def run() -> int:
        with (
            patch.dict(os.environ, {**ca_environment(port), **(env or {})}, clear=True),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            return main(words)

    code = await asyncio.wait_for(asyncio.to_thread(run), deadline)
    return Finished(code, out.getvalue(), err.getvalue())


class Running:
    """A program of its own, line by line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        assert process.stdout is not None
        self._out = process.stdout

    async def line(self, deadline: float = 10.0) -> str:
        return (await asyncio.wait_for(self._out.readline(), deadline)).decode().rstrip("\n")

    async def interrupt(self) -> Finished:
        """Press Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        out, err = await asyncio.wait_for(self.process.communicate(), 10.0)
        assert self.process.returncode is not None
        return Finished(self.process.returncode, out.decode(), err.decode())


@contextlib.asynccontextmanager
async def started(port: int, *words: str) -> AsyncIterator[Running]:
    """Start a program; `iocbridge` is ours."""
    command = [sys.executable, "-m", "bridge", *words[1:]] if words[0] == "iocbridge" else list(words)
    process = await asyncio.create_subprocess_exec(
        *command,
        env=ca_environment(port),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield Running(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
