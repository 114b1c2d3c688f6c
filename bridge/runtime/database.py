"""The PVs of one IOC: those of all its groups under one roof."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from records import PV, PVGroup

__all__ = ["DuplicateName", "Target", "database"]

Target: TypeAlias = "PVGroup | Mapping[str, PV]"


class DuplicateName(ValueError):
    """Two PVs of one IOC have the same name. The message says where both come from."""


def database(*targets: Target) -> Mapping[str, PV]:
    """Merge groups and mappings into one PV database; a single mapping is taken as it is, changes and all.

    Raises DuplicateName.
    """
    if len(targets) == 1:
        return targets[0].pvdb if isinstance(targets[0], PVGroup) else targets[0]
    merged: dict[str, PV] = {}
    for target in targets:
        for name, pv in (target.pvdb if isinstance(target, PVGroup) else target).items():
            if name in merged:
                raise DuplicateName(f"two PVs are called {name!r}: {_owner(merged[name])} and {_owner(pv)}")
            merged[name] = pv
    return merged


def _owner(pv: PV) -> str:
    """``Class.attribute (file:line)``, as far as that is known."""
    if pv.group is None or pv.pvspec is None:
        return type(pv.group).__name__ if pv.group is not None else "one of no group"
    return f"{type(pv.group).__name__}.{pv.pvspec.attr} ({pv.pvspec.place})"
