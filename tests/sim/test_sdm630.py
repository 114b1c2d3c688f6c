"""The SDM630 over RTU and TCP, by pymodbus; its counters against the power that it showed itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.exceptions import ModbusIOException

import sim
from sim.modbus import floats, words
from sim.sdm630 import INPUTS


@asynccontextmanager
async def meter(tty: bool = False, **options: Any) -> AsyncIterator[tuple[sim.Running, Any]]:
    async with sim.serve("sdm630", tty=tty, **options) as running:
        client: Any
        if tty:
            client = AsyncModbusSerialClient(running.address, baudrate=9600, timeout=3.0, retries=0)
        else:
            host, port = running.address.split(":")
            client = AsyncModbusTcpClient(host, port=int(port), timeout=3.0, retries=0)
        assert await client.connect()
        try:
            yield running, client
        finally:
            client.close()


async def inputs(client: Any, address: int, count: int) -> list[float]:
    reply = await client.read_input_registers(address, count=count, device_id=1)
    assert not reply.isError(), reply
    return floats(reply.registers)


async def setting(client: Any, address: int) -> float:
    reply = await client.read_holding_registers(address, count=2, device_id=1)
    assert not reply.isError(), reply
    return floats(reply.registers)[0]


async def write(client: Any, address: int, values: Sequence[int]) -> int:
    """The exception code, 0 for success."""
    reply = await client.write_registers(address, list(values), device_id=1)
    return reply.exception_code if reply.isError() else 0


@pytest.mark.parametrize("tty", [False, True])
async def test_eighty_registers_at_once_are_what_the_meter_shows(tty):
    async with meter(tty, clock=sim.HandClock()) as (running, client):
        values = await inputs(client, 0, 80)
        device = running.device
        for place, value in enumerate(values):
            path = INPUTS.get(2 * place)
            assert value == pytest.approx(float(device.get(path)) if path else 0.0, rel=1e-6), path


async def test_every_parameter_of_the_table_can_be_read_alone():
    async with meter(clock=sim.HandClock()) as (running, client):
        for address, path in INPUTS.items():
            (value,) = await inputs(client, address, 2)
            assert value == pytest.approx(float(running.device.get(path)), rel=1e-6), path


async def test_the_registers_agree_with_each_other():
    async with meter(clock=sim.HandClock()) as (_running, client):
        volts, amps, watts, va = [await inputs(client, address, 6) for address in (0x00, 0x06, 0x0C, 0x12)]
        for place in range(3):
            assert volts[place] * amps[place] == pytest.approx(va[place], rel=1e-4)
            assert abs(watts[place]) <= va[place] * 1.0001
        (total,), (hertz,) = await inputs(client, 0x34, 2), await inputs(client, 0x46, 2)
        assert total == pytest.approx(sum(watts), rel=1e-5)
        assert hertz == pytest.approx(50.0, abs=0.1)


async def test_energy_is_the_integral_of_the_power_that_was_shown():
    clock = sim.HandClock()
    async with meter(clock=clock) as (running, client):
        for phase in running.device.phase.values():
            phase.import_kwh = phase.export_kwh = 0.0  # small counters keep their digits in 32 bits
        shown = [0.0, 0.0]  # imported, exported; watt seconds
        for _ in range(300):
            for watts in await inputs(client, 0x0C, 6):
                shown[watts < 0.0] += abs(watts)
            clock.advance(1.0)
        imported, exported = await inputs(client, 0x48, 4)
        assert imported == pytest.approx(shown[0] / 3.6e6, rel=1e-4)
        assert exported == pytest.approx(shown[1] / 3.6e6, rel=1e-4)
        assert imported > 0.05
        assert exported > 0.01
        assert (await inputs(client, 0x156, 2))[0] == pytest.approx(imported + exported, rel=1e-5)


async def test_a_kilowatt_for_an_hour_is_a_kilowatt_hour():
    clock = sim.HandClock()
    async with meter(clock=clock) as (running, client):
        device = running.device
        device.set("steady", True)
        for number, load in ((1, 1000.0), (2, 0.0), (3, -500.0)):
            device.set(f"phase.{number}.load", load)
        clock.advance(1.0)
        before = await inputs(client, 0x015A, 12)  # import of L1 to L3, export of L1 to L3
        clock.advance(3600.0)
        after = await inputs(client, 0x015A, 12)
        gained = [new - old for new, old in zip(after, before, strict=True)]
        assert gained == pytest.approx([1.0, 0.0, 0.0, 0.0, 0.0, 0.5], abs=1e-3)
        assert await inputs(client, 0x0C, 6) == [1000.0, 0.0, -500.0]


async def test_the_load_moves_with_time():
    clock = sim.HandClock()
    async with meter(clock=clock) as (_running, client):
        seen = set()
        for _ in range(5):
            seen.add(tuple(await inputs(client, 0x0C, 6)))
            clock.advance(10.0)
        assert len(seen) == 5


@pytest.mark.parametrize("tty", [False, True])
@pytest.mark.parametrize(
    ("address", "count", "code"),
    [
        (0x0180, 2, 2),  # beyond the table
        (0x0001, 2, 2),  # half of one float and half of the next
        (0x0000, 1, 2),  # half a float
        (0x017C, 4, 2),  # the last and one more
        (0x0000, 82, 3),  # more than 40 parameters
    ],
)
async def test_bad_reads_get_the_exception_of_the_manual(tty, address, count, code):
    async with meter(tty) as (_running, client):
        reply = await client.read_input_registers(address, count=count, device_id=1)
        assert reply.isError()
        assert reply.exception_code == code


async def test_functions_that_it_does_not_have():
    async with meter() as (_running, client):
        for reply in (
            await client.read_coils(0, count=1, device_id=1),
            await client.read_discrete_inputs(0, count=1, device_id=1),
            await client.write_register(2, 5, device_id=1),
            await client.write_coil(0, True, device_id=1),
        ):
            assert reply.exception_code == 1


async def test_settings_are_read_and_written():
    async with meter() as (_running, client):
        assert await setting(client, 0x02) == 60.0
        assert await write(client, 0x02, words(15.0)) == 0
        assert await setting(client, 0x02) == 15.0
        assert [await setting(client, address) for address in (0x12, 0x14, 0x1C)] == [0.0, 1.0, 2.0]
        serial = await client.read_holding_registers(0xFC00, count=2, device_id=1)
        assert serial.registers[0] << 16 | serial.registers[1] == 20_000_001


@pytest.mark.parametrize(
    ("address", "values", "code"),
    [
        (0x02, words(7.0), 3),  # not a period that it has
        (0x14, words(300.0), 3),  # not an address
        (0x02, words(5.0)[:1], 2),  # half a float
        (0x02, words(5.0) + words(1.0), 2),  # "write to only one parameter per message"
        (0x04, words(1.0), 2),  # reserved
        (0x0E, words(1.0), 3),  # read only
        (0x18, words(1.0), 3),  # not the password
    ],
)
async def test_bad_writes_change_nothing(address, values, code):
    async with meter() as (_running, client):
        before = (await client.read_holding_registers(0, count=30, device_id=1)).registers
        assert await write(client, address, values) == code
        assert (await client.read_holding_registers(0, count=30, device_id=1)).registers == before


async def test_the_system_type_is_locked_until_the_password_and_for_a_minute_after():
    clock = sim.HandClock()
    async with meter(clock=clock) as (_running, client):
        assert await write(client, 0x0A, words(1.0)) == 2
        assert await setting(client, 0x0E) == 0.0
        assert await write(client, 0x18, words(1000.0)) == 0
        assert await setting(client, 0x0E) == 1.0
        assert await write(client, 0x0A, words(1.0)) == 0
        assert await setting(client, 0x0A) == 1.0
        clock.advance(61.0)
        assert await write(client, 0x0A, words(3.0)) == 2


@pytest.mark.parametrize("tty", [False, True])
async def test_other_units_are_not_answered(tty):
    async with meter(tty, unit=7) as (_running, client):
        with pytest.raises(ModbusIOException):
            await client.read_input_registers(0, count=2, device_id=1)
        reply = await client.read_input_registers(0, count=2, device_id=7)
        assert not reply.isError()


async def test_a_new_address_counts_from_the_next_restart():
    async with meter() as (running, client):
        assert await write(client, 0x14, words(9.0)) == 0
        assert running.device.unit == 1
        running.device.restart()
        reply = await client.read_input_registers(0, count=2, device_id=9)
        assert not reply.isError()


async def test_demand_and_its_maximum_follow_and_can_be_reset():
    clock = sim.HandClock()
    async with meter(clock=clock) as (running, client):
        device = running.device
        device.set("steady", True)
        for number in (1, 2, 3):
            device.set(f"phase.{number}.load", 1000.0)
        assert await write(client, 0x02, words(5.0)) == 0
        clock.advance(600.0)
        now, most = await inputs(client, 0x54, 4)
        assert now == pytest.approx(3000.0)
        for number in (1, 2, 3):
            device.set(f"phase.{number}.load", 100.0)
        clock.advance(600.0)
        assert await inputs(client, 0x54, 4) == pytest.approx([300.0, most], rel=0.02)
        assert await write(client, 0xF010, [0]) == 0
        assert await inputs(client, 0x54, 4) == pytest.approx([300.0, 300.0], rel=0.01)


async def test_a_broadcast_is_obeyed_and_not_answered():
    async with meter(tty=True) as (running, client):
        await client.write_registers(0x02, list(words(5.0)), device_id=0, no_response_expected=True)
        async with asyncio.timeout(2.0):
            while not running.requests:
                await asyncio.sleep(0.005)
        assert running.device.setting["demand_period"] == 5.0
        assert await setting(client, 0x02) == 5.0
