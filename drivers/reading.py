"""One value from an instrument and when it was true."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["Reading"]


class Reading(NamedTuple):
    """`value` in the point's own units; `time_ns` since 1970, or None for "when the reply arrived"."""

    value: Any
    time_ns: int | None = None
