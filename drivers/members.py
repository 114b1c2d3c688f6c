"""The units of one line while it runs: who is silent is told to the log, and to those who watch it."""

from __future__ import annotations

from collections.abc import Callable

from drivers.errors import DriverError, ReplyTimeout
from drivers.link import Watcher
from drivers.port import Port
from drivers.units import Unit, Units

__all__ = ["Members"]


class Members:
    """Of `port`. `changed` is told as well, and first: the fault of a unit that fell silent, None if it is back.

    `own` is the unit that is meant where none is named, None if there is no such thing.
    """

    def __init__(self, port: Port, changed: Callable[[Unit, DriverError | None], None] | None = None) -> None:
        self.health = Units(port.timeout, port.backoff)
        self.own: Unit | None = None
        self._port = port
        self._changed = changed
        self._watchers: dict[Unit | None, list[Watcher]] = {}

    def watch(self, unit: Unit | None, callback: Watcher) -> Callable[[], None]:
        """As `Port.watch`, and also when the unit falls silent on a line that is up, and when it answers again.

        None is the line's own unit, whichever that is.
        """
        unwatch_link = self._port.watch(callback)
        watchers = self._watchers.setdefault(unit, [])
        watchers.append(callback)

        def unwatch() -> None:
            unwatch_link()
            if callback in watchers:
                watchers.remove(callback)

        return unwatch

    def answered(self, unit: Unit, took: float = 0.0) -> None:
        """It lives, whatever it said."""
        for each in self.health.answered(unit, took):
            self._port.log.info("%s: unit %s answers again", self._port.name, each)
            self._tell(each, None)

    def missed(self, unit: Unit, error: DriverError, now: float, held: float) -> None:
        """It missed a reply, which kept the line from others for `held` seconds."""
        name = self._port.name
        why = str(error).removeprefix(f"{name}: ")
        for each in self.health.timed_out(unit, now, why, held):
            fault = ReplyTimeout(f"{name}: unit {each} is silent ({why})")
            self._port.log.warning("%s", fault)
            self._tell(each, fault)

    def _tell(self, unit: Unit, fault: DriverError | None) -> None:
        if self._changed is not None:
            self._changed(unit, fault)
        own = self._watchers.get(None, []) if unit == self.own else []
        for callback in (*self._watchers.get(unit, []), *own):
            try:
                callback(fault)
            except Exception:
                self._port.log.exception("%s: a watcher failed", self._port.name)
