"""All kinds of cases of the fault matrix by name, and how to run one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator

from tests.conformance.matrix import http, modbus

__all__ = ["KINDS", "failure", "sequences"]

KINDS = (*(f"modbus {wire}" for wire in modbus.WIRES), *(f"http {channel}" for channel in http.CHANNELS))


def sequences(modbus_cases: int, http_cases: int, seed: int) -> Iterator[tuple[str, int]]:
    """So many of each family, its wires in turn, with the seeds from `seed` on."""
    for family, count in (("modbus", modbus_cases), ("http", http_cases)):
        kinds = [kind for kind in KINDS if kind.startswith(family)]
        yield from ((kinds[number % len(kinds)], seed + number // len(kinds)) for number in range(count))


def failure(case: tuple[str, int]) -> str:
    """Run one. Returns what went wrong, or ""."""
    kind, seed = case
    logger = logging.getLogger("iocbridge")
    before = logger.level
    logger.setLevel(logging.CRITICAL)  # thousands of faults would be told
    family, _, wire = kind.partition(" ")
    try:
        (modbus if family == "modbus" else http).run_case(wire, seed)
    except (Exception, asyncio.CancelledError) as error:
        return f"{type(error).__name__}: {error}"
    finally:
        logger.setLevel(before)
    return ""
