"""Driven: how a motor record talks with its axis: commands one after the other, and what it says of itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from records.host import Host
from records.motion import flags
from records.motion.axis import Axis, AxisState, Motion
from records.motion.scaled import Scaled, nearest

__all__ = ["Driven"]

Order = Callable[[], Awaitable[Any]]


class Driven(Scaled):
    """A record with an axis. A type brings `told`, for what to do when the axis has said where it is."""

    axis: Axis

    msta: int
    rmp: int
    rep: int
    movn: int
    dly: float

    _orders: deque[Order]
    _talking = False  # somebody waits for the axis
    _asked = False  # the axis is to be asked where it is
    _fault = ""
    _next: Callable[[], None] | None = None  # calls off the next question

    def told(self) -> None:
        """The axis has said where it is."""
        raise NotImplementedError

    def order(self, order: Order) -> None:
        """Let the axis do something, when it has done what it was told before; what it says then is taken."""
        self._orders.append(order)

    def ask(self) -> None:
        """Let the axis say where it is (``GET_INFO``)."""
        self._asked = True

    def motion(self, speed: float, acceleration: float) -> Motion:
        """A motion at `speed` (EGU/s) and `acceleration` (EGU/s²), which is faster than VBAS."""
        step = abs(self.mres)
        base = self.vbas / step
        return Motion(max(speed / step, base), acceleration / step, base)

    def move_to(self, raw: float, speed: float, acceleration: float) -> None:
        """Let the axis move to a raw position, to the nearest step."""
        motion, position = self.motion(speed, acceleration), float(nearest(raw))
        self.order(lambda: self.axis.move(position, motion))

    def attach(self, host: Host) -> None:
        """The IOC has come to life: ask the axis where it is."""
        super().attach(host)
        self.ask()
        self.talk()

    def detach(self) -> None:
        """The IOC ends; what moves goes on moving, as with base."""
        if self._next is not None:
            self._next()
            self._next = None
        super().detach()

    def talk(self) -> None:
        """Tell the axis what waits for it, soon, or ask it again in its own time."""
        host = self.host
        if host is None or self._talking:
            return
        if self._next is not None:
            self._next()
            self._next = None
        if self._orders or self._asked:
            self._talking = True
            host.later(0.0, self._begin)  # not from within the processing of whoever has put
            return
        period = self.axis.moving_period if self.movn else self.axis.idle_period
        if period is not None:
            self._next = host.later(period, self._due)

    def _due(self) -> None:
        self._next = None
        self.ask()
        self.talk()

    def _begin(self) -> None:
        if self.host is not None:
            self.host.start(self, self._talk())
        else:
            self._talking = False

    async def _talk(self) -> None:
        fault, state = "", None
        try:
            while self._orders or state is None:  # what was said before an order is out of date
                while self._orders:
                    await self._orders.popleft()()
                self._asked = False
                state = await self.axis.state()
        except Exception as error:
            fault = str(error) or type(error).__name__
            self._orders.clear()
        self._talking = False
        if self.host is not None:
            self._said(state, fault)
            self.told()

    def _said(self, state: AxisState | None, fault: str) -> None:
        """Keep what the axis says; one that does not answer does not move, as far as we know."""
        self._fault = fault
        if state is None or fault:
            kept = self.msta & ~(flags.MOVING | flags.PROBLEM)
            self.msta = kept | flags.AT_REST | flags.PROBLEM | flags.COMM_ERROR
            return
        self.msta = flags.status_bits(state, hasattr(self.axis, "enable"))
        self.rmp = nearest(state.position)
        if state.encoder is not None:
            self.rep = nearest(state.encoder)
