"""Settling: what a motor record does when its axis has come to rest: backlash, the home search, DLY, retries.

Source: ``process``, ``postProcess`` and ``maybeRetry`` of motorRecord.cc.
"""

from __future__ import annotations

from collections.abc import Callable

from records.motion import flags
from records.motion.fields import IN_POSITION, MOVE_ONCE, PAUSED
from records.motion.moving import CLOSED_LOOP, ON, Moving

__all__ = ["Settling"]


class Settling(Moving):
    """A motor that comes to rest."""

    rhls: int
    rlls: int
    miss: int

    _delay: Callable[[], None] | None = None  # calls DLY off

    @property
    def at_switch(self) -> bool:
        """Whether it has run into a limit switch."""
        return bool((self.rhls and self.cdir) or (self.rlls and not self.cdir))

    def at_rest(self) -> bool:
        """It has stopped: what next? Returns False if nothing more is to be looked at now."""
        just_now = not self.dmov
        if just_now:
            self.dmov = 1
            if self.mip in (flags.JOGF, flags.JOGR):  # and nobody has released the button
                self.mip, self.pp = flags.DONE, 1
                self.release_buttons()
        if self.mip != flags.DONE and self.at_switch:
            self.dmov, self.pp, self.mip = 0, 1, flags.DONE
            self.ask()
            return False
        if self.pp:
            if self.value != self.lval and not self.mip & (flags.STOP | flags.JOG_STOP):
                if self.mip in (flags.HOMF, flags.HOMR):
                    self.release_buttons()
                self.mip = flags.DONE
                return True
            self._post_process()
        if self.at_switch or self.mip == flags.LOAD_P:
            self.mip = flags.DONE
        elif self.dmov:
            return self._settle(just_now)
        return True

    def _settle(self, just_now: bool) -> bool:
        """Wait for DLY, and then see whether it is where it should be."""
        if self.mip & flags.DELAY_ACK or self.dly <= 0.0:
            if self.mip & flags.DELAY_ACK and not self.mip & flags.DELAY_REQ:
                self.mip |= flags.DELAY
                self.ask()
                self.dmov = 0
                return False
            if self.stup != ON and self.mip != flags.DONE:
                self.mip &= ~flags.DELAY
                self._perhaps_again()
                if self.mip == flags.RETRY and self.rmod == IN_POSITION:
                    self._wait()
        elif just_now:
            self._wait()
            self.dmov = 0
            return False
        return True

    def _wait(self) -> None:
        if not self.mip & flags.DELAY_REQ and self.host is not None:
            self.mip |= flags.DELAY_REQ
            self._delay = self.host.later(max(self.dly, 0.0), self._delay_over)

    def _delay_over(self) -> None:
        self._delay = None
        if self.mip & flags.DELAY_REQ and self.host is not None:
            self.mip = self.mip & ~flags.DELAY_REQ | flags.DELAY_ACK
            self.told()

    def _perhaps_again(self) -> None:
        """Retry if it is farther than RDBD from where it should be (``maybeRetry``)."""
        forward = bool(self.cdir) == ((self.sign > 0) == (self.mres >= 0.0))
        if abs(self.diff) < self.rdbd or (self.hls and forward) or (self.lls and not forward):
            self.mip &= flags.JOG_REQ
            self.miss = 0
            if self.spmg == MOVE_ONCE:
                self.spmg = PAUSED
        elif not self.rtry:
            self.mip &= flags.JOG_REQ
        elif self.rcnt + 1 > self.rtry:
            self.rcnt += 1
            pressed = (self.jogf and not self.hls) or (self.jogr and not self.lls)
            self.mip = flags.JOG_REQ if pressed else flags.DONE
            self.remember()
            self.miss = 1
        else:
            self.rcnt += 1
            self.dmov, self.mip = 0, flags.RETRY

    def _post_process(self) -> None:
        """What follows a motion that has ended (``postProcess``)."""
        self.pp = 0
        if self.omsl != CLOSED_LOOP and not self.mip & (flags.MOVE | flags.MOVE_BL | flags.JOG_BL1 | flags.JOG_BL2):
            self.agree()
        if self.mip & flags.LOAD_P:
            self.mip = flags.DONE
        elif self.mip & flags.HOME:
            self._homed()
        elif self.mip & (flags.JOG_STOP | flags.MOVE):
            if abs(self.bdst) >= abs(self.mres):
                self._take_out_backlash()
            self.mip &= ~(flags.JOG_STOP | flags.MOVE)
        elif self.mip & flags.JOG_BL1:
            self._last_part()
            self.mip = flags.JOG_BL2
        elif self.mip & (flags.JOGF | flags.JOGR) and self.mip & flags.STOP:
            self.dmov, self.pp = 0, 1  # it had to stop before it could jog
            self.jog_now()
        self.remember()
        self.mip &= ~flags.STOP

    def _homed(self) -> None:
        if self.mip & flags.STOP:  # it had to stop before it could go home
            self.mip &= ~flags.STOP
            self.home_now()
            self.pp = 1
        elif self.mip & flags.HOMF:
            self.mip &= ~flags.HOMF
            self.homf = 0
        else:
            self.mip &= ~flags.HOMR
            self.homr = 0

    def _take_out_backlash(self) -> None:
        if self.mip & flags.JOG_STOP:
            self.dmov, self.pp = 0, 1
            self.move_to((self.dval - self.bdst) / self.mres, *self.speeds(backlash=False))
            self.cdir = int(self.diff / self.mres >= 0.0)
            self.mip = flags.JOG_BL1
        else:
            self._last_part()
            self.mip = flags.MOVE_BL

    def _last_part(self) -> None:
        """From one backlash away to the target, at BVEL."""
        self.dmov, self.pp = 0, 1
        way = (self.dval - (self.dval - self.bdst)) / self.mres
        if self.relative:
            raw = self.rmp + self.diff / self.mres * self.frac
        else:
            raw = (self.dval - self.bdst) / self.mres + way * self.frac
        self.move_to(raw, *self.speeds(backlash=True))
        self.cdir = int(self.diff / self.mres >= 0.0)

    def detach(self) -> None:
        """The IOC ends."""
        if self._delay is not None:
            self._delay()
            self._delay = None
        super().detach()
