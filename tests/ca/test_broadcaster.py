from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.ca import (
    CLIENT,
    SERVER,
    Beacon,
    Broadcaster,
    EchoRequest,
    LocalProtocolError,
    Message,
    ReadNotifyRequest,
    RemoteProtocolError,
    RepeaterConfirmResponse,
    RepeaterRegisterRequest,
    SearchRequest,
    SearchResponse,
    VersionRequest,
    VersionResponse,
    extract_address,
)
from bridge.ca.header import pack_message
from tests.ca.cases import CASES, raw

HERE = ("127.0.0.1", 5064)


def test_search_and_answer() -> None:
    client, server = Broadcaster(CLIENT), Broadcaster(SERVER)
    asked = (VersionRequest(0, 13), SearchRequest("x:T", 7, 13))
    assert server.recv(client.send(*asked), HERE) == list(asked)
    answer = client.recv(
        server.send(VersionResponse(13), SearchResponse(6000, "255.255.255.255", 7, 13)), ("10.0.0.9", 5064)
    )
    client.process_commands(answer)
    assert isinstance(answer[1], SearchResponse)
    assert extract_address(answer[1]) == ("10.0.0.9", 6000)


def test_address_in_the_answer() -> None:
    assert extract_address(SearchResponse(6000, "10.0.0.1", 7, 13)) == ("10.0.0.1", 6000)
    with pytest.raises(LocalProtocolError, match="sender"):
        extract_address(SearchResponse(6000, "255.255.255.255", 7, 13))
    with pytest.raises(LocalProtocolError, match="EchoRequest has none"):
        extract_address(EchoRequest())  # type: ignore[arg-type]


def test_repeater() -> None:
    broadcaster = Broadcaster(CLIENT)
    assert broadcaster.send(broadcaster.register()) == raw("0018 00x14")
    assert not broadcaster.registered
    broadcaster.recv(Broadcaster(SERVER).send(RepeaterConfirmResponse("127.0.0.1")), HERE)
    assert broadcaster.registered
    broadcaster.disconnect()
    assert not broadcaster.registered


def test_a_beacon_says_where_it_came_from() -> None:
    (beacon,) = Broadcaster(CLIENT).recv(Broadcaster(SERVER).send(Beacon(13, 5064, 3, "0.0.0.0")), ("10.0.0.9", 9))
    assert beacon == Beacon(13, 5064, 3, "0.0.0.0", sender_address=("10.0.0.9", 9))


def test_what_is_not_for_datagrams() -> None:
    with pytest.raises(LocalProtocolError, match="in a datagram"):
        Broadcaster(CLIENT).send(ReadNotifyRequest(6, 1, 1, 1))
    with pytest.raises(LocalProtocolError, match="a server does not send"):
        Broadcaster(SERVER).send(RepeaterRegisterRequest())
    with pytest.raises(LocalProtocolError, match="CLIENT or SERVER"):
        Broadcaster("client")  # type: ignore[arg-type]
    with pytest.raises(RemoteProtocolError, match="datagram"):
        Broadcaster(SERVER).recv(pack_message(15, b"", 6, 1, 1, 1), HERE)


def test_the_good_ones_before_a_bad_one() -> None:
    events = Broadcaster(SERVER).events(pack_message(23) + b"\0\0\0", HERE)
    assert next(events) == EchoRequest()
    with pytest.raises(RemoteProtocolError):
        next(events)


def test_an_empty_datagram() -> None:
    """What libca registers with a repeater by."""
    assert Broadcaster(SERVER).recv(b"", HERE) == []


@given(
    st.lists(st.sampled_from([raw(text) for _, text in CASES if len(text) < 100]) | st.binary(max_size=40)),
    st.sampled_from([CLIENT, SERVER]),
)
def test_any_datagram_of_several(parts: list[bytes], role: object) -> None:
    broadcaster = Broadcaster(role)  # type: ignore[arg-type]
    try:
        for message in broadcaster.events(b"".join(parts), HERE):
            assert isinstance(message, Message)
    except RemoteProtocolError:
        pass
