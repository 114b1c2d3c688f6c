#!/usr/bin/env python3
"""A loop of one's own: a value that wanders, as quickly as another PV says."""

import random

from bridge import PVGroup, ioc_arg_parser, pvproperty, run


class RandomWalk(PVGroup):
    """`x` takes a step every `dt` seconds."""

    dt = pvproperty(value=3.0, units="s", precision=3)
    x = pvproperty(value=0.0, precision=3)

    @x.startup
    async def x(self, instance, async_lib):
        while True:
            await instance.write(instance.value + random.uniform(-1, 1))
            await async_lib.sleep(self.dt.value)


if __name__ == "__main__":
    ioc_options, run_options = ioc_arg_parser(default_prefix="random_walk:", desc=RandomWalk.__doc__)
    run(RandomWalk(**ioc_options).pvdb, **run_options)
