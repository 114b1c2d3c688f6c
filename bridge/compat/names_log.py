"""The names of `caproto._log`."""

from __future__ import annotations

import logging
import sys
from typing import Any

__all__ = ["_set_handler_with_logger", "config_caproto_logging", "set_handler"]


def config_caproto_logging(
    file: Any = None, datefmt: str = "%H:%M:%S", color: bool = True, level: Any = "WARNING", **_: Any
) -> logging.Handler:
    """Send the log of the program and ours to `file`, a path or a stream."""
    stream = isinstance(file, str)
    handler = logging.FileHandler(file) if stream else logging.StreamHandler(file or sys.stderr)
    handler.setFormatter(logging.Formatter("[%(levelname).1s %(asctime)s.%(msecs)03d %(name)s] %(message)s", datefmt))
    for name in ("caproto", "iocbridge"):
        root = logging.getLogger(name)
        for old in tuple(root.handlers):
            root.removeHandler(old)
        root.addHandler(handler)
        root.setLevel(level)
    return handler


set_handler = config_caproto_logging


def _set_handler_with_logger(*, logger_name: str = "caproto", level: Any = "WARNING", **options: Any) -> Any:
    del logger_name
    return config_caproto_logging(level=level, **options)
