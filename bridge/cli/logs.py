"""Log lines for operators: level letter, time, where, what; as caproto's users know them."""

from __future__ import annotations

import logging
import sys

__all__ = ["configure"]

_COLOURS = {logging.WARNING: "\x1b[33m", logging.ERROR: "\x1b[31m", logging.CRITICAL: "\x1b[31m"}


class _Formatter(logging.Formatter):
    def __init__(self, colour: bool) -> None:
        super().__init__("[%(levelname).1s %(asctime)s.%(msecs)03d %(name)s] %(message)s", "%H:%M:%S")
        self._colour = colour

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        colour = _COLOURS.get(record.levelno) if self._colour else None
        return f"{colour}{text}\x1b[0m" if colour else text


def configure(level: int, *, colour: bool | None = None) -> None:
    """Send iocbridge's log to standard error. A program that has set up logging itself need not call this."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Formatter(sys.stderr.isatty() if colour is None else colour))
    root = logging.getLogger("iocbridge")
    for old in tuple(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    root.propagate = False
