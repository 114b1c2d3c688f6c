"""pythonSoftIOC: base's database and server, with records that Python sets and is told of."""

from __future__ import annotations

import asyncio
import signal

import numpy as np
from softioc import asyncio_dispatcher, builder, softioc

from benchmarks.servers.arguments import async_beats, parse


def main() -> None:
    arguments = parse()
    dispatcher = asyncio_dispatcher.AsyncioDispatcher()
    builder.SetDeviceName("B")
    records = [builder.aOut(name, initial_value=0.0) for name in arguments.names]
    builder.WaveformIn("wf", initial_value=np.arange(arguments.elements, dtype=float))
    builder.LoadDatabase()
    softioc.iocInit(dispatcher, enable_pva=False)

    async def tick() -> None:
        async for value in async_beats(arguments.tick, asyncio.sleep):
            for record in records:
                record.set(value)

    if arguments.tick:
        dispatcher(tick)
    signal.pause()


if __name__ == "__main__":
    main()
