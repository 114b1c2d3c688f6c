"""Fields that act on time or on others: AFTC of calc and mbbi, OEVT of calcout, FLNK after a getter."""

from __future__ import annotations

import pytest

from records import Severity, clock
from records.rec.ai import AiRecord
from records.rec.calc import CalcRecord
from records.rec.calcout import CalcoutRecord
from records.rec.longin import LonginRecord
from records.rec.mbbi import MbbiRecord
from tests.records.hosts import Hosting


class Seconds:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> int:
        return round(self.now * 1e9)


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    found = Seconds()
    monkeypatch.setattr(clock, "now_ns", found)
    return found


def test_aftc_of_calc_lets_short_excursions_pass(seconds: Seconds) -> None:
    record = CalcRecord("x", calc="A", hihi=10.0, hhsv="MAJOR", aftc=10.0)
    record.process()
    for now, value, severity in ((1, 20.0, 0), (2, 0.0, 0), (30, 0.0, 0), (31, 20.0, 0), (120, 20.0, 2)):
        seconds.now = float(now)
        record.put_field("A", value)
        assert record.alarm.severity == severity, now


def test_aftc_of_mbbi_filters_the_severities_of_states(seconds: Seconds) -> None:
    record = MbbiRecord("x", 1, onsv="MINOR", thsv="INVALID", aftc=10.0)
    record.process()
    for now, value, severity in ((1, 3, 1), (2, 1, 1), (30, 3, 2), (90, 3, 3)):
        seconds.now = float(now)
        record.put(value)
        assert record.alarm.severity == severity, now
    record.put_field("AFTC", 0.0)
    record.put(1)
    assert (record.alarm.severity, record.afvl) == (Severity.MINOR, 0.0)


def test_calcout_posts_its_event_when_it_drives() -> None:
    record = CalcoutRecord("x", calc="A", oopt="When Non-zero", oevt="done")
    host = Hosting(record)
    record.put_field("A", 0.0)
    assert host.traced == []
    record.put_field("A", 1.0)
    assert host.traced == ["event done"]
    record.put_field("IVOA", "Don't drive outputs")
    record.put_field("A", float("nan"))
    assert host.traced == ["event done"]


@pytest.mark.parametrize("answer", [None, 5.0])
async def test_flnk_follows_a_getter_once_whatever_it_answers(answer: float | None) -> None:
    asked, after = AiRecord("x", flnk="after"), LonginRecord("after", 0)
    asked.getter = lambda pv: answer
    processed: list[int] = []
    Hosting(asked, after)
    after.listen(lambda pv, changes: processed.append(changes))
    work = asked.process()
    assert work is not None
    await work
    assert len(processed) == 1
