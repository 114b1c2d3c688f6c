"""LinkLog: what the log says of links to other IOCs: which are missing, once, and that they are there again."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, Final

from records import PV, PVGroup

if TYPE_CHECKING:
    from bridge.runtime.farlink import FarLink

__all__ = ["LinkLog"]

log = logging.getLogger("iocbridge.links")

PATIENCE: Final = 5.0  # seconds; a link is told of after one to two of them: IOCs that restart are no news
SHOWN: Final = 20  # lines at a time: when a large IOC is away nobody reads more
_NAME: Final = re.compile(r"[\w:;<>/\[\]-]+")  # of a record, as people choose it


class LinkLog:
    """Looks after links that are missing. `later` calls something in so many seconds."""

    def __init__(self, later: Callable[[float, Callable[[], None]], object]) -> None:
        self._later = later
        self._waits = False
        self._new: list[FarLink] = []  # missing since the last look
        self._old: list[FarLink] = []  # for longer
        self._told: set[FarLink] = set()
        self._back: list[FarLink] = []  # that were told of and are connected

    def missing(self, link: FarLink) -> None:
        """A link is made, or lost."""
        self._new.append(link)
        self._look_later()

    def connected(self, link: FarLink) -> None:
        """A link is connected, at first or again."""
        if link in self._told:
            self._told.discard(link)
            self._back.append(link)
            self._look_later()

    def closed(self, link: FarLink) -> None:
        """Nobody wants a link any more."""
        self._told.discard(link)

    def _look_later(self) -> None:
        if not self._waits:
            self._waits = True
            self._later(PATIENCE, self._look)

    def _look(self) -> None:
        self._waits = False
        late = dict.fromkeys(link for link in self._old if link.missing and link not in self._told)
        back, self._back = self._back, []
        self._old, self._new = self._new, []
        self._told.update(late)
        _tell(logging.WARNING, late, "leads to %r, which is not connected: %s%s", lambda one: (one.reason, _hint(one)))
        _tell(logging.INFO, back, "leads to %r, which is connected now", lambda _: ())
        if self._old:
            self._look_later()


def _tell(level: int, links: Collection[FarLink], text: str, words: Callable[[FarLink], tuple[Any, ...]]) -> None:
    for link in list(links)[:SHOWN]:
        log.log(level, f"%s.%s {text}", link.owner.name, link.field, link.text.target, *words(link))
    if len(links) > SHOWN:
        log.log(level, "the same goes for %d more links", len(links) - SHOWN)


def _hint(link: FarLink) -> str:
    """For who forgot the ``Ask(...)``: a bare text is a link."""
    if link.field not in ("INP", "OUT"):
        return ""
    likely = _NAME.fullmatch(link.text.target.partition(".")[0])
    return "" if likely and not _has_port(link.owner) else "; is it meant as a question for the port: Ask(...)?"


def _has_port(pv: PV) -> bool:
    group: PVGroup | None = pv.group
    while group is not None:
        if getattr(group, "port", None) is not None:
            return True
        group = group.parent
    return False
