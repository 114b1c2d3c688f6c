"""How C clients find PVs: several IOCs on one machine, networks, name servers, beacons."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.clients import C_TOOLS, Finished
from tests.server.iocs import BASE, CAPROTO, OURS, Host, base_environment, ioc, until
from tests.server.netns import Network, lonely, needs_namespaces, pair
from tests.waiting import eventually

pytestmark = pytest.mark.skipif(C_TOOLS is None, reason="base's client programs come as an x86_64 Linux wheel only")

RUNS = 20
GROUP = "224.0.2.9"


def free_ports() -> int:
    """A number that is free for TCP and UDP, and the next one for a repeater."""
    while True:
        with (
            socket.create_server(("127.0.0.1", 0)) as tcp,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as repeater,
            contextlib.suppress(OSError, OverflowError),
        ):
            port: int = tcp.getsockname()[1]
            udp.bind(("127.0.0.1", port))
            repeater.bind(("127.0.0.1", port + 1))
            return port


@contextlib.asynccontextmanager
async def iocs(host: Host, *names: str, **more: str) -> AsyncIterator[list[asyncio.subprocess.Process]]:
    async with contextlib.AsyncExitStack() as stack:
        yield [await stack.enter_async_context(ioc(host, name, **more)) for name in names]


def values(done: Finished) -> list[str]:
    assert done.code == 0, done.out + done.err
    return done.out.split()


# --- several IOCs on one machine ------------------------------------------------------------------------------------


async def test_three_iocs_on_one_address_are_all_found_every_time() -> None:
    host = Host(base_environment(free_ports(), EPICS_CAS_INTF_ADDR_LIST="127.0.0.1"))
    async with iocs(host, "A", "B", "C") as running:
        for _ in range(RUNS):
            assert values(await host.caget("A:pv", "B:pv", "C:pv")) == ["1", "1", "1"]
        os.kill(running[0].pid, signal.SIGKILL)  # it has the TCP port of that number
        await running[0].wait()
        assert values(await host.caget("B:pv", "C:pv")) == ["1", "1"]
        async with ioc(host, "A"):
            for _ in range(RUNS):
                assert values(await host.caget("C:pv", "A:pv", "B:pv")) == ["1", "1", "1"]
        os.kill(running[2].pid, signal.SIGKILL)  # it was the one that is asked
        await running[2].wait()
        assert values(await host.caget("B:pv")) == ["1"]


async def test_each_alone_by_unicast() -> None:
    """Not only as many searches at once: one client for one PV of one IOC."""
    host = Host(base_environment(free_ports(), EPICS_CAS_INTF_ADDR_LIST="127.0.0.1"))
    async with iocs(host, "A", "B", "C"):
        for name in ("A", "B", "C"):
            assert values(await host.caget(f"{name}:pv")) == ["1"]


@needs_namespaces
@pytest.mark.parametrize("order", ["base ours1 ours2", "ours1 base ours2", "ours1 ours2 base", "ours1 caproto base"])
async def test_others_beside_us_are_found(order: str) -> None:
    """base's softIoc and caproto listen on all addresses by default, so this machine has loopback only."""
    kinds = {"base": BASE, "caproto": CAPROTO, "ours1": OURS, "ours2": OURS}
    with lonely() as namespace:
        # caproto does not start where it has nobody to send beacons to
        host = Host(base_environment(5064, EPICS_CAS_BEACON_ADDR_LIST="127.0.0.1"), namespace)
        names = order.split()
        async with contextlib.AsyncExitStack() as stack:
            for name in names:
                await stack.enter_async_context(ioc(host, name, kinds[name]))
            for _ in range(RUNS // 2):
                found = values(await host.caget(*(f"{name}:pv" for name in names)))
                assert found == [str(kinds[name]) for name in names]
                for name in names:
                    assert values(await host.caget(f"{name}:pv")) == [str(kinds[name])]


COUNT = """
import socket, sys
from tests.server.test_searchsockets import ids, search
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    sock.settimeout(0.5)
    sock.sendto(search("A:pv", "B:pv", "C:pv"), (sys.argv[1], 5064))
    found = []
    try:
        while True:
            found += ids(sock.recv(2000))
    except TimeoutError:
        print(sorted(found))
"""


@needs_namespaces
@pytest.mark.parametrize("to", ["127.0.0.1", "127.255.255.255"])
async def test_each_name_is_answered_once(to: str) -> None:
    """Servers that listen on all addresses hear a shared search on more than one of their sockets."""
    with lonely() as namespace:
        host = Host(base_environment(5064), namespace)
        async with iocs(host, "A", "B"), ioc(host, "C", BASE):
            assert (await host.run(sys.executable, "-c", COUNT, to)).out == "[1, 2, 3]\n"


@needs_namespaces
async def test_a_machine_without_a_network_is_no_exception() -> None:
    """Clients find no network to search on, and fall back to 127.0.0.1."""
    with lonely() as namespace:
        host = Host(base_environment(5064, EPICS_CA_AUTO_ADDR_LIST="YES", EPICS_CA_ADDR_LIST=""), namespace)
        async with iocs(host, "A", "B"):
            assert values(await host.caget("A:pv", "B:pv")) == ["1", "1"]


# --- over a network -------------------------------------------------------------------------------------------------


@pytest.fixture
def network() -> Iterator[Network]:
    with pair() as made:
        yield made


def hosts(network: Network, **more: str) -> tuple[Host, Host]:
    environment = base_environment(5064, EPICS_CA_ADDR_LIST="", **more)
    return Host(environment, network.server), Host(environment, network.client)


@needs_namespaces
@pytest.mark.parametrize("interface", ["", "10.99.0.1"])
async def test_broadcast_and_unicast(network: Network, interface: str) -> None:
    """A socket that is bound to an address does not hear broadcasts; a second one does."""
    here, there = hosts(network, EPICS_CAS_INTF_ADDR_LIST=interface)
    async with iocs(here, "A", "B"):
        for address in (network.broadcast, network.server_address):
            for client in (there, here):
                done = await client.caget("A:pv", "B:pv", EPICS_CA_ADDR_LIST=address)
                assert values(done) == ["1", "1"], address
        assert values(await there.caget("A:pv", EPICS_CA_AUTO_ADDR_LIST="YES")) == ["1"]


@needs_namespaces
@pytest.mark.parametrize("interface", ["", "10.99.0.1"])
async def test_multicast(network: Network, interface: str) -> None:
    here, there = hosts(network)
    async with (
        ioc(here, "A", EPICS_CAS_INTF_ADDR_LIST=f"{interface} {GROUP}"),
        ioc(here, "B", EPICS_CAS_INTF_ADDR_LIST=interface),
    ):
        assert values(await there.caget("A:pv", EPICS_CA_ADDR_LIST=GROUP)) == ["1"]
        assert (await there.caget("B:pv", wait=0.5, EPICS_CA_ADDR_LIST=GROUP)).code == 1


@needs_namespaces
async def test_what_listens_on_loopback_only_is_not_found_from_outside(network: Network) -> None:
    here, there = hosts(network)
    async with ioc(here, "A", EPICS_CAS_INTF_ADDR_LIST="127.0.0.1"), ioc(here, "B"):
        there.environment["EPICS_CA_ADDR_LIST"] = f"{network.server_address} {network.broadcast}"
        assert values(await there.caget("B:pv")) == ["1"]
        assert (await there.caget("A:pv", wait=0.5)).code == 1
        assert values(await here.caget("A:pv", "B:pv", EPICS_CA_ADDR_LIST="127.0.0.1")) == ["1", "1"]


@needs_namespaces
async def test_ignored_clients(network: Network) -> None:
    here, there = hosts(network)
    async with ioc(here, "A", EPICS_CAS_IGNORE_ADDR_LIST=network.client_address), ioc(here, "B"):
        for address in (network.server_address, network.broadcast):
            assert (await there.caget("A:pv", wait=0.5, EPICS_CA_ADDR_LIST=address)).code == 1
            assert values(await there.caget("B:pv", EPICS_CA_ADDR_LIST=address)) == ["1"]
        assert values(await here.caget("A:pv", EPICS_CA_ADDR_LIST=network.server_address)) == ["1"]


FORGE = """
import socket, sys
from bridge.server.fanout import Shared, share
from tests.server.test_searchsockets import search
server, victim = sys.argv[1:]
datagram = share(Shared(search("A:pv"), (victim, 7777), server), 0)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    ear.bind(("", 7777))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    sock.settimeout(5)
    for target in ("10.99.0.255", server):
        sock.sendto(datagram, (target, 5064))
    sock.sendto(search("A:pv"), (server, 5064))
    print("answers to me:", sock.recvfrom(2000)[1], flush=True)
    ear.settimeout(0.5)
    try:
        print("the victim hears", ear.recvfrom(2000)[0])
    except TimeoutError:
        print("the victim hears nothing")
"""


@needs_namespaces
async def test_nobody_outside_can_have_answers_sent_to_an_address_of_his_choice(network: Network) -> None:
    here, there = hosts(network)
    async with iocs(here, "A", "B"):
        done = await there.run(sys.executable, "-c", FORGE, network.server_address, network.client_address)
        assert "the victim hears nothing" in done.out, done.out + done.err


@needs_namespaces
async def test_an_address_that_comes_later(network: Network) -> None:
    """The network of an IOC may come up after it, and be another one tomorrow."""
    here, there = hosts(network)
    async with iocs(here, "A", "B"):
        network.add_address("10.99.7.1")

        async def both() -> bool:
            return (await there.caget("A:pv", "B:pv", wait=0.5, EPICS_CA_ADDR_LIST="10.99.7.1")).code == 0

        await eventually(both, 20)


# --- TCP and beacons ------------------------------------------------------------------------------------------------


async def test_name_server_over_tcp() -> None:
    port = free_ports()
    host = Host(base_environment(port, EPICS_CAS_INTF_ADDR_LIST="127.0.0.1"))
    async with ioc(host, "A"):
        done = await host.caget("A:pv", EPICS_CA_ADDR_LIST="", EPICS_CA_NAME_SERVERS=f"127.0.0.1:{port}")
        assert values(done) == ["1"]
        done = await host.caget("A:no", wait=0.5, EPICS_CA_ADDR_LIST="", EPICS_CA_NAME_SERVERS=f"127.0.0.1:{port}")
        assert done.code == 1


async def test_beacons_reach_clients_by_way_of_our_repeater() -> None:
    """casw shows every beacon that a repeater passes on."""
    port = free_ports()
    host = Host(
        base_environment(
            port,
            EPICS_CAS_INTF_ADDR_LIST="127.0.0.1",
            EPICS_CAS_BEACON_ADDR_LIST="127.0.0.1",
            EPICS_CAS_BEACON_PERIOD="0.3",
        )
    )
    assert C_TOOLS is not None
    async with host.start(sys.executable, "-m", "bridge", "repeater", "-v") as repeater:
        await until(repeater, f"from port {port + 1}")
        async with host.start(str(C_TOOLS / "casw"), "-i", "2") as watch:
            await until(repeater, "has come")
            async with ioc(host, "A"):
                shown = await until(watch, f":{port} ")
                assert "localhost" in shown[-1] or "127.0.0.1" in shown[-1]
            # again, from the start: clients take that for a server that came up anew
            async with ioc(host, "A"):
                await until(watch, "* ")
        async with ioc(host, "A"):  # its beacons find that nobody is there
            await until(repeater, "has left")


@needs_namespaces
async def test_beacons_over_a_network(network: Network) -> None:
    """To the broadcast address, by default, and to a group; heard by base's repeater."""
    here, there = hosts(network, EPICS_CAS_AUTO_BEACON_ADDR_LIST="YES", EPICS_CAS_BEACON_PERIOD="0.3")
    assert C_TOOLS is not None
    async with (
        there.start(str(C_TOOLS / "caRepeater")),
        there.start(str(C_TOOLS / "casw"), "-i", "2") as watch,
        ioc(here, "A"),
    ):
        await until(watch, f"{network.server_address}:5064 ")
    group = {"EPICS_CAS_AUTO_BEACON_ADDR_LIST": "NO", "EPICS_CAS_BEACON_ADDR_LIST": GROUP}
    async with there.start(sys.executable, "-m", "bridge", "repeater", **group) as repeater:
        await until(repeater, "passing on")
        async with there.start(str(C_TOOLS / "casw"), "-i", "2") as watch, ioc(here, "A", **group):
            await until(watch, f"{network.server_address}:5064 ")
