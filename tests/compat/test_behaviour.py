"""What caproto's programs count on (caproto.md, sections 2 and 3), and what they are spared of its weaknesses."""

from __future__ import annotations

import asyncio
import enum
import operator
from typing import Any

import numpy as np
import pytest

from bridge.compat import Served
from bridge.runtime.ioc import running
from records import FieldType
from tests.server.serving import loopback
from tests.waiting import eventually


def ours(pv: Any) -> Any:
    """The PV that is served."""
    return pv.pv


async def put(pv: Any, value: Any) -> None:
    """A client's put."""
    work = ours(pv).put(value)
    if work is not None:
        await work


# --- values ---------------------------------------------------------------------------------------------------------


async def test_an_enum_is_its_label_once_it_was_written(caproto: Any) -> None:
    from caproto.server import PVGroup, pvproperty

    seen = []

    class Group(PVGroup):
        flag = pvproperty(value=0, dtype=caproto.ChannelType.ENUM, enum_strings=["No", "Yes"])
        switch = pvproperty(value=False, record="bo")

        @flag.putter
        async def flag(self, instance: Any, value: Any) -> None:
            seen.append(value)

    group = Group("e:")
    assert (group.flag.value, group.switch.value) == (0, False)
    await put(group.flag, 1)
    assert (seen, group.flag.value, ours(group.flag).value) == (["Yes"], "Yes", 1)
    await group.flag.write(0)
    assert (seen[-1], group.flag.value, group.flag.enum_strings) == ("No", "No", ("No", "Yes"))
    await group.switch.write(True)
    assert group.switch.value == "On"


async def test_text_is_a_char_array(caproto: Any) -> None:
    from caproto.server import PVGroup, pvproperty

    class Group(PVGroup):
        text = pvproperty(value="abc", max_length=20)
        empty = pvproperty(value="")
        raw = pvproperty(value=b"abc", max_length=20)
        reported = pvproperty(value="abc", report_as_string=True)
        string = pvproperty(value="abc", dtype=caproto.ChannelType.STRING)

    group = Group("t:")
    types = {attr: (ours(pv).field_type, ours(pv).max_count) for attr, pv in group.attr_pvdb.items()}
    assert types["text"] == types["raw"] == (FieldType.UCHAR, 20)
    assert types["empty"][1] > 1  # D3: of caproto's one character a client can make nothing
    assert types["reported"][0] is types["string"][0] is FieldType.STRING
    await put(group.text, b"hello\0\0")
    await group.raw.write(b"xyz")
    await group.empty.write("now it is not")
    assert (group.text.value, group.raw.value, group.empty.value) == ("hello", b"xyz", "now it is not")


@pytest.mark.parametrize(
    ("value", "dtype", "kept"),
    [
        (np.float64(2.5), None, 2.5),
        (np.pi, float, np.pi),
        (np.arange(3), None, [0, 1, 2]),
        ([1, 2, 3], None, [1, 2, 3]),
        ([5], None, 5),
        (1 << 40, None, 1 << 40),
        (["a", "b"], None, ["a", "b"]),
    ],
)
def test_first_values(caproto: Any, value: Any, dtype: Any, kept: Any) -> None:  # D3
    from caproto.server import PVSpec

    pv = PVSpec(name="x", value=value, dtype=dtype).create(group=None)
    found = pv.value.tolist() if isinstance(pv.value, np.ndarray) else pv.value
    assert found == kept


async def test_int_enum(caproto: Any) -> None:
    from caproto.server import PVGroup, pvproperty

    class Mode(enum.IntEnum):
        off = 0
        on = 1

    class Group(PVGroup):
        a = pvproperty(value=Mode.on, record="mbbi")
        b = pvproperty(dtype=Mode)

    group = Group("")
    assert (ours(group.a).value, group.a.enum_strings, group.b.enum_strings) == (1, ("off", "on"), ("off", "on"))
    assert group.a.value == Mode.on


# --- putters --------------------------------------------------------------------------------------------------------


async def test_what_a_putter_may_do(caproto: Any) -> None:
    from caproto import SkipWrite
    from caproto.server import PVGroup, pvproperty

    class Group(PVGroup):
        x = pvproperty(value=1)
        ro = pvproperty(value=1, read_only=True)

        @x.putter
        async def x(self, instance: Any, value: int) -> Any:
            if value == 0:
                raise ValueError("no")
            if value == 1:
                return None
            if value == 2:
                return SkipWrite
            if value == 3:
                await instance.write(85, verify_value=False)
                raise SkipWrite
            return value * 10

        @ro.putter
        async def ro(self, instance: Any, value: int) -> int:
            return value + 1

    group = Group("p:")
    await put(group.x, 5)
    assert group.x.value == 50
    await put(group.x, 1)
    assert group.x.value == 1
    await put(group.x, 2)
    assert group.x.value == 1
    await put(group.x, 3)
    assert group.x.value == 85
    with pytest.raises(ValueError, match="no"):
        await put(group.x, 0)
    assert (group.x.value, group.x.alarm.status.name) == (85, "WRITE")
    with pytest.raises(ValueError, match="no"):
        await group.x.write(0)
    await group.x.write(7, verify_value=False)
    assert (group.x.value, group.x.alarm.status.name) == (7, "NO_ALARM")
    assert not ours(group.ro).writable
    await group.ro.write(4)  # a putter on what clients only read runs on the IOC's own writes
    assert group.ro.value == 5


async def test_control_limits_refuse(caproto: Any) -> None:
    from caproto.server import PVGroup, pvproperty

    class Group(PVGroup):
        x = pvproperty(value=0.0, lower_ctrl_limit=-5, upper_ctrl_limit=5)

    group = Group("l:")
    with pytest.raises(caproto.CannotExceedLimits):
        await put(group.x, 9)
    assert group.x.value == 0.0
    await put(group.x, 5)
    assert group.x.value == 5.0


async def test_write_with_time_and_alarm(caproto: Any) -> None:
    from caproto.server import PVGroup, pvproperty

    class Group(PVGroup):
        x = pvproperty(value=0.0, record="ai", upper_alarm_limit=5.0, units="mm", precision=3)
        y = pvproperty(value=0.0, alarm_group="both")
        z = pvproperty(value=0.0, alarm_group="both")

    group = Group("w:")
    stamp = caproto.TimeStamp(1000, 65535)
    await group.x.write(
        1.0, timestamp=stamp, status=caproto.AlarmStatus.LINK, severity=caproto.AlarmSeverity.MAJOR_ALARM
    )
    assert ours(group.x).time_ns == (631152000 + 1000) * 10**9 + 65535
    assert (group.x.alarm.status.name, group.x.severity.name) == ("LINK", "MAJOR_ALARM")
    await group.x.write_metadata(units="m", precision=1)
    assert (group.x.units, group.x.precision, group.x.upper_alarm_limit) == ("m", 1, 5.0)
    await group.x.write(9.0, timestamp=5.0)
    assert (group.x.timestamp, group.x.alarm.status.name) == (5.0, "HIHI")
    await group.alarms["both"].write(status=3, severity=2)
    assert group.y.alarm.severity is group.z.alarm.severity is caproto.AlarmSeverity.MAJOR_ALARM
    assert group.x.alarm is not group.y.alarm  # B1: nobody shares an alarm who has not asked for it


async def test_subclass_of_a_pv_class(caproto: Any) -> None:
    from caproto.server import PVGroup, PvpropertyDouble, pvproperty

    class Scaled(PvpropertyDouble):
        def __init__(self, *args: Any, factor: float = 1.0, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.factor = factor

        async def verify_value(self, data: Any) -> Any:
            return await super().verify_value(data) * self.factor

    class Group(PVGroup):
        x = pvproperty(value=1.0, dtype=Scaled, factor=3.0)

    group = Group("")
    await put(group.x, 2.0)
    assert (group.x.value, type(group.x)) == (6.0, Scaled)
    group.x.ev = "mine"
    assert group.x.ev == "mine"


# --- names ----------------------------------------------------------------------------------------------------------


def test_names_and_look_ups(caproto: Any) -> None:
    from caproto.server import PVGroup, SubGroup, expand_macros, pvproperty

    class Inner(PVGroup):
        a = pvproperty(value=1, name="{letter}.VAL")

        async def _go(self, instance: Any, value: Any) -> None:
            return None

        b = pvproperty(put=_go, value=1)

    class Outer(PVGroup):
        inner = SubGroup(Inner, prefix="in:", macros={"letter": "Z"})
        own = pvproperty(value=1, name="")
        pair = SubGroup({"x": {"value": 1}, "y": pvproperty(value=2)}, prefix="d:")

    group = Outer("o:", name="top")
    assert list(group.pvdb) == ["o:in:Z.VAL", "o:in:b", "o:", "o:d:x", "o:d:y"]
    assert (group.inner.a.name, group.inner.a.pvname) == ("top.inner.a", "o:in:Z.VAL")
    assert group.inner.b.name.split(".")[-1] == "b"
    assert group.inner.b.pvspec.put == Inner._go
    assert (group.inner.a.group, group.inner.parent) == (group.inner, group)
    assert operator.attrgetter("inner.a")(group) is group.attr_pvdb["inner.a"]
    assert set(Outer._pvs_) == {"own", "inner.a", "inner.b", "pair.x", "pair.y"}
    assert expand_macros("{a}-{b}", {"a": 1, "b": 2}) == "1-2"
    assert group.log.name.startswith("iocbridge")

    class Twice(PVGroup):
        a = pvproperty(value=1, name="same")
        b = pvproperty(value=1, name="same")

    with pytest.raises(caproto.CaprotoRuntimeError, match=r"two PVs are called .same.: Twice.a and Twice.b"):
        Twice("")


async def test_what_programs_do_around_the_constructor(caproto: Any) -> None:
    from caproto.server import PVGroup, pvproperty

    ticks = []

    async def tick(group: Any, instance: Any, async_lib: Any) -> None:
        ticks.append((group.prefix, instance.name, type(async_lib.library).__name__))

    class Group(PVGroup):
        x = pvproperty(value=0)
        x = x.scan(0.05)(tick)
        y = pvproperty(value=0)

        @y.putter
        async def _set_y(self, instance: Any, value: int) -> int:
            return value * self.factor

        def __init__(self, prefix: str, **options: Any) -> None:
            self.prefix = "before:"
            self.name = "Before"
            self.states = {"beam_of_a_test": True}
            self.factor = 3
            super().__init__(prefix, **options)

    group = Group("after:", name="After")
    assert (list(group.pvdb), group.y.name) == (["after:x", "after:y"], "After.y")
    assert group.states["beam_of_a_test"] is True
    await put(group.y, 2)
    assert group.y.value == 6
    async with running(Served(group.pvdb), config=loopback()):
        await eventually(lambda: len(ticks) > 1)
    assert ticks[0] == ("after:", "After.x", "module")


async def test_fields_that_are_enums(caproto: Any) -> None:  # D4
    from caproto.server import PVGroup, pvproperty

    class Group(PVGroup):
        motor = pvproperty(value=0.0, record="motor")
        switch = pvproperty(value="No", dtype=caproto.ChannelType.ENUM, enum_strings=["No", "Yes"], record="bo")

        @switch.putter
        async def switch(self, instance: Any, value: Any) -> None:
            """Returns None: the value is to be taken as it is."""

    group = Group("")
    direction = group.motor.field_inst.fields["DIR"]
    assert direction.value == "Pos"
    await direction.write(1)
    assert direction.value == "Neg"
    told = []

    async def hook(instance: Any, value: Any) -> None:
        told.append(value)

    group.switch.field_inst.value_write_hook = hook
    await put(group.switch, 1)
    assert (told, group.switch.value) == (["Yes"], "Yes")  # and not None


async def test_hooks_of_a_subclass_leave_the_base_alone(caproto: Any) -> None:  # D1
    from caproto.server import PVGroup, pvproperty

    class Base(PVGroup):
        x = pvproperty(value=0)

        @x.putter
        async def x(self, instance: Any, value: int) -> int:
            return value + 1

    class Derived(Base):
        @Base.x.putter
        async def x(self, instance: Any, value: int) -> int:
            return value + 10

    base, derived = Base(""), Derived("")
    for group in (base, derived):
        await put(group.x, 1)
    assert (base.x.value, derived.x.value) == (2, 11)


def test_the_getter_form_keeps_its_options(caproto: Any) -> None:  # D2
    from caproto.server import PVGroup, pvproperty

    class Group(PVGroup):
        @pvproperty(value=[1, 2], max_length=6, read_only=True)
        async def x(self, instance: Any) -> Any:
            return [1]

        @pvproperty(value=1.0, record="ai")
        async def y(self, instance: Any) -> float:
            return 2.0

    group = Group("")
    assert (group.x.max_length, ours(group.x).writable, group.y.record_type) == (6, False, "ai")


def test_without_a_group(caproto: Any) -> None:
    from caproto.server import PVSpec

    async def handler(instance: Any, value: Any) -> Any:
        return value + 1

    pv = PVSpec(name="a", value=2.0, record="ai", put=handler).create(group=None)
    asyncio.run(put(pv, 3.0))
    assert (pv.value, pv.pvname, pv.field_inst.RTYP.value) == (4.0, "a", "ai")


# --- records --------------------------------------------------------------------------------------------------------


async def test_fields(caproto: Any) -> None:
    from caproto.server import PVGroup, PvpropertyDouble, pvproperty
    from caproto.server.records import AiFields, AoFields, MotorFields

    class Group(PVGroup):
        a = pvproperty(value=1.0, dtype=PvpropertyDouble[AiFields], record=AiFields)
        b = pvproperty(value=2.0, record=AoFields, precision=3)
        m = pvproperty(value=0.0, record="motor", name="m1")

        @b.fields.current_raw_value.putter
        async def _raw(fields: Any, instance: Any, value: int) -> None:
            await fields.parent.group.b.write(value + 10)

        c = pvproperty(value=1.0, field_spec=b.field_spec)

    group = Group("f:")
    fields: MotorFields = group.m.field_inst
    await put(group.b.fields["RVAL"], 5)
    assert (group.b.value, group.c.record_type) == (15.0, "ao")
    await put(group.c.fields["RVAL"], 7)
    assert group.b.value == 17.0
    assert fields.stop_pause_move_go.value == "Go"
    await fields.user_readback_value.write(3.5)  # clients only read it
    await fields.velocity.write(2.0)
    assert (fields.user_readback_value.value, fields.pvdb["f:m1.VELO"].value) == (3.5, 2.0)
    assert fields.parent is group.m
    hooked: list[Any] = []

    async def hook(instance: Any, value: Any) -> None:
        hooked.append(value)

    fields.value_write_hook = hook
    await put(group.m, 4.0)
    await group.m.write(5.0)
    await group.m.write(6.0, update_fields=False)
    assert hooked == [4.0, 5.0]

    async def velocity(instance: Any, value: Any) -> Any:
        return value * 2

    group.m.fields["VELO"].putter = lambda instance, value: velocity(instance, value)
    await put(group.m.fields["VELO"], 5.0)
    assert fields.velocity.value == 10.0
    assert group.m.get_field("VAL") is group.m
    with pytest.raises(AttributeError, match="no field velocityy"):
        _ = Group.m.fields.velocityy


async def test_all_record_types(caproto: Any) -> None:
    from caproto.server import PVGroup, pvproperty
    from caproto.server.records import get_record_registry

    registry = get_record_registry()
    assert len([one for one in registry if one != "my_motor"]) == 36
    body = {f"x{at}": pvproperty(value=0, record=rtyp) for at, rtyp in enumerate(registry)}
    group = type("All", (PVGroup,), body)("a:")
    for pv in group.attr_pvdb.values():
        assert pv.fields["DESC"].value == ""
        assert pv.fields["RTYP"].value == pv.record_type


async def test_a_record_type_of_ones_own(caproto: Any) -> None:
    from caproto.server import PVGroup, pvproperty
    from caproto.server.records import MotorFields, register_record

    @register_record
    class Mine(MotorFields):
        _record_type = "my_motor"
        user_readback_value = pvproperty(name="RBV", dtype=caproto.ChannelType.DOUBLE, read_only=True)
        extra = pvproperty(name="XTRA", value=5, dtype=int)

        @user_readback_value.scan(period=0.1)
        async def user_readback_value(self, instance: Any, async_lib: Any) -> None:
            await instance.write(self.parent.value + 1)

    class Group(PVGroup):
        m = pvproperty(value=1.0, record="my_motor")

    group = Group("m:")
    assert (group.m.record_type, group.m.field_inst.extra.value) == ("my_motor", 5)
    async with running(Served(group.pvdb), config=loopback()):
        await eventually(lambda: group.m.field_inst.user_readback_value.value == 2.0)


async def test_hooks_taken_from_another_class(caproto: Any) -> None:
    from caproto.server import PVGroup, get_pv_pair_wrapper, pvfunction, pvproperty, scan_wrapper
    from caproto.server.autosave import autosaved

    with_rbv = get_pv_pair_wrapper(setpoint_suffix=":SP", readback_suffix=":RBV")

    class Base(PVGroup):
        p = pvproperty(value=1)

        @p.startup
        async def p(self, instance: Any, async_lib: Any) -> None:
            await instance.write(5)

    class Derived(Base):
        p = pvproperty(value=2, startup=Base.p.pvspec.startup)
        q = pvproperty(value=2)
        q = q.startup(Base.p.pvspec.startup)
        pair = autosaved(with_rbv(name="{n}", value=1.0, dtype=float))
        t = pvproperty(value=0)

        async def _tick(self, instance: Any, async_lib: Any) -> None:
            await instance.write(instance.value + 1)

        t = t.startup(scan_wrapper(_tick, 0.01))

        @autosaved
        @pvfunction(default=0)
        async def add(self, low: int = 1, high: int = 2) -> int:
            """Adds."""
            return low + high

        @pair.setpoint.putter
        async def pair(obj: Any, instance: Any, value: float) -> None:
            await obj.readback.write(value + 1)

    group = Derived("x:", macros={"n": "Name"})
    assert [name for name in group.pvdb if "Name" in name] == ["x:Name:SP", "x:Name:RBV"]
    assert list(group.pvdb)[-5:] == [f"x:add:{name}" for name in ("low", "high", "Status", "Retval", "Process")]
    assert ours(group.pair.setpoint).pvspec.saving is not None
    assert ours(group.pair.readback).pvspec.saving is None
    assert ours(group.p).pvspec.saving is None
    async with running(Served({**group.pvdb}), config=loopback()):
        await eventually(lambda: group.p.value == group.q.value == 5 and group.t.value > 2)
        await put(group.pair.setpoint, 2.0)
        await put(group.add.process, 1)
    assert (group.pair.readback.value, group.add.retval.value, group.add.status.value) == (3.0, 3, "Success")


# --- databases ------------------------------------------------------------------------------------------------------


def test_any_mapping_is_a_database(caproto: Any) -> None:
    class Merged(dict[str, Any]):
        def __setitem__(self, name: str, pv: Any) -> None:
            raise AssertionError("the server must not put anything here")

        def __contains__(self, name: object) -> bool:
            return True

        def __missing__(self, name: str) -> Any:
            return caproto.ChannelData(value=7)

    merged = Served(Merged())
    assert (merged["anything"].value, merged["anything"].name) == (7, "anything")
    plain: dict[str, Any] = {}
    served = Served(plain)
    with pytest.raises(KeyError):
        _ = served["later"]
    plain["later"] = caproto.ChannelDouble(value=1.5)
    assert served["later"].value == 1.5


async def test_hooks_run_with_the_library(caproto: Any) -> None:
    from caproto.server import AsyncLibraryLayer, PVGroup, pvproperty

    said: list[str] = []

    class Group(PVGroup):
        x = pvproperty(value=0)
        y = pvproperty(value=0, record="ai")

        @x.startup
        async def x(self, instance: Any, async_lib: AsyncLibraryLayer) -> None:
            queue = async_lib.ThreadsafeQueue()
            event = async_lib.Event()
            event.set()
            await event.wait()
            queue.put(5)
            assert async_lib.library.get_running_loop()
            await instance.write(await queue.async_get())

        @x.shutdown
        async def x(self, instance: Any, async_lib: Any) -> None:
            said.append(instance.name)

        @y.scan(period=0.1, use_scan_field=True)
        async def y(self, instance: Any, async_lib: Any) -> None:
            await instance.write(instance.value + 1)

    group = Group("h:")
    async with running(Served(group.pvdb), config=loopback()):
        await eventually(lambda: group.x.value == 5 and group.y.value > 1)
        assert group.y.fields["SCAN"].value == ".1 second"
    assert said == ["Group.x"]


# --- imports --------------------------------------------------------------------------------------------------------


def test_all_modules_that_are_promised(caproto: Any) -> None:
    from importlib import import_module

    from bridge.compat.finder import MODULES

    for name in MODULES:
        module = import_module(name)
        for attr in module.__all__:
            assert hasattr(module, attr), (name, attr)


def test_an_ophyd_device_becomes_a_group(caproto: Any) -> None:
    pytest.importorskip("ophyd")
    from caproto.server import PVGroup, SubGroup, get_pv_pair_wrapper, pvproperty
    from caproto.server.conversion import ophyd_device_to_caproto_ioc
    from ophyd import Component, Device, DynamicDeviceComponent, EpicsSignal, EpicsSignalRO
    from ophyd.areadetector.base import EpicsSignalWithRBV

    class Inner(Device):  # type: ignore[misc]
        label = Component(EpicsSignal, "Label", string=True)

    class Stage(Device):  # type: ignore[misc]
        x = Component(EpicsSignalRO, "X")
        gain = Component(EpicsSignalWithRBV, "Gain")
        inner = Component(Inner, "in:")
        size = DynamicDeviceComponent({"width": (EpicsSignal, "W", {})})

    [(name, lines)] = ophyd_device_to_caproto_ioc(Stage).items()
    scope = {
        "PVGroup": PVGroup,
        "SubGroup": SubGroup,
        "pvproperty": pvproperty,
        "pvproperty_with_rbv": get_pv_pair_wrapper(setpoint_suffix="", readback_suffix="_RBV"),
    }
    exec("\n".join(lines), scope)
    made: Any = scope[name]
    assert list(made("s:").pvdb) == ["s:X", "s:Gain", "s:Gain_RBV", "s:in:Label", "s:W"]
    assert not ours(made("s:").x).writable


def test_a_name_that_is_not_there_is_said(caproto: Any) -> None:
    with pytest.raises(ImportError, match="no_such_thing"):
        from caproto.server import no_such_thing  # noqa: F401
    with pytest.raises(ModuleNotFoundError, match=r"iocbridge has no caproto\.nowhere"):
        import caproto.nowhere
    with pytest.raises(AttributeError, match=r"iocbridge has no caproto\.nothing"):
        _ = caproto.nothing


def test_texts_that_are_too_long_for_a_record_are_cut(caproto: Any) -> None:
    from caproto.server import PVGroup, pvproperty

    class Group(PVGroup):
        x = pvproperty(value=0.0, record="ai", units="millimetres per second", doc=40 * "x" + "y")

    group = Group(prefix="a:")
    assert group.x.fields["EGU"].value == "millimetres per"
    assert group.x.fields["DESC"].value == 40 * "x"
