from __future__ import annotations

from array import array

import pytest

from bridge.ca import (
    CLIENT,
    ChannelType,
    ClientChannel,
    ClientNameRequest,
    CreateChanRequest,
    DbrMetadata,
    EventAddRequest,
    EventCancelRequest,
    EventCancelResponse,
    HostNameRequest,
    LocalProtocolError,
    ReadNotifyRequest,
    ReadRequest,
    ReadResponse,
    VersionRequest,
    VersionResponse,
    VirtualCircuit,
    WriteNotifyRequest,
    WriteRequest,
)
from tests.ca.ends import Pair


def test_before_the_channel_exists() -> None:
    circuit = VirtualCircuit(CLIENT, ("127.0.0.1", 5064), 3)
    channel = ClientChannel("x:T", circuit)
    assert channel.version() == VersionRequest(3, 13)
    assert channel.host_name("here") == HostNameRequest("here")
    assert channel.client_name("me") == ClientNameRequest("me")
    assert channel.create() == CreateChanRequest("x:T", channel.cid, 13)
    for make in (channel.read, channel.clear, channel.subscribe, lambda: channel.write(1)):
        with pytest.raises(LocalProtocolError, match="no sid yet"):
            make()


def test_writing_changes_nothing() -> None:
    pair = Pair().greet()
    client, _ = pair.channel()
    request = client.subscribe()
    assert not pair.client.subscriptions
    with pytest.raises(LocalProtocolError, match="no monitor"):
        client.unsubscribe(request.subscriptionid)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (None, ChannelType.DOUBLE),
        ("native", ChannelType.DOUBLE),
        ("status", ChannelType.STS_DOUBLE),
        ("TIME", ChannelType.TIME_DOUBLE),
        ("graphic", ChannelType.GR_DOUBLE),
        ("control", ChannelType.CTRL_DOUBLE),
        (ChannelType.STRING, ChannelType.STRING),
        (38, ChannelType.CLASS_NAME),
    ],
)
def test_data_types(asked: int | str | None, expected: ChannelType) -> None:
    client, _ = Pair().greet().channel()
    assert client.read(asked).data_type == expected
    assert client.subscribe(asked).data_type == expected


def test_no_such_data_type() -> None:
    client, _ = Pair().greet().channel()
    with pytest.raises(LocalProtocolError, match="native, status, time"):
        client.read("alarm")


def test_counts() -> None:
    pair = Pair().greet()
    client, _ = pair.channel(count=7)
    assert client.read().data_count == 0  # as many as there are
    assert client.read(data_count=3).data_count == 3
    pair.client.protocol_version = 12
    assert client.read().data_count == 7


def test_requests() -> None:
    client, _ = Pair().greet().channel()
    sid = client.sid
    assert sid is not None
    assert client.read(ioid=5) == ReadNotifyRequest(6, 0, sid, 5)
    assert client.read(ioid=5, notify=False) == ReadRequest(6, 0, sid, 5)
    assert client.write(1.5, ioid=5) == WriteRequest([1.5], 6, 1, sid, 5)
    assert client.write([1.5, 2], ioid=5, notify=True) == WriteNotifyRequest(array("d", [1.5, 2]), 6, 2, sid, 5)
    assert client.write("2.5", data_type=0, ioid=5) == WriteRequest(["2.5"], 0, 1, sid, 5)
    assert client.subscribe(subscriptionid=5) == EventAddRequest(6, 0, sid, 5, 0.0, 0.0, 0.0, 13)
    assert client.subscribe(subscriptionid=5, mask=1).mask == 1
    with pytest.raises(LocalProtocolError, match="DBF_DOUBLE"):
        client.write("2.5")


def test_unsubscribing_repeats_what_was_asked() -> None:
    pair = Pair().greet()
    client, server = pair.channel(count=4)
    pair.up(client.subscribe("time", 2, subscriptionid=5))
    assert client.unsubscribe(5) == EventCancelRequest(20, client.sid or 0, 5, 2)
    assert server.unsubscribe(5) == EventCancelResponse(20, server.sid or 0, 5, 2)


def test_responses() -> None:
    pair = Pair()
    pair.greet()
    _, server = pair.channel(data_type=ChannelType.LONG)
    assert server.version() == VersionResponse(13)
    metadata = DbrMetadata(seconds=5)
    read = server.read(7, 3, "time", metadata=metadata)
    assert (read.data, read.metadata, read.data_count, read.ioid) == (array("i", [7]), metadata, 1, 3)
    assert server.read(7, 3, notify=False) == ReadResponse(7, 5, 1, server.cid, 3)
    assert server.write(3, data_count=1).status == 1
    assert server.write(3, status=160).status == 160
    update = server.subscribe([7, 8], 3)
    assert (update.data_count, update.status) == (2, 1)
    assert server.create_fail().cid == server.disconnect().cid == server.cid
