#!/usr/bin/env python3
"""States of the IOC, for clients that want updates only while one is on.

Try `camonitor 'state:value.{"sync":{"m":"while","s":"beam"}}'`.
"""

from bridge import PVGroup, ioc_arg_parser, pvproperty, run


class States(PVGroup):
    """`value` counts; the state `beam` is on while `beam` is 1."""

    value = pvproperty(value=0, read_only=True)
    beam = pvproperty(value=False)

    def __init__(self, *args, **options):
        self.states = {"beam": False}
        super().__init__(*args, **options)

    @value.scan(period=0.1)
    async def value(self, instance, async_lib):
        await instance.write((instance.value + 1) % 10)

    @beam.putter
    async def beam(self, instance, value):
        async with self.update_state("beam", value):
            pass


if __name__ == "__main__":
    ioc_options, run_options = ioc_arg_parser(default_prefix="state:", desc=States.__doc__)
    run(States(**ioc_options).pvdb, **run_options)
