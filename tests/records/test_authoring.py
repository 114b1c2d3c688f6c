"""What programs in caproto's style say of their PVs: hooks on fields, metadata, alarms, states, pairs, functions.

Where a test names a weakness (B1, D2 ...), caproto 1.3.0 fails it.
"""

import inspect
import time
from enum import IntEnum
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from records import (
    ALARM,
    PROPERTY,
    PV,
    FieldType,
    PVGroup,
    Record,
    Severity,
    SkipWrite,
    Status,
    SubGroup,
    ai,
    ao,
    expand,
    get_pv_pair_wrapper,
    pvfunction,
    pvproperty,
    states,
)
from records.limited import LimitedPV
from tests.records.fakes import Heard, said

HERE = Path(__file__).name
with_rbv = get_pv_pair_wrapper(setpoint_suffix="", readback_suffix="_RBV")


# --- write ----------------------------------------------------------------------------------------------------------


class Writing(PVGroup):
    value = pvproperty(value=1)
    plain = pvproperty(value=1.0)
    limited = pvproperty(value=1.0, upper_alarm_limit=5.0, lower_alarm_limit=-5.0)
    record = pvproperty(value=1.0, record="ai", upper_alarm_limit=5.0)
    asked: list[Any]

    @value.putter
    async def value(self, instance: PV, value: int) -> Any:
        self.asked.append(value)
        if value == 0:
            raise ValueError("not zero")
        if value < 0:
            return SkipWrite
        if value > 100:
            await instance.write(85, verify_value=False)
            raise SkipWrite
        return value + 1

    def __init__(self) -> None:
        super().__init__()
        self.asked = []


async def test_skip_write_raised_and_returned() -> None:
    group = Writing()
    await group.value.write(3)
    assert group.value.value == 4
    await group.value.write(-3)
    assert group.value.value == 4
    await group.value.write(200)  # the putter writes in its own place
    assert (group.value.value, group.asked) == (85, [3, -3, 200])


async def test_a_putter_that_raises_keeps_the_value_and_the_next_write_takes_the_alarm_back() -> None:
    group = Writing()
    with pytest.raises(ValueError, match="not zero"):
        await group.value.write(0)
    assert (group.value.value, said(group.value)) == (1, ("WRITE", "INVALID", "not zero"))
    await group.value.write(5, verify_value=False)
    assert (group.value.value, said(group.value)[0], group.asked) == (5, "NO_ALARM", [0])


async def test_write_with_time_and_alarm() -> None:
    group = Writing()
    for pv in (group.plain, group.record, group.value, group.limited):
        await pv.write(2, timestamp=1234.5, status=Status.READ, severity=Severity.MINOR, message="as read")
        assert (pv.time_ns, pv.timestamp) == (1_234_500_000_000, 1234.5)
        assert said(pv) == ("READ", "MINOR", "as read")
    assert group.value.value == 3  # the putter was asked all the same
    await group.value.write(-1, timestamp=1.0)
    assert (group.value.value, group.value.timestamp) == (3, 1234.5)
    with pytest.raises(ValueError, match="not zero"):
        await group.value.write(0, timestamp=1.0)
    await group.plain.write(3.0, severity=Severity.NO_ALARM, status=Status.NO_ALARM)
    assert said(group.plain)[:2] == ("NO_ALARM", "NO_ALARM")


async def test_write_metadata() -> None:
    group = Writing()
    for pv in (group.plain, group.record):
        heard = Heard(pv)
        await pv.write_metadata(units="mm", precision=3, upper_disp_limit=9, lower_disp_limit=-9)
        assert (pv.metadata.units, pv.metadata.precision, pv.metadata.display) == ("mm", 3, (-9.0, 9.0))
        assert heard.changes
    assert (group.record.egu, group.record.prec) == ("mm", 3)
    with pytest.raises(TypeError, match="there is no 'units_' to change; there are units, precision"):
        await group.plain.write_metadata(units_="mm")


# --- alarms ---------------------------------------------------------------------------------------------------------


def test_each_pv_has_its_own_alarm() -> None:  # B1
    class Two(PVGroup):
        hot = pvproperty(value=1.0, upper_alarm_limit=5.0, lower_alarm_limit=-5.0)
        cold = pvproperty(value=1.0, upper_alarm_limit=5.0, lower_alarm_limit=-5.0)

    group = Two()
    heard = Heard(group.cold)
    group.hot.post(9.0)
    assert (said(group.hot)[0], said(group.cold)[0], heard.changes) == ("HIHI", "NO_ALARM", [])
    group.cold.post(2.0)
    assert said(group.hot)[0] == "HIHI"


async def test_an_alarm_is_shared_where_that_is_asked_for() -> None:
    class Shared(PVGroup):
        a = pvproperty(value=1.0, alarm_group="device")
        b = pvproperty(value=1.0, alarm_group="device", record="ai")
        alone = pvproperty(value=1.0)

    group, other = Shared(), Shared()
    heard = Heard(group.b)
    await group.alarms["device"].write(status=Status.COMM, severity=Severity.INVALID, message="gone")
    assert said(group.a) == said(group.b) == ("COMM", "INVALID", "gone")
    assert heard.changes == [ALARM]
    assert said(group.alone)[0] == said(other.a)[0] == "NO_ALARM"
    assert group.alarms["device"].severity is Severity.INVALID
    await group.a.write(2.0, status=Status.NO_ALARM, severity=Severity.NO_ALARM)
    assert said(group.b)[0] == "NO_ALARM"


def test_severity_alone_is_news_and_the_first_value_is_checked() -> None:  # B2
    class Limits(PVGroup):
        x = pvproperty(value=9.0, record="ai", upper_alarm_limit=5.0)
        y = pvproperty(value=9.0, record="ai", upper_alarm_limit=5.0, hhsv="NO_ALARM")

    group = Limits()
    assert said(group.x)[:2] == ("HIHI", "MAJOR")
    heard = Heard(group.x)
    group.x.put_field("HHSV", "MINOR")
    assert said(group.x)[:2] == ("HIHI", "MINOR")
    assert any(change & ALARM for change in heard.changes)
    assert said(group.y)[0] == "NO_ALARM"  # HHSV = NO_ALARM means no alarm


def test_acknowledging_minor_leaves_a_latched_major() -> None:  # B3
    record = pvproperty(value=0.0, record="ai", upper_alarm_limit=5.0).create()
    record.post(9.0)
    record.post(0.0)
    assert record.acks == Severity.MAJOR
    record.put_acks(Severity.MINOR)
    assert record.acks == Severity.MAJOR
    record.put_acks(Severity.MAJOR)
    assert record.acks == Severity.NO_ALARM


async def test_control_limits_clamp_and_display_limits_are_their_own() -> None:  # B4
    plain = pvproperty(value=0.0, upper_ctrl_limit=5.0, lower_ctrl_limit=-5.0).create()
    record = pvproperty(value=0.0, record="ao", upper_ctrl_limit=5.0, lower_ctrl_limit=-5.0, hopr=8.0).create()
    for pv in (plain, record):
        await pv.write(99)
        assert pv.value == 5.0
    assert record.metadata.display == (0.0, 8.0)
    assert record.metadata.control == (-5.0, 5.0)
    record.put_field("HOPR", 3.0)
    await record.write(4.0)
    assert record.value == 4.0


# --- hooks ----------------------------------------------------------------------------------------------------------


async def test_a_hook_of_a_subclass_leaves_the_base_alone() -> None:  # D1
    class Base(PVGroup):
        x = pvproperty(value=0)
        pair = with_rbv(value=0)
        a = pvproperty(value=0.0, record="ai")

        @x.putter
        async def x(self, instance: PV, value: int) -> int:
            return value + 1

        @pair.setpoint.putter
        async def pair(self, instance: PV, value: int) -> int:
            return value + 1

    class Derived(Base):
        @Base.x.putter
        async def _set(self, instance: PV, value: int) -> int:
            return value + 10

        @Base.pair.setpoint.putter
        async def _set_pair(self, instance: PV, value: int) -> int:
            return value + 10

        @Base.a.fields.HIHI.putter
        async def a(self, instance: PV, value: float) -> float:
            return value + 10

    base, derived = Base(), Derived()
    for group in (base, derived):
        await group.x.write(1)
        await group.pair.setpoint.write(1)
        await group.a.field_inst.HIHI.write(1.0)
    assert (base.x.value, base.pair.setpoint.value, base.a.hihi) == (2, 2, 1.0)
    assert (derived.x.value, derived.pair.setpoint.value, derived.a.hihi) == (11, 11, 11.0)
    assert list(derived.pvdb) == ["x", "pair", "pair_RBV", "a"]


async def test_the_getter_form_keeps_all_options() -> None:  # D2
    class Group(PVGroup):
        @pvproperty(value=[1, 2], max_length=5, read_only=True, doc="some")
        async def numbers(self, instance: PV) -> list[int]:
            return [3, 4, 5]

        @pvproperty(value=1.0, record="ai", units="K")
        def kelvin(self, instance: PV) -> float:
            return 2.0

    group = Group()
    assert (group.numbers.max_count, group.numbers.writable, Group.numbers.doc) == (5, False, "some")
    assert isinstance(group.kelvin, Record)
    for pv in (group.numbers, group.kelvin):
        work = pv.fetch()
        assert work is not None
        await work
    assert (list(group.numbers.value), group.kelvin.value, group.kelvin.egu) == ([3, 4, 5], 2.0, "K")


def test_hooks_with_other_names_and_by_position() -> None:
    async def get(self: Any, instance: PV) -> int:
        return 1

    async def put(self: Any, instance: PV, value: int) -> None:
        return None

    class Group(PVGroup):
        acquire = pvproperty(value=0)
        both = pvproperty(get, put)

        @acquire.putter
        async def _acquire_changed(self, instance: PV, value: int) -> None:
            return None

        @acquire.startup
        async def __begin(self, instance: PV, async_lib: Any) -> None:
            return None

        acquire = acquire.scan(1)(put)

    group = Group()
    assert list(group.pvdb) == ["acquire", "both"]
    assert [hook.kind for hook in group.hooks()] == ["startup", "scan"]
    assert group.both.has_getter
    assert group.both.putter is not None
    assert group.both.pvspec is not None
    assert group.both.pvspec.put is put
    assert Group.both.name is None
    assert group.both.pvname == "both"


async def test_hooks_without_a_group() -> None:
    async def put(instance: PV, value: int) -> int:
        return value + 1

    pv = pvproperty(name="a", value=1, put=put).create(group=None)
    await pv.write(5)
    assert (pv.pvname, pv.value) == ("a", 6)


def test_instances_take_attributes() -> None:
    pv: Any = pvproperty(value=1).create()
    pv.ev = "mine"
    assert pv.ev == "mine"


# --- fields ---------------------------------------------------------------------------------------------------------


class Fielded(PVGroup):
    A = pvproperty(value=1.0, record="ai")
    B = pvproperty(value=2.0, record="ao", precision=3)

    @A.fields.RVAL.putter
    async def A(self, instance: PV, value: int) -> None:
        ioc = self.parent.group  # type: ignore[attr-defined]  # `self` are the fields
        await ioc.B.write(value)
        await ioc.A.write(value)

    @B.fields.rval.putter
    async def B(self, instance: PV, value: int) -> None:
        await self.parent.group.A.write(value - 10)  # type: ignore[attr-defined]

    @B.fields.DESC.getter
    async def _description(self, instance: PV) -> str:
        return "asked for"

    @B.fields.PREC.startup
    async def _start(self, instance: PV, async_lib: Any) -> None:
        await instance.write(7)

    @B.fields.PREC.scan(2.0)
    async def _scan(self, instance: PV, async_lib: Any) -> None:
        return None

    D = pvproperty(value=2.0, field_spec=B.field_spec)
    E = ao(value=1.0)

    @E.fields.DESC.putter
    def E(self, instance: PV, value: str) -> str:
        return value.upper()


async def test_hooks_on_fields() -> None:
    group = Fielded()
    await group.A.field("RVAL").write(7)
    assert (group.A.value, group.B.value) == (7.0, 7.0)
    work = group.B.field("RVAL").put(30)  # as a client does
    assert work is not None
    await work
    assert (group.A.value, group.B.field("RVAL").value) == (20.0, 30)
    work = group.D.field("RVAL").put(40)
    assert work is not None
    await work
    assert group.A.value == 30.0
    assert group.D.record_type == "ao"
    description = group.B.field("DESC")
    assert description.has_getter
    await description.fetch()
    assert description.value == "asked for"
    await group.E.field_inst.desc.write("loud")
    assert group.E.desc == "LOUD"


async def test_hooks_of_fields_for_the_runtime() -> None:
    group = Fielded()
    hooks = list(group.hooks())
    assert [(hook.kind, hook.pv.name, hook.period) for hook in hooks] == [
        *(("startup", "B.PREC", None), ("scan", "B.PREC", 2.0)),
        *(("startup", "D.PREC", None), ("scan", "D.PREC", 2.0)),
    ]
    await hooks[0].call(None)
    assert (group.B.prec, group.D.prec) == (7, 0)


async def test_field_inst() -> None:
    group = Fielded()
    fields = group.B.field_inst
    assert fields.HIHI is fields.hihi is fields["HIHI"] is group.B.field("HIHI")
    assert fields.parent is group.B
    assert fields is group.B.field_inst
    assert "VAL" not in list(fields)
    assert {"EGU", "DRVH", "DESC"} < set(fields)
    with pytest.raises(AttributeError, match="B: a record of type ao has no field speed"):
        _ = fields.speed
    with pytest.raises(KeyError):
        _ = fields["VAL"]
    with pytest.raises(TypeError, match="without a record type has no fields"):
        _ = pvproperty(value=1).create().field_inst

    async def refuse(field: PV, value: Any) -> None:
        raise ValueError("no")

    fields.HIHI.putter = refuse
    with pytest.raises(ValueError, match="no"):
        await fields.HIHI.write(3.0)
    assert (group.B.hihi, said(group.B)) == (0.0, ("WRITE", "INVALID", "no"))


async def test_the_ioc_may_write_fields_that_clients_only_read() -> None:
    record = pvproperty(value=1.0, record="ao").create()
    await record.field_inst.RBV.write(5)
    assert record.rbv == 5
    with pytest.raises(PermissionError):
        record.field_inst.RBV.put(6)
    with pytest.raises(PermissionError, match="follows from the record"):
        await record.field_inst.STAT.write(0)


# --- groups ---------------------------------------------------------------------------------------------------------


async def test_states() -> None:
    class Stately(PVGroup):
        x = pvproperty(value=1)

        def __init__(self) -> None:
            self.states = {"test_authoring": False}
            super().__init__()

    group = Stately()
    try:
        assert group.states["test_authoring"] is False
        async with group.update_state("test_authoring", True):
            pass
        assert states["test_authoring"] is True  # for good, and for the filter `sync`
    finally:
        states.pop("test_authoring")


async def test_pairs() -> None:
    class Group(PVGroup):
        pair = with_rbv(dtype=int, doc="first")
        named = with_rbv(name="Other", value=1.5)
        choice = with_rbv(
            value=0,
            dtype=FieldType.ENUM,
            enum_strings=["No", "Yes"],
            setpoint_kw={"record": "bo"},
            readback_kw={"record": "bi"},
        )
        told: Any = None

        @pair.setpoint.putter
        async def pair(obj, instance: PV, value: int) -> None:
            await obj.readback.write(value * 2)
            obj.parent.told = value

        @named.readback.scan(period=1.0)
        async def named(obj, instance: PV, async_lib: Any) -> None:
            return None

    group = Group("P:")
    assert list(group.pvdb) == ["P:pair", "P:pair_RBV", "P:Other", "P:Other_RBV", "P:choice", "P:choice_RBV"]
    await group.pair.setpoint.write(4)
    assert (group.pair.setpoint.value, group.pair.readback.value, group.told) == (4, 8, 4)
    assert (group.pair.setpoint.writable, group.pair.readback.writable) == (True, False)
    await group.named.setpoint.write(2.5)  # the readback follows where nobody says otherwise
    assert group.named.readback.value == 2.5
    assert (group.choice.setpoint.record_type, group.choice.readback.record_type) == ("bo", "bi")
    await group.choice.setpoint.write("Yes")
    assert (group.choice.readback.value, group.choice.readback.text) == (1, "Yes")
    assert [hook.pv.name for inner in group.walk() for hook in inner.hooks()] == ["P:Other_RBV"]
    with pytest.raises(TypeError, match="the setpoint of a pair cannot be read-only"):
        with_rbv(value=1, read_only=True)


async def test_hooks_on_a_group_in_a_group() -> None:
    class Inner(PVGroup):
        x = pvproperty(value=0)

    class Middle(PVGroup):
        inner = SubGroup(Inner)

    class Outer(PVGroup):
        middle = SubGroup(Middle)

        @middle.inner.x.putter
        async def middle(self, instance: PV, value: int) -> int:
            return value + 5

    group = Outer()
    await group.middle.inner.x.write(1)
    assert (list(group.pvdb), group.middle.inner.x.value) == (["middle:inner:x"], 6)
    assert Inner().x.putter is None
    with pytest.raises(AttributeError, match="has no 'y'"):
        _ = Outer.middle.y


async def test_pvfunction() -> None:
    class Rpc(PVGroup):
        offset = 100

        @pvfunction(default=[0])
        async def add(self, low: int = 1, high: float = 2.5) -> float:
            """Adds."""
            if low < 0:
                raise ValueError("negative")
            return low + high + self.parent.offset  # type: ignore[attr-defined]

        @pvfunction
        def greet(self, who: str) -> str:
            return f"I am {who}"

    group = Rpc("rpc:")
    assert list(group.pvdb) == [
        *("rpc:add:low", "rpc:add:high", "rpc:add:Status", "rpc:add:Retval", "rpc:add:Process"),
        *("rpc:greet:who", "rpc:greet:Status", "rpc:greet:Retval", "rpc:greet:Process"),
    ]
    await group.add.low.write(7)
    await group.add.process.write(1)
    assert (group.add.retval.value, group.add.status.value, group.add.process.value) == (109.5, "Success", 0)
    await group.add.low.write(-1)
    with pytest.raises(ValueError, match="negative"):
        await group.add.process.write(1)
    assert group.add.status.value == "ValueError: negative"
    await group.greet.who.write("PV")
    await group.greet.process.write(1)
    assert group.greet.retval.value == "I am PV"
    assert not group.add.retval.writable
    with pytest.raises(TypeError, match=r"lacking: a pvfunction needs the types .* those of x, return are missing \("):

        @pvfunction
        async def lacking(self, x):  # type: ignore[no-untyped-def]
            return x


def test_dynamic_groups() -> None:
    made = type("Made", (PVGroup,), {f"n{number}": pvproperty(value=float(number)) for number in range(3)})
    assert [pv.value for pv in made("m:").pvdb.values()] == [0.0, 1.0, 2.0]


# --- first values ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "options", "field_type", "count", "kept"),
    [
        (np.float64(2.5), {}, FieldType.DOUBLE, 1, 2.5),
        (np.int16(7), {}, FieldType.SHORT, 1, 7),
        (np.arange(3), {}, FieldType.INT64, 3, [0, 1, 2]),
        (np.zeros(4, "f4"), {"max_length": 9}, FieldType.FLOAT, 9, [0.0] * 4),
        (np.pi, {"dtype": float}, FieldType.DOUBLE, 1, np.pi),
        (["a", "b"], {}, FieldType.STRING, 2, ["a", "b"]),
        ("", {}, FieldType.STRING, 1, ""),
        (1 << 40, {}, FieldType.INT64, 1, 1 << 40),
        (-(1 << 40), {}, FieldType.INT64, 1, -(1 << 40)),
        ([1 << 40], {"max_length": 2}, FieldType.INT64, 2, [1 << 40]),
        ([2], {}, FieldType.LONG, 1, 2),
    ],
)
def test_first_values(value: Any, options: Any, field_type: FieldType, count: int, kept: Any) -> None:  # D3
    pv = pvproperty(value=value, **options).create()
    held = pv.value if isinstance(pv.value, (int, float, str)) else list(pv.value)
    assert (pv.field_type, pv.max_count, held) == (field_type, count, kept)


async def test_an_enum_is_a_number_before_and_after_a_write() -> None:  # D4
    class Mode(IntEnum):
        OFF = 0
        ON = 1

    asked = []

    async def put(instance: PV, value: int) -> None:
        asked.append(value)

    for options in ({"value": Mode.OFF}, {"value": Mode.OFF, "record": "mbbo"}, {"value": False, "record": "bo"}):
        pv = pvproperty(put=put, **options).create()
        before = type(pv.value)
        await pv.write(1)
        assert issubclass(before, int)
        assert type(pv.value) is int
        assert pv.value == 1
    assert asked == [1, 1, 1]


def test_a_number_as_text_has_prec_digits() -> None:  # D5
    assert pvproperty(value=3.14159, precision=2).create().text == "3.14"
    assert pvproperty(value=3.14159, precision=2, record="ai").create().text == "3.14"


async def test_hexadecimal_text() -> None:  # D5
    pv = pvproperty(value=0).create()
    await pv.write("0x1F")
    assert pv.value == 31


# --- mistakes -------------------------------------------------------------------------------------------------------


def line_of(text: str) -> int:
    """The line of this file that has `text` in it (besides the one that asks)."""
    lines = inspect.getsource(inspect.getmodule(line_of)).splitlines()  # type: ignore[arg-type]
    return next(number for number, line in enumerate(lines, 1) if text in line and "line_of" not in line)


def said_by(make: Any) -> str:
    with pytest.raises((TypeError, ValueError)) as caught:
        make()
    text = str(caught.value)
    assert "\n" not in text
    return text


def bad_option() -> None:
    class Bad(PVGroup):
        x = pvproperty(value=1, unit="mm")


def bad_record() -> None:
    class Bad(PVGroup):
        y = pvproperty(value=1, record="motr")


def bad_field() -> None:
    class Bad(PVGroup):
        z = ai(hihii=5)


def bad_putter() -> None:
    class Bad(PVGroup):
        w = pvproperty(value=1)

        @w.putter
        async def w(self, value):  # type: ignore[no-untyped-def]
            return value


def bad_value() -> None:
    class Bad(PVGroup):
        v = pvproperty(value="abc", dtype=int)

    Bad()


def bad_name() -> None:
    class Bad(PVGroup):
        u = pvproperty(value=1, name="n" * 61)

    Bad()


def bad_duplicate() -> None:
    class Bad(PVGroup):
        t1 = pvproperty(value=1, name="same")
        t2 = pvproperty(value=1, name="same")

    Bad()


def bad_macro() -> None:
    class Bad(PVGroup):
        s = pvproperty(value=1, name="{nobody}")

    Bad()


def bad_type() -> None:
    class Bad(PVGroup):
        r = pvproperty(value=object())


@pytest.mark.parametrize(
    ("make", "words", "source"),
    [
        (bad_option, ("Bad.x", "no option 'unit'", "did you mean 'units'"), 'unit="mm"'),
        (bad_record, ("Bad.y", "no record type 'motr'", "ai, ao, bi"), 'record="motr"'),
        (bad_field, ("Bad.z", "ai has no field 'hihii'", "'hihi'"), "hihii=5"),
        (bad_putter, ("Bad.w", "putter is called with (self, instance, value)", "w takes (self, value)"), None),
        (bad_value, ("Bad.v", "'abc' is no whole number"), 'value="abc", dtype=int'),
        (bad_name, ("Bad.u", "61 characters; EPICS allows 60"), '"n" * 61'),
        (bad_duplicate, ("Bad.t1 and Bad.t2", "two PVs are called 'same'"), "t2 = pvproperty"),
        (bad_macro, ("Bad.s", "macro 'nobody'"), '"{nobody}"'),
        (bad_type, ("Bad.r", "object"), "value=object()"),
    ],
)
def test_a_mistake_is_one_line_with_class_attribute_and_place(make: Any, words: Any, source: str | None) -> None:
    text = said_by(make)
    for word in words:
        assert word in text
    assert HERE in text
    if source is not None:
        assert f"{HERE}:{line_of(source)}" in text


@pytest.mark.parametrize("hook", ["getter", "putter", "startup", "shutdown"])
def test_hooks_with_other_signatures(hook: str) -> None:
    def one(self: Any) -> None: ...

    def any_(*args: Any) -> None: ...

    def default(self: Any, instance: PV, value: Any = None, more: Any = None) -> None: ...

    with pytest.raises(TypeError, match=rf"Bad.x: the {hook} is called with"):
        type("Bad", (PVGroup,), {"x": getattr(pvproperty(value=1), hook)(one)})
    for fine in (any_, default):
        type("Good", (PVGroup,), {"x": getattr(pvproperty(value=1), hook)(fine)})


def test_hooks_on_fields_that_there_are_not() -> None:
    spec = pvproperty(value=1.0, record="ai")
    with pytest.raises(AttributeError, match=r"type ai has no field hihii.*'hihi'"):
        _ = spec.fields.hihii
    with pytest.raises(TypeError, match=r"has no fields \(.*test_authoring.py"):
        _ = pvproperty(value=1).fields
    with pytest.raises(TypeError, match="putter of field HIHI is called with"):
        spec.fields.HIHI.putter(lambda self: None)


# --- speed ----------------------------------------------------------------------------------------------------------


def test_a_group_of_40_pvs_is_made_quickly() -> None:
    body: dict[str, Any] = {f"n{number}": pvproperty(value=float(number)) for number in range(20)}
    body |= {f"r{number}": pvproperty(value=float(number), record="ai") for number in range(20)}
    many = type("Many", (PVGroup,), body)
    best = min(_seconds(lambda: many("m:")) for _ in range(5))
    assert best < 0.005
    spec = body["n0"]
    assert isinstance(spec.create(), PV)
    assert not isinstance(spec.create(), LimitedPV)


def _seconds(work: Any) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def test_macros_of_the_prefix() -> None:
    assert expand("{a}:$(b=2)", {"a": 1}) == "1:2"
    assert PROPERTY == 8
