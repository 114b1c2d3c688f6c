#!/usr/bin/env python3
"""A putter that has the last word."""

from bridge import PVGroup, SkipWrite, ioc_arg_parser, pvproperty, run


class Stubborn(PVGroup):
    """Whatever is written, the value is 85."""

    value = pvproperty(value=1)

    @value.putter
    async def value(self, instance, value):
        if value != 85:
            await instance.write(85, verify_value=False)  # or this putter would be asked again
            raise SkipWrite


if __name__ == "__main__":
    ioc_options, run_options = ioc_arg_parser(default_prefix="skip:", desc=Stubborn.__doc__)
    run(Stubborn(**ioc_options).pvdb, **run_options)
