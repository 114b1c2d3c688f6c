"""What a port or a question is told, looked at before anything depends on it. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from numbers import Real
from typing import Any

from drivers.errors import UsageError

__all__ = ["check_known", "check_number", "check_scale", "check_seconds"]


def check_known(port: object, name: str, options: Mapping[str, Any], known: Collection[str]) -> None:
    """Raises UsageError for an option that is none of `known`: Python does not look at those behind ``**options``."""
    unknown = [option for option in options if option not in known]
    if not unknown:
        return
    import inspect  # these two are slow to import, and only mistakes need them
    from difflib import get_close_matches

    named = [one.name for one in inspect.signature(type(port)).parameters.values() if one.kind != one.VAR_KEYWORD]
    words = sorted({*named, *known})
    close = get_close_matches(unknown[0].lower(), words, n=1, cutoff=0.5)
    hint = f"did you mean {close[0]!r}?" if close else f"it takes {', '.join(words)}"
    raise UsageError(f"{type(port).__name__} {name}: there is no option {unknown[0]!r} ({hint})")


def check_number(where: str, what: str, value: Any, wanted: str, fits: Callable[[Any], bool]) -> None:
    """Raises UsageError unless `value` is a number (not a text that looks like one), and one that fits."""
    if isinstance(value, bool) or not isinstance(value, Real) or not fits(value):
        raise UsageError(f"{where}: {what} is {wanted}, not {value!r}")


def check_seconds(where: str, *, zero: bool = False, **times: Any) -> None:
    """Raises UsageError unless each is a number above 0, or None for no deadline; with `zero`, 0 or more."""
    for what, value in times.items():
        if zero:
            check_number(where, what, value, "0 or more seconds", lambda seconds: seconds >= 0)
        elif value is not None:
            check_number(where, what, value, "a number of seconds above 0", lambda seconds: seconds > 0)


def check_scale(where: object, scale: Any) -> None:
    """Raises UsageError unless it is a number to multiply by, and to divide by."""
    check_number(str(where), "scale", scale, "a number other than 0", lambda factor: factor and math.isfinite(factor))
