"""What every line port has to do, whatever its wire: each check takes a `Wire` with an instrument at the far end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from drivers import Ask, BadReply, LinkDown, Reading, ReplyTimeout, Tell
from tests.drivers.wires import Wire, eventually
from tests.waiting import AT_ONCE

__all__ = ["CHECKS", "OF_CONNECTIONS", "OF_STREAMS", "Check"]

Check = Callable[[Wire], Awaitable[None]]


async def asks_and_tells(wire: Wire) -> None:
    port = await wire.up()
    asking = asyncio.create_task(port.ask("KRDG? A"))
    (await wire.far.heard("KRDG? A")).reply("+077.350")
    assert await asking == "+077.350"
    await port.tell("SETP 1,77.35")
    await wire.far.heard("SETP 1,77.35")


async def keeps_order(wire: Wire) -> None:
    wire.far.answer = lambda question: question.removesuffix("?")
    port = await wire.up()
    questions = [f"Q{number}?" for number in range(50)]
    assert await asyncio.gather(*map(port.ask, questions)) == [question[:-1] for question in questions]
    assert wire.far.log == questions


async def writes_go_ahead_of_reads(wire: Wire) -> None:
    port = await wire.up()
    reads = [asyncio.create_task(port.ask(f"Q{number}?")) for number in range(3)]
    first = await wire.far.heard("Q0?")
    write = asyncio.create_task(port.tell("SETP 1"))
    write2 = asyncio.create_task(port.tell("SETP 2"))
    await asyncio.sleep(0)
    first.reply("0")
    await wire.far.heard("SETP 1")
    await wire.far.heard("SETP 2")
    for number in (1, 2):
        (await wire.far.heard(f"Q{number}?")).reply(str(number))
    assert await asyncio.gather(*reads) == ["0", "1", "2"]
    await asyncio.gather(write, write2)


async def times_out(wire: Wire) -> None:
    port = await wire.up(timeout=0.05, quiet=0.05)
    begin = time.monotonic()
    with pytest.raises(ReplyTimeout, match=r"bath: no reply to 'A\?' within 0.05 s"):
        await port.ask("A?")
    assert time.monotonic() - begin < AT_ONCE
    await wire.far.heard("A?")
    wire.far.answer = lambda question: "1"
    assert await port.ask("A?", timeout=2.0) == "1"
    assert port.fault is None
    assert (port.statistics.timeouts, port.statistics.requests) == (1, 2)


async def says_what_was_missing(wire: Wire) -> None:
    port = await wire.up(timeout=0.3, quiet=0.05)
    asking = asyncio.create_task(port.ask("A?"))
    (await wire.far.heard()).send(b"+12.5\n")
    with pytest.raises(ReplyTimeout, match=r"only b'\+12.5\\n', which does not end with b'\\r\\n'"):
        await asking


async def late_reply_answers_nobody(wire: Wire) -> None:
    port = await wire.up(timeout=0.05, quiet=0.3)
    with pytest.raises(ReplyTimeout):
        await port.ask("A?")
    asking = asyncio.create_task(port.ask("B?", timeout=2.0))
    (await wire.far.heard("A?")).reply("a")
    (await wire.far.heard("B?")).reply("b")
    assert await asking == "b"


async def very_late_reply_answers_nobody(wire: Wire) -> None:
    """It comes when the next question is on the wire already: no port can tell which is which, so neither is used."""
    port = await wire.up(timeout=0.05, quiet=0.2)
    with pytest.raises(ReplyTimeout):
        await port.ask("A?")
    asking = asyncio.create_task(port.ask("B?", timeout=2.0))
    late, heard = await wire.far.heard("A?"), await wire.far.heard("B?")
    late.reply("a")
    heard.reply("b")
    if wire.transport.reopens:
        assert await asking == "b"
    else:
        with pytest.raises(ReplyTimeout, match="one of them is late"):
            await asking
    wire.far.answer = str.lower
    assert await port.ask("C?", timeout=2.0) == "c?"


async def cancelled_question_answers_nobody(wire: Wire) -> None:
    port = await wire.up(quiet=0.3)
    asking = asyncio.create_task(port.ask("A?"))
    late = await wire.far.heard("A?")
    asking.cancel()
    asking2 = asyncio.create_task(port.ask("B?"))
    await asyncio.sleep(0)
    late.reply("a")
    (await wire.far.heard("B?")).reply("b")
    assert await asking2 == "b"
    assert asking.cancelled()


async def joins_split_bytes(wire: Wire) -> None:
    port = await wire.up()
    asking = asyncio.create_task(port.ask("A?"))
    heard = await wire.far.heard("A?")
    for byte in b"+12.5\r\n":
        heard.send(bytes([byte]))
        await asyncio.sleep(0.001)
    assert await asking == "+12.5"


async def reports_garbage(wire: Wire) -> None:
    port = await wire.up()
    reading = asyncio.create_task(port.point(Ask("A?")).read())
    (await wire.far.heard("A?")).send(b"xyz\r\n")
    with pytest.raises(BadReply, match=r"bath: 'A\?' wants a number, got 'xyz'"):
        await reading
    reading = asyncio.create_task(port.point(Ask("A?")).read())
    (await wire.far.heard("A?")).send(b"\xff\xfe\x80\r\n")
    with pytest.raises(BadReply, match=r"bath: the reply to 'A\?' is not ascii text"):
        await reading
    wire.far.answer = lambda question: "1.5"
    assert await port.point(Ask("A?")).read() == Reading(1.5)
    assert port.statistics.errors == 2
    assert port.statistics.connects == 1


async def bounds_long_lines(wire: Wire) -> None:
    port = await wire.up(max_line=100)
    asking = asyncio.create_task(port.ask("A?"))
    heard = await wire.far.heard("A?")
    heard.send(b"x" * 500)
    with pytest.raises(BadReply, match="is longer than 100 bytes"):
        await asking
    for _ in range(20):
        heard.send(b"y" * 500)
        await asyncio.sleep(0.001)
        assert len(port._wire.framing.pending) <= 1000
    heard.send(b"z\r\n")
    wire.far.answer = str.lower
    assert await port.ask("B?") == "b?"


async def fails_at_once_on_the_end_of_the_link(wire: Wire) -> None:
    port = await wire.up()
    faults: list[Exception | None] = []
    port.watch(faults.append)
    asking = asyncio.create_task(port.ask("A?"))
    waiting = [asyncio.create_task(port.ask(f"Q{number}?")) for number in range(5)]
    (await wire.far.heard("A?")).send(b"+12")
    await wire.far.hang_up()
    begin = time.monotonic()
    for failed in await asyncio.gather(asking, *waiting, return_exceptions=True):
        assert isinstance(failed, LinkDown)
        assert str(failed).startswith("bath: ")
    assert time.monotonic() - begin < AT_ONCE
    assert isinstance(port.fault, LinkDown)
    assert [type(fault) for fault in faults] == [LinkDown]


async def tells_unsolicited_lines(wire: Wire) -> None:
    now = iter(range(1000, 2000))
    port = await wire.up(clock_ns=lambda: next(now))
    events: list[Reading] = []
    port.subscribe_lines(r"EVT ", events.append)
    wire.far.say(b"EVT 1\r\n")
    await eventually(lambda: len(events) == 1)
    asking = asyncio.create_task(port.ask("A?"))
    heard = await wire.far.heard("A?")
    heard.send(b"EVT 2\r\nEVT 3\r\n5\r\nEV")
    heard.send(b"T 4\r\n")
    assert await asking == "5"
    await eventually(lambda: len(events) == 4)
    assert events == [Reading(f"EVT {number}", 999 + number) for number in (1, 2, 3, 4)]


async def counts_what_nobody_wants(wire: Wire) -> None:
    port = await wire.up()
    wire.far.say(b"HELLO\r\n")
    await eventually(lambda: port.statistics.unclaimed == 1)
    rest: list[Reading] = []
    unsubscribe = port.subscribe_lines(None, rest.append)
    wire.far.say(b"WORLD\r\n")
    await eventually(lambda: [event.value for event in rest] == ["WORLD"])
    unsubscribe()
    wire.far.answer = str.lower
    assert await port.ask("A?") == "a?"
    assert port.statistics.unclaimed == 1


async def comes_back(wire: Wire) -> None:
    wire.far.answer = str.lower
    port = await wire.up()
    changes: list[Exception | None] = []
    port.watch(changes.append)
    assert await port.ask("A?") == "a?"
    await wire.far.hang_up()
    await eventually(lambda: port.fault is not None)
    await wire.far.plug_in()
    begin = time.monotonic()
    await port.wait_up(5.0)
    assert time.monotonic() - begin < AT_ONCE
    assert await port.ask("B?") == "b?"
    assert [type(change) for change in changes] == [LinkDown, type(None)]


async def stops_in_time(wire: Wire) -> None:
    port = await wire.up(timeout=30.0)
    asking = [asyncio.create_task(port.ask("A?")) for _ in range(3)]
    await wire.far.heard("A?")
    begin = time.monotonic()
    await port.stop()
    assert time.monotonic() - begin < AT_ONCE
    for failed in await asyncio.gather(*asking, return_exceptions=True):
        assert isinstance(failed, LinkDown)
    await port.stop()


async def starts_again(wire: Wire) -> None:
    wire.far.answer = str.lower
    port = await wire.up()
    assert await port.ask("A?") == "a?"
    await port.stop()
    with pytest.raises(LinkDown, match="stopped"):
        await port.ask("A?")
    await port.start()
    await port.wait_up(5.0)
    assert await port.ask("B?") == "b?"


async def refuses_at_once_while_down(wire: Wire) -> None:
    await wire.far.hang_up()
    port = wire.port()
    point = port.point(Tell("SETP {:.1f}"))
    begin = time.monotonic()
    await port.start()
    for _ in range(100):
        with pytest.raises(LinkDown):
            await point.write(1.0)
        with pytest.raises(LinkDown):
            await port.ask("A?")
        await asyncio.sleep(0)
    assert time.monotonic() - begin < AT_ONCE


async def talks_in_several_steps(wire: Wire) -> None:
    """Pfeiffer's gauges acknowledge a mnemonic, and give the data after ENQ."""
    port = await wire.up()

    async def pressures() -> list[str]:
        async with port.conversation() as talk:
            assert await talk.ask("PRX") == "\x06"
            return [await talk.ask("\x05"), await talk.line()]

    asking = asyncio.create_task(pressures())
    other = asyncio.create_task(port.ask("A?"))
    (await wire.far.heard("PRX")).reply("\x06")
    (await wire.far.heard("\x05")).send(b"0,1.5E-5\r\n1,2.5E-5\r\n")
    assert await asking == ["0,1.5E-5", "1,2.5E-5"]
    (await wire.far.heard("A?")).reply("a")
    assert await other == "a"


async def greets_on_each_connect(wire: Wire) -> None:
    wire.far.answer = lambda question: "OK" if question == "ADR 6" else question.lower()

    async def greet(talk: object) -> None:
        assert await talk.ask("ADR 6") == "OK"  # type: ignore[attr-defined]

    port = await wire.up(greet=greet)
    assert await port.ask("A?") == "a?"
    await wire.far.hang_up()
    await eventually(lambda: port.fault is not None)
    await wire.far.plug_in()
    await port.wait_up(5.0)
    assert await port.ask("B?") == "b?"
    assert [line for line in wire.far.log if line != "ADR 6"] == ["A?", "B?"]
    assert wire.far.log.index("ADR 6") == 0
    assert wire.far.log.count("ADR 6") == 2


CHECKS: tuple[Check, ...] = (
    asks_and_tells,
    keeps_order,
    writes_go_ahead_of_reads,
    times_out,
    says_what_was_missing,
    late_reply_answers_nobody,
    very_late_reply_answers_nobody,
    cancelled_question_answers_nobody,
    joins_split_bytes,
    reports_garbage,
    bounds_long_lines,
    fails_at_once_on_the_end_of_the_link,
    tells_unsolicited_lines,
    counts_what_nobody_wants,
    comes_back,
    stops_in_time,
    starts_again,
    refuses_at_once_while_down,
    talks_in_several_steps,
    greets_on_each_connect,
)

#: What has no meaning without a connection that can end.
OF_CONNECTIONS: tuple[Check, ...] = (
    fails_at_once_on_the_end_of_the_link,
    comes_back,
    refuses_at_once_while_down,
    greets_on_each_connect,
)
#: What has no meaning where the pieces that come are whole messages.
OF_STREAMS: tuple[Check, ...] = (
    joins_split_bytes,
    says_what_was_missing,
    tells_unsolicited_lines,
    bounds_long_lines,
    counts_what_nobody_wants,  # nobody can say anything before he was asked something
)
