"""PVSpec: what stands in a class body for a PV, with the hooks that a caproto-style program hangs on it.

On the class it is the specification, on an instance the PV itself. Decorating one that belongs to a class already
(``@Base.x.putter``) makes a copy for the new class and leaves the base as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, Self, TypeVar, overload

from records.alarm import Severity
from records.macros import expand
from records.pv import PV
from records.saving import Saving

if TYPE_CHECKING:
    from records.group import PVGroup

__all__ = ["Hook", "PVSpec", "ScanHook"]

T_co = TypeVar("T_co", bound=PV, covariant=True)

MAX_NAME = 60  # dbDefs.h PVNAME_STRINGSZ is 61, with the closing NUL


class Hook(NamedTuple):
    """Something for the runtime to run: ``await call(async_lib)`` at start-up, at shutdown, or every `period` seconds.

    `call` may be a plain function. With `use_scan_field` the period is that of the PV's SCAN field instead.
    """

    kind: Literal["startup", "shutdown", "scan"]
    pv: PV
    call: Callable[[Any], Any]
    period: float | None = None
    subtract_elapsed: bool = True
    stop_on_error: bool = False
    failure_severity: Severity = Severity.MAJOR
    use_scan_field: bool = False


class ScanHook(NamedTuple):
    """A method to be called periodically, ``method(group, pv, async_lib)``; the rest as in Hook."""

    method: Callable[..., Any]
    period: float | None
    subtract_elapsed: bool
    stop_on_error: bool
    failure_severity: Severity
    use_scan_field: bool


class PVSpec(Generic[T_co]):
    """A PV to be made for every instance of a PVGroup class.

    `make(name, group)` makes it, without hooks. Methods are called with the group first: ``get(group, pv)``,
    ``put(group, pv, value)``, ``startup(group, pv, async_lib)``, ``shutdown(group, pv, async_lib)``.
    """

    def __init__(
        self,
        make: Callable[[str, PVGroup | None], T_co],
        *,
        name: str | None = None,
        doc: str = "",
        read_only: bool = False,
        get: Callable[..., Any] | None = None,
        put: Callable[..., Any] | None = None,
        startup: Callable[..., Any] | None = None,
        shutdown: Callable[..., Any] | None = None,
        scan: ScanHook | None = None,
        saving: Saving | None = None,
    ) -> None:
        self.make = make
        self.name = name
        self.doc = doc
        self.read_only = read_only
        self.get = get
        self.put = put
        self.startup_method = startup
        self.shutdown_method = shutdown
        self.scan_method = scan
        self.saving = saving
        self.attr = ""
        self.owner: type | None = None

    # --- descriptor ---------------------------------------------------------------------------------------------

    def __set_name__(self, owner: type, name: str) -> None:
        if self.owner is not None:
            return  # a second name: `@x.putter async def _set_x(...)`
        self.owner = owner
        if not (self.attr and name.startswith("_")):  # likewise, of a copy for a subclass
            self.attr = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: PVGroup, owner: type) -> T_co: ...
    def __get__(self, instance: PVGroup | None, owner: type) -> Self | T_co:
        if instance is None:
            return self
        # the PV of an instance lies in its __dict__ and is found there first
        raise AttributeError(f"{owner.__name__}.{self.attr} does not exist before PVGroup.__init__ has run")

    @property
    def where(self) -> str:
        """``Class.attribute``, for messages."""
        return f"{self.owner.__name__ if self.owner is not None else '?'}.{self.attr}"

    def create(self, group: PVGroup | None = None) -> T_co:
        """Make the PV for `group`. Raises ValueError for a name that is too long or an undefined macro."""
        template = self.attr if self.name is None else self.name
        try:
            name = (group.prefix if group is not None else "") + expand(template, group.macros if group else None)
        except ValueError as error:
            raise ValueError(f"{self.where}: {error}") from None
        if len(name) > MAX_NAME:
            raise ValueError(f"{self.where}: the name {name!r} has {len(name)} characters; EPICS allows {MAX_NAME}")
        pv = self.make(name, group)
        pv.pvspec = self
        if self.read_only:
            pv.writable = False
        if self.get is not None:
            pv.getter = partial(self.get, group)
        if self.put is not None:
            pv.putter = partial(self.put, group)
        return pv

    def hooks(self, group: PVGroup, pv: PV) -> Iterator[Hook]:
        """What the runtime has to run for `pv`."""
        if self.startup_method is not None:
            yield Hook("startup", pv, partial(self.startup_method, group, pv))
        if self.scan_method is not None:
            yield Hook("scan", pv, partial(self.scan_method.method, group, pv), *self.scan_method[1:])
        if self.shutdown_method is not None:
            yield Hook("shutdown", pv, partial(self.shutdown_method, group, pv))

    # --- decorators ---------------------------------------------------------------------------------------------

    def _changed(self, **hooks: Any) -> Self:
        spec = self
        if self.owner is not None:
            spec = object.__new__(type(self))
            spec.__dict__.update(self.__dict__, owner=None)
        for name, method in hooks.items():
            setattr(spec, name, method)
        return spec

    def __call__(self, method: Callable[..., Any]) -> Self:
        """``@pvproperty(value=1)`` over a method: the method is the getter."""
        if not self.doc:
            self.doc = (method.__doc__ or "").strip()
        return self._changed(get=method)

    def getter(self, method: Callable[..., Any]) -> Self:
        """``method(group, pv)`` is asked before a client reads; what it returns, if anything, is the new value."""
        return self._changed(get=method)

    def putter(self, method: Callable[..., Any]) -> Self:
        """``method(group, pv, value)`` is asked before a client's value is taken; see PV for what it may answer."""
        return self._changed(put=method)

    def startup(self, method: Callable[..., Any]) -> Self:
        """``method(group, pv, async_lib)`` runs in its own task from the start of the IOC."""
        return self._changed(startup_method=method)

    def shutdown(self, method: Callable[..., Any]) -> Self:
        """``method(group, pv, async_lib)`` runs when the IOC ends."""
        return self._changed(shutdown_method=method)

    def scan(
        self,
        period: float | None = None,
        *,
        subtract_elapsed: bool = True,
        stop_on_error: bool = False,
        failure_severity: Severity = Severity.MAJOR,
        use_scan_field: bool = False,
    ) -> Callable[[Callable[..., Any]], Self]:
        """``method(group, pv, async_lib)`` runs every `period` seconds, or at the rate of the SCAN field."""
        if period is None and not use_scan_field:
            raise TypeError("scan: give a period in seconds, or use_scan_field=True")
        options = (period, subtract_elapsed, stop_on_error, failure_severity, use_scan_field)
        return lambda method: self._changed(scan_method=ScanHook(method, *options))
