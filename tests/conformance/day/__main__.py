"""A day in virtual time: ``python -m tests.conformance.day --hours 24`` takes some minutes."""

from __future__ import annotations

import argparse
import logging
import time

from tests.conformance.day.course import live


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.day", description=__doc__)
    parser.add_argument("--hours", type=float, default=24.0, help="of virtual time (24)")
    hours: float = parser.parse_args().hours
    logging.getLogger("iocbridge").setLevel(logging.CRITICAL)  # each fault would be told
    begin = time.monotonic()
    day = live(hours)
    scans = ", ".join(f"{count} of {period:g} s" for period, count in sorted(day.ticks.items()))
    print(f"{hours:g} h in {time.monotonic() - begin:.0f} s. Scans: {scans}; {day.missed} left out")
    print(f"{day.skipped} records of sound instruments skipped; at most {day.drift:g} s off the beat")
    print(f"{day.faults} faults of the unsound instrument; {day.events[1]} of {day.events[0]} events seen")
    print(f"Blocks of memory in use: {day.blocks}\nTasks: {day.tasks}, timers: {day.timers}")
    for complaint in day.complaints():
        print(f"FAILED: {complaint}")
    return 1 if day.complaints() else 0


if __name__ == "__main__":
    raise SystemExit(main())
