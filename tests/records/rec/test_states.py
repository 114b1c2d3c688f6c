"""bi, bo, mbbi, mbbo: labels, raw values, state and change-of-state alarms."""

from typing import Any

import pytest

from records.rec.bi import BiRecord
from records.rec.bo import BoRecord
from records.rec.mbbi import MbbiRecord
from records.rec.mbbo import MbboRecord
from tests.records.fakes import PROPERTY, VLOG, Heard, Instrument, R, said

ON_OFF: dict[str, Any] = {"znam": "Off", "onam": "On"}
MODES: dict[str, Any] = {"zrst": "Off", "onst": "Low", "thst": "High"}
CODES: dict[str, Any] = {"zrvl": 10, "onvl": 20, "thvl": 40}


@pytest.mark.parametrize(
    ("reading", "state"),
    [(0, 0), (1, 1), (7, 1), (True, 1), (False, 0), ("On", 1), (" Off ", 0), ("0", 0), ("2", 1), (b"On", 1), (0.0, 0)],
)
def test_readings_of_a_bi(reading: Any, state: int) -> None:
    record = BiRecord("T:b", inp=Instrument(), **ON_OFF)
    record.process(R(reading))
    assert (record.value, said(record)[0]) == (state, "NO_ALARM")


@pytest.mark.parametrize("reading", ["maybe", "", None, float("nan")])
def test_bad_readings_of_a_bi(reading: Any) -> None:
    record = BiRecord("T:b", 1, **ON_OFF)
    record.process(R(reading))
    assert (record.value, said(record)[:2]) == (1, ("READ", "INVALID"))


def test_mask() -> None:
    record = BiRecord("T:b", mask=4, inp=Instrument())
    for reading, state in ((3, 0), (4, 1), (7, 1)):
        record.process(R(reading))
        assert (record.value, record.rval) == (state, reading & 4)


def test_state_and_cos_alarms() -> None:
    record = BiRecord("T:b", 0, osv="MAJOR", cosv="MINOR", **ON_OFF)
    seen = []
    for state in (0, 1, 1, 0, 0):
        record.post(state)
        seen.append(said(record)[:2])
    assert seen == [
        ("NO_ALARM", "NO_ALARM"),
        ("STATE", "MAJOR"),
        ("STATE", "MAJOR"),
        ("COS", "MINOR"),
        ("NO_ALARM", "NO_ALARM"),
    ]


@pytest.mark.parametrize(
    ("fields", "states"),
    [({}, ("", "")), ({"znam": "Off"}, ("Off",)), ({"onam": "On"}, ("", "On")), (ON_OFF, ("Off", "On"))],
)
def test_states_of_a_bi(fields: dict[str, Any], states: tuple[str, ...]) -> None:
    assert BiRecord("T:b", **fields).metadata.states == states


def test_only_changes_are_told() -> None:
    record = BiRecord("T:b", 0)
    heard = Heard(record)
    for state in (0, 1, 1):
        record.post(state)
    assert heard.changes == [0, VLOG, 0]


def test_renaming_a_state() -> None:
    record = BiRecord("T:b", 1, **ON_OFF)
    heard = Heard(record)
    record.put_field("ONAM", "Open")
    assert record.text == "Open"
    assert heard.changes[0] == PROPERTY


@pytest.mark.parametrize(("put", "told"), [("On", 1), (0, 0), ("1", 1), (True, 1)])
async def test_bo(put: Any, told: int) -> None:
    instrument = Instrument()
    record = BoRecord("T:b", out=instrument, **ON_OFF)
    await record.write(put)
    assert (instrument.written, record.value, record.rval) == ([told], told, told)


@pytest.mark.parametrize(("states", "state"), [({}, 0), ({"znam": "Off"}, 1), ({"onam": "On"}, 0), (ON_OFF, None)])
async def test_empty_text_is_the_state_without_a_name(states: dict[str, Any], state: int | None) -> None:
    record = BoRecord("T:b", **states)
    if state is None:
        with pytest.raises(ValueError, match="'' is none of the states 'Off', 'On'"):
            await record.write("")
    else:
        await record.write("")
        assert record.value == state


async def test_bo_with_mask() -> None:
    instrument = Instrument()
    record = BoRecord("T:b", out=instrument, inp=instrument, mask=4)
    await record.write(1)
    await record.write(0)
    assert instrument.written == [4, 0]
    record.process(R(6))
    assert (record.value, record.rbv, record.rval) == (1, 4, 0)


@pytest.mark.parametrize(("reading", "state"), [(3, 3), ("High", 3), ("1", 1), (2, 2), (12, 12)])
def test_readings_of_an_mbbi(reading: Any, state: int) -> None:
    record = MbbiRecord("T:m", inp=Instrument(), **MODES)
    record.process(R(reading))
    assert record.value == state


@pytest.mark.parametrize(("reading", "state"), [(10, 0), (40, 3), ("Low", 1), ("20", 1), (0, 2), (11, 65535)])
def test_raw_values_of_an_mbbi(reading: Any, state: int) -> None:
    record = MbbiRecord("T:m", inp=Instrument(), **MODES, **CODES)
    record.process(R(reading))
    assert record.value == state


def test_shift_and_mask() -> None:
    record = MbbiRecord("T:m", inp=Instrument(), nobt=4, shft=2)
    record.process(R(0b110100))
    assert (record.mask, record.value) == (15, 1)


def test_severities_of_an_mbbi() -> None:
    record = MbbiRecord("T:m", 0, onsv="MINOR", unsv="MAJOR", **MODES, **CODES)
    seen = []
    for reading in (10, 20, 99):
        record.process(R(reading))
        seen.append(said(record)[:2])
    assert seen == [("NO_ALARM", "NO_ALARM"), ("STATE", "MINOR"), ("STATE", "MAJOR")]
    assert record.text == "Illegal Value"


def test_states_of_an_mbbi() -> None:
    record = MbbiRecord("T:m", 1, **MODES)
    assert record.metadata.states == ("Off", "Low", "", "High")
    assert (record.sdef, MbbiRecord("T:n").sdef, MbbiRecord("T:n").metadata.states) == (1, 0, ())
    record.put_field("THVL", 7)
    record.process(R(7))
    assert record.value == 3


@pytest.mark.parametrize(("put", "told"), [("High", 40), (1, 20), ("0", 10)])
async def test_mbbo(put: Any, told: int) -> None:
    instrument = Instrument()
    record = MbboRecord("T:m", out=instrument, inp=instrument, **MODES, **CODES)
    await record.write(put)
    assert instrument.written == [told]
    record.process(R(told))
    assert record.value == {40: 3, 20: 1, 10: 0}[told]


async def test_mbbo_without_raw_values() -> None:
    instrument = Instrument()
    record = MbboRecord("T:m", out=instrument, shft=1, **MODES)
    await record.write("High")
    assert instrument.written == [6]


async def test_state_that_does_not_exist() -> None:
    record = MbboRecord("T:m", 0, **MODES)
    await record.write(20)
    assert said(record) == ("SOFT", "INVALID", "state 20 does not exist")
    bi = BiRecord("T:b", 0, osv="MAJOR")
    bi.put(7)
    assert said(bi)[0] == "NO_ALARM"


async def test_state_without_a_raw_value() -> None:
    record = MbboRecord("T:m", 0, out=Instrument(), **MODES, **CODES)
    with pytest.raises(ValueError, match="state 99 has no raw value"):
        await record.write(99)
    assert record.value == 0


def test_rval_by_hand() -> None:
    record = MbbiRecord("T:m", 0, dtyp="Raw Soft Channel", **MODES, **CODES)
    record.put_field("RVAL", 20)
    assert record.text == "Low"
    for output in (BoRecord("T:b", out=Instrument()), MbboRecord("T:o", out=Instrument())):
        with pytest.raises(PermissionError, match="RVAL follows from VAL"):
            output.put_field("RVAL", 1)
