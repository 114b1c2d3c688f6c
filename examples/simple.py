#!/usr/bin/env python3
"""Three PVs that keep what is written to them: the smallest IOC there is."""

from bridge import PVGroup, ioc_arg_parser, pvproperty, run


class Simple(PVGroup):
    """A whole number, a floating-point number, and an array of whole numbers."""

    A = pvproperty(value=1, doc="a whole number")
    B = pvproperty(value=2.0, doc="a number")
    C = pvproperty(value=[1, 2, 3], doc="three whole numbers")


if __name__ == "__main__":
    ioc_options, run_options = ioc_arg_parser(default_prefix="simple:", desc=Simple.__doc__)
    run(Simple(**ioc_options).pvdb, **run_options)
