"""Questions and answers over TCP: a port beside the least that asyncio needs for the same."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable

from benchmarks.figures import best, human, middle, ratio, spread, table, times
from benchmarks.procfs import on_one_core
from benchmarks.report import Report
from benchmarks.servers.process import Program
from benchmarks.wires.responder import QUESTION, REPLY
from drivers import Ask, TcpPort

__all__ = ["add"]

WANTED = 0.8  # of the bare loop's rate
BATCH = 50  # exchanges between two looks at the clock
TIMEOUT = 1.0
STREAMS = "asyncio streams"
STREAMS_TIMEOUT = "asyncio streams, asyncio.timeout around each"
PROTOCOL = "asyncio.Protocol and a future"
ASK = "port.ask"
READ = "point.read (parsed to a float)"

Once = Callable[[], Awaitable[object]]


class _Bare(asyncio.Protocol):
    """A question, a future, the answer."""

    def __init__(self) -> None:
        self._waiter: asyncio.Future[bytes] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._waiter is not None and data.endswith(b"\n"):
            self._waiter.set_result(data)

    async def ask(self) -> bytes:
        assert self._transport is not None
        self._waiter = asyncio.get_running_loop().create_future()
        self._transport.write(QUESTION)
        return await self._waiter


def add(report: Report, rounds: int, seconds: float) -> None:
    """All ways in turn, in each round; both ends on one core."""
    program = Program("benchmarks.wires.responder", reports=True)
    try:
        port = int(program.line())
        with on_one_core(program.pid):
            rates, cpu = asyncio.run(_measure(port, rounds, seconds))
    finally:
        program.stop()
    rows = []
    for way, found in rates.items():
        beside = [times(middle(ratio(found, rates[bare]))) for bare in (STREAMS, STREAMS_TIMEOUT, PROTOCOL)]
        rows.append([way, spread(found), human(best(cpu[way])), *beside])
    head = ("question and answer over TCP, both ends on one core", "1/s", "CPU of the asking end, us (lowest round)")
    report.add(table((*head, "beside streams", "streams with timeout", "Protocol"), rows))
    for way in (ASK, READ):
        beside_streams = middle(ratio(rates[way], rates[STREAMS])) or 0.0
        held = beside_streams >= WANTED
        report.bar(f"{way} beside {STREAMS}", f">= {WANTED}x", f"{human(beside_streams)}x", held)
    report.data["exchanges"] = {"rates": rates, "cpu_us": cpu}


async def _measure(port: int, rounds: int, seconds: float) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    rates: dict[str, list[float]] = {}
    cpu: dict[str, list[float]] = {}
    async with contextlib.AsyncExitStack() as stack:
        ways = {way: await stack.enter_async_context(opened) for way, opened in _ways(port).items()}
        for _ in range(rounds):
            for way, once in ways.items():
                rate, busy = await _rate(once, seconds)
                rates.setdefault(way, []).append(rate)
                cpu.setdefault(way, []).append(busy)
    return rates, cpu


async def _rate(once: Once, seconds: float) -> tuple[float, float]:
    """Exchanges a second, and microseconds of our CPU for one."""
    for _ in range(BATCH):
        await once()
    done = 0
    began, busy = time.perf_counter(), time.process_time()
    while (now := time.perf_counter()) - began < seconds:
        for _ in range(BATCH):
            await once()
        done += BATCH
    return done / (now - began), (time.process_time() - busy) / done * 1e6


def _ways(port: int) -> dict[str, contextlib.AbstractAsyncContextManager[Once]]:
    return {
        STREAMS: _streams(port, timeout=False),
        STREAMS_TIMEOUT: _streams(port, timeout=True),
        PROTOCOL: _protocol(port),
        ASK: _port(port, read=False),
        READ: _port(port, read=True),
    }


@contextlib.asynccontextmanager
async def _streams(port: int, *, timeout: bool) -> AsyncIterator[Once]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def once() -> bytes:
        writer.write(QUESTION)
        return await reader.readuntil(b"\r\n")

    async def once_in_time() -> bytes:
        async with asyncio.timeout(TIMEOUT):
            return await once()

    try:
        yield once_in_time if timeout else once
    finally:
        writer.close()
        await writer.wait_closed()


@contextlib.asynccontextmanager
async def _protocol(port: int) -> AsyncIterator[Once]:
    transport, protocol = await asyncio.get_running_loop().create_connection(_Bare, "127.0.0.1", port)
    try:
        yield protocol.ask
    finally:
        transport.close()


@contextlib.asynccontextmanager
async def _port(port: int, *, read: bool) -> AsyncIterator[Once]:
    question = QUESTION.decode().strip()
    async with TcpPort("127.0.0.1", port, timeout=TIMEOUT) as line:
        assert await line.ask(question) == REPLY.decode().strip()
        point = line.point(Ask(question))
        yield point.read if read else lambda: line.ask(question)
