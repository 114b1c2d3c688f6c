from __future__ import annotations

import pytest

from bridge.ca import ChannelState, CircuitState, Disconnected, EventCancelRequest, Message, ReadNotifyRequest
from bridge.ca import messages as all_messages
from bridge.ca.layout import sender_of
from bridge.ca.message import MessageType
from bridge.ca.messages import Beacon, RepeaterConfirmResponse, RepeaterRegisterRequest
from bridge.ca.payload import ChannelDataMessage, DataMessage
from bridge.ca.roles import CLIENT
from bridge.ca.rules import _ABOUT
from bridge.ca.states import CHANNEL_TRANSITIONS, CIRCUIT_TRANSITIONS

DATAGRAMS = {Beacon, RepeaterConfirmResponse, RepeaterRegisterRequest}
KINDS = {
    kind
    for kind in vars(all_messages).values()
    if isinstance(kind, MessageType) and kind not in (Message, DataMessage, ChannelDataMessage, Disconnected)
}


def test_every_state_has_a_row() -> None:
    assert set(CIRCUIT_TRANSITIONS) == set(CircuitState)
    assert set(CHANNEL_TRANSITIONS) == set(ChannelState)


def test_every_message_of_a_circuit_has_its_place() -> None:
    assert set(CIRCUIT_TRANSITIONS[CircuitState.CONNECTED]) == KINDS - DATAGRAMS


def test_what_is_about_a_channel_is_in_its_table() -> None:
    assert {kind for row in CHANNEL_TRANSITIONS.values() for kind in row} == set(_ABOUT)


def test_every_state_can_be_reached() -> None:
    for table, first in ((CIRCUIT_TRANSITIONS, CircuitState.IDLE), (CHANNEL_TRANSITIONS, ChannelState.IDLE)):
        reached = {first} | {state for row in table.values() for state in row.values()}
        assert reached | {CircuitState.DISCONNECTED} == set(table) | {CircuitState.DISCONNECTED}


@pytest.mark.parametrize("state", [ChannelState.AWAIT_CLEAR_RESPONSE, ChannelState.CLOSED, ChannelState.FAILED])
def test_no_request_on_a_channel_that_ends(state: ChannelState) -> None:
    assert not [kind for kind in CHANNEL_TRANSITIONS[state] if sender_of(kind) is CLIENT]


def test_requests_need_a_channel_that_exists() -> None:
    for kind in (ReadNotifyRequest, EventCancelRequest):
        assert [state for state, row in CHANNEL_TRANSITIONS.items() if kind in row] == [ChannelState.CONNECTED]
