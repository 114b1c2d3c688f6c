"""LinePort beyond what every wire has to do (tests/conformance/line.py)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from drivers import BadReply, LinePort, LinkDown, MemoryTransport, ReplyTimeout, TcpPort, UsageError
from drivers.line.conversation import Conversation
from drivers.line.framing import Damaged
from tests.drivers.wires import Wire, eventually, memory, memory_line


@pytest.fixture
async def wire(tmp_path: Path) -> AsyncIterator[Wire]:
    async with memory(tmp_path) as made:
        yield made


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[Wire]:
    async with memory_line(tmp_path) as made:
        yield made


async def test_delay_between_messages(wire: Wire) -> None:
    wire.far.answer = lambda text: "1" if text.endswith("?") else None
    port = await wire.up(delay=0.03)
    loop = asyncio.get_running_loop()
    begin = loop.time()
    await port.tell("SETP 1")
    assert loop.time() - begin < 0.02  # the instrument is given time after a message, not before
    await port.ask("A?")
    assert loop.time() - begin >= 0.03
    await port.tell("SETP 2")
    assert loop.time() - begin >= 0.06


async def test_a_delay_is_owed_by_whoever_comes_next(wire: Wire) -> None:
    port = await wire.up(delay=0.05)
    loop = asyncio.get_running_loop()
    begin = loop.time()
    await port.tell("SETP 1")
    impatient = asyncio.create_task(port.tell("SETP 2"))
    await asyncio.sleep(0.01)
    impatient.cancel()
    await port.tell("SETP 3")
    assert loop.time() - begin >= 0.05
    await wire.far.heard("SETP 1")
    await wire.far.heard("SETP 3")


async def test_terminators_may_differ(wire: Wire) -> None:
    port = await wire.up(in_terminator="\r", out_terminator="\r\n")
    asking = asyncio.create_task(port.ask("IN_PV_00"))
    (await wire.far.heard("IN_PV_00")).send(b"24.8\r")
    assert await asking == "24.8"


async def test_no_terminator_silence_ends_the_reply(wire: Wire) -> None:
    port = await wire.up(in_terminator="", gap=0.05)
    asking = asyncio.create_task(port.ask("A?"))
    heard = await wire.far.heard("A?")
    heard.send(b"12")
    await asyncio.sleep(0.01)
    heard.send(b".5")
    assert await asking == "12.5"


async def test_encoding(wire: Wire) -> None:
    port = await wire.up(encoding="latin-1")
    asking = asyncio.create_task(port.ask("A?"))
    (await wire.far.heard("A?")).send(b"23 \xb0C\r\n")
    assert await asking == "23 \N{DEGREE SIGN}C"


@pytest.mark.parametrize(
    "options",
    [
        {"encoding": "no-such-code"},
        {"terminator": "\N{MICRO SIGN}"},
        {"delay": -1},
        {"gap": 0},
        {"quiet": 0},
        {"timeout": 0},
        {"max_line": 0},
    ],
)
def test_settings_that_cannot_work(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        LinePort("bath", MemoryTransport(), **options)


async def test_text_that_cannot_be_sent(wire: Wire) -> None:
    port = await wire.up()
    for text in ("A\r\nB", "\N{MICRO SIGN}?"):
        with pytest.raises(UsageError, match=r"bath: .* cannot be sent"):
            await port.ask(text)
    wire.far.answer = str.lower
    assert await port.ask("A?") == "a?"


async def test_a_framing_of_ones_own(wire: Wire) -> None:
    class Stx:
        """STX data ETX, with the length as a checksum."""

        def __init__(self) -> None:
            self.pending = b""

        def encode(self, message: bytes) -> bytes:
            return message + b"\r\n"

        def feed(self, chunk: bytes) -> list[bytes | Damaged]:
            *frames, self.pending = (self.pending + chunk).split(b"\x03")
            return [
                frame[2:] if frame[1] - 48 == len(frame) - 2 else Damaged("has a wrong checksum", frame)
                for frame in frames
            ]

        def clear(self) -> bytes:
            pending, self.pending = self.pending, b""
            return pending

    port = await wire.up(framing=Stx())
    asking = asyncio.create_task(port.ask("PV"))
    (await wire.far.heard("PV")).send(b"\x02412.5\x03")
    assert await asking == "12.5"
    asking = asyncio.create_task(port.ask("PV"))
    (await wire.far.heard("PV")).send(b"\x02312.5\x03")
    with pytest.raises(BadReply, match=r"the reply to 'PV' has a wrong checksum"):
        await asking


async def test_noise_before_a_reply_is_not_part_of_it(wire: Wire) -> None:
    port = await wire.up()
    wire.far.say(b"1")
    await eventually(lambda: port._wire.framing.pending)
    port._wire._tail_since -= 1.0  # a second ago
    asking = asyncio.create_task(port.ask("A?"))
    (await wire.far.heard("A?")).reply("23.1")
    assert await asking == "23.1"
    assert port.statistics.unclaimed == 1


async def test_the_right_answer_just_behind_garbage_answers_nobody_else(wire: Wire) -> None:
    port = await wire.up()
    asking = asyncio.create_task(port.ask("A?"))
    heard = await wire.far.heard("A?")
    heard.send(b"\xff\r\n")
    with pytest.raises(BadReply):
        await asking
    asking = asyncio.create_task(port.ask("B?"))
    await asyncio.sleep(0)
    heard.reply("a")
    (await wire.far.heard("B?")).reply("b")
    assert await asking == "b"


async def test_a_reply_that_is_missing_for_good_is_forgiven(line: Wire) -> None:
    port = await line.up(timeout=0.03, quiet=0.03)
    with pytest.raises(ReplyTimeout):
        await port.ask("UNKNOWN?")
    await line.far.heard("UNKNOWN?")
    line.far.answer = str.lower
    assert await port.ask("A?", timeout=2.0) == "a?"
    assert not port._wire._unresolved
    assert port.statistics.late == 0


async def test_events_go_on_while_a_late_reply_is_waited_for(line: Wire) -> None:
    port = await line.up(timeout=0.02, quiet=0.2)
    events: list[str] = []
    port.subscribe_lines("EVT", lambda event: events.append(event.value))
    with pytest.raises(ReplyTimeout):
        await port.ask("A?")
    heard = await line.far.heard("A?")
    heard.reply("EVT 1")
    heard.reply("late")
    await eventually(lambda: port.statistics.late == 1)
    assert events == ["EVT 1"]


async def test_lost_while_a_late_reply_is_waited_for(line: Wire) -> None:
    port = await line.up(timeout=0.02, quiet=30.0)
    with pytest.raises(ReplyTimeout):
        await port.ask("A?")
    waiting = asyncio.create_task(port.ask("B?"))
    await asyncio.sleep(0)
    await line.far.drop()
    with pytest.raises(LinkDown):
        await waiting
    line.far.answer = str.lower
    await port.wait_up(5.0)
    assert await port.ask("C?", timeout=2.0) == "c?"


async def test_the_alarm_of_a_dead_instrument_comes_at_once_for_all(line: Wire) -> None:
    """Twenty records of an instrument without power: two time-outs, not twenty."""
    port = await line.up(timeout=0.05, quiet=0.05)
    loop = asyncio.get_running_loop()
    begin = loop.time()
    results = await asyncio.gather(*(port.ask(f"Q{number}?") for number in range(20)), return_exceptions=True)
    assert loop.time() - begin < 0.5
    assert {type(result) for result in results} == {ReplyTimeout}


async def test_a_greeting_that_fails_is_no_connection(wire: Wire) -> None:
    async def greet(talk: Conversation) -> None:
        if await talk.ask("ADR 6") != "OK":
            raise BadReply("the instrument at address 6 is another one")

    wire.far.answer = lambda text: "NO"
    with pytest.raises(LinkDown, match="bath: the instrument at address 6 is another one"):
        async with wire.port(greet=greet):
            pass


async def test_lines_left_over_in_a_conversation_answer_nobody(wire: Wire) -> None:
    port = await wire.up()

    async def two() -> list[str]:
        async with port.conversation() as talk:
            first = await talk.ask("A?")
            await asyncio.sleep(0.01)
            return [first, await talk.ask("B?")]

    asking = asyncio.create_task(two())
    (await wire.far.heard("A?")).send(b"a\r\nsurplus\r\n")
    (await wire.far.heard("B?")).send(b"b\r\nmore\r\n")
    assert await asking == ["a", "b"]
    await eventually(lambda: port.statistics.unclaimed == 2)


async def test_traffic_is_traced_on_demand(wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "iocbridge.port.bath")
    wire.far.answer = str.lower
    port = await wire.up()
    await port.ask("A?")
    assert "bath > b'A?\\r\\n'" in caplog.text
    assert "bath < b'a?\\r\\n'" in caplog.text


async def test_usable_alone() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readline():
            writer.write(b"LSCI,MODEL336,123,1.0\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server, TcpPort("127.0.0.1", server.sockets[0].getsockname()[1]) as port:
        assert (await port.ask("*IDN?")).startswith("LSCI")
