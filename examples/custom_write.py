#!/usr/bin/env python3
"""A put does something: here it leaves the value in a file that is called like the PV."""

from pathlib import Path
from tempfile import gettempdir

from bridge import PVGroup, ioc_arg_parser, pvproperty, run


class CustomWrite(PVGroup):
    """PVs that write a file when they are written."""

    folder = Path(gettempdir())

    async def save(self, instance, value):
        # the group knows which PV it is by the attribute it was specified with
        (self.folder / instance.pvspec.attr).write_text(str(value))

    A = pvproperty(put=save, value=0)
    B = pvproperty(put=save, value=0)


if __name__ == "__main__":
    ioc_options, run_options = ioc_arg_parser(default_prefix="custom_write:", desc=CustomWrite.__doc__)
    run(CustomWrite(**ioc_options).pvdb, **run_options)
