"""ophyd's EpicsMotor, moved, stopped and refused: ``python client_ophyd.py PREFIX``; prints what it saw as JSON."""

import json
import os
import sys
import time

from ophyd import EpicsMotor
from ophyd.status import wait
from ophyd.utils.errors import LimitError

WAIT = 30.0


def main(prefix: str) -> None:
    motor = EpicsMotor(prefix + "m1", name="m1")
    other = EpicsMotor(prefix + "m2", name="m2")
    for one in (motor, other):
        one.wait_for_connection(timeout=WAIT)
    seen: dict[str, object] = {"limits": list(motor.limits), "egu": motor.egu, "precision": motor.precision}
    dmov: list[int] = []
    motor.motor_done_move.subscribe(lambda value, **_: dmov.append(value), run=False)
    status = motor.move(4.0, wait=False)
    seen["done at once"] = status.done
    wait(status, timeout=WAIT)
    seen["success"], seen["position"] = status.success, motor.position
    wait(motor.move(4.0, wait=False), timeout=WAIT)  # no way to go, and yet an end
    seen["dmov"] = dmov[:]
    status = motor.set(-9.0)
    time.sleep(0.5)
    motor.stop()
    end = time.monotonic() + WAIT
    while motor.moving or not status.done:
        assert time.monotonic() < end
        time.sleep(0.02)
    seen["stopped within"] = -9.0 < motor.position < 4.0
    seen["setpoint is there"] = motor.user_setpoint.get() == motor.user_readback.get()
    try:
        motor.move(11.0)
    except LimitError:
        seen["beyond"] = "refused"
    both = motor.move(1.0, wait=False) & other.move(-3.0, wait=False)
    wait(both, timeout=WAIT)
    seen["both"] = [round(motor.position, 6), round(other.position, 6), other.direction_of_travel.get()]
    motor.set_current_position(5.0)
    end = time.monotonic() + WAIT
    while abs(motor.user_readback.get() - 5.0) > 1e-9:
        assert time.monotonic() < end
        time.sleep(0.02)
    seen["offset"] = motor.user_offset.get()
    seen["described"] = sorted(motor.read())
    print(json.dumps(seen), flush=True)


main(sys.argv[1])
os._exit(0)  # libca's threads sometimes crash an interpreter that is being taken down
