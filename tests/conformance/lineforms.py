"""More of what every line port has to do: replies of several parts, echo, greetings, and what an operator may do."""

from __future__ import annotations

import asyncio

import pytest

from drivers import Ask, BadReply, Disabled, LinkDown, Priority, ReplyTimeout, UsageError
from drivers.line.conversation import Conversation
from tests.drivers.wires import Heard, Wire, eventually

__all__ = ["FORM_CHECKS"]


async def reads_replies_of_several_lines(wire: Wire) -> None:
    port = await wire.up()
    asking = asyncio.create_task(port.ask("LIST?", lines=3))
    other = asyncio.create_task(port.ask("A?"))
    heard = await wire.far.heard("LIST?")
    for text in ("one", "two", "three"):
        heard.reply(text)
    assert await asking == "one\ntwo\nthree"
    (await wire.far.heard("A?")).reply("a")
    assert await other == "a"
    asking = asyncio.create_task(port.ask("ALL?", until="END"))
    heard = await wire.far.heard("ALL?")
    for text in ("1", "2", "END"):
        heard.reply(text)
    assert await asking == "1\n2\nEND"


async def a_reply_that_breaks_off_spoils_nobody_elses(wire: Wire) -> None:
    port = await wire.up(quiet=0.2)
    asking = asyncio.create_task(port.ask("LIST?", lines=3))
    other = asyncio.create_task(port.ask("A?"))
    heard = await wire.far.heard("LIST?")
    heard.reply("one")
    await eventually(lambda: any(event.kind == "<" for event in port.trace.recent()))
    heard.send(b"\xff\xff\r\n")
    with pytest.raises(BadReply, match="is not ascii"):
        await asking
    heard.reply("three")  # after the reply was given up
    (await wire.far.heard("A?")).reply("a")
    assert await other == "a"


async def shakes_hands(wire: Wire) -> None:
    """Pfeiffer's gauges: mnemonic, ACK, ENQ, data."""
    port = await wire.up()
    point = port.point(Ask("PR1", "{i},{f}", index=1, ack="\x06", enquire="\x05\r\n"))
    reading = asyncio.create_task(point.read())
    (await wire.far.heard("PR1")).reply("\x06")
    (await wire.far.heard("\x05")).reply("0,1.5E-5")
    assert (await reading).value == 1.5e-5
    reading = asyncio.create_task(point.read())
    (await wire.far.heard("PR1")).reply("\x15")
    with pytest.raises(BadReply, match=r"'PR1' was answered '\\x15', not '\\x06'"):
        await reading
    wire.far.answer = str.lower
    assert await port.ask("A?") == "a?"


async def takes_the_echo_away(wire: Wire) -> None:
    port = await wire.up(echo=True)
    events: list[object] = []
    port.subscribe_lines("EVT", events.append)
    asking = asyncio.create_task(port.ask("A?"))
    heard = await wire.far.heard("A?")
    heard.reply("EVT 1")
    heard.reply("A?")
    heard.reply("5")
    assert await asking == "5"
    assert len(events) == 1
    telling = asyncio.create_task(port.tell("SET 1"))
    asking = asyncio.create_task(port.ask("B?"))
    (await wire.far.heard("SET 1")).reply("SET 1")
    await telling
    heard = await wire.far.heard("B?")
    heard.reply("8?")
    with pytest.raises(BadReply, match=r"'B\?' was echoed as '8\?'"):
        await asking


async def an_echo_that_does_not_come_is_missed(wire: Wire) -> None:
    port = await wire.up(echo=True, timeout=0.05, quiet=0.05)
    with pytest.raises(ReplyTimeout, match=r"no echo of 'SET 1' within 0\.05 s"):
        await port.tell("SET 1")


async def wakes_up_and_initialises(wire: Wire) -> None:
    wire.far.answer = lambda line: "OK" if line == "ADR 6" else None if line in ("", "RMT") else line.lower()
    greeted: list[str] = []

    async def greet(talk: Conversation) -> None:
        greeted.append(await talk.ask("*IDN?"))

    port = await wire.up(wake="\r\n", wake_delay=0.01, init=["RMT", ("ADR 6", "OK")], greet=greet)
    assert await port.ask("A?") == "a?"
    assert wire.far.log == ["", "RMT", "ADR 6", "*IDN?", "A?"]
    assert greeted == ["*idn?"]


async def a_wrong_answer_while_initialising_is_no_link(wire: Wire) -> None:
    wire.far.answer = lambda line: "ERR"
    port = wire.port(init=[("ADR 6", "OK")])
    await port.start()
    with pytest.raises(LinkDown, match="'ADR 6' was answered 'ERR', not 'OK'"):
        await port.wait_up(0.3)


async def disconnects_on_purpose(wire: Wire) -> None:
    wire.far.answer = lambda line: None if line == "A?" else line.lower()
    port = await wire.up(timeout=30.0)
    asking = [asyncio.create_task(port.ask(question)) for question in ("A?", "B?")]
    await eventually(lambda: wire.far.log)
    port.disconnect()
    for failed in await asyncio.gather(*asking, return_exceptions=True):
        assert isinstance(failed, LinkDown)
    assert isinstance(port.fault, LinkDown)
    assert str(port.fault) == "bath: disconnected on purpose"
    assert not port.wanted
    port.connect()
    await port.wait_up(5.0)
    assert port.wanted
    assert await port.ask("C?") == "c?"


async def asks_nothing_while_disabled(wire: Wire) -> None:
    port = await wire.up()
    faults: list[Exception | None] = []
    port.watch(faults.append)
    asking = asyncio.create_task(port.ask("A?"))
    waiting = asyncio.create_task(port.ask("B?"))
    heard = await wire.far.heard("A?")
    port.enabled = False
    with pytest.raises(Disabled, match="bath: the port is disabled"):
        await waiting
    with pytest.raises(Disabled):
        await port.tell("C")
    heard.reply("a")
    assert await asking == "a"  # it was under way
    port.enabled = True
    wire.far.answer = str.lower
    assert await port.ask("D?") == "d?"
    assert wire.far.log == ["A?", "D?"]
    assert [type(fault) for fault in faults] == [Disabled, type(None)]


async def has_three_priorities(wire: Wire) -> None:
    port = await wire.up()
    first = asyncio.create_task(port.ask("A?"))
    heard = await wire.far.heard("A?")
    tasks = [asyncio.create_task(port.ask(f"{one.name}?", priority=one)) for one in Priority]
    await eventually(lambda: port.waiting == 3)
    wire.far.answer = str.lower
    heard.reply("a")
    await asyncio.gather(first, *tasks)
    assert wire.far.log == ["A?", "HIGH?", "MEDIUM?", "LOW?"]


async def waits_only_so_long_for_its_turn(wire: Wire) -> None:
    port = await wire.up(queue_timeout=0.05)
    first = asyncio.create_task(port.ask("A?"))
    heard = await wire.far.heard("A?")
    with pytest.raises(ReplyTimeout, match=r"bath: not asked, the wire was busy for 0\.05 s"):
        await port.ask("B?")
    heard.reply("a")
    assert await first == "a"
    assert (port.statistics.busy, port.statistics.timeouts, port.statistics.requests) == (1, 0, 1)


async def keeps_the_last_of_what_went_over_it(wire: Wire) -> None:
    wire.far.answer = lambda line: line.lower() if line != "B?" else None
    port = await wire.up(timeout=0.5, quiet=0.05)
    live: list[object] = []
    leave = port.trace.listen(live.append)
    assert await port.ask("A?") == "a?"
    with pytest.raises(ReplyTimeout):
        await port.ask("B?", timeout=0.05)
    leave()
    events = [event for event in port.trace.recent() if event.kind != "*"]
    assert b"".join(event.data for event in events if event.kind == ">") == b"A?\r\nB?\r\n"
    assert b"".join(event.data for event in events if event.kind == "<") == b"a?\r\n"
    assert [event.data for event in events if event.kind == "!"] == [b"bath: no reply to 'B?' within 0.05 s"]
    assert live == port.trace.recent(len(live))
    assert [event.number for event in port.trace.recent()] == list(range(1, 1 + len(port.trace.recent())))


async def counts_by_kind(wire: Wire) -> None:
    port = await wire.up()
    wire.far.answer = lambda line: "x" if line == "A?" else "1.5"
    with pytest.raises(BadReply):
        await port.point(Ask("A?")).read()
    for _ in range(3):
        await port.point(Ask("B?")).read()
    found = port.statistics
    assert (found.errors, found.bad_replies, found.link_errors, found.refusals, found.replies) == (1, 1, 0, 0, 4)
    assert 0 < found.last_time <= found.max_time <= found.total_time
    assert found.mean_time == pytest.approx(found.total_time / 4)


async def a_length_needs_a_port_without_terminator(wire: Wire) -> None:
    port = wire.port()
    with pytest.raises(UsageError, match="without a terminator"):
        port.point(Ask("A?", length=2))
    port = await wire.up(in_terminator="", gap=30.0)
    asking = asyncio.create_task(port.ask("A?", length=4))
    heard: Heard = await wire.far.heard("A?")
    if wire.transport.datagrams:
        heard.send(b"1.25")
    else:
        for piece in (b"1", b".2", b"5"):
            heard.send(piece)
            await asyncio.sleep(0)
    assert await asking == "1.25"


async def a_pause_ends_a_reply_without_terminator(wire: Wire) -> None:
    port = await wire.up(in_terminator="", gap=0.1)
    asking = asyncio.create_task(port.ask("A?"))
    (await wire.far.heard("A?")).send(b"+12.5")
    assert await asking == "+12.5"


FORM_CHECKS = (
    reads_replies_of_several_lines,
    a_reply_that_breaks_off_spoils_nobody_elses,
    shakes_hands,
    takes_the_echo_away,
    an_echo_that_does_not_come_is_missed,
    wakes_up_and_initialises,
    a_wrong_answer_while_initialising_is_no_link,
    disconnects_on_purpose,
    asks_nothing_while_disabled,
    has_three_priorities,
    waits_only_so_long_for_its_turn,
    keeps_the_last_of_what_went_over_it,
    counts_by_kind,
    a_length_needs_a_port_without_terminator,
    a_pause_ends_a_reply_without_terminator,
)
