#!/usr/bin/env python3
"""A counter whose SCAN field says how quickly: `caput scan_rate:A.SCAN ".1 second"`."""

from bridge import PVGroup, ioc_arg_parser, pvproperty, run


class ScanRate(PVGroup):
    """`A` counts, at first twice a second."""

    A = pvproperty(value=0, record="longin")

    @A.scan(period=0.5, use_scan_field=True)
    async def A(self, instance, async_lib):
        await instance.write(instance.value + 1)


if __name__ == "__main__":
    ioc_options, run_options = ioc_arg_parser(default_prefix="scan_rate:", desc=ScanRate.__doc__)
    run(ScanRate(**ioc_options).pvdb, **run_options)
