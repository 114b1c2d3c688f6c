"""Finding PVs over TCP (EPICS_CA_NAME_SERVERS), where no datagram gets through."""

from __future__ import annotations

from contextlib import AsyncExitStack

import pytest

from bridge.client import Client, NotConnected
from bridge.client.config import ClientConfig
from bridge.server import ServerConfig, serving
from records import PV
from tests.ca.softioc import softioc
from tests.clients import C_TOOLS
from tests.server.serving import loopback


def by_name_server(*ports: int) -> ClientConfig:
    return ClientConfig(
        auto_addr_list=False, repeater_port=9, name_servers=tuple(("127.0.0.1", port) for port in ports)
    )


async def test_our_server_as_name_server() -> None:
    async with serving({"X": PV("X", 1.5)}, loopback()) as server, Client(by_name_server(server.port)) as client:
        assert (await client.pv("X").get()).value == 1.5
        assert len(client._circuits) == 1  # the one that was asked serves it as well
        with pytest.raises(NotConnected):
            await client.pv("NOBODY").get(timeout=0.1)


@pytest.mark.skipif(C_TOOLS is None, reason="base's softIoc comes as an x86_64 Linux wheel only")
async def test_a_c_server_as_name_server() -> None:
    database = 'record(ao, "X") { field(VAL, "1.5") field(PINI, "YES") }'
    async with softioc(database) as port, Client(by_name_server(port)) as client:
        assert (await client.pv("X").get()).value == 1.5


async def test_several_name_servers_one_of_which_is_down() -> None:
    async with AsyncExitStack() as stack:
        async with serving({}, loopback()) as down:
            pass
        first = await stack.enter_async_context(serving({"A": PV("A", 1.0)}, loopback()))
        second = await stack.enter_async_context(serving({"B": PV("B", 2.0)}, loopback()))
        client = await stack.enter_async_context(Client(by_name_server(down.port, first.port, second.port)))
        assert (await client.pv("A").get()).value == 1.0
        assert (await client.pv("B").get()).value == 2.0


async def test_a_name_server_that_comes_later() -> None:
    async with AsyncExitStack() as stack:
        async with serving({}, loopback()) as early:
            pass
        client = await stack.enter_async_context(Client(by_name_server(early.port)))
        with pytest.raises(NotConnected):
            await client.pv("X").get(timeout=0.1)
        config = ServerConfig(interfaces=("127.0.0.1",), port=early.port, auto_beacon=False)
        await stack.enter_async_context(serving({"X": PV("X", 1.5)}, config))
        assert (await client.pv("X").get()).value == 1.5


async def test_a_name_server_that_restarts() -> None:
    async with AsyncExitStack() as stack:
        async with serving({"X": PV("X", 1.0)}, loopback()) as server:
            client = await stack.enter_async_context(Client(by_name_server(server.port)))
            assert (await client.pv("X").get()).value == 1.0
        config = ServerConfig(interfaces=("127.0.0.1",), port=server.port, auto_beacon=False)
        await stack.enter_async_context(serving({"X": PV("X", 2.0)}, config))
        assert (await client.pv("X").get()).value == 2.0
