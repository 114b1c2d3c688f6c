from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import WSMsgType, web

from drivers.backoff import Backoff
from drivers.errors import DriverError, LinkDown, ReplyTimeout, UsageError
from drivers.http.port import HttpPort
from drivers.http.questions import Get, Push, Pushed
from drivers.reading import Reading
from tests.drivers.http.servers import serving, until

SHELLY = Push("/rpc", {"id": 1, "src": "iocbridge", "method": "Shelly.GetStatus"})


class Shelly:
    """A Gen2 relay as shelly-api-docs.shelly.cloud/gen2/General/{RPCProtocol,Notifications} describe it.

    It notifies over a connection once a request with a `src` came over it, in deltas.
    """

    def __init__(self) -> None:
        self.status: dict[str, Any] = {
            "switch:0": {"id": 0, "output": False, "apower": 0.0, "voltage": 232.8},
            "sys": {"uptime": 1},
        }
        self.sockets: dict[web.WebSocketResponse, str] = {}
        self.polls = 0
        self.connections = 0

    @property
    def app(self) -> web.Application:
        app = web.Application()
        app.add_routes([web.get("/rpc", self.listen), web.get("/rpc/Shelly.GetStatus", self.poll)])
        app.on_shutdown.append(self.hang_up)
        return app

    async def poll(self, _request: web.Request) -> web.Response:
        self.polls += 1
        return web.json_response(self.status)

    async def listen(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.connections += 1
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                break
            frame = json.loads(message.data)
            assert frame["method"] == "Shelly.GetStatus"
            self.sockets[socket] = frame["src"]
            answer = {"id": frame["id"], "src": "shelly", "dst": frame["src"], "result": self.status}
            await socket.send_json(answer)
        self.sockets.pop(socket, None)
        return socket

    async def notify(self, components: dict[str, Any], method: str = "NotifyStatus") -> None:
        for name, delta in components.items():
            if isinstance(delta, dict):
                self.status.setdefault(name, {}).update(delta)
        await self.push({"src": "shelly", "dst": "iocbridge", "method": method, "params": {"ts": 1.5, **components}})

    async def push(self, frame: Any) -> None:
        for socket in tuple(self.sockets):
            await socket.send_str(frame if isinstance(frame, str) else json.dumps(frame))

    async def hang_up(self, _app: web.Application | None = None) -> None:
        for socket in tuple(self.sockets):
            await socket.close()


@contextlib.asynccontextmanager
async def connected(*questions: Any, push: Push = SHELLY) -> AsyncIterator[tuple[Shelly, HttpPort, list[Any]]]:
    """A Shelly, a port whose push channel is up, and points."""
    shelly = Shelly()
    async with serving(shelly.app) as url:
        port = HttpPort(url, name="relay", push=push)
        points = [port.point(question) for question in questions]
        async with port:
            await until(lambda: bool(shelly.sockets) and (port._push is None or port._push.fault is None))
            yield shelly, port, points


def listen(point: Any) -> list[Any]:
    values: list[Any] = []
    point.subscribe(lambda reading: values.append(reading.value))
    return values


async def first_status(point: Any) -> None:
    """Wait for the answer to the hello."""
    async with asyncio.timeout(5):
        while True:
            with contextlib.suppress(ReplyTimeout):
                await point.read()
                return
            await asyncio.sleep(0.002)


async def test_only_points_of_the_delta_fire_once_per_event_and_in_order() -> None:
    async with connected(Pushed("/switch:0/output"), Pushed("/switch:0/apower"), Pushed("/input:0/state")) as (
        shelly,
        _,
        points,
    ):
        await first_status(points[1])
        events: list[tuple[int, Any]] = []
        for number, point in enumerate(points):
            point.subscribe(lambda reading, number=number: events.append((number, reading.value)))
        await shelly.notify({"switch:0": {"output": True}})
        await shelly.notify({"switch:0": {"apower": 12.5}})
        await shelly.notify({"events": [{"component": "input:0", "event": "single_push"}]}, "NotifyEvent")
        await shelly.notify({"sys": {"uptime": 2}})
        await shelly.notify({"switch:0": {"apower": 12.5}})
        await shelly.notify({"switch:0": {"output": False, "apower": 0.0}})
        await until(lambda: len(events) >= 5)
        assert events == [(0, True), (1, 12.5), (1, 12.5), (0, False), (1, 0.0)]


async def test_a_burst_arrives_whole() -> None:
    async with connected(Pushed("/n/v")) as (shelly, _, [point]):
        values = listen(point)
        for n in range(500):
            await shelly.notify({"n": {"v": n}})
        await until(lambda: len(values) == 500)
        assert values == list(range(500))


async def test_the_points_of_one_frame_have_one_time() -> None:
    async with connected(Pushed("/switch:0/output"), Pushed("/switch:0/apower")) as (shelly, _, points):
        readings: list[Reading] = []
        for point in points:
            point.subscribe(readings.append)
        before = time.time_ns()
        await shelly.notify({"switch:0": {"output": True, "apower": 3.0}})
        await until(lambda: any(reading.value == 3.0 for reading in readings))
        first, second = readings[-2:]
        assert first.time_ns == second.time_ns
        assert before <= (first.time_ns or 0) <= time.time_ns()


async def test_a_point_may_be_polled_and_pushed() -> None:
    questions = (
        Get("/rpc/Shelly.GetStatus", "/switch:0/apower", scale=1000, push=True),
        Get("/rpc/Shelly.GetStatus", "/switch:0/voltage", push="/params/switch:0/voltage"),
    )
    async with connected(*questions) as (shelly, _, [power, voltage]):
        watts, volts = listen(power), listen(voltage)
        assert (await power.read()).value == 0.0
        await shelly.notify({"switch:0": {"apower": 2.5, "voltage": 230.0}})
        await until(lambda: watts[-1:] == [2500.0])
        assert volts == [230.0]
        assert (await power.read()).value == 2500.0
        assert shelly.polls == 3  # the probe and two reads


async def test_what_was_heard_last_can_be_read() -> None:
    async with connected(Pushed("/switch:0/output"), Pushed("/input:0/state")) as (shelly, _, [output, missing]):
        listen(output)
        await shelly.notify({"switch:0": {"output": True}})
        async with asyncio.timeout(5):
            while (await output.read()).value is not True:
                await asyncio.sleep(0.002)
        with pytest.raises(ReplyTimeout, match="relay push: nothing heard of '/input:0/state' yet"):
            await missing.read()


async def test_after_a_drop_the_channel_comes_back_with_the_full_status() -> None:
    async with connected(Pushed("/switch:0/output"), Get("/rpc/Shelly.GetStatus", "/sys/uptime")) as (
        shelly,
        port,
        [heard, polled],
    ):
        values = listen(heard)
        changes: list[DriverError | None] = []
        heard.watch(changes.append)
        await first_status(heard)
        values.clear()
        await shelly.hang_up()
        await until(lambda: len(changes) == 1)
        assert isinstance(changes[0], LinkDown)
        with pytest.raises(LinkDown, match="relay push: connection lost: WebSocket closed with code 1000"):
            await heard.read()
        assert port.fault is None
        assert (await polled.read()).value == 1  # polling goes on
        shelly.status["switch:0"]["output"] = True
        await until(lambda: values == [True])
        assert changes[1:] == [None]
        assert shelly.connections == 2


async def test_what_was_heard_before_a_drop_is_not_given_after_it() -> None:
    async with connected(Pushed("/switch:0/output")) as (shelly, _, [heard]):
        await first_status(heard)
        shelly.status.pop("switch:0")  # so that no later frame tells
        await shelly.hang_up()
        await until(lambda: shelly.connections == 2 and heard.fault is None)
        with pytest.raises(ReplyTimeout):
            await heard.read()


async def test_a_polled_point_hears_of_the_push_channel_only_if_somebody_listens() -> None:
    question = Get("/rpc/Shelly.GetStatus", "/switch:0/output", push=True)
    async with connected(question, question) as (shelly, _, [listened, polled]):
        values = listen(listened)
        changes: dict[str, list[bool]] = {"listened": [], "polled": []}
        listened.watch(lambda fault: changes["listened"].append(fault is None))
        unwatch = polled.watch(lambda fault: changes["polled"].append(fault is None))
        await shelly.notify({"switch:0": {"output": True}})
        await until(lambda: values[-1:] == [True])  # up for certain
        changes["listened"].clear()
        await shelly.hang_up()
        await until(lambda: changes["listened"] == [False, True])
        assert changes["polled"] == []
        unwatch()


async def test_a_start_without_trouble_is_told_once() -> None:
    shelly = Shelly()
    async with serving(shelly.app) as url:
        port = HttpPort(url, push=SHELLY)
        point: Any = port.point(Get("/rpc/Shelly.GetStatus", "/switch:0/output", push=True))
        values = listen(point)
        told: list[DriverError | None] = []
        point.watch(told.append)
        async with port:
            await until(lambda: bool(values))
            assert told == [None]


async def test_an_instrument_without_the_websocket_can_still_be_polled(caplog: pytest.LogCaptureFixture) -> None:
    async with serving(Shelly().app) as url, HttpPort(url, name="relay", push=Push("/ws")) as port:
        point = port.point(Get("/rpc/Shelly.GetStatus", "/sys/uptime", push=True))
        told: list[DriverError | None] = []
        assert (await point.read()).value == 1
        point.subscribe(lambda reading: None)  # type: ignore[attr-defined]
        point.watch(told.append)
        await until(lambda: "relay push: no WebSocket at /ws: 404" in caplog.text)
        assert (await point.read()).value == 1
        assert port.fault is None
    assert caplog.text.count("no WebSocket") == 1


async def test_nothing_is_delivered_while_the_port_is_down_and_nothing_leaks() -> None:
    tasks = asyncio.all_tasks()
    shelly = Shelly()
    async with serving(shelly.app) as url:
        port = HttpPort(url, push=SHELLY)
        point = port.point(Pushed("/switch:0/output"))
        values = listen(point)
        for _ in range(3):
            async with port:
                await until(lambda: bool(values))
            values.clear()
        with pytest.raises(LinkDown, match="stopped"):
            await point.read()
    assert asyncio.all_tasks() == tasks


async def test_frames_that_cannot_be_used_cost_nothing_but_a_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async with connected(Pushed("/switch:0/apower")) as (shelly, port, [point]):
        values = listen(point)
        await first_status(point)
        values.clear()
        for frame in ("not json", "[" * 100_000, "[]", "7", "null", '{"params":7}', '{"params":{"switch:0":[]}}', "{}"):
            await shelly.push(frame)
        await shelly.notify({"switch:0": {"apower": None}})
        await shelly.notify({"switch:0": {"apower": {"now": 1}}})
        await shelly.push({"id": 1, "error": {"code": 401, "message": "no"}})
        await shelly.notify({"switch:0": {"apower": 1.5}})
        await until(lambda: values == [1.5])
        assert shelly.connections == 1
        assert port.fault is None
    warnings = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert warnings == [
        "relay push: pushed what is not JSON: 'not json'",
        "relay push: pushed '/switch:0/apower': None is no value",
    ]


class Guarded(Shelly):
    """A Shelly with a password: gen2/General/Authentication, "Successful request with authentication details"."""

    PASSWORD = "geheim"

    async def listen(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.connections += 1
        async for message in socket:
            frame = json.loads(message.data)
            await socket.send_json({"src": "shelly", "method": "NotifyStatus", "params": {"early": {"v": 1}}})
            answer = {"id": frame["id"], "src": "shelly", "dst": frame["src"]}
            if self.allows(frame.get("auth") or {}):
                self.sockets[socket] = frame["src"]
                await socket.send_json({**answer, "result": self.status})
                continue
            challenge = {"auth_type": "digest", "nonce": 1625038762, "nc": 1, "realm": "shelly", "algorithm": "SHA-256"}
            await socket.send_json({**answer, "error": {"code": 401, "message": json.dumps(challenge)}})
        self.sockets.pop(socket, None)
        return socket

    def allows(self, auth: dict[str, Any]) -> bool:
        def sha(text: str) -> str:
            return hashlib.sha256(text.encode()).hexdigest()

        secret = sha(f"admin:shelly:{self.PASSWORD}")
        proof = f"{secret}:1625038762:1:{auth.get('cnonce')}:auth:{sha('dummy_method:dummy_uri')}"
        return auth.get("response") == sha(proof) and auth["username"] == "admin" and auth["algorithm"] == "SHA-256"


async def test_the_hello_logs_in_if_asked_to_and_no_frame_is_lost() -> None:
    shelly = Guarded()
    async with serving(shelly.app) as url:
        port = HttpPort(url, user="admin", password=Guarded.PASSWORD, push=SHELLY)
        early, power = listen(port.point(Pushed("/early/v"))), listen(port.point(Pushed("/switch:0/apower")))
        async with port:
            await until(lambda: early == [1, 1] and power == [0.0])
        assert shelly.connections == 1


@pytest.mark.parametrize("password", [None, "wrong"])
async def test_a_channel_that_is_not_let_in_is_down_and_says_so_once(
    password: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    shelly = Guarded()
    async with serving(shelly.app) as url:
        user = None if password is None else "admin"
        port = HttpPort(
            url, name="relay", user=user, password=password, push=SHELLY, backoff=Backoff(first=0.01, longest=0.01)
        )
        point = port.point(Pushed("/switch:0/apower"))
        changes: list[DriverError | None] = []
        point.watch(changes.append)
        async with port:
            await until(lambda: shelly.connections >= 4)
            assert len(changes) == 1
            words = "authentication is needed" if password is None else "authentication failed: user 'admin'"
            assert f"relay push: the hello was refused: {words}" in str(changes[0])
            with pytest.raises(LinkDown, match="the hello was refused"):
                await point.read()
    assert caplog.text.count("the hello was refused") == 1


@pytest.mark.parametrize("how", ["silent", "closes", "chatters"])
async def test_a_hello_without_an_answer(how: str) -> None:
    async def handle(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.receive()
        if how == "closes":
            return socket
        with contextlib.suppress(ConnectionError):
            while how == "chatters":
                await socket.send_str("[]")
                await asyncio.sleep(0)  # send_str need not let anybody else run
        await socket.receive()
        return socket

    app = web.Application()
    app.router.add_get("/rpc", handle)
    words = {
        "silent": "no answer to the hello within 0.1 s",
        "closes": "closed with code 1000",
        "chatters": "100 frames",
    }
    async with serving(app) as url:
        port = HttpPort(url, push=SHELLY, timeout=0.1 if how == "silent" else 5.0)
        changes: list[DriverError | None] = []
        port.point(Pushed("/v")).watch(changes.append)
        async with port:
            await until(lambda: bool(changes))
        assert words[how] in str(changes[0])


async def test_a_listener_that_fails_costs_neither_the_others_nor_the_connection() -> None:
    async with connected(Pushed("/n/v")) as (shelly, _, [point]):

        def fail(_reading: Reading) -> None:
            raise ZeroDivisionError

        unsubscribe = point.subscribe(fail)
        values = listen(point)
        await shelly.notify({"n": {"v": 1}})
        unsubscribe()
        unsubscribe()
        await shelly.notify({"n": {"v": 2}})
        await until(lambda: values == [1, 2])
        assert shelly.connections == 1


async def test_a_frame_without_end_breaks_the_connection_and_not_the_memory() -> None:
    async with connected(Pushed("/n/v")) as (shelly, _, [point]):
        values = listen(point)
        await shelly.push('"' + "x" * (2 << 20) + '"')
        await until(lambda: shelly.connections == 2)
        await until(lambda: bool(shelly.sockets))
        await shelly.notify({"n": {"v": 2}})
        await until(lambda: values == [2])


async def test_a_silent_dead_link_is_found_by_the_heartbeat() -> None:
    stuck = asyncio.Event()
    connections = 0

    async def handle(request: web.Request) -> web.WebSocketResponse:
        nonlocal connections
        connections += 1
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        await stuck.wait()  # reads nothing: pings stay without answer
        return socket

    app = web.Application()
    app.router.add_get("/ws", handle)
    async with serving(app) as url:
        async with HttpPort(url, push=Push("/ws", heartbeat=0.1)):
            await until(lambda: connections == 2)
        stuck.set()


async def test_moonraker_pushes_an_array() -> None:
    # moonraker docs/external_api/jsonrpc_notifications.md: "params" is [deltas, eventtime]
    subscribe = {"jsonrpc": "2.0", "method": "printer.objects.subscribe", "id": 5, "params": {"objects": {}}}
    push = Push("/websocket", subscribe, under=("/params/0", "/result/status"))

    async def handle(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        assert await socket.receive_json() == subscribe
        await socket.send_json({"jsonrpc": "2.0", "id": 5, "result": {"status": {"extruder": {"temperature": 20.0}}}})
        for n in range(3):
            deltas = {"extruder": {"temperature": 21.0 + n}}
            await socket.send_json({"method": "notify_status_update", "params": [deltas, 578243.5 + n]})
        await socket.receive()
        return socket

    app = web.Application()
    app.router.add_get("/websocket", handle)
    async with serving(app) as url:
        port = HttpPort(url, push=push)
        values = listen(port.point(Pushed("/extruder/temperature")))
        async with port:
            await until(lambda: len(values) == 4)
        assert values == [20.0, 21.0, 22.0, 23.0]


async def test_a_hello_of_plain_text_goes_out_as_it_stands() -> None:
    heard: list[str] = []

    async def handle(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        heard.append(await socket.receive_str())
        await socket.receive()
        return socket

    app = web.Application()
    app.router.add_get("/ws", handle)
    async with serving(app) as url, HttpPort(url, push=Push("/ws", "SUBSCRIBE all")):
        await until(lambda: heard == ["SUBSCRIBE all"])


def test_what_is_no_push() -> None:
    for push in (Push("ws"), Push("/ws", {"a": {1}}), Push("/ws", under=("params",))):
        with pytest.raises(UsageError):
            HttpPort("http://host", push=push)
