"""IocView: what the hooks of a group may know of the IOC that they run in. They get it as ``async_lib.ioc``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from records import PV

if TYPE_CHECKING:
    from bridge.runtime.autosave.autosaver import Autosaver
    from bridge.server import CaServer

__all__ = ["IocView", "Site"]


@dataclass(frozen=True, slots=True)
class Site:
    """Who is responsible for an IOC, and where it is; for status PVs."""

    engineer: str = ""
    location: str = ""


class IocView:
    """A running IOC, to be read."""

    def __init__(
        self,
        pvdb: Mapping[str, PV],
        server: CaServer,
        started_ns: int,
        *,
        site: Site | None = None,
        savers: Sequence[Autosaver] = (),
        on_exit: Callable[[], None] | None = None,
    ) -> None:
        self.pvdb = pvdb
        self.started_ns = started_ns  # ns since 1970
        self.site = site or Site()
        self.savers = tuple(savers)
        self._server = server
        self._on_exit = on_exit

    @property
    def clients(self) -> int:
        """Clients that are connected: one TCP circuit each."""
        return len(self._server.hub.sessions)

    @property
    def channels(self) -> int:
        """PVs that clients are connected to, over all of them."""
        return self._server.hub.channels

    @property
    def subscriptions(self) -> int:
        """Monitors, over all clients."""
        return self._server.hub.subscriptions

    def exit(self) -> bool:
        """End the IOC in good order. Returns False if it runs inside a program that does not want that."""
        if self._on_exit is None:
            return False
        self._on_exit()
        return True
