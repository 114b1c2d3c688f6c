"""Moving: what a motor record does because a field was written or its axis has said something.

Source: ``do_work`` of motorRecord.cc, part by part in its order.
"""

from __future__ import annotations

from typing import Final

from records.link import LinkError
from records.motion import flags
from records.motion.buttons import Buttons
from records.motion.fields import IN_POSITION
from records.motion.scaled import nearest
from records.types import FieldType

__all__ = ["Moving"]

OFF, ON, BUSY = range(3)  # STUP
CLOSED_LOOP: Final = 1  # OMSL
DEFAULT, ARITHMETIC, GEOMETRIC = range(3)  # RMOD


class Moving(Buttons):
    """A record that works."""

    @property
    def relative(self) -> bool:
        """Whether moves are told by how far, and not to where: so retries correct what slips."""
        return bool(self.rtry and self.rmod != IN_POSITION and (self.ueip or self.urip))

    def work(self, asked: bool) -> None:
        """Find out what was written, and act; `asked` is False if it is the axis that has something to say."""
        if self.stup == ON:
            self.stup = BUSY
            self.ask()
        if (self.spmg != self.lspg or self.stop) and self.switched():
            return
        if self._resolution_changed:
            self._tell_resolution()
            return
        if self.omsl == CLOSED_LOOP and self.is_linked("DOL"):
            try:
                self.value = self.read_link("DOL", FieldType.DOUBLE)
            except LinkError:
                self.udf = 1
                return
            self.udf = 0
        elif self.home_asked() or self.jog_asked():
            return
        else:
            self.take_tweaks()
        if self.value != self.lval and self._new_value():
            return
        if self.held:
            return
        if self.dval != self.ldvl or not self.dmov:
            self._go()
        elif self.sync and self.mip == flags.DONE:
            self.agree()
            self.sync = 0
        elif asked and self.stup == OFF:
            self.stup = BUSY
            self.ask()

    # --- moves --------------------------------------------------------------------------------------------------

    def _new_value(self) -> bool:
        """VAL has become another one."""
        value: float = self.value  # type: ignore[assignment]
        if self.calibrates and not self.foff:
            self.off = value - self.dval * self.sign
            self.rbv = self.user(self.drbv)
            self.user_limits()
            self.lval = value
            self.mip, self.dmov = flags.DONE, 1
            return True
        self.dval = (value - self.off) / self.sign
        return False

    def _tell_resolution(self) -> None:
        self._resolution_changed = False
        self.rdbd = max(self.rdbd, abs(self.mres))
        if self.calibrates:
            self.pp = 1
            self.ask()
        elif not self.mip & flags.LOAD_P:
            self.load()

    def load(self) -> None:
        """Let the axis be at DVAL without moving, and OFF or VAL follow (``load_pos``)."""
        raw = nearest(self.dval / self.mres)
        self.rval = self.lrvl = raw
        self.ldvl = self.dval
        if self.foff:
            self.value = self.user(self.dval)
        else:
            self.off = float(self.value) - self.dval * self.sign  # type: ignore[arg-type]
            self.user_limits()
        self.lval = self.value  # type: ignore[assignment]
        self.mip, self.dmov = flags.LOAD_P, 0
        self.order(lambda: self.axis.load(float(raw)))

    def _go(self) -> None:
        """DVAL is not where it was, or something is under way."""
        self.diff = self.dval - self.drbv
        self.rdif = nearest(self.diff / self.mres)
        if self.calibrates:
            if not self.mip & flags.LOAD_P:
                self.load()
            return
        self.value = self.user(self.dval)
        self.rval = nearest(self.dval / self.mres)
        if self._near():
            if not self.dmov and self.mip in (flags.DONE, flags.RETRY):
                self.dmov, self.mip = 1, flags.DONE
            self.remember()
            return
        factor = self._factor()
        if factor == 0.0:
            return
        preferred = (self.diff > 0 if self.relative else self.dval > self.ldvl) == (self.bdst > 0)
        self.lvio = int(self._violates(preferred))
        if self.lvio or (self.urip and not self._readback_good()):
            self._refuse()
        elif self.mip in (flags.DONE, flags.RETRY):
            self._start(preferred, factor)

    def remember(self) -> None:
        """This is the target now."""
        self.lval, self.ldvl, self.lrvl = self.value, self.dval, self.rval  # type: ignore[assignment]

    def _near(self) -> bool:
        """Whether it is too near to move: within a step or SPDB, or RDBD for a retry."""
        steps = abs(nearest(self.dval / self.mres) - nearest(self.drbv / self.mres))
        if self.mip & flags.RETRY:
            return steps < nearest(self.rdbd / abs(self.mres))
        return steps < 1 or (self.spdb > 0.0 and abs(self.dval - self.drbv) < self.spdb)

    def _factor(self) -> float:
        """How much of the way a move goes; 0 if it waits instead (RMOD)."""
        if not self.mip & flags.RETRY:
            self.rcnt = 0
            return 1.0
        if self.rmod == ARITHMETIC:
            return (self.rtry - self.rcnt + 1.0) / self.rtry
        if self.rmod == GEOMETRIC:
            return float(0.5 ** (self.rcnt - 1))
        return 0.0 if self.rmod == IN_POSITION else 1.0

    def _violates(self, preferred: bool) -> bool:
        """Whether DVAL, or where it begins to take out backlash, is beyond the travel limits."""
        low, high = self.dllm, self.dhlm
        if not self.limited:
            return False
        if low > high:
            return True
        if high < self.dval < self.ldvl or low > self.dval > self.ldvl:
            return False  # on its way back
        place = self.dval if preferred else self.dval - self.bdst
        return place > high or place < low

    def _readback_good(self) -> bool:
        try:
            self.read_link("RDBL", FieldType.DOUBLE)
        except LinkError:
            return False
        return True

    def _refuse(self) -> None:
        """The target is the one before."""
        self.value, self.dval, self.rval = self.lval, self.ldvl, self.lrvl
        if self.mip & flags.RETRY:
            self.mip = flags.DONE
        if self.mip == flags.DONE:
            self.dmov = 1

    def _start(self, preferred: bool, factor: float) -> None:
        """Move, in one go or to where taking out backlash begins."""
        before = self.ldvl
        self.mip |= flags.MOVE
        self.dmov = 0
        self.remember()
        step, way = abs(self.mres), self.dval - (self.drbv if self.relative else before)
        one_speed = preferred and self.bvel == self.velo and self.bacc == self.accl
        if abs(self.bdst) < step or one_speed:
            self._move_by(way, before, factor, backlash=False)
        elif preferred and abs(way) <= abs(self.bdst) + step:
            self._move_by(way, before, factor, backlash=True)
        else:
            self.pp = 1  # the rest is done when it has stopped
            self._move_by(way - self.bdst, before, factor if self.relative else 1.0, backlash=False, whole=True)
        self.cdir = int(self.rdif >= 0)

    def _move_by(self, way: float, before: float, factor: float, *, backlash: bool, whole: bool = False) -> None:
        """Go `way` (EGU) from `before`, or, where moves are relative, from where the axis is."""
        part = 1.0 if whole else self.frac
        if self.relative:
            steps = way / self.mres * factor
            if factor != 1.0 and abs(steps) < 1.0:
                steps = 1.0 if steps > 0.0 else -1.0
            raw = self.rmp + steps * part
        else:
            raw = (before + way * part) / self.mres
        self.move_to(raw, *self.speeds(backlash))

    def speeds(self, backlash: bool) -> tuple[float, float]:
        """Speed and acceleration in EGU, of a move or of taking out backlash."""
        if backlash:
            return self.bvel, self.acceleration(self.bvel, self.bacc)
        return self.velo, self.accs if self.accu else self.acceleration(self.velo, self.accl)
