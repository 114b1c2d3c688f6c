"""IOC programs run as their users run them: a process, its log, and C clients that look at it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from tests.clients import c_tool, ca_environment
from tests.waiting import eventually

__all__ = ["Program", "free_port", "program"]

READY = "Server startup complete."


def free_port() -> int:
    """A number that neither TCP nor UDP uses on loopback at present."""
    while True:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            with contextlib.suppress(OSError):
                udp.bind(("127.0.0.1", tcp.getsockname()[1]))
                return int(tcp.getsockname()[1])


class Program:
    """A running program: what it has said so far, and the PVs that it says it has."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process = process
        self.port = port
        self.text = ""

    async def follow(self) -> None:
        """Collect what the program says."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.text += line.decode(errors="replace")

    @property
    def names(self) -> list[str]:
        """The PVs of `--list-pvs`."""
        _, _, listed = self.text.partition("PVs available:\n")
        names = []
        for line in listed.splitlines():
            if not line.startswith("    ") or " " in line.strip():
                break
            names.append(line.strip())
        return names

    @property
    def client_environment(self) -> dict[str, str]:
        """For clients that are to see this program only."""
        root = str(Path(__file__).resolve().parent.parent)
        return {**ca_environment(self.port), "PYTHONPATH": root}

    async def caget(self, *words: str) -> str:
        """What base's caget says."""
        done = await c_tool(self.port, "caget", "-w", "5", *words)
        assert done.code == 0, f"caget {' '.join(words)}: {done.out}{done.err}\n{self.text}"
        return done.out.strip()

    async def caput(self, *words: str) -> int:
        """The exit code of base's `caput -c`."""
        return (await c_tool(self.port, "caput", "-c", "-t", "-w", "10", *words)).code

    async def end(self) -> int:
        """Ctrl-C, and the exit code."""
        if self.process.returncode is None:
            os.killpg(self.process.pid, signal.SIGINT)  # as a terminal does: children get it too
        async with asyncio.timeout(10):
            return await self.process.wait()


@contextlib.asynccontextmanager
async def program(
    *words: str, cwd: Path | None = None, ready: str = READY, stdin: bytes = b"", **env: str
) -> AsyncIterator[Program]:
    """Run ``python words...`` on a port of its own until the block ends, beginning once it has said `ready`."""
    port = free_port()
    quiet = {"EPICS_CAS_INTF_ADDR_LIST": "127.0.0.1", "EPICS_CAS_AUTO_BEACON_ADDR_LIST": "NO", "PYTHONUNBUFFERED": "1"}
    root = str(Path(__file__).resolve().parent.parent)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *words,
        cwd=cwd,
        env={**ca_environment(port), "PYTHONPATH": root, **quiet, **env},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,  # a program may have children of its own
    )
    running = Program(process, port)
    follow = asyncio.create_task(running.follow())
    try:
        assert process.stdin is not None
        process.stdin.write(stdin)
        process.stdin.close()

        await eventually(lambda: ready in running.text or process.returncode is not None, 20)
        if ready not in running.text:
            await follow
            raise AssertionError(f"ended with {process.returncode}:\n{running.text}")
        yield running
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        try:
            async with asyncio.timeout(5):
                await process.wait()
        except TimeoutError:
            pass
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        await follow
