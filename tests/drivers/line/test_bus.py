"""Several instruments on one line of text, in virtual time: the dead must not slow the living."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

import pytest

from drivers import Ask, DriverError, LinePort, MemoryTransport, Refused, ReplyTimeout, Tell
from drivers.line.points import AskPoint
from tests.virtualtime import run_virtual

UNITS = tuple(f"{number:02}" for number in range(1, 9))
TEMP = Ask("#{ad}T?", "#{ad}{f}", unit="{ad}")
SET = Tell("#{ad}S {:.1f}", reply="OK", unit="{ad}")


class Bus:
    """``#01T?`` is answered ``#01123.0`` after 20 ms, 123 being how often this unit was asked; ``#01S 5`` by OK."""

    def __init__(self, *, serial: bool = True) -> None:
        self.wire = MemoryTransport("bus")
        self.wire.reopens = not serial
        self.dead: set[str] = set()
        self.asked = dict.fromkeys(UNITS, 0)

    async def serve(self) -> None:
        while True:
            with contextlib.suppress(EOFError):
                line = (await self.wire.far.receive()).decode().strip()
                unit = line[1:3]
                self.asked[unit] += 1
                if unit not in self.dead:
                    await asyncio.sleep(0.02)
                    reply = "OK" if line[3] == "S" else f"#{unit}{self.asked[unit]}"
                    with contextlib.suppress(ConnectionError):
                        self.wire.far.send(f"{reply}\r\n".encode())

    @contextlib.asynccontextmanager
    async def port(self) -> AsyncIterator[LinePort]:
        serving = asyncio.create_task(self.serve())
        async with LinePort("bus", self.wire, timeout=0.5) as port:
            yield port
        serving.cancel()


async def poll(port: LinePort, seconds: int) -> dict[str, int]:
    """How many good readings each unit gave: it is asked at 1 Hz, and left out when it is still busy."""
    loop = asyncio.get_running_loop()
    begin = loop.time()
    good = dict.fromkeys(UNITS, 0)

    async def one(unit: str) -> None:
        point = port.point(TEMP.at(ad=unit))
        for number in range(seconds):
            if loop.time() > begin + number + 0.05:
                continue
            await asyncio.sleep(begin + number - loop.time())
            with contextlib.suppress(DriverError):
                await point.read()
                good[unit] += 1

    await asyncio.gather(*map(one, UNITS))
    return good


@pytest.mark.parametrize("serial", [True, False])
def test_dead_units_do_not_slow_the_others(serial: bool) -> None:
    async def main() -> None:
        bus = Bus(serial=serial)
        async with bus.port() as port:
            bus.dead = {"03", "07"}
            await poll(port, 20)
            bus.asked["03"] = 0
            good = await poll(port, 400)
            assert all((count == 0) == (unit in bus.dead) for unit, count in good.items())
            # after a time-out a serial line is listened to for `quiet`, in which others wait
            share = 0.9 if serial else 0.95
            assert min(count for unit, count in good.items() if unit not in bus.dead) >= share * 400
            assert 400 / 40 < bus.asked["03"] < 400 / 2  # it is tried, but not each time

    run_virtual(main())


def test_a_unit_that_falls_silent_and_comes_back(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    async def main() -> None:
        bus = Bus()
        loop = asyncio.get_running_loop()
        async with bus.port() as port:
            one, two = port.point(TEMP.at(ad="01")), port.point(TEMP.at(ad="02"))
            assert isinstance(one, AskPoint)
            assert one.question.unit == "01"
            faults: list[tuple[str, str]] = []
            one.watch(lambda fault: faults.append(("01", type(fault).__name__)))
            two.watch(lambda fault: faults.append(("02", type(fault).__name__)))
            await one.read()
            await two.read()
            bus.dead.add("01")
            for _ in range(2):
                with pytest.raises(ReplyTimeout, match=r"no reply to '#01T\?' within"):
                    await one.read()
            assert faults == [("01", "ReplyTimeout")]
            begin = loop.time()
            with pytest.raises(ReplyTimeout, match="was not asked, unit 01 is silent"):
                await one.read()
            assert loop.time() == begin  # it is refused at once
            await two.read()
            bus.dead.clear()
            while faults[-1] != ("01", "NoneType"):
                with contextlib.suppress(ReplyTimeout):
                    await one.read()
                await asyncio.sleep(0.1)
            assert loop.time() < begin + 60
            assert [fault for fault in faults if fault[0] == "02"] == []

    run_virtual(main())
    told = [record.getMessage() for record in caplog.records if "unit" in record.getMessage()]
    assert [("silent" in line, "again" in line) for line in told] == [(True, False), (False, True)]


def test_writes_to_a_unit() -> None:
    async def main() -> None:
        bus = Bus()
        async with bus.port() as port:
            point = port.point(SET.at(ad="04"))
            await point.write(5.0)
            bus.dead.add("04")
            with pytest.raises(ReplyTimeout, match=r"within 0\.5 s"):
                await point.write(6.0)
            with pytest.raises(ReplyTimeout, match=r"within 0\.5 s"):  # the whole time-out: who wrote wants to know
                await point.write(7.0)
            with pytest.raises(ReplyTimeout, match="was not asked"):
                await point.write(8.0)
            assert bus.asked["04"] == 3
            with pytest.raises(Refused, match="not sent"):
                await point.write("x")
            assert (await port.point(TEMP.at(ad="05")).read()).value == 1

    run_virtual(main())
