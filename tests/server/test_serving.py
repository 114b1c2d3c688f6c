"""The server on real sockets: life, load manners, and the C clients."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import AsyncIterator
from itertools import count

import pytest

from bridge.ca.dbr import ChannelType
from bridge.ca.header import HEADER, Command, pack_message
from bridge.server import CannotListen, CaServer, ConfigError, ServerConfig, serving
from records import PV, FieldType, Metadata
from tests.clients import C_TOOLS, c_tool
from tests.server.serving import loopback

needs_c_tools = pytest.mark.skipif(C_TOOLS is None, reason="base's client programs come as an x86_64 Linux wheel only")


def database() -> dict[str, PV]:
    pvs = [
        PV("T:double", 3.14159, metadata=Metadata(units="mm", precision=2, display=(-10.0, 10.0))),
        PV("T:float", 1.5, FieldType.FLOAT),
        PV("T:long", 70_000, FieldType.LONG),
        PV("T:short", 5, FieldType.SHORT),
        PV("T:char", 65, FieldType.CHAR),
        PV("T:string", "hello", FieldType.STRING),
        PV("T:enum", 1, FieldType.ENUM, metadata=Metadata(states=("off", "on"))),
        PV("T:wave", [1.0, 2.0, 3.0], max_count=5),
        PV("T:longs", [1, -2], FieldType.LONG, max_count=3),
        PV("T:text", "a longer text", FieldType.CHAR, max_count=60),
        PV("T:strings", ["one", "two"], FieldType.STRING, max_count=3),
    ]
    return {pv.name: pv for pv in pvs}


@pytest.fixture
async def server() -> AsyncIterator[CaServer]:
    async with serving(database(), loopback()) as running:
        yield running


class Client:
    """A few messages over a real socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._ids = count(1)

    @classmethod
    async def connect(cls, port: int) -> Client:
        client = cls(*await asyncio.open_connection("127.0.0.1", port))
        assert (await client.message())[0] == Command.VERSION
        return client

    async def message(self) -> tuple[int, int, int, bytes]:
        """command, p1, p2 and body of the next message."""
        async with asyncio.timeout(10):
            head = await self.reader.readexactly(16)
            command, size, _, count_, p1, p2 = HEADER.unpack(head)
            if size == 0xFFFF and count_ == 0:
                size, _ = struct.unpack(">II", await self.reader.readexactly(8))
            return command, p1, p2, await self.reader.readexactly(size)

    async def create(self, name: str) -> int:
        self.writer.write(pack_message(Command.CREATE_CHAN, name.encode() + b"\0", p1=next(self._ids), p2=13))
        await self.message()
        command, _, sid, _ = await self.message()
        assert command == Command.CREATE_CHAN
        return sid

    async def subscribe(self, sid: int, dbr: int = ChannelType.DOUBLE, elements: int = 1) -> None:
        self.writer.write(
            pack_message(Command.EVENT_ADD, struct.pack(">fffHH", 0, 0, 0, 5, 0), dbr, elements, sid, next(self._ids))
        )
        assert (await self.message())[0] == Command.EVENT_ADD

    async def echo(self) -> None:
        self.writer.write(pack_message(Command.ECHO))
        assert (await self.message())[0] == Command.ECHO


async def test_leaves_no_socket_behind() -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        async with serving(database(), loopback()) as server:
            client = await Client.connect(server.port)
            await client.echo()
        assert await client.reader.read() == b""
        client.writer.close()
        await client.writer.wait_closed()
    assert len(os.listdir("/proc/self/fd")) <= before


async def test_a_taken_port_is_left_to_its_owner() -> None:
    async with serving({}, loopback()) as first:
        config = ServerConfig(interfaces=("127.0.0.1",), port=first.port, auto_beacon=False)
        with pytest.raises(CannotListen, match=f"127.0.0.1:{first.port}/udp"):  # the first does not share its UDP port
            async with serving({}, config):
                pass


async def test_a_second_ioc_shares_the_search_port_and_takes_another_for_tcp() -> None:
    with socket.create_server(("127.0.0.1", 0)) as owner:
        port = owner.getsockname()[1]
        config = ServerConfig(interfaces=("127.0.0.1",), port=port, auto_beacon=False)
        async with serving({}, config) as server:
            assert server.port not in (0, port)


@pytest.mark.parametrize("interface", ["nonsense", "300.1.1.1"])
async def test_nonsense_interface(interface: str) -> None:
    with pytest.raises(ConfigError, match=interface):
        async with serving({}, ServerConfig(interfaces=(interface,), port=0)):
            pass


async def test_foreign_interface() -> None:
    with pytest.raises(CannotListen, match=r"192\.0\.2\.1"):
        async with serving({}, ServerConfig(interfaces=("192.0.2.1",), port=0)):
            pass


async def test_beacons_go_where_they_are_told(server: CaServer) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        ear.setblocking(False)
        config = ServerConfig(
            interfaces=("127.0.0.1",), port=0, auto_beacon=False, beacon_addresses=(ear.getsockname(),)
        )
        async with serving({}, config) as told, asyncio.timeout(5):
            loop = asyncio.get_running_loop()
            numbers = [HEADER.unpack(await loop.sock_recv(ear, 100)) for _ in range(3)]
    assert [(head[0], head[3], head[4]) for head in numbers] == [(13, told.port, number) for number in range(3)]


async def test_search_is_answered_from_the_port_that_was_asked(server: CaServer) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        loop = asyncio.get_running_loop()
        datagram = pack_message(Command.SEARCH, b"T:long\0", 5, 13, 1, 1)
        await loop.sock_sendto(sock, datagram, ("127.0.0.1", server.port))
        async with asyncio.timeout(5):
            reply, address = await loop.sock_recvfrom(sock, 1000)
    assert address == ("127.0.0.1", server.port)
    assert struct.unpack_from(">H", reply, 4) == (server.port,)


async def test_a_client_that_does_not_read_delays_nobody_and_ends_on_the_final_value() -> None:
    wave = PV("T:big", [0.0], max_count=10_000)
    async with serving({"T:big": wave}, loopback()) as server:
        slow = await Client.connect(server.port)
        await slow.subscribe(await slow.create("T:big"), elements=0)
        quick = await Client.connect(server.port)
        await quick.subscribe(await quick.create("T:big"), elements=0)
        for number in range(500):  # 40 MB for the slow one, if it were queued
            wave.post([float(number)] * 10_000)
            await asyncio.sleep(0)
            assert struct.unpack_from(">d", (await quick.message())[3])[0] == number
        (session,) = (one for one in server.hub.sessions if one.held)
        assert len(session.late) == 1
        last = -1.0
        while last < 499:
            last = struct.unpack_from(">d", (await slow.message())[3])[0]
        for client in (slow, quick):
            client.writer.close()


async def test_a_client_that_never_reads_is_dropped() -> None:
    wave = PV("T:big", [0.0] * 10_000, max_count=10_000)
    async with serving({"T:big": wave}, loopback(stall=0.0)) as server:
        client = await Client.connect(server.port)
        await client.subscribe(await client.create("T:big"), elements=0)
        async with asyncio.timeout(10):
            while not any(session.held for session in server.hub.sessions):
                wave.post([1.0] * 10_000)
                await asyncio.sleep(0)
            server._next_look = 0.0
            await asyncio.sleep(0.001)
            server.tick()
        assert not server.hub.sessions
        client.writer.close()


async def test_a_put_still_in_the_socket_when_its_client_leaves_is_applied() -> None:
    pvs = database()
    async with serving(pvs, loopback()) as server:
        for number in range(200):
            client = await Client.connect(server.port)
            sid = await client.create("T:double")
            client.writer.write(pack_message(Command.WRITE, struct.pack(">d", number), 6, 1, sid, 1))
            client.writer.close()
            await client.writer.wait_closed()
            other = await Client.connect(server.port)
            sid = await other.create("T:double")
            other.writer.write(pack_message(Command.READ_NOTIFY, b"", 6, 1, sid, 1))
            assert struct.unpack(">d", (await other.message())[3])[0] == number
            other.writer.close()


async def test_more_circuits_than_allowed_are_refused_and_the_others_served() -> None:
    async with serving(database(), loopback(circuits=2, share=1.0)) as server:
        clients = [await Client.connect(server.port) for _ in range(2)]
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()
        for client in clients:
            await client.echo()
            client.writer.close()


# --- base's own clients -------------------------------------------------------------------------------------------


@needs_c_tools
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("T:double", "3.14159"),
        ("T:float", "1.5"),
        ("T:long", "70000"),
        ("T:short", "5"),
        ("T:char", "65"),
        ("T:string", "hello"),
        ("T:enum", "on"),
        ("T:wave", "5 1 2 3 0 0"),
        ("T:longs", "3 1 -2 0"),
        ("T:strings", "3 one two"),
    ],
)
async def test_caget(server: CaServer, name: str, value: str) -> None:
    done = await c_tool(server.port, "caget", name)
    assert (done.code, done.out.split()) == (0, [name, *value.split()]), done.err


@needs_c_tools
@pytest.mark.parametrize("dbr", range(39))
async def test_caget_of_every_type(server: CaServer, dbr: int) -> None:
    """STS, TIME, GR, CTRL of all seven types; PUT_ACKT/ACKS cannot be read; STSACK_STRING, CLASS_NAME."""
    done = await c_tool(server.port, "caget", "-d", str(dbr), "T:double")
    if dbr in (ChannelType.PUT_ACKT, ChannelType.PUT_ACKS):
        assert "T:double" in done.err + done.out
        return
    assert done.code == 0, done.err
    assert "Native data type: DBF_DOUBLE" in done.out
    if dbr < 35:
        value = {0: "3.14", 1: "3", 2: "3.14159", 3: "3", 4: "3", 5: "3", 6: "3.14159"}[dbr % 7]
        if dbr in (ChannelType.GR_ENUM, ChannelType.CTRL_ENUM):  # there are no states to name it
            value = "Enum Index Overflow (3)"
        assert f"Value: {value}" in " ".join(done.out.split()), done.out
    if dbr in (ChannelType.CTRL_DOUBLE, ChannelType.GR_FLOAT):
        assert "Units: mm" in " ".join(done.out.split())
        assert "Hi disp limit: 10" in " ".join(done.out.split())


@needs_c_tools
async def test_cainfo(server: CaServer) -> None:
    done = await c_tool(server.port, "cainfo", "T:enum")
    words = " ".join(done.out.split())
    assert "Access: read, write" in words
    assert "Native data type: DBF_ENUM" in words


@needs_c_tools
@pytest.mark.parametrize(
    ("words", "value"),
    [
        (["T:double", "2.5"], "2.5"),
        (["-c", "T:double", "-1e3"], "-1000"),
        (["T:long", "0x1f"], "31"),
        (["T:enum", "off"], "off"),
        (["-c", "T:enum", "1"], "on"),
        (["T:string", "two words"], "two words"),
        (["-a", "T:wave", "2", "8", "9"], "5 8 9 0 0 0"),
    ],
)
async def test_caput(server: CaServer, words: list[str], value: str) -> None:
    done = await c_tool(server.port, "caput", *words)
    assert done.code == 0, done.err
    new = next(line for line in done.out.splitlines() if line.startswith("New"))
    assert new.split()[3:] == value.split()


@needs_c_tools
async def test_caput_of_nonsense_is_refused_and_changes_nothing(server: CaServer) -> None:
    done = await c_tool(server.port, "caput", "-c", "T:long", "abc")
    assert "write request failed" in done.out + done.err
    assert server.hub.pvdb["T:long"].value == 70_000


@needs_c_tools
async def test_camonitor(server: CaServer) -> None:
    from tests.clients import ca_environment

    assert C_TOOLS is not None
    process = await asyncio.create_subprocess_exec(
        str(C_TOOLS / "camonitor"), "T:double", env=ca_environment(server.port), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(15):
            seen = [(await process.stdout.readline()).split()[-1]]
            for value in (7.5, 8.5):
                server.hub.pvdb["T:double"].post(value)
                seen.append((await process.stdout.readline()).split()[-1])
    finally:
        process.kill()
        await process.communicate()
    assert seen == [b"3.14159", b"7.5", b"8.5"]
