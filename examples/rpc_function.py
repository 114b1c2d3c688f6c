#!/usr/bin/env python3
"""A Python function as PVs: write its arguments, write Process, read Retval."""

import random

from bridge import PVGroup, ioc_arg_parser, pvfunction, pvproperty, run


class Functions(PVGroup):
    """A number by chance, and one within limits that clients choose."""

    @pvproperty
    async def fixed_random(self, instance):
        return random.randint(1, 100)

    @pvfunction(default=0)
    async def get_random(self, low: int = 100, high: int = 1000) -> int:
        """A number from `low` to `high`."""
        return random.randint(low, high)


if __name__ == "__main__":
    ioc_options, run_options = ioc_arg_parser(default_prefix="rpc:", desc=Functions.__doc__)
    run(Functions(**ioc_options).pvdb, **run_options)
