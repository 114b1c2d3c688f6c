"""std/rec analogMonitorTest: which values a client is told of, by MDEL and ADEL."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, isfinite, nan

import pytest

import tests.records.differential.functions as _  # noqa: F401  # sub knows them by their names
from bridge.ca import SubscriptionType
from bridge.client import Update
from tests.records.base_tests.conftest import Loading, Peer
from tests.records.differential.iocs import same
from tests.waiting import eventually

#: The field that gives a record its value, and what else it needs.
RECORDS = {
    **dict.fromkeys(("ai", "ao", "dfanout", "longin", "longout", "int64in", "int64out"), ("VAL", "")),
    **dict.fromkeys(("calc", "calcout"), ("A", 'field(CALC, "A")')),
    "sel": ("A", ""),
    "sub": ("A", 'field(SNAM, "test_mean") field(B, "-0.0")'),
}
#: Two values after a 0.0; which of them a client is told of with the deadbands 0 and 1.5. With -1 it is told of all.
PATTERNS = (
    ((1.0, 2.0), (1, 1), (0, 1)),
    ((0.0, 2.0), (0, 1), (0, 1)),
    ((0.0, 0.0), (0, 0), (0, 0)),
    ((-0.0, 0.0), (0, 0), (0, 0)),
    ((nan, 1.0), (1, 1), (1, 1)),
    ((nan, nan), (1, 0), (1, 0)),
    ((nan, inf), (1, 1), (1, 1)),
    ((nan, -inf), (1, 1), (1, 1)),
    ((inf, 1.0), (1, 1), (1, 1)),
    ((inf, nan), (1, 1), (1, 1)),
    ((inf, inf), (1, 0), (1, 0)),
    ((inf, -inf), (1, 1), (1, 1)),
    ((-inf, 1.0), (1, 1), (1, 1)),
    ((-inf, nan), (1, 1), (1, 1)),
    ((-inf, inf), (1, 1), (1, 1)),
    ((-inf, -inf), (1, 0), (1, 0)),
)
INTEGERS = PATTERNS[:3]
FAR = 100.0  # told of with every deadband, whatever came before or comes after
#: MDEL with ADEL: each deadband for both, and never the same for the two.
DEADBANDS = ((-1.0, 0.0), (0.0, 1.5), (1.5, -1.0))


def _events(deadband: float, patterns: tuple[tuple[tuple[float, ...], ...], ...]) -> Iterator[float]:
    """What is told of: the 0.0 before each pattern if it is far from what was told last, and what base lists."""
    told = FAR
    yield FAR
    for values, exact, wide in patterns:
        listed = (1, 1) if deadband < 0.0 else exact if deadband == 0.0 else wide
        if deadband < 0.0 or abs(told) > deadband or not isfinite(told):
            yield (told := 0.0)
        for value, is_told in zip(values, listed, strict=True):
            if is_told:
                yield (told := value)
    yield -FAR


class _Seen:
    """What a monitor has told, after its first update."""

    def __init__(self, ioc: Peer, name: str, mask: int) -> None:
        self.values: list[float] = []
        self.subscription = ioc.client.pv(name).subscribe(self._keep, mask)

    def _keep(self, update: Update) -> None:
        assert update.result is not None, update
        self.values.append(float(update.result.data[0]))

    async def has(self, count: int) -> None:
        """Wait for so many values."""
        await eventually(lambda: len(self.values) >= count)


@pytest.mark.parametrize("record", RECORDS)
async def test_deadbands_are_for_monitors(loading: Loading, record: str) -> None:
    source, fields = RECORDS[record]
    patterns = INTEGERS if record in ("longin", "longout", "int64in", "int64out") else PATTERNS
    factor = 2.0 if record == "sub" else 1.0
    async with loading(f'record({record}, "{record}") {{ {fields} }}') as ioc:
        seen = [_Seen(ioc, record, mask) for mask in (SubscriptionType.DBE_VALUE, SubscriptionType.DBE_LOG)]
        for one in seen:
            await one.has(1)
        for deadbands in DEADBANDS:
            for field, deadband in zip(("MDEL", "ADEL"), deadbands, strict=True):
                await ioc.put(f"{record}.{field}", deadband, wait=True)
            for one in seen:
                one.values.clear()
            for value in (FAR, *(value for values, *_ in patterns for value in (0.0, *values)), -FAR):
                await ioc.put(f"{record}.{source}", value * factor, wait=True)
            for one, deadband in zip(seen, deadbands, strict=True):
                wanted = list(_events(deadband, patterns))
                await one.has(len(wanted))
                assert same(wanted, one.values), (deadbands, wanted, one.values)
