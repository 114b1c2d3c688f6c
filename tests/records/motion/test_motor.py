"""motor: coordinates, moves, jogs, homes, limits, SPMG, backlash, retries, by what the axis is told."""

from __future__ import annotations

from typing import Any

import pytest

from records import LOG, PV, VALUE, Severity
from records.motion import MotorRecord, SimulatedAxis
from records.rec.ao import AoRecord
from records.rec.longin import LonginRecord
from tests.records.fakes import said
from tests.records.motion.hand import HandHost, ToldAxis

USUAL: dict[str, Any] = {"mres": 0.01, "velo": 2.0, "accl": 0.5, "egu": "mm", "prec": 3}


def simulated(value: float = 0.0, **fields: Any) -> tuple[MotorRecord, HandHost]:
    record = MotorRecord("m", value, **{**USUAL, **fields})
    host = HandHost(record)
    host.run(0.01)
    return record, host


def told(position: float = 0.0, **fields: Any) -> tuple[MotorRecord, HandHost, ToldAxis]:
    axis = ToldAxis(position)
    record = MotorRecord("m", out=axis, **{**USUAL, **fields})
    host = HandHost(record)
    host.run(0.01)
    axis.told.clear()
    return record, host, axis


def put(record: MotorRecord, name: str, value: Any) -> None:
    work = record.put_field(name, value)
    if work is not None:
        work.close()  # nobody here waits for a motor


def arrive(axis: ToldAxis, host: HandHost, position: float) -> None:
    axis.at = axis.at._replace(position=position, moving=False)
    host.run(0.15)


def watched(record: MotorRecord, name: str) -> list[Any]:
    seen: list[Any] = []
    field = record.field(name)
    assert field is not None
    field.listen(lambda pv, changes: seen.append(pv.value) if changes else None)
    return seen


def test_a_move_takes_its_time() -> None:
    record, host = simulated()
    done, moving = watched(record, "DMOV"), watched(record, "MOVN")
    put(record, "VAL", 10.0)
    assert (record.dmov, record.rval, record.dval) == (0, 1000, 10.0)
    host.run(1.0)
    assert (record.rbv, record.movn, record.tdir, record.dmov) == (pytest.approx(1.4, abs=0.2), 1, 1, 0)
    host.run(4.4)
    assert record.dmov == 0
    host.run(0.3)
    assert (record.rbv, record.drbv, record.rrbv, record.dmov, record.movn) == (10.0, 10.0, 1000, 1, 0)
    assert (done, moving) == ([0, 1], [1, 0])
    assert (record.diff, record.mip, record.miss) == (0.0, 0, 0)


def test_dmov_blinks_even_if_nothing_needs_to_move() -> None:
    record, _ = simulated(5.0)
    done = watched(record, "DMOV")
    put(record, "VAL", 5.0)
    assert done == [0, 1]


def test_dmov_is_told_after_the_position() -> None:
    record, host = simulated()
    told: list[str] = []

    def heard(pv: PV, changes: int) -> None:
        told.append(pv.name)

    for name in ("DMOV", "RBV"):
        field = record.field(name)
        assert field is not None
        field.listen(heard)
    put(record, "VAL", 1.0)
    host.run(5.0)
    assert told[-2:] == ["m.RBV", "m.DMOV"]


def test_flnk_waits_for_the_end() -> None:
    record, after = MotorRecord("m", 0.0, flnk="after", **USUAL), LonginRecord("after", 0)
    host = HandHost(record, after)
    processed: list[int] = []
    host.run(0.01)
    after.listen(lambda pv, changes: processed.append(changes))
    put(record, "VAL", 2.0)
    host.run(1.0)
    assert processed == []
    host.run(1.0)
    assert len(processed) == 1


@pytest.mark.parametrize(("name", "value", "raw"), [("DVAL", 3.0, 300), ("RVAL", 250, 250), ("RLV", 1.5, 250)])
def test_other_ways_to_say_where_to(name: str, value: float, raw: int) -> None:
    record, host = simulated(1.0)
    put(record, name, value)
    host.run(10.0)
    assert (record.rrbv, record.value, record.rlv) == (raw, raw / 100, 0.0)


def test_tweak() -> None:
    record, host = simulated(1.0, twv=0.25)
    put(record, "TWF", 1)
    host.run(2.0)
    assert (record.rbv, record.twf) == (1.25, 0)
    put(record, "TWR", 1)
    host.run(2.0)
    assert record.rbv == 1.0


def test_dir_and_off_tie_user_to_dial() -> None:
    record, host = simulated(0.0, dhlm=10.0, dllm=-5.0)
    put(record, "OFF", 2.0)
    assert (record.value, record.rbv, record.hlm, record.llm, record.dval) == (2.0, 2.0, 12.0, -3.0, 0.0)
    put(record, "FOFF", "Frozen")
    put(record, "DIR", "Neg")
    assert (record.hlm, record.llm) == (7.0, -8.0)
    put(record, "VAL", 5.0)
    host.run(10.0)
    assert (record.rbv, record.drbv, record.rrbv, record.tdir) == (5.0, -3.0, -300, 0)
    assert record.metadata.control == (-8.0, 7.0)
    put(record, "HLM", 6.0)
    assert (record.dllm, record.dhlm) == (-4.0, 10.0)


def test_set_redefines_where_it_is() -> None:
    record, host = simulated(1.0)
    put(record, "SET", 1)
    put(record, "VAL", 4.0)
    host.run(1.0)
    assert (record.rbv, record.off, record.drbv, record.dmov) == (4.0, 3.0, 1.0, 1)
    put(record, "DVAL", 2.0)  # calibrates the axis itself
    host.run(1.0)
    assert (record.drbv, record.rrbv, record.dmov, record.mip) == (2.0, 200, 1, 0)
    put(record, "FOFF", 1)
    put(record, "VAL", 5.0)
    host.run(1.0)
    assert (record.rbv, record.off) == (5.0, record.off)
    assert record.rbv == record.drbv + record.off


def test_beyond_a_limit_nothing_moves() -> None:
    record, host = simulated(1.0, hlm=3.0, llm=-3.0, hlsv="MAJOR")
    done = watched(record, "DMOV")
    put(record, "VAL", 3.5)
    host.run(1.0)
    assert (record.lvio, record.value, record.rbv, record.dmov, done) == (1, 1.0, 1.0, 1, [0, 1])
    put(record, "VAL", 2.0)
    host.run(5.0)
    assert (record.lvio, record.rbv) == (0, 2.0)


def test_stop_leaves_val_where_it_stops() -> None:
    record, host = simulated()
    put(record, "VAL", 100.0)
    host.run(3.0)
    put(record, "STOP", 1)
    host.run(2.0)
    assert (record.dmov, record.stop) == (1, 0)
    assert 4.0 < record.rbv < 8.0
    assert record.value == record.rbv


def test_pause_and_go() -> None:
    record, host = simulated()
    put(record, "VAL", 10.0)
    host.run(1.0)
    put(record, "SPMG", "Pause")
    host.run(3.0)
    here = record.rbv
    assert (record.movn, record.value) == (0, 10.0)
    assert 0.0 < here < 5.0
    put(record, "SPMG", "Go")
    host.run(10.0)
    assert (record.rbv, record.dmov) == (10.0, 1)


def test_move_goes_once() -> None:
    record, host = simulated()
    put(record, "SPMG", "Stop")
    put(record, "VAL", 1.0)
    host.run(2.0)
    assert record.rbv == 0.0
    put(record, "SPMG", "Move")
    host.run(3.0)
    assert (record.rbv, record.spmg, record.dmov) == (1.0, 1, 1)


def test_backlash_is_taken_out_in_one_direction() -> None:
    record, host, axis = told(bdst=0.5, bvel=1.0, bacc=0.5)
    put(record, "VAL", 4.0)
    host.run(0.01)
    assert [(name, where, motion.speed) for name, where, motion in axis.told] == [("move", 350.0, 200.0)]
    arrive(axis, host, 350.0)
    assert (axis.told[-1][1], axis.told[-1][2].speed, record.dmov) == (400.0, 100.0, 0)
    arrive(axis, host, 400.0)
    assert (record.dmov, record.rbv, len(axis.told)) == (1, 4.0, 2)
    put(record, "VAL", 4.2)  # within the backlash, and the right way
    host.run(0.01)
    assert (axis.told[-1][1], axis.told[-1][2].speed) == (420.0, 100.0)
    arrive(axis, host, 420.0)
    assert (record.dmov, len(axis.told)) == (1, 3)


def test_retries_until_it_is_near_enough() -> None:
    record, host, axis = told(rdbd=0.05, rtry=2, ueip="No")
    put(record, "VAL", 1.0)
    host.run(0.01)
    for retries in range(2):
        arrive(axis, host, 80.0)
        assert (record.dmov, record.rcnt) == (0, retries + 1)
    arrive(axis, host, 80.0)
    assert (record.dmov, record.rcnt, record.miss, record.mip) == (1, 3, 1, 0)
    put(record, "VAL", 1.1)
    host.run(0.01)
    arrive(axis, host, 107.0)
    assert (record.dmov, record.miss, record.rcnt) == (1, 0, 0)


def test_dly_lets_it_settle() -> None:
    record, host = simulated(0.0, dly=1.0)
    put(record, "VAL", 1.0)
    host.run(1.5)
    assert (record.dmov, record.movn) == (0, 0)
    host.run(1.0)
    assert (record.dmov, record.rbv, record.mip) == (1, 1.0, 0)


def test_jog() -> None:
    record, host = simulated(0.0, jvel=1.0, jar=10.0)
    put(record, "JOGF", 1)
    host.run(5.0)
    assert (record.movn, record.dmov, record.rbv) == (1, 0, pytest.approx(5.0, abs=0.3))
    put(record, "JOGF", 0)
    host.run(1.0)
    assert (record.movn, record.dmov, record.mip) == (0, 1, 0)
    assert record.value == record.rbv


def test_a_jog_ends_before_the_limit() -> None:
    record, host = simulated(0.0, jvel=1.0, jar=10.0, hlm=5.0, llm=-5.0)
    put(record, "JOGF", 1)
    host.run(20.0)
    assert (record.jogf, record.lvio, record.dmov) == (0, 1, 1)
    assert 3.9 < record.rbv < 4.5


def test_home() -> None:
    record, host = simulated(3.0, hvel=2.0)
    put(record, "HOMR", 1)
    assert (record.dmov, record.homr) == (0, 1)
    with pytest.raises(PermissionError, match="on its way home"):
        put(record, "HOMF", 1)
    host.run(5.0)
    assert (record.homr, record.dmov, record.athm, record.rbv, record.value) == (0, 1, 1, 0.0, 0.0)


def test_a_limit_switch_ends_a_move_with_an_alarm() -> None:
    record = MotorRecord("m", out=SimulatedAxis(high=300.0), hlsv="MAJOR", **USUAL)
    host = HandHost(record)
    host.run(0.01)
    put(record, "VAL", 10.0)
    host.run(10.0)
    assert (record.hls, record.dmov, record.rbv, record.value) == (1, 1, 3.0, 3.0)
    assert said(record)[:2] == ("HIGH", "MAJOR")
    put(record, "VAL", 1.0)
    host.run(10.0)
    assert (record.hls, record.rbv, record.alarm.severity) == (0, 1.0, Severity.NO_ALARM)


def test_an_axis_that_does_not_answer() -> None:
    record, host, axis = told(100.0)
    assert (record.rbv, record.value) == (1.0, 1.0)
    axis.fault = ConnectionError("no answer to 'TP?'")
    host.run(1.5)
    assert said(record) == ("COMM", "INVALID", "no answer to 'TP?'")
    axis.fault = None
    host.run(1.5)
    assert record.alarm.severity is Severity.NO_ALARM


def test_an_axis_that_somebody_else_moves() -> None:
    record, host, axis = told()
    axis.at = axis.at._replace(moving=True, position=50.0)
    host.run(1.1)
    assert (record.dmov, record.movn, record.rbv) == (0, 1, 0.5)
    arrive(axis, host, 70.0)
    assert (record.dmov, record.rrbv, record.value) == (1, 70, record.rbv)


def test_speeds_and_resolution_go_together() -> None:
    record, host, axis = told(vmax=5.0, vbas=0.5)
    assert (record.urev, record.s) == (2.0, 1.0)
    put(record, "VELO", 50.0)
    assert (record.velo, record.s, record.accs) == (5.0, 2.5, 9.0)
    put(record, "S", 1.5)
    assert record.velo == 3.0
    put(record, "MRES", 0.02)  # speeds in revolutions stay
    assert (record.urev, record.velo, record.vmax, record.rdbd) == (4.0, 6.0, 10.0, 0.02)
    host.run(0.1)
    assert axis.told[-1] == ("load", 0.0)


def test_an_encoder_is_used_if_there_is_one() -> None:
    record, host, axis = told(eres=0.001)
    put(record, "UEIP", "Yes")
    assert record.ueip == 0
    axis.at = axis.at._replace(encoder=1234.0)
    host.run(1.1)
    put(record, "UEIP", "Yes")
    host.run(1.1)
    assert (record.ueip, record.rbv, record.rrbv, record.rmp) == (1, 1.234, 1234, 0)
    put(record, "CNEN", "Enable")
    host.run(0.1)
    assert ("enable", True) in axis.told


def test_resolution_of_less_than_nothing() -> None:
    record, host = simulated(1.0, mres=-0.01)
    put(record, "VAL", 2.0)
    host.run(5.0)
    assert (record.rbv, record.rrbv, record.dmov) == (2.0, -200, 1)


def test_a_link_in_out_is_the_soft_motor() -> None:
    record = MotorRecord("m", out="target PP", dinp="done", rdbl="place", urip=1, rres=1.0)
    record.put_field("STOO", "stop")
    others = [AoRecord("target", 0.0), LonginRecord("done", 1), AoRecord("place", 0.0), LonginRecord("stop", 0)]
    target, done, place, stop = others
    host = HandHost(record, *others)
    host.run(0.6)
    put(record, "VAL", 7.0)
    done.value = 0
    host.run(0.3)
    assert (target.value, record.movn, record.dmov, record.rbv) == (7.0, 1, 0, 0.0)
    place.value = 3.0
    host.run(0.2)
    assert record.rbv == 3.0
    put(record, "STOP", 1)
    done.value = 1
    host.run(0.3)
    assert (stop.value, record.dmov, record.value) == (1, 1, 3.0)
    put(record, "OUT", "")
    assert isinstance(record.axis, SimulatedAxis)


def test_rbv_is_told_by_its_deadbands() -> None:
    record, host = simulated(0.0, mdel=1.0)
    masks: list[int] = []
    field = record.field("RBV")
    assert field is not None
    field.listen(lambda pv, changes: masks.append(changes))
    put(record, "VAL", 4.0)
    host.run(5.0)
    told = [mask & VALUE for mask in masks]
    assert record.rbv == 4.0
    assert 2 <= sum(told) <= 4
    assert sum(mask & LOG for mask in masks) // LOG > 10
