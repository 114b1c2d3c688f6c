"""The simulated motor, ours and caproto's own, moved by a client's put."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from bridge.compat import Served, fake_motor
from bridge.runtime.ioc import running
from tests.server.serving import loopback
from tests.waiting import eventually


@pytest.mark.parametrize("whose", ["ours", "caproto's"])
async def test_it_moves(caproto: Any, whose: str) -> None:
    made: Any = fake_motor.FakeMotor
    if whose != "ours":
        if importlib.util.find_spec("caproto.ioc_examples.fake_motor_record") is None:
            pytest.skip("caproto is not installed")
        from caproto.ioc_examples.fake_motor_record import FakeMotor as made
    group = made("m:mtr", velocity=100.0, tick_rate_hz=100.0)
    assert list(group.pvdb) == ["m:mtr"]
    fields = group.motor.field_inst
    async with running(Served(group.pvdb), config=loopback()):
        await eventually(lambda: fields.velocity.value == 100.0)
        work = group.motor.pv.put(20.0)
        if work is not None:
            await work
        await eventually(lambda: fields.done_moving_to_value.value == 0)
        await eventually(lambda: fields.user_readback_value.value == 20.0 and fields.done_moving_to_value.value == 1)
        assert (group.motor.value, fields.motor_is_moving.value) == (20.0, 0)
