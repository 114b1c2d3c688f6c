"""Buttons: what stops, holds, jogs, homes and tweaks a motor (SPMG, STOP, JOGF, HOMF, TWF ...).

Source: ``do_work`` of motorRecord.cc. Each part returns whether that was all there was to do.
"""

from __future__ import annotations

from records.motion import flags
from records.motion.driven import Driven
from records.motion.fields import GO, NEGATIVE, PAUSED, STOPPED
from records.motion.scaled import nearest

__all__ = ["Buttons"]


class Buttons(Driven):
    """A motor with its buttons."""

    mip: int
    dmov: int
    pp: int
    cdir: int
    lvio: int
    stop: int
    spmg: int
    lspg: int
    homf: int
    homr: int
    jogf: int
    jogr: int
    twf: int
    twr: int
    twv: float
    rlv: float
    lrlv: float
    lrvl: int
    hls: int
    lls: int
    igset: int
    diff: float
    rdif: int
    spdb: float
    rtry: int
    rcnt: int
    rmod: int
    stup: int
    sync: int
    omsl: int
    rrbv: int

    @property
    def held(self) -> bool:
        """Whether SPMG keeps it from moving."""
        return self.spmg in (STOPPED, PAUSED)

    @property
    def calibrates(self) -> bool:
        """Whether a new position redefines where it is, instead of moving it."""
        return bool(self.set and not self.igset)

    # --- stop, pause, move, go ----------------------------------------------------------------------------------

    def switched(self) -> bool:
        """SPMG or STOP was written."""
        stop = bool(self.stop)
        if self.spmg != self.lspg:
            self.lspg = self.spmg
        else:
            self.stop = 0
        if self.held or stop:
            self._stop(stop or self.spmg == STOPPED)
            return True
        if self.spmg == GO:
            if (self.jogf and not self.hls) or (self.jogr and not self.lls):
                self.mip = flags.JOG_REQ
            elif self.mip == flags.STOP:
                self.mip = flags.DONE
        else:
            self.mip, self.rcnt = flags.DONE, 0
        return False

    def _stop(self, for_good: bool) -> None:
        """Stop; unless it is only a pause, VAL becomes RBV when the axis is at rest."""
        if for_good:
            if self.mip == flags.DONE or self.mip & (flags.STOP | flags.RETRY):
                if self.mip & flags.RETRY:
                    self.mip, self.dmov = flags.DONE, 1
                self.order(self.axis.stop)
                return
            if self.movn:
                self.pp = 1
                self.release_buttons()
            else:
                self.agree()
        if self.mip & flags.HOME:
            self.release_buttons()
        if not self.mip & flags.DELAY_REQ:
            self.mip = flags.STOP
        self.order(self.axis.stop)

    def release_buttons(self) -> None:
        """Take back what was asked for (``clear_buttons``)."""
        self.jogf = self.jogr = self.homf = self.homr = 0

    def agree(self) -> None:
        """Let the target be where it is (``syncTargetPosition``)."""
        self.value = self.lval = self.rbv
        self.dval = self.ldvl = self.drbv
        self.rval = self.lrvl = nearest(self.dval / self.mres)
        self.diff, self.rdif = 0.0, 0

    # --- buttons ------------------------------------------------------------------------------------------------

    def home_asked(self) -> bool:
        """HOMF and HOMR."""
        plus, minus = (self.lls, self.hls) if self.dir == NEGATIVE else (self.hls, self.lls)
        forward = bool(self.homf and not self.mip & flags.HOMF and not plus)
        if not forward and not (self.homr and not self.mip & flags.HOMR and not minus):
            return False
        if self.held:
            self.dmov = 0
            return True
        self.mip = flags.HOMF if self.homf else flags.HOMR
        self.pp = 1
        if self.movn:
            self.mip |= flags.STOP
            self.order(self.axis.stop)
        else:
            self.home_now()
        return True

    def home_now(self) -> None:
        """Go home."""
        forward = bool(self.mip & flags.HOMF) == (self.mres > 0.0)
        motion = self.motion(self.hvel, self.acceleration(self.hvel, self.accl))
        self.order(lambda: self.axis.home(forward, motion))
        self.dmov, self.rcnt, self.cdir = 0, 0, int(forward)

    def jog_asked(self) -> bool:
        """JOGF and JOGR, pressed and released."""
        if not self.mip & flags.JOG and not self.held and self.mip & flags.JOG_REQ:
            self._begin_jog()
            return True
        if not self.mip & flags.JOG_REQ and self.mip & (flags.JOGF | flags.JOGR):
            self.pp = 1
            self.mip = (self.mip | flags.JOG_STOP) & ~(flags.JOGF | flags.JOGR)
            self.order(self.axis.stop)
            return True
        return bool(self.mip & (flags.JOG_STOP | flags.JOG_BL1 | flags.JOG_BL2))

    def _begin_jog(self) -> None:
        value: float = self.value  # type: ignore[assignment]  # a number in this type
        beyond = (self.jogf and value > self.hlm - self.jvel) or (self.jogr and value < self.llm + self.jvel)
        if self.limited and (beyond or self.dllm > self.dhlm):
            self.lvio = 1
            self.jogf = self.jogr = 0
            self.mip &= ~flags.JOG_REQ  # the record must not wait for a button that nobody presses
            return
        self.mip = flags.JOGF if self.jogf else flags.JOGR
        self.pp = 1
        if self.movn:
            self.mip |= flags.STOP
            self.order(self.axis.stop)
            return
        self.dmov = 0
        self.jog_now()

    def jog_now(self) -> None:
        """Jog at JVEL, by JAR."""
        velocity = self.jvel * self.sign / self.mres * (1 if self.jogf else -1)
        self.cdir = int(velocity > 0.0)
        motion = self.motion(self.jvel, self.jar)
        self.order(lambda: self.axis.jog(velocity, motion))

    def take_tweaks(self) -> None:
        """TWF, TWR, RLV and RVAL are other ways to say where to."""
        value: float = self.value  # type: ignore[assignment]
        if self.twf or self.twr:
            value += self.twv if self.twf else -self.twv
            self.twf = self.twr = 0
        if self.rlv != self.lrlv:
            value += self.rlv
            self.rlv = self.lrlv = 0.0
        self.value = value
        if self.rval != self.lrvl:
            self.dval = self.rval * self.mres
