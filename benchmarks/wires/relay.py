"""Copies bytes from one connection to another, with asyncio and nothing else: ``relay INLET OUTLET`` (ports)."""

from __future__ import annotations

import asyncio
import sys


class _Inlet(asyncio.Protocol):
    def __init__(self, outlet: asyncio.Transport) -> None:
        self.data_received = outlet.write  # type: ignore[method-assign]


async def _run(inlet: int, outlet: int) -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(asyncio.Protocol, "127.0.0.1", outlet)
    assert isinstance(transport, asyncio.Transport)
    await loop.create_connection(lambda: _Inlet(transport), "127.0.0.1", inlet)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_run(int(sys.argv[1]), int(sys.argv[2])))
