#!/usr/bin/env python3
"""PVs that are one of several states."""

from enum import IntEnum

from bridge import PVGroup, ioc_arg_parser, pvproperty, run


class Colour(IntEnum):
    """The states of a lamp."""

    red = 0
    amber = 1
    green = 2


class Enums(PVGroup):
    """Two states, five, and those of an IntEnum."""

    bo = pvproperty(value=1, enum_strings=["Zero Value", "One Value"], record="bo")
    bi = pvproperty(value="a", enum_strings=["a", "b"], record="bi")
    mbbi = pvproperty(value="one", enum_strings=["zero", "one", "two", "three", "four"], record="mbbi")
    enum_class = pvproperty(value=Colour.amber, record="mbbi")


if __name__ == "__main__":
    ioc_options, run_options = ioc_arg_parser(default_prefix="enum:", desc=Enums.__doc__)
    run(Enums(**ioc_options).pvdb, **run_options)
