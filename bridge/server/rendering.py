"""Rendering: the bytes of one PV as one DBR type with one element count, and who is to get them when they change."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from bridge.ca.dbr import ELEMENT_SIZE, EPICS_EPOCH, METADATA_SIZE
from bridge.ca.header import pack_header
from bridge.ca.status import ECA
from bridge.server.audience import Audience, Subscription
from bridge.server.complaints import reason
from bridge.server.render import BASE, PLAIN, TIMED, is_costly, is_native, payload_size, renderer
from bridge.server.views import View
from records import NO_ALARM, PV

if TYPE_CHECKING:
    from bridge.server.outlet import Outlet

__all__ = ["LargeRendering", "Rendering", "Unsteady", "make_rendering"]

NORMAL: Final = ECA.NORMAL.code
GETFAIL: Final = ECA.GETFAIL.code
LARGE: Final = 64 << 10  # bytes of a payload that is made, kept and sent with care
EPOCH_NS: Final = EPICS_EPOCH * 1_000_000_000


class Unsteady(Exception):
    """A rendering that has succeeded so far has failed: reply heads made in advance are not true any more."""


class Rendering:
    """`payload` is None when it is out of date.

    `constant` says that size, count and status of a reply never change, so that reply heads can be made in advance.
    """

    __slots__ = (
        "_pack",
        "_render",
        "constant",
        "count",
        "dbr",
        "kept",
        "lasting",
        "outlet",
        "payload",
        "pv",
        "size",
        "status",
        "watchers",
    )

    large = False  # see LargeRendering

    def __init__(self, outlet: Outlet, dbr: int, count: int) -> None:
        pv = outlet.pv
        self.outlet = outlet
        self.pv = pv
        self.dbr = dbr
        self.count = count
        self.lasting = False  # kept as long as the outlet
        self.size = payload_size(dbr, count or pv.max_count)  # at most
        self.status = NORMAL
        self.payload: bytes | None = None
        self._pack: Callable[[Any], bytes] | None = None  # what makes it of the value alone
        self._render: Callable[[], bytes] | None = None  # if it is made in the general way
        self.watchers: tuple[Audience, ...] = ()  # one for each event mask
        self.kept = False  # hears of changes, so that `payload` may be used again
        # text read as a number may fail at any time, and so the status is not constant
        self.constant = count > 0 and (BASE[dbr] == 0 or pv.field_type != 0)

    # --- the payload --------------------------------------------------------------------------------------------

    def render(self) -> bytes:
        """Make the payload anew. Sets `status`; a failed rendering is all zeros, as rsrv sends it, and is not kept."""
        if self._render is None:
            self._render = renderer(self.pv, self.dbr, self.count)
        try:
            payload = self._render()
        except Exception as error:
            return self._failed(error)
        self.status = NORMAL
        self.payload = payload
        return payload

    def _failed(self, error: Exception) -> bytes:
        if not isinstance(error, (ValueError, TypeError, OverflowError)):
            # not just a value without such a form: somebody has given the PV one that is none
            self.outlet.hub.complain("%s cannot be shown: %s", self.pv.name, reason(error))
        self.status = GETFAIL
        self.constant = False
        self._pack = None  # as it would not touch `status`
        for audience in self.watchers:
            audience.forget()
        return bytes(payload_size(self.dbr, self.count))

    def steady(self) -> bytes:
        """The payload for a reply head that was made in advance. Raises Unsteady."""
        payload = self.render()
        if self.status != NORMAL:
            raise Unsteady
        self.outlet.hub.fresh += len(payload)
        return payload

    def count_now(self, payload: bytes) -> int:
        """Number of elements in `payload`."""
        if self.count:
            return self.count
        if self.status != NORMAL:
            return 0
        available = (len(payload) - METADATA_SIZE[self.dbr]) // ELEMENT_SIZE[BASE[self.dbr]]
        return min(self.pv.count, available)

    def head(self, command: int, p2: int, payload: bytes) -> bytes:
        """The header for a reply that carries `payload` and, in its first parameter, the status."""
        return pack_header(command, len(payload), self.dbr, self.count_now(payload), self.status, p2)

    # --- events -------------------------------------------------------------------------------------------------

    def changed(self, pv: PV, changes: int) -> None:
        """The PV's news: make the payload anew if somebody watches it, else forget it, and queue the events."""
        self.payload = payload = None
        for audience in self.watchers:
            if not audience.mask & changes:
                continue
            if payload is None:
                pack = self._pack
                if pack is None:
                    payload = self.render()
                else:
                    try:
                        payload = self.payload = pack(pv.value)  # `render`, without a call of Python's
                    except Exception:  # no number
                        payload = self.render()
            shared = audience.shared
            if shared is not None:
                pieces = shared.pieces
                if pieces is None:
                    pieces = shared.open()
                if pieces is not None:
                    pieces.append(audience.head)
                    pieces.append(payload)
                    continue
            held = False
            for session, head in audience.pairs or audience.pair(self, payload):
                if session.flowing or session.begin_events():
                    out = session.out
                    out.append(head)
                    out.append(payload)
                else:
                    held = True
            if held:
                audience.note_held()

    def listen(self) -> None:
        """Hear of changes from now on."""
        if not self.kept:
            self.kept = True
            self.pv.listen(self.changed)

    def unlisten(self) -> None:
        """Hear of them no more."""
        if self.kept:
            self.kept = False
            self.pv.unlisten(self.changed)

    def add(self, subscription: Subscription) -> None:
        """Begin to feed a subscription."""
        if not self.kept:
            self.outlet.keep(self)
        for audience in self.watchers:
            if audience.mask == subscription.mask:
                break
        else:
            audience = Audience(subscription.mask)
            self.watchers += (audience,)
            self._tell_view()
        audience.add(subscription)
        self.outlet.count_crowd(1)

    def remove(self, subscription: Subscription) -> None:
        """Feed it no longer."""
        (audience,) = [one for one in self.watchers if one.mask == subscription.mask]
        audience.remove(subscription)
        self.outlet.count_crowd(-1)
        if not audience.subscriptions:
            self.watchers = tuple(one for one in self.watchers if one is not audience)
            self._tell_view()
            if not self.watchers:
                self.outlet.unkeep(self)

    def _tell_view(self) -> None:
        """Let a view know which changes are wanted of it."""
        if isinstance(self.pv, View):
            self.pv.wanted = 0
            for rendering in self.outlet.renderings:
                for audience in rendering.watchers:
                    self.pv.wanted |= audience.mask


class PlainRendering(Rendering):
    """One number of the PV's own kind, made by one call. What a million events a second go through is short."""

    __slots__ = ()

    def __init__(self, outlet: Outlet, dbr: int, count: int) -> None:
        super().__init__(outlet, dbr, count)
        self._pack = PLAIN[dbr]

    def render(self) -> bytes:
        try:
            payload = PLAIN[self.dbr](self.pv.value)
        except Exception:  # no number
            return super().render()
        self.status = NORMAL
        self.payload = payload
        return payload


class TimedRendering(Rendering):
    """The same with time and alarm."""

    __slots__ = ("_pack_alarm", "_pack_no_alarm")

    def __init__(self, outlet: Outlet, dbr: int, count: int) -> None:
        super().__init__(outlet, dbr, count)
        self._pack_alarm, self._pack_no_alarm = TIMED[dbr]

    def render(self) -> bytes:
        pv = self.pv
        alarm = pv.alarm
        seconds, nanoseconds = divmod(pv.time_ns - EPOCH_NS, 1_000_000_000)
        try:
            if alarm is NO_ALARM:
                payload = self._pack_no_alarm(seconds, nanoseconds, pv.value)
            else:
                payload = self._pack_alarm(alarm.status, alarm.severity, seconds, nanoseconds, pv.value)
        except Exception:  # a time before 1990, or no number
            return super().render()
        self.status = NORMAL
        self.payload = payload
        return payload


class ArrayRendering(Rendering):
    """Several elements, of which no client has more than a few waiting to be sent."""

    __slots__ = ()

    def changed(self, pv: PV, changes: int) -> None:
        self.payload = payload = None
        for audience in self.watchers:
            if audience.mask & changes:
                payload = payload or self.render()
                audience.tell_each(self, payload)


class LargeRendering(ArrayRendering):
    """One whose payload is large, or takes long to make.

    Its events are not made while the PV changes, but when the loop comes round to each client, with the newest value.
    """

    __slots__ = ()

    large = True

    def render(self) -> bytes:
        outlet = self.outlet
        payload = super().render()
        if self.kept:
            outlet.hub.payloads.keep(self, len(payload))
        else:
            outlet.hub.payloads.made += len(payload)
        if isinstance(outlet.pv, View):
            outlet.pv.forget()
        return payload

    def changed(self, pv: PV, changes: int) -> None:
        self.payload = None
        for audience in self.watchers:
            if audience.mask & changes:
                for subscription in audience.subscriptions:
                    subscription.session.postpone(subscription)


def make_rendering(outlet: Outlet, dbr: int, count: int) -> Rendering:
    """Choose the right class."""
    pv: Any = outlet.pv
    if pv.max_count > 1:
        most = min(count or pv.max_count, pv.max_count)
        if payload_size(dbr, most) >= LARGE or is_costly(pv, dbr, most):
            return LargeRendering(outlet, dbr, count)
        return ArrayRendering(outlet, dbr, count)
    if count == 1 and is_native(pv, dbr):
        if dbr in PLAIN:
            return PlainRendering(outlet, dbr, count)
        if dbr in TIMED:
            return TimedRendering(outlet, dbr, count)
    return Rendering(outlet, dbr, count)
