#!/usr/bin/env python3
"""Names with macros, which become options of the program. A macro with None as its default must be given."""

from bridge import PVGroup, ioc_arg_parser, pvproperty, run


class Macros(PVGroup):
    """Two PVs whose names the command line completes."""

    setpoint = pvproperty(value=0, name="{beamline}:{thing}.VAL")
    readback = pvproperty(value=0, name="{beamline}:{thing}.RBV")


if __name__ == "__main__":
    ioc_options, run_options = ioc_arg_parser(
        default_prefix="macros:", desc=Macros.__doc__, macros={"beamline": "my_beamline", "thing": "thing"}
    )
    run(Macros(**ioc_options).pvdb, **run_options)
