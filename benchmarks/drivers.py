"""What drivers cost: between wire and record, and on the instrument's side."""

from __future__ import annotations

import importlib.util

from benchmarks.options import Options
from benchmarks.report import Report
from benchmarks.wires import ask_answer, gateway, many_ports, unasked

__all__ = ["run"]


def run(options: Options) -> Report:
    """All wires."""
    report = Report("Drivers")
    ask_answer.add(report, options.rounds_or(9, 3), options.seconds(0.5, 0.2))
    unasked.add(report, options.rounds_or(5, 1), options.seconds(1.0, 0.3))
    if importlib.util.find_spec("aiohttp") is None:
        report.add("Requests per scan were not counted: aiohttp is not installed for this Python.")
    else:
        from benchmarks.wires import requests

        requests.add(report, options.seconds(30.0, 10.0))
    if importlib.util.find_spec("pymodbus") is None:
        report.add("The Modbus gateway was not measured: pymodbus is not installed for this Python.")
    else:
        gateway.add(report, options.seconds(60.0, 10.0))
    many_ports.add(report, options.seconds(20.0, 5.0))
    return report
