"""A port that goes away and comes back."""

from __future__ import annotations

import asyncio
import socket

import pytest

import sim
from tests.sim.clients import line


@pytest.mark.parametrize("name", ["lakeshore336", "sdm630", "shellyplug"])
async def test_unplug_resets_and_refuses_and_plug_brings_the_same_port_back(name):
    async with sim.serve(name) as running:
        address = running.address
        place = address.rpartition("/")[2]
        async with line(place) as client:
            await asyncio.sleep(0.01)
            await running.unplug()
            with pytest.raises(ConnectionResetError):
                await client.raw()
        host, port = place.split(":")
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(host, int(port))
        await running.plug()
        assert running.address == address
        async with line(place):
            pass


async def test_the_instrument_lives_on_while_unplugged():
    clock = sim.HandClock()
    async with sim.serve("lakeshore336", clock=clock) as running:
        running.device.switch(running.device.output[1], 2)
        await running.unplug()
        clock.advance(600.0)
        await running.plug()
        async with line(running.address) as client:
            assert float(await client.ask("KRDG? A")) == pytest.approx(100.0, abs=0.05)


async def test_unplugging_twice_and_plugging_twice_is_harmless():
    async with sim.serve("lakeshore336") as running:
        await running.unplug()
        await running.unplug()
        await running.plug()
        await running.plug()
        async with line(running.address) as client:
            assert await client.ask("*OPC?") == "1"


async def test_it_can_flap():
    async with sim.serve("lakeshore336") as running:
        for _ in range(20):
            async with line(running.address) as client:
                assert await client.ask("*OPC?") == "1"
                await running.unplug()
            await running.plug()


async def test_refuse_resets_the_next_connection_only():
    async with sim.serve("lakeshore336") as running:
        running.fault("refuse")
        with pytest.raises(ConnectionResetError):
            async with line(running.address) as client:
                await client.ask("*OPC?")
        async with line(running.address) as client:
            assert await client.ask("*OPC?") == "1"


async def test_two_clients_do_not_mix():
    async with sim.serve("lakeshore336") as running, line(running.address) as one, line(running.address) as two:
        one.writer.write(b"SETP")
        await one.writer.drain()
        assert await two.ask("*OPC?") == "1"
        one.writer.write(b"? 1\n")
        assert await one.raw() == b"+100.000\r\n"


async def test_a_taken_port_is_an_error():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            async with sim.serve("lakeshore336", port=port):
                pass


async def test_the_port_is_free_again_afterwards():
    async with sim.serve("lakeshore336") as running:
        port = int(running.address.split(":")[1])
    async with sim.serve("lakeshore336", port=port) as running:
        assert running.address == f"127.0.0.1:{port}"


async def test_no_task_is_left_behind():
    before = asyncio.all_tasks()
    async with sim.serve("shellyplug") as running:
        async with line(running.address.removeprefix("http://")):
            await asyncio.sleep(0.01)
            assert len(asyncio.all_tasks()) > len(before)
        await running.unplug()
        await running.plug()
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
