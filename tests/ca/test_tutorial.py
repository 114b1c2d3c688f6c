"""caproto's tutorial "Writing Your Own Channel Access Client", step by step, against three servers.

Only the import and the addresses differ from the published text, and that one waits for as many answers as it wants.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from array import array
from collections import deque
from collections.abc import AsyncIterator

import pytest

import bridge.ca as caproto
from tests.ca.core_server import core_server
from tests.ca.softioc import softioc
from tests.clients import C_TOOLS

NAME = "random_walk:dt"


@pytest.fixture(params=["core", "bridge.server", "softIoc"])
async def port(request: pytest.FixtureRequest) -> AsyncIterator[int]:
    """A server that has random_walk:dt, which is 3."""
    async with contextlib.AsyncExitStack() as stack:
        if request.param == "core":
            yield (await stack.enter_async_context(core_server(NAME, 3.0))).port
        elif request.param == "softIoc":
            if C_TOOLS is None:
                pytest.skip("base's softIoc comes as an x86_64 Linux wheel only")
            yield await stack.enter_async_context(softioc(f'record(ao, "{NAME}") {{ field(VAL, "3") }}'))
        else:
            from bridge.server import ServerConfig, serving
            from records import PV

            config = ServerConfig(interfaces=("127.0.0.1",), port=0, auto_beacon=False)
            yield (await stack.enter_async_context(serving({NAME: PV(NAME, 3.0)}, config))).port


def udp_socket() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.settimeout(10)
    return sock


async def test_registering_with_the_repeater() -> None:
    async with core_server(NAME, 3.0) as repeater:
        await asyncio.to_thread(register, repeater.port)


def register(repeater_port: int) -> None:
    with udp_socket() as udp_sock:
        # by hand
        bytes_to_send = b"\x00\x18\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
        udp_sock.sendto(bytes_to_send, ("127.0.0.1", repeater_port))
        data, _ = udp_sock.recvfrom(1024)
        assert data == b"\x00\x11\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x7f\x00\x00\x01"

        # by commands
        b = caproto.Broadcaster(our_role=caproto.CLIENT)
        command = caproto.RepeaterRegisterRequest("")
        assert b.send(command) == bytes_to_send
        udp_sock.sendto(b.send(command), ("127.0.0.1", repeater_port))
        bytes_received, address = udp_sock.recvfrom(1024)
        commands = b.recv(bytes_received, address)
        b.process_commands(commands)
        assert commands == [caproto.RepeaterConfirmResponse("127.0.0.1")]
        assert b.registered


def search(port: int) -> tuple[str, int]:
    b = caproto.Broadcaster(our_role=caproto.CLIENT)
    bytes_to_send = b.send(
        caproto.VersionRequest(priority=0, version=13), caproto.SearchRequest(name=NAME, cid=0, version=13)
    )
    assert bytes_to_send == (
        b"\x00\x00\x00\x00\x00\x00\x00\r\x00\x00\x00\x00\x00\x00\x00\x00\x00\x06\x00\x10\x00\x05\x00\r\x00\x00\x00\x00"
        b"\x00\x00\x00\x00random_walk:dt\x00\x00"
    )
    with udp_socket() as udp_sock:
        udp_sock.sendto(bytes_to_send, ("127.0.0.1", port))
        bytes_received, recv_address = udp_sock.recvfrom(1024)
    commands = b.recv(bytes_received, recv_address)
    b.process_commands(commands)
    version_response, search_response = commands
    assert isinstance(version_response, caproto.VersionResponse)
    assert version_response.version == 13
    assert isinstance(search_response, caproto.SearchResponse)
    assert (search_response.cid, search_response.version) == (0, 13)
    return caproto.extract_address(search_response)


class Connection:
    """The tutorial's two convenience functions."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.sock = socket.create_connection(address, timeout=10)
        self.circuit = caproto.VirtualCircuit(our_role=caproto.CLIENT, address=address, priority=0)

    def send(self, *commands: caproto.Message) -> None:
        "Process commands in the VirtualCircuit and then transmit their bytes."
        buffers_to_send = self.circuit.send(*commands)
        self.sock.sendmsg(buffers_to_send)

    def recv(self, wanted: int = 1) -> deque[caproto.Message]:
        "Receive bytes; parse commands; process them in the VirtualCircuit."
        found: deque[caproto.Message] = deque()
        while len(found) < wanted:
            commands, _ = self.circuit.recv(self.sock.recv(4096))
            for command in commands:
                self.circuit.process_command(command)
            found += commands
        return found


async def test_by_commands(port: int) -> None:
    await asyncio.to_thread(by_commands, port)


def by_commands(port: int) -> None:
    address = search(port)
    assert address == ("127.0.0.1", port)
    connection = Connection(address)
    send, recv = connection.send, connection.recv

    # Creating a channel
    send(caproto.VersionRequest(priority=0, version=13))
    assert recv() == deque([caproto.VersionResponse(version=13)])
    send(caproto.HostNameRequest("localhost"))
    send(caproto.ClientNameRequest("user"))
    cid = 1  # a client-specified unique ID for this Channel
    send(caproto.CreateChanRequest(name=NAME, cid=cid, version=13))
    access_response, create_chan_response = recv(2)
    assert access_response == caproto.AccessRightsResponse(
        cid=1, access_rights=caproto.AccessRights.WRITE | caproto.AccessRights.READ
    )
    assert isinstance(create_chan_response, caproto.CreateChanResponse)
    sid = create_chan_response.sid
    assert create_chan_response == caproto.CreateChanResponse(caproto.ChannelType.DOUBLE, 1, 1, sid)

    # Reading and writing values
    data_type, data_count = create_chan_response.data_type, create_chan_response.data_count
    send(caproto.ReadNotifyRequest(data_type=data_type, data_count=data_count, sid=sid, ioid=1))
    (read,) = recv()
    assert isinstance(read, caproto.ReadNotifyResponse)
    assert (read.data, read.status, read.ioid, read.metadata) == (array("d", [3.0]), caproto.ECA.NORMAL, 1, None)
    send(caproto.WriteNotifyRequest(data=(4,), data_type=data_type, data_count=data_count, sid=sid, ioid=2))
    assert recv() == deque([caproto.WriteNotifyResponse(data_type, 1, caproto.ECA.NORMAL, 2)])

    # Subscribing
    req = caproto.EventAddRequest(
        data_type=data_type, data_count=data_count, sid=sid, subscriptionid=0, low=0, high=0, to=0, mask=1
    )
    send(req)
    (update,) = recv()
    assert isinstance(update, caproto.EventAddResponse)
    assert (update.data, update.subscriptionid) == (array("d", [4.0]), 0)
    send(caproto.EventCancelRequest(data_type=req.data_type, sid=req.sid, subscriptionid=req.subscriptionid))
    (ended,) = recv()
    assert isinstance(ended, caproto.EventCancelResponse)
    assert (ended.data_type, ended.sid, ended.subscriptionid) == (data_type, sid, 0)

    # Closing the channel
    send(caproto.ClearChannelRequest(sid, cid))
    assert recv() == deque([caproto.ClearChannelResponse(sid, cid=1)])
    connection.sock.close()


async def test_by_channel(port: int) -> None:
    await asyncio.to_thread(by_channel, port)


def by_channel(port: int) -> None:
    connection = Connection(search(port))
    send, recv = connection.send, connection.recv
    chan = caproto.ClientChannel(NAME, connection.circuit)
    send(chan.version())
    recv()
    send(chan.host_name("localhost"), chan.client_name("user"), chan.create())
    recv(2)
    assert chan.state is caproto.ChannelState.CONNECTED
    send(chan.read(), chan.write((4,), notify=True))
    read, written = recv(2)
    assert isinstance(read, caproto.ReadNotifyResponse)
    assert read.data == array("d", [3.0])
    assert isinstance(written, caproto.WriteNotifyResponse)
    req = chan.subscribe("time")
    send(req)
    (update,) = recv()
    assert isinstance(update, caproto.EventAddResponse)
    assert update.data == array("d", [4.0])
    assert update.metadata is not None
    send(chan.unsubscribe(req.subscriptionid))
    recv()
    send(chan.clear())
    recv()
    assert chan.state is caproto.ChannelState.CLOSED
    connection.sock.close()


@pytest.mark.parametrize(
    "data",
    [
        (4.0,),
        [4.0],
        array("d", [4.0]),
        b"\x40\x10\0\0\0\0\0\0",
        bytearray(b"\x40\x10\0\0\0\0\0\0"),
        4,
        pytest.param("numpy", id="ndarray"),
    ],
)
def test_data_may_be_given_as(data: object) -> None:
    if data == "numpy":
        data = pytest.importorskip("numpy").array([4.0])
    request = caproto.WriteNotifyRequest(data=data, data_type=6, data_count=1, sid=1, ioid=2)
    assert request == caproto.WriteNotifyRequest((4.0,), 6, 1, 1, 2)
