"""What each fault looks like to aiohttp, which we did not write."""

from __future__ import annotations

import asyncio
import json
import time

import aiohttp
import pytest

import sim

URL = "/rpc/Switch.GetStatus?id=0"


@pytest.fixture
async def pair():
    async with sim.serve("shellyplug") as running, aiohttp.ClientSession(running.address) as http:
        yield running, http


async def status(http: aiohttp.ClientSession, seconds: float = 5.0) -> dict:
    # POST: aiohttp silently sends a GET again when the connection is lost
    async with http.post("/rpc/Switch.GetStatus", json={"id": 0}, timeout=aiohttp.ClientTimeout(seconds)) as response:
        response.raise_for_status()
        return await response.json()


@pytest.mark.parametrize(
    ("kind", "details", "error"),
    [
        ("silence", {}, TimeoutError),
        ("delay", {"seconds": 1.0}, TimeoutError),
        ("truncated", {"keep": 150}, aiohttp.ClientPayloadError),
        ("truncated", {"keep": 20}, aiohttp.ClientError),
        ("garbage", {}, json.JSONDecodeError),
        ("flood", {}, aiohttp.ClientError),
        ("drop", {}, aiohttp.ClientError),
        ("refuse", {}, aiohttp.ClientError),
        ("status", {"code": 503}, aiohttp.ClientResponseError),
    ],
)
async def test_a_fault_is_seen_once(pair, kind, details, error):
    running, http = pair
    running.fault(kind, **details)
    with pytest.raises(error):
        await status(http, 0.3)
    assert (await status(http))["output"] is False


async def test_pieces_make_a_whole(pair):
    running, http = pair
    running.fault("split", size=40, seconds=0.001)
    assert (await status(http))["id"] == 0


async def test_a_status_does_nothing_else(pair):
    running, http = pair
    running.fault("status", code=429)
    async with http.get("/rpc/Switch.Set?id=0&on=true") as response:
        assert response.status == 429
        assert (await response.json())["code"] == 429
    assert running.device.output is False


@pytest.mark.parametrize("key", ["apower", "/aenergy/total"])
async def test_a_missing_key(pair, key):
    running, http = pair
    running.fault("missing", key=key)
    part = await status(http)
    assert ("apower" in part, "total" in part["aenergy"]) == (key != "apower", key == "apower")


async def test_match_goes_by_the_request(pair):
    running, http = pair
    running.fault("status", code=500, match="Sys.GetStatus")
    assert (await status(http))["id"] == 0
    async with http.get("/rpc/Sys.GetStatus") as response:
        assert response.status == 500


async def test_reply_delay():
    async with (
        sim.serve("shellyplug", reply_delay=0.1) as running,
        aiohttp.ClientSession(running.address) as http,
    ):
        begin = time.monotonic()
        await status(http)
        assert time.monotonic() - begin >= 0.1


async def test_faults_over_a_websocket(pair):
    running, http = pair
    frame = {"id": 1, "src": "me", "method": "Switch.GetStatus", "params": {"id": 0}}
    async with http.ws_connect("/rpc") as socket:
        running.fault("garbage")
        await socket.send_json(frame)
        with pytest.raises(json.JSONDecodeError):
            json.loads(await socket.receive_str(timeout=5.0))
        running.fault("missing", key="apower")
        await socket.send_json(frame)
        assert "apower" not in (await socket.receive_json(timeout=5.0))["result"]
        running.fault("status", code=-108)
        await socket.send_json(frame)
        assert (await socket.receive_json(timeout=5.0))["error"]["code"] == -108
        running.fault("silence")
        await socket.send_json(frame)
        await socket.send_json({**frame, "id": 2})
        assert (await socket.receive_json(timeout=5.0))["id"] == 2
        running.fault("drop")
        await socket.send_json(frame)
        assert (await socket.receive(timeout=5.0)).type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)


async def test_a_request_may_come_in_pieces(pair):
    running, _http = pair
    host, port = running.address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    body = b'{"id": 1, "method": "Switch.Toggle", "params": {"id": 0}}'
    head = f"POST /rpc HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    for piece in (head[:10], head[10:], body[:5], body[5:]):
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0.01)
    assert b'"was_on": false' in await reader.read()
    writer.close()
    await writer.wait_closed()


async def test_too_long_a_request_is_refused(pair):
    running, _http = pair
    host, port = running.address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET /" + b"x" * 70_000)
    assert (await reader.readline()).startswith(b"HTTP/1.1 413")
    writer.close()
    await writer.wait_closed()


async def test_a_bad_length_is_refused(pair):
    running, http = pair
    host, port = running.address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST /rpc HTTP/1.1\r\nContent-Length: many\r\n\r\n")
    assert (await reader.readline()).startswith(b"HTTP/1.1 400")
    writer.close()
    await writer.wait_closed()
    assert (await status(http))["id"] == 0
