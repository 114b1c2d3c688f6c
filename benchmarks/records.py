"""What records cost: processing, posting, being made, and ten thousand of them at work."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.figures import human, spread, table
from benchmarks.iocs.soft_records import PERIOD
from benchmarks.load.circuit import Circuit, Trouble, name
from benchmarks.load.meter import Measured, Meter, Target
from benchmarks.load.monitors import EVENT_SIZE, Subscribers
from benchmarks.options import Options
from benchmarks.report import Report
from benchmarks.servers.process import Program, free_port
from bridge.server import EagerRunner
from records import PV, PVGroup, Record, ai, ao, clock

__all__ = ["run"]

PROCESS_US = 5.0
CLASS_MS = 5.0
PVS = 40  # in the class that is constructed
RECORDS = 10_000
MONITORED = 1_000
BATCH = 2_000  # operations between two looks at the clock
LIMITS: dict[str, Any] = {"hihi": 900, "high": 800, "low": -800, "lolo": -900}
SEVERITIES: dict[str, Any] = {"hhsv": "MAJOR", "hsv": "MINOR", "lsv": "MINOR", "llsv": "MAJOR", "hyst": 1.0}
CONVERSION: dict[str, Any] = {"linr": "LINEAR", "eslo": 0.1, "eoff": -5.0}
DEADBANDS: dict[str, Any] = {"mdel": 0.5, "adel": 1.0}


@dataclass(slots=True)
class Reading:
    """What a source answers."""

    value: float
    time_ns: int | None


class Counter:
    """A source that never waits."""

    def __init__(self) -> None:
        self._value = 0.0

    async def read(self) -> Reading:
        """One more than last time."""
        self._value += 1.0
        return Reading(self._value, time.time_ns())


def run(options: Options) -> Report:
    """The small costs, then the ten thousand."""
    report = Report("Records")
    asyncio.run(_costs(report, options.rounds_or(9, 3), options.seconds(0.3, 0.1)))
    _construction(report, options.rounds_or(30, 10))
    _at_work(report, options.seconds(20.0, 5.0))
    return report


# --- processing ---------------------------------------------------------------------------------------------------


def _record(**fields: Any) -> Record:
    member = ai(egu="K", prec=3, **fields)
    group = type("One", (PVGroup,), {"x": member})("B:")
    record: Record = group.x  # type: ignore[attr-defined]
    return record


async def _costs(report: Report, rounds: int, seconds: float) -> None:
    clock.now_ns = time.time_ns
    cases = _cases(EagerRunner(asyncio.get_running_loop()))
    took: dict[str, list[float]] = {what: [] for what in cases}
    for _ in range(rounds):
        for what, once in cases.items():
            took[what].append(_microseconds(once, seconds))
    rows = [[what, spread(values)] for what, values in took.items()]
    report.add(f"Microseconds of CPU, median (range) of {rounds} rounds:", table(("what", "us"), rows))
    for what in ("ai.process, a reading: conversion, alarms, deadbands", "ai.process, reads a source: the same"):
        usual = median(took[what])
        report.bar(what, f"<= {PROCESS_US:g} us", f"{human(usual)} us", usual <= PROCESS_US)
    report.data["microseconds"] = took


def _cases(runner: EagerRunner) -> dict[str, Callable[[], None]]:
    plain = _record()
    full = _record(**LIMITS, **SEVERITIES, **CONVERSION, **DEADBANDS)
    source = _record(inp=Counter(), **LIMITS, **SEVERITIES, **CONVERSION, **DEADBANDS)
    soft, heard = PV("B:soft", 0.0), PV("B:heard", 0.0)
    heard.listen(lambda pv, changes: None)
    setpoint: Record = type("Out", (PVGroup,), {"x": ao(0.0, prec=3)})("B:").x  # type: ignore[attr-defined]
    readings = [Reading(float(number), 1) for number in range(8)]
    values = [float(number) for number in range(8)]

    def process(record: Record) -> Callable[[], None]:
        def once() -> None:
            for reading in readings:
                record.process(reading)

        return once

    def processed(error: BaseException | None) -> None:
        if error is not None:
            raise error

    def process_source() -> None:
        for _ in readings:
            work = source.process()
            if work is not None:
                runner.run(work, processed)

    def post(pv: PV) -> Callable[[], None]:
        def once() -> None:
            for value in values:
                pv.post(value)

        return once

    def put() -> None:
        for value in values:
            setpoint.put(value)

    return {
        "ai.process, a reading, no limits": process(plain),
        "ai.process, a reading: conversion, alarms, deadbands": process(full),
        "ai.process, reads a source: the same": process_source,
        "ao.put, no OUT": put,
        "PV.post, nobody listens": post(soft),
        "PV.post, one listener": post(heard),
    }


def _microseconds(eight: Callable[[], None], seconds: float) -> float:
    """CPU time of one of the eight operations that `eight` does."""
    done = 0
    end = time.perf_counter() + seconds
    began = time.process_time()
    while time.perf_counter() < end:
        for _ in range(BATCH // 8):
            eight()
        done += BATCH
    return (time.process_time() - began) / done * 1e6


# --- construction -------------------------------------------------------------------------------------------------


def _construction(report: Report, rounds: int) -> None:
    classes, instances = [], []
    for _ in range(rounds):
        began = time.perf_counter()
        members = {f"x{number}": ai(egu="K", prec=3, hihi=320, hhsv="MAJOR") for number in range(PVS)}
        made = type("Forty", (PVGroup,), members)
        between = time.perf_counter()
        made("B:")
        instances.append((time.perf_counter() - between) * 1000)
        classes.append((between - began) * 1000)
    both = [one + other for one, other in zip(classes, instances, strict=True)]
    report.add(
        f"A class of {PVS} ai records: {spread(classes)} ms to define, {spread(instances)} ms for an instance of it "
        f"({rounds} rounds)."
    )
    usual = median(both)
    report.bar(f"class of {PVS} PVs, defined and made", f"< {CLASS_MS:g} ms", f"{human(usual)} ms", usual < CLASS_MS)
    report.data["class_ms"], report.data["instance_ms"] = classes, instances


# --- at work ------------------------------------------------------------------------------------------------------


def _at_work(report: Report, seconds: float) -> None:
    port = free_port()
    words = (f"--port={port}", f"--count={RECORDS}")
    program = Program("benchmarks.iocs.soft_records", *words, reports=True)
    try:
        _wait_for(port, program)
        measured = _watched(Target(port, program.pid), seconds)
        program.process.terminate()
        scans = json.loads(program.line())
    finally:
        program.stop()
    due = MONITORED / PERIOD * measured.seconds
    share = measured.server_share or 0.0
    report.add(
        f"{RECORDS:,} calc records at {1 / PERIOD:g} Hz, {MONITORED:,} of them monitored, {seconds:g} s: "
        f"{human(share)} % of a core ({human(share * 1e4 * PERIOD / RECORDS)} us for each processing and its share of "
        f"the events), {measured.operations / due * 100:.1f} % of the {due / measured.seconds:,.0f} events/s due; "
        f"{scans['ticks']} ticks, {scans['missed']} missed, {scans['skipped']} records skipped."
    )
    report.bar(
        f"{RECORDS:,} records at 10 Hz: missed and skipped",
        "0",
        f"{scans['missed']} and {scans['skipped']}",
        scans["missed"] == scans["skipped"] == 0,
    )
    report.data["at_work"] = measured.plain() | scans | {"cpu_percent": share}


def _wait_for(port: int, program: Program) -> None:
    while program.process.poll() is None:
        try:
            with Circuit(port) as circuit:
                circuit.create([name(RECORDS - 1)])
                return
        except (OSError, Trouble):
            time.sleep(0.01)
    raise Trouble(program.last_words())


def _watched(target: Target, seconds: float) -> Measured:
    with Subscribers(target, 1, MONITORED) as crowd:
        crowd.let_come(1.0)
        meter = Meter(target.pid)
        meter.start()
        before = crowd.received
        crowd.let_come(seconds)
        return meter.stop((crowd.received - before) / EVENT_SIZE)
