#!/usr/bin/env python3
"""Values that survive a restart: `python autosave.py --prefix LAB:` keeps them in autosave.sav."""

from bridge import PVGroup, ioc_arg_parser, pvproperty, run


class Kept(PVGroup):
    """A and C are kept, B is not."""

    A = pvproperty(value=1, record="longout", autosave=True)
    B = pvproperty(value=2.0)
    C = pvproperty(value=[1, 2, 3], autosave=True)


if __name__ == "__main__":
    ioc_options, run_options = ioc_arg_parser(default_prefix="autosave:", desc=Kept.__doc__)
    run(Kept(**ioc_options).pvdb, autosave="autosave.sav", **run_options)
