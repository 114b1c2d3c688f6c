"""pyepics, on libca."""

from __future__ import annotations

from typing import Any

import epics
from talk import obey

DEADLINE = 10.0
pvs: dict[str, epics.PV] = {}
latest: dict[str, Any] = {}


def connect(names: list[str]) -> list[str]:
    """Those of `names` that did not connect."""
    pvs.update({name: epics.PV(name, form="ctrl", auto_monitor=False) for name in names})
    return [name for name in names if not pvs[name].wait_for_connection(DEADLINE)]


def read(names: list[str]) -> dict[str, Any]:
    return {name: pvs[name].get(timeout=DEADLINE, use_monitor=False) for name in names}


def write(name: str, value: Any) -> bool:
    return pvs[name].put(value, wait=True, timeout=DEADLINE) is not None


def monitor(names: list[str]) -> None:
    for name in names:
        pvs[name].add_callback(lambda pvname, value, **_: latest.update({pvname: value}))
        pvs[name].auto_monitor = True


obey(connect=connect, read=read, write=write, monitor=monitor, seen=lambda: dict(latest))
