"""PV: a value with its alarm, its time and what describes it. All that the server knows of the database is this class.

A PV tells its listeners *what* changed; it knows no protocol and no circuit. Plain PVs live here; records
(`records.record`) are PVs that process.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, ClassVar, Final

from records.alarm import NO_ALARM, Alarm, Severity, Status
from records.bugs import tell_bug
from records.convert import convert, text_of
from records.links import status_of
from records.metadata import PLAIN, Metadata
from records.names import described
from records.types import MAX_STRING, FieldType, Value

if TYPE_CHECKING:
    from records.group import PVGroup
    from records.spec import PVSpec

__all__ = [
    "ALARM",
    "LOG",
    "PROPERTY",
    "PV",
    "VALUE",
    "Getter",
    "Listener",
    "Putter",
    "SkipWrite",
    "clock",
    "rights_watchers",
]

# What changed, as a bit mask. The numbers are those of the protocol's DBE_* so that nobody needs a table.
VALUE: Final = 1
LOG: Final = 2
ALARM: Final = 4
PROPERTY: Final = 8
VALUE_AND_LOG: Final = VALUE | LOG

_DOUBLE: Final = FieldType.DOUBLE

Listener = Callable[["PV", int], None]
Getter = Callable[["PV"], Any]
Putter = Callable[["PV", Any], Any]


class SkipWrite(Exception):
    """Raised by a putter: all is well, but the value stays as it is."""


class Clock:
    """Where timestamps come from. `bridge` sets `now_ns` to the system's clock; a test sets its own."""

    def __init__(self) -> None:
        self.now_ns: Callable[[], int] = lambda: 0


clock = Clock()

#: Servers. They are told of a PV that clients may write from now on, or may no longer.
rights_watchers: Final[list[Callable[[PV], None]]] = []


class PV:
    """One process variable.

    `value` is always of the native kind: float, int or str, or for `max_count` > 1 an ``array.array``, ``bytes``
    (CHAR) or list of str of at most `max_count` elements. Instances take further attributes freely. `field_type` and
    `max_count` stay what they were made.

    `getter(pv)` is asked before a client reads, and may return a new value. `putter(pv, value)` is asked before a
    client's value is taken: it may return another value, None for "as it is", raise SkipWrite, or raise anything else,
    which fails the put and shows as WRITE/INVALID. Both may be plain functions or coroutine functions.
    """

    __slots__ = (
        "__dict__",
        "__weakref__",
        "_takes_floats",
        "_writable",
        "alarm",
        "field_type",
        "getter",
        "group",
        "listeners",
        "max_count",
        "metadata",
        "name",
        "putter",
        "pvspec",
        "time_ns",
        "value",
    )

    record_type: str | None = None  # what DBR_CLASS_NAME answers; None for a plain PV
    text_size = MAX_STRING + 1  # bytes of a STRING value with its closing NUL
    _direct: ClassVar[bool] = True  # whether nothing stands between a put and the value but the putter
    _brief: ClassVar[bool] = True  # whether there is a short way through `put` for a float
    _own_hooks: ClassVar[bool] = False  # whether a class brings its own getter or putter
    _accepts = True  # whether `accept` and `begin_put` are those of PV, which take a float for a DOUBLE as it is

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        steps = (cls.begin_put, cls.take_put, cls.accept, cls.notify)
        cls._accepts = (cls.begin_put, cls.accept) == (PV.begin_put, PV.accept)
        cls._own_hooks = cls._own_hooks or not cls.__dict__.keys().isdisjoint(("getter", "putter"))
        cls._brief = cls._direct = steps == (PV.begin_put, PV.take_put, PV.accept, PV.notify)

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
        self.value: Value = self.accept(value)
        self.alarm: Alarm = NO_ALARM
        self.time_ns: int = clock.now_ns()
        self._writable = writable
        self.listeners: tuple[Listener, ...] = ()
        self.group = group
        self.pvspec: PVSpec[Any] | None = None  # what it was made from
        self.getter: Getter | None = getattr(self, "getter", None) if self._own_hooks else None
        self.putter: Putter | None = getattr(self, "putter", None) if self._own_hooks else None
        self._takes_floats = self._brief and field_type is _DOUBLE and max_count == 1

    @property
    def writable(self) -> bool:
        """Whether clients may write. It may change at any time, and then they are told."""
        return self._writable

    @writable.setter
    def writable(self, writable: bool) -> None:
        self._writable = bool(writable)
        for tell in tuple(rights_watchers):
            tell(self)

    def begin_writable(self, writable: bool) -> None:
        """Set `writable` while nobody knows the PV yet."""
        self._writable = writable

    # --- for whoever has news -----------------------------------------------------------------------------------

    def post(self, value: Any, *, time_ns: int | None = None, alarm: Alarm | None = None) -> None:
        """Take a new value and tell everybody. Nothing is written to any instrument.

        Raises ValueError or TypeError if `value` cannot be converted; the PV is then as it was.
        """
        if type(value) is not float or self.field_type is not _DOUBLE or self.max_count != 1:
            value = self.accept(value)
        if alarm is not None or time_ns is not None:
            self._take(value, clock.now_ns() if time_ns is None else time_ns, alarm)
            return
        self.value = value
        self.time_ns = clock.now_ns()
        for listen in self.listeners:
            listen(self, VALUE_AND_LOG)

    def _take(self, value: Value, time_ns: int, alarm: Alarm | None) -> None:
        self.value = value
        self.time_ns = time_ns
        changes = VALUE_AND_LOG
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
        """Tell the listeners what changed, without changing anything.

        `changes` is 0 when no monitor is to see it, but what was rendered of the PV is out of date: its time has moved,
        or its value within the deadbands.
        """
        for listen in self.listeners:
            listen(self, changes)

    def accept(self, value: Any) -> Value:
        """`value` as this PV holds it. Raises ValueError if it cannot be converted."""
        return convert(value, self.field_type, self.max_count, self.metadata.states)

    async def write(
        self,
        value: Any,
        *,
        verify_value: bool = True,
        timestamp: float | None = None,
        status: Status | None = None,
        severity: Severity | None = None,
        message: str = "",
    ) -> None:
        """Do what a client's write does, putter and instrument included, and return when it is complete.

        Without `verify_value` nobody is asked and no instrument is told, as with `post`: this is the way from within
        the PV's own putter. `timestamp` is in seconds since 1970; `status` and `severity` make the alarm.

        Raises what refused it.
        """
        if verify_value and timestamp is None and status is None and severity is None:
            work = self.begin_put(value)
            if work is not None:
                await work
            return
        if verify_value:
            value = await self._verified(value)
            if value is SkipWrite:
                return
        alarm = NO_ALARM if self.alarm.status is Status.WRITE and self._direct else None
        if status is not None or severity is not None:
            alarm = Alarm(
                self.alarm.status if status is None else Status(status),
                self.alarm.severity if severity is None else Severity(severity),
                message,
            )
        self.post(value, time_ns=None if timestamp is None else round(timestamp * 1e9), alarm=alarm)

    async def _verified(self, value: Any) -> Any:
        """What the putter makes of a value; SkipWrite if it is not to be taken."""
        value = self.accept(value)
        if self.putter is None:
            return value
        try:
            answer = self.putter(self, value)
            if hasattr(answer, "__await__"):
                answer = await answer
        except Exception as error:
            self._refused(error)
            return SkipWrite
        if answer is SkipWrite or isinstance(answer, SkipWrite):
            return SkipWrite
        return value if answer is None else self.accept(answer)

    async def write_metadata(self, **options: Any) -> None:
        """Change units, precision, limits or enum_strings, by the names that pvproperty has for them."""
        self.post_metadata(described(self.metadata, options))

    # --- for whoever asks ---------------------------------------------------------------------------------------

    def put(self, value: Any) -> Coroutine[Any, Any, None] | None:
        """A client's write: `value` is a number, text, or a sequence of them.

        Returns None when all is done, else what to await: the write is complete when that returns, and has failed
        when that raises. Puts to one PV must be awaited in their order; that is the server's care.
        """
        if self._takes_floats and type(value) is float:
            # the same as below for the commonest of all puts, in a fraction of the time
            if self.putter is not None:
                return self._ask_putter(self.putter, value)
            if self.alarm is NO_ALARM:
                self.value = value
                now_ns = clock.now_ns  # a call of an attribute takes longer
                self.time_ns = now_ns()
                for listen in self.listeners:
                    listen(self, VALUE_AND_LOG)
                return None
        return self.begin_put(value)

    def submit(self, value: Any) -> Coroutine[Any, Any, None] | None:
        """A client's write of which it will not hear when it is complete: as `put`, but what it has set in motion
        elsewhere need not be waited for.
        """
        return self.put(value)

    @property
    def takes_turns(self) -> bool:
        """Whether a put that nobody waits for may be begun before the one before it is complete."""
        return False

    def begin_put(self, value: Any) -> Coroutine[Any, Any, None] | None:
        """What `put` and `write` have in common: convert the value, ask the putter, take the value."""
        value = self.accept(value)
        if self.putter is None:
            return self.take_put(value)
        return self._ask_putter(self.putter, value)

    def take_put(self, value: Value) -> Coroutine[Any, Any, None] | None:
        """Take a value that was accepted already, and that no putter has objected to."""
        if self.alarm is not NO_ALARM and self.alarm.status is Status.WRITE:
            self._take(value, clock.now_ns(), NO_ALARM)
            return None
        self.value = value
        self.time_ns = clock.now_ns()
        for listen in self.listeners:
            listen(self, VALUE_AND_LOG)
        return None

    def _ask_putter(self, putter: Putter, value: Value) -> Coroutine[Any, Any, None] | None:
        try:
            answer = putter(self, value)
        except Exception as error:
            self._refused(error)
            return None
        if hasattr(answer, "__await__"):
            return self._await_putter(answer, value)
        return self._answered(answer, value)

    async def _await_putter(self, question: Any, value: Value) -> None:
        try:
            answer = await question
        except Exception as error:
            self._refused(error)
            return
        work = self.take_put(value) if answer is None or answer is value else self._answered(answer, value)
        if work is not None:
            await work

    def _answered(self, answer: Any, value: Value) -> Coroutine[Any, Any, None] | None:
        if answer is None or answer is value:
            return self.take_put(value)
        if answer is SkipWrite or isinstance(answer, SkipWrite):
            return None
        return self.take_put(self.accept(answer))

    def _refused(self, error: Exception) -> None:
        if isinstance(error, SkipWrite):
            return
        tell_bug(f"{self.name}: the putter", error, clock.now_ns())
        self.post_alarm(Alarm(Status.WRITE, Severity.INVALID, str(error) or type(error).__name__))
        raise error

    @property
    def has_getter(self) -> bool:
        """Whether `fetch` may return something to await."""
        return self.getter is not None

    def fetch(self) -> Coroutine[Any, Any, None] | None:
        """What to await before `value` is read on behalf of a client; None for all but PVs with a getter.

        A getter that raises leaves the value as it was, with an alarm.
        """
        return None if self.getter is None else self._ask_getter(self.getter)

    async def _ask_getter(self, getter: Getter) -> None:
        try:
            answer = getter(self)
            if hasattr(answer, "__await__"):
                answer = await answer
            if answer is not None and answer is not SkipWrite:
                self.post(answer, alarm=NO_ALARM if self.alarm.severity is Severity.INVALID else None)
        except SkipWrite:
            pass
        except Exception as error:
            tell_bug(f"{self.name}: the getter", error, clock.now_ns())
            why = str(error) or type(error).__name__
            self.post_alarm(Alarm(status_of(error, Status.READ), Severity.INVALID, why))

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
    def text(self) -> str:
        """The value as a client sees it that reads text: with PREC digits, or the label of a state."""
        value = self.value
        if self.max_count == 1:
            return text_of(value, self.field_type, self.metadata)
        if isinstance(value, bytes):
            return value.partition(b"\0")[0].decode("utf-8", "replace")
        assert isinstance(value, (array, list))
        return ", ".join([text_of(one, self.field_type, self.metadata) for one in value])

    @property
    def pvname(self) -> str:
        """The name by which clients know it."""
        return self.name

    @property
    def field_inst(self) -> Any:
        """The fields of a record (FieldInst). Raises TypeError for a PV that has none."""
        raise TypeError(f"{self.name}: a PV without a record type has no fields")

    @property
    def timestamp(self) -> float:
        """Seconds since 1970."""
        return self.time_ns / 1e9

    @property
    def most(self) -> int:
        """Elements that a link may get of it (``dbGetNelements``): 1 for one of an array's, too."""
        return self.max_count

    @property
    def count(self) -> int:
        """Number of elements at present: 1 for a scalar, NORD for an array."""
        if self.max_count == 1:
            return 1
        value = self.value
        return len(value) if isinstance(value, (array, bytes, list)) else 1

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} = {self.value!r}>"
