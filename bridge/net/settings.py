"""Settings as EPICS writes them: texts in a mapping, which is the environment or stands for it.

An empty or blank text counts as not set, as in base (envGetConfigParamPtr).
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

__all__ = ["ConfigError", "first_set", "port_number", "seconds", "split_address", "whole_number", "yes_no"]


class ConfigError(ValueError):
    """A setting cannot be used. The message names the setting, its text and what it should be."""


def first_set(environ: Mapping[str, str], names: tuple[str, ...], otherwise: str) -> tuple[str, str]:
    """Name and text of the first of `names` that is set; the last name with `otherwise` if none is."""
    for name in names:
        if environ.get(name, "").strip():
            return name, environ[name].strip()
    return names[-1], otherwise


def port_number(environ: Mapping[str, str], names: tuple[str, ...], otherwise: int) -> int:
    """A port number. Raises ConfigError."""
    return whole_number(environ, names, otherwise, 65535, "a port number")


def whole_number(environ: Mapping[str, str], names: tuple[str, ...], otherwise: int, highest: int, what: str) -> int:
    """A number from 0 to `highest`; `what` says in an error what is expected. Raises ConfigError."""
    name, text = first_set(environ, names, str(otherwise))
    if not text.isdecimal() or int(text) > highest:
        raise ConfigError(f"{name}={text!r}: {what} is expected")
    return int(text)


def seconds(environ: Mapping[str, str], names: tuple[str, ...], otherwise: float) -> float:
    """A positive, finite time in seconds. Raises ConfigError."""
    name, text = first_set(environ, names, str(otherwise))
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not value > 0 or not isfinite(value):
        raise ConfigError(f"{name}={text!r}: a positive number of seconds is expected")
    return value


def yes_no(environ: Mapping[str, str], names: tuple[str, ...], otherwise: bool) -> bool:
    """YES or NO. Raises ConfigError."""
    name, text = first_set(environ, names, "YES" if otherwise else "NO")
    if text.upper() not in ("YES", "NO"):
        raise ConfigError(f"{name}={text!r}: YES or NO is expected")
    return text.upper() == "YES"


def split_address(text: str, port: int) -> tuple[str, int]:
    """``"host"`` or ``"host:port"`` to (host, port). Raises ConfigError if the port is no number."""
    host, colon, number = text.partition(":")
    if not colon:
        return host, port
    if not number.isdecimal() or not 0 < int(number) < 65536:
        raise ConfigError(f"address {text!r}: {number!r} is no port number")
    return host, int(number)
