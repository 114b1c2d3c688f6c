"""Named on/off states of an IOC, which the channel filter `sync` looks at (EPICS base ``dbState``)."""

from __future__ import annotations

from typing import Final

__all__ = ["states"]

#: Name -> whether it is on. A state exists from its first assignment.
states: Final[dict[str, bool]] = {}
