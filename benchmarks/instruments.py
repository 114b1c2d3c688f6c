"""Simulated instruments in processes of their own, so that they do not share the IOC's event loop."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from benchmarks.servers.process import Program

__all__ = ["simulator"]


@contextlib.contextmanager
def simulator(name: str, *options: str) -> Iterator[str]:
    """``iocbridge sim NAME``; gives its address."""
    program = Program("bridge", "sim", name, *options, reports=True)
    try:
        yield program.line().partition(" listens on ")[2].split()[0]
    finally:
        program.stop()
