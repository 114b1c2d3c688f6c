"""What iocbridge logs, whatever logging has been set up to do with it."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

__all__ = ["Lines", "logged"]


class Lines(logging.Handler):
    """Every line so far, in `lines`, and those with a level of WARNING or above in `complaints`."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.complaints: list[str] = []
        self._of: dict[str, list[str]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        self.lines.append(text)
        self._of.setdefault(record.name, []).append(text)
        if record.levelno >= logging.WARNING:
            self.complaints.append(text)

    def about(self, *words: str) -> list[str]:
        """The lines that contain all of `words`."""
        return [line for line in self.lines if all(word in line for word in words)]

    def of(self, name: str) -> list[str]:
        """The lines of the logger `name` itself."""
        return self._of.get(name, [])


@contextlib.contextmanager
def logged(level: int = logging.INFO) -> Iterator[Lines]:
    """Collect the lines of the logger "iocbridge" and of those below it, from `level` on."""
    logger = logging.getLogger("iocbridge")
    handler, before = Lines(), logger.level
    logger.addHandler(handler)
    logger.setLevel(level)
    try:
        yield handler
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
