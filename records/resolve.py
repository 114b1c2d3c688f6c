"""Which PV a name means."""

from __future__ import annotations

from collections.abc import Mapping

from records.pv import PV

__all__ = ["resolve"]


def resolve(pvdb: Mapping[str, PV], name: str) -> PV | None:
    """The PV of `name` in `pvdb`, or None: the name itself, ``NAME.FIELD``, or ``NAME`` for a key ``NAME.VAL``.

    The exact key comes first, since keys may have dots in them. `pvdb` may be any mapping.
    """
    found = _get(pvdb, name)
    if found is not None:
        return found
    record, dot, field = name.rpartition(".")
    if dot:
        found = _get(pvdb, record)
        return found.field(field or "VAL") if found is not None else None
    return _get(pvdb, f"{name}.VAL")


def _get(pvdb: Mapping[str, PV], name: str) -> PV | None:
    # not .get(): a mapping that makes its PVs on demand does so in __missing__
    try:
        return pvdb[name]
    except KeyError:
        return None
