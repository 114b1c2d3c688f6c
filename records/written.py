"""Written: how a record takes what clients, links of other records and programs write to it.

Source: ``dbPutField``, ``dbPut`` and ``dbPutLink`` of EPICS base's dbAccess.c and dbDbLink.c.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from records.field import ACTS, LINK, Field
from records.links import Source
from records.menus import SCAN_PASSIVE
from records.pv import clock
from records.types import Value
from records.waiting import Waiting

__all__ = ["Begin", "Written", "usual"]

Begin = Callable[[], Coroutine[Any, Any, None] | None]

Step = TypeVar("Step", bound=Callable[..., Any])

_usual: Final[set[Callable[..., Any]]] = set()


def usual(step: Step) -> Step:
    """Mark a step of a put that only leads on to `process_soft` if nothing is in the way: see `Written.put`."""
    _usual.add(step)
    return step


class Written(Waiting):
    """A record that can be put. `inp` is what is read, or None; `out` what is written."""

    inp: Source | None
    out: Any = None  # outputs have one

    disa: int
    disv: int
    lcnt: int
    tpro: int
    udf: int
    rval: int

    _silent = False  # a client puts to a record that is scanned: the next scan shows it (as in base)
    _puts: int  # puts done: a reading asked for before the last one is out of date

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._brief = cls._accepts and {cls.take_put, cls.process_for_put, cls.process, cls.begin} <= _usual

    def from_reading(self, reading: Any) -> Value:
        """What VAL becomes when the instrument says `reading`. Raises ValueError if that is no value."""
        return self.accept(reading)

    def lacks_value(self) -> bool:
        """Whether a UDF that is not 0 says so; a client may have put any number there."""
        return True

    def store(self, value: Value, time_ns: int) -> None:
        """Take a good value. Records say how."""
        raise NotImplementedError

    def begin(self) -> Coroutine[Any, Any, None] | None:
        """Process, now that nothing is in the way. Records say how."""
        raise NotImplementedError

    def process_soft(self) -> None:
        """Process without an instrument. Records say how."""
        raise NotImplementedError

    def put(self, value: Any) -> Coroutine[Any, Any, None] | None:
        """A client's write of VAL. Raises PermissionError if the record has DISP set or is disabled (DISA = DISV)."""
        if (
            self._takes_floats
            and type(value) is float
            and self._links is None
            and self.putter is None
            and not (self.disp or self._active or self.scan)
        ):
            if self.out is None and self.inp is None and self.getter is None:
                if not (self.simm or self.tpro) and self.disa != self.disv:
                    # the commonest of all puts, and what all the steps below come to
                    self._puts += 1
                    self.lcnt = 0
                    self.value = value
                    self.udf = 0
                    self.process_soft()
                    return None
            else:
                return self.take_put(value)  # as `begin_put` would, in fewer steps
        if self.disp:
            self.check_disp("VAL")
        return self.client_put("VAL", lambda: self._put_now(value), True)

    def submit(self, value: Any) -> Coroutine[Any, Any, None] | None:
        """As `put`; nobody waits for the records that are processed."""
        if self._links is None and not self._active:
            return self.put(value)
        self.check_disp("VAL")
        return self.client_put("VAL", lambda: self._put_now(value), False)

    def _put_now(self, value: Any) -> Coroutine[Any, Any, None] | None:
        if self.scan != SCAN_PASSIVE and self.putter is None:
            return self._put_silently(value)
        return self.begin_put(value)

    def _put_silently(self, value: Any) -> Coroutine[Any, Any, None] | None:
        self._silent = True
        try:
            return self.begin_put(value)
        finally:
            self._silent = False

    @usual
    def take_put(self, value: Value) -> Coroutine[Any, Any, None] | None:
        """Take a put of VAL. A record with an INP reads it instead, as in base: the instrument knows better."""
        if self.inp is not None:
            self.check_enabled()
            return self.process_for_put()
        self._puts += 1
        if self.getter is not None or (self.scan != SCAN_PASSIVE and not self._silent):
            self.store(value, clock.now_ns())
            return None
        self.value = value
        self.udf = 0
        work = self.process_for_put() if self.scan == SCAN_PASSIVE else None
        if self.scan != SCAN_PASSIVE or self.disa == self.disv:
            self.notify(0)  # nobody is told, but what was shown is out of date
        return work

    def take_from_link(self, row: Field | None, value: Any, processes: bool) -> Begin | None:
        """Take a value that another record's link has written to VAL (`row` None) or to a field (``dbPut``).

        Returns how the record is to be processed if not as usual. Raises ValueError for what does not fit,
        PermissionError for what cannot be written.
        """
        if row is None:
            value = self.accept(value)
            if processes and self.out is not None:  # an instrument is told first, and the value shown when it has it
                return lambda: self.take_put(value)
            self.value = value
            self.udf = 0
            self._puts += 1
            self.notify(0)  # nobody is told, but what was shown is out of date
        elif not row.writable:
            raise PermissionError("cannot be written")
        elif row.changes & LINK:
            self.set_link(row, str(row.convert(value)))
            self.field_stored(row)
        else:
            setattr(self, row.attr, row.convert(value))
            if not row.changes & ACTS:
                self.field_stored(row)
        return None

    def put_rval(self, value: int) -> Coroutine[Any, Any, None] | None:
        """RVAL by hand: an instrument's is converted as a reading is, any other until something overwrites it."""
        if self.inp is not None or self.out is not None:
            return self.put_raw(value)
        self.rval = value
        self.field_stored(self.fields["RVAL"])
        return self.process_for_put() if self.scan == SCAN_PASSIVE else None

    def put_raw(self, value: int) -> Coroutine[Any, Any, None] | None:
        """Take a raw value by hand, of a record with an instrument."""
        self.check_enabled()
        self.store(self.from_reading(value), clock.now_ns())
        return None

    @usual
    def process_for_put(self) -> Coroutine[Any, Any, None] | None:
        """Process because a field was written; a record that is busy processes once more when it is done (RPRO)."""
        if self._active:
            self.rpro = 1
            self.outdate()
            return None
        if self._links is None:
            return self.process()
        self.putf = 1
        work = self.process()
        if work is None and not self._active:
            self.putf = 0
        return work

    def check_enabled(self) -> None:
        """Raise PermissionError if the record does not process at present."""
        if self.disa == self.disv:
            raise PermissionError(f"{self.name}: the record is disabled (DISA = DISV = {self.disv})")
