"""The backdoor of a simulator in another process: JSON lines over TCP.

One request a line, one reply a line::

    {"get": "input.A.kelvin"}             {"value": 77.352}
    {"set": ["input.A.kelvin", 4.2]}      {"ok": true}
    {"call": "press"}                     {"ok": true}
    {"fault": "garbage", "times": 2}      {"ok": true}
    {"clear": true}                       {"ok": true}      disarms all faults
    {"unplug": true}, {"plug": true}      {"ok": true}
    anything else                         {"error": "..."}
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

from sim.paths import plain
from sim.serving import Running

__all__ = ["Backdoor"]

ACTIONS = frozenset(("announce", "heaters_off", "press", "restart"))  # methods of simulators that may be called


class Backdoor:
    """Serves one running simulator, on loopback only: who can reach it can do anything with it."""

    def __init__(self, running: Running, port: int = 0) -> None:
        self._running = running
        self._port = port
        self._server: asyncio.Server | None = None

    @property
    def address(self) -> str:
        """``127.0.0.1:port``."""
        return f"127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Listen. Raises OSError if the port is taken."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, ValueError):  # a client that vanishes, or a line beyond the reader's limit
            while line := await reader.readline():
                writer.write(json.dumps(await self.reply(line)).encode() + b"\n")
                await writer.drain()
        writer.close()

    async def reply(self, line: bytes) -> dict[str, Any]:
        """Do what one line asks for."""
        try:
            return await self._perform(json.loads(line))
        except KeyError as error:
            return {"error": str(error.args[0])}
        except (ValueError, TypeError, OSError) as error:
            return {"error": f"{error}"}

    async def _perform(self, request: Any) -> dict[str, Any]:
        match request:
            case {"get": str(path)}:
                return {"value": plain(self._running.device.get(path))}
            case {"set": [str(path), value]}:
                self._running.device.set(path, value)
            case {"call": str(action)}:
                self._call(action)
            case {"fault": str(kind)}:
                self._running.fault(kind, **{name: value for name, value in request.items() if name != "fault"})
            case {"clear": True}:
                self._running.clear_faults()
            case {"unplug": True}:
                await self._running.unplug()
            case {"plug": True}:
                await self._running.plug()
            case _:
                raise ValueError("ask for get, set, call, fault, clear, unplug or plug")
        return {"ok": True}

    def _call(self, action: str) -> None:
        method = getattr(self._running.device, action, None) if action in ACTIONS else None
        if method is None:
            raise KeyError(f"{self._running.name} has no action {action!r}")
        method()
