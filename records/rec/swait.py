"""swait of synApps: a calculation of PVs that are given by name, written when OOPT says so.

All goes by Channel Access, to whatever IOC has the PVs. Source: swaitRecord.c and .dbd of the module
epics-modules/calc, and its documentation.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, ClassVar, Final, NamedTuple

from records.alarm import Severity, Status
from records.calc import ARGUMENTS, CalcError, Expression, compile_calc
from records.common import COMMON, link, menu
from records.field import DESCRIBES, PROCESSES, Field, Table, numbered, table
from records.link import Link, LinkError
from records.menus import MENU_ALARM_SEVR, MENU_YES_NO, SCAN_IO_INTR
from records.metadata import Metadata
from records.notify import ProcessNotify
from records.rec.listed import keep_in_list
from records.rec.oopt import OOPT, wants_output
from records.rec.pvnames import PV_BAD, PV_OK, PvNames, name_rows
from records.rec.softanalog import SoftAnalog
from records.record import Record
from records.types import FieldType

__all__ = ["SwaitRecord"]

DOUBLE: Final = FieldType.DOUBLE
FLOAT: Final = FieldType.FLOAT
LETTERS: Final = "ABCDEFGHIJKL"
INPUTS: Final = {f"IN{letter}N": index for index, letter in enumerate(LETTERS)}
NAMES: Final = (*INPUTS, "DOLN", "OUTN")  # the fields that hold names of PVs
STATES: Final = {name: f"{name[:-1]}V" for name in NAMES}
USE_DOL: Final = 1  # DOPT


class _Change(NamedTuple):
    """A new value of an input, on its way through the queue of I/O interrupts."""

    value: tuple[int, float]  # which input, and what it says
    time_ns: int | None = None


class SwaitRecord(PvNames, SoftAnalog):
    """Calculation of PVs: reads those that INAN ... INLN name, makes VAL of CALC, and writes it to the PV in OUTN.

    With SCAN at I/O Intr it processes at each change of the inputs whose INAP ... INLP are Yes; none is lost. FLNK is
    processed when the IOC that has OUTN says that it is done. Raises CalcError for an expression that is none.
    """

    record_type = "swait"
    value_type = DOUBLE
    expressions: ClassVar[tuple[str, ...]] = ("CALC",)
    states = STATES
    constants = (("SIML", "SIMM"), ("SIOL", "SVAL"))
    out_links = SoftAnalog.out_links | {"OUTN"}
    fields: ClassVar[Table] = table(
        COMMON,
        Field("VERS", FLOAT, 4.6, writable=False),
        Field("HOPR", FLOAT, 0.0, changes=DESCRIBES),
        Field("LOPR", FLOAT, 0.0, changes=DESCRIBES),
        Field("INIT", FieldType.SHORT, 1, writable=False),
        name_rows(NAMES),
        [menu(name, ("PV OK", "PV BAD", "No PV"), writable=False) for name in STATES.values()],
        numbered(DOUBLE, 0.0, *LETTERS, changes=PROCESSES),
        numbered(DOUBLE, 0.0, *(f"L{letter}" for letter in LETTERS)),
        [menu(f"IN{letter}P", ("No", "Yes"), 1) for letter in LETTERS],
        Field("CALC", FieldType.STRING, "0", size=36),
        Field("CLCV", FieldType.LONG, 0),
        Field("VAL", DOUBLE, 0.0),
        Field("OVAL", DOUBLE, 0.0),
        Field("PREC", FieldType.SHORT, 0, changes=DESCRIBES),
        menu("OOPT", OOPT),
        Field("ODLY", FLOAT, 0.0),
        menu("DOPT", ("Use VAL", "Use DOL")),
        Field("DOLD", DOUBLE, 0.0),
        Field("OEVT", FieldType.USHORT, 0),
        numbered(DOUBLE, 0.0, "ADEL", "MDEL"),
        numbered(DOUBLE, 0.0, "ALST", "MLST", writable=False),
        link("SIOL"),
        Field("SVAL", DOUBLE, 0.0),
        link("SIML"),
        menu("SIMM", MENU_YES_NO),
        menu("SIMS", MENU_ALARM_SEVR, Severity.NO_ALARM),
    )

    calc: str
    clcv: int
    oval: float
    oopt: int
    odly: float
    dopt: int
    dold: float
    oevt: int
    sdly = -1.0  # base's simulation delay is younger than this type
    sscn = 65535
    oldsimm = 0

    _changed: Callable[[Any], None] | None = None  # takes changes, while SCAN is I/O Intr
    _waiting = False  # for ODLY
    _again = False  # an input has changed meanwhile
    _writing = False  # a put to OUTN is not complete
    _written_for: ProcessNotify | None = None  # who waits for it
    _held = False  # FLNK has to wait

    def __init__(self, name: str, value: Any = None, **options: Any) -> None:
        """Make a record; see Soft."""
        self.args = [0.0] * (len(ARGUMENTS) + 1)  # A to L are ours, the last is VAL
        self.last = [0.0] * len(LETTERS)
        self._unheard: list[str] = []  # inputs that were there before anybody took changes
        self._calc: Expression | None = None
        super().__init__(name, value, **options)
        self._calc = compile_calc(self.calc)
        self.oval = 0.0

    def describe(self) -> Metadata:
        """Limits and precision; there are no units."""
        display = (float(self.lopr), float(self.hopr))
        return Metadata("", self.prec, display, control=display)

    def check_alarms(self, value: Any) -> None:
        """There are no limits."""
        Record.check_alarms(self, value)

    # --- I/O interrupts -----------------------------------------------------------------------------------------

    @property
    def speaker(self) -> object:
        """The inputs speak."""
        return self

    def subscribe(self, callback: Callable[[Any], None], /) -> Callable[[], None]:
        """Call `callback` with each change of an input; what it does with it is process the record (`take`)."""
        self._changed = callback
        unheard, self._unheard = self._unheard, []
        for name in unheard:
            self._heard(name)

        def unsubscribe() -> None:
            self._changed = None

        return unsubscribe

    def _connect(self, name: str) -> None:
        super()._connect(name)
        if name in INPUTS and self.link_state(name) == PV_OK:  # a PV of this IOC was there at once
            self._heard(name)

    def link_event(self, link: Link) -> None:
        """A PV has a new value, or its connection has come or gone."""
        super().link_event(link)
        for name, target in (self._links or {}).items():
            if target is link and name in INPUTS:
                self._heard(name)

    def _heard(self, name: str) -> None:
        if self.scan != SCAN_IO_INTR or not getattr(self, f"{name[:-1].lower()}p"):
            return
        if self._changed is None:
            self._unheard.append(name)
            return
        with suppress(LinkError):
            self._changed(_Change((INPUTS[name], self.read_pv(name))))

    def take(self, reading: Any) -> None:
        """Take a change (``ioIntProcess``); while ODLY runs it is only remembered that there was one."""
        index, value = reading.value
        self.args[index] = value
        if self._waiting:
            self._again = True
        else:
            self.process_record()

    # --- processing, by ``process`` of swaitRecord.c ---------------------------------------------------------------

    def process_record(self) -> None:
        """Read, calculate, and write if OOPT wants it."""
        self._again = False
        if self.is_linked("SIML"):
            self.read_into("SIML", "SIMM")
        if self.simm:
            self._simulate()
        else:
            self._calculate()
        before, self.oval = self.oval, self.value  # type: ignore[assignment]  # VAL is a float
        wanted = wants_output(self.oopt, before, self.oval, abs(before - self.oval) > self.mdel)
        self.time_ns = self.stamp()
        self._active += 1
        self._held = True
        if wanted and self.odly > 0.0 and self.host is not None:
            self._waiting = True
            self.host.later(self.odly, self._execute)
            self.finish()
            return
        self.finish()
        if wanted:
            self._execute()
        else:
            self._release()
            self.complete()

    def _simulate(self) -> None:
        if self.read_into("SIOL", "SVAL"):
            self.value = self.sval
            self.udf = 0
        self.raise_alarm(Status.SIMM, self.sims, "simulated")

    def _calculate(self) -> None:
        if not self._fetched():
            self.raise_alarm(Status.READ, Severity.INVALID, "not all PVs are connected")
        elif self._calc is None:
            self.raise_alarm(Status.CALC, Severity.INVALID, "calcPerform")
        else:
            self.args[-1] = self.value  # type: ignore[assignment]
            self.value = self._calc(self.args)
            self.udf = 0

    def _fetched(self) -> bool:
        """Read the inputs; those whose changes process the record have their values already (``fetch_values``)."""
        for name, index in INPUTS.items():
            if self.target(name) is None:
                continue
            if self.link_state(name) == PV_BAD:
                return False
            if self.scan == SCAN_IO_INTR and getattr(self, f"{name[:-1].lower()}p"):
                continue
            try:
                self.args[index] = self.read_pv(name)
            except LinkError:
                return False
        return True

    def _execute(self) -> None:
        """Write OUTN, and end processing; FLNK waits until that is done (``execOutput``)."""
        target = self.target("OUTN")
        if target is None or target.state is None:
            self._release()
        else:
            self._write(target, self._output())
        if self.oevt and self.host is not None:
            self.host.post_event(self.oevt)
        self._waiting = False
        self.complete()
        if self._again and self.scan == SCAN_IO_INTR and self.host is not None:
            self.host.once(self)

    def _output(self) -> float:
        """VAL, or what DOLN says."""
        if self.dopt != USE_DOL:
            return self.value  # type: ignore[return-value]
        with suppress(LinkError):
            self.dold = self.read_pv("DOLN")
            self.show_field("DOLD")
        return self.dold

    def _write(self, target: Link, value: float) -> None:
        try:
            if self._writing:  # the PV is busy with what it was told before: then nobody waits for this
                target.put(self, value, DOUBLE)
            else:
                self._writing, self._written_for = True, self.ppn
                target.put_notify(self, value, DOUBLE, self._written)
        except LinkError:
            self._written()

    def _written(self) -> None:
        self._writing = False
        self._release()
        if not self._active:
            self.processed()

    def _release(self) -> None:
        self._held = False
        self.forward_link("FLNK")

    def forward_link(self, name: str) -> None:
        """No FLNK before OUTN is written."""
        if not self._held:
            super().forward_link(name)

    def processed(self) -> None:
        """Processing that writes OUTN is not complete before that is."""
        if not self._writing or self.ppn is not self._written_for:
            super().processed()

    def monitor(self) -> int:
        """As for a number; LA ... LL are what everybody was told of A ... L."""
        self.last = self.args[: len(LETTERS)]
        return super().monitor()

    # --- fields -------------------------------------------------------------------------------------------------

    def field_stored(self, row: Field) -> None:
        """A new expression is compiled: CLCV says whether it is one."""
        if row.name == "CALC":
            self._calc = None
            with suppress(CalcError):
                self._calc = compile_calc(self.calc)
            self.clcv = 0 if self._calc is not None else -1
            self.show_field("CLCV")
        super().field_stored(row)


keep_in_list(SwaitRecord, "args", LETTERS)
keep_in_list(SwaitRecord, "last", (f"L{letter}" for letter in LETTERS))
