"""PVGroup: names, order, inheritance, subgroups, hooks."""

import linecache
import logging
from collections.abc import Callable
from typing import Any

import pytest

from records import PV, Hook, PVGroup, Severity, SubGroup, ai, ao, pvproperty
from records.logs import logs
from tests.records.fakes import Instrument
from tests.records.test_makers import Ported, Question


class Channel(PVGroup):
    def __init__(self, *args: Any, limit: int = 0, **options: Any) -> None:
        super().__init__(*args, **options)
        self.limit = limit

    TEMP = ai(inp=Question("KRDG? $(input)"))
    value = pvproperty(value=1)


class RecordLike(PVGroup):
    attr_separator = ""
    rtyp = pvproperty(name=".RTYP", value="ai")
    value_ = pvproperty(name=".VAL", value=1)


class Box(Ported):
    A = SubGroup(Channel, macros={"input": "A"}, limit=5)
    before = pvproperty(value=1)
    B = SubGroup(Channel, prefix="second-", macros={"input": "B"})
    like = SubGroup(RecordLike)

    @SubGroup(prefix="third:", doc="a class of its own")
    class third(PVGroup):
        x = pvproperty(value=2)

    @SubGroup
    class fourth(PVGroup):
        @SubGroup
        class deep(PVGroup):
            y = pvproperty(value=3)


def test_names_in_the_order_of_the_class() -> None:
    box = Box("P:", macros={"input": "Z"})
    assert list(box.pvdb) == [
        *("P:A:TEMP", "P:A:value"),
        "P:before",
        *("P:second-TEMP", "P:second-value"),
        *("P:like.RTYP", "P:like.VAL"),
        "P:third:x",
        "P:fourth:deep:y",
    ]
    assert list(box.groups) == ["A", "B", "like", "third", "fourth"]
    assert (box.A.limit, box.B.limit, box.A.parent, box.fourth.deep.parent) == (5, 0, box, box.fourth)
    assert (box.A.macros, box.name, box.A.name) == ({"input": "A"}, "Box", "Box.A")
    assert [group.prefix for group in box.walk()] == [
        *("P:", "P:A:", "P:second-", "P:like", "P:third:", "P:fourth:", "P:fourth:deep:")
    ]
    assert [record.name for record in box.records()] == ["P:A:TEMP", "P:second-TEMP"]
    assert box.A.TEMP.group is box.A


def test_a_subgroup_asks_the_port_of_the_group_above() -> None:
    box = Box()
    assert box.A.TEMP.inp is box.points["KRDG? $(input)"]  # expanding the question is the port's affair


def test_class_access() -> None:
    assert isinstance(Box.A, SubGroup)
    assert Box.A.group_class is Channel
    assert Box.third.doc == "a class of its own"


def test_inheritance() -> None:
    class Base(PVGroup):
        one = pvproperty(value=1)
        two = pvproperty(value=2)
        gone = pvproperty(value=3)

    class Derived(Base):
        three = pvproperty(value=3)
        one = pvproperty(value=11)
        gone = None

    assert [(pv.name, pv.value) for pv in Derived().pvdb.values()] == [("one", 11), ("two", 2), ("three", 3)]
    assert [pv.value for pv in Base().pvdb.values()] == [1, 2, 3]


def test_macros_in_names() -> None:
    class Macroified(PVGroup):
        one = pvproperty(value=0, name="{beamline}:$(thing).VAL")

    assert list(Macroified("$(p):", macros={"beamline": "XF", "thing": "det", "p": "P"}).pvdb) == ["P:XF:det.VAL"]
    with pytest.raises(ValueError, match=r"Macroified.one: macro 'beamline' in .* is not defined \(defined: x\)"):
        Macroified(macros={"x": 1})


def test_duplicate_names() -> None:
    class Twice(PVGroup):
        one = pvproperty(value=0, name="x")
        two = ai(name="x")

    with pytest.raises(ValueError, match=r"two PVs are called 'P:x': Twice.one and Twice.two"):
        Twice("P:")

    class Below(PVGroup):
        x = pvproperty(value=0)

    class Above(PVGroup):
        x = pvproperty(value=0)
        sub = SubGroup(Below, prefix="")

    with pytest.raises(ValueError, match=r"two PVs are called 'P:x': Above.x and Above.sub.x"):
        Above("P:")


def test_names_have_60_characters_at_most() -> None:
    class Long(PVGroup):
        x = pvproperty(value=0)

    assert len(next(iter(Long("P" * 59).pvdb))) == 60
    with pytest.raises(ValueError, match=r"Long.x: the name 'P+x' has 61 characters; EPICS allows 60"):
        Long("P" * 60)


@pytest.mark.parametrize("name", ["parent", "pvdb", "prefix", "services", "bind"])
def test_names_that_a_group_needs_itself(name: str) -> None:
    with pytest.raises(TypeError, match=f"Bad.{name}: PVGroup uses this name itself"):
        type("Bad", (PVGroup,), {name: pvproperty(value=1)})


def test_services_may_be_added_early_and_late() -> None:
    class WithPort(PVGroup):
        def __init__(self, prefix: str = "") -> None:
            self.services.append(early)
            super().__init__(prefix)
            self.services.append(late)

    early: Any = object()
    late: Any = object()
    assert WithPort().services == [early, late]
    assert WithPort().services == [early, late]


def test_too_early() -> None:
    class Hasty(PVGroup):
        x = pvproperty(value=1)

        def __init__(self) -> None:
            assert isinstance(self.x, PV)

    with pytest.raises(AttributeError, match=r"Hasty.x does not exist before PVGroup.__init__ has run"):
        Hasty()


def test_each_pv_has_an_alarm_of_its_own() -> None:
    class Two(PVGroup):
        a = pvproperty(value=1.0, upper_alarm_limit=5)
        b = pvproperty(value=1.0, alarm_group="default")

    group = Two()
    group.a.post(9)
    assert (group.a.alarm.severity, group.b.alarm.severity) == (Severity.MAJOR, Severity.NO_ALARM)


# --- hooks ----------------------------------------------------------------------------------------------------------


class Hooked(PVGroup):
    log: list[Any]

    x = pvproperty(value=1)
    y = ai(value=2)

    @x.startup
    async def x(self, instance: PV, async_lib: Any) -> None:
        self.log.append(("startup", instance.name, async_lib))

    @x.shutdown
    async def x(self, instance: PV, async_lib: Any) -> None:
        self.log.append(("shutdown", instance.name, async_lib))

    @x.putter
    async def x(self, instance: PV, value: Any) -> Any:
        self.log.append(("put", instance.name, value))
        return value + 1

    @y.scan(period=0.5, stop_on_error=True)
    async def y(self, instance: PV, async_lib: Any) -> None:
        self.log.append(("scan", instance.name, async_lib))

    @SubGroup
    class sub(PVGroup):
        z = pvproperty(value=1)

        @z.startup
        async def z(self, instance: PV, async_lib: Any) -> None:
            raise NotImplementedError


async def test_hooks() -> None:
    group = Hooked("H:")
    group.log = []
    hooks = list(group.hooks())
    assert [(hook.kind, hook.pv.name, hook.period) for hook in hooks] == [
        ("startup", "H:x", None),
        ("shutdown", "H:x", None),
        ("scan", "H:y", 0.5),
    ]
    for hook in hooks:
        await hook.call("lib")
    await group.x.write(4)
    assert group.log == [
        ("startup", "H:x", "lib"),
        ("shutdown", "H:x", "lib"),
        ("scan", "H:y", "lib"),
        ("put", "H:x", 4),
    ]
    assert group.x.value == 5
    assert (hooks[2].stop_on_error, hooks[2].subtract_elapsed, hooks[2].use_scan_field) == (True, True, False)
    assert hooks[2].failure_severity is Severity.MAJOR
    assert [hook.pv.name for hook in group.sub.hooks()] == ["H:sub:z"]
    assert isinstance(hooks[0], Hook)


def test_scan_needs_a_period() -> None:
    with pytest.raises(TypeError, match="give a period"):
        pvproperty(value=1).scan()


async def test_a_subclass_leaves_the_hooks_of_its_base_alone() -> None:
    class Base(PVGroup):
        x = pvproperty(value=0)

        @x.putter
        async def x(self, instance: PV, value: Any) -> Any:
            return value + 1

    class Derived(Base):
        @Base.x.putter
        async def x(self, instance: PV, value: Any) -> Any:
            return value + 100

    class Private(Base):
        @Base.x.putter
        async def _set_x(self, instance: PV, value: Any) -> Any:
            return value + 1000

    class Renamed(Base):
        y = Base.x.putter(lambda self, instance, value: value + 5)

    for group_class, expected in (
        (Base, {"x": 1}),
        (Derived, {"x": 100}),
        (Private, {"x": 1000}),
        (Renamed, {"x": 1, "y": 5}),
    ):
        group = group_class()
        for name, value in expected.items():
            await group.pvdb[name].write(0)
            assert (group_class.__name__, name, group.pvdb[name].value) == (group_class.__name__, name, value)
        assert list(group.pvdb) == list(expected)


async def test_a_hook_may_have_a_name_of_its_own() -> None:
    class Group(PVGroup):
        x = pvproperty(value=0)

        @x.putter
        async def _set_x(self, instance: PV, value: Any) -> Any:
            return value + 1

    group = Group()
    await group.x.write(1)
    assert (list(group.pvdb), group.x.value) == (["x"], 2)


async def test_hooks_of_records() -> None:
    instrument = Instrument()

    class Group(PVGroup):
        SP = ao(out=instrument, drvh=10)
        RBV = ai(high=5, hsv="MINOR")

        @SP.putter
        async def SP(self, instance: PV, value: float) -> None:
            self.RBV.post(value)

        @RBV.getter
        async def RBV(self, instance: PV) -> float:
            return 7.0

    group = Group()
    await group.SP.write(20)
    assert (instrument.written, group.SP.value, group.RBV.value) == ([10.0], 10.0, 20.0)
    work = group.RBV.process()
    assert work is not None
    await work
    assert (group.RBV.value, group.RBV.alarm.severity) == (7.0, Severity.MINOR)


def test_hidden_by_a_method() -> None:
    class Base(PVGroup):
        x = pvproperty(value=0)

    def method(self: Any) -> int:
        return 1

    derived: Callable[[], Any] = type("Derived", (Base,), {"x": method})
    assert derived().pvdb == {}
    assert derived().x() == 1


async def test_a_pv_is_not_lost_to_an_assignment() -> None:
    channel = Channel("A:", parent=Box("B:"), macros={"input": "A"})
    with pytest.raises(AttributeError, match=r"Channel\.value is a PV: `await self\.value\.write\(\.\.\.\)`"):
        channel.value = 5  # type: ignore[assignment]
    await channel.value.write(5)
    assert channel.pvdb["A:value"].value == 5
    channel.limit = 7  # what is no PV is the program's own
    assert channel.limit == 7


async def test_an_assignment_in_a_hook_is_told_with_its_line(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "logger", logging.getLogger)
    monkeypatch.setattr(logging.getLogger("iocbridge"), "propagate", True)

    class Assigns(PVGroup):
        y = pvproperty(value=0)
        x = pvproperty(value=0)

        @x.putter
        async def x(self, instance: Any, value: int) -> None:
            self.y = value

    with pytest.raises(AttributeError):
        await Assigns("A:").x.write(3)
    [line] = [record.getMessage() for record in caplog.records]
    file, number = line.rpartition("(")[2].removesuffix(")").split(":")
    assert linecache.getline(file, int(number)).strip() == "self.y = value"
