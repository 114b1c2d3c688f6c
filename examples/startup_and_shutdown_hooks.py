#!/usr/bin/env python3
"""What happens when an IOC begins and when it ends."""

from bridge import PVGroup, ioc_arg_parser, pvproperty, run


class Hooks(PVGroup):
    """Says in the log what it does."""

    thing = pvproperty(value=2)

    async def begin(self, async_lib):
        self.log.info("the hook of the IOC was called")
        await async_lib.sleep(0.1)
        await self.thing.write(3)

    @thing.startup
    async def thing(self, instance, async_lib):
        self.log.info("the start-up hook of the PV was called")

    @thing.shutdown
    async def thing(self, instance, async_lib):
        self.log.info("the shutdown hook of the PV was called, at %s", instance.value)


if __name__ == "__main__":
    ioc_options, run_options = ioc_arg_parser(default_prefix="hooks:", desc=Hooks.__doc__)
    group = Hooks(**ioc_options)
    run(group.pvdb, startup_hook=group.begin, **run_options)
