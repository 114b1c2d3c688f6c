"""The names of `caproto.server.conversion`: group to ophyd Device, as source text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from records import PVSpec

__all__ = ["group_to_device"]


def group_to_device(group: Any) -> Iterator[str]:
    """The lines of an ophyd Device with the PVs of a group, an instance or a class."""
    cls: Any = group if isinstance(group, type) else type(group)
    inner = {attr: entry for attr, entry in cls._specs_.items() if not isinstance(entry, PVSpec)}
    for entry in inner.values():
        yield from group_to_device(entry.group_class)
    yield f"class {_name(cls)}Device(ophyd.Device):"
    for attr, entry in cls._specs_.items():
        name = (entry.attr if entry.name is None else entry.name) if isinstance(entry, PVSpec) else entry.prefix
        if isinstance(entry, PVSpec):
            kind = "EpicsSignalRO" if entry.read_only else "EpicsSignal"
            yield f"    {attr} = Cpt({kind}, {name!r}, doc={entry.doc!r})"
        else:
            prefix = attr + entry.group_class.attr_separator if name is None else name
            yield f"    {attr} = Cpt({_name(entry.group_class)}Device, {prefix!r}, doc={entry.doc!r})"
    if not cls._specs_:
        yield "    ..."
    yield ""
    yield ""


def _name(cls: type) -> str:
    return re.sub(r"\W", "_", cls.__name__)
