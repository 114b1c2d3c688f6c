from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from drivers.errors import ReplyTimeout, UsageError
from drivers.http.port import HttpPort
from drivers.http.questions import Events, Get
from drivers.http.slots import Slots
from tests.drivers.http.servers import RawServer, response, serving
from tests.waiting import eventually


async def test_slots_are_handed_on_and_never_lost() -> None:
    slots = Slots(2)
    await slots.take()
    await slots.take()
    waiting = [asyncio.create_task(slots.take()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    slots.give()
    waiting[1].cancel()  # it was given one in this very moment
    await asyncio.gather(*waiting, return_exceptions=True)
    assert [task.cancelled() for task in waiting] == [True, True, False]
    assert slots.taken == 2
    slots.give()
    slots.give()
    assert slots.taken == 0


async def test_ports_of_one_host_share_its_connections() -> None:
    open_now = most = 0

    async def count(server: RawServer, _request: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        await asyncio.sleep(0.01)
        writer.write(response({"v": 1}))
        await writer.drain()
        writer.close()
        open_now -= 1

    async with RawServer(count) as server:
        ports = [HttpPort(server.url, name=f"p{n}", timeout=10, connections=2) for n in range(6)]
        for port in ports:
            await port.start()
            await port.wait_up(10)
        await asyncio.gather(*(port.get("/v") for port in ports for _ in range(3)))
        for port in ports:
            await port.stop()
        assert most == 2
        with pytest.raises(UsageError, match="connections=3, but another port"):
            HttpPort(server.url, connections=3)


async def test_a_push_channel_takes_one() -> None:
    async def events(request: web.Request) -> web.StreamResponse:
        if request.path != "/events":
            return web.json_response({"v": 1})
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        await asyncio.Event().wait()
        return stream

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", events)
    async with serving(app) as url:
        port = HttpPort(url, timeout=0.3, connections=1, push=Events("/events"))
        await port.start()
        push = port._push
        assert push is not None
        await eventually(lambda: push.fault is None)
        await port.wait_up(10)
        with pytest.raises(ReplyTimeout, match="not sent, none of the 1 connections was free"):
            await port.point(Get("/v")).read()
        await port.stop()
