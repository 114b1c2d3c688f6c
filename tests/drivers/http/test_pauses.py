from __future__ import annotations

import asyncio
import itertools
from email.utils import formatdate

import pytest

from drivers.backoff import Backoff
from drivers.errors import BadReply, Refused
from drivers.http.pauses import LONGEST, Pauses, retry_after
from drivers.http.port import HttpPort
from drivers.http.questions import VALUE, Get, Post
from tests.drivers.http.servers import RawServer, response
from tests.waiting import eventually

NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        (" 12 ", 12.0),
        ("99999999999999", LONGEST),
        (formatdate(NOW + 30, usegmt=True), 30.0),
        (formatdate(NOW - 30, usegmt=True), 0.0),
        (formatdate(NOW + 1e6, usegmt=True), LONGEST),
        ("Tue, 14 Nov 2023 22:13:30 -0000", 10.0),
        ("-1", None),
        ("soon", None),
        ("", None),
        ("١٢", None),
    ],
)
def test_retry_after(text: str, seconds: float | None) -> None:
    assert retry_after(text, NOW) == seconds


def test_a_server_is_left_alone_for_as_long_as_it_says() -> None:
    pauses = Pauses(0.0, Backoff(first=1.0, longest=8.0, jitter=0.0))
    pauses.answered(429, 5.0, now=100.0)
    assert pauses.closed(101.0) == 4.0
    assert pauses.closed(105.0) == 0.0
    for expected in (2.0, 4.0, 8.0, 8.0):  # a second, third ... refusal in a row that names no time
        pauses.answered(429, None, now=200.0)
        assert pauses.closed(200.0) == expected
    pauses.answered(200, None, now=300.0)
    pauses.answered(429, None, now=300.0)
    assert pauses.closed(300.0) == 1.0
    pauses.answered(503, None, now=400.0)  # names no time: polling goes on
    assert pauses.closed(400.0) == 0.0
    pauses.answered(503, 7.0, now=400.0)
    assert pauses.closed(400.0) == 7.0


def test_the_interval() -> None:
    pauses = Pauses(2.0, Backoff())
    assert pauses.wait(100.0) == 0.0
    pauses.sent(100.0)
    assert pauses.wait(100.5) == 1.5
    assert Pauses(0.0, Backoff()).wait(0.0) == 0.0


async def test_nothing_is_sent_while_the_server_wants_to_be_left_alone() -> None:
    async def busy(server: RawServer, _request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(response({}, status="429 Too Many Requests", headers="Retry-After: 300\r\n"))

    async with RawServer(busy) as server, HttpPort(server.url, name="relay", timeout=5) as port:
        with pytest.raises(BadReply, match="relay: GET /v: 429 Too Many Requests"):
            await port.get("/v")
        with pytest.raises(BadReply, match=r"GET /v: not sent, the server wants no request for another \d"):
            await port.get("/v")
        with pytest.raises(Refused, match="POST /set: not sent"):
            await port.point(Post("/set", {"v": VALUE})).write(1)
        assert len(server.requests) == 1
        assert port.fault is None


async def test_a_short_pause_ends() -> None:
    async def once(server: RawServer, _request: bytes, writer: asyncio.StreamWriter) -> None:
        first = len(server.requests) == 1
        headers = "Retry-After: 1\r\n" if first else ""
        writer.write(response({"v": 1}, status="503 Busy" if first else "200 OK", headers=headers))

    async with RawServer(once) as server, HttpPort(server.url, timeout=5) as port:
        point = port.point(Get("/v", "/v"))

        async def read() -> bool:
            try:
                return (await point.read()).value == 1
            except BadReply:
                return False

        assert not await read()
        await eventually(read)
        assert len(server.requests) == 2


async def test_requests_keep_their_distance() -> None:
    times: list[float] = []

    async def note(_server: RawServer, _request: bytes, writer: asyncio.StreamWriter) -> None:
        times.append(asyncio.get_running_loop().time())
        writer.write(response({"v": 1}))

    async with RawServer(note) as server, HttpPort(server.url, timeout=5, interval=0.15) as port:
        await asyncio.gather(port.get("/a"), port.get("/b"), port.post("/c", 1))
    assert min(later - earlier for earlier, later in itertools.pairwise(times)) > 0.1


async def test_what_has_not_changed_is_not_sent_again() -> None:
    value, sent = 1, 0

    async def tagged(_server: RawServer, request: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        tag = f'"{value}"'
        if f"If-None-Match: {tag}".encode() in request:
            writer.write(f"HTTP/1.1 304 Not Modified\r\nETag: {tag}\r\n\r\n".encode())
            return
        sent += 1
        writer.write(response({"v": value}, headers=f"ETag: {tag}\r\n"))

    async with RawServer(tagged) as server, HttpPort(server.url, timeout=5) as port:
        point = port.point(Get("/v", "/v"))
        readings = [await point.read() for _ in range(3)]
        assert [reading.value for reading in readings] == [1, 1, 1]
        assert readings[0].time_ns < readings[2].time_ns  # type: ignore[operator]  # it was still true then
        value = 2
        assert (await point.read()).value == 2
        assert sent == 2
        async with HttpPort(server.url, timeout=5, etag=False) as other:
            assert [await other.get("/v", "/v") for _ in range(2)] == [2, 2]
        assert sent == 4


async def test_a_304_that_nobody_asked_for_is_no_value() -> None:
    async def lazy(_server: RawServer, _request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 304 Not Modified\r\n\r\n")

    async with RawServer(lazy) as server, HttpPort(server.url, timeout=5) as port:
        with pytest.raises(BadReply, match="304"):
            await port.get("/v")
