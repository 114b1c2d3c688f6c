"""The bar for a shared Modbus line, in virtual time: few requests for many points, and no unit pays for a dead one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from benchmarks.load.gateway import UNITS, Gateway, Polled, fewest, poll
from drivers import MemoryTransport
from drivers.modbus.frames import TcpFraming
from drivers.modbus.port import ModbusPort
from tests.virtualtime import run_virtual

ROUNDS = 30  # seconds of the line
SETTLING = 10


@contextlib.asynccontextmanager
async def behind(gateway: Gateway) -> AsyncIterator[ModbusPort]:
    wire = MemoryTransport()

    async def serve() -> None:
        while True:
            with contextlib.suppress(EOFError):
                question = await wire.far.receive()
                connection = wire.far.connections
                answer = await gateway.answer(question)
                if answer and wire.far.connections == connection:
                    wire.far.send(answer)

    serving = asyncio.create_task(serve())
    async with ModbusPort(wire, TcpFraming, {"timeout": 1.0}) as port:
        yield port
    serving.cancel()


def test_thirty_two_units_take_few_requests() -> None:
    async def main() -> tuple[Gateway, Polled]:
        gateway = Gateway()
        async with behind(gateway) as port:
            return gateway, await poll(port, ROUNDS)

    gateway, result = run_virtual(main())
    assert result.rate(frozenset(UNITS) - {31, 32}) == 1.0
    assert result.rate(frozenset(UNITS)) >= 0.95  # two of them have a hole that must be found
    assert len(gateway.requests) <= 1.2 * ROUNDS * sum(map(fewest, UNITS))


@pytest.mark.parametrize("tells", [False, True], ids=["silent", "exception 11"])
def test_four_dead_units_cost_the_others_little(tells: bool) -> None:
    """They die while all goes well; a few seconds later the others have their rate again, and keep it."""
    dead = frozenset((3, 11, 19, 27))
    living = frozenset(UNITS) - dead

    async def main() -> tuple[Polled, int]:
        gateway = Gateway(tells=tells)
        async with behind(gateway) as port:
            await poll(port, 3, 5)
            gateway.dead = dead
            await poll(port, SETTLING, 5)
            gateway.requests.clear()
            settled = await poll(port, 2 * ROUNDS, 5)
            asked = sum(unit in dead for unit in gateway.requests)
            gateway.dead = frozenset()
            await poll(port, ROUNDS, 5)
            back = await poll(port, 3, 5)
            assert back.rate(frozenset(UNITS)) == 1.0
            return settled, asked

    settled, asked = run_virtual(main())
    assert settled.rate(living) >= 0.95
    assert asked >= 4  # they are still looked for
