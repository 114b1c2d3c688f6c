"""Another server while an HTTP port runs, what its trace shows, and questions asked by POST and PATCH."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from drivers.errors import BadReply, LinkDown, UsageError
from drivers.http.port import HttpPort
from drivers.http.questions import VALUE, Get, Patch, Push, Pushed, Query
from tests.drivers.http.servers import RawServer, response, serving
from tests.waiting import eventually


@contextlib.asynccontextmanager
async def instrument(number: int) -> AsyncIterator[str]:
    """A server with an ETag that all of its kind share; it pushes its number when greeted."""

    async def handle(request: web.Request) -> web.StreamResponse:
        if request.path == "/ws":
            socket = web.WebSocketResponse()
            await socket.prepare(request)
            async for message in socket:
                await socket.send_str(json.dumps({"heard": message.data, "number": number}))
            return socket
        if request.headers.get("If-None-Match") == '"v1"':
            return web.Response(status=304, headers={"ETag": '"v1"'})
        return web.json_response({"number": number}, headers={"ETag": '"v1"'})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    async with serving(app) as url:
        yield url


async def test_another_server() -> None:
    async with instrument(1) as first, instrument(2) as second:
        port = HttpPort(first, timeout=10, push=Push("/ws", "hello"))
        polled, pushed = port.point(Get("/v", "/number")), port.point(Pushed("/number"))
        heard: list[Any] = []
        pushed.subscribe(lambda reading: heard.append(reading.value))  # type: ignore[attr-defined]
        async with port:
            await eventually(lambda: heard == [1])
            assert (await polled.read()).value == (await polled.read()).value == 1
            port.change(address=second)
            await port.wait_up(10)
            assert (await polled.read()).value == 2  # and not "304 Not Modified" of the first one's
            await eventually(lambda: heard == [1, 2])
            assert (port.where, port.name) == (second, second.removeprefix("http://"))
            port.change(address=first.removeprefix("http://"))
            await port.wait_up(10)
            assert (await polled.read()).value == 1
            for wrong in ({"address": "ftp://x"}, {"address": "http://"}, {"unit": 3}):
                with pytest.raises(UsageError):
                    port.change(**wrong)
            assert port.where == first
            assert (await polled.read()).value == 1


async def test_disconnected_on_purpose_with_its_push_channel() -> None:
    async with instrument(1) as url, HttpPort(url, timeout=10, push=Push("/ws", "hello")) as port:
        pushed = port.point(Pushed("/number"))
        await eventually(lambda: pushed.fault is None)  # type: ignore[attr-defined]
        faults: list[str] = []
        pushed.watch(lambda fault: faults.append(str(fault)))
        port.disconnect()
        assert len(faults) == 1
        assert "disconnected on purpose" in faults[0]
        with pytest.raises(LinkDown, match="disconnected on purpose"):
            await port.get("/v")
        port.connect()
        await port.wait_up(10)
        await eventually(lambda: faults[1:] == ["None"])


async def test_the_trace_shows_requests_answers_and_pushes_but_no_secrets() -> None:
    async with instrument(5) as url:
        port = HttpPort(
            url, timeout=10, token="s3cret", query={"password": "s3cret"}, push=Push("/ws", {"src": "me"}, under=("",))
        )
        value = port.point(Get("/v", "/number"))
        async with port:
            await value.read()
            await port.post("/set", {"to": 7})
            await eventually(lambda: any(event.kind == "<" and b"heard" in event.data for event in port.trace.recent()))
            events = port.trace.recent()
        sent = [event.data for event in events if event.kind == ">"]
        assert b"GET /v" in sent
        assert b'POST /set {"to":7}' in sent
        assert b'{"src":"me"}' in sent
        assert b'200 OK {"number": 5}' in [event.data for event in events if event.kind == "<"]
        assert b"push channel connected" in [event.data for event in events if event.kind == "*"]
        assert not any(b"s3cret" in event.data for event in events)
        assert [event.number for event in events] == list(range(1, len(events) + 1))


async def test_values_that_are_asked_for_by_post() -> None:
    async def behave(server: RawServer, request: bytes, writer: asyncio.StreamWriter) -> None:
        method, _, rest = request.partition(b" ")
        asked = json.loads(rest.partition(b"\r\n\r\n")[2]) if method == b"POST" else {"id": 0, "method": ""}
        writer.write(response({"id": asked["id"], "result": {"power": len(asked["method"]), "volts": 230}}))

    async with RawServer(behave) as server, HttpPort(server.url, timeout=10) as port:
        short, long = ({"id": 1, "method": method} for method in ("Get", "GetStatus"))
        questions = (
            Query("/rpc", "/result/power", body=short),
            Query("/rpc", "/result/volts", body=short, scale=0.1),
            Query("/rpc", "/result/power", body=long),
            Get("/rpc", "/result/power"),
        )
        readings = await asyncio.gather(*(port.point(question).read() for question in questions))
        assert [reading.value for reading in readings] == [3, pytest.approx(23.0), 9, 0]
        assert [request.partition(b" ")[0] for request in server.requests] == [b"POST", b"POST", b"GET"]
        assert readings[0].time_ns == readings[1].time_ns
        with pytest.raises(BadReply, match=r"POST /rpc.*nothing"):
            await port.point(Query("/rpc", "/result/nothing", body=short)).read()
        with pytest.raises(UsageError, match="not JSON"):
            port.point(Query("/rpc", body={"id": object()}))


async def test_a_patch() -> None:
    async def behave(server: RawServer, request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(response({}))

    async with RawServer(behave) as server, HttpPort(server.url, timeout=10) as port:
        await port.point(Patch("/config/{:.0f}", {"on": VALUE})).write(1.0)
        await port.patch("/config", {"name": "x"})
        assert [request.split(b"\r\n")[0] for request in server.requests] == [
            b"PATCH /config/1 HTTP/1.1",
            b"PATCH /config HTTP/1.1",
        ]
        assert [request.rpartition(b"\r\n")[2] for request in server.requests] == [b'{"on":1.0}', b'{"name":"x"}']
