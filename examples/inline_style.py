#!/usr/bin/env python3
"""Getters as the definition of a PV; they are asked at every read."""

import random

from bridge import PVGroup, ioc_arg_parser, pvproperty, run


class InlineStyle(PVGroup):
    """Two PVs that are different at each read, and one that counts its reads and writes."""

    reads = writes = 0

    @pvproperty
    async def random_int(self, instance):
        return random.randint(1, 100)

    @pvproperty(dtype=str)
    async def random_str(self, instance):
        return random.choice("abc")

    @pvproperty(value="c")
    async def A(self, instance):
        self.reads += 1

    @A.putter
    async def A(self, instance, value):
        self.writes += 1
        return value


if __name__ == "__main__":
    ioc_options, run_options = ioc_arg_parser(default_prefix="inline_style:", desc=InlineStyle.__doc__)
    run(InlineStyle(**ioc_options).pvdb, **run_options)
