"""Ten thousand calc records that count, ten times a second. Says on SIGTERM how its scans went."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal

from bridge import PVGroup, ServerConfig, calc, running

PERIOD = 0.1


async def _run(port: int, count: int) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    members = {f"x{number}": calc(calc="VAL+1", scan=PERIOD, prec=3, mdel=0.5) for number in range(count)}
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
