"""Circuits under any bytes, and under any sequence of messages that one of them allows."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bridge.ca import (
    CLIENT,
    SERVER,
    ChannelState,
    ClientChannel,
    Limits,
    RemoteProtocolError,
    Role,
    ServerChannel,
    VersionRequest,
    VersionResponse,
    VirtualCircuit,
)
from bridge.ca.layout import encode
from tests.ca.cases import CASES, raw
from tests.ca.ends import Pair

LIMITS = Limits(message_before_version=256, message=1024, channels=4, subscriptions=4)
VALID = st.sampled_from([raw(text) for _, text in CASES if len(raw(text)) < 500])
GREETING = {CLIENT: b"".join(encode(VersionResponse(13))), SERVER: b"".join(encode(VersionRequest(0, 13)))}


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(VALID))
    for _ in range(draw(st.integers(1, 3))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data)


def listen(role: Role, pieces: list[bytes]) -> list[object]:
    """What a circuit makes of these bytes: messages, and the faults between them."""
    circuit = VirtualCircuit(role, ("127.0.0.1", 1), 0, limits=LIMITS)
    found: list[object] = []
    for piece in pieces:
        circuit.receive_data(piece)
        while True:
            try:
                found.extend(circuit.events())
                break
            except RemoteProtocolError as err:
                found.append((str(err), err.eca, err.request, err.fatal))
                if err.fatal:
                    return found
    assert len(circuit.channels) <= LIMITS.channels
    assert len(circuit.subscriptions) <= LIMITS.subscriptions
    assert len(circuit._buffer._data) <= max(map(len, pieces), default=0) + LIMITS.message + 24
    return found


@settings(deadline=None)
@given(
    st.sampled_from([CLIENT, SERVER]),
    st.booleans(),
    st.lists(VALID | spoilt() | st.binary(max_size=40), max_size=10).map(b"".join),
    st.lists(st.integers(1, 60), max_size=40),
)
def test_any_bytes_in_any_pieces(role: Role, greeted: bool, data: bytes, sizes: list[int]) -> None:
    data = GREETING[role] * greeted + data
    pieces = []
    rest = data
    for size in sizes:
        if rest[:size]:
            pieces.append(rest[:size])
        rest = rest[size:]
    pieces += [rest] if rest else []
    assert listen(role, pieces) == listen(role, [data] if data else [])


class Conversation(RuleBasedStateMachine):
    """Two of our ends that send what their helpers write: neither may ever find fault with the other."""

    def __init__(self) -> None:
        super().__init__()
        self.pair = Pair()

    @initialize()
    def greet(self) -> None:
        self.pair.greet()

    def ends(self) -> list[tuple[ClientChannel, ServerChannel]]:
        pairs = []
        for cid, client in self.pair.client.channels.items():
            server = self.pair.server.channels.get(cid)
            if isinstance(client, ClientChannel) and isinstance(server, ServerChannel):
                pairs.append((client, server))
        return pairs

    def connected(self) -> list[tuple[ClientChannel, ServerChannel]]:
        return [ends for ends in self.ends() if ends[0].state is ChannelState.CONNECTED]

    @precondition(lambda self: len(self.pair.client.channels) < 5)
    @rule(name=st.sampled_from(["x:A", "x:B"]))
    def ask(self, name: str) -> None:
        self.pair.up(ClientChannel(name, self.pair.client).create())

    @rule(accept=st.booleans(), data=st.data())
    def answer(self, accept: bool, data: st.DataObject) -> None:
        waiting = [ends for ends in self.ends() if ends[0].state is ChannelState.AWAIT_CREATE_CHAN_RESPONSE]
        if waiting:
            _, server = data.draw(st.sampled_from(waiting))
            self.pair.down(*([server.rights(3), server.create(6, 1)] if accept else [server.create_fail()]))

    @precondition(lambda self: self.connected())
    @rule(data=st.data(), dbr_type=st.sampled_from(["native", "status", "time", "graphic", "control"]))
    def read(self, data: st.DataObject, dbr_type: str) -> None:
        client, server = data.draw(st.sampled_from(self.connected()))
        request = client.read(dbr_type)
        self.pair.up(request)
        assert self.pair.down(server.read((1.5,), request.ioid, dbr_type))

    @precondition(lambda self: self.connected())
    @rule(data=st.data(), value=st.floats(allow_nan=False))
    def write(self, data: st.DataObject, value: float) -> None:
        client, server = data.draw(st.sampled_from(self.connected()))
        request = client.write(value, notify=True)
        (found,) = self.pair.up(request)
        assert found == request
        self.pair.down(server.write(request.ioid))

    @precondition(lambda self: self.connected())
    @rule(data=st.data())
    def subscribe(self, data: st.DataObject) -> None:
        client, _ = data.draw(st.sampled_from(self.connected()))
        self.pair.up(client.subscribe("time"))

    @precondition(lambda self: self.pair.server.subscriptions)
    @rule(data=st.data())
    def update(self, data: st.DataObject) -> None:
        number, subscription = data.draw(st.sampled_from(list(self.pair.server.subscriptions.items())))
        channel = subscription.channel
        assert isinstance(channel, ServerChannel)
        assert len(self.pair.down(channel.subscribe((2.5,), number, "time"))) == 1

    @precondition(lambda self: self.pair.client.subscriptions)
    @rule(data=st.data(), answered=st.booleans())
    def cancel(self, data: st.DataObject, answered: bool) -> None:
        number, subscription = data.draw(st.sampled_from(list(self.pair.client.subscriptions.items())))
        client = subscription.channel
        if subscription.cancelled or client.state is not ChannelState.CONNECTED:
            return
        assert isinstance(client, ClientChannel)
        self.pair.up(client.unsubscribe(number))
        if answered:
            server = self.pair.server.channels[client.cid]
            assert isinstance(server, ServerChannel)
            assert len(self.pair.down(server.unsubscribe(number))) == 1

    @precondition(lambda self: self.connected())
    @rule(data=st.data())
    def clear(self, data: st.DataObject) -> None:
        client, _ = data.draw(st.sampled_from(self.connected()))
        self.pair.up(client.clear())

    @rule()
    def cleared(self) -> None:
        for client, server in self.ends():
            if client.state is ChannelState.AWAIT_CLEAR_RESPONSE:
                self.pair.down(server.clear())

    @precondition(lambda self: self.connected())
    @rule(data=st.data())
    def take_away(self, data: st.DataObject) -> None:
        _, server = data.draw(st.sampled_from(self.connected()))
        self.pair.down(server.disconnect())

    @invariant()
    def both_ends_agree(self) -> None:
        client, server = self.pair.client, self.pair.server
        asked = {cid for cid, channel in client.channels.items() if channel.state is not ChannelState.IDLE}
        assert asked == set(server.channels)
        assert set(client.subscriptions) == set(server.subscriptions)
        for cid in asked:
            assert client.channels[cid].state is server.channels[cid].state
            assert client.channels[cid].sid == server.channels[cid].sid


TestConversation = Conversation.TestCase
TestConversation.settings = settings(deadline=None, max_examples=60, stateful_step_count=30)
