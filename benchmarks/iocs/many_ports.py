"""An IOC with many instruments, each on a connection of its own, all asked ten times a second.

Says on SIGTERM how its scans went.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal

from bridge import ServerConfig, ai, running
from devices import Instrument
from drivers import Ask, TcpPort

PERIOD = 0.1


class Thermometer(Instrument):
    """One question."""

    T = ai(inp=Ask("KRDG? A"), scan=".1 second", egu="K", prec=3, hihi=320, hhsv="MAJOR")


async def _run(port: int, instrument: int, count: int) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    groups = [Thermometer(f"B:{number}:", port=TcpPort("127.0.0.1", instrument)) for number in range(count)]
    config = ServerConfig(interfaces=("127.0.0.1",), port=port, auto_beacon=False)
    async with running(*groups, config=config) as ioc:
        while any(record.udf for record in ioc.records):
            await asyncio.sleep(0.05)
        found = ioc.scans.statistics[PERIOD]
        print("all have been read", flush=True)
        before = (found.ticks, found.missed_ticks, found.skipped)
        await stop.wait()
        after = (found.ticks, found.missed_ticks, found.skipped)
        good = sum(1 for record in ioc.records if not record.alarm.severity)
    words = dict(
        zip(("ticks", "missed", "skipped"), (new - old for new, old in zip(after, before, strict=True)), strict=True)
    )
    print(json.dumps(words | {"good": good}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--instrument", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    args = parser.parse_args()
    asyncio.run(_run(args.port, args.instrument, args.count))


if __name__ == "__main__":
    main()
