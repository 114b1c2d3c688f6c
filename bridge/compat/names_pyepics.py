"""The names of `caproto.threading.pyepics_compat` that programs use, on our client."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bridge.compat import names_tclient as threaded

__all__ = ["PV", "caget", "caget_many", "caput", "caput_many", "get_pv"]

_context: threaded.Context | None = None
_pvs: dict[str, PV] = {}


def _shared() -> threaded.Context:
    global _context
    _context = _context or threaded.Context()
    return _context


class PV:
    """A PV as pyepics has it."""

    def __init__(self, pvname: str, callback: Any = None, connection_timeout: float = 2.0, **_: Any) -> None:
        self.pvname = pvname
        self.connection_timeout = connection_timeout
        self._pv = _shared().get_pvs(pvname)[0]
        self._monitor: Any = None
        if callback is not None:
            self.add_callback(callback)

    @property
    def connected(self) -> bool:
        """Whether there is a channel."""
        return self._pv.connected

    def wait_for_connection(self, timeout: float | None = None) -> bool:
        """Wait until it is connected; False if that takes too long."""
        try:
            self._pv.wait_for_connection(timeout=timeout or self.connection_timeout)
        except TimeoutError:
            return False
        return True

    def get(self, as_string: bool = False, timeout: float | None = None, **_: Any) -> Any:
        """The value; None if there is no answer."""
        try:
            response = self._pv.read(data_type="control", timeout=timeout or self.connection_timeout)
        except TimeoutError:
            return None
        return _value(response, as_string)

    def put(self, value: Any, wait: bool = False, timeout: float = 30.0, **_: Any) -> int:
        """Write; 1 if that was done."""
        self._pv.write(value, wait=wait, timeout=timeout)
        return 1

    @property
    def value(self) -> Any:
        """The value now."""
        return self.get()

    @value.setter
    def value(self, value: Any) -> None:
        self.put(value)

    def add_callback(self, callback: Any, **given: Any) -> int:
        """Call ``callback(pvname=, value=, timestamp=, **given)`` for each event."""

        def event(_: Any, response: Any) -> None:
            value = _value(response, False)
            callback(pvname=self.pvname, value=value, timestamp=response.metadata.timestamp, **given)

        self._monitor = self._monitor or self._pv.subscribe("time")
        return int(self._monitor.add_callback(event))


def _value(response: Any, as_string: bool) -> Any:
    data = response.data
    labels = response.metadata.enum_strings
    if isinstance(data, list):
        texts = [one.decode("utf-8", "replace") if isinstance(one, bytes) else one for one in data]
        return texts[0] if len(texts) == 1 else texts
    if data.dtype.char == "B" and (as_string or len(data) > 1):
        return bytes(data).partition(b"\0")[0].decode("utf-8", "replace")
    value = data[0].item() if len(data) == 1 else data
    if as_string:
        return labels[value].decode() if labels and value < len(labels) else str(value)
    return value


def get_pv(pvname: str, **options: Any) -> PV:
    """The PV of that name, the same one each time."""
    if pvname not in _pvs:
        _pvs[pvname] = PV(pvname, **options)
    return _pvs[pvname]


def caget(pvname: str, **options: Any) -> Any:
    """The value of a PV."""
    return get_pv(pvname).get(**options)


def caput(pvname: str, value: Any, wait: bool = False, timeout: float = 60.0) -> int:
    """Write a PV."""
    return get_pv(pvname).put(value, wait=wait, timeout=timeout)


def caget_many(pvlist: Iterable[str], **options: Any) -> list[Any]:
    """The values of several PVs."""
    return [caget(name, **options) for name in pvlist]


def caput_many(pvlist: Iterable[str], values: Iterable[Any], **options: Any) -> list[int]:
    """Write several PVs."""
    return [caput(name, value, **options) for name, value in zip(pvlist, values, strict=True)]
