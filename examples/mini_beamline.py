#!/usr/bin/env python3
"""A beamline in small: three detectors with a motor each, a camera, and a beam that swings."""

import math

import numpy as np

from bridge import PVGroup, SubGroup, ioc_arg_parser, pvproperty, run

RATE = 200  # counts for each unit of current, in a second
RANDOM = np.random.default_rng()


class Detector(PVGroup):
    """Counts what comes through at the position of its motor; a class of its own says how much that is."""

    det = pvproperty(value=0.0, read_only=True, doc="counts")
    mtr = pvproperty(value=0.0, precision=3, record="ao", doc="position")
    exp = pvproperty(value=1.0, lower_ctrl_limit=0.0, upper_ctrl_limit=3600.0, units="s", doc="exposure")
    vel = pvproperty(value=1.0, doc="speed of the motor")
    mtr_tick_rate = pvproperty(value=10.0, units="Hz", doc="steps of the motor in a second")

    @det.scan(period=0.5)
    async def det(self, instance, async_lib):
        expected = RATE * self.parent.current.value * self.exp.value * self.through(self.mtr.value)
        await instance.write(RANDOM.poisson(expected))

    @mtr.startup
    async def mtr(self, instance, async_lib):
        self.sleep = async_lib.sleep

    @mtr.putter
    async def mtr(self, instance, value):
        tick = 1.0 / self.mtr_tick_rate.value
        begin, way = instance.value, value - instance.value
        steps = int(abs(way / self.vel.value) / tick)
        for step in range(steps):
            await instance.write(begin + way * step / steps, verify_value=False)
            await self.sleep(tick)

    def through(self, position):
        """Which part of the beam comes through."""
        raise NotImplementedError


class PinHole(Detector):
    """A hole at 0."""

    def through(self, position):
        return math.exp(-(position**2) / 50)


class Edge(Detector):
    """An edge at 5."""

    def through(self, position):
        return math.erfc((5 - position) / 2.5) / 2


class Slit(Detector):
    """A slit from -7.5 to 7.5."""

    def through(self, position):
        return (math.erfc((position - 7.5) / 2.5) - math.erfc((position + 7.5) / 2.5)) / 2


class MovingDot(PVGroup):
    """A camera that sees a spot."""

    height, width = 480, 640

    det = pvproperty(value=[0.0] * (480 * 640), read_only=True, doc="the image, line by line")
    img_sum = pvproperty(value=0.0, read_only=True)
    mtrx = pvproperty(value=0.0)
    mtry = pvproperty(value=0.0)
    exp = pvproperty(value=1.0, lower_ctrl_limit=0.0, upper_ctrl_limit=3600.0)
    shutter_open = pvproperty(value=1)
    ArraySizeY_RBV = pvproperty(value=480, read_only=True)
    ArraySizeX_RBV = pvproperty(value=640, read_only=True)
    ArraySize_RBV = pvproperty(value=[480, 640], read_only=True)

    @det.scan(period=2.0)
    async def det(self, instance, async_lib):
        image = RANDOM.poisson(1000, (self.height, self.width)).astype(float)
        if self.shutter_open.value:
            y, x = np.ogrid[: self.height, : self.width]
            x = (x - self.width / 2 + self.mtrx.value) / 50
            y = (y - self.height / 2 + self.mtry.value) / 25
            spot = RATE * self.parent.current.value * self.exp.value * np.exp(-(x**2 + y**2) / 2)
            image += RANDOM.poisson(spot)
        await self.img_sum.write(image.sum())
        await instance.write(image.ravel())


class MiniBeamline(PVGroup):
    """Detectors and a camera in a beam whose current swings."""

    current = pvproperty(value=500.0, read_only=True, units="mA")

    @current.scan(period=0.1)
    async def current(self, instance, async_lib):
        await instance.write(500 + 25 * math.sin(async_lib.library.get_running_loop().time() * math.pi / 2))

    ph = SubGroup(PinHole, doc="a pinhole")
    edge = SubGroup(Edge, doc="an edge")
    slit = SubGroup(Slit, doc="a slit")
    dot = SubGroup(MovingDot, doc="a camera")


if __name__ == "__main__":
    ioc_options, run_options = ioc_arg_parser(default_prefix="mini:", desc=MiniBeamline.__doc__)
    run(MiniBeamline(**ioc_options).pvdb, **run_options)
