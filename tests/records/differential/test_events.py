"""What monitors of all fields are told while records process: nothing that base tells is left out."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

import pytest

from bridge.client import Client, Update
from records import FieldType
from tests.clients import C_TOOLS
from tests.records.differential.iocs import TIMEOUT, both, same, shown
from tests.waiting import eventually

pytestmark = pytest.mark.skipif(C_TOOLS is None, reason="C IOCs come as x86_64 Linux wheels only")

LIMITS = "field(HIHI, 5) field(HHSV, MAJOR) field(HIGH, 2) field(HSV, MINOR) field(HYST, 1)"
RECORDS = {
    "ai": LIMITS,
    "ao": LIMITS,
    "longin": LIMITS,
    "calc": f'field(CALC, "A+1") {LIMITS}',
    "calcout": f'field(CALC, "A+1") {LIMITS}',
    "sel": f'field(SELM, "High Signal") {LIMITS}',
    "bo": "field(ZNAM, off) field(ONAM, on) field(OSV, MINOR) field(COSV, MINOR)",
    "mbbi": "field(ZRST, a) field(ONST, b) field(TWSV, MAJOR)",
}
VALUES = (1, 1, 3, 6, 6, 5, 2, 0, 1)
#: Never told by base, whatever happens to them.
MEMORY = ("LALM", "MLST", "ALST", "LA", "PVAL")


class Told:
    """What the monitors of one client's fields are told."""

    def __init__(self, client: Client, names: Iterable[str]) -> None:
        self.values: dict[str, list[Any]] = {name: [] for name in names}
        for name in self.values:
            client.pv(name).subscribe(lambda update, name=name: self._keep(name, update))

    def _keep(self, name: str, update: Update) -> None:
        assert update.result is not None, update
        self.values[name].append(tuple(update.result.data))

    def news(self, name: str) -> list[str]:
        """Without what is told again."""
        return [value for value, _ in groupby(map(repr, self.values[name]))]


@pytest.mark.parametrize("record", RECORDS)
async def test_every_field_that_base_tells_and_those_that_have_changed(record: str) -> None:
    async with both(f'record({record}, "x") {{ {RECORDS[record]} }}') as (base, ours, pvdb):
        rows = pvdb["x"].fields  # type: ignore[attr-defined]  # a record
        fields = ["x", *(f"x.{name}" for name, row in rows.items() if row.type is not FieldType.STRING)]
        theirs, own = Told(base, fields), Told(ours, fields)
        await eventually(lambda: all(told.values[name] for told in (theirs, own) for name in fields))
        put = "x.A" if record in ("calc", "calcout", "sel") else "x"
        for value in VALUES:
            for client in (base, ours):
                await client.pv(put).put(value, timeout=TIMEOUT)
        for name in fields:
            last = await shown(ours.pv(name))
            await eventually(lambda name=name: _within(theirs.news(name), own.news(name)))
            await eventually(lambda name=name, last=last: same(own.values[name][-1][0], last))
            if name.removeprefix("x.") in MEMORY:
                assert len(theirs.values[name]) == 1, name


def _within(few: list[str], many: list[str]) -> bool:
    """Whether the one can be had by leaving some of the other out."""
    rest = iter(many)
    return all(value in rest for value in few)
