"""The rule of ``recGblCheckDeadband``: the table is that of base's recGblCheckDeadbandTest."""

from math import inf, isnan, nan

import pytest

from records.deadband import beyond
from records.rec.ao import AoRecord
from tests.records.fakes import LOG, VALUE, Heard

# old, new, and whether that is told with a deadband of -1, 0, 1.5
CASES = [
    (1.0, 2.0, (1, 1, 0)),
    (0.0, 2.0, (1, 1, 1)),
    (0.0, 0.0, (1, 0, 0)),
    (-0.0, 0.0, (1, 0, 0)),
    (1.0, nan, (1, 1, 1)),
    (1.0, inf, (1, 1, 1)),
    (1.0, -inf, (1, 1, 1)),
    (nan, 1.0, (1, 1, 1)),
    (nan, nan, (1, 0, 0)),
    (nan, inf, (1, 1, 1)),
    (nan, -inf, (1, 1, 1)),
    (inf, 1.0, (1, 1, 1)),
    (inf, nan, (1, 1, 1)),
    (inf, inf, (1, 0, 0)),
    (inf, -inf, (1, 1, 1)),
    (-inf, 1.0, (1, 1, 1)),
    (-inf, nan, (1, 1, 1)),
    (-inf, inf, (1, 1, 1)),
    (-inf, -inf, (1, 0, 0)),
]


@pytest.mark.parametrize(("old", "new", "told"), CASES)
def test_table(old: float, new: float, told: tuple[int, int, int]) -> None:
    assert tuple(int(beyond(old, new, deadband)) for deadband in (-1, 0, 1.5)) == told


@pytest.mark.parametrize(("old", "new", "told"), CASES)
@pytest.mark.parametrize("which", ["mdel", "adel"])
def test_record(old: float, new: float, told: tuple[int, int, int], which: str) -> None:
    """The same through a record: VALUE by MDEL, LOG by ADEL, each from the value last told."""
    bit = {"mdel": VALUE, "adel": LOG}[which]
    last = {"mdel": "mlst", "adel": "alst"}[which]
    for deadband, expected in zip((-1, 0, 1.5), told, strict=True):
        record = AoRecord("T:x", old, **{which: deadband})
        heard = Heard(record)
        record.post(new)
        (changes,) = heard.changes
        assert bool(changes & bit) == bool(expected)
        now = getattr(record, last)
        wanted = new if expected else old
        assert now == wanted or (isnan(now) and isnan(wanted))
