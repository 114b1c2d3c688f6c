"""The names of `caproto.ioc_examples.fake_motor_record`, for programs that use it as a library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.compat.group import PVGroup, SubGroup
from bridge.compat.spec import pvproperty

__all__ = ["FakeMotor", "FakeMotorIOC", "broadcast_precision_to_fields", "motor_record_simulator"]

_USUAL: Mapping[str, Any] = {
    "velocity": 0.1,
    "precision": 3,
    "acceleration": 1.0,
    "resolution": 1e-6,
    "user_limits": (0.0, 100.0),
}


async def broadcast_precision_to_fields(record: Any) -> None:
    """Nothing to do: fields have the precision of their record."""


async def motor_record_simulator(
    instance: Any, async_lib: Any, defaults: Mapping[str, Any] | None = None, tick_rate_hz: float = 10.0
) -> None:
    """Move RBV towards VAL at VELO, with DMOV, MOVN and STOP as of a motor record; for ever."""
    given = {**_USUAL, **(defaults or {})}
    fields = instance.field_inst
    asked = False

    async def new_target(_: Any, value: Any) -> None:
        nonlocal asked
        asked = True

    fields.value_write_hook = new_target
    await instance.write_metadata(precision=given["precision"])
    await fields.velocity.write(given["velocity"])
    await fields.seconds_to_velocity.write(given["acceleration"])
    await fields.motor_step_size.write(given["resolution"])
    await fields.user_low_limit.write(given["user_limits"][0])
    await fields.user_high_limit.write(given["user_limits"][1])
    tick = 1.0 / tick_rate_hz
    moving = False
    while True:
        here = fields.user_readback_value.value
        away = instance.value - here
        if fields.stop.value or fields.stop_pause_move_go.value == "Stop":
            if fields.stop.value:
                await fields.stop.write(0)
            if away:
                await instance.write(here, update_fields=False)
                away = 0.0
        if (away or asked) and not moving:
            moving, asked = True, False
            await fields.done_moving_to_value.write(0)
            await fields.motor_is_moving.write(1)
        if moving:
            step = abs(fields.velocity.value) * tick
            here = instance.value if abs(away) <= step else here + (step if away > 0 else -step)
            await fields.user_readback_value.write(here)
            await fields.dial_readback_value.write(here)
            await fields.raw_readback_value.write(int(here / max(fields.motor_step_size.value, 1e-10)))
            if here == instance.value:
                moving = False
                await fields.motor_is_moving.write(0)
                await fields.done_moving_to_value.write(1)
        await async_lib.sleep(tick)


class FakeMotor(PVGroup):
    """One simulated motor, whose PV is the group's prefix itself."""

    motor = pvproperty(value=0.0, name="", record="motor", precision=3)

    def __init__(
        self,
        *args: Any,
        velocity: float = 0.1,
        precision: int = 3,
        acceleration: float = 1.0,
        resolution: float = 1e-6,
        user_limits: tuple[float, float] = (0.0, 100.0),
        tick_rate_hz: float = 10.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.tick_rate_hz = tick_rate_hz
        self.defaults = {
            "velocity": velocity,
            "precision": precision,
            "acceleration": acceleration,
            "resolution": resolution,
            "user_limits": user_limits,
        }

    @motor.startup
    async def _simulate(self, instance: Any, async_lib: Any) -> None:
        """Simulate."""
        await motor_record_simulator(instance, async_lib, self.defaults, self.tick_rate_hz)


class FakeMotorIOC(PVGroup):
    """Three of them."""

    motor1 = SubGroup(FakeMotor, velocity=1.0, precision=3, user_limits=(0, 10), prefix="mtr1")
    motor2 = SubGroup(FakeMotor, velocity=2.0, precision=2, user_limits=(-10, 20), prefix="mtr2")
    motor3 = SubGroup(FakeMotor, velocity=3.0, precision=2, user_limits=(0, 30), prefix="mtr3")
