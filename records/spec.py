"""PVSpec: what stands in a class body for a PV, with the hooks that a caproto-style program hangs on it.

On the class it is the specification, on an instance the PV itself. Decorating one that belongs to a class already
(``@Base.x.putter``) makes a copy for the new class and leaves the base as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, overload

from records.alarm import Severity
from records.fieldhooks import ARGUMENTS, FieldSpec, Hook, ScanHook, attach, hooks_of
from records.macros import expand
from records.menus import SCAN_PASSIVE, nearest_scan
from records.place import Place, check_arguments, here
from records.pv import PV
from records.saving import Saving

if TYPE_CHECKING:
    from records.group import PVGroup
    from records.record import Record

__all__ = ["Hook", "PVSpec", "ScanHook"]

T_co = TypeVar("T_co", bound=PV, covariant=True)

MAX_NAME = 60  # dbDefs.h PVNAME_STRINGSZ is 61, with the closing NUL


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
        record_class: type[Record] | None = None,
        alarm_group: str | None = None,
        place: Place | None = None,
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
        self.record_class = record_class
        self.alarm_group = alarm_group
        self.place = place or here()
        self.field_hooks: dict[str, dict[str, Any]] = {}
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
            raise ValueError(f"{self.where}: {error} ({self.place})") from None
        if len(name.encode()) > MAX_NAME:
            raise ValueError(
                f"{self.where}: the name {name!r} has {len(name.encode())} characters; EPICS allows {MAX_NAME} "
                f"({self.place})"
            )
        pv = self.make(name, group)
        pv.pvspec = self
        if self.read_only:
            pv.begin_writable(False)
        if self.get is not None:
            pv.getter = self.get if group is None else partial(self.get, group)
        if self.put is not None:
            pv.putter = self.put if group is None else partial(self.put, group)
        if self.field_hooks:
            attach(pv.field_inst, self.field_hooks)
        scan = self.scan_method
        if scan is not None and scan.use_scan_field and scan.period and getattr(pv, "scan", None) == SCAN_PASSIVE:
            pv.scan = nearest_scan(scan.period)  # type: ignore[attr-defined]  # a record: it has the field
        return pv

    def check(self) -> None:
        """Raise TypeError if one of the hooks cannot be called as hooks are."""
        scan = self.scan_method.method if self.scan_method is not None else None
        hooks = (self.get, self.put, self.startup_method, self.shutdown_method, scan)
        for (kind, names), method in zip(ARGUMENTS.items(), hooks, strict=True):
            if method is not None:
                try:
                    check_arguments(kind, method, names)
                except TypeError as error:
                    raise TypeError(f"{self.where}: {error}") from None

    def hooks(self, group: PVGroup | None, pv: PV) -> Iterator[Hook]:
        """What the runtime has to run for `pv`."""
        if self.field_hooks:
            yield from hooks_of(pv.field_inst, self.field_hooks)
        first = (pv,) if group is None else (group, pv)  # as putters of a PV without a group are called
        if self.startup_method is not None:
            yield Hook("startup", pv, partial(self.startup_method, *first))
        if self.scan_method is not None:
            yield Hook("scan", pv, partial(self.scan_method.method, *first), *self.scan_method[1:])
        if self.shutdown_method is not None:
            yield Hook("shutdown", pv, partial(self.shutdown_method, *first))

    # --- decorators ---------------------------------------------------------------------------------------------

    @property
    def fields(self) -> FieldSpec:
        """The fields of the record, for hooks: ``@x.fields.HIHI.putter``. Raises TypeError for a PV without fields."""
        if self.record_class is None:
            raise TypeError(f"{self.where}: a PV without a record type has no fields ({self.place})")

        def hang(name: str, kind: str, hook: Any) -> Any:
            hung = {**self.field_hooks, name: {**self.field_hooks.get(name, {}), kind: hook}}
            return self._changed(field_hooks=hung)

        rtyp, rows = str(self.record_class.record_type), self.record_class.fields
        return FieldSpec(rtyp, rows, self.field_hooks, hang, self.place)

    @property
    def field_spec(self) -> FieldSpec:
        """The same, to be given to another pvproperty as ``field_spec=``."""
        return self.fields

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
        return self._changed(get=method, doc=self.doc or (method.__doc__ or "").strip())

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
        given: Any = period
        if given is not None and not (isinstance(given, (int, float)) and given >= 0):
            raise self.place.told(TypeError(f"scan wants a period in seconds, not {period!r}"))
        options = (period, subtract_elapsed, stop_on_error, failure_severity, use_scan_field)
        return lambda method: self._changed(scan_method=ScanHook(method, *options))
