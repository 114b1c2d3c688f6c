"""Clients in processes of their own: Python clients that obey line by line, and camonitor."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from tests.clients import C_TOOLS, ca_environment

__all__ = ["PYTHON_CLIENTS", "CaMonitor", "Peer", "camonitor", "installed", "peer"]

CLIENTS = Path(__file__).parent / "clients"
#: The scripts of `clients/`, and the package that each of them needs.
PYTHON_CLIENTS = {"pyepics": "epics", "aioca": "aioca", "caproto": "caproto"}
DEADLINE = 30.0
LONGEST = 1 << 20  # bytes of an answer


def installed(client: str) -> bool:
    """Whether a Python client can run here: libca's wheels are for x86_64."""
    return importlib.util.find_spec(PYTHON_CLIENTS[client]) is not None


class Peer:
    """A script of `clients/`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def __call__(self, command: str, *words: Any) -> Any:
        """Have a command carried out."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([command, *words]).encode() + b"\n")
        async with asyncio.timeout(DEADLINE):
            line = await self._process.stdout.readline()
        assert line, f"the client ended at {command!r}"
        return json.loads(line)


@contextlib.asynccontextmanager
async def peer(name: str, port: int) -> AsyncIterator[Peer]:
    """Run `clients/NAME_client.py` while the block lasts."""
    words = (sys.executable, str(CLIENTS / f"{name}_client.py"))
    async with _process(*words, port=port) as process:
        yield Peer(process)


class CaMonitor:
    """Base's camonitor. For each PV: the values that it has shown, the last of them, and what alarm came with that."""

    def __init__(self) -> None:
        self.history: dict[str, list[str]] = {}
        self.latest: dict[str, str] = {}
        self.alarms: dict[str, list[str]] = {}

    async def read(self, stream: asyncio.StreamReader) -> None:
        """Take lines until there are no more."""
        while line := (await stream.readline()).decode():
            name, _, _, value, *alarm = line.split()
            self.history.setdefault(name, []).append(value)
            self.latest[name] = value
            self.alarms[name] = alarm


@contextlib.asynccontextmanager
async def camonitor(port: int, *names: str) -> AsyncIterator[CaMonitor]:
    """Run camonitor while the block lasts."""
    assert C_TOOLS is not None
    monitor = CaMonitor()
    words = (str(C_TOOLS / "camonitor"), "-n", "-g", "17", *names)
    async with _process(*words, port=port) as process:
        assert process.stdout is not None
        reading = asyncio.create_task(monitor.read(process.stdout))
        try:
            yield monitor
        finally:
            reading.cancel()
            await asyncio.wait([reading])


@contextlib.asynccontextmanager
async def _process(*words: str, port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *words,
        env=ca_environment(port),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LONGEST,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()
