"""The server that is attacked, a process of its own: ``python -m tests.abuse.ioc '{"circuits": 50}'``.

Writes its port to stdout, serves until stdin ends, and logs to stderr as `iocbridge run` does.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import sys
from typing import Any

from bridge import PVGroup, ai, ao, lso, mbbo, pvproperty, running, stringin, stringout, waveform
from bridge.server import ServerLoop
from records import PV, states
from tests.server.serving import loopback

MANY = 100_000  # elements of ABUSE:LONG: 800 kB, and 4 MB as text


class Target(PVGroup):
    """Soft records, arrays and strings, and PVs with hooks that misbehave in every way there is."""

    HEALTH = ai(1.5, prec=3, egu="K")  # these two are the healthy client's
    HEALTH_SP = ao(0.0)
    AI = ai(1.5, prec=3, egu="K", hihi=90, hhsv="MAJOR")
    AO = ao(2.5, prec=3, drvl=-1e6, drvh=1e6)
    MBBO = mbbo(1, zrst="zero", onst="one", twst="two")
    STRINGIN = stringin("text")
    STRINGOUT = stringout("text")
    LSO = lso("a long text", sizv=500)
    WAVE = waveform([float(n) for n in range(1000)], nelm=1000)
    LONG = waveform([float(n) for n in range(MANY)], nelm=MANY)
    CHARS = waveform(b"bytes", ftvl="CHAR", nelm=200)
    STRINGS = waveform(["one", "two"], ftvl="STRING", nelm=10)
    TICK = ai(0.0)  # changes 100 times a second
    TICKS = waveform([0.0] * 5000, nelm=5000)  # 20 times a second

    PLAIN = pvproperty(value=1.0)
    COUNT = pvproperty(value=0)
    SLOWLY = pvproperty(value=0.0)
    NEVER = pvproperty(value=0.0)
    NEVERS = pvproperty(value=[0.0], max_length=MANY)
    RAISES = pvproperty(value=0.0)
    GARBAGE = pvproperty(value=0.0)
    CANCELS = pvproperty(value=0.0)
    BROKEN = pvproperty(value=0.0)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._forever: asyncio.Event | None = None

    @AI.startup
    async def AI(self, instance: PV, async_lib: Any) -> None:
        for name in ("red", "green"):
            states[name] = False
        number = 0
        while True:
            await asyncio.sleep(0.01)
            number += 1
            await self.TICK.write(float(number))
            if number % 5 == 0:
                await self.TICKS.write([float(number)] * 5000)
                states["red"] = not states["red"]

    @SLOWLY.putter
    async def SLOWLY(self, instance: PV, value: float) -> None:
        await asyncio.sleep(0.01)

    @NEVER.putter
    async def NEVER(self, instance: PV, value: float) -> None:
        await asyncio.Event().wait()

    @NEVERS.putter
    async def NEVERS(self, instance: PV, value: Any) -> None:
        await asyncio.Event().wait()

    @NEVER.getter
    async def NEVER(self, instance: PV) -> None:
        await asyncio.Event().wait()

    @RAISES.putter
    async def RAISES(self, instance: PV, value: float) -> None:
        raise RuntimeError("putter: \n\r\x1b[31m raised")

    @RAISES.getter
    async def RAISES(self, instance: PV) -> None:
        raise ZeroDivisionError("getter raised")

    @GARBAGE.putter
    async def GARBAGE(self, instance: PV, value: float) -> Any:
        return object()

    @GARBAGE.getter
    async def GARBAGE(self, instance: PV) -> Any:
        return {"not": "a number"}

    @CANCELS.putter
    async def CANCELS(self, instance: PV, value: float) -> None:
        raise asyncio.CancelledError

    @CANCELS.getter
    async def CANCELS(self, instance: PV) -> None:
        raise asyncio.CancelledError

    @BROKEN.putter
    async def BROKEN(self, instance: PV, value: float) -> None:
        raise Unspeakable

    @BROKEN.getter
    def BROKEN(self, instance: PV) -> None:
        instance.value = "no number at all"  # a hook may assign what it likes


class Unspeakable(Exception):
    """An exception whose text cannot be had."""

    def __str__(self) -> str:
        raise RuntimeError("no words")

    __repr__ = __str__


async def main(limits: dict[str, Any]) -> None:
    async with running(Target("ABUSE:"), config=loopback(**limits)) as ioc:
        print(ioc.server.port, flush=True)
        gc.collect()
        loop = asyncio.get_running_loop()
        ended = loop.create_future()
        loop.add_reader(sys.stdin.fileno(), lambda: ended.done() or ended.set_result(None))
        await ended


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    with asyncio.Runner(loop_factory=ServerLoop) as runner:
        runner.run(main(json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}))
