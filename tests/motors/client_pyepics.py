"""pyepics's Motor: ``python client_pyepics.py PREFIX``; prints what it saw as JSON."""

import json
import os
import sys
import time

import epics

WAIT = 30.0


def main(prefix: str) -> None:
    motor = epics.Motor(prefix + "m1", timeout=WAIT)
    seen: dict[str, object] = {"description": motor.units, "moved": motor.move(3.0, wait=True, timeout=WAIT)}
    seen["at"] = [motor.readback, motor.get("dial_readback"), motor.done_moving]
    seen["relative"] = motor.move(-1.0, relative=True, wait=True, timeout=WAIT)
    seen["then"] = round(motor.get_position(readback=True), 6)
    seen["beyond"] = motor.move(50.0, wait=True, timeout=WAIT)
    motor.tweak_val = 0.5
    motor.tweak(direction="forward", wait=True, timeout=WAIT)
    seen["tweaked"] = motor.readback
    seen["check"] = motor.check_limits is not None
    motor.put("jog_forward", 1)
    time.sleep(0.3)
    motor.put("jog_forward", 0)
    end = time.monotonic() + WAIT
    while not motor.get("done_moving") or motor.get("in_progress"):
        assert time.monotonic() < end
        time.sleep(0.02)
    seen["jogged"] = motor.readback > 2.5
    print(json.dumps(seen), flush=True)


main(sys.argv[1])
os._exit(0)  # libca's threads sometimes crash an interpreter that is being taken down
