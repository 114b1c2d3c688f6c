"""Events: records with SCAN = "Event" process when the event of their EVNT is posted, those of high PRIO first.

Source: ``eventNameToHandle`` and ``postEvent`` in dbScan.c of EPICS base.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable

from records import SCAN_EVENT, FieldType, Record, convert

__all__ = ["Events", "event_name"]


def event_name(text: str | float) -> str:
    """The name that an event goes by: numbers from 1 to 255 without their fraction, texts stripped; "" for none."""
    name = str(text).strip()
    try:
        number = float(str(convert(name, FieldType.DOUBLE))) if name else 0.0
    except ValueError:
        return name
    if 0.0 <= number < 256.0:
        return str(int(number)) if number >= 1.0 else ""
    return name


class Events:
    """The records of each event."""

    def __init__(self, once: Callable[[Record], None]) -> None:
        self._once = once
        self._lists: dict[str, list[Record]] = {}
        self._event_of: dict[Record, str] = {}

    def add(self, record: Record) -> None:
        """Put a record on the list of its event, if it has one. Also moves it after a change."""
        self.remove(record)
        name = event_name(record.evnt) if record.scan == SCAN_EVENT else ""
        if name:
            insort(self._lists.setdefault(name, []), record, key=lambda one: (-one.prio, one.phas))
            self._event_of[record] = name

    def remove(self, record: Record) -> None:
        """No event processes a record any more; harmless if none did."""
        name = self._event_of.pop(record, None)
        if name is not None:
            self._lists[name].remove(record)

    def post(self, event: str | float) -> None:
        """Process the records of an event, soon."""
        for record in self._lists.get(event_name(event), ()):
            self._once(record)
