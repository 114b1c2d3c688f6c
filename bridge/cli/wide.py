"""The wide line of base's tools: name, time, value, alarm (tool_lib.c print_time_val_sts)."""

from __future__ import annotations

import time

from bridge.ca import DbrMetadata
from bridge.ca.dbr import EPICS_EPOCH
from bridge.cli.caformat import Style, elements, long_string, name_column, severity_name, status_name
from bridge.cli.catool import paint
from bridge.cli.stamps import Stamps, absolute
from bridge.client import Result

__all__ = ["trouble", "wide"]


def wide(result: Result, style: Style, stamps: Stamps, requested: int) -> str:
    """One update as one line."""
    meta, separator = result.metadata, style.separator
    words = [name_column(result.name, result.count, style) + stamps.text(result.name, meta)]
    text = long_string(result, style, requested)
    if text is not None:
        words.append(text)
    else:
        if requested or result.count > 1:
            words.append(str(result.count))
        words += elements(result, style)
    return separator.join([*words, _alarm(meta, separator)])


def _alarm(meta: DbrMetadata, separator: str) -> str:
    if not meta.status and not meta.severity:
        return separator
    return paint(f"{status_name(meta.status)}{separator}{severity_name(meta.severity)}", meta.severity)


def trouble(name: str, what: str, style: Style, *, stamped: bool = True) -> str:
    """The line of a PV that has no value; with the time of day."""
    now = f"{absolute(*divmod(time.time_ns() - EPICS_EPOCH * 10**9, 10**9))} " if stamped else ""
    return f"{name_column(name, 0, style)}{now}{what}"
