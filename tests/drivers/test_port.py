"""The supervisor and the queue, with a link that does what the test says."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from drivers import BadReply, LinkDown, Point, Port, Refused, ReplyTimeout, UsageError
from drivers.backoff import Backoff
from tests.drivers.wires import eventually
from tests.virtualtime import run_virtual

QUICK = Backoff(0.001, 0.004)


class Plug(Port):
    """`plan` says how the next attempts to open go: an exception, a delay in seconds, or None for at once."""

    def __init__(self, *plan: Exception | float | None, **options: Any) -> None:
        super().__init__("bath", **{"backoff": QUICK} | options)
        self.plan = list(plan)
        self.opened = self.closed = self.resyncs = 0
        self.resync_fails: Exception | None = None

    async def _open(self) -> None:
        self.opened += 1
        step = self.plan.pop(0) if self.plan else None
        if isinstance(step, Exception):
            raise step
        await asyncio.sleep(step or 0)

    async def _close(self) -> None:
        self.closed += 1

    async def _resync(self) -> None:
        self.resyncs += 1
        await asyncio.sleep(0)
        if self.resync_fails:
            raise self.resync_fails

    def point(self, question: Any) -> Point:
        raise UsageError("none")

    async def do(self, action: Any = None, *, urgent: bool = False) -> Any:
        async with self._turn(urgent=urgent):
            if isinstance(action, BaseException):
                raise action
            return await action if action is not None else None


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "iocbridge.port")
    return caplog


async def test_life_and_what_is_told(log: pytest.LogCaptureFixture) -> None:
    port = Plug(*[OSError("no such luck")] * 5)
    told: list[Any] = []
    port.watch(told.append)
    with pytest.raises(LinkDown, match="not started"):
        await port.do()
    await port.start()
    await port.start()
    await port.wait_up(5.0)
    assert port.fault is None
    assert port.opened == 6
    port.lost("pulled")
    port.lost("pulled again")
    with pytest.raises(LinkDown, match=r"bath: connection lost: pulled$"):
        await port.do()
    await port.wait_up(5.0)
    await port.stop()
    await port.stop()
    assert [str(fault) for fault in told] == [
        "bath: no such luck",
        "None",
        "bath: connection lost: pulled",
        "None",
        "bath: the port is stopped",
    ]
    assert [record.getMessage() for record in log.records] == [
        "bath: no such luck",
        "bath: connected",
        "bath: connection lost: pulled",
        "bath: connected",
        "bath: the port is stopped",
    ]
    assert port.statistics.connects == 2
    assert port.opened == 7


async def test_one_line_for_an_outage_whatever_the_reasons(log: pytest.LogCaptureFixture) -> None:
    port = Plug(*[OSError(text) for text in "abababab"])
    await port.start()
    await port.wait_up(5.0)
    await port.stop()
    warnings = [record.getMessage() for record in log.records if record.levelno == logging.WARNING]
    assert warnings == ["bath: a"]


async def test_opening_has_a_deadline() -> None:
    port = Plug(60.0)
    port.connect_timeout = 0.02
    with pytest.raises(LinkDown, match=r"bath: no connection within 0\.02 s"):
        async with port:
            pass


async def test_alone_it_fails_at_the_first_attempt_and_leaves_nothing_behind() -> None:
    port = Plug(*[OSError("refused")] * 1000)
    with pytest.raises(LinkDown, match="bath: refused"):
        async with port:
            pass
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_stopping_while_it_opens() -> None:
    port = Plug(60.0)
    await port.start()
    await eventually(lambda: port.opened)
    await port.stop()
    assert port.closed
    assert isinstance(port.fault, LinkDown)


async def test_a_link_that_is_lost_while_it_opens_is_no_link() -> None:
    class Hasty(Plug):
        async def _open(self) -> None:
            await super()._open()
            if self.opened == 1:
                self.lost("closed by the server")

    port = Hasty()
    with pytest.raises(LinkDown, match="connection lost: closed by the server"):
        async with port:
            pass
    async with port:
        await port.do()


async def test_a_bug_in_opening_is_shown_with_its_place_and_retried(log: pytest.LogCaptureFixture) -> None:
    port = Plug(ZeroDivisionError("oops"))
    await port.start()
    await port.wait_up(5.0)
    await port.stop()
    assert [record.exc_info is not None for record in log.records][:1] == [True]


async def test_a_link_that_hangs_while_closing_does_not_hold_us(log: pytest.LogCaptureFixture) -> None:
    class Stuck(Plug):
        async def _close(self) -> None:
            await asyncio.sleep(60)

    port = Stuck()
    await port.start()
    await port.wait_up(5.0)
    begin = asyncio.get_running_loop().time()
    await port.stop()
    assert asyncio.get_running_loop().time() - begin < 1.0
    assert "did not close" in log.text


def broken(_event: object) -> None:
    raise ZeroDivisionError


async def test_a_watcher_that_raises_hurts_nobody(log: pytest.LogCaptureFixture) -> None:
    port = Plug()
    told: list[Any] = []
    port.watch(broken)
    unwatch = port.watch(told.append)
    async with port:
        assert told == [None]
        unwatch()
        unwatch()
        port.lost("gone")
        assert told == [None]
    assert "a watcher failed" in log.text


async def test_wait_up_gives_the_reason() -> None:
    port = Plug(*[OSError("refused")] * 1000)
    await port.start()
    with pytest.raises(LinkDown, match="refused"):
        await port.wait_up(0.02)
    await port.stop()


async def test_going_down_fails_all_that_wait() -> None:
    async with Plug() as port:
        gate = asyncio.Event()
        first = asyncio.create_task(port.do(gate.wait()))
        waiting = [asyncio.create_task(port.do()) for _ in range(5)]
        await asyncio.sleep(0)
        port.lost("pulled")
        assert {str(error) for error in await asyncio.gather(*waiting, return_exceptions=True)} == {
            "bath: connection lost: pulled"
        }
        gate.set()
        await first
        await port.wait_up(5.0)
        await port.do()


async def test_going_down_just_as_the_turn_is_handed_over() -> None:
    class Pulled(Plug):
        def _end_turn(self) -> None:
            super()._end_turn()
            if self.statistics.requests == 1:
                self.lost("pulled")  # the second has been given the turn, and has not run yet

    async with Pulled() as port:
        first = asyncio.create_task(port.do(asyncio.sleep(0)))
        second = asyncio.create_task(port.do())
        await first
        with pytest.raises(LinkDown):
            await second
        await port.wait_up(5.0)
        await port.do()


@pytest.mark.parametrize(
    ("raised", "seen", "text"),
    [
        (OSError("broken pipe"), LinkDown, "bath: connection lost: broken pipe"),
        (EOFError(), LinkDown, "bath: connection lost: EOFError"),
        (TimeoutError(), ReplyTimeout, "bath: no reply in time"),
        (BadReply("bad"), BadReply, "bad"),
        (ReplyTimeout("slow"), ReplyTimeout, "slow"),
    ],
)
async def test_what_becomes_of_errors(raised: Exception, seen: type[Exception], text: str) -> None:
    async with Plug() as port:
        with pytest.raises(seen, match=text):
            await port.do(raised)
        assert (port.fault is None) == (seen is not LinkDown)
        timeouts = seen is ReplyTimeout
        assert (port.statistics.timeouts, port.statistics.errors) == (timeouts, not timeouts)
        await port.wait_up(5.0)
        await port.do()
        assert port.statistics.requests == 2


async def silence() -> None:
    await asyncio.sleep(0)
    raise ReplyTimeout("bath: no reply to 'A?'")


async def test_silence_fails_the_queue_and_is_told_once(log: pytest.LogCaptureFixture) -> None:
    async with Plug() as port:
        for _ in range(5):
            first = asyncio.create_task(port.do(silence()))
            others = [asyncio.create_task(port.do()) for _ in range(3)]
            results = await asyncio.gather(first, *others, return_exceptions=True)
            if port.statistics.timeouts == 1:
                port._silence = 1  # the others of the first round were answered
        assert [type(result) for result in results] == [ReplyTimeout] * 4
        assert "not asked" in str(results[-1])
        with pytest.raises(Refused):
            await port.do(Refused("no"))
        await port.do()
    told = [record.getMessage() for record in log.records if "silent" in record.getMessage()]
    assert told == ["bath: no reply to 'A?'; the port is silent"]
    assert log.text.count("answers again") == 1


async def test_out_of_step_keeps_the_turn_until_the_wire_is_in_step() -> None:
    async with Plug() as port:

        async def half() -> None:
            port._in_step = False
            raise ReplyTimeout("slow")

        first, second = asyncio.create_task(port.do(half())), asyncio.create_task(port.do())
        with pytest.raises(ReplyTimeout):
            await first
        assert not second.done()
        await second
        assert port.resyncs == 1
        port.resync_fails = OSError("refused")
        first, second = asyncio.create_task(port.do(half())), asyncio.create_task(port.do())
        with pytest.raises(ReplyTimeout):
            await first
        with pytest.raises(LinkDown, match="bath: connection lost: refused"):
            await second
        await port.wait_up(5.0)
        await port.do()


async def test_cancelled_inside_a_turn() -> None:
    async with Plug() as port:
        task = asyncio.create_task(port.do(asyncio.sleep(60)))
        await asyncio.sleep(0)
        task.cancel()
        await port.do()
        assert task.cancelled()


async def test_a_link_that_is_accepted_and_dropped_is_backed_off_from() -> None:
    port = Plug(backoff=Backoff(0.01, 0.08, jitter=0.0))
    port.watch(lambda fault: port.lost("dropped") if fault is None else None)
    begin = asyncio.get_running_loop().time()
    await port.start()
    await eventually(lambda: port.opened == 5)
    assert asyncio.get_running_loop().time() - begin >= 0.01 + 0.02 + 0.04 + 0.08 - 0.01
    await port.stop()


def test_a_link_that_comes_and_goes_is_told_rarely(log: pytest.LogCaptureFixture) -> None:
    told: list[Any] = []

    async def an_hour() -> None:
        port = Plug(backoff=Backoff(0.25, 2.0, jitter=0.0))
        port.watch(told.append)
        unwatch = port.watch(lambda fault: port.lost("dropped") if fault is None else None)
        async with asyncio.timeout(7200):
            await port.start()
            await asyncio.sleep(3600)
            unwatch()
            await asyncio.sleep(60)
            port.lost("pulled")
            await asyncio.sleep(60)
            await port.stop()

    run_virtual(an_hour())
    lines = [record.getMessage() for record in log.records]
    flapping = "bath: connection lost: dropped (it comes and goes{}; told rarely until it stays up for 5 s)"
    assert lines[:4] == [
        "bath: connected",
        "bath: connection lost: dropped",
        "bath: connected",
        flapping.format(""),
    ]
    assert lines[4] == flapping.format(", 31 times since this was last told")
    assert lines[-5:] == [
        lines[8],
        "bath: connected, and steady again",
        "bath: connection lost: pulled",
        "bath: connected",
        "bath: the port is stopped",
    ]
    assert len(lines) == 13
    assert len(told) > 3000  # records are told each time


def test_the_timeout_must_be_positive() -> None:
    for timeout in (0, -1.0, float("nan")):
        with pytest.raises(UsageError, match="bath"):
            Plug(timeout=timeout)
