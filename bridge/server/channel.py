"""Channel: a PV as one client holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bridge.server.audience import Subscription
from bridge.server.outlet import Outlet
from records import PV

if TYPE_CHECKING:
    from bridge.server.hub import Hub

__all__ = ["MOST_KEYS", "READ_RIGHT", "RIGHTS", "WRITE_RIGHT", "Channel"]

READ_RIGHT: Final = 1
WRITE_RIGHT: Final = 2
RIGHTS: Final = {True: READ_RIGHT | WRITE_RIGHT, False: READ_RIGHT}  # by whether the PV is writable
MOST_KEYS: Final = 8  # kinds of requests that the fast paths know of one channel; clients have one or two


class Channel:
    """A PV as one client holds it. Most channels are only ever created, so the rest comes when it is needed."""

    __slots__ = ("_outlet", "cid", "keys", "pv", "rights", "subscriptions")

    def __init__(self, pv: PV, cid: int) -> None:
        self.pv = pv
        self.cid = cid
        self.rights = RIGHTS[pv.writable]
        self.keys: tuple[bytes, ...] = ()  # the prefixes by which the fast paths know its requests
        self.subscriptions: dict[int, Subscription] | None = None
        self._outlet: Outlet | None = None

    @property
    def live(self) -> bool:
        """Whether it is in use: requests have been made of it, and it has not been cleared."""
        return self._outlet is not None

    def outlet(self, hub: Hub) -> Outlet:
        """The outlet of the PV, taken into use with the first request."""
        if self._outlet is None:
            self._outlet = hub.outlet(self.pv)
        return self._outlet

    def close(self, hub: Hub) -> None:
        """End the monitors, which are still counted, and let go of the outlet."""
        for subscription in (self.subscriptions or {}).values():
            subscription.rendering.remove(subscription)
        self.subscriptions = None
        if self._outlet is not None:
            hub.release(self._outlet)
            self._outlet = None
