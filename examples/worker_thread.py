#!/usr/bin/env python3
"""Work that blocks has a thread; the put is complete when the work is done."""

import asyncio
import time

from bridge import PVGroup, ioc_arg_parser, pvproperty, run


def work(seconds):
    """What would hold up everything else if it were done in the event loop."""
    time.sleep(seconds)
    return time.time()


class Worker(PVGroup):
    """`request` takes as long as the number that is written."""

    request = pvproperty(value=0.0, max_length=1, units="s")
    finished = pvproperty(value=0.0, read_only=True)

    @request.putter
    async def request(self, instance, value):
        await self.finished.write(await asyncio.to_thread(work, value))


if __name__ == "__main__":
    ioc_options, run_options = ioc_arg_parser(default_prefix="wt:", desc=Worker.__doc__)
    run(Worker(**ioc_options).pvdb, **run_options)
