"""Two hundred instruments on connections of their own, each asked ten times a second."""

from __future__ import annotations

import json
import time

from benchmarks.figures import human
from benchmarks.load.meter import Meter
from benchmarks.report import Report
from benchmarks.servers.process import Program, free_port

__all__ = ["add"]

PORTS = 200
RATE = 10.0


def add(report: Report, seconds: float) -> None:
    """CPU of the IOC, and whether its scans kept up."""
    responder = Program("benchmarks.wires.responder", reports=True)
    try:
        words = (f"--port={free_port()}", f"--instrument={responder.line()}", f"--count={PORTS}")
        program = Program("benchmarks.iocs.many_ports", *words, reports=True)
        try:
            program.line()
            meter = Meter(program.pid)
            meter.start()
            time.sleep(seconds)
            measured = meter.stop(PORTS * RATE * seconds)
            program.process.terminate()
            found = json.loads(program.line())
        finally:
            program.stop()
    finally:
        responder.stop()
    share = measured.server_share or 0.0
    report.add(
        f"{PORTS} ports polled at {RATE:g} Hz for {seconds:g} s: {human(share)} % of a core, "
        f"{human(measured.cpu_us)} us for each poll; {found['ticks']} ticks, {found['missed']} missed, "
        f"{found['skipped']} of {found['ticks'] * PORTS} polls skipped because still busy, "
        f"{found['good']} records without an alarm."
    )
    kept = found["missed"] == 0 and found["good"] == PORTS
    report.bar(f"{PORTS} ports at {RATE:g} Hz: ticks missed", "0", f"{found['missed']}", kept)
    report.data["many_ports"] = measured.plain() | found | {"cpu_percent": share}
