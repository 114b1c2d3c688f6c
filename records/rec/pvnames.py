"""Fields that hold the name of a PV, and no link: INAN, DOLN and OUTN of swait. CA finds the PV wherever it is."""

from __future__ import annotations

from records.field import LINK, Field
from records.link import Link, LinkError
from records.linktext import Constant, JsonText, PvLink
from records.rec.linkstates import LinkStates
from records.types import FieldType

__all__ = ["NO_PV", "PV_BAD", "PV_OK", "PvNames", "name_rows"]

PV_OK, PV_BAD, NO_PV = range(3)


def name_rows(names: tuple[str, ...]) -> list[Field]:
    """A row for each such field."""
    return [Field(name, FieldType.STRING, "", changes=LINK) for name in names]


class PvNames(LinkStates):
    """A record with such fields: those of `states`, which has the fields that say whether the PV is connected."""

    def parsed_link(self, name: str, text: str) -> Constant | JsonText | PvLink:
        """The name of a PV has no modifiers."""
        if name in self.states:
            return PvLink(text.strip(), "CA", kind=self.link_kind(name))
        return super().parsed_link(name, text)

    def link_text(self, name: str) -> str:
        """What a client reads."""
        return self.raw_link(name) if name in self.states else super().link_text(name)

    def set_link(self, row: Field, text: str) -> None:
        """Go to another PV; blanks are no name."""
        super().set_link(row, text if text.strip() else "")

    def link_state(self, name: str) -> int:
        """Whether the PV is connected."""
        target = self.target(name)
        return NO_PV if target is None else PV_OK if target.state is not None else PV_BAD

    def target(self, name: str) -> Link | None:
        """What leads to the PV."""
        return self._links.get(name) if self._links is not None else None

    def read_pv(self, name: str) -> float:
        """The latest value of the PV. Raises LinkError, and no alarm, if it is not connected."""
        target = self.target(name)
        if target is None or target.state is None:
            raise LinkError(f"{name} is not connected")
        return float(target.get(self, FieldType.DOUBLE, 1))  # type: ignore[arg-type]  # one number
