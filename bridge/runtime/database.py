"""The PVs of one IOC: those of all its groups under one roof."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from bridge.runtime.loader import is_yaml
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
    """Where it comes from, in its author's words: class and attribute in Python, else file and line."""
    group, spec = pv.group, pv.pvspec
    if spec is None:
        return type(group).__name__ if group is not None else "one of no group"
    if group is None:
        return str(spec.place)
    if is_yaml(Path(spec.place.file)):  # whose class is made up
        return f"{spec.place} (prefix {group.prefix!r})"
    return f"{type(group).__name__}.{spec.attr} ({spec.place})"
