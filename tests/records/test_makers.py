"""``ai(...)`` and the others in a class body."""

import subprocess
import sys
from typing import Any

import pytest

from records import PVGroup, PVSpec, Severity, SubGroup, ai, ao, bi, calc, dfanout, lsi, mbbo, waveform
from records.makers import RECORD_TYPES
from records.rec.ai import AiRecord
from records.rec.ao import AoRecord
from tests.records.fakes import Instrument, said


class Question:
    """Something that only a port can ask."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text


class Ported(PVGroup):
    """A group with a port: it makes one instrument of each question."""

    def __init__(self, prefix: str = "", **options: Any) -> None:
        self.points: dict[str, Instrument] = {}
        super().__init__(prefix, **options)

    def bind(self, link: Any, group: PVGroup) -> Any:
        if isinstance(link, Question):
            if link.text == "?":
                raise ValueError("a question mark alone is no question")
            return self.points.setdefault(link.text, Instrument(5.0))
        return super().bind(link, group)


class Thermostat(Ported):
    TEMP = ai(inp=Question("KRDG?"), scan="1 second", egu="K", prec=3, hihi=320, hhsv="MAJOR", doc="Temperature\nof it")
    SP = ao(out=Question("SETP"), inp=Question("SETP?"), egu="K", drvl=1.5, drvh=325, pini=True)
    MODE = mbbo(1, zrst="Off", onst="On", name="Mode")
    DATA = waveform([1.0, 2.0], read_only=True)


async def test_thermostat() -> None:
    group = Thermostat("LAB:")
    assert list(group.pvdb) == ["LAB:TEMP", "LAB:SP", "LAB:Mode", "LAB:DATA"]
    temp, sp = group.TEMP, group.SP
    assert isinstance(temp, AiRecord)
    assert isinstance(sp, AoRecord)
    assert (temp.period, temp.egu, temp.hihi, temp.hhsv, temp.desc) == (1.0, "K", 320.0, Severity.MAJOR, "Temperature")
    assert (sp.pini, temp.pini, temp.out, sp.inp) == (1, 0, None, group.points["SETP?"])
    assert group.points["SETP"] is sp.out
    assert temp.link_text("INP") == "KRDG?"
    assert said(group.MODE) == ("NO_ALARM", "NO_ALARM", "")
    assert group.MODE.text == "On"
    assert (group.DATA.writable, group.TEMP.writable) == (False, True)
    await sp.write(1000)
    assert group.points["SETP"].written == [325.0]


def test_class_access_gives_the_specification() -> None:
    assert isinstance(Thermostat.TEMP, PVSpec)
    assert (Thermostat.TEMP.attr, Thermostat.TEMP.where) == ("TEMP", "Thermostat.TEMP")
    assert Thermostat("A:").TEMP.pvspec is Thermostat.TEMP


def test_instances_share_nothing() -> None:
    one, two = Thermostat("A:"), Thermostat("B:")
    one.TEMP.put_field("EGU", "C")
    one.TEMP.post(400)
    assert (two.TEMP.egu, two.TEMP.value, said(two.TEMP)[0]) == ("K", 0.0, "UDF")


@pytest.mark.parametrize(
    ("maker", "options", "message"),
    [
        (ai, {"hihii": 3}, r"ai has no field 'hihii' \(did you mean 'hihi'"),
        (ai, {"HIHI": 3}, "ai has no field 'HIHI'"),
        (ai, {"val": 3}, "ai has no field 'val'"),
        (ai, {"zrst": "x"}, "ai has no field 'zrst'"),
        (ai, {"out": Instrument()}, "ai has no OUT: it cannot write"),
    ],
)
def test_unknown_options(maker: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        maker(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scan": "3 second"}, "there is no scan '3 second'; choose one of 'Passive'"),
        ({"hhsv": "BAD"}, "ai: hhsv='BAD': HHSV has no choice 'BAD'"),
        ({"hihi": "hot"}, "ai: hihi='hot': 'hot' is no number"),
        ({"pini": "SOMETIMES"}, "PINI has no choice"),
        ({"desc": "x" * 41}, r"has 41 bytes; DESC holds 40 \(.*test_makers.py"),
        ({"egu": "µ" * 8}, "has 16 bytes; EGU holds 15"),
    ],
)
def test_bad_values(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ai(**options)


@pytest.mark.parametrize(
    ("scan", "period"), [(1.0, 1.0), (2, 2.0), (".1 second", 0.1), ("Passive", None), ("I/O Intr", None)]
)
def test_scan(scan: Any, period: float | None) -> None:
    assert ai(scan=scan).create().period == period


def test_links_that_cannot_be_bound() -> None:
    class Plain(PVGroup):
        TEMP = ai(inp=Question("KRDG?"))

    with pytest.raises(TypeError, match=r"Plain.TEMP: inp=KRDG\?: Plain has no port to ask a Question"):
        Plain()

    class Wrong(Ported):
        SP = ao(out=Question("?"))

    with pytest.raises(ValueError, match=r"Wrong.SP: out=\?: a question mark alone"):
        Wrong()

    class Deaf:
        async def write(self, value: Any) -> None: ...

    class Other(PVGroup):
        TEMP = ai(inp=Deaf())

    with pytest.raises(TypeError, match="a Deaf has no `read`"):
        Other()


def test_bad_first_value() -> None:
    class Bad(PVGroup):
        SW = bi("maybe", znam="Off", onam="On")

    with pytest.raises(ValueError, match=r"Bad.SW: .*'maybe' is none of the states 'Off', 'On'"):
        Bad()


def test_every_type_can_be_made() -> None:
    for rtyp, maker in RECORD_TYPES.items():
        record = maker().create()
        assert record.record_type == rtyp
        assert repr(maker) == f"<maker of {type(record).__name__}s>"
    assert lsi("x" * 60, sizv=100).create().value == "x" * 60


def test_types_that_few_iocs_have_are_imported_when_they_are_used() -> None:
    code = (
        "import sys, records\n"
        "late = ('scalcout', 'sseq', 'swait', 'transform')\n"
        "assert not [name for name in late if f'records.rec.{name}' in sys.modules], 'record types'\n"
        "spec = records.scalcout(calc='1')\n"
        "assert 'records.scalc' not in sys.modules, 'the language'\n"
        "assert spec.create().record_type == 'scalcout'\n"
        "assert 'records.scalc' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_fits_of_a_doc_is_the_description() -> None:
    assert ai(doc=f"\n{'x' * 50}\nand more").create().desc == "x" * 40


class Valve(PVGroup):
    """Its records know each other by `$(P)`, wherever it stands."""

    FLOW = ai(inp="$(P)RAW CP MS", egu="$(unit=l/min)")
    TWICE = calc(inpa="$(P)FLOW CP MS", inpb="$(OTHER)", calc="A*2", desc="$(name=spare) {f}")
    ALL = dfanout(outa="$(P)FLOW.HIGH PP", doc="$(is not asked for in a doc)")


def test_macros_in_links_and_texts() -> None:
    class Plant(PVGroup):
        one = SubGroup(Valve, prefix="1:", macros={"name": "gas", "OTHER": "2.5"})
        two = SubGroup(Valve, prefix="2:", macros={"unit": "SLPM", "OTHER": "X:Y CP"})

    plant = Plant("L:")
    one, two = plant.one, plant.two
    assert [one.FLOW.link_text("INP"), two.FLOW.link_text("INP")] == ["L:1:RAW CP MS", "L:2:RAW CP MS"]
    assert [one.TWICE.link_text("INPA"), two.TWICE.link_text("INPB")] == ["L:1:FLOW CP MS", "X:Y CP NMS"]
    assert two.ALL.link_text("OUTA") == "L:2:FLOW.HIGH PP NMS"
    assert [one.TWICE.desc, two.TWICE.desc] == ["gas {f}", "spare {f}"]
    assert [one.FLOW.egu, two.FLOW.egu] == ["l/min", "SLPM"]
    assert Valve("V:", macros={"P": "other:", "OTHER": ""}).FLOW.link_text("INP") == "other:RAW CP MS"


def test_what_a_macro_stands_for_is_what_must_fit() -> None:
    class Tank(PVGroup):
        LEVEL = ai(
            0.0, egu="$(unit_of_the_level=mm)", desc="$(a_long_name_for_a_macro) and some more text", hihi="$(h)"
        )

    tank = Tank("T:", macros={"a_long_name_for_a_macro": "Level", "h": 80})
    assert (tank.LEVEL.egu, tank.LEVEL.desc, tank.LEVEL.hihi) == ("mm", "Level and some more text", 80.0)
    with pytest.raises(ValueError, match=r"Tank\.LEVEL: .*desc='x+ and some more text'.* DESC holds 40"):
        Tank("T:", macros={"a_long_name_for_a_macro": "x" * 30, "h": 80})
    with pytest.raises(TypeError, match="ai has no field 'eggu'"):
        ai(eggu="$(unit)")


def test_a_macro_of_a_link_that_nobody_defined() -> None:
    class Wrong(PVGroup):
        X = ai(inp="$(Q)RAW")

    class Wrong2(PVGroup):
        X = calc(inpa="$(Q)RAW")

    for kind in (Wrong, Wrong2):
        with pytest.raises(ValueError, match=rf"{kind.__name__}.X: .*macro 'Q' in '\$\(Q\)RAW' is not defined"):
            kind("X:")
