"""The plug over HTTP and WebSocket, by aiohttp."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

import sim


@asynccontextmanager
async def plug(**options: Any) -> AsyncIterator[tuple[sim.Running, aiohttp.ClientSession]]:
    async with (
        sim.serve("shellyplug", **options) as running,
        aiohttp.ClientSession(running.address, timeout=aiohttp.ClientTimeout(5.0)) as http,
    ):
        yield running, http


async def get(http: aiohttp.ClientSession, path: str, status: int = 200) -> Any:
    async with http.get(path) as response:
        assert response.status == status, await response.text()
        return await response.json()


async def post(http: aiohttp.ClientSession, path: str, document: Any, status: int = 200) -> Any:
    async with http.post(path, json=document) as response:
        assert response.status == status, await response.text()
        return await response.json()


async def receive(socket: aiohttp.ClientWebSocketResponse) -> Any:
    return json.loads(await socket.receive_str(timeout=5.0))


# --- HTTP -----------------------------------------------------------------------------------------------------------


async def test_the_same_call_in_three_forms():
    async with plug() as (running, http):
        assert await get(http, "/rpc/Switch.Set?id=0&on=true") == {"was_on": False}
        assert running.device.output is True
        assert await post(http, "/rpc/Switch.Set", {"id": 0, "on": False}) == {"was_on": True}
        frame = {"id": 5, "src": "user_1", "method": "Switch.Toggle", "params": {"id": 0}}
        reply = await post(http, "/rpc", frame)
        assert reply == {"id": 5, "src": running.device.id, "dst": "user_1", "result": {"was_on": False}}


async def test_a_status_has_the_keys_of_a_recorded_plug():
    async with plug() as (running, http):
        status = await get(http, "/rpc/Shelly.GetStatus")
        assert set(status) == {"ble", "cloud", "mqtt", "plugs_ui", "switch:0", "sys", "wifi", "ws"}
        switch = status["switch:0"]
        assert set(switch) == {
            "id", "source", "output", "apower", "voltage", "current", "aenergy", "temperature"
        }  # fmt: skip
        assert set(switch["aenergy"]) == {"total", "by_minute", "minute_ts"}
        assert await get(http, "/rpc/Switch.GetStatus?id=0") == switch
        assert (await get(http, "/rpc/Switch.GetConfig?id=0"))["power_limit"] == 2500
        assert (await get(http, "/rpc/Sys.GetStatus"))["mac"] == running.device.mac
        info = await get(http, "/shelly")
        assert info == await get(http, "/rpc/Shelly.GetDeviceInfo")
        assert (info["gen"], info["model"], info["app"]) == (2, "SNPL-00112EU", "PlusPlugS")
        assert "Switch.Set" in (await get(http, "/rpc/Shelly.ListMethods"))["methods"]


@pytest.mark.parametrize(
    ("path", "status", "code", "message"),
    [
        ("/rpc/Foo.Bar", 404, 404, "No handler for Foo.Bar"),
        ("/rpc/Switch.GetStatus", 500, -103, "Missing required 'id'"),
        ("/rpc/Switch.GetStatus?id=7", 500, -105, "Bad id=7"),
        ("/rpc/Switch.Set?id=0", 500, -103, "Missing required 'on'"),
        ("/rpc/Switch.Set?id=0&on=maybe", 500, -103, 'Bad on="maybe"'),
        ("/nowhere", 404, 404, "Not Found"),
    ],
)
async def test_errors_are_those_of_the_documentation(path, status, code, message):
    async with plug() as (running, http):
        assert await get(http, path, status) == {"code": code, "message": message}
        assert running.device.output is False


async def test_an_error_in_a_frame_is_in_the_frame():
    async with plug() as (running, http):
        reply = await post(http, "/rpc", {"id": 1, "method": "Switch.GetStatus"})
        assert reply == {
            "id": 1, "src": running.device.id, "error": {"code": -103, "message": "Missing required 'id'"}
        }  # fmt: skip


async def test_power_follows_the_relay_and_energy_adds_it_up():
    clock = sim.HandClock()
    async with plug(clock=clock) as (running, http):
        running.device.meter.flicker = 0.0
        running.device.set("meter.load", 1000)
        start = await get(http, "/rpc/Switch.GetStatus?id=0")
        assert start["apower"] == 0.0
        await get(http, "/rpc/Switch.Set?id=0&on=true")
        clock.advance(0.5)
        on = await get(http, "/rpc/Switch.GetStatus?id=0")
        assert on["apower"] == 1000.0
        assert on["current"] == pytest.approx(1000.0 / (on["voltage"] * 0.95), rel=1e-3)
        clock.advance(3600.0)
        later = await get(http, "/rpc/Switch.GetStatus?id=0")
        assert later["aenergy"]["total"] - on["aenergy"]["total"] == pytest.approx(1000.0)
        assert later["aenergy"]["by_minute"] == pytest.approx([1000.0 / 60.0 * 1000.0] * 3)
        assert later["aenergy"]["minute_ts"] == int(clock.now() // 60) * 60
        assert later["temperature"]["tC"] == pytest.approx(45.0, abs=0.1)
        assert later["temperature"]["tF"] == pytest.approx(113.0, abs=0.2)
        assert await get(http, "/rpc/Switch.ResetCounters?id=0") == {"aenergy": {"total": later["aenergy"]["total"]}}
        assert (await get(http, "/rpc/Switch.GetStatus?id=0"))["aenergy"]["total"] == 0.0


async def test_the_flip_back_timer():
    clock = sim.HandClock()
    async with plug(clock=clock) as (_running, http):
        await get(http, "/rpc/Switch.Set?id=0&on=true&toggle_after=10")
        status = await get(http, "/rpc/Switch.GetStatus?id=0")
        assert (status["output"], status["timer_duration"]) == (True, 10)
        clock.advance(10.5)
        status = await get(http, "/rpc/Switch.GetStatus?id=0")
        assert (status["output"], status["source"]) == (False, "timer")
        assert "timer_duration" not in status


async def test_too_much_power_switches_it_off():
    clock = sim.HandClock()
    async with plug(clock=clock) as (running, http):
        running.device.set("meter.load", 3000)
        await get(http, "/rpc/Switch.Set?id=0&on=true")
        clock.advance(1.0)
        status = await get(http, "/rpc/Switch.GetStatus?id=0")
        assert (status["output"], status["errors"]) == (False, ["overpower"])
        await get(http, "/rpc/Switch.Set?id=0&on=true")
        assert "errors" not in await get(http, "/rpc/Switch.GetStatus?id=0")


async def test_no_keep_alive_and_no_more_than_six_connections():
    async with plug() as (running, http):
        async with http.get("/shelly") as response:
            assert response.headers["Connection"] == "close"
        host, port = running.address.removeprefix("http://").split(":")
        held = [await asyncio.open_connection(host, int(port)) for _ in range(6)]
        with pytest.raises(aiohttp.ClientError):
            await get(http, "/shelly")
        for _reader, writer in held:
            writer.close()
            await writer.wait_closed()


# --- authentication -------------------------------------------------------------------------------------------------


async def test_digest_over_http():
    async with plug(password="secret") as (running, http):
        assert (await get(http, "/rpc/Shelly.GetDeviceInfo"))["auth_en"] is True
        async with http.get("/rpc/Shelly.GetStatus") as response:
            assert response.status == 401
            challenge = response.headers["WWW-Authenticate"]
            assert challenge.startswith(f'Digest qop="auth", realm="{running.device.id}"')
            assert "SHA-256" in challenge
        for password, status in (("secret", 200), ("wrong", 401)):
            digest = aiohttp.DigestAuthMiddleware("admin", password)
            async with http.get("/rpc/Switch.GetStatus?id=0", middlewares=(digest,)) as response:
                assert response.status == status
            async with http.post("/rpc", json={"id": 1, "method": "Sys.GetStatus"}, middlewares=(digest,)) as response:
                assert response.status == status


async def test_a_nonce_that_it_never_gave_is_worth_nothing():
    async with plug(password="secret") as (running, http):
        forged = _header(running.device.id, "secret", "/shelly2", nonce="1234abcd")
        async with http.get("/rpc/Sys.GetStatus", headers={"Authorization": forged}) as response:
            assert response.status == 401


def _sha(*parts: str) -> str:
    return hashlib.sha256(":".join(parts).encode()).hexdigest()


def _header(realm: str, password: str, uri: str, nonce: str) -> str:
    response = _sha(_sha("admin", realm, password), nonce, "00000001", "c", "auth", _sha("GET", uri))
    fields = {"username": "admin", "realm": realm, "nonce": nonce, "uri": uri, "cnonce": "c", "response": response}
    return "Digest " + ", ".join(f'{name}="{value}"' for name, value in fields.items()) + ", qop=auth, nc=00000001"


async def test_auth_object_over_websocket():
    async with plug(password="secret") as (running, http), http.ws_connect("/rpc") as socket:
        await socket.send_json({"id": 1, "src": "me", "method": "Sys.GetStatus"})
        refusal = await receive(socket)
        assert refusal["error"]["code"] == 401
        challenge = json.loads(refusal["error"]["message"])
        realm, nonce = challenge["realm"], challenge["nonce"]
        ha2 = _sha("dummy_method", "dummy_uri")
        for password, key in (("wrong", "error"), ("secret", "result")):
            response = _sha(_sha("admin", realm, password), str(nonce), "1", "77", "auth", ha2)
            auth = {"realm": realm, "username": "admin", "nonce": nonce, "cnonce": 77, "response": response}
            frame = {"id": 2, "src": "me", "method": "Sys.GetStatus", "auth": {**auth, "algorithm": "SHA-256"}}
            await socket.send_json(frame)
            assert key in await receive(socket)
        assert running.device.id == realm


# --- notifications --------------------------------------------------------------------------------------------------


async def test_changes_are_pushed_after_the_first_frame_with_a_source():
    clock = sim.HandClock()
    async with plug(clock=clock) as (running, http), http.ws_connect("/rpc") as socket:
        running.device.meter.flicker = 0.0
        await socket.send_json({"id": 1, "src": "me", "method": "Switch.GetStatus", "params": {"id": 0}})
        reply = await receive(socket)
        assert (reply["dst"], reply["result"]["output"]) == ("me", False)
        await get(http, "/rpc/Switch.Set?id=0&on=true")
        pushed = await receive(socket)
        assert (pushed["src"], pushed["dst"], pushed["method"]) == (running.device.id, "me", "NotifyStatus")
        assert pushed["params"] == {
            "ts": clock.now(),
            "switch:0": {"id": 0, "output": True, "source": "HTTP_in"},
        }
        clock.advance(0.5)
        pushed = (await receive(socket))["params"]["switch:0"]
        assert pushed["apower"] == 60.0
        assert set(pushed) == {"id", "apower", "current"}
        running.device.set("meter.load", 90.0)
        clock.advance(0.5)
        assert (await receive(socket))["params"]["switch:0"]["apower"] == 90.0
        running.device.press()
        pushed = (await receive(socket))["params"]["switch:0"]
        assert (pushed["output"], pushed["source"]) == (False, "button")


async def test_overlaid_notifications_give_what_a_fresh_status_gives():
    clock = sim.HandClock()
    async with plug(clock=clock) as (running, http), http.ws_connect("/rpc") as socket:
        await socket.send_json({"id": 1, "src": "me", "method": "Switch.GetStatus", "params": {"id": 0}})
        known = (await receive(socket))["result"]
        running.device.set("meter.load", 3000)
        await get(http, "/rpc/Switch.Set?id=0&on=true&toggle_after=600")
        known |= (await receive(socket))["params"]["switch:0"]
        assert known["timer_duration"] == 600
        clock.advance(600.0)  # overpower ends it long before the timer does
        while "errors" not in known or known.get("timer_duration") is not None:
            known |= (await receive(socket))["params"]["switch:0"]
        fresh = await get(http, "/rpc/Switch.GetStatus?id=0")
        assert {name: value for name, value in known.items() if value is not None} == fresh | {
            name: known[name]
            for name in ("voltage", "temperature")  # these may differ by less than is worth telling
        }


async def test_energy_is_told_each_minute():
    clock = sim.HandClock()
    async with plug(clock=clock) as (_running, http), http.ws_connect("/rpc") as socket:
        await socket.send_json({"id": 1, "src": "me", "method": "Sys.GetStatus"})
        await receive(socket)
        clock.advance(60.0)
        assert "aenergy" in (await receive(socket))["params"]["switch:0"]


async def test_a_client_without_a_source_is_told_nothing():
    async with plug() as (_running, http), http.ws_connect("/rpc") as socket:
        await socket.send_json({"id": 1, "method": "Switch.Set", "params": {"id": 0, "on": True}})
        assert "dst" not in await receive(socket)
        await get(http, "/rpc/Switch.Set?id=0&on=false")
        with pytest.raises(TimeoutError):
            await socket.receive_str(timeout=0.2)


async def test_a_full_status_can_be_provoked():
    async with plug() as (running, http), http.ws_connect("/rpc") as socket:
        await socket.send_json({"id": 1, "src": "me", "method": "Sys.GetStatus"})
        await receive(socket)
        running.device.announce()
        pushed = await receive(socket)
        assert pushed["method"] == "NotifyFullStatus"
        assert set(pushed["params"]) >= {"ts", "switch:0", "sys", "wifi"}


async def test_ping_and_close_are_answered():
    async with plug() as (_running, http), http.ws_connect("/rpc", autoping=False) as socket:
        await socket.ping(b"hi")
        pong = await socket.receive(timeout=5.0)
        assert (pong.type, pong.data) == (aiohttp.WSMsgType.PONG, b"hi")
        await socket.close()
        assert socket.close_code == 1000
