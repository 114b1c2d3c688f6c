#!/usr/bin/env python3
"""A value that comes nearer and nearer to its setpoint, at the rate of its SCAN field."""

import math
import time

from bridge import PVGroup, ioc_arg_parser, pvproperty, run


class Decay(PVGroup):
    """I = SP + Tvar * exp(-t / K), with t since the setpoint was written."""

    readback = pvproperty(value=0.0, read_only=True, name="I", record="ai", precision=3, doc="the value now")
    done = pvproperty(value=False, read_only=True, record="bi", doc="whether it is near the setpoint")
    setpoint = pvproperty(value=100.0, name="SP", doc="where to go")
    K = pvproperty(value=10.0, units="s", doc="how long that takes")
    Tvar = pvproperty(value=10.0, doc="how far away it begins")

    began = time.monotonic()

    @readback.scan(period=0.1, use_scan_field=True)
    async def readback(self, instance, async_lib):
        away = self.Tvar.value * math.exp((self.began - time.monotonic()) / self.K.value)
        await instance.write(self.setpoint.value + away)
        done = abs(away) < 0.05 * abs(self.Tvar.value)
        if self.done.value != done:
            await self.done.write(done)

    @setpoint.putter
    async def setpoint(self, instance, value):
        self.began = time.monotonic()


if __name__ == "__main__":
    ioc_options, run_options = ioc_arg_parser(default_prefix="decay:", desc=Decay.__doc__)
    run(Decay(**ioc_options).pvdb, **run_options)
