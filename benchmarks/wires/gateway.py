"""A Modbus gateway of 20 ms with 32 units of 50 points at 1 Hz: how many requests, and what dead ones cost."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator

from benchmarks.load.gateway import DELAY, UNITS, Gateway, Polled, fewest, points, poll
from benchmarks.report import Report
from drivers import ModbusTcpPort

__all__ = ["add"]

DEAD = frozenset((3, 11, 19, 27))
SETTLING = 12  # seconds


def add(report: Report, seconds: float) -> None:
    """In real time, over TCP."""
    rounds = max(4, round(seconds))
    healthy, all_live = asyncio.run(_measure(Gateway(), rounds))
    ratio = len(healthy.requests) / (rounds * sum(map(fewest, UNITS)))
    wounded, rest = asyncio.run(_measure(Gateway(dead=DEAD), rounds, SETTLING))
    living = frozenset(UNITS) - DEAD
    rate = rest.total(living) / all_live.total(living)
    asked = sum(unit in DEAD for unit in wounded.requests)
    count = len(UNITS) * len(points(1))
    report.add(
        f"Modbus gateway of {DELAY * 1e3:g} ms, {len(UNITS)} units, {count} points at 1 Hz for {rounds} s: "
        f"{len(healthy.requests)} requests, {ratio:.3f} times the fewest that device limits allow; "
        f"{100 * all_live.rate(frozenset(UNITS)):.1f} % of the readings of the worst. With {len(DEAD)} units dead: "
        f"{100 * rate:.1f} % of the readings that the others gave before ({100 * rest.rate(living):.1f} % of what was "
        f"wanted of the worst), {asked} requests to the dead."
    )
    report.bar("Modbus: requests against the fewest possible", "<= 1.2", f"{ratio:.3f}", ratio <= 1.2)
    report.bar("Modbus: rate of 28 units while 4 are dead", ">= 95 %", f"{100 * rate:.1f} %", rate >= 0.95)
    report.data["gateway"] = {"ratio": ratio, "rate": rate, "asked_dead": asked, "rounds": rounds}


async def _measure(gateway: Gateway, rounds: int, settling: int = 2) -> tuple[Gateway, Polled]:
    async with _served(gateway) as number, ModbusTcpPort("127.0.0.1", number) as port:
        await poll(port, settling)
        gateway.requests.clear()
        return gateway, await poll(port, rounds)


@contextlib.asynccontextmanager
async def _served(gateway: Gateway) -> AsyncIterator[int]:
    """The gateway on a free TCP port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while True:
                head = await reader.readexactly(6)
                (length,) = struct.unpack_from(">H", head, 4)
                writer.write(await gateway.answer(head + await reader.readexactly(length)))
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]
