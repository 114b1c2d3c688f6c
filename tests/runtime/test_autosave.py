"""Autosave in a running IOC: what comes back, when, and what instruments get to hear of it."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from bridge import (
    PVGroup,
    SubGroup,
    ai,
    ao,
    bo,
    int64out,
    longout,
    lso,
    mbbo,
    pvproperty,
    running,
    stringout,
    waveform,
)
from bridge.runtime.autosave import Autosave, AutosaveHelper, parse, render
from bridge.runtime.ioc import Ioc
from bridge.server import ConfigError
from devices import Instrument
from drivers import Ask, Backoff, TcpPort, Tell
from records import PV, Record, Severity, Status
from tests.cli.programs import IOCBRIDGE, program
from tests.clients import C_TOOLS, c_tool
from tests.logs import logged
from tests.runtime.controller import Controller
from tests.runtime.disks import FaultyDisk
from tests.runtime.handclock import HandClock, settle
from tests.server.serving import loopback
from tests.waiting import eventually

needs_c_tools = pytest.mark.skipif(C_TOOLS is None, reason="base's client programs come as an x86_64 Linux wheel only")

needs_posix = pytest.mark.skipif(os.name != "posix", reason="the lock is flock")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ioc.sav"


def saved(path: Path) -> dict[str, Any]:
    return dict(parse(path.read_bytes()).values)


def write(path: Path, **lines: Any) -> None:
    """A save file as an earlier run would have left it; two underscores stand for the dot."""
    path.write_bytes(render({name.replace("__", "."): line for name, line in lines.items()}, serial=1, when=""))


class Soft(PVGroup):
    DOUBLE = ao(1.5, autosave=True)
    WHOLE = longout(1, autosave=True)
    TEXT = stringout("one", autosave=True)
    LONG = lso("one", sizv=200, autosave=True)
    STATE = mbbo(zrst="Off", onst="1", twst="2", autosave=True)
    SWITCH = bo(znam="Off", onam="On", autosave=True)
    TABLE = waveform([1.0, 2.0], nelm=5, autosave=True)
    BYTES = waveform(b"abc", nelm=5, ftvl="UCHAR", autosave=True)
    WORDS = waveform(["one", "two"], nelm=5, autosave=True)
    PLAIN = pvproperty(value=1.5, autosave=True)
    TITLE = pvproperty(value="x" * 60, autosave=True)
    COUNTS = pvproperty(value=[1, 2, 3], autosave=True)
    ENUM = pvproperty(value=True, autosave=True)
    FORGOTTEN = ao(1.5)


NEW: dict[str, Any] = {
    "DOUBLE": 0.1 + 0.2,
    "WHOLE": -70_000,
    "TEXT": '  µ "quoted" \\ ',
    "LONG": "line one\nline two " + "é" * 50,
    "STATE": 2,
    "SWITCH": 1,
    "TABLE": [0.1, -1e300, 5e-324],
    "BYTES": bytes([0, 127, 128, 255]),
    "WORDS": ['a"b\\n', "", "}"],
    "PLAIN": -0.0,
    "TITLE": "text with a \n line end",
    "COUNTS": [-1],
    "ENUM": 0,
}


async def test_every_kind_of_value_comes_back(path: Path) -> None:
    group = Soft("T:")
    async with running(group, config=loopback(), autosave=path):
        for name, value in NEW.items():
            await getattr(group, name).write(value)
        await group.FORGOTTEN.write(9)
        wanted = {name: getattr(group, name).value for name in NEW}
    group = Soft("T:")
    async with running(group, config=loopback(), autosave=path):
        assert {name: getattr(group, name).value for name in NEW} == wanted
        assert group.FORGOTTEN.value == 1.5
        assert {pv.alarm.severity for pv in group.pvdb.values()} == {Severity.NO_ALARM}


async def test_a_value_that_never_was_is_not_saved(path: Path) -> None:
    class Group(PVGroup):
        SP = ao(autosave=True)

    for _ in range(2):
        group = Group("T:")
        async with running(group, config=loopback(), autosave=path):
            assert (group.SP.udf, group.SP.alarm.status) == (1, Status.UDF)
    assert saved(path) == {}


class Limits(PVGroup):
    SP = ao(1.0, hihi=300, hhsv="MAJOR", egu="K", prec=1, drvh=400, autosave=True)
    ONLY = ao(1.0, egu="K", autosave=("HIHI", "DESC"))


async def test_fields(path: Path) -> None:
    group = Limits("T:")
    async with running(group, config=loopback(), autosave=path):
        for name, value in (("HIHI", 200), ("HHSV", "MINOR"), ("EGU", "°C"), ("DESC", "two  words ")):
            group.SP.put_field(name, value)
        group.ONLY.put_field("EGU", "V")
        group.ONLY.put_field("HIHI", 7)
        await group.SP.write(250)
        await group.ONLY.write(5)
    assert saved(path) == {
        "T:SP.VAL": "250.0",
        "T:SP.DESC": "two  words ",
        "T:SP.EGU": "°C",
        "T:SP.HIHI": "200.0",
        "T:SP.HHSV": "1",
        "T:ONLY.HIHI": "7.0",
        "T:ONLY.DESC": "",
    }
    group = Limits("T:")
    async with running(group, config=loopback(), autosave=path):
        assert (group.SP.value, group.SP.hihi, group.SP.metadata.units) == (250.0, 200.0, "°C")
        assert (group.SP.alarm.status, group.SP.alarm.severity) == (Status.HIHI, Severity.MINOR)
        assert group.SP.metadata.alarm[1] == 200.0
        assert (group.ONLY.value, group.ONLY.hihi, group.ONLY.egu) == (1.0, 7.0, "K")


async def test_a_limit_that_nobody_touched_is_the_programs(path: Path) -> None:
    async with running(Limits("T:"), config=loopback(), autosave=path):
        pass

    class Changed(PVGroup):
        SP = ao(1.0, hihi=310, hhsv="MAJOR", egu="mK", autosave=True)

    group = Changed("T:")
    async with running(group, config=loopback(), autosave=path):
        assert (group.SP.hihi, group.SP.egu) == (310.0, "mK")


async def test_a_narrower_range_holds_for_what_is_restored(path: Path) -> None:
    write(path, T__x="0", **{"T:SP__VAL": "1000"})
    group = Limits("T:")
    async with running(group, config=loopback(), autosave=path):
        assert group.SP.value == 400.0


@needs_c_tools
async def test_a_file_of_synapps_is_restored(path: Path) -> None:
    path.write_bytes(
        b"# autosave R5.3\tAutomatically generated - DO NOT MODIFY - 260101-000000\n"
        b'T:DOUBLE 4.25\nT:STATE.VAL 1\nT:LONG.VAL$ from synApps\nT:TABLE.VAL @array@ { "1" "2" "3" }\n<END>\n'
    )
    async with running(Soft("T:"), config=loopback(), autosave=path) as ioc:
        got = await c_tool(ioc.server.port, "caget", "-t", "T:DOUBLE", "T:STATE", "T:LONG", "T:TABLE")
        assert got.out.splitlines() == ["4.25", "1", "from synApps", "5 1 2 3 0 0"]


class Golden(PVGroup):
    """The PVs of tests/golden/synapps_autosave.sav, which autosave R5.3 on EPICS 7.0.10 has written."""

    D = ao(autosave=True)
    L = longout(autosave=True)
    S = stringout(autosave=True)
    S2 = stringout(autosave=True)
    T = lso(sizv=200, autosave=True)
    M = mbbo(zrst="Off", onst="On", autosave=True)
    WD = waveform(nelm=6, autosave=True)
    WC = waveform(ftvl="CHAR", nelm=6, autosave=True)
    WS = waveform(ftvl="STRING", nelm=6, autosave=True)
    I = int64out(autosave=True)  # noqa: E741


async def test_a_file_that_synapps_has_written(tmp_path: Path) -> None:
    group = Golden("S:")
    golden = shutil.copy(Path(__file__).parents[1] / "golden" / "synapps_autosave.sav", tmp_path)
    async with running(group, config=loopback(), autosave=Autosave(golden, 1000, disk=FaultyDisk())) as ioc:
        assert ioc.view.savers[0].state.refused == ()
        assert (group.D.value, group.D.desc, group.D.hhsv, group.L.value) == (0.1, "a desc", Severity.MAJOR, -70_000)
        assert (group.S.value, group.S2.value) == ('  say "hi" \\n back\\\\slash', "µm\tTab")
        assert group.T.value == "a long text: " + "x" * 60 + "\nline two"
        assert group.M.text == "On"
        assert list(group.WD.value) == [1.5, -2e-300, 0.33333333333333]
        assert group.WC.value == bytes([1, 127, 128, 255])
        assert group.WS.value == ["plain", 'q"uote', "back\\slash", "br}ace", "", "new\nline"]
        assert group.I.value == 4.6116860184274e18  # it writes 64-bit integers with 14 digits


@pytest.mark.parametrize("text", ["4.5", "", "12 mm", "high", "99999999999"])
async def test_a_text_that_is_no_value_is_refused(path: Path, text: str) -> None:
    write(path, **{"T:WHOLE__VAL": text})
    group = Soft("T:")
    async with running(group, config=loopback(), autosave=path) as ioc:
        assert group.WHOLE.value == 1
        (line,) = ioc.view.savers[0].state.refused
        assert line.startswith("T:WHOLE is not restored: ")


# --- what is not restored is said -----------------------------------------------------------------------------------


async def test_each_line_that_is_not_restored_is_logged(path: Path) -> None:
    lines = {
        "T:SP.VAL": "1.5",
        "T:GONE.VAL": "1",
        "T:SP.HIHI": "high",
        "T:SP.NOSUCH": "1",
        "T:ONLY.VAL": "3",
        "T:ONLY.HIHI": ("1", "2"),
    }
    path.write_bytes(render(lines, serial=1, when=""))
    group = Limits("T:")
    with logged() as log:
        async with running(group, config=loopback(), autosave=path) as ioc:
            (saver,) = ioc.view.savers
            assert (saver.state.restored, len(saver.state.refused)) == (1, 5)
            assert group.SP.value == 1.5
    assert log.about("T:GONE.VAL", "no such PV")
    assert log.about("T:SP.HIHI", "'high'")
    assert log.about("T:SP.NOSUCH", "not autosaved")
    assert log.about("T:ONLY.VAL", "not autosaved")
    assert log.about("T:ONLY.HIHI", "array")
    assert len([line for line in log.complaints if "restored" in line]) == 5


async def test_pvs_without_a_saved_value_are_named(path: Path) -> None:
    write(path, **{"T:DOUBLE__VAL": "2"})
    with logged() as log:
        async with running(Soft("T:"), config=loopback(), autosave=path):
            pass
    (line,) = log.about("has no value for")
    assert "T:WHOLE" in line
    assert "T:DOUBLE" not in line


async def test_nothing_to_save_and_names_that_cannot_be_saved(path: Path) -> None:
    class Group(PVGroup):
        A = ao(1.0)
        B = ao(1.0, name="with space", autosave=True)

    with logged() as log:
        async with running(Group("T:"), config=loopback(), autosave=path):
            pass
    assert log.about("no PV of this IOC has autosave=True")
    assert log.about("'T:with space'", "not saved")
    assert not path.exists()


@pytest.mark.parametrize("bad", [b"", b"\0" * 100, b"#!/bin/sh\n"], ids=["empty", "zeros", "foreign"])
async def test_the_ioc_starts_whatever_the_file_is(path: Path, bad: bytes) -> None:
    path.write_bytes(bad)
    group = Soft("T:")
    with logged() as log:
        async with running(group, config=loopback(), autosave=path) as ioc:
            (saver,) = ioc.view.savers
            assert saver.state.lost.startswith("nothing is restored")
            assert group.DOUBLE.value == 1.5
            await eventually(lambda: saver.state.saves)
    assert len(log.about("nothing is restored")) == 1
    assert [one for one in path.parent.iterdir() if one.read_bytes() == bad], "what was there is kept"
    assert saved(path)["T:DOUBLE.VAL"] == "1.5"


async def test_the_backup_is_restored_and_shown(path: Path) -> None:
    write(path.with_name("ioc.savB"), **{"T:DOUBLE__VAL": "2.5"})
    path.write_bytes(b"# iocbridge autosave 1\tcut")
    group = Soft("T:")
    async with running(group, config=loopback(), autosave=path) as ioc:
        assert group.DOUBLE.value == 2.5
        assert "restored from ioc.savB" in ioc.view.savers[0].state.warning


# --- when it is saved -----------------------------------------------------------------------------------------------


async def passed(clock: HandClock, ioc: Ioc, seconds: float) -> None:
    """Let time pass, and the save that falls due be done."""
    await clock.advance(seconds)
    (saver,) = ioc.view.savers
    await eventually(lambda: saver._disk._busy is None)
    await settle()


async def test_saves_each_period_and_only_what_has_changed(path: Path) -> None:
    clock = HandClock()
    group = Soft("T:")
    async with running(group, config=loopback(), autosave=Autosave(path, 10), wall=clock) as ioc:
        (saver,) = ioc.view.savers
        await passed(clock, ioc, 0)
        assert saver.state.saves == 1  # at once: a disk that cannot be written shows at the start
        await passed(clock, ioc, 30)
        assert saver.state.saves == 1
        await group.DOUBLE.write(7)
        await passed(clock, ioc, 9)
        assert saved(path)["T:DOUBLE.VAL"] == "1.5"
        await passed(clock, ioc, 1)
        assert (saver.state.saves, saved(path)["T:DOUBLE.VAL"]) == (2, "7.0")
        group.DOUBLE.put_field("HIHI", 99)
        await passed(clock, ioc, 10)
        assert (saver.state.saves, saved(path)["T:DOUBLE.HIHI"]) == (3, "99.0")
        await group.FORGOTTEN.write(5)
        await passed(clock, ioc, 10)
        assert saver.state.saves == 3


async def test_a_full_disk_is_shown_and_tried_again(path: Path) -> None:
    clock, disk = HandClock(), FaultyDisk(at=1, code=errno.ENOSPC)
    group = Soft("T:")
    config = Autosave(path, 10, disk=disk)
    with logged() as log:
        async with running(group, config=loopback(), autosave=config, wall=clock) as ioc:
            (saver,) = ioc.view.savers
            for _ in range(5):
                await passed(clock, ioc, 10)
            assert saver.state.failures >= 5
            assert saver.state.fault == f"{path} is not saved: No space left on device"
            await group.DOUBLE.write(7)  # the IOC does not mind
            disk.broken = False
            await passed(clock, ioc, 10)
            assert (saver.state.fault, saved(path)["T:DOUBLE.VAL"]) == ("", "7.0")
    assert len(log.about("No space left")) == 1
    assert len(log.about("is saved again")) == 1


async def test_a_disk_that_hangs_holds_up_nothing(path: Path) -> None:
    free = threading.Event()

    class Hanging(FaultyDisk):
        def step(self, operation: str, half: Any) -> None:
            free.wait(20)

    group = Soft("T:")
    loop = asyncio.get_running_loop()
    try:
        async with running(
            group, config=loopback(), autosave=Autosave(path, 0.05, patience=0.05, disk=Hanging())
        ) as ioc:
            (saver,) = ioc.view.savers
            await eventually(lambda: "does not answer" in saver.state.fault)
            await group.DOUBLE.write(7)
            assert group.DOUBLE.value == 7.0
            begin = loop.time()
        assert loop.time() - begin < 2.0
    finally:
        free.set()


async def test_two_ways_to_the_same_file(path: Path) -> None:
    class Group(PVGroup):
        A = ao(1.0, autosave=True)
        autosave = SubGroup(AutosaveHelper, filename=path)

    with pytest.raises(ConfigError, match="save file of two groups"):
        async with running(Group("T:"), config=loopback(), autosave=path):
            pass


# --- in time for everybody ------------------------------------------------------------------------------------------


@needs_posix
async def test_two_iocs_on_one_file(path: Path) -> None:
    async with running(Soft("A:"), config=loopback(), autosave=path):
        said = rf"autosave: {path} is the save file of another IOC that runs \(process {os.getpid()}\)"
        with pytest.raises(ConfigError, match=said):
            async with running(Soft("A:"), config=loopback(), autosave=path):
                pass
    async with running(Soft("A:"), config=loopback(), autosave=path):  # the end of the first gives it back
        pass


async def test_restored_before_anything_runs(path: Path) -> None:
    seen: list[tuple[str, Any]] = []

    class Sink:
        async def write(self, value: Any, /) -> None:
            seen.append(("written", value))

    class Group(PVGroup):
        A = pvproperty(value=1.0, autosave=True)
        OUT = ao(out=Sink(), pini=True, autosave=True)

        @A.startup
        async def _begin(self, instance: PV, async_lib: Any) -> None:
            seen.append(("startup", instance.value))

        @A.putter
        async def _put(self, instance: PV, value: Any) -> None:
            seen.append(("putter", value))

    write(path, **{"T:A__VAL": "5", "T:OUT__VAL": "6"})
    async with running(Group("T:"), config=loopback(), autosave=path):
        await eventually(lambda: len(seen) == 2)
    # PINI writes an output's value when the IOC starts, as in base: the restored one. The putter is not asked
    assert sorted(seen, key=str) == [("startup", 5.0), ("written", 6.0)]


@needs_c_tools
async def test_nobody_can_see_another_value(path: Path) -> None:
    """The server opens its sockets when all is restored."""
    write(path, **{"T:DOUBLE__VAL": "5"})
    group = Soft("T:")
    first: list[Any] = []
    group.DOUBLE.listen(lambda pv, changes: first.append(pv.value))
    async with running(group, config=loopback(), autosave=path) as ioc:
        got = await c_tool(ioc.server.port, "caget", "-t", "T:DOUBLE")
    assert got.out.strip() == "5"
    assert first == [5.0]


# --- bumpless -------------------------------------------------------------------------------------------------------

SETTING = Ask("SETP?")
SET = Tell("SETP {:.3f}", reply="OK")


class Thermostat(Instrument):
    SP = ao(out=SET, inp=SETTING, autosave=True)  # restore="device"


class Pushed(Instrument):
    SP = ao(out=SET, inp=SETTING, autosave=True, restore="push")


class WriteOnly(Instrument):
    SP = ao(out=SET, autosave=True)  # restore="leave"


class PushedOnly(Instrument):
    SP = ao(out=SET, autosave=True, restore="push")


def instrument(kind: type[Instrument], controller: Controller) -> Any:
    return kind("T:", port=TcpPort("127.0.0.1", controller.port, timeout=0.5, backoff=Backoff(0.05, 0.1)))


@pytest.fixture
def restored(path: Path) -> Path:
    write(path, **{"T:SP__VAL": "77.5"})
    return path


async def test_device_the_instruments_own_setting_wins(restored: Path) -> None:
    controller = Controller(20.0)
    group = instrument(Thermostat, controller)
    async with running(group, config=loopback(), autosave=restored):
        sp: Record = group.SP
        # what it was is shown, and said to be no more than that
        assert (sp.value, sp.alarm.severity, sp.udf) == (77.5, Severity.INVALID, 1)
        await controller.on()
        await eventually(lambda: sp.value == 20.0)
        assert (sp.alarm.severity, sp.udf) == (Severity.NO_ALARM, 0)
        assert controller.commands == []
        await controller.off()
    assert saved(restored)["T:SP.VAL"] == "20.0"


async def test_device_that_stays_away_does_not_cost_the_saved_value(restored: Path) -> None:
    for _ in range(2):
        group = instrument(Thermostat, Controller())
        sp: Record = group.SP
        async with running(group, config=loopback(), autosave=restored):
            await eventually(lambda sp=sp: sp.alarm.status is Status.COMM)  # type: ignore[misc]
            assert sp.value == 77.5
        assert saved(restored)["T:SP.VAL"] == "77.5"


@pytest.mark.parametrize("kind", [Pushed, PushedOnly])
async def test_push_writes_once_the_link_is_up(restored: Path, kind: type[Instrument]) -> None:
    controller = Controller(20.0)
    group = instrument(kind, controller)
    async with running(group, config=loopback(), autosave=restored):
        assert (group.SP.value, group.SP.udf) == (77.5, 1)
        await eventually(lambda: group.SP.alarm.status is Status.COMM)
        await controller.on()
        await eventually(lambda: controller.setting == 77.5)
        await eventually(lambda: (group.SP.value, group.SP.alarm.severity) == (77.5, Severity.NO_ALARM))
        assert controller.commands == ["SETP 77.500"]
        await controller.off()
    assert saved(restored)["T:SP.VAL"] == "77.5"


async def test_push_that_is_refused(restored: Path) -> None:
    controller = Controller(20.0, limit=50.0)
    await controller.on()
    group = instrument(Pushed, controller)
    with logged() as log:
        async with running(group, config=loopback(), autosave=restored) as ioc:
            await eventually(lambda: controller.commands)
            await eventually(lambda: ioc.view.savers[0].state.refused)
            assert controller.setting == 20.0
            await controller.off()
    (line,) = log.about("T:SP: the saved value 77.5 was refused")
    assert "ERR" in line


async def test_push_gives_way_to_an_operator(restored: Path) -> None:
    """Whoever writes before the saved value could be written knows better."""
    wrote: list[float] = []

    class Group(PVGroup):
        SP = pvproperty(value=0.0, autosave=True, restore="push")

        @SP.putter
        async def _put(self, instance: PV, value: float) -> None:
            if not away.is_set():
                raise ConnectionError("still away")
            wrote.append(value)

    away = asyncio.Event()
    clock = HandClock()
    group = Group("T:")
    async with running(group, config=loopback(), autosave=Autosave(restored, 1000), wall=clock):
        await settle()
        away.set()
        await group.SP.write(5)
        await clock.advance(100)
        assert (group.SP.value, wrote) == (5.0, [5.0])


async def test_push_of_a_plain_pv_asks_its_putter_again_and_again(restored: Path) -> None:
    tries: list[float] = []

    class Group(PVGroup):
        SP = pvproperty(value=0.0, autosave=True, restore="push")

        @SP.putter
        async def _put(self, instance: PV, value: float) -> None:
            tries.append(value)
            if len(tries) < 4:
                raise TimeoutError("no answer")

    clock = HandClock()
    group = Group("T:")
    async with running(group, config=loopback(), autosave=Autosave(restored, 1000), wall=clock):
        await clock.advance(10)
        assert tries == [77.5] * 4
        assert (group.SP.value, group.SP.alarm.severity) == (77.5, Severity.NO_ALARM)


async def test_leave_shows_the_value_and_writes_nothing(restored: Path) -> None:
    controller = Controller(20.0)
    await controller.on()
    group = instrument(WriteOnly, controller)
    async with running(group, config=loopback(), autosave=restored):
        await group.port.wait_up(5.0)
        await group.SP.write(30)
        assert controller.commands == ["SETP 30.000"]
        await controller.off()
    group = instrument(WriteOnly, controller)
    async with running(group, config=loopback(), autosave=restored):
        assert (group.SP.value, group.SP.udf) == (30.0, 0)


async def test_device_without_anything_to_read(path: Path) -> None:
    class Group(PVGroup):
        SP = ao(1.0, autosave=True, restore="device")

    write(path, **{"T:SP__VAL": "5"})
    group = Group("T:")
    with logged() as log:
        async with running(group, config=loopback(), autosave=path):
            assert (group.SP.value, group.SP.udf) == (5.0, 0)
    assert log.about("T:SP", "restore='device'", "no INP")


async def test_an_inputs_value_is_not_saved(path: Path) -> None:
    class Group(PVGroup):
        T = ai(inp=Source(), hihi=5, hhsv="MAJOR", scan="Passive", pini=True, autosave=True)

    group = Group("T:")
    async with running(group, config=loopback(), autosave=path):
        await eventually(lambda: group.T.value == 3.0)
        await group.T.field("HIHI").write(4)
    assert saved(path) == {"T:T.HIHI": "4.0"}


class Source:
    value = 3.0
    time_ns = None

    async def read(self) -> Source:
        return self


# --- as a program ---------------------------------------------------------------------------------------------------

PROGRAM = """\
from bridge import PVGroup, ao, run

class Pump(PVGroup):
    SPEED = ao(1.5, autosave=True)

if __name__ == "__main__":
    run(Pump)
"""


@needs_c_tools
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
async def test_signals_save_and_end_with_zero(tmp_path: Path, end: int) -> None:
    (tmp_path / "pump.py").write_text(PROGRAM)
    words = (*IOCBRIDGE, "run", "pump.py", "--autosave", "pump.sav", "--autosave-period", "1000")
    async with program(*words, cwd=tmp_path) as pump:
        done = await c_tool(await pump.port(), "caput", "-c", "SPEED", "42")
        assert done.code == 0, done.err
        left = await pump.interrupt(end)
    assert left.code == 0, left.err
    assert saved(tmp_path / "pump.sav") == {"SPEED.VAL": "42.0"}
    async with program(*words, cwd=tmp_path) as pump:
        assert (await c_tool(await pump.port(), "caget", "-t", "SPEED")).out.strip() == "42"


@needs_posix
async def test_a_second_ioc_on_the_same_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "pump.py").write_text(PROGRAM)
    words = (*IOCBRIDGE, "run", "pump.py", "--autosave", "pump.sav")
    async with program(*words, cwd=tmp_path) as first:
        await first.until("Server startup complete")
        async with program(*words, cwd=tmp_path) as second:
            left = await second.end()
        assert left.code == 1
        lines = [line for line in left.err.splitlines() if not line.startswith("[I ")]
        pid = first.process.pid
        said = f"{tmp_path / 'pump.sav'} is the save file of another IOC that runs (process {pid}); give each its own"
        assert lines == [f"iocbridge: autosave: {said}"]
        first.process.kill()
        await first.process.wait()
    async with program(*words, cwd=tmp_path) as third:  # whoever was killed holds nothing
        await third.until("Server startup complete")


async def test_a_wrong_period_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "pump.py").write_text(PROGRAM)
    words = (*IOCBRIDGE, "run", "pump.py", "--autosave", "pump.sav", "--autosave-period", "-1")
    async with program(*words, cwd=tmp_path) as pump:
        left = await pump.end()
    assert left.code == 2
    assert left.err == "iocbridge: autosave: the period must be positive, not -1.0\n"
