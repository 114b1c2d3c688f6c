"""What every port promises, checked on HTTP: against servers that keep connections and servers that close them."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from drivers.backoff import Backoff
from drivers.errors import BadReply, DriverError, LinkDown, Refused, ReplyTimeout
from drivers.http.port import HttpPort
from drivers.http.questions import VALUE, Get, Post
from drivers.http.wire import MAX_ANSWER
from tests.drivers.http.servers import Behaviour, RawServer, reset, response, until
from tests.waiting import AT_ONCE

TIMEOUT = 0.8
GOOD = {"v": 1.5}


class Rig:
    """A server whose manners can be changed, a port, and three points of it on two paths."""

    def __init__(self, server: RawServer, port: HttpPort, good: Behaviour) -> None:
        self.server = server
        self.port = port
        self.good = good
        self.point = port.point(Get("/status", "/v"))
        self.other = port.point(Get("/other", "/v"))
        self.writer = port.point(Post("/set", {"v": VALUE}))

    async def works(self) -> None:
        """Soon after the server's return, and for every point."""
        await self.port.wait_up(10)
        for point in (self.point, self.other):
            assert (await point.read()).value == 1.5
        await self.writer.write(1)

    async def fails(self, behave: Behaviour, kind: type[DriverError], words: str | None = None) -> None:
        """A read meets this behaviour, is told so in time, and all is well after."""
        self.server.behave = behave
        begin = time.monotonic()
        with pytest.raises(kind, match=words) as caught:
            await self.point.read()
        assert time.monotonic() - begin < TIMEOUT + AT_ONCE
        assert type(caught.value) is kind
        assert str(caught.value).startswith("rig: ")
        assert "/status" in str(caught.value)
        self.server.behave = self.good
        await self.works()


def good(*, keeps: bool, pieces: int = 0, chunked: bool = False) -> Behaviour:
    async def behave(_server: RawServer, _request: bytes, writer: asyncio.StreamWriter) -> None:
        data = response(GOOD, headers="" if keeps else "Connection: close\r\n")
        if chunked:
            data = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{"v\r\n6;x=y\r\n":1.5}\r\n0\r\n\r\n'
        if pieces:
            for n in range(0, len(data), pieces):
                writer.write(data[n : n + pieces])
                await writer.drain()
                await asyncio.sleep(0)
        else:
            writer.write(data)
        if not keeps:
            await writer.drain()
            writer.close()

    return behave


@pytest.fixture(params=["both keep", "server closes", "port closes"])
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    behave = good(keeps=request.param != "server closes")
    async with RawServer(behave) as server:
        port = HttpPort(
            server.url,
            name="rig",
            timeout=TIMEOUT,
            keep_alive=request.param != "port closes",
            backoff=Backoff(first=0.02, longest=0.05),
        )
        rig = Rig(server, port, behave)
        async with port:
            yield rig


def sends(data: bytes, *, then: Callable[[asyncio.StreamWriter], None] | None = None) -> Behaviour:
    async def behave(_server: RawServer, _request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        with contextlib.suppress(OSError):
            await writer.drain()
        if then is not None:
            then(writer)

    return behave


async def never(_server: RawServer, _request: bytes, _writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def test_it_works_again_and_again(rig: Rig) -> None:
    for _ in range(20):
        await rig.works()
    assert rig.port.statistics.connects == 1
    assert rig.port.statistics.errors == 0


async def test_one_byte_at_a_time(rig: Rig) -> None:
    rig.server.behave = good(keeps=True, pieces=1)
    await rig.works()


async def test_chunks(rig: Rig) -> None:
    rig.server.behave = good(keeps=True, chunked=True)
    await rig.works()


async def test_a_body_that_ends_with_the_connection(rig: Rig) -> None:
    rig.server.behave = sends(b'HTTP/1.0 200 OK\r\n\r\n{"v": 1.5}', then=lambda writer: writer.close())
    await rig.works()


@pytest.mark.parametrize("end", [reset, lambda writer: writer.close()], ids=["reset", "closed"])
async def test_the_connection_ends_before_the_answer(rig: Rig, end: Callable[[asyncio.StreamWriter], None]) -> None:
    await rig.fails(sends(b"", then=end), LinkDown, "connection lost")


@pytest.mark.parametrize("end", [reset, lambda writer: writer.close()], ids=["reset", "closed"])
async def test_half_a_head(rig: Rig, end: Callable[[asyncio.StreamWriter], None]) -> None:
    await rig.fails(sends(b"HTTP/1.1 200 OK\r\nContent-Le", then=end), LinkDown, "connection lost")


async def test_half_a_body(rig: Rig) -> None:
    await rig.fails(sends(response(GOOD)[:-4], then=lambda writer: writer.close()), BadReply, "broke off")


async def test_silence(rig: Rig) -> None:
    await rig.fails(never, ReplyTimeout, "no complete answer")


async def test_a_body_that_never_ends(rig: Rig) -> None:
    await rig.fails(sends(response(GOOD)[:-4]), ReplyTimeout, "no complete answer")


async def test_a_body_that_drips(rig: Rig) -> None:
    async def drip(_server: RawServer, _request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.01)

    await rig.fails(drip, ReplyTimeout)


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\xff\xfe garbage \r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 999999 What\r\n\r\n",
        response(GOOD).replace(b'{"v"', b"\xff\xfe\x00\x01"),
        response([]),
        response(None),
    ],
    ids=lambda data: data[:40].decode("latin-1").encode("ascii", "replace").decode(),
)
async def test_garbage(rig: Rig, data: bytes) -> None:
    await rig.fails(sends(data, then=lambda writer: writer.close()), BadReply)


async def test_an_answer_without_end(rig: Rig) -> None:
    sent = 0

    async def endless(_server: RawServer, _request: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" " * 65536)
            sent += 65536
            await writer.drain()

    await rig.fails(endless, BadReply, f"longer than {MAX_ANSWER} bytes")
    assert sent < 16 * MAX_ANSWER


async def test_a_late_answer_never_answers_another_question(rig: Rig) -> None:
    async def by_path(_server: RawServer, request: bytes, writer: asyncio.StreamWriter) -> None:
        path = request.split(b" ")[1]
        if path == b"/status":
            await asyncio.sleep(TIMEOUT + 0.1)
        writer.write(response({"v": path.decode()}))

    rig.server.behave = by_path
    with pytest.raises(ReplyTimeout):
        await rig.point.read()
    for _ in range(5):
        assert (await rig.other.read()).value == "/other"
        await asyncio.sleep(0.05)  # past the moment when the late answer comes


async def test_an_answer_too_many_answers_nobody(rig: Rig) -> None:
    rig.server.behave = sends(response(GOOD) + response({"v": "stray"}))
    for _ in range(5):
        # the stray answer may cost its connection, never a wrong value
        with contextlib.suppress(DriverError):
            assert (await rig.point.read()).value == 1.5
        with contextlib.suppress(DriverError):
            assert (await rig.other.read()).value == 1.5
    rig.server.behave = rig.good
    await rig.works()


async def test_a_cancelled_reader_leaves_the_port_in_step(rig: Rig) -> None:
    rig.server.behave = never
    task = asyncio.create_task(rig.port.post("/x", 1))
    await until(lambda: b"/x" in b"".join(rig.server.requests))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    rig.server.behave = rig.good
    await rig.works()


async def test_refused_connections_take_all_points_down_at_once(rig: Rig) -> None:
    changes: list[DriverError | None] = []
    rig.point.watch(changes.append)
    await rig.server.stop()
    reads: list[Awaitable[object]] = [rig.point.read(), rig.other.read(), rig.writer.write(1)]
    begin = time.monotonic()
    results = await asyncio.gather(*reads, return_exceptions=True)
    assert time.monotonic() - begin < AT_ONCE
    assert [type(result) for result in results] == [LinkDown] * 3
    assert [change is None for change in changes] == [False]
    with pytest.raises(LinkDown):
        await rig.point.read()
    await rig.server.start()
    await rig.works()
    assert [change is None for change in changes] == [False, True]


async def test_a_refused_write_is_no_fault_of_the_link(rig: Rig) -> None:
    rig.server.behave = sends(response("no", status="409 Conflict"))
    with pytest.raises(Refused, match="409 Conflict"):
        await rig.writer.write(1)
    rig.server.behave = rig.good
    await rig.works()
    assert rig.port.statistics.connects == 1


async def test_a_silent_server_does_not_hold_up_stopping() -> None:
    async with RawServer(good(keeps=True)) as server:
        port = HttpPort(server.url, name="rig", timeout=60.0)
        point = port.point(Get("/status", "/v"))
        async with port:
            server.behave = never
            asked = port.statistics.requests
            task = asyncio.create_task(point.read())
            await until(lambda: port.statistics.requests > asked)
            begin = time.monotonic()
            await port.stop()
            assert time.monotonic() - begin < AT_ONCE
            with pytest.raises(LinkDown):
                await task


async def test_flapping_leaks_neither_tasks_nor_descriptors(rig: Rig) -> None:
    async def flap(times: int) -> None:
        for n in range(times):
            await rig.server.stop()
            with pytest.raises(DriverError):
                await rig.point.read()
            await rig.server.start()
            await rig.port.wait_up(10)
            if n % 5 == 0:
                await rig.works()

    await flap(5)
    gc.collect()
    tasks, descriptors = len(asyncio.all_tasks()), len(os.listdir("/proc/self/fd"))
    await flap(30)
    await until(lambda: len(asyncio.all_tasks()) <= tasks + 1 and len(os.listdir("/proc/self/fd")) <= descriptors + 2)


async def test_a_name_that_does_not_resolve() -> None:
    port = HttpPort("http://no-such-host.invalid", name="rig", timeout=TIMEOUT)
    with pytest.raises(LinkDown, match=r"^rig: "):
        async with port:
            pass


async def test_an_address_that_does_not_answer() -> None:
    # a listening socket whose backlog is full drops every further SYN, as an unplugged host does
    import socket

    with socket.socket() as listener, contextlib.ExitStack() as fillers:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            filler = fillers.enter_context(socket.socket())
            filler.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                filler.connect(listener.getsockname())
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        port = HttpPort(url, name="rig", timeout=TIMEOUT)
        port.point(Get("/status"))
        begin = time.monotonic()
        with pytest.raises(LinkDown, match=r"rig: GET /status: no connection within 0.8 s"):
            async with port:
                pass
        assert time.monotonic() - begin < TIMEOUT + AT_ONCE
