"""Served: a caproto program's PV database, as the server wants it: PVs of ours by name, made or removed at any time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Reversible
from typing import Any

from records import PV

__all__ = ["Served"]


class Served(Mapping[str, PV]):
    """A live view. A database that makes PVs on demand (`__missing__`) is asked for each name, and for its own only."""

    def __init__(self, pvdb: Mapping[str, Any]) -> None:
        self.pvdb = pvdb

    def __getitem__(self, name: str) -> PV:
        if name not in self.pvdb:
            raise KeyError(name)
        return self._ours(self.pvdb[name], name)

    def __iter__(self) -> Iterator[str]:
        return iter(list(self.pvdb))

    def __reversed__(self) -> Iterator[str]:
        return reversed(list(self.pvdb)) if not isinstance(self.pvdb, Reversible) else reversed(self.pvdb)

    def __len__(self) -> int:
        return len(self.pvdb)

    def values(self) -> Any:
        """The PVs that there are now."""
        return [self[name] for name in self]

    def items(self) -> Any:
        """Names and PVs that there are now."""
        return [(name, self[name]) for name in self]

    def _ours(self, found: Any, name: str) -> PV:
        pv: PV = getattr(found, "pv", found)
        if not isinstance(pv, PV):
            raise TypeError(f"{name}: a {type(found).__name__} cannot be served as a PV")
        if not pv.name:
            pv.name = name  # made without one: ChannelData in a dictionary
        return pv
