"""Fields that say what has become of a link, as the record types of synApps have them: INAV, OUTV, DOL1V ..."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from records.common import menu
from records.field import Field
from records.jsonlink import JsonLink
from records.link import DbLink, Link
from records.linked import Linked

__all__ = ["LinkStates", "state_rows"]

NOT_CONNECTED, CONNECTED, LOCAL, CONSTANT = range(4)
_CHOICES: Final = ("Ext PV NC", "Ext PV OK", "Local PV", "Constant")


def state_rows(states: Mapping[str, str]) -> list[Field]:
    """A row for each field of `states`, which says what link it is about."""
    return [menu(name, _CHOICES, CONNECTED, writable=False) for name in states.values()]


class LinkStates(Linked):
    """A record with such fields: `states` has them by their links."""

    states: ClassVar[Mapping[str, str]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        for link, name in cls.__dict__.get("states", {}).items():
            setattr(cls, name.lower(), _state(link))
        super().__init_subclass__(**kwargs)

    def link_state(self, name: str) -> int:
        """What has become of a link. A PV of this IOC is local even by CA."""
        target = self._links.get(name) if self._links is not None else None
        if target is None:
            return CONSTANT
        if isinstance(target, (DbLink, JsonLink)) or (
            self.host is not None and self.host.find(target.text.target) is not None
        ):
            return LOCAL
        return CONNECTED if target.state is not None else NOT_CONNECTED

    def link_event(self, link: Link) -> None:
        """A connection has come or gone, perhaps."""
        for name, target in (self._links or {}).items():
            if target is link and name in self.states:
                self.show_field(self.states[name])

    def field_stored(self, row: Field) -> None:
        """A new link has a new state."""
        super().field_stored(row)
        if row.name in self.states:
            self.show_field(self.states[row.name])

    def show_field(self, name: str) -> None:
        """Tell whoever watches a field, if it has changed."""
        shown = self._shown.get(name) if self._shown else None
        if shown is not None:
            shown.refresh(0)


def _state(link: str) -> property:
    return property(lambda record: record.link_state(link))
