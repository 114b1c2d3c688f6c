"""Ten thousand ai records that read a counter in memory, ten times a second. Says on SIGTERM how its scans went."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import time
from dataclasses import dataclass

from bridge import PVGroup, ServerConfig, ai, running

PERIOD = 0.1


@dataclass(slots=True)
class Reading:
    """What a source answers."""

    value: float
    time_ns: int | None


class Counter:
    """A source that never waits."""

    def __init__(self) -> None:
        self._value = 0.0

    async def read(self) -> Reading:
        self._value += 1.0
        return Reading(self._value, time.time_ns())


async def _run(port: int, count: int) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    members = {f"x{number}": ai(inp=Counter(), scan=PERIOD, prec=3, mdel=0.5) for number in range(count)}
    group = type("Soft", (PVGroup,), members)("B:")
    config = ServerConfig(interfaces=("127.0.0.1",), port=port, auto_beacon=False)
    async with running(group, config=config) as ioc:
        await stop.wait()
        found = ioc.scans.statistics[PERIOD]
        words = {"ticks": found.ticks, "missed": found.missed_ticks, "skipped": found.skipped}
    print(json.dumps(words), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    args = parser.parse_args()
    asyncio.run(_run(args.port, args.count))


if __name__ == "__main__":
    main()
