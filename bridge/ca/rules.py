"""The rules of one circuit, from either end: which message may come now, and what it changes.

Both what is sent and what is received goes through :meth:`CircuitRules.apply`, the one place where rules are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from bridge.ca import messages as m
from bridge.ca.channel import Channel, ClientChannel, ServerChannel
from bridge.ca.errors import LocalProtocolError, ProtocolError, RemoteProtocolError
from bridge.ca.header import MAX_PRIORITY, Command
from bridge.ca.message import Message, MessageType
from bridge.ca.roles import CLIENT, SERVER, AccessRights, Role
from bridge.ca.states import CHANNEL_TRANSITIONS, CIRCUIT_TRANSITIONS, ChannelState, CircuitState
from bridge.ca.status import ECA

__all__ = ["CircuitRules", "Limits", "Subscription"]

_OLDEST: Final = 4  # caProto.h CA_MINIMUM_SUPPORTED_VERSION


@dataclass(frozen=True, slots=True)
class Limits:
    """What one peer may make a circuit keep."""

    message_before_version: int = 1 << 20  # bytes; nobody has said yet that this is Channel Access at all
    message: int = 16 << 20  # bytes; room for an image, not for the 4 GiB that a header can announce
    channels: int = 50_000
    subscriptions: int = 200_000


@dataclass(slots=True)
class Subscription:
    """A monitor: what asked for it, on which channel, and whether it is to end."""

    request: m.EventAddRequest
    channel: Channel
    cancelled: bool = False


def _free(number: int, taken: Container[int]) -> int:
    """Return the first number from `number` on that is not taken, in 32 bits."""
    while number in taken:
        number = (number + 1) & 0xFFFFFFFF
    return number


class CircuitRules:
    """State of one connection; `priority` is 0..99 (a server learns it from the client)."""

    def __init__(self, our_role: Role, priority: int | None, protocol_version: int, limits: Limits) -> None:
        if our_role is CLIENT and priority is None:
            raise LocalProtocolError("a client's circuit needs a priority (0..99)")
        self.our_role = our_role
        self.their_role = our_role.other
        self.priority = priority
        self.protocol_version = protocol_version  # once the peer has told its own: the lower of the two
        self.limits = limits
        self.state = CircuitState.IDLE
        self.channels: dict[int, Channel] = {}  # by cid
        self.channels_sid: dict[int, Channel] = {}
        self.subscriptions: dict[int, Subscription] = {}
        self._ioids: dict[int, Channel] = {}  # of a client: what has not been answered yet
        self._last_channel = self._last_ioid = self._last_subscription = -1

    # ids that are free, for the helpers of the channels

    def new_channel_id(self) -> int:
        """Return a cid (client) or sid (server) that is not in use."""
        taken = self.channels if self.our_role is CLIENT else self.channels_sid
        self._last_channel = _free((self._last_channel + 1) & 0xFFFFFFFF, taken)
        return self._last_channel

    def new_ioid(self) -> int:
        """Return a number for a read or write that is not in use."""
        self._last_ioid = _free((self._last_ioid + 1) & 0xFFFFFFFF, self._ioids)
        return self._last_ioid

    def new_subscriptionid(self) -> int:
        """Return a number for a monitor that is not in use."""
        self._last_subscription = _free((self._last_subscription + 1) & 0xFFFFFFFF, self.subscriptions)
        return self._last_subscription

    def _fault(self, message: Message, sender: Role, text: str, eca: ECA, fatal: bool = False) -> ProtocolError:
        text = f"{type(message).__name__}: {text}"
        if sender is self.our_role:
            return LocalProtocolError(text)
        return RemoteProtocolError(text, eca=eca, fatal=fatal)

    def apply(self, message: Message, sender: Role) -> None:
        """Check one message against the rules and take the step that it means."""
        kind = type(message)
        next_state = CIRCUIT_TRANSITIONS[self.state].get(kind)
        if next_state is None:
            # DEFUNCT is what rsrv answers to a client that has not told its version
            raise self._fault(message, sender, f"not allowed when {self.state.value}", ECA.DEFUNCT)
        about = _ABOUT.get(kind)
        if about is not None:
            self._apply_to_channel(about, message, sender)
        elif isinstance(message, (m.VersionRequest, m.VersionResponse)):
            self._agree_on_version(message, sender)
        elif isinstance(message, m.ErrorResponse):
            self._settle_failed(message)
        self.state = next_state

    def _apply_to_channel(self, about: _About, message: Message, sender: Role) -> None:
        channel = about.find(self, message, sender)
        if channel is None:
            return
        next_state = CHANNEL_TRANSITIONS[channel.state].get(type(message))
        if next_state is None:
            text = f"channel {channel.name!r} is {channel.state.value}"
            raise self._fault(message, sender, text, ECA.BADCHID)
        if about.note is not None:
            about.note(self, message, sender, channel)
        if next_state is not channel.state:
            channel.state = next_state
            if next_state in (ChannelState.CLOSED, ChannelState.FAILED):
                self._remove(channel)

    # which channel a message is about

    def _by_sid(self, message: Any, sender: Role) -> Channel:
        channel = self.channels_sid.get(message.sid)
        if channel is None:
            raise self._fault(message, sender, f"no sid {message.sid} here", ECA.BADCHID)
        return channel

    def _by_cid(self, message: Any, sender: Role) -> Channel:
        channel = self.channels.get(message.cid)
        if channel is None:
            raise self._fault(message, sender, f"no cid {message.cid} here", ECA.BADCHID)
        return channel

    def _by_subscription(self, message: Any, sender: Role) -> Channel:
        subscription = self.subscriptions.get(message.subscriptionid)
        if subscription is None:
            raise self._fault(message, sender, f"no subscriptionid {message.subscriptionid} here", ECA.BADMONID)
        if message.data_type != subscription.request.data_type:
            text = f"DBR type {message.data_type}, the monitor has {subscription.request.data_type}"
            raise self._fault(message, sender, text, ECA.BADTYPE)
        return subscription.channel

    def _by_ioid(self, message: Any, sender: Role) -> Channel | None:
        # To a server an ioid is opaque: a client may have several requests under way with the same one.
        if self.our_role is SERVER:
            return None
        channel = self._ioids.get(message.ioid)
        if channel is None:
            raise self._fault(message, sender, f"no ioid {message.ioid} here", ECA.BADCHID)
        return channel

    def _new_channel(self, message: m.CreateChanRequest, sender: Role) -> Channel:
        channel = self.channels.get(message.cid)
        if channel is not None:
            return channel  # a ClientChannel made beforehand; or one in use, which the table of states refuses
        if sender is self.their_role and len(self.channels) >= self.limits.channels:
            raise self._fault(message, sender, f"{len(self.channels)} channels are enough", ECA.ALLOCMEM)
        kind = ClientChannel if self.our_role is CLIENT else ServerChannel
        return kind(message.name, self, message.cid)

    # what later messages refer to

    def _created(self, message: m.CreateChanResponse, sender: Role, channel: Channel) -> None:
        if message.sid in self.channels_sid:
            raise self._fault(message, sender, f"sid {message.sid} is in use", ECA.BADCHID)
        channel.created(message)
        self.channels_sid[message.sid] = channel

    def _rights(self, message: m.AccessRightsResponse, sender: Role, channel: Channel) -> None:
        channel.access_rights = AccessRights(message.access_rights)

    def _requested(self, message: m.ReadNotifyRequest, sender: Role, channel: Channel) -> None:
        if self.our_role is CLIENT:
            self._ioids[message.ioid] = channel
            channel.ioids.add(message.ioid)

    def _responded(self, message: m.ReadNotifyResponse, sender: Role, channel: Channel) -> None:
        self._answered(message.ioid)

    def _subscribe(self, message: m.EventAddRequest, sender: Role, channel: Channel) -> None:
        if message.subscriptionid in self.subscriptions:
            raise self._fault(message, sender, f"subscriptionid {message.subscriptionid} is in use", ECA.BADMONID)
        if sender is self.their_role and len(self.subscriptions) >= self.limits.subscriptions:
            raise self._fault(message, sender, f"{len(self.subscriptions)} monitors are enough", ECA.ALLOCMEM)
        self.subscriptions[message.subscriptionid] = Subscription(message, channel)
        channel.subscriptions[message.subscriptionid] = message

    def _cancelling(self, message: m.EventCancelRequest, sender: Role, channel: Channel) -> None:
        subscription = self.subscriptions[message.subscriptionid]
        if subscription.cancelled or message.sid != channel.sid:
            text = f"no monitor {message.subscriptionid} on sid {message.sid}"
            raise self._fault(message, sender, text, ECA.BADMONID)
        subscription.cancelled = True

    def _cancelled(self, message: m.EventCancelResponse, sender: Role, channel: Channel) -> None:
        del self.subscriptions[message.subscriptionid]
        del channel.subscriptions[message.subscriptionid]

    def tell_apart(self, message: m.EventAddResponse, sid: int) -> Message | None:
        """Tell an update without elements from the end of a monitor: both are an EVENT_ADD without payload.

        The end of a monitor that is gone already is dropped: an empty update on its way when the monitor was
        cancelled has been taken for it. `sid` is the word that an update uses for its status.
        """
        subscription = self.subscriptions.get(message.subscriptionid)
        if subscription is None:
            return None
        if not subscription.cancelled:
            return message
        return m.EventCancelResponse(message.data_type, sid, message.subscriptionid, message.data_count)

    def _settle_failed(self, message: m.ErrorResponse) -> None:
        """Free the ioid of a request that was answered with an ERROR."""
        request = message.original_request
        if self.our_role is CLIENT and not isinstance(request, Message):
            command = request.command
            if command in (Command.READ, Command.READ_NOTIFY, Command.WRITE_NOTIFY):
                self._answered(request.parameter2)

    def _answered(self, ioid: int) -> None:
        channel = self._ioids.pop(ioid, None)
        if channel is not None:
            channel.ioids.discard(ioid)

    def _agree_on_version(self, message: m.VersionRequest | m.VersionResponse, sender: Role) -> None:
        if isinstance(message, m.VersionRequest):
            if message.version < _OLDEST:
                raise self._fault(message, sender, f"CA 4.{message.version} is too old", ECA.DEFUNCT, fatal=True)
            # Only the first one tells a priority. libca puts another before each search of a name server, with the
            # sequence number of a datagram and its flag in that word.
            if self.state in (CircuitState.IDLE, CircuitState.SERVER_GREETED):
                self._take_priority(message, sender)
        # Servers before CA 4.11 leave the version out: 0 says nothing.
        if message.version and sender is self.their_role:
            self.protocol_version = min(self.protocol_version, message.version)

    def _take_priority(self, message: m.VersionRequest, sender: Role) -> None:
        if message.priority > MAX_PRIORITY:
            raise self._fault(message, sender, f"priority {message.priority}", ECA.BADPRIORITY, fatal=True)
        if sender is self.our_role and message.priority != self.priority:
            raise self._fault(message, sender, f"this circuit has priority {self.priority}", ECA.BADPRIORITY)
        self.priority = message.priority

    def _remove(self, channel: Channel) -> None:
        self.channels.pop(channel.cid, None)
        if channel.sid is not None:
            self.channels_sid.pop(channel.sid, None)
        for number in channel.subscriptions:
            self.subscriptions.pop(number, None)
        channel.subscriptions.clear()
        for ioid in channel.ioids:
            self._ioids.pop(ioid, None)
        channel.ioids.clear()

    def close(self) -> None:
        """Note that the connection has ended: every channel is closed."""
        self.state = CircuitState.DISCONNECTED
        for channel in self.channels.values():
            channel.state = ChannelState.CLOSED
            channel.subscriptions.clear()
            channel.ioids.clear()
        self.subscriptions.clear()
        self._ioids.clear()


class _About(NamedTuple):
    """How to find the channel of a message, and what to keep of the message."""

    find: Callable[[CircuitRules, Any, Role], Channel | None]
    note: Callable[[CircuitRules, Any, Role, Channel], None] | None = None


_R = CircuitRules
#: What is not here is about the circuit as a whole.
_ABOUT: Final[dict[MessageType, _About]] = {
    m.CreateChanRequest: _About(_R._new_channel),
    m.CreateChanResponse: _About(_R._by_cid, _R._created),
    m.CreateChFailResponse: _About(_R._by_cid),
    m.AccessRightsResponse: _About(_R._by_cid, _R._rights),
    m.ClearChannelRequest: _About(_R._by_sid),
    m.ClearChannelResponse: _About(_R._by_cid),
    m.ServerDisconnResponse: _About(_R._by_cid),
    m.ReadRequest: _About(_R._by_sid, _R._requested),
    m.ReadResponse: _About(_R._by_ioid, _R._responded),
    m.ReadNotifyRequest: _About(_R._by_sid, _R._requested),
    m.ReadNotifyResponse: _About(_R._by_ioid, _R._responded),
    m.WriteRequest: _About(_R._by_sid),
    m.WriteNotifyRequest: _About(_R._by_sid, _R._requested),
    m.WriteNotifyResponse: _About(_R._by_ioid, _R._responded),
    m.EventAddRequest: _About(_R._by_sid, _R._subscribe),
    m.EventAddResponse: _About(_R._by_subscription),
    m.EventCancelRequest: _About(_R._by_subscription, _R._cancelling),
    m.EventCancelResponse: _About(_R._by_subscription, _R._cancelled),
}
