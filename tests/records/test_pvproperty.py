"""pvproperty: types, limits, caproto's names for things."""

from array import array
from enum import IntEnum
from typing import Any

import numpy as np
import pytest

from records import PV, FieldType, PVGroup, Severity, SkipWrite, pvproperty
from records.limited import LimitedPV
from records.rec.ai import AiRecord
from records.rec.ao import AoRecord
from records.rec.mbbi import MbbiRecord
from records.rec.waveform import WaveformRecord
from tests.records.fakes import ALL, Heard, said

F = FieldType


class Mode(IntEnum):
    IDLE = 0
    RUN = 2


@pytest.mark.parametrize(
    ("options", "field_type", "count", "value"),
    [
        ({}, F.LONG, 1, 0),
        ({"value": 1}, F.LONG, 1, 1),
        ({"value": 1 << 40}, F.INT64, 1, 1 << 40),
        ({"value": 2.5}, F.DOUBLE, 1, 2.5),
        ({"value": 1, "dtype": float}, F.DOUBLE, 1, 1.0),
        ({"dtype": F.SHORT}, F.SHORT, 1, 0),
        ({"value": "abc"}, F.STRING, 1, "abc"),
        ({"value": ""}, F.STRING, 1, ""),
        ({"value": "", "max_length": 10}, F.STRING, 1, ""),
        ({"value": "abc", "max_length": 200}, F.CHAR, 200, b"abc"),
        ({"value": "x" * 50}, F.CHAR, 256, b"x" * 50),
        ({"value": "x" * 50, "report_as_string": True}, F.STRING, 1, "x" * 39),
        ({"dtype": str}, F.STRING, 1, ""),
        ({"value": b"abc"}, F.CHAR, 3, b"abc"),
        ({"value": [1, 2, 3]}, F.LONG, 3, array("i", [1, 2, 3])),
        ({"value": [1, 2], "max_length": 5}, F.LONG, 5, array("i", [1, 2])),
        ({"dtype": float, "max_length": 5}, F.DOUBLE, 5, array("d")),
        ({"value": ["a", "b"]}, F.STRING, 2, ["a", "b"]),
        ({"value": np.zeros(3, "f4")}, F.FLOAT, 3, array("f", [0, 0, 0])),
        ({"value": np.float64(2)}, F.DOUBLE, 1, 2.0),
        ({"value": True}, F.ENUM, 1, 1),
        ({"dtype": bool}, F.ENUM, 1, 0),
        ({"value": Mode.RUN}, F.ENUM, 1, 2),
        ({"value": "b", "dtype": F.ENUM, "enum_strings": ["a", "b"]}, F.ENUM, 1, 1),
    ],
)
def test_types(options: dict[str, Any], field_type: FieldType, count: int, value: Any) -> None:
    pv = pvproperty(**options).create()
    assert (pv.field_type, pv.max_count, pv.value) == (field_type, count, value)


@pytest.mark.parametrize(
    ("options", "states"),
    [
        ({"value": True}, ("Off", "On")),
        ({"value": False, "enum_strings": ("no", "yes")}, ("no", "yes")),
        ({"dtype": Mode}, ("IDLE", "", "RUN")),
        ({"value": Mode.RUN}, ("IDLE", "", "RUN")),
        ({"value": 1, "dtype": F.ENUM}, ()),
        ({"value": 1, "enum_strings": ["a"]}, ()),
    ],
)
def test_states(options: dict[str, Any], states: tuple[str, ...]) -> None:
    assert pvproperty(**options).create().metadata.states == states


def test_metadata() -> None:
    pv = pvproperty(
        value=1.0, units="mm", precision=3, upper_disp_limit=9, lower_alarm_limit=-4, upper_ctrl_limit=8, doc="A length"
    ).create()
    about = pv.metadata
    assert (about.units, about.precision, about.display) == ("mm", 3, (0.0, 9.0))
    assert (about.alarm, about.warning, about.control) == ((-4.0, 0.0), (0.0, 0.0), (0.0, 8.0))
    assert pv.pvspec is not None
    assert pv.pvspec.doc == "A length"


def test_limits_without_a_record() -> None:
    pv = pvproperty(
        value=0.0,
        upper_alarm_limit=4,
        lower_alarm_limit=-4,
        upper_warning_limit=2,
        lower_warning_limit=-2,
    ).create()
    assert isinstance(pv, LimitedPV)
    heard = Heard(pv)
    seen = []
    for value in (2, 4, -2, -4, 0):
        pv.post(value)
        seen.append(said(pv)[:2])
    assert seen == [("HIGH", "MINOR"), ("HIHI", "MAJOR"), ("LOW", "MINOR"), ("LOLO", "MAJOR"), ("NO_ALARM", "NO_ALARM")]
    assert heard.changes == [ALL] * 5
    assert said(pvproperty(value=9, upper_alarm_limit=5).create())[:2] == ("HIHI", "MAJOR")


async def test_control_limits_bring_a_put_within_them() -> None:
    pv = pvproperty(value=0, lower_ctrl_limit=-5, upper_ctrl_limit=5).create()
    for put, value in ((9, 5), (-9, -5), (3, 3)):
        await pv.write(put)
        assert pv.value == value
    pv.post(9)
    assert pv.value == 9  # the IOC itself may


def test_getter_as_decorator() -> None:
    class Group(PVGroup):
        @pvproperty
        async def number(self, instance: PV) -> int:
            """A number."""
            return 42

        @pvproperty(value=1.5, max_length=1, read_only=True)
        async def other(self, instance: PV) -> float:
            return 2.5

    group = Group("P:")
    assert (group.number.field_type, group.number.has_getter, Group.number.doc) == (F.LONG, True, "A number.")
    assert (group.other.value, group.other.writable) == (1.5, False)


async def test_getter_and_putter() -> None:
    class Group(PVGroup):
        def __init__(self) -> None:
            super().__init__()
            self.stored: Any = 5

        async def _put(self, instance: PV, value: Any) -> None:
            assert instance.pvspec is not None
            self.stored = (instance.pvspec.attr, value)

        x = pvproperty(value=0)

        @x.getter
        async def x(self, instance: PV) -> Any:
            return self.stored

        a = pvproperty(put=_put, value=0)
        b = pvproperty(put=_put, value=0)

        @pvproperty(value=0)
        def c(self, instance: PV) -> None:
            return None

        @c.putter
        def c(self, instance: PV, value: int) -> None:
            raise SkipWrite

    group = Group()
    work = group.x.fetch()
    assert work is not None
    await work
    assert group.x.value == 5
    await group.b.write(7)
    assert (group.stored, group.b.value) == (("b", 7), 7)
    await group.c.write(3)
    assert group.c.value == 0


@pytest.mark.parametrize(("option", "hint"), [("unit", "'units'"), ("precison", "'precision'"), ("hihi", "")])
def test_unknown_option(option: str, hint: str) -> None:
    with pytest.raises(TypeError, match=f"pvproperty has no option '{option}'.*{hint}"):
        pvproperty(value=1, **{option: 1})


def test_bad_first_value_names_the_attribute() -> None:
    class Bad(PVGroup):
        x = pvproperty(value="abc", dtype=int)

    with pytest.raises(ValueError, match=r"Bad.x: value='abc': 'abc' is no whole number"):
        Bad()


def test_caprotos_inert_options_are_taken() -> None:
    options: dict[str, Any] = {
        "string_encoding": "latin-1",
        "strip_null_terminator": False,
        "max_subscription_backlog": 5,
    }
    assert pvproperty(value=1, alarm_group="x", **options).create().value == 1
    assert pvproperty(value=1, reported_record_type="motor").create().record_type == "motor"


# --- records --------------------------------------------------------------------------------------------------------


def test_record() -> None:
    record = pvproperty(
        value=0.0,
        record="ai",
        units="mm",
        precision=3,
        doc="The C pvproperty",
        upper_alarm_limit=2,
        lower_alarm_limit=-2,
        upper_warning_limit=1,
        lower_warning_limit=-1,
        upper_ctrl_limit=3,
        lower_ctrl_limit=-3,
    ).create()
    assert isinstance(record, AiRecord)
    assert (record.egu, record.prec, record.desc) == ("mm", 3, "The C pvproperty")
    assert (record.hihi, record.hhsv, record.low, record.lsv) == (2.0, Severity.MAJOR, -1.0, Severity.MINOR)
    assert record.metadata.control == (-3.0, 3.0)
    assert said(record) == ("NO_ALARM", "NO_ALARM", "")


def test_epics_names_win() -> None:
    made = pvproperty(value=0.0, record="ai", hhsv="MINOR", upper_alarm_limit=5, upper_disp_limit=7, upper_ctrl_limit=9)
    record = made.create()
    assert (record.hihi, record.hhsv, record.hopr) == (5.0, Severity.MINOR, 7.0)


def test_control_limits_of_an_output() -> None:
    record = pvproperty(value=0.0, record="ao", upper_ctrl_limit=9, value_atol=0.5, scan=None).create()
    assert isinstance(record, AoRecord)
    assert (record.drvh, record.drvl, record.mdel) == (9.0, 0.0, 0.5)


def test_value_of_another_type() -> None:
    record = pvproperty(value=1, record="ai").create()
    assert (record.field_type, record.value) == (F.DOUBLE, 1.0)
    assert pvproperty(record="ai").create().field_type is F.DOUBLE


def test_enum_records() -> None:
    record = pvproperty(value="b", record="mbbi", enum_strings=["a", "b", "c"]).create()
    assert isinstance(record, MbbiRecord)
    assert (record.metadata.states, record.value) == (("a", "b", "c"), 1)
    assert pvproperty(value=Mode.RUN, record="mbbi").create().text == "RUN"
    assert pvproperty(value=1, record="bi", enum_strings=["Off", "On"]).create().text == "On"


def test_waveform_and_long_text() -> None:
    wave = pvproperty(value=[1, 2, 3], max_length=9, record="waveform").create()
    assert isinstance(wave, WaveformRecord)
    assert (wave.nelm, wave.nord, wave.field_type) == (9, 3, F.LONG)
    assert pvproperty(value="x" * 60, max_length=80, record="lsi").create().value == "x" * 60


def test_no_such_record() -> None:
    with pytest.raises(ValueError, match="there is no record type 'motr'; there are aSub, aai, aao, ai, ao, bi, bo"):
        pvproperty(record="motr")
    with pytest.raises(TypeError, match="ai has no field 'drvh'"):
        pvproperty(record="ai", drvh=5)
