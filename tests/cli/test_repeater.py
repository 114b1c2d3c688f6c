"""`iocbridge repeater` as a program."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator

import pytest

from bridge.ca.header import Command, pack_message
from tests.clients import C_TOOLS
from tests.server.iocs import Host, base_environment, ioc, until
from tests.server.test_discovery import free_ports

WORDS = (sys.executable, "-m", "bridge", "repeater")
BEACON = pack_message(Command.BEACON, b"", 13, 5064, 1, 0x0A000007)


@contextlib.asynccontextmanager
async def repeater() -> AsyncIterator[tuple[Host, int, asyncio.subprocess.Process]]:
    port = free_ports()
    host = Host(base_environment(port, EPICS_CAS_INTF_ADDR_LIST="127.0.0.1"))
    async with host.start(*WORDS, "-v") as process:
        await until(process, "passing on beacons")
        yield host, port + 1, process


def client() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.setblocking(False)
    return sock


async def heard(sock: socket.socket) -> bytes:
    async with asyncio.timeout(5):
        return await asyncio.get_running_loop().sock_recv(sock, 1000)


async def test_clients_come_hear_and_leave() -> None:
    async with repeater() as (_, port, process):
        with client() as one, client() as server:
            with client() as two:
                for sock in (one, two):
                    sock.sendto(b"", ("127.0.0.1", port))
                    assert (await heard(sock))[:2] == b"\0\x11"
                assert await heard(one) == bytes(16)  # when the second came: is the first still there?
                server.sendto(BEACON, ("127.0.0.1", port))
                assert await heard(one) == await heard(two) == BEACON
                gone = two.getsockname()[1]
            server.sendto(BEACON, ("127.0.0.1", port))
            assert await heard(one) == BEACON
            await until(process, f"127.0.0.1:{gone} has left")


async def test_a_second_one_says_so_and_is_content() -> None:
    async with repeater() as (host, port, _):
        done = await host.run(*WORDS)
        assert (done.code, done.err) == (0, "")
        assert done.out == f"iocbridge: a CA repeater is running on port {port} already\n"


@pytest.mark.skipif(C_TOOLS is None, reason="base's client programs come as an x86_64 Linux wheel only")
async def test_base_is_content_with_ours_and_ours_with_bases() -> None:
    assert C_TOOLS is not None
    async with repeater() as (host, _, process):
        assert (await host.run(str(C_TOOLS / "caRepeater"))).code == 0  # leaves at once: the port is taken
        async with ioc(host, "A"), host.start(str(C_TOOLS / "camonitor"), "A:pv"):
            await until(process, "has come")
    port = free_ports()
    host = Host(base_environment(port))
    async with host.start(str(C_TOOLS / "caRepeater")):
        async with asyncio.timeout(10):
            while (done := await host.run(*WORDS, "--port", str(port + 1))).code != 0 or "already" not in done.out:
                pass


async def test_a_port_of_something_else() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as owner:
        owner.bind(("", 0))
        port = owner.getsockname()[1]
        done = await Host(base_environment(port)).run(*WORDS, "--port", str(port))
    assert (done.code, done.out) == (1, "")
    assert done.err == f"iocbridge: port {port} is taken by a program that is no CA repeater\n"


@pytest.mark.parametrize(
    ("words", "variables", "complaint"),
    [
        ((), {"EPICS_CA_REPEATER_PORT": "abc"}, "EPICS_CA_REPEATER_PORT='abc': a port number is expected"),
        ((), {"EPICS_CA_ADDR_LIST": "1.2.3.4:x"}, "EPICS_CA_ADDR_LIST='1.2.3.4:x': "),
        (("--port", "70000"), {}, "cannot hear beacons on port 70000: "),
    ],
)
async def test_nonsense(words: tuple[str, ...], variables: dict[str, str], complaint: str) -> None:
    done = await Host(base_environment(5064)).run(*WORDS, *words, **variables)
    assert done.code in (1, 2)
    assert done.err.startswith(f"iocbridge: {complaint}")
    assert done.err.count("\n") == 1
