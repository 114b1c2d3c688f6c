from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
import time
from typing import Any

import pytest
from aiohttp import web

from drivers.errors import BadReply, DriverError, LinkDown, Refused, ReplyTimeout, UsageError
from drivers.http.port import HttpPort
from drivers.http.questions import VALUE, Command, Get, Post, Push, Pushed, Put
from records.links import Sink, Source, Speaker, Watched
from tests.drivers.http.servers import RawServer, answering, reset, response, serving, until
from tests.waiting import AT_ONCE

STATUS = {
    "switch:0": {"id": 0, "output": False, "apower": 4.5, "voltage": 232.8, "temperature": {"tC": 30.3, "tF": None}},
    "sys": {"uptime": 11},
}


class Recorder:
    """An aiohttp handler that keeps what it was asked and answers as told."""

    def __init__(self, status: int = 200, text: str = "{}", **more: Any) -> None:
        self.asked: list[tuple[str, str, Any]] = []
        self.status = status
        self.text = text
        self.more = more

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.text()
        self.asked.append((request.method, request.raw_path, json.loads(body) if body else None))
        return web.Response(status=self.status, text=self.text, **self.more)

    @property
    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.handle)
        return app


# --- reading ----------------------------------------------------------------------------------------------------


async def test_a_port_is_usable_alone() -> None:
    async with answering(STATUS) as url, HttpPort(url) as port:
        assert await port.get("/status") == STATUS
        assert await port.get("/status", "/switch:0/apower") == 4.5
        assert port.statistics.requests == 2


async def test_arrays_and_scalars_as_root() -> None:
    async with answering([{"t": 1.5}, {"t": 2.5}]) as url, HttpPort(url) as port:
        assert (await port.point(Get("/all", "/1/t")).read()).value == 2.5
    async with answering(7.25) as url, HttpPort(url) as port:
        assert (await port.point(Get("/value")).read()).value == 7.25


async def test_conversion_and_scale() -> None:
    async with answering({"t": "215", "state": "ON"}) as url, HttpPort(url) as port:
        assert (await port.point(Get("/", "/t", as_=float, scale=0.1)).read()).value == 21.5
        assert (await port.point(Get("/", "/state", as_={"OFF": 0, "ON": 1}.get)).read()).value == 1


async def test_ten_points_of_one_path_make_one_request_with_one_time() -> None:
    recorder = Recorder(text=json.dumps({"v": list(range(10))}))
    async with serving(recorder.app) as url, HttpPort(url) as port:
        points = [port.point(Get("/all", f"/v/{n}")) for n in range(10)]
        for scan in range(1, 4):
            readings = await asyncio.gather(*(point.read() for point in points))
            assert [reading.value for reading in readings] == list(range(10))
            assert len({reading.time_ns for reading in readings}) == 1
            assert len(recorder.asked) == scan


async def test_reads_join_a_request_under_way_but_not_one_that_is_over() -> None:
    release = asyncio.Event()
    asked = 0

    async def handle(_request: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        await release.wait()
        return web.json_response(asked)

    app = web.Application()
    app.router.add_get("/n", handle)
    async with serving(app) as url, HttpPort(url) as port:
        point = port.point(Get("/n"))
        first = asyncio.create_task(point.read())
        await until(lambda: asked == 1)
        second = asyncio.create_task(point.read())
        other = asyncio.create_task(port.get("/n"))
        await asyncio.sleep(0)
        release.set()
        assert await first == await second
        assert await other == 1
        assert (await point.read()).value == 2


async def test_a_reader_that_gives_up_spoils_it_for_nobody() -> None:
    release = asyncio.Event()

    async def handle(_request: web.Request) -> web.Response:
        await release.wait()
        return web.json_response(1)

    app = web.Application()
    app.router.add_get("/n", handle)
    async with serving(app) as url, HttpPort(url) as port:
        point = port.point(Get("/n"))
        impatient, patient = asyncio.create_task(point.read()), asyncio.create_task(point.read())
        await asyncio.sleep(0)
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        release.set()
        assert (await patient).value == 1


async def test_each_reader_gets_an_exception_of_its_own() -> None:
    async with serving(Recorder(404).app) as url, HttpPort(url) as port:
        errors = await asyncio.gather(*(port.get("/x") for _ in range(3)), return_exceptions=True)
        assert [type(error) for error in errors] == [BadReply] * 3
        assert len({id(error) for error in errors}) == 3


@pytest.mark.parametrize(
    ("status", "text", "words"),
    [
        (404, "No handler for Switch.GetStatu", ["404 Not Found", "'No handler for Switch.GetStatu'"]),
        (500, '{"code":-105,"message":"no such id"}', ["500", "no such id"]),
        (500, "x" * 5000, ["x" * 80]),
        (503, "a\r\nb\x1b[31m", [r"a\r\nb\x1b[31m"]),
        (401, "", ["401", "authentication is needed", "user="]),
        (403, "no", ["403", "authentication or permission"]),
        (204, "", ["not JSON", "''"]),
        (200, "<html>Welcome</html>", ["not JSON", "<html>Welcome</html>"]),
        (200, "", ["not JSON"]),
        (200, "[" * 200_000, ["not JSON"]),
        (200, '{"id": 0, "output": true}', ["no '/apower'", "has the keys id, output"]),
        (200, '{"apower": null}', ["'/apower'", "None is no value"]),
        (200, '{"apower": {"a": 1}}', ["is no value"]),
    ],
)
async def test_answers_that_are_no_reading(status: int, text: str, words: list[str]) -> None:
    async with serving(Recorder(status, text).app) as url, HttpPort(url, name="relay") as port:
        with pytest.raises(BadReply) as caught:
            await port.point(Get("/rpc/Switch.GetStatus?id=0", "/apower")).read()
        message = str(caught.value)
        for word in ["relay", "GET /rpc/Switch.GetStatus?id=0", *words]:
            assert word in message
        assert len(message) < 400
        assert caught.value.stat == "READ"
        assert port.fault is None
        assert port.statistics.errors == 1


async def test_a_value_that_is_missing_for_good_hides_no_other(caplog: pytest.LogCaptureFixture) -> None:
    recorder = Recorder(text='{"b": 1}')
    async with serving(recorder.app) as url, HttpPort(url, name="relay") as port:
        points = [port.point(Get("/s", pointer)) for pointer in ("/a", "/b")]
        for text in ('{"b": 1}', '{"b": {}}', "no json", "no json"):
            recorder.text = text
            await asyncio.gather(*(point.read() for point in points), return_exceptions=True)
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert [" ".join(line.split()[:4]) for line in warnings] == [
        "relay: GET /s: no",  # '/a'
        "relay: GET /s '/b':",
        "relay: GET /s: not",  # JSON: once, for both
    ]


async def test_redirections_are_told_and_not_followed() -> None:
    recorder = Recorder(302, headers={"Location": "https://elsewhere/"})
    async with serving(recorder.app) as url, HttpPort(url, headers={"X-Api-Key": "secret"}) as port:
        with pytest.raises(BadReply, match=r"302.*points to 'https://elsewhere/', which is not followed"):
            await port.get("/status")
        with pytest.raises(Refused, match="302"):
            await port.post("/status")
        assert len(recorder.asked) == 2


async def test_no_answer_in_time() -> None:
    async def silent(_server: RawServer, _request: bytes, _writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with RawServer(silent) as server, HttpPort(server.url, timeout=0.1) as port:
        with pytest.raises(ReplyTimeout, match=r"GET /slow: no complete answer within 0.1 s"):
            await port.get("/slow")
        assert port.fault is None


# --- writing ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "value", "asked"),
    [
        (
            Post("/rpc/Switch.Set", {"id": 0, "on": VALUE}, as_=bool),
            1,
            ("POST", "/rpc/Switch.Set", {"id": 0, "on": True}),
        ),
        (Put("/state", {"bri": VALUE}), 128, ("PUT", "/state", {"bri": 128})),
        (Put("/value", VALUE), 2.5, ("PUT", "/value", 2.5)),
        (Post("/light/x/turn_on?brightness={:.0f}"), 128.0, ("POST", "/light/x/turn_on?brightness=128", None)),
        (Command("/cm?cmnd=Power%20{}"), "ON", ("GET", "/cm?cmnd=Power%20ON", None)),
        (Command("/relay/0?turn={}", as_={0: "off", 1: "on"}.get), 1, ("GET", "/relay/0?turn=on", None)),
        (Command("/reboot"), 1, ("GET", "/reboot", None)),
        (
            Post("/gcode", {"script": VALUE}, as_="M104 S{:.0f}".format),
            220.0,
            ("POST", "/gcode", {"script": "M104 S220"}),
        ),
    ],
)
async def test_writes(question: Any, value: Any, asked: tuple[str, str, Any]) -> None:
    recorder = Recorder()
    async with serving(recorder.app) as url, HttpPort(url) as port:
        await port.point(question).write(value)
        assert recorder.asked == [asked]


async def test_a_write_without_content_in_the_answer_is_accepted() -> None:
    async with serving(Recorder(204, "").app) as url, HttpPort(url) as port:
        await port.point(Post("/api/printer/tool", {"command": "target", "targets": {"tool0": VALUE}})).write(220)
        assert await port.post("/api/printer/tool", {"command": "target"}) is None
        assert await port.put("/x") is None


@pytest.mark.parametrize(
    ("status", "text", "words"),
    [
        (409, "Printer is not operational", ["409 Conflict", "Printer is not operational"]),
        (401, "", ["401", "authentication is needed"]),
        (403, "", ["403", "authentication or permission"]),
        (500, "oops", ["500", "oops"]),
    ],
)
async def test_refused_writes(status: int, text: str, words: list[str]) -> None:
    async with serving(Recorder(status, text).app) as url, HttpPort(url, name="printer") as port:
        with pytest.raises(Refused) as caught:
            await port.point(Post("/api/printer/bed", {"target": VALUE})).write(60)
        for word in ["printer", "POST /api/printer/bed", *words]:
            assert word in str(caught.value)
        assert caught.value.stat == "WRITE"


async def test_the_answer_to_a_write_can_be_checked() -> None:
    recorder = Recorder(text='{"POWER":"ON"}')
    async with serving(recorder.app) as url, HttpPort(url) as port:
        power = port.point(Command("/cm?cmnd=Power%20{}", as_=("OFF", "ON").__getitem__, expect=("/POWER", VALUE)))
        await power.write(1)
        with pytest.raises(Refused, match=r"'ON' where 'OFF' was expected in '.*POWER.*'"):
            await power.write(0)
        recorder.text = '{"Command":"Unknown"}'
        with pytest.raises(Refused, match="no '/POWER': the answer has the keys Command"):
            await power.write(1)
        recorder.text = "OK"
        with pytest.raises(Refused, match=r"no '/POWER'.*'OK'"):
            await power.write(1)
        fixed = port.point(Post("/rpc", {"v": VALUE}, expect=("/ok", True)))
        recorder.text = '{"ok":true}'
        await fixed.write(3)


async def test_writes_of_what_json_cannot_say_are_not_sent() -> None:
    recorder = Recorder()
    async with serving(recorder.app) as url, HttpPort(url) as port:
        with pytest.raises(UsageError, match="is not JSON"):
            await port.point(Post("/x", VALUE)).write(float("nan"))
        with pytest.raises(UsageError):
            await port.post("/x", float("inf"))
        assert recorder.asked == []


async def test_a_write_goes_ahead_of_waiting_reads_and_writes_keep_their_order() -> None:
    order: list[str] = []
    release = asyncio.Event()

    async def handle(request: web.Request) -> web.Response:
        order.append(request.path)
        await release.wait()
        return web.json_response(0)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    async with serving(app) as url, HttpPort(url) as port:
        tasks = [asyncio.create_task(port.get("/r1"))]
        await until(lambda: order == ["/r1"])
        tasks += [asyncio.create_task(port.get("/r2"))]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        tasks += [asyncio.create_task(port.post("/w1")), asyncio.create_task(port.put("/w2"))]
        await asyncio.sleep(0)
        release.set()
        await asyncio.gather(*tasks)
    assert order == ["/r1", "/w1", "/w2", "/r2"]


async def test_a_read_asked_for_after_a_write_sees_what_was_written() -> None:
    state = {"sp": 0}

    async def read(_request: web.Request) -> web.Response:
        return web.json_response(state)

    async def write(request: web.Request) -> web.Response:
        state.update(await request.json())
        return web.json_response({})

    app = web.Application()
    app.add_routes([web.get("/sp", read), web.post("/sp", write)])
    async with serving(app) as url, HttpPort(url) as port:
        setpoint, readback = port.point(Post("/sp", {"sp": VALUE})), port.point(Get("/sp", "/sp"))
        for value in range(5):
            scan = asyncio.create_task(readback.read())
            await asyncio.sleep(0)
            await setpoint.write(value)
            assert (await readback.read()).value == value
            await scan


# --- at most once -----------------------------------------------------------------------------------------------


def acts_then_drops(after: int) -> Any:
    """A server that answers `after` requests of a connection and ends it, unanswered, once it has read another."""
    served: dict[asyncio.StreamWriter, int] = {}

    async def behave(_server: RawServer, _request: bytes, writer: asyncio.StreamWriter) -> None:
        served[writer] = served.get(writer, 0) + 1
        if served[writer] > after:
            writer.close()
        else:
            writer.write(response({"n": 1}))

    return behave


@pytest.mark.parametrize("write", [Command("/set?v={}"), Put("/set", {"v": VALUE}), Post("/set", {"v": VALUE})])
@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.parametrize("keep_alive", [True, False])
async def test_a_write_that_loses_its_connection_is_not_sent_again(write: Any, how: str, keep_alive: bool) -> None:
    async def behave(_server: RawServer, request: bytes, writer: asyncio.StreamWriter) -> None:
        if b"/set" not in request:
            writer.write(response({"n": 1}))
        elif how == "reset":
            reset(writer)
        else:
            writer.close()

    async with RawServer(behave) as server, HttpPort(server.url, keep_alive=keep_alive) as port:
        await port.get("/status")  # leaves a kept connection behind
        with pytest.raises(LinkDown):
            await port.point(write).write(1)
        await port.wait_up(5)
        assert sum(b"/set" in request for request in server.requests) == 1


@pytest.mark.parametrize("write", [Command("/set?v={}"), Put("/set", {"v": VALUE}), Post("/set", {"v": VALUE})])
async def test_a_write_does_not_meet_the_end_of_a_kept_connection(write: Any) -> None:
    # the server acts on the second request of a connection but never answers it: a write must not be that one
    async with RawServer(acts_then_drops(after=1)) as server, HttpPort(server.url) as port:
        point = port.point(write)
        for _ in range(5):
            await port.get("/status")
            await point.write(1)
        assert sum(b"/set" in request for request in server.requests) == 5
        assert port.fault is None


async def test_a_read_that_meets_the_end_of_a_kept_connection_is_asked_again_once() -> None:
    async with RawServer(acts_then_drops(after=1)) as server, HttpPort(server.url) as port:
        for _ in range(5):
            assert await port.get("/status", "/n") == 1
        assert len(server.requests) == 9  # the first, and four that were dropped and asked again
        assert port.statistics.connects == 1


async def test_a_read_on_a_new_connection_is_not_asked_again() -> None:
    async with RawServer(acts_then_drops(after=0)) as server, HttpPort(server.url) as port:
        with pytest.raises(LinkDown, match="GET /status: Server disconnected"):
            await port.get("/status")
        assert len(server.requests) == 1


# --- the link ---------------------------------------------------------------------------------------------------


async def test_a_refused_connection_takes_every_point_down_at_once_and_the_port_comes_back() -> None:
    async def behave(_server: RawServer, _request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(response(STATUS))

    changes: list[DriverError | None] = []
    async with RawServer(behave) as server, HttpPort(server.url, name="relay") as port:
        points = [port.point(Get(path, "/sys/uptime")) for path in ("/a", "/b", "/c")]
        points[0].watch(changes.append)
        await asyncio.gather(*(point.read() for point in points))
        await server.stop()
        for error in await asyncio.gather(*(point.read() for point in points), return_exceptions=True):
            assert isinstance(error, LinkDown)
            assert str(error) == (
                f"relay: connection lost: GET /a: 127.0.0.1:{server.port} refuses the connection: "
                "is the instrument's server on, and is this its port?"
            )
        await server.start()
        await port.wait_up(2)
        assert (await points[2].read()).value == 11
        assert [change is None for change in changes] == [False, True]


async def test_the_port_is_not_up_while_connections_are_only_accepted() -> None:
    # a proxy or a forwarded port accepts for a server that is not there
    async def accept_only(_server: RawServer, _request: bytes, writer: asyncio.StreamWriter) -> None:
        reset(writer)

    async def behave(_server: RawServer, _request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(response(STATUS))

    async with RawServer(accept_only) as server:
        port = HttpPort(server.url, name="relay")
        point = port.point(Get("/status", "/sys/uptime"))
        changes: list[DriverError | None] = []
        port.watch(changes.append)
        await port.start()
        try:
            await until(lambda: len(server.requests) >= 3)
            assert [str(change) for change in changes] == ["relay: GET /status: [Errno 104] Connection reset by peer"]
            with pytest.raises(LinkDown):
                await point.read()
            server.behave = behave
            await port.wait_up(3)
            assert (await point.read()).value == 11
        finally:
            await port.stop()


@pytest.mark.parametrize("status", [404, 500, 401])
async def test_a_server_that_answers_anything_is_up(status: int) -> None:
    async with serving(Recorder(status, "no").app) as url:
        port = HttpPort(url)
        point = port.point(Get("/status"))
        async with port:
            with pytest.raises(BadReply, match=str(status)):
                await point.read()
            assert port.fault is None


async def test_a_silent_server_is_up() -> None:
    async def silent(_server: RawServer, _request: bytes, _writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with RawServer(silent) as server:
        port = HttpPort(server.url, timeout=0.1)
        point = port.point(Get("/status"))
        async with port:
            with pytest.raises(ReplyTimeout):
                await point.read()
            assert port.fault is None


async def test_nobody_there() -> None:
    async with RawServer(acts_then_drops(0)) as server:
        port = HttpPort(server.url, name="relay")
    refused = f"127.0.0.1:{server.port} refuses the connection: is the instrument's server on"
    with pytest.raises(LinkDown, match=rf"^relay: {refused}"):
        async with port:
            pass
    port.point(Get("/x"))
    with pytest.raises(LinkDown, match=rf"^relay: GET /x: {refused}"):
        async with port:
            pass
    with pytest.raises(LinkDown, match=r"^relay: the name 'no\.such\.name\.invalid' is not known: "):
        async with HttpPort("http://no.such.name.invalid", name="relay"):
            pass
    with pytest.raises(LinkDown, match="relay: the port is stopped"):
        await port.get("/x")


async def test_stopping_fails_what_is_under_way() -> None:
    async def silent(_server: RawServer, _request: bytes, _writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with RawServer(silent) as server:
        async with HttpPort(server.url) as port:
            tasks = [asyncio.create_task(port.get(path)) for path in ("/a", "/a", "/b")]
            tasks.append(asyncio.create_task(port.post("/c")))
            await until(lambda: len(server.requests) == 1)
        done, pending = await asyncio.wait(tasks, timeout=1)
        assert not pending
        assert all(isinstance(task.exception(), LinkDown) for task in done)
        assert len(server.requests) == 1


async def test_stopping_does_not_wait_for_a_connection() -> None:
    with socket.socket() as listener, contextlib.ExitStack() as fillers:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        port = HttpPort(f"http://127.0.0.1:{address[1]}", timeout=10)
        await port.start()
        await port.wait_up(5)  # has just connected, there being no path to try
        for _ in range(3):  # the backlog is full, and the next connection gets no answer
            filler = fillers.enter_context(socket.socket())
            filler.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                filler.connect(address)
        task = asyncio.create_task(port.get("/a"))
        await until(lambda: port.statistics.requests == 1)
        begin = time.monotonic()
        await port.stop()
        assert time.monotonic() - begin < AT_ONCE
        with pytest.raises(LinkDown, match="the port is stopped"):
            await task


async def test_connecting_may_have_a_deadline_of_its_own() -> None:
    with socket.socket() as listener, contextlib.ExitStack() as fillers:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        async with HttpPort(f"http://127.0.0.1:{address[1]}", timeout=60, connect_timeout=0.1) as port:
            for _ in range(3):  # the backlog is full, and the next connection gets no answer
                filler = fillers.enter_context(socket.socket())
                filler.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    filler.connect(address)
            begin = time.monotonic()
            with pytest.raises(LinkDown, match="GET /a"):
                await port.get("/a")
            assert time.monotonic() - begin < AT_ONCE
    with pytest.raises(UsageError, match="connect_timeout"):
        HttpPort("http://127.0.0.1", connect_timeout=-1)


async def test_a_reader_that_is_cancelled_while_the_port_stops_is_cancelled() -> None:
    async def silent(_server: RawServer, _request: bytes, _writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with RawServer(silent) as server:
        port = HttpPort(server.url)
        await port.start()
        await port.wait_up(2)
        task = asyncio.create_task(port.get("/a"))
        await until(lambda: len(server.requests) == 1)
        task.cancel()
        await port.stop()
        with pytest.raises(asyncio.CancelledError):
            await task


# --- what goes with every request -------------------------------------------------------------------------------


async def test_headers_and_query_go_with_every_request_and_into_no_message() -> None:
    seen: list[tuple[str, str]] = []

    async def handle(request: web.Request) -> web.Response:
        seen.append((request.path_qs, request.headers.get("X-Api-Key", "")))
        return web.Response(status=500, text="no")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    async with (
        serving(app) as url,
        HttpPort(url + "/api", headers={"X-Api-Key": "tresor"}, query={"password": "se cret&"}) as port,
    ):
        for attempt in (port.get("/a"), port.get("/a?b=1"), port.post("/c", 1)):
            with pytest.raises(DriverError) as caught:
                await attempt
            assert "tresor" not in str(caught.value)
            assert "cret" not in str(caught.value)
    assert seen == [
        ("/api/a?password=se+cret%26", "tresor"),
        ("/api/a?b=1&password=se+cret%26", "tresor"),
        ("/api/c?password=se+cret%26", "tresor"),
    ]


# --- what the user may get wrong --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "192.168.1.40",
        "ftp://host",
        "http://",
        "http://host:port",
        "http://host:99999",
        "http://u:p@host",
        "http://h/?a=1",
    ],
)
def test_what_is_no_url(url: str) -> None:
    with pytest.raises(UsageError):
        HttpPort(url)


def test_names_come_from_the_url() -> None:
    assert HttpPort("http://192.168.1.40").name == "192.168.1.40"
    assert HttpPort("https://host:8443/api/").name == "host:8443/api"
    assert HttpPort("http://[::1]:80", name="relay").name == "relay"


def test_a_patient_port_is_patient_when_it_tries_its_path_too() -> None:
    assert HttpPort("http://host", timeout=20).connect_timeout > 20


@pytest.mark.parametrize(
    "question",
    [
        "/status",
        Get("status"),
        Get("/status", "pointer"),
        Get("/a", push="/b"),
        Pushed("/b"),
        Post("/{a}"),
        Post("/", {1, 2}),
    ],
)
def test_questions_that_no_port_can_ask(question: Any) -> None:
    with pytest.raises(UsageError):
        HttpPort("http://host").point(question)


async def test_points_do_what_records_expect_of_them() -> None:
    port = HttpPort("http://host", push=Push("/rpc"))
    for question in (Get("/a"), Get("/a", "/b", push=True), Pushed("/b"), Post("/a", VALUE), Command("/a?{}")):
        point = port.point(question)
        assert isinstance(point, Source)
        assert isinstance(point, Sink)
        assert isinstance(point, Watched)
        assert isinstance(point, Speaker) == (isinstance(question, Pushed) or bool(getattr(question, "push", False)))
    for reader in (Get("/a"), Get("/a", push="/b"), Pushed("/b")):
        with pytest.raises(UsageError, match="to write, use Post"):
            await port.point(reader).write(1)
    with pytest.raises(UsageError, match="only writes; to read, use Get"):
        await port.point(Post("/a")).read()


def test_questions_are_data() -> None:
    assert Post("/a", {"v": VALUE}) == Post("/a", {"v": VALUE})
    assert Post("/a", {"v": VALUE}) != Put("/a", {"v": VALUE})
    assert len({Post("/a", {"v": VALUE}), Post("/a", {"v": VALUE}), Get("/a"), Push("/a", {"b": 1})}) == 3
    assert repr(Post("/a", VALUE)).startswith("Post(path='/a', body=VALUE")


def test_aiohttp_is_imported_when_a_port_opens() -> None:
    code = (
        "import sys, drivers.http.port; drivers.http.port.HttpPort('http://host'); sys.exit('aiohttp' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
