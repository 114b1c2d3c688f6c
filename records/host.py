"""Host: what a record may know of the IOC that it runs in. The runtime is one; records know neither it nor asyncio."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from records.link import Link
    from records.linktext import PvLink
    from records.pv import PV

__all__ = ["Host", "Signal"]


class Signal(Protocol):
    """Something to wait for, once."""

    def set(self) -> None:
        """It has happened."""
        ...

    async def wait(self) -> Any:
        """Return when it has happened."""
        ...


class Host(Protocol):
    """An IOC, seen from one of its records. All is called from the event loop."""

    def find(self, name: str, /) -> PV | None:
        """The PV of `name` (``"OTHER.HIHI"``) in this IOC, or None."""
        ...

    def far_link(self, record: Any, field: str, text: PvLink, /) -> Link:
        """A link by Channel Access for `field` of `record`. It is connected behind the caller's back."""
        ...

    def start(self, record: Any, work: Coroutine[Any, Any, Any], /) -> None:
        """Run what processing left to be awaited. What it raises is logged."""
        ...

    def once(self, record: Any, /) -> None:
        """Process a record soon, from no other record's processing (``scanOnce``)."""
        ...

    def later(self, seconds: float, call: Callable[[], None], /) -> Callable[[], None]:
        """Call `call` in so many seconds; what is returned calls that off."""
        ...

    def signal(self) -> Signal:
        """A new signal."""
        ...

    def post_event(self, event: str | float, /) -> None:
        """Process the records whose SCAN is Event and whose EVNT is this one, soon."""
        ...

    def trace(self, text: str, /) -> None:
        """Write a line to the log (TPRO)."""
        ...

    def scan_changed(self, record: Any, /) -> None:
        """SCAN, PHAS, EVNT or PRIO of a record has changed."""
        ...
