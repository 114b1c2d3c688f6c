"""A setpoint and its readback as one line of a class body."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from records.fieldhooks import ScanHook
from records.group import PVGroup
from records.pv import PV
from records.pvproperty import pvproperty
from records.subgroup import SubGroup

__all__ = ["Pair", "get_pv_pair_wrapper", "pair_wrapper"]


class Pair(PVGroup):
    """What a pair is on an instance: `setpoint`, which clients write, and `readback`, which they only read."""

    attr_separator = ""

    setpoint: PV
    readback: PV


async def _follow(pair: Pair, instance: PV, value: Any) -> None:
    """The putter of a pair that has none: the readback becomes what the setpoint is."""
    await pair.readback.write(value)


def get_pv_pair_wrapper(setpoint_suffix: str = "", readback_suffix: str = "_RBV") -> Callable[..., SubGroup[Pair]]:
    """Make a function that specifies pairs of PVs, named by the attribute and these suffixes.

    The function takes what pvproperty takes, for both PVs, and `setpoint_kw` and `readback_kw` for one of them. `put`
    is the setpoint's; `get`, `startup`, `shutdown` and `scan` are the readback's. Hooks are hung on as in
    ``@pair.setpoint.putter``; they get the pair first, whose `parent` is the group.
    """
    return pair_wrapper(setpoint_suffix, readback_suffix, pvproperty, Pair, SubGroup)


def pair_wrapper(
    setpoint_suffix: str, readback_suffix: str, make: Callable[..., Any], base: type[PVGroup], subgroup: Any
) -> Callable[..., SubGroup[Pair]]:
    """The same for any kind of pvproperty, group and subgroup."""

    def pair(
        *,
        put: Callable[..., Any] = _follow,
        get: Callable[..., Any] | None = None,
        startup: Callable[..., Any] | None = None,
        shutdown: Callable[..., Any] | None = None,
        scan: ScanHook | None = None,
        name: str | None = None,
        doc: str = "",
        setpoint_kw: Mapping[str, Any] | None = None,
        readback_kw: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> SubGroup[Pair]:
        if options.pop("read_only", False):
            raise TypeError("the setpoint of a pair cannot be read-only")
        shared = {"doc": doc, **options}
        hooks = {"get": get, "startup": startup, "shutdown": shutdown, "scan": scan}
        below = {"name": readback_suffix, "read_only": True, **hooks, **shared, **(readback_kw or {})}
        above = {"name": setpoint_suffix, "put": put, **shared, **(setpoint_kw or {})}
        body = {"setpoint": make(**above), "readback": make(**below), "__doc__": doc or Pair.__doc__}
        made: SubGroup[Pair] = subgroup(type("Pair", (base,), body), prefix=name, doc=doc)
        return made

    return pair
