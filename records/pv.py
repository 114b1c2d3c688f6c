"""PV: a value with its alarm, its time and what describes it. All that the server knows of the database is this class.

A PV tells its listeners *what* changed; it knows no protocol and no circuit. Plain PVs live here; records
(`records.record`) are PVs that process.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final

from records.alarm import NO_ALARM, Alarm
from records.convert import convert
from records.metadata import PLAIN, Metadata
from records.types import FieldType, Value

if TYPE_CHECKING:
    from records.group import PVGroup

__all__ = ["ALARM", "LOG", "PROPERTY", "PV", "VALUE", "Listener", "clock"]

# What changed, as a bit mask. The numbers are those of the protocol's DBE_* so that nobody needs a table.
VALUE: Final = 1
LOG: Final = 2
ALARM: Final = 4
PROPERTY: Final = 8

Listener = Callable[["PV", int], None]


class Clock:
    """Where timestamps come from. `bridge` sets `now_ns` to the system's clock; a test sets its own."""

    def __init__(self) -> None:
        self.now_ns: Callable[[], int] = lambda: 0


clock = Clock()


class PV:
    """One process variable.

    `value` is always of the native kind: float, int or str, or for `max_count` > 1 an ``array.array``, ``bytes``
    (CHAR) or list of str of at most `max_count` elements. Instances take further attributes freely.
    """

    __slots__ = (
        "__dict__",
        "__weakref__",
        "alarm",
        "field_type",
        "group",
        "listeners",
        "max_count",
        "metadata",
        "name",
        "time_ns",
        "value",
        "writable",
    )

    has_getter = False  # whether `fetch` may return something to await
    record_type: str | None = None  # what DBR_CLASS_NAME answers; None for a plain PV

    def __init__(
        self,
        name: str,
        value: Any = 0.0,
        field_type: FieldType = FieldType.DOUBLE,
        *,
        max_count: int = 1,
        metadata: Metadata = PLAIN,
        writable: bool = True,
        group: PVGroup | None = None,
    ) -> None:
        self.name = name
        self.field_type = field_type
        self.max_count = max_count
        self.metadata = metadata
        self.value: Value = convert(value, field_type, max_count, metadata.states)
        self.alarm: Alarm = NO_ALARM
        self.time_ns: int = clock.now_ns()
        self.writable = writable
        self.listeners: tuple[Listener, ...] = ()
        self.group = group

    # --- for whoever has news -----------------------------------------------------------------------------------

    def post(self, value: Any, *, time_ns: int | None = None, alarm: Alarm | None = None) -> None:
        """Take a new value and tell everybody. Nothing is written to any instrument.

        Raises ValueError or TypeError if `value` cannot be converted; the PV is then as it was.
        """
        if type(value) is not float or self.field_type is not FieldType.DOUBLE or self.max_count != 1:
            value = convert(value, self.field_type, self.max_count, self.metadata.states)
        self.value = value
        self.time_ns = clock.now_ns() if time_ns is None else time_ns
        changes = VALUE | LOG
        if alarm is not None and alarm != self.alarm:
            self.alarm = alarm
            changes |= ALARM
        for listen in self.listeners:
            listen(self, changes)

    def post_alarm(self, alarm: Alarm, *, time_ns: int | None = None) -> None:
        """Change the alarm and keep the value. Nothing is told if the alarm is the same."""
        if alarm != self.alarm:
            self.alarm = alarm
            self.time_ns = clock.now_ns() if time_ns is None else time_ns
            self.notify(ALARM)

    def post_metadata(self, metadata: Metadata) -> None:
        """Change units, limits or state names."""
        self.metadata = metadata
        self.notify(PROPERTY)

    def notify(self, changes: int) -> None:
        """Tell the listeners what changed, without changing anything."""
        for listen in self.listeners:
            listen(self, changes)

    # --- for whoever asks ---------------------------------------------------------------------------------------

    def put(self, value: Any) -> Coroutine[Any, Any, None] | None:
        """A client's write: `value` is a number, text, or a sequence of them.

        Returns None when all is done, else what to await: the write is complete when that returns, and has failed
        when that raises. Puts to one PV must be awaited in their order; that is the server's care.
        """
        self.post(value)
        return None

    def fetch(self) -> Coroutine[Any, Any, None] | None:
        """What to await before `value` is read on behalf of a client; None for all but PVs with a getter."""
        return None

    def field(self, name: str) -> PV | None:
        """The PV of field `name` (``"EGU"``, ``"VAL"``), or None if there is no such field. A plain PV has just VAL."""
        return self if name == "VAL" else None

    def listen(self, listener: Listener) -> None:
        """Call `listener(pv, changes)` on every change."""
        self.listeners = (*self.listeners, listener)

    def unlisten(self, listener: Listener) -> None:
        """Undo `listen`; silently nothing if it was not listening."""
        self.listeners = tuple(known for known in self.listeners if known != listener)

    @property
    def timestamp(self) -> float:
        """Seconds since 1970."""
        return self.time_ns / 1e9

    @property
    def count(self) -> int:
        """Number of elements at present: 1 for a scalar, NORD for an array."""
        if self.max_count == 1:
            return 1
        value = self.value
        return len(value) if isinstance(value, (array, bytes, list)) else 1

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} = {self.value!r}>"
