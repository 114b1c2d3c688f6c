"""What each fault looks like to a client that asks in lines."""

from __future__ import annotations

import time

import pytest

import sim
from tests.sim.clients import Line, line

GOOD = b"+055.500\r\n"


async def asked(client: Line, question: str = "SETP? 1") -> bytes:
    client.tell(question)
    return await client.raw()


@pytest.fixture
async def pair():
    async with sim.serve("lakeshore336", clock=sim.HandClock()) as running, line(running.address) as client:
        client.tell("SETP 1,55.5")
        assert await asked(client) == GOOD
        yield running, client


async def test_silence(pair):
    running, client = pair
    running.fault("silence")
    client.tell("SETP? 1")
    assert await client.silent()
    assert await asked(client) == GOOD


async def test_what_is_not_answered_was_still_obeyed(pair):
    running, client = pair
    running.fault("silence")
    client.tell("SETP 1,60;SETP? 1")
    assert await client.silent()
    assert running.device.get("output.1.setpoint") == 60.0


async def test_delay(pair):
    running, client = pair
    running.fault("delay", seconds=0.15)
    begin = time.monotonic()
    assert await asked(client) == GOOD
    assert 0.15 <= time.monotonic() - begin < 1.0


async def test_truncated(pair):
    running, client = pair
    running.fault("truncated", keep=4)
    client.tell("SETP? 1")
    assert await client.reader.readexactly(4) == b"+055"
    assert await client.silent()


async def test_split(pair):
    running, client = pair
    running.fault("split", size=3, seconds=0.02)
    client.tell("SETP? 1")
    pieces = [await client.reader.read(100)]
    while not pieces[-1].endswith(b"\n"):
        pieces.append(await client.reader.read(100))
    assert b"".join(pieces) == GOOD
    assert len(pieces) > 1


async def test_garbage_ends_like_a_line_and_is_no_number(pair):
    running, client = pair
    running.fault("garbage", times=3)
    for _ in range(3):
        reply = await asked(client)
        assert len(reply) == len(GOOD)
        with pytest.raises(ValueError, match="could not convert"):
            float(reply)
    assert await asked(client) == GOOD


async def test_garbage_is_the_same_for_the_same_seed():
    async def garbage(seed: int) -> bytes:
        async with sim.serve("lakeshore336", seed=seed) as running, line(running.address) as client:
            running.fault("garbage")
            return await asked(client)

    assert await garbage(1) == await garbage(1)
    assert await garbage(1) != await garbage(2)


async def test_echo(pair):
    running, client = pair
    running.fault("echo")
    assert [await asked(client), await client.raw()] == [b"SETP? 1\r\n", GOOD]


async def test_echo_of_a_command_without_reply(pair):
    running, client = pair
    running.fault("echo")
    assert await asked(client, "RANGE 1,1") == b"RANGE 1,1\r\n"


async def test_unsolicited_line_in_the_middle(pair):
    running, client = pair
    running.fault("unsolicited", text="ALARM A")
    assert [await asked(client), await client.raw()] == [b"ALARM A\r\n", GOOD]


async def test_duplicate(pair):
    running, client = pair
    running.fault("duplicate")
    assert [await asked(client), await client.raw()] == [GOOD, GOOD]


async def test_flood(pair):
    running, client = pair
    running.fault("flood", size=200_000)
    client.tell("SETP? 1")
    assert b"\n" not in await client.reader.readexactly(200_000)


async def test_drop(pair):
    running, client = pair
    running.fault("drop")
    client.tell("SETP? 1")
    with pytest.raises(ConnectionResetError):
        await client.raw()
    async with line(running.address) as again:
        assert await asked(again) == GOOD


async def test_match_and_clear(pair):
    running, client = pair
    running.fault("silence", match="KRDG? B", times=None)
    assert await asked(client) == GOOD
    client.tell("KRDG? B")
    assert await client.silent()
    running.clear_faults()
    assert await client.ask("KRDG? B")


@pytest.mark.parametrize("kind", ["checksum", "foreign", "exception", "status", "missing", "tangle"])
async def test_faults_that_lines_do_not_have_are_refused(pair, kind):
    running, _client = pair
    with pytest.raises(ValueError, match=f"no fault '{kind}' on this wire"):
        running.fault(kind)


async def test_a_line_without_end_does_not_fill_the_memory(pair):
    _running, client = pair
    client.writer.write(b"x" * 1_000_000 + b"\r\n")
    assert await asked(client) == GOOD


async def test_requests_can_be_counted(pair):
    running, client = pair
    await client.ask("KRDG? A")
    assert running.requests == [b"SETP 1,55.5\r\n", b"SETP? 1\r\n", b"KRDG? A\r\n"]
    assert next(entry.data for entry in running.transcript if entry.sent) == GOOD
