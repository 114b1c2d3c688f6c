"""Where it was measured, and with what."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

__all__ = ["describe", "load", "version_of"]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def describe() -> str:
    """One line about the machine."""
    cores = len(os.sched_getaffinity(0))
    return (
        f"{cores} cores of {_processor()}, Linux {platform.release().partition('-')[0]}, "
        f"{platform.python_implementation()} {platform.python_version()}, loopback"
    )


def load() -> str:
    """How busy it was lately."""
    return "load {:.2f} {:.2f} {:.2f} (1, 5, 15 min)".format(*os.getloadavg())


def version_of(distribution: str) -> str:
    """The installed version, or an empty text."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""
