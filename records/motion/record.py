"""motor: a record that moves an axis.

Its processing is over, and a put with completion returns, when DMOV is 1: whatever that takes of moves, backlash,
retries and DLY. Source: ``process``, ``process_motor_info``, ``special`` and ``alarm_sub`` of motorRecord.cc.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, ClassVar, Final

from records.alarm import Severity, Status
from records.field import Field, Table
from records.fieldpv import FieldPV
from records.host import Host
from records.link import LinkError
from records.linktext import PvLink
from records.motion import flags
from records.motion.axis import Axis
from records.motion.fields import MOTOR
from records.motion.linkedaxis import LinkedAxis
from records.motion.moving import BUSY, CLOSED_LOOP, OFF
from records.motion.readback import Readback
from records.motion.scaled import nearest
from records.motion.settling import Settling
from records.motion.simulated import SimulatedAxis
from records.pv import LOG, PV, VALUE, clock
from records.rec.lasting import Lasting
from records.types import FieldType, Value

__all__ = ["MotorRecord"]

#: What asks for a move: DMOV blinks, so that whoever watches it sees a 0, even if nothing needs to move.
_DRIVES: Final = frozenset(("DVAL", "RVAL", "RLV", "TWF", "TWR"))
VERSION: Final = 7.4  # of the record whose ways these are


class MotorRecord(Lasting, Settling):
    """A motor. `out` is its Axis; without one it is simulated, from where VAL says on."""

    record_type = "motor"
    value_type: ClassVar[FieldType] = FieldType.DOUBLE
    fields: ClassVar[Table] = MOTOR
    constant_field: ClassVar[str] = "DOL"
    out_links: ClassVar[frozenset[str]] = frozenset(("OUT", "STOO", "RLNK"))
    out_method: ClassVar[str] = "move"

    movn: int
    tdir: int
    athm: int
    ntm: int
    hlsv: Severity
    vers: float
    rres: float
    ntmf: int
    cnen: int

    _known = False  # whether the axis has said where it is

    def __init__(self, name: str, value: Any = None, *, out: Axis | str | None = None, **options: Any) -> None:
        """Make a record; for `options` see Record."""
        self._orders = deque()
        text = out if isinstance(out, str) else None
        axis = None if isinstance(out, str) else out
        self._driven = axis is not None
        super().__init__(name, value, out=text, **options)
        self.vers = VERSION
        self.reconcile()
        if value is not None:
            self.dval = (float(self.value) - self.off) * self.sign  # type: ignore[arg-type]  # a number in this type
        self.axis: Axis = SimulatedAxis(self.dval / self.mres) if axis is None else axis
        self.rmp = nearest(self.dval / self.mres)
        self.msta = 2
        self._look(first=True)
        self.agree()
        self.lspg = self.spmg
        self.lvio = int(self.limited and not self.dllm - abs(self.mres) <= self.drbv <= self.dhlm + abs(self.mres))
        self.metadata = self.describe()

    def has_point(self, name: str) -> bool:
        """OUT is no link if there is an axis."""
        return self._driven if name == "OUT" else super().has_point(name)

    def field(self, name: str) -> PV | None:
        """As for any record; RBV has deadbands."""
        shown = self._shown = self._shown if self._shown is not None else {}
        if name == "RBV" and name not in shown:
            shown[name] = Readback(self, self.fields[name])
        return super().field(name)

    def watched_field(self, field: FieldPV, watched: bool) -> None:
        """DMOV is told last: who waits for it then knows where the motor is (``monitor``)."""
        super().watched_field(field, watched)
        self._watched = tuple(sorted(self._watched, key=lambda one: one.row.name == "DMOV"))

    def attach(self, host: Host) -> None:
        """The IOC has come to life: an OUT that leads somewhere is the axis from now on."""
        self._find_axis()
        super().attach(host)

    def _find_axis(self) -> None:
        text = self.raw_link("OUT")
        if not self._driven and text and isinstance(self.parsed_link("OUT", text), PvLink):
            self.axis = LinkedAxis(self, self.rmp)
        elif isinstance(self.axis, LinkedAxis):
            self.axis = SimulatedAxis(self.rmp)

    def is_busy(self) -> bool:
        """Until DMOV is 1."""
        return not self.dmov

    # --- puts ---------------------------------------------------------------------------------------------------

    def put_field(self, name: str, value: Any) -> Coroutine[Any, Any, None] | None:
        """As for any record. DMOV blinks first; what is asked for twice is refused."""
        if name in ("HOMF", "HOMR") and self.mip & flags.HOME:
            raise PermissionError(f"{self.name}.{name}: it is on its way home already")
        if name == "STUP" and self.stup != OFF:
            raise PermissionError(f"{self.name}.STUP: it is being updated already")
        if name in _DRIVES:
            self.fields[name].convert(value)  # raises what it will raise, before anything blinks
            self._blink()
        return super().put_field(name, value)

    def take_put(self, value: Value) -> Coroutine[Any, Any, None] | None:
        """Take a put of VAL."""
        self._blink()
        return super().take_put(value)

    def take_from_link(self, row: Field | None, value: Any, processes: bool) -> Any:
        """As for any record."""
        if row is None or row.name in _DRIVES:
            self._blink()
        return super().take_from_link(row, value, processes)

    def _blink(self) -> None:
        if self.dmov and self.disa != self.disv:
            self.dmov = 0
            self.notify(0)

    def field_stored(self, row: Field) -> None:
        """JOGF, JOGR and what concerns a jog under way."""
        if row.name in ("JOGF", "JOGR"):
            pressed, switch = (self.jogf, self.hls) if row.name == "JOGF" else (self.jogr, self.lls)
            if not pressed:
                self.mip &= ~flags.JOG_REQ
            elif self.mip == flags.DONE and not switch:
                self.mip |= flags.JOG_REQ
        elif row.name == "UEIP" and not self.msta & flags.ENCODER:
            self.ueip = 0
        elif row.name == "OUT":
            self._find_axis()
        super().field_stored(row)
        if row.name in ("JVEL", "JAR") and self.mip & (flags.JOGF | flags.JOGR):
            self.jog_now()
            self.talk()
        elif row.name == "CNEN" and self.msta & flags.GAINS:
            axis: Any = self.axis  # which has it, or GAINS would not be set
            on = bool(self.cnen)
            self.order(lambda: axis.enable(on))
            self.talk()

    # --- processing ---------------------------------------------------------------------------------------------

    def process_record(self) -> None:
        """Process because of a put, a link or a scan."""
        self._run(asked=True)

    def told(self) -> None:
        """Process because the axis has said where it is."""
        if not self._known:
            self._known = True
            self._look(first=True)
            if self.omsl != CLOSED_LOOP and self.mip == flags.DONE and self.dmov:
                self.agree()
        self._run(asked=False)
        if self.dmov and not self._active:
            self.processed()

    def _run(self, asked: bool) -> None:
        lvio = self.lvio
        goes_on = True
        if not asked or self.mip & flags.DELAY_ACK:
            asked = False
            self._look()
            if self.movn:
                self._under_way()
            elif self.stup != BUSY:
                goes_on = self.at_rest()
        if goes_on:
            self._soft_limits(lvio)
            if self.stop or self.held or asked or self.dmov or self.mip & flags.RETRY:
                self.work(asked)
            with suppress(LinkError):  # which has raised its alarm
                self.write_link("RLNK", self.rbv, FieldType.DOUBLE)
        if not asked and self.stup == BUSY:
            self.stup = OFF
        self.time_ns = clock.now_ns()
        self.check_alarms(self.value)
        self.finish()
        self.talk()

    def _look(self, first: bool = False) -> None:
        """Readbacks from what the axis said (``process_motor_info``)."""
        if self.ueip and not self.msta & flags.ENCODER:
            self.ueip = 0
        if self.ueip:
            self.rrbv, self.drbv = self.rep, self.rep * self.eres
        elif self.urip and not first:
            self._read_back()
        else:
            self.rrbv, self.drbv = self.rmp, self.rmp * self.mres
        self.rbv = self.user(self.drbv)
        said = self.msta
        self.tdir, self.athm = said & 1, int(bool(said & 8))
        self.rhls, self.rlls = int(bool(said & 4)), int(bool(said & 0x2000))
        straight = (self.sign > 0) == (self.mres >= 0.0)
        self.hls, self.lls = (self.rhls, self.rlls) if straight else (self.rlls, self.rhls)
        bad = self.at_switch or said & flags.PROBLEM
        self.movn = int(not (bad or said & 2))
        if bad:
            self.release_buttons()
        self.diff = self.dval - self.drbv
        self.rdif = nearest(self.diff / self.mres)

    def _read_back(self) -> None:
        """RDBL says where it is."""
        try:
            read = self.read_link("RDBL", FieldType.DOUBLE, 0.0)
        except LinkError:
            if self.mip != flags.DONE:
                self.release_buttons()
                self.stop = 1
            return
        self.rrbv = nearest(read * self.rres / self.mres)
        self.drbv = self.rrbv * self.mres

    def _under_way(self) -> None:
        """It moves: by itself, or perhaps away from a target that is new."""
        if self.dmov:
            self.dmov, self.pp = 0, 1
            self.mip |= flags.EXTERNAL
        far = abs(self.diff) > self.ntmf * (abs(self.bdst) + self.rdbd)
        wrong = int(self.rdif >= 0) != self.cdir
        if self.ntm and wrong and far and self.mip & (flags.RETRY | flags.MOVE) and not self.mip & flags.STOP:
            self.order(self.axis.stop)
            self.mip |= flags.STOP
            self.pp = 0

    # --- limits, alarms, listeners ------------------------------------------------------------------------------

    def _soft_limits(self, before: int) -> None:
        """A jog ends one second before its limit."""
        if not self.limited:
            self.lvio = 0
        elif self.mip & flags.JOG:
            beyond = (self.jogf and self.rbv > self.hlm - self.jvel) or (self.jogr and self.rbv < self.llm + self.jvel)
            self.lvio = int(bool(beyond) or self.dllm > self.dhlm)
        elif self.mip & flags.HOME:
            self.lvio = 0
        if self.lvio and not before and not self.calibrates:
            self.stop = 1
            self.release_buttons()

    def check_alarms(self, value: Any) -> None:
        """Limit switches and limits (HLSV), and what the axis has (``alarm_sub``)."""
        if self.udf:
            self.raise_alarm(Status.UDF, Severity.INVALID, self.undefined)
        elif self.hls or (self.limited and self.dval > self.dhlm):
            self.raise_alarm(Status.HIGH, self.hlsv, "at the high limit")
        elif self.lls or (self.limited and self.dval < self.dllm):
            self.raise_alarm(Status.LOW, self.hlsv, "at the low limit")
        if self.msta & flags.COMM_ERROR:
            self.raise_alarm(Status.COMM, Severity.INVALID, self._fault)
        elif self.msta & (flags.STALLED | flags.PROBLEM):
            self.raise_alarm(Status.STATE, Severity.MAJOR, "stalled" if self.msta & flags.STALLED else "problem")

    _told: Any = None  # VAL as listeners know it

    def monitor(self) -> int:
        """VALUE and LOG when VAL is another one."""
        if self.value == self._told:
            return 0
        self._told = self.value
        return VALUE | LOG
