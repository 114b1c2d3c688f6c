"""An instrument of ours on the wire of a simulated one, inside a running IOC."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import sim
from bridge import Ioc, running
from records import PVGroup, Record, text_of
from tests.devices.witnesses import Witness
from tests.server.serving import loopback
from tests.waiting import eventually

__all__ = ["agree", "described", "serving", "shown"]

FIRST_READ = 10.0  # seconds


@contextlib.asynccontextmanager
async def serving(group: PVGroup) -> AsyncIterator[Ioc]:
    """Run an IOC with one instrument, and wait until all of it has been read."""
    async with running(group, config=loopback()) as ioc:
        await eventually(lambda: not [record.name for record in group.records() if record.udf], FIRST_READ)
        yield ioc


def shown(group: PVGroup) -> dict[str, Any]:
    """The value of each PV, by its name without the prefix."""
    return {name.removeprefix(group.prefix): pv.value for name, pv in group.pvdb.items()}


async def agree(group: PVGroup, simulator: sim.Running, table: Mapping[str, Witness], deadline: float = 6.0) -> None:
    """Wait until every PV shows what the simulator's backdoor says."""

    def all_the_same() -> bool:
        assert shown(group) == {name: witness(simulator.device) for name, witness in table.items()}
        return True

    await eventually(all_the_same, deadline)


def described(group: PVGroup) -> dict[str, tuple[str, str, str]]:
    """Of each PV: record type, units, and how its value is written (digits, states)."""
    found = {}
    for record in group.records():
        assert isinstance(record, Record)
        text = "|".join(record.metadata.states) or text_of(1.0, record.field_type, record.metadata)
        found[record.name.removeprefix(group.prefix)] = (record.rtyp, record.metadata.units, text)
    return found
