"""calcout: a calculation whose result is written when OOPT says so, perhaps after ODLY; OEVT is posted then."""

from __future__ import annotations

from collections.abc import Coroutine
from contextlib import suppress
from math import isnan
from typing import Any, ClassVar, Final

from records.alarm import Severity, Status
from records.calc import CalcError, Expression, compile_calc
from records.common import COMMON, link, menu, soft_channels
from records.field import LINK, Field, Table, table
from records.jsonlink import JsonLink
from records.link import DbLink, LinkError
from records.links import Sink
from records.menus import MENU_IVOA
from records.pv import clock
from records.rec.calculating import INPUTS, Calculating, calculation, expression
from records.rec.oopt import OOPT, wants_output
from records.types import FieldType

__all__ = ["CalcoutRecord"]

DOUBLE: Final = FieldType.DOUBLE
LINK_STATES: Final = ("Ext PV NC", "Ext PV OK", "Local PV", "Constant")
NOT_CONNECTED, CONNECTED, LOCAL, CONSTANT = range(4)
USE_OCAL: Final = 1  # DOPT
CONTINUE, DO_NOT_DRIVE, USE_IVOV = range(3)  # IVOA


class CalcoutRecord(Calculating):
    """Calculation output: makes VAL of CALC, and writes it or OCAL to OUT."""

    record_type = "calcout"
    value_type = DOUBLE
    expressions: ClassVar[tuple[str, ...]] = ("CALC", "OCAL")
    fields: ClassVar[Table] = table(
        COMMON,
        calculation(),
        Field("PVAL", DOUBLE, 0.0),
        Field("CLCV", FieldType.LONG, 0),
        link("OUT"),
        soft_channels("Async Soft Channel"),
        *(menu(f"IN{name[3:]}V", LINK_STATES, CONNECTED, writable=False) for name, _ in INPUTS),
        menu("OUTV", LINK_STATES, writable=False),
        menu("OOPT", OOPT[:-1]),
        Field("ODLY", DOUBLE, 0.0),
        Field("DLYA", FieldType.USHORT, 0, writable=False),
        menu("DOPT", ("Use CALC", "Use OCAL")),
        expression("OCAL"),
        Field("OCLV", FieldType.LONG, 0),
        Field("OEVT", FieldType.STRING, ""),
        menu("IVOA", MENU_IVOA),
        Field("IVOV", DOUBLE, 0.0),
        Field("OVAL", DOUBLE, 0.0),
        Field("POVL", DOUBLE, 0.0),
    )

    pval: float
    clcv: int
    oopt: int
    odly: float
    dlya: int
    dopt: int
    ocal: str
    oclv: int
    oevt: str
    ivoa: int
    ivov: float
    oval: float
    povl: float

    def __init__(self, name: str, value: Any = None, *, out: Sink | str | None = None, **options: Any) -> None:
        """Make a record; for `options` see Record."""
        if isinstance(out, str):  # a link text
            options["links"] = {**(options.get("links") or {}), "OUT": out}
            out = None
        self.out = out
        self._ocal: Expression | None = None
        super().__init__(name, value, **options)
        self._ocal = compile_calc(self.ocal)
        self.pval = self.value  # type: ignore[assignment]  # VAL is a float
        self.povl = self.oval

    # --- processing, by ``process`` of calcoutRecord.c ------------------------------------------------------------

    def begin(self) -> Coroutine[Any, Any, None] | None:
        """Calculate; write if OOPT wants it. What is to be awaited is the delay, or an instrument."""
        self.calculate()
        self.check_alarms(self.value)
        self.time_ns = clock.now_ns()
        before, self.pval = self.pval, self.value  # type: ignore[assignment]  # VAL is a float
        wanted = wants_output(self.oopt, before, self.pval, not abs(before - self.pval) <= self.mdel)
        if wanted and ((self.odly > 0.0 and self.host is not None) or self.out is not None):
            return self._write_later()
        if wanted and self._decide():
            self._write_link()
        self.finish_written()
        return None

    async def _write_later(self) -> None:
        if self._active:
            return
        self._active += 1
        try:
            if self.odly > 0.0 and self.host is not None:
                self._set("dlya", 1)
                self.outdate()
                signal = self.host.signal()
                self.host.later(self.odly, signal.set)
                await signal.wait()
                self.time_ns = clock.now_ns()
                self._set("dlya", 0)
            if self._decide():
                await self._write_point()
            self.finish()
        finally:
            self.leave()
        if self.rpro and self.host is not None:
            self.rpro = 0
            self.host.once(self)

    def _decide(self) -> bool:
        """Make OVAL; whether it is to be written (``execOutput``)."""
        if self.dopt != USE_OCAL:
            self.oval = self.value  # type: ignore[assignment]
        elif self._ocal is None:
            self.raise_alarm(Status.CALC, Severity.INVALID, "OCAL calcPerform")
        else:
            self.args[-1] = self.oval  # what VAL means in OCAL
            self.oval = self._ocal(self.args)
            self.udf = int(isnan(self.oval))
        if self.udf:
            self.raise_alarm(Status.UDF, self.udfs, self.undefined)
        if self.nsev < Severity.INVALID or self.ivoa == CONTINUE:
            return True
        if self.ivoa == USE_IVOV:
            self.oval = self.ivov
        return self.ivoa == USE_IVOV

    def _write_link(self) -> None:
        with suppress(LinkError):  # which has raised its alarm
            self.write_link("OUT", self.oval, DOUBLE)
        self._post_event()

    def _post_event(self) -> None:
        if self.oevt and self.host is not None:
            self.host.post_event(self.oevt)

    async def _write_point(self) -> None:
        if self.out is None:
            self._write_link()
            ended, self._unfinished = self._unfinished, None
            if ended is not None:
                await ended.wait()
            return
        try:
            await self.out.write(self.oval)
        except Exception as error:
            self.raise_alarm(Status.WRITE, Severity.INVALID, str(error) or type(error).__name__)
        self._post_event()

    def monitor(self) -> int:
        """As for a calculation, and OVAL."""
        if self.povl != self.oval:
            self.povl = self.oval
        return super().monitor()

    # --- fields -------------------------------------------------------------------------------------------------

    def field_stored(self, row: Field) -> None:
        """A new expression is compiled: CLCV and OCLV say whether it is one."""
        if row.name == "CALC":
            self._calc = _compiled(self.calc)
            self._set("clcv", 0 if self._calc is not None else -1)
        elif row.name == "OCAL":
            self._ocal = _compiled(self.ocal)
            self._set("oclv", 0 if self._ocal is not None else -1)
        elif row.changes & LINK:
            self._show(f"{row.name}V" if row.name == "OUT" else f"IN{row.name[3:]}V")
        super().field_stored(row)

    def _set(self, attr: str, value: int) -> None:
        setattr(self, attr, value)
        self._show(attr.upper())

    def _show(self, name: str) -> None:
        shown = self._shown.get(name) if self._shown else None
        if shown is not None:
            shown.put_done()

    def link_state(self, name: str) -> int:
        """INAV to INUV and OUTV: what has become of a link."""
        target = self._links.get(name) if self._links is not None else None
        if target is None:
            return CONSTANT
        if isinstance(target, (DbLink, JsonLink)):
            return LOCAL
        return CONNECTED if target.state is not None else NOT_CONNECTED


def _compiled(text: str) -> Expression | None:
    try:
        return compile_calc(text)
    except CalcError:
        return None


def _state(name: str) -> property:
    return property(lambda record: record.link_state(name))


for _name, _ in INPUTS:
    setattr(CalcoutRecord, f"in{_name[3:].lower()}v", _state(_name))
CalcoutRecord.outv = _state("OUT")  # type: ignore[attr-defined]
