"""The menus of EPICS base: the choices of each enumerated field, in the order of their numbers.

Source: ``menu*.dbd`` of EPICS base 7.0.
"""

from __future__ import annotations

from math import log
from typing import Final

from records.alarm import Severity, Status

__all__ = [
    "LINEAR",
    "MENU_ALARM_SEVR",
    "MENU_ALARM_STAT",
    "MENU_CONVERT",
    "MENU_FTYPE",
    "MENU_IVOA",
    "MENU_OMSL",
    "MENU_PINI",
    "MENU_POST",
    "MENU_PRIORITY",
    "MENU_SCAN",
    "MENU_SIMM",
    "MENU_YES_NO",
    "SCAN_EVENT",
    "SCAN_IO_INTR",
    "SCAN_PASSIVE",
    "SLOPE",
    "Menu",
    "nearest_scan",
    "scan_index",
    "scan_period",
]

Menu = tuple[str, ...]

MENU_ALARM_SEVR: Final[Menu] = tuple(severity.name for severity in Severity)
MENU_ALARM_STAT: Final[Menu] = tuple(status.name for status in Status)
MENU_YES_NO: Final[Menu] = ("NO", "YES")
MENU_PINI: Final[Menu] = ("NO", "YES", "RUN", "RUNNING", "PAUSE", "PAUSED")
MENU_PRIORITY: Final[Menu] = ("LOW", "MEDIUM", "HIGH")
MENU_SIMM: Final[Menu] = ("NO", "YES", "RAW")
MENU_OMSL: Final[Menu] = ("supervisory", "closed_loop")
MENU_IVOA: Final[Menu] = ("Continue normally", "Don't drive outputs", "Set output to IVOV")
MENU_POST: Final[Menu] = ("On Change", "Always")
MENU_FTYPE: Final[Menu] = (
    *("STRING", "CHAR", "UCHAR", "SHORT", "USHORT", "LONG", "ULONG"),
    *("INT64", "UINT64", "FLOAT", "DOUBLE", "ENUM"),
)
# breakpoint tables from the fourth on; sites of base put the names of theirs into this menu
MENU_CONVERT: Final[Menu] = (
    *("NO CONVERSION", "SLOPE", "LINEAR"),
    *("typeKdegF", "typeKdegC", "typeJdegF", "typeJdegC", "typeEdegF(ixe only)", "typeEdegC(ixe only)"),
    *("typeTdegF", "typeTdegC", "typeRdegF", "typeRdegC", "typeSdegF", "typeSdegC"),
)
SLOPE: Final = 1
LINEAR: Final = 2
# the last three are ours; sites of base add theirs at the end in the same way
MENU_SCAN: Final[Menu] = (
    *("Passive", "Event", "I/O Intr"),
    *("10 second", "5 second", "2 second", "1 second", ".5 second", ".2 second", ".1 second"),
    *(".05 second", ".02 second", ".01 second"),
)

SCAN_PASSIVE: Final = 0
SCAN_EVENT: Final = 1
SCAN_IO_INTR: Final = 2


def scan_period(scan: int) -> float | None:
    """Seconds between scans for a choice of MENU_SCAN; None for those that are not periodic."""
    if scan <= SCAN_IO_INTR or scan >= len(MENU_SCAN):
        return None
    return float(MENU_SCAN[scan].removesuffix(" second"))


def scan_index(scan: str | float) -> int:
    """The choice of MENU_SCAN meant by its text (``"1 second"``, ``"Passive"``) or by its period in seconds.

    Raises ValueError, with the choices, if there is none.
    """
    if isinstance(scan, str):
        wanted = scan.strip()
        for index, choice in enumerate(MENU_SCAN):
            if choice.casefold() == wanted.casefold():
                return index
        words = wanted.casefold().split()
        if len(words) == 2 and words[1] in ("s", "second", "seconds"):  # "0.5 second", "1.0 seconds"
            try:
                return scan_index(float(words[0]))
            except ValueError:
                pass
    elif not isinstance(scan, bool):
        for index in range(SCAN_IO_INTR + 1, len(MENU_SCAN)):
            if scan_period(index) == scan:
                return index
    raise ValueError(f"there is no scan {scan!r}; choose one of {', '.join(map(repr, MENU_SCAN))}")


def nearest_scan(period: float) -> int:
    """The periodic choice of MENU_SCAN that is nearest to a period in seconds, by their ratio."""
    choices = range(SCAN_IO_INTR + 1, len(MENU_SCAN))
    return min(choices, key=lambda index: abs(log(period / (scan_period(index) or 1.0))))
