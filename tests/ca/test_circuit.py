from __future__ import annotations

import re
from array import array
from collections.abc import Callable

import pytest

from bridge.ca import (
    CLIENT,
    DISCONNECTED,
    ECA,
    SERVER,
    AccessRights,
    AccessRightsResponse,
    ChannelState,
    CircuitState,
    ClearChannelRequest,
    ClientNameRequest,
    CreateChanRequest,
    CreateChanResponse,
    EchoRequest,
    EchoResponse,
    ErrorResponse,
    EventAddRequest,
    EventAddResponse,
    EventCancelRequest,
    EventCancelResponse,
    EventsOffRequest,
    EventsOnRequest,
    HostNameRequest,
    Limits,
    LocalProtocolError,
    Message,
    NotFoundResponse,
    ReadNotifyRequest,
    ReadNotifyResponse,
    ReadSyncRequest,
    RemoteProtocolError,
    SearchRequest,
    SearchResponse,
    VersionRequest,
    VersionResponse,
    VirtualCircuit,
    WriteNotifyRequest,
    WriteNotifyResponse,
    WriteRequest,
)
from bridge.ca.layout import encode, header_of
from tests.ca.ends import Pair


def wire(*messages: Message) -> bytes:
    return b"".join(b"".join(encode(message)) for message in messages)


def fault(circuit: VirtualCircuit, *messages: Message) -> RemoteProtocolError:
    """The error that these bytes from the peer make."""
    circuit.receive_data(wire(*messages))
    with pytest.raises(RemoteProtocolError) as caught:
        list(circuit.events())
    return caught.value


def test_versions() -> None:
    pair = Pair()
    assert pair.client.state is CircuitState.IDLE
    assert pair.up(VersionRequest(0, 13)) == [VersionRequest(0, 13)]
    assert pair.client.state is pair.server.state is CircuitState.AWAIT_VERSION_RESPONSE
    assert pair.server.priority == 0
    assert pair.down(VersionResponse(11)) == [VersionResponse(11)]
    assert pair.client.state is pair.server.state is CircuitState.CONNECTED
    assert pair.client.protocol_version == 11


def test_a_server_may_greet_first() -> None:
    pair = Pair()
    pair.down(VersionResponse(13))
    assert pair.client.state is CircuitState.SERVER_GREETED
    pair.up(VersionRequest(0, 12))
    assert pair.client.state is pair.server.state is CircuitState.CONNECTED
    assert pair.server.protocol_version == 12


def test_a_client_need_not_wait() -> None:
    """libca sends version, names and channels in one write."""
    pair = Pair()
    found = pair.up(
        VersionRequest(0, 13), ClientNameRequest("me"), HostNameRequest("here"), CreateChanRequest("x:T", 1, 13)
    )
    assert len(found) == 4


@pytest.mark.parametrize("message", [ClientNameRequest("me"), EchoRequest(), CreateChanRequest("x:T", 1, 13)])
def test_version_comes_first(message: Message) -> None:
    pair = Pair()
    with pytest.raises(LocalProtocolError, match="nothing said yet"):
        pair.client.send(message)
    assert fault(pair.server, message).eca is ECA.DEFUNCT
    assert not pair.server.channels


@pytest.mark.parametrize(
    ("message", "eca"), [(VersionRequest(100, 13), ECA.BADPRIORITY), (VersionRequest(0, 3), ECA.DEFUNCT)]
)
def test_versions_that_cannot_be_served(message: Message, eca: ECA) -> None:
    error = fault(Pair().server, message)
    assert error.eca is eca
    assert error.fatal


def test_a_client_keeps_to_its_priority() -> None:
    with pytest.raises(LocalProtocolError, match="needs a priority"):
        VirtualCircuit(CLIENT, ("127.0.0.1", 5064))
    circuit = VirtualCircuit(CLIENT, ("127.0.0.1", 5064), 5)
    with pytest.raises(LocalProtocolError, match="priority 5"):
        circuit.send(VersionRequest(6, 13))


def test_each_end_sends_its_own() -> None:
    pair = Pair().greet()
    with pytest.raises(LocalProtocolError, match="a client does not send EchoResponse"):
        pair.client.send(EchoResponse())
    with pytest.raises(LocalProtocolError, match="a server does not send EchoRequest"):
        pair.server.send(EchoRequest())
    # The peer's message does not exist for that direction either
    assert fault(pair.server, AccessRightsResponse(1, 3)).eca is ECA.UNAVAILINSERV


def test_what_is_about_the_circuit() -> None:
    pair = Pair().greet()
    for message in (EchoRequest(), EventsOffRequest(), EventsOnRequest(), ReadSyncRequest(), SearchRequest("x", 1, 13)):
        assert pair.up(message) == [message]
    for answer in (EchoResponse(), SearchResponse(5064, "255.255.255.255", 1, 0), NotFoundResponse(13, 1)):
        assert pair.down(answer) == [answer]


def test_a_channel_from_end_to_end() -> None:
    pair = Pair().greet()
    client, server = pair.channel()
    assert client.state is server.state is ChannelState.CONNECTED
    assert client.sid == server.sid
    assert client.access_rights == AccessRights.READ | AccessRights.WRITE

    (request,) = pair.up(client.read())
    assert isinstance(request, ReadNotifyRequest)
    (response,) = pair.down(server.read((3.0,), request.ioid))
    assert isinstance(response, ReadNotifyResponse)
    assert response.data == array("d", [3.0])

    (written,) = pair.up(client.write((4,), notify=True))
    assert isinstance(written, WriteNotifyRequest)
    assert written.data == array("d", [4.0])
    (done,) = pair.down(server.write(written.ioid))
    assert isinstance(done, WriteNotifyResponse)

    (subscription,) = pair.up(client.subscribe())
    assert isinstance(subscription, EventAddRequest)
    (update,) = pair.down(server.subscribe((4.0,), subscription.subscriptionid))
    assert isinstance(update, EventAddResponse)
    pair.up(client.unsubscribe(subscription.subscriptionid))
    late = pair.down(server.subscribe((5.0,), subscription.subscriptionid))
    assert [type(message) for message in late] == [EventAddResponse]  # it was on its way
    (ended,) = pair.down(server.unsubscribe(subscription.subscriptionid))
    assert ended == EventCancelResponse(6, server.sid or 0, subscription.subscriptionid, 0)
    assert not pair.client.subscriptions
    assert not pair.server.subscriptions

    pair.up(client.clear())
    assert client.state is ChannelState.AWAIT_CLEAR_RESPONSE
    pair.down(server.clear())
    assert client.state is server.state is ChannelState.CLOSED
    for end in (pair.client, pair.server):
        assert not end.channels
        assert not end.channels_sid


def test_a_channel_refused() -> None:
    pair = Pair().greet()
    pair.up(CreateChanRequest("nobody", 5, 13))
    channel = pair.client.channels[5]
    pair.down(pair.server.channels[5].create_fail())  # type: ignore[attr-defined]
    assert channel.state is ChannelState.FAILED
    assert not pair.client.channels
    assert not pair.server.channels
    # The number is free again
    pair.up(CreateChanRequest("somebody", 5, 13))


def test_a_channel_taken_away() -> None:
    pair = Pair().greet()
    client, server = pair.channel()
    pair.up(client.subscribe(subscriptionid=3), client.read(ioid=4))
    pair.down(server.disconnect())
    assert client.state is server.state is ChannelState.CLOSED
    assert not pair.client.subscriptions
    assert not pair.server.subscriptions
    # Numbers of what died with the channel are free again
    other, _ = pair.channel("x:U")
    pair.up(other.subscribe(subscriptionid=3), other.read(ioid=4))


def test_clearing_a_channel_ends_its_monitors_only() -> None:
    pair = Pair().greet()
    one, one_server = pair.channel("x:1")
    two, two_server = pair.channel("x:2")
    pair.up(one.subscribe(subscriptionid=1), two.subscribe(subscriptionid=2))
    pair.up(one.clear())
    pair.down(one_server.subscribe((1.0,), 1))  # on its way
    pair.down(one_server.clear())
    assert list(pair.client.subscriptions) == list(pair.server.subscriptions) == [2]
    assert pair.down(two_server.subscribe((2.0,), 2))
    with pytest.raises(LocalProtocolError, match="no subscriptionid 1"):
        pair.server.send(one_server.subscribe((1.0,), 1))


def test_a_cancel_on_its_way_when_the_channel_is_cleared() -> None:
    """libca does both at once (tests/golden/ca_clear.txt)."""
    pair = Pair().greet()
    client, server = pair.channel()
    pair.up(client.subscribe(subscriptionid=1))
    assert len(pair.up(client.unsubscribe(1), client.clear())) == 2
    assert len(pair.down(server.unsubscribe(1), server.clear())) == 2


def test_an_empty_update_is_not_the_end() -> None:
    pair = Pair().greet()
    client, server = pair.channel(count=10)
    pair.up(client.subscribe(subscriptionid=1))
    (update,) = pair.down(EventAddResponse(b"", 6, 0, ECA.NORMAL, 1))
    assert isinstance(update, EventAddResponse)
    assert update.data == array("d")
    pair.up(client.unsubscribe(1))
    # One that was on its way is taken for the end; the real end is then of no monitor, and dropped
    (ended,) = pair.down(EventAddResponse(b"", 6, 0, ECA.NORMAL, 1))
    assert isinstance(ended, EventCancelResponse)
    assert pair.down(server.unsubscribe(1)) == []


REFUSED: list[tuple[Message, ECA]] = [
    (ReadNotifyRequest(6, 1, 99, 1), ECA.BADCHID),
    (WriteRequest((1,), 6, 1, 99, 1), ECA.BADCHID),
    (EventAddRequest(6, 1, 99, 1, 0, 0, 0, 1), ECA.BADCHID),
    (ClearChannelRequest(99, 0), ECA.BADCHID),
    (EventCancelRequest(6, 0, 99), ECA.BADMONID),
    (EventCancelRequest(5, 0, 7), ECA.BADTYPE),
    (EventCancelRequest(6, 1, 7), ECA.BADMONID),
    (EventAddRequest(6, 1, 0, 7, 0, 0, 0, 1), ECA.BADMONID),
    (CreateChanRequest("x:T", 0, 13), ECA.BADCHID),
]


@pytest.mark.parametrize(("message", "eca"), REFUSED)
def test_a_bad_request_costs_only_itself(message: Message, eca: ECA) -> None:
    pair = Pair().greet()
    client, _ = pair.channel()
    assert (client.cid, client.sid) == (0, 0)
    pair.up(client.subscribe(subscriptionid=7, data_type=6))
    pair.server.receive_data(wire(EchoRequest(), message, EchoRequest()))
    events = pair.server.events()
    assert next(events) == EchoRequest()
    with pytest.raises(RemoteProtocolError) as caught:
        next(events)
    assert caught.value.eca is eca
    assert not caught.value.fatal
    assert caught.value.request == header_of(message)
    assert list(pair.server.events()) == [EchoRequest()]
    # ... and the answer that it asks for arrives
    (answer,) = pair.down(pair.server.refuse(caught.value))
    assert isinstance(answer, ErrorResponse)
    assert answer.status is eca
    assert answer.original_request == header_of(message)
    assert re.match(type(message).__name__, answer.error_message)
    with pytest.raises(LocalProtocolError):
        pair.client.send(message)


def test_cancelling_twice() -> None:
    pair = Pair().greet()
    client, _ = pair.channel()
    pair.up(client.subscribe(subscriptionid=7))
    request = client.unsubscribe(7)
    pair.up(request)
    assert fault(pair.server, request).eca is ECA.BADMONID


def test_an_error_names_the_channel_and_frees_the_ioid() -> None:
    pair = Pair().greet()
    client, _ = pair.channel()
    request = client.read(ioid=9)
    pair.up(request)
    error = RemoteProtocolError("no", eca=ECA.GETFAIL, request=header_of(request))
    (answer,) = pair.down(pair.server.refuse(error))
    assert answer == ErrorResponse(header_of(request), client.cid, ECA.GETFAIL, "no")
    pair.up(client.read(ioid=9))
    assert client.ioids == {9}


def test_an_error_about_no_request() -> None:
    answer = Pair().greet().server.refuse(RemoteProtocolError("no"))
    assert answer.cid == 0xFFFFFFFF


@pytest.mark.parametrize(
    ("make", "eca"),
    [
        (lambda: ReadNotifyResponse((1.0,), 6, 1, 1, 77), ECA.BADCHID),
        (lambda: WriteNotifyResponse(6, 1, 1, 77), ECA.BADCHID),
        (lambda: EventAddResponse((1.0,), 6, 1, 1, 77), ECA.BADMONID),
        (lambda: EventAddResponse((1,), 5, 1, 1, 7), ECA.BADTYPE),
        (lambda: AccessRightsResponse(77, 3), ECA.BADCHID),
        (lambda: CreateChanResponse(6, 1, 0, 5), ECA.BADCHID),
    ],
)
def test_a_server_that_answers_what_was_not_asked(make: Callable[[], Message], eca: ECA) -> None:
    pair = Pair().greet()
    client, _ = pair.channel()
    pair.up(client.subscribe(subscriptionid=7))
    assert fault(pair.client, make()).eca is eca
    assert pair.down(EchoResponse()) == [EchoResponse()]


def test_a_server_that_gives_one_sid_twice() -> None:
    pair = Pair().greet()
    pair.channel()
    pair.up(CreateChanRequest("x:U", 5, 13))
    assert fault(pair.client, CreateChanResponse(6, 1, 5, 0)).eca is ECA.BADCHID


def test_one_ioid_for_several_requests() -> None:
    """To a server an ioid is opaque."""
    pair = Pair().greet()
    client, server = pair.channel()
    pair.up(client.read(ioid=1))
    pair.server.receive_data(wire(client.read(ioid=1)))
    assert len(list(pair.server.events())) == 1
    pair.server.send(server.read((1.0,), 1), server.read((1.0,), 1))


def test_limits() -> None:
    limits = Limits(message_before_version=1024, message=4096, channels=2, subscriptions=3)
    server = VirtualCircuit(SERVER, ("127.0.0.1", 40000), limits=limits)
    assert fault(server, ClientNameRequest("x" * 500), WriteRequest(bytes(2000), 4, 2000, 1, 1)).eca is ECA.DEFUNCT
    with pytest.raises(RemoteProtocolError) as caught:
        list(server.events())
    assert caught.value.eca is ECA.TOLARGE
    server.receive_data(wire(VersionRequest(0, 13), *[CreateChanRequest("x", cid, 13) for cid in range(2)]))
    assert len(list(server.events())) == 3
    assert fault(server, CreateChanRequest("x", 2, 13)).eca is ECA.ALLOCMEM
    server.send(server.channels[0].create(6, 1))  # type: ignore[attr-defined]
    monitors = [EventAddRequest(6, 1, 0, number, 0, 0, 0, 1) for number in range(4)]
    server.receive_data(wire(*monitors[:3]))
    assert len(list(server.events())) == 3
    assert fault(server, monitors[3]).eca is ECA.ALLOCMEM
    server.receive_data(wire(WriteRequest(bytes(4096), 4, 4096, 0, 1)))
    assert len(list(server.events())) == 1
    assert fault(server, WriteRequest(bytes(4104), 4, 4104, 0, 1)).eca is ECA.TOLARGE
    assert len(server.channels) == 2
    assert len(server.subscriptions) == 3


def test_large_arrays_need_a_peer_that_knows_them() -> None:
    circuit = VirtualCircuit(SERVER, ("127.0.0.1", 40000))
    circuit.receive_data(wire(VersionRequest(0, 8)))
    list(circuit.events())
    with pytest.raises(LocalProtocolError, match=r"CA 4\.8"):
        circuit.send(ReadNotifyResponse(bytes(70000), 4, 70000, 1, 1))


def test_the_end() -> None:
    pair = Pair().greet()
    client, _ = pair.channel()
    pair.up(client.subscribe())
    pair.client.receive_data(wire(EchoResponse()) + b"\0\0")
    pair.client.receive_data(b"")
    assert list(pair.client.events()) == [EchoResponse(), DISCONNECTED]
    assert list(pair.client.events()) == []
    assert pair.client.state is CircuitState.DISCONNECTED
    assert client.state is ChannelState.CLOSED
    assert not pair.client.subscriptions
    with pytest.raises(LocalProtocolError, match="ended"):
        pair.client.send(EchoRequest())


def test_leaving() -> None:
    """caproto sends its DISCONNECTED to say that we hang up."""
    pair = Pair().greet()
    client, _ = pair.channel()
    assert pair.client.send(pair.client.disconnect()) == []
    assert client.state is ChannelState.CLOSED
    other = Pair().greet()
    assert other.client.send(DISCONNECTED) == []
    assert other.client.state is CircuitState.DISCONNECTED


def test_nothing_comes_after_a_fatal_error() -> None:
    pair = Pair().greet()
    pair.server.receive_data(b"\0\x17\0\x04" + bytes(12) + wire(EchoRequest()))
    with pytest.raises(RemoteProtocolError) as caught:
        list(pair.server.events())
    assert caught.value.fatal
    assert list(pair.server.events()) == []


def test_as_caproto_spells_it() -> None:
    pair = Pair()
    data = wire(VersionResponse(13))
    commands, needed = pair.client.recv(data[:5], data[5:10])
    assert (list(commands), needed) == ([], 6)
    commands, needed = pair.client.recv(data[10:])
    assert list(commands) == [VersionResponse(13)]
    for command in commands:
        pair.client.process_command(command)
    commands, _ = pair.client.recv(b"")
    assert list(commands) == [DISCONNECTED]


def test_numbers_in_use_are_passed_over() -> None:
    pair = Pair().greet()
    client, _ = pair.channel()
    assert [pair.client.new_ioid() for _ in range(3)] == [0, 1, 2]
    pair.up(client.read(ioid=3), client.subscribe(subscriptionid=0))
    assert pair.client.new_ioid() == 4
    assert pair.client.new_subscriptionid() == 1
    pair.client._last_ioid = 0xFFFFFFFF
    assert pair.client.new_ioid() == 0


def test_repr() -> None:
    pair = Pair().greet()
    assert repr(pair.client) == "<VirtualCircuit CLIENT to 127.0.0.1:5064, CONNECTED>"
    client, _ = pair.channel()
    assert repr(client) == "<ClientChannel 'x:T' cid=0 sid=0, CONNECTED>"
