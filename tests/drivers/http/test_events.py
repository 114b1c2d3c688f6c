"""Server-sent events: the parser by the examples of the standard, the channel against a real server."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from drivers.backoff import Backoff
from drivers.errors import DriverError, LinkDown, ReplyTimeout
from drivers.http.events import MAX_EVENT, Event, EventStream
from drivers.http.port import HttpPort
from drivers.http.questions import Events, Get, Push, Pushed
from tests.drivers.http.servers import serving
from tests.waiting import eventually

# HTML Living Standard, 9.2.6: the examples
EXAMPLES = [
    (b"data: YHOO\ndata: +2\ndata: 10\n\n", [Event("message", "YHOO\n+2\n10", "")]),
    (
        b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
        [
            Event("message", "first event", "1"),
            Event("message", "second event", ""),
            Event("message", " third event", ""),
        ],
    ),
    (b"data\n\ndata\ndata\n\ndata:", [Event("message", "", ""), Event("message", "\n", "")]),
    (b"data:test\n\ndata: test\n\n", [Event("message", "test", ""), Event("message", "test", "")]),
    (b"\xef\xbb\xbfevent: state\r\nid: 7\r\ndata: {}\r\n\r\n", [Event("state", "{}", "7")]),
    (b"event: a\rdata: 1\r\r", [Event("a", "1", "")]),
    (b"id: 1\0\ndata: x\n\n", [Event("message", "x", "")]),
    (b"event: dropped\n\ndata: y\n\n", [Event("message", "y", "")]),
]  # fmt: skip


@pytest.mark.parametrize(("stream", "events"), EXAMPLES)
@given(cuts=st.lists(st.integers(0, 200)))
def test_the_examples_of_the_standard_in_any_slices(stream: bytes, events: list[Event], cuts: list[int]) -> None:
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    parser = EventStream()
    found = [event for a, b in itertools.pairwise(edges) for event in parser.feed(stream[a:b])]
    found += parser.feed(b"\n") if stream.endswith(b"\r") else []  # whether that CR was a whole line end shows now
    assert found == events


@given(st.lists(st.binary(max_size=60)))
def test_any_bytes_are_survived(chunks: list[bytes]) -> None:
    parser = EventStream()
    for chunk in chunks:
        parser.feed(chunk)


def test_retry_and_the_last_id() -> None:
    parser = EventStream("3")
    assert parser.feed(b"retry: 1500\nretry: soon\ndata: x\n\n") == [Event("message", "x", "3")]
    assert (parser.retry, parser.last_id) == (1.5, "3")


@pytest.mark.parametrize("line", [b"data: " + b"a" * MAX_EVENT, b"data: a\n" * (MAX_EVENT // 7 + 1)])
def test_an_event_without_end_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match="more than"):
        EventStream().feed(line)


class Node:
    """An instrument with an event stream at /events and its full status at /status."""

    def __init__(self) -> None:
        self.status: dict[str, Any] = {"v": 0}
        self.streams: list[web.StreamResponse] = []
        self.asked: list[str] = []  # the last ids that were named
        self.polls = 0
        self._ends: list[asyncio.Event] = []

    @property
    def app(self) -> web.Application:
        app = web.Application()
        app.add_routes([web.get("/events", self.listen), web.get("/status", self.poll)])
        return app

    async def poll(self, _request: web.Request) -> web.Response:
        self.polls += 1
        return web.json_response(self.status)

    async def listen(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.headers.get("Last-Event-ID", ""))
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        await stream.prepare(request)
        end = asyncio.Event()
        self.streams.append(stream)
        self._ends.append(end)
        await end.wait()
        self.streams.remove(stream)
        return stream

    async def send(self, text: str) -> None:
        for stream in tuple(self.streams):
            await stream.write(text.encode())

    def hang_up(self) -> None:
        for end in self._ends:
            end.set()


@contextlib.asynccontextmanager
async def listening(
    events: Events, *questions: Any, timeout: float = 5.0
) -> AsyncIterator[tuple[Node, HttpPort, list[Any]]]:
    node = Node()
    async with serving(node.app) as url:
        port = HttpPort(url, name="node", timeout=5, push=events, backoff=Backoff(first=0.02, longest=0.05))
        points = [port.point(question) for question in questions]
        async with port:
            push = port._push
            assert push is not None
            await eventually(lambda: push.fault is None and node.streams)
            yield node, port, points
        node.hang_up()


def heard_by(point: Any) -> list[Any]:
    values: list[Any] = []
    point.subscribe(lambda reading: values.append(reading.value))
    return values


async def test_events_reach_the_points_that_they_are_meant_for() -> None:
    """As an ESPHome node speaks: one entity a frame, named inside it, and a ping of another kind."""
    async with listening(
        Events("/events"),
        Pushed("/value", when={"/event": "state", "/data/id": "sensor-temp"}),
        Pushed("/value", when={"/data/id": "sensor-hum"}),
        Pushed("/state", as_=str, when={"/event": "log"}),
    ) as (node, _, points):
        values = [heard_by(point) for point in points]
        await node.send('event: ping\ndata: {"title":"node"}\n\n')
        await node.send('event: state\ndata: {"id":"sensor-temp","value":21.5}\n\n')
        await node.send('event: state\ndata: {"id":"sensor-hum","value":40}\n\nevent: log\ndata: not JSON\n\n')
        await node.send('event: state\ndata: {"id":"sensor-temp","value":22}\n\n')
        await eventually(lambda: values == [[21.5, 22], [40], []])


async def test_a_stream_that_breaks_comes_back_where_it_was_and_what_can_be_polled_is_polled() -> None:
    async with listening(Events("/events"), Get("/status", "/v", push="/v"), Pushed("/v")) as (
        node,
        port,
        [both, heard],
    ):
        values = heard_by(both)
        changes: list[DriverError | None] = []
        heard.watch(changes.append)
        await node.send('id: 41\ndata: {"v":1}\n\n')
        await eventually(lambda: values == [1])
        node.status = {"v": 7}  # while nobody listens
        node.hang_up()
        await eventually(lambda: len(node.asked) == 2 and values == [1, 7])
        assert node.asked == ["", "41"]
        assert [type(change) for change in changes] == [LinkDown, type(None)]
        assert "the event stream ended" in str(changes[0])
        assert port.fault is None


async def test_a_gap_in_the_sequence_is_found_and_made_good() -> None:
    async with listening(Events("/events", sequence="/data/n"), Get("/status", "/v", push="/v")) as (
        node,
        port,
        [point],
    ):
        values = heard_by(point)
        for n, v in ((1, 10), (2, 20)):
            await node.send(f'data: {{"n":{n},"v":{v}}}\n\n')
        await node.send('data: {"v":25}\n\n')  # carries no number
        await eventually(lambda: values == [10, 20, 25])
        assert node.polls <= 1  # only to find out whether it is there
        node.status = {"v": 99}
        await node.send('data: {"n":5,"v":50}\n\n')
        await eventually(lambda: values == [10, 20, 25, 50, 99])
        push = port._push
        assert push is not None
        assert push.gaps == 1


async def test_a_silent_stream_is_dead() -> None:
    async with listening(Events("/events", silence=0.2), Pushed("/v")) as (node, _, [heard]):
        changes: list[DriverError | None] = []
        heard.watch(changes.append)
        await eventually(lambda: len(node.asked) >= 2)
        assert "nothing heard for 0.2 s" in str(changes[0])


async def test_what_is_no_event_stream() -> None:
    async with listening_to_nothing() as port:
        heard = port.point(Pushed("/v"))
        push = port._push
        assert push is not None
        await eventually(lambda: "no event stream at /status: 200 OK, application/json" in str(push.fault))
        with pytest.raises(LinkDown):
            await heard.read()  # type: ignore[attr-defined]


@contextlib.asynccontextmanager
async def listening_to_nothing() -> AsyncIterator[HttpPort]:
    async with serving(Node().app) as url, HttpPort(url, name="node", push=Events("/status")) as port:
        yield port


async def test_a_websocket_finds_gaps_too_and_says_hello_again() -> None:
    hellos = 0
    sockets: list[web.WebSocketResponse] = []

    async def listen(request: web.Request) -> web.WebSocketResponse:
        nonlocal hellos
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        sockets.append(socket)
        async for _message in socket:
            hellos += 1
            await socket.send_json({"id": 1, "result": {"v": 100 + hellos}})
        return socket

    app = web.Application()
    app.add_routes([web.get("/ws", listen)])
    push = Push("/ws", {"id": 1, "method": "status"}, sequence="/n")
    async with serving(app) as url:
        port = HttpPort(url, name="node", push=push, timeout=5)
        point = port.point(Pushed("/v"))
        values = heard_by(point)
        async with port:
            await eventually(lambda: values == [101])
            for n in (7, 8, 10):
                await sockets[0].send_json({"n": n, "params": {"v": n}})
            await eventually(lambda: values == [101, 7, 8, 10, 102])
            assert (await point.read()).value == 102


async def test_nothing_heard_yet_is_no_value() -> None:
    async with listening(Events("/events"), Pushed("/v")) as (_, _, [heard]):
        with pytest.raises(ReplyTimeout):
            await heard.read()
