"""A Modbus port and a wire that breaks in every way: it may say that it has no value, but never gives a wrong one.

Far end: the simulated SDM630, which was written from the meter's manual. The two values asked for have the same shape
(two input registers) and cannot be taken for each other: about 230 V, about 50 Hz.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from drivers.backoff import Backoff
from drivers.errors import BadReply, DriverError, LinkDown, Refused, ReplyTimeout
from drivers.modbus.port import ModbusPort
from drivers.modbus.ports import ModbusRtuPort, ModbusTcpPort
from drivers.modbus.registers import FLOAT32, Holding, Input
from sim import Running, serve

TIMEOUT = 0.2
PROMPT = Backoff(first=0.01, longest=0.05)
VOLTS, HERTZ = Input(0x00, FLOAT32), Input(0x46, FLOAT32)
DEMAND_PERIOD = Holding(0x02, FLOAT32)


@pytest.fixture(params=["tty", "tcp"])
async def meter(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Running, ModbusPort]]:
    tty = request.param == "tty"
    async with serve("sdm630", tty=tty) as running:
        port: ModbusPort
        if tty:
            port = ModbusRtuPort(running.address, 115200, timeout=TIMEOUT, backoff=PROMPT, max_block=80)
        else:
            host, number = running.address.rsplit(":", 1)
            port = ModbusTcpPort(host, int(number), timeout=TIMEOUT, backoff=PROMPT, max_block=80)
        async with port:
            yield running, port


async def volts_and_hertz(port: ModbusPort, rounds: int = 1) -> list[DriverError]:
    """Ask for both in turn. Returns what went wrong; AssertionError for a value that is not what was asked for."""
    errors: list[DriverError] = []
    for _ in range(rounds):
        for question, low, high in ((VOLTS, 200, 260), (HERTZ, 45, 55)):
            try:
                assert low < (await port.read(question)).value < high
            except DriverError as error:
                errors.append(error)
    return errors


async def recovered(port: ModbusPort) -> None:
    async with asyncio.timeout(3):
        while await volts_and_hertz(port):
            await asyncio.sleep(0.005)
    assert await volts_and_hertz(port, 3) == []


# What the operator is to read. `None` is no error at all.
FAULTS: list[tuple[str, dict[str, object], dict[str, type[DriverError] | None]]] = [
    ("silence", {}, {"tty": ReplyTimeout, "tcp": ReplyTimeout}),
    ("delay", {"seconds": 0.05}, {"tty": None, "tcp": None}),
    ("delay", {"seconds": 1.3 * TIMEOUT}, {"tty": ReplyTimeout, "tcp": ReplyTimeout}),
    ("truncated", {}, {"tty": ReplyTimeout, "tcp": ReplyTimeout}),
    ("truncated", {"keep": 6}, {"tty": ReplyTimeout, "tcp": ReplyTimeout}),
    ("split", {"size": 1, "seconds": 0.002}, {"tty": None, "tcp": None}),
    ("checksum", {}, {"tty": BadReply}),
    ("foreign", {}, {"tty": ReplyTimeout, "tcp": ReplyTimeout}),
    ("duplicate", {}, {"tty": None, "tcp": None}),
    ("drop", {}, {"tcp": LinkDown}),
    ("exception", {"code": 4}, {"tty": BadReply, "tcp": BadReply}),
    ("exception", {"code": 6}, {"tty": BadReply, "tcp": BadReply}),
]


@pytest.mark.parametrize(("kind", "details", "means"), FAULTS, ids=str)
async def test_one_fault(
    meter: tuple[Running, ModbusPort], kind: str, details: dict[str, object], means: dict[str, type[DriverError] | None]
) -> None:
    running, port = meter
    wire = "tty" if isinstance(port, ModbusRtuPort) else "tcp"
    if wire not in means:
        pytest.skip(f"{kind} is no fault of {wire}")
    assert await volts_and_hertz(port) == []
    running.fault(kind, **details)  # type: ignore[arg-type]
    expected = means[wire]
    if expected is None:
        assert (await port.read(VOLTS)).value > 200
    else:
        with pytest.raises(expected):
            await port.read(VOLTS)
    await recovered(port)


@pytest.mark.parametrize("kind", ["garbage", "echo", "unsolicited", "flood"])
async def test_one_fault_that_may_or_may_not_cost_a_reading(meter: tuple[Running, ModbusPort], kind: str) -> None:
    running, port = meter
    for _ in range(3):
        with contextlib.suppress(ValueError):  # not every wire has every fault
            running.fault(kind)
        await volts_and_hertz(port)
    await recovered(port)


async def test_a_storm_of_faults(meter: tuple[Running, ModbusPort]) -> None:
    running, port = meter
    for kind in ("silence", "truncated", "foreign", "duplicate", "checksum", "garbage", "echo", "drop"):
        with contextlib.suppress(ValueError):
            running.fault(kind, times=None, chance=0.1)
    running.fault("delay", times=None, chance=0.1, seconds=1.5 * TIMEOUT)
    await asyncio.gather(*(volts_and_hertz(port, 8) for _ in range(3)))
    running.clear_faults()
    await recovered(port)


async def test_a_cable_that_is_pulled_and_put_back(meter: tuple[Running, ModbusPort]) -> None:
    running, port = meter
    for _ in range(3):
        assert await volts_and_hertz(port) == []
        await running.unplug()
        async with asyncio.timeout(1):
            while not any(isinstance(error, LinkDown) for error in await volts_and_hertz(port)):
                await asyncio.sleep(0.005)
        await running.plug()
        await recovered(port)


async def test_a_setting(meter: tuple[Running, ModbusPort]) -> None:
    running, port = meter
    await port.write(DEMAND_PERIOD, 30)
    assert (await port.read(DEMAND_PERIOD)).value == 30
    with pytest.raises(Refused, match="exception 3, illegal data value"):
        await port.write(DEMAND_PERIOD, 31)
    running.fault("exception", code=6)
    with pytest.raises(Refused, match="exception 6, server device busy"):
        await port.write(DEMAND_PERIOD, 20)
    running.fault("silence")
    with pytest.raises(ReplyTimeout):
        await port.write(DEMAND_PERIOD, 20)
    async with asyncio.timeout(2):
        while (await port.read(DEMAND_PERIOD)).value != 20:  # it was carried out, only its answer was lost
            await asyncio.sleep(0.01)


async def test_thirty_values_are_two_requests(meter: tuple[Running, ModbusPort]) -> None:
    running, port = meter
    addresses = [*range(0x00, 0x2A, 2), 0x2A, 0x2E, 0x30, 0x34, 0x3E, 0x46, 0x48, 0x4A, 0x156]
    assert len(addresses) == 30
    before = len(running.requests)
    await asyncio.gather(*(port.read(Input(address, FLOAT32)) for address in addresses))
    assert len(running.requests) - before == 2
