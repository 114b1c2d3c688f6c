"""Ask, Tell and Hear over a wire of memory."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from drivers import Ask, BadReply, Hear, LinePort, LinkDown, Reading, Refused, ReplyTimeout, Tell, UsageError
from tests.drivers.wires import Wire, eventually, memory


@pytest.fixture
async def wire(tmp_path: Path) -> AsyncIterator[Wire]:
    async with memory(tmp_path) as made:
        yield made


@pytest.fixture
async def port(wire: Wire) -> LinePort:
    return await wire.up()


async def test_read(wire: Wire, port: LinePort) -> None:
    wire.far.answer = lambda question: {"KRDG? A": "+077.350", "RANGE? 1": "2", "*IDN?": "LSCI, MODEL336"}[question]
    assert await port.point(Ask("KRDG? A")).read() == Reading(77.35)
    assert await port.point(Ask("RANGE? 1", int)).read() == Reading(2)
    assert await port.point(Ask("*IDN?", str, index=1)).read() == Reading("MODEL336")


async def test_one_question_for_many_values(wire: Wire, port: LinePort) -> None:
    wire.far.answer = lambda question: "1.5,-2,3,4,5"
    points = [port.point(Ask(":READ?", index=index)) for index in range(5)]
    values = [reading.value for reading in await asyncio.gather(*(point.read() for point in points))]
    assert values == [1.5, -2.0, 3.0, 4.0, 5.0]
    assert wire.far.log == [":READ?"]


async def test_a_read_after_a_write_is_asked_anew(wire: Wire, port: LinePort) -> None:
    value = "0"

    def answer(line: str) -> str | None:
        nonlocal value
        if line.startswith("SETP "):
            value = line[5:]
            return None
        return value

    wire.far.answer = answer
    read, write = port.point(Ask("SETP?")), port.point(Tell("SETP {:.0f}"))
    early = asyncio.create_task(read.read())
    await asyncio.sleep(0)
    await write.write(5)
    assert await read.read() == Reading(5.0)
    assert await early == Reading(0.0)


async def test_a_bad_value_names_port_question_and_answer(wire: Wire, port: LinePort) -> None:
    wire.far.answer = lambda question: "xyz"
    with pytest.raises(BadReply, match=r"^bath: 'KRDG\? A' wants a number, got 'xyz'$"):
        await port.point(Ask("KRDG? A")).read()
    assert port.statistics.errors == 1


async def test_its_own_timeout(wire: Wire, port: LinePort) -> None:
    with pytest.raises(ReplyTimeout, match=r"within 0\.02 s"):
        await port.point(Ask("SLOW?", timeout=0.02)).read()


async def test_write(wire: Wire, port: LinePort) -> None:
    await port.point(Tell("SETP {:.2f}")).write(77.35)
    await wire.far.heard("SETP 77.35")
    await port.point(Tell("OUT {}", ("OFF", "ON"))).write(1)
    await wire.far.heard("OUT ON")


async def test_nonsense_is_logged_once(wire: Wire, port: LinePort, caplog: pytest.LogCaptureFixture) -> None:
    wire.far.answer = lambda question: "x" * 5000 if question == "T?" else "1.5"
    point = port.point(Ask("T?"))
    for _ in range(3):
        with pytest.raises(BadReply):
            await point.read()
    await port.point(Ask("P?")).read()
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == 1
    assert warnings[0].startswith("bath: 'T?' wants a number, got 'xxx")
    assert len(warnings[0]) == 300


async def test_a_question_that_is_bad_for_good_hides_no_other(
    wire: Wire, port: LinePort, caplog: pytest.LogCaptureFixture
) -> None:
    wire.far.answer = lambda question: "1,x,3" if question == "ALL?" else "y"
    points = [port.point(Ask("ALL?", index=1)), port.point(Ask("T?")), port.point(Ask("ALL?", index=5))]
    for point in points * 3:
        with pytest.raises(BadReply):
            await point.read()
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warnings == [
        "bath: 'ALL?' wants a number, got '1,x,3'",
        "bath: 'T?' wants a number, got 'y'",
        "bath: 'ALL?' wants 6 values or more, parted by ',', got '1,x,3'",
    ]


async def test_no_end_of_bad_questions(wire: Wire, port: LinePort, caplog: pytest.LogCaptureFixture) -> None:
    wire.far.answer = lambda question: "x"
    for number in range(80):
        with pytest.raises(BadReply):
            await port.point(Ask(f"T{number}?")).read()
    warnings = [record for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == 64 + 1  # those beyond share one account


async def test_a_question_with_a_checksum(wire: Wire, port: LinePort) -> None:
    wire.far.answer = lambda question: "!01+5.0" if question == "#011B5" else "?"
    assert (await port.point(Ask("#011{chk(sum hex)}", "!01{f}")).read()).value == 5.0
    with pytest.raises(BadReply, match=r"'#012B6' wants '!01\{f\}', got '\?'$"):
        await port.point(Ask("#012{chk(sum hex)}", "!01{f}")).read()


async def test_write_with_an_answer(wire: Wire, port: LinePort) -> None:
    wire.far.answer = lambda command: "OK" if command == "PV 1.00" else "C05"
    point = port.point(Tell("PV {:.2f}", reply="OK"))
    await point.write(1)
    with pytest.raises(Refused, match=r"^bath: 'PV 2.00' was answered 'C05', not 'OK'$"):
        await point.write(2)
    await port.point(Tell("PV {:.2f}", reply=re.compile("C[0-9]+"))).write(3)
    with pytest.raises(Refused, match="not 'C'"):  # the pattern is for the whole answer
        await port.point(Tell("PV {:.2f}", reply=re.compile("C"))).write(3)


async def test_write_with_an_answer_that_fits_a_template(wire: Wire, port: LinePort) -> None:
    answers = {"AS1.0": "A +014.70 1.0 Air", "AS2.0": "? ", "AS3.0": "A +014.70 3.0 Air HLD", "BS1.0": '{"ok": 1}'}
    wire.far.answer = lambda command: answers[command]
    point = port.point(Tell("{u}S{:.1f}", reply="{u} {f} {f} Air").at(u="A"))
    await point.write(1)
    with pytest.raises(Refused, match=r"'AS2.0' was answered '\? ', wants 'A \{f\} \{f\} Air'$"):
        await point.write(2)
    with pytest.raises(Refused, match="HLD"):  # the template is for the whole answer
        await point.write(3)
    await port.point(Tell("AS{:.1f}", reply="A {_}")).write(3)
    await port.point(Tell("BS{:.1f}", reply='{{"ok": {i}}}')).write(1)


async def test_an_answer_with_a_checksum(wire: Wire, port: LinePort) -> None:
    wire.far.answer = lambda command: "OK*04" if command == "A1" else "OK*05"
    point = port.point(Tell("A{}", reply="OK*{chk(xor hex skip=1)}"))
    await point.write(1)
    with pytest.raises(Refused, match="checksum"):
        await point.write(2)


@pytest.mark.parametrize(
    ("question", "value"),
    [
        (Tell("SETP {:.3f}"), float("nan")),
        (Tell("SETP {:.3f}"), "warm"),
        (Tell("NAME {}"), "x\r\nOUTP 1"),
        (Tell("NAME {}"), "\N{MICRO SIGN}"),
        (Tell("OUT {}", ("OFF", "ON")), 2),
    ],
)
async def test_values_that_are_never_sent(wire: Wire, port: LinePort, question: Tell, value: Any) -> None:
    with pytest.raises(Refused, match="was not sent"):
        await port.point(question).write(value)
    await port.tell("END")
    await wire.far.heard("END")


@pytest.mark.parametrize(
    "question",
    [
        Tell("SETP {:.3q}"),
        Tell("SETP {}", reply='{"ok": true}'),
        Ask("A?", "no field"),
        Ask("A?", 5),  # type: ignore[arg-type]
        Ask("A\r\nB?"),
        Ask("\N{MICRO SIGN}?"),
        Hear("("),
        Hear("A", silence=0),
        "A?",
        None,
    ],
)
async def test_wrong_questions_show_when_bound(port: LinePort, question: Any) -> None:
    with pytest.raises(UsageError):
        port.point(question)


async def test_the_wrong_way_round(port: LinePort) -> None:
    with pytest.raises(UsageError, match="use Tell"):
        await port.point(Ask("A?")).write(1)
    with pytest.raises(UsageError, match="use Ask"):
        await port.point(Tell("A {}")).read()
    with pytest.raises(UsageError, match="use Tell"):
        await port.point(Hear("A")).write(1)


async def test_hear(wire: Wire) -> None:
    port = await wire.up(clock_ns=lambda: 7)
    point = port.point(Hear(r"T=(\S+)"))
    events: list[Reading] = []
    unsubscribe = point.subscribe(events.append)  # type: ignore[union-attr]
    with pytest.raises(ReplyTimeout, match="nothing heard yet"):
        await point.read()
    wire.far.say(b"T=1.5\r\nT=2.5\r\nP=9\r\n")
    await eventually(lambda: len(events) == 2)
    assert events == [Reading(1.5, 7), Reading(2.5, 7)]
    assert await point.read() == Reading(2.5, 7)
    wire.far.say(b"T=hot\r\n")
    await eventually(lambda: port.statistics.errors)
    assert len(events) == 2
    with pytest.raises(BadReply, match=r"bath: 'T=\(\\\\S\+\)' wants a number, heard 'T=hot'"):
        await point.read()
    unsubscribe()
    unsubscribe()
    await wire.far.hang_up()
    await eventually(lambda: port.fault)
    with pytest.raises(LinkDown, match="connection lost"):
        await point.read()
    await wire.far.plug_in()
    await port.wait_up(5)
    with pytest.raises(LinkDown, match="the link was down, and nothing was heard since"):
        await point.read()  # what was heard before may be true no more
    point.subscribe(events.append)  # type: ignore[union-attr]
    wire.far.say(b"T=3.5\r\n")
    await eventually(lambda: len(events) == 3)
    port.enabled = False
    port.enabled = True  # the link was up all the time
    assert await point.read() == Reading(3.5, 7)


async def test_what_should_come_regularly_and_does_not(wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    port = await wire.up()
    point = port.point(Hear(r"T=(\S+)", silence=0.05))
    told: list[Any] = []
    events: list[float] = []
    unwatch = point.watch(told.append)
    point.subscribe(lambda event: events.append(event.value))  # type: ignore[union-attr]
    wire.far.say(b"T=1.5\r\n")
    await eventually(lambda: told)
    assert str(told[0]) == r"bath: nothing heard for 0.05 s that matches 'T=(\\S+)'"
    assert isinstance(told[0], ReplyTimeout)
    with pytest.raises(ReplyTimeout, match="nothing heard for"):
        await point.read()
    await asyncio.sleep(0.12)
    assert len(told) == port.statistics.timeouts == caplog.text.count("nothing heard") == 1  # told once
    wire.far.say(b"T=2.5\r\n")
    await eventually(lambda: len(events) == 2)
    assert (await point.read()).value == 2.5
    assert "is heard again" in caplog.text
    await wire.far.hang_up()
    await eventually(lambda: port.fault)
    await asyncio.sleep(0.1)  # a link that is down is not silent
    assert [type(each) for each in told if each is not None] == [ReplyTimeout, LinkDown]
    unwatch()
    unwatch()


async def test_what_never_came_at_all(wire: Wire, port: LinePort) -> None:
    point = port.point(Hear("T", silence=0.02))
    told: list[Any] = []
    point.watch(told.append)
    await eventually(lambda: told)
    port.disconnect()
    await eventually(lambda: isinstance(told[-1], LinkDown))
    port.connect()
    await eventually(lambda: isinstance(told[-1], ReplyTimeout))


def broken(_event: Reading) -> None:
    raise ZeroDivisionError


async def test_a_listener_that_raises_hurts_nobody(
    wire: Wire, port: LinePort, caplog: pytest.LogCaptureFixture
) -> None:
    point = port.point(Hear(r"N (\d+)", int))
    events: list[int] = []
    point.subscribe(broken)  # type: ignore[union-attr]
    point.subscribe(lambda event: events.append(event.value))  # type: ignore[union-attr]
    wire.far.say(b"N 1\r\nN 2\r\n")
    await eventually(lambda: events == [1, 2])
    assert caplog.text.count("a listener failed") == 2


async def test_watch(wire: Wire, port: LinePort) -> None:
    told: list[Any] = []
    port.point(Ask("A?")).watch(told.append)
    await wire.far.hang_up()
    await eventually(lambda: told)
    assert isinstance(told[0], LinkDown)
