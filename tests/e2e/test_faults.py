"""Replies that are missing, damaged or a refusal, as Channel Access clients see them."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.clients import C_TOOLS
from tests.e2e.bench import PREFIX, Bench, Shown, bench
from tests.e2e.peers import camonitor
from tests.logs import logged
from tests.waiting import AT_ONCE, eventually

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(C_TOOLS is None, reason="base's client programs come as an x86_64 Linux wheel only"),
]

PATIENCE = 0.3  # seconds that ports wait for a reply here
SCANNED = {  # quickly, for these tests
    "LS336:": ["A:TEMP", "B:TEMP", "LOOP1:HEATER", "LOOP1:SP"],
    "METER:": ["V1", "I2", "FREQ", "PERIOD"],
    "PLUG:": ["VOLTAGE", "ENERGY"],
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab() -> AsyncIterator[Bench]:
    async with bench(still=True, patience=PATIENCE) as running:
        await running.all_read()
        for instrument, names in SCANNED.items():
            for name in names:
                done = await running.tool("caput", "-c", f"{PREFIX}{instrument}{name}.SCAN", ".1 second")
                assert done.code == 0, done.err
        yield running


async def alarm(lab: Bench, name: str, stat: str, sevr: str, deadline: float = 3.0) -> None:
    """Wait until caget shows the alarm."""

    async def look() -> bool:
        assert (await lab.caget(name))[name].alarm == (stat, sevr)
        return True

    await eventually(look, deadline)


async def message(lab: Bench, name: str) -> str:
    """AMSG, the whole of it; caget puts backslashes before quotes and backslashes."""
    return (await lab.tool("caget", "-S", "-t", f"{name}.AMSG$")).out.strip().replace("\\", "")


READ_INPUTS = "unit 1, FC04 read input registers"
CASES = [
    # instrument, PV, fault, its details, requests that it hits, STAT, and what AMSG says besides the port
    ("LS336:", "A:TEMP", "garbage", {}, b"KRDG? A", "READ", ["'KRDG? A'", "got '"]),
    ("LS336:", "A:TEMP", "truncated", {"keep": 3}, b"KRDG? A", "TIMEOUT", ["'KRDG? A'", f"{PATIENCE:g} s"]),
    ("LS336:", "A:TEMP", "silence", {}, b"KRDG? A", "TIMEOUT", ["'KRDG? A'", f"{PATIENCE:g} s"]),
    ("METER:", "V1", "checksum", {}, b"\x01\x04", "READ", [READ_INPUTS, "wrong checksum: 01 04"]),
    ("METER:", "V1", "truncated", {"keep": 4}, b"\x01\x04", "TIMEOUT", [READ_INPUTS, "only 01 04"]),
    ("METER:", "V1", "garbage", {}, b"\x01\x04", "TIMEOUT", [READ_INPUTS, "only "]),
    ("METER:", "V1", "exception", {"code": 4}, b"\x01\x04", "READ", [READ_INPUTS, "exception 4"]),
    ("PLUG:", "VOLTAGE", "status", {"code": 500}, b"GetStatus", "READ", ["GET /rpc/Shelly.GetStatus", "500"]),
    ("PLUG:", "VOLTAGE", "missing", {"key": "/switch:0/voltage"}, b"GetStatus", "READ", ["GetStatus", "voltage"]),
    ("PLUG:", "VOLTAGE", "garbage", {}, b"GetStatus", "READ", ["GET /rpc/Shelly.GetStatus", "not JSON"]),
    ("PLUG:", "VOLTAGE", "truncated", {"keep": 150}, b"GetStatus", "READ", ["GET /rpc/Shelly.GetStatus"]),
    ("PLUG:", "VOLTAGE", "silence", {}, b"GetStatus", "TIMEOUT", ["GET /rpc/Shelly.GetStatus", f"{PATIENCE:g} s"]),
]


@pytest.mark.parametrize(
    ("instrument", "name", "kind", "details", "match", "stat", "words"),
    CASES,
    ids=[f"{case[0]}{case[2]}" for case in CASES],
)
async def test_a_bad_reply(
    lab: Bench,
    instrument: str,
    name: str,
    kind: str,
    details: dict[str, Any],
    match: bytes,
    stat: str,
    words: list[str],
) -> None:
    full, device = f"{PREFIX}{instrument}{name}", lab.instruments[instrument]
    await alarm(lab, full, "", "")
    kept = (await lab.caget(full))[full].value
    device.fault(kind, times=None, match=match, **details)
    try:
        await alarm(lab, full, stat, "INVALID")
        said = await message(lab, full)
        for word in (device.address.removeprefix("http://"), *words):
            assert word in said
        assert (await lab.caget(full))[full].value == kept
    finally:
        device.clear_faults()
    await alarm(lab, full, "", "")
    assert (await lab.caget(full))[full].value == kept
    assert await message(lab, full) == ""


@pytest.mark.parametrize(
    ("instrument", "name", "kind", "details"),
    [
        ("LS336:", "A:TEMP", "split", {"size": 1, "seconds": 0.002}),
        ("LS336:", "A:TEMP", "duplicate", {}),
        ("METER:", "V1", "split", {"size": 1, "seconds": 0.002}),
        ("PLUG:", "VOLTAGE", "split", {"size": 64, "seconds": 0.002}),
    ],
)
async def test_a_reply_that_is_odd_but_good(
    lab: Bench, instrument: str, name: str, kind: str, details: dict[str, Any]
) -> None:
    full, device = f"{PREFIX}{instrument}{name}", lab.instruments[instrument]
    await alarm(lab, full, "", "")
    record = lab.ioc.pvdb[full]
    seen: list[tuple[Any, Any]] = []

    def changed(pv: Any, changes: int) -> None:
        seen.append((pv.value, pv.alarm.severity))

    record.listen(changed)
    fault = device.fault(kind, times=5, **details)
    try:
        await eventually(lambda: fault.left == 0 and len(seen) > 5)
        assert set(seen) == {(lab.expected(instrument)[full], 0)}
    finally:
        record.unlisten(changed)
        device.clear_faults()


async def test_a_late_reply_answers_nobody(lab: Bench) -> None:
    """Each reply comes after the client has given up, when the next question is due."""
    names = [f"{PREFIX}LS336:{name}" for name in SCANNED["LS336:"]]
    for name in names:
        await alarm(lab, name, "", "")
    lab.instruments["LS336:"].device.set("input.B.kelvin", 90.5)
    expected = lab.expected("LS336:")
    await eventually(lambda: lab.ioc.pvdb[names[1]].value == 90.5)
    assert len({expected[name] for name in names[:2]}) == 2
    async with camonitor(lab.port, *names) as monitor:
        await eventually(lambda: len(monitor.latest) == len(names))
        lab.instruments["LS336:"].fault("delay", times=6, seconds=PATIENCE * 1.3)
        await eventually(lambda: any("TIMEOUT" in alarm for alarm in monitor.alarms.values()))
        for name in names:
            await alarm(lab, name, "", "", 10.0)
        await eventually(lambda: not any(monitor.alarms.values()))
        assert {name: {float(text) for text in monitor.history[name]} for name in names} == {
            name: {float(expected[name])} for name in names
        }


REFUSALS = [
    # instrument, PV, value, fault, requests that it hits, what AMSG says besides the port
    ("METER:", "PERIOD", "7", None, b"", ["write holding registers", "exception 3"]),  # by the meter's own judgement
    ("METER:", "PERIOD", "30", ("exception", {"code": 4}), b"\x01\x10", ["write holding registers", "exception 4"]),
    ("PLUG:", "RELAY", "1", ("status", {"code": 500}), b"Switch.Set", ["POST /rpc/Switch.Set", "500"]),
]


@pytest.mark.parametrize(
    ("instrument", "name", "value", "fault", "match", "words"),
    REFUSALS,
    ids=[f"{case[1]}-{case[3][0] if case[3] else 'refused'}" for case in REFUSALS],
)
async def test_a_refused_write(
    lab: Bench,
    instrument: str,
    name: str,
    value: str,
    fault: tuple[str, dict[str, Any]] | None,
    match: bytes,
    words: list[str],
) -> None:
    full, device = f"{PREFIX}{instrument}{name}", lab.instruments[instrument]
    await alarm(lab, full, "", "", 5.0)
    await stop_reading(lab, full)
    kept = (await lab.caget(full))[full].value
    if fault is not None:
        device.fault(fault[0], match=match, **fault[1])
    try:
        begin = time.monotonic()
        done = await lab.tool("caput", "-c", "-w", "10", full, value)
        assert time.monotonic() - begin < AT_ONCE
        assert done.code != 0
        assert "rror" in done.err or "ERROR" in done.err
        found = (await lab.caget(full))[full]
        assert (found.value, found.alarm) == (kept, ("WRITE", "INVALID"))
        said = await message(lab, full)
        for word in (device.address.removeprefix("http://"), *words):
            assert word in said
    finally:
        device.clear_faults()
    good = {"PERIOD": "20", "RELAY": "0"}[name]
    done = await lab.tool("caput", "-c", "-w", "10", full, good)
    assert done.code == 0, done.err
    assert (await lab.caget(full))[full] == Shown(good, "", "")
    await start_reading(lab, full)


@pytest.mark.parametrize(
    ("instrument", "name", "kind", "match"),
    [
        ("METER:", "PERIOD", "silence", b"\x01\x10"),
        ("PLUG:", "RELAY", "silence", b"Switch.Set"),
        ("PLUG:", "RELAY", "drop", b"Switch.Set"),
    ],
)
async def test_a_write_whose_confirmation_is_lost(
    lab: Bench, instrument: str, name: str, kind: str, match: bytes
) -> None:
    """The put fails, for nobody can know; and then the record shows what the instrument has made of it."""
    full, device = f"{PREFIX}{instrument}{name}", lab.instruments[instrument]
    await alarm(lab, full, "", "", 5.0)
    before = lab.expected(instrument).get(full, lab.ioc.pvdb[full].value)
    new = {"PERIOD": 15.0 if before != 15.0 else 30.0, "RELAY": 1 - before}[name]
    fault = device.fault(kind, match=match)
    done = await lab.tool("caput", "-c", "-w", "10", full, f"{new:g}")
    assert done.code != 0
    assert fault.left == 0
    await eventually(lambda: lab.ioc.pvdb[full].value == new)

    async def writes() -> bool:  # as soon as the port is connected again
        return (await lab.tool("caput", "-c", full, f"{before:g}")).code == 0

    await eventually(writes)
    assert (await lab.caget(full))[full] == Shown(f"{before:g}", "", "")


async def stop_reading(lab: Bench, name: str) -> None:
    """So that the next reading does not take the alarm away before the test has seen it."""
    lab.scans[name] = (await lab.tool("caget", "-t", f"{name}.SCAN")).out.strip()
    await lab.tool("caput", "-c", f"{name}.SCAN", "Passive")


async def start_reading(lab: Bench, name: str) -> None:
    await lab.tool("caput", "-c", f"{name}.SCAN", lab.scans.pop(name))


async def test_silent_instruments(lab: Bench) -> None:
    """All three fall silent at once; what is scanned times out, and comes back when they speak again."""
    names = [f"{PREFIX}{instrument}{name}" for instrument, table in SCANNED.items() for name in table]
    for name in names:
        await alarm(lab, name, "", "", 5.0)
    kept = {name: one.value for name, one in (await lab.caget(*names)).items()}

    async def all_have(stat: str, sevr: str) -> bool:
        shown = await lab.caget(*names)
        assert {name: one.alarm for name, one in shown.items() if one.alarm != (stat, sevr)} == {}
        assert {name: one.value for name, one in shown.items()} == kept
        return True

    with logged() as log:
        for instrument in lab.instruments.values():
            instrument.fault("silence", times=None)
        await eventually(lambda: all_have("TIMEOUT", "INVALID"))
        # one time-out alone may be a question that the instrument does not know: the log waits for the second
        addresses = [one.address.removeprefix("http://") for one in lab.instruments.values()]
        await eventually(lambda: all(log.about(address, "silent") for address in addresses))
        for instrument in lab.instruments.values():
            instrument.clear_faults()
        await eventually(lambda: all_have("", ""))
        await eventually(lambda: all(log.about(address, "answers again") for address in addresses))
    for address in addresses:
        assert len(log.about(address, "silent")) == 1, log.lines
        assert len(log.about(address, "answers again")) == 1, log.lines
