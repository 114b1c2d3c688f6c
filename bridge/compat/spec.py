"""pvproperty and what hangs on it, by caproto's signatures."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from bridge.compat import fieldtable
from bridge.compat.names import CaprotoValueError, field_type_of
from bridge.compat.pvclasses import class_for
from bridge.compat.pvspec import PVSpec
from records import FieldType, Hook, Severity
from records import PVSpec as OurSpec
from records.field import Field
from records.fieldhooks import FieldHooks, ScanHook
from records.near import near
from records.place import here
from records.spec import MAX_NAME

log = logging.getLogger("iocbridge")

__all__ = ["FieldSpec", "NestedPvproperty", "pvproperty", "scan_wrapper"]


class FieldSpec:
    """``x.fields.velocity``, ``x.fields.VELO``: decorators that hang hooks on the fields of a record."""

    def __init__(self, prop: pvproperty, record_type: Any = None) -> None:
        self._prop = prop

    @property
    def record_type(self) -> str | None:
        """The record type."""
        made = self._prop.pvspec.fields_class
        return made._record_type if made is not None else None

    @property
    def fields(self) -> dict[str, Any]:
        """What hangs on which field."""
        return self._prop.field_hooks

    def __getattr__(self, attr: str) -> Any:
        if attr.startswith("_"):
            raise AttributeError(attr)
        fields_class = self._prop.pvspec.fields_class
        known = fieldtable.attributes(fields_class._base_type) if fields_class is not None else {}
        name = known.get(attr, attr)
        if fields_class is None or not (
            name in known.values()
            or any(row.name == name for row in fields_class._extra)
            or name in fields_class.record_class(FieldType.DOUBLE, 1).fields
        ):
            rtyp = self.record_type
            why = f"a record of type {rtyp} has no field" if rtyp else "without a record type there is no field"
            raise self._prop.place.told(AttributeError(f"{why} {attr}{near(attr, known)}"))

        def hang(field_name: str, kind: str, hook: Any) -> Any:
            hung = self._prop.field_hooks
            return self._prop._changed(field_hooks={**hung, field_name: {**hung.get(field_name, {}), kind: hook}})

        return FieldHooks(name, hang, self._prop.place)

    def __repr__(self) -> str:
        return f"<FieldSpec of {self.record_type}: {self.fields}>"


class pvproperty(OurSpec[Any]):  # noqa: N801  # caproto's name
    """A PV in the body of a PVGroup."""

    def __init__(
        self,
        get: Any = None,
        put: Any = None,
        startup: Any = None,
        shutdown: Any = None,
        *,
        scan: Any = None,
        name: str | None = None,
        dtype: Any = None,
        value: Any = None,
        max_length: int | None = None,
        alarm_group: str | None = None,
        doc: str | None = None,
        read_only: bool | None = None,
        field_spec: FieldSpec | None = None,
        fields: Any = None,
        record: Any = None,
        **cls_kwargs: Any,
    ) -> None:
        place = here()
        super().__init__(self._no_make, name=name, doc=doc or "", read_only=bool(read_only), place=place)
        self.get, self.put, self.startup_method, self.shutdown_method = get, put, startup, shutdown
        self.scan_method = scan if isinstance(scan, ScanHook) else None
        self.told = {"dtype": dtype, "value": value, "max_length": max_length, "record": record}
        self.cls_kwargs = cls_kwargs
        self.shared_alarm = alarm_group
        if field_spec is not None:
            self.field_hooks = {field: dict(hooks) for field, hooks in field_spec.fields.items()}
            self.told["record"] = record or field_spec._prop.told["record"]
        try:
            if self.pvspec.fields_class is None and record is not None:
                raise CaprotoValueError(f"there is no record type {record!r}")
        except CaprotoValueError as error:
            raise place.told(error) from None

    @staticmethod
    def _no_make(name: str, group: Any) -> Any:
        raise NotImplementedError

    @property
    def pvspec(self) -> PVSpec:
        """What it was told."""
        doc = self.doc or (self.get.__doc__ if self.get is not None else None)
        return PVSpec(
            get=self.get, put=self.put, startup=self.startup_method, shutdown=self.shutdown_method, attr=self.attr,
            name=self.name, alarm_group=self.shared_alarm, read_only=self.read_only, doc=doc, scan=self.scan_method,
            cls_kwargs=self.cls_kwargs, place=self.place, **self.told,
        )  # fmt: skip

    @property
    def attr_name(self) -> str:
        """The attribute of the class."""
        return self.attr

    @property
    def record_type(self) -> str | None:
        """The record type."""
        made = self.pvspec.fields_class
        return made._record_type if made is not None else None

    @property
    def fields(self) -> Any:
        """The fields of the record, for hooks."""
        return FieldSpec(self)

    @property
    def field_spec(self) -> Any:
        """The same, for another pvproperty."""
        return self.fields

    @classmethod
    def from_pvspec(cls, pvspec: PVSpec, **_: Any) -> pvproperty:
        """A pvproperty that was told the same."""
        made = cls(
            pvspec.get, pvspec.put, pvspec.startup, pvspec.shutdown, scan=pvspec.scan, name=pvspec.name,
            dtype=pvspec.dtype, value=pvspec.value, max_length=pvspec.max_length, alarm_group=pvspec.alarm_group,
            doc=pvspec.doc, read_only=pvspec.read_only, record=pvspec.record, **pvspec.cls_kwargs,
        )  # fmt: skip
        made.attr = pvspec.attr or ""
        return made

    def __call__(  # type: ignore[override]
        self, get: Any = None, put: Any = None, startup: Any = None, shutdown: Any = None, **_: Any
    ) -> Any:
        """``@pvproperty(value=1)`` over a getter."""
        given = {"get": get, "put": put, "startup_method": startup, "shutdown_method": shutdown}
        return self._changed(**{kind: hook for kind, hook in given.items() if hook is not None})

    def scan(  # type: ignore[override]
        self,
        period: float,
        *,
        subtract_elapsed: bool = True,
        stop_on_error: bool = False,
        failure_severity: Any = 2,
        use_scan_field: bool = False,
    ) -> Callable[[Callable[..., Any]], Any]:
        """``method(group, instance, async_lib)`` is called every `period` seconds."""
        return super().scan(
            period,
            subtract_elapsed=subtract_elapsed,
            stop_on_error=stop_on_error,
            failure_severity=Severity(int(failure_severity)),
            use_scan_field=use_scan_field,
        )

    def create(self, group: Any = None) -> Any:
        """Make the PV of an instance of the class."""
        spec = self.pvspec
        if group is not None:
            spec = group._with_defaults(spec)
        try:
            made = spec.create(group, self.field_hooks)
        except (ValueError, TypeError) as error:
            raise type(error)(f"{self.where}: {error} ({self.place})") from None
        made.pv.pvspec = self  # what autosave looks at
        size = len(made.pvname.encode())
        if size > 255:
            raise CaprotoValueError(f"{self.where}: the name {made.pvname!r} is too long ({self.place})")
        if size > MAX_NAME:  # Channel Access can do it, and there are such programs; tools and archivers may not
            said = "%s: the name %r has %d characters; EPICS allows %d (%s)"
            log.warning(said, self.where, made.pvname, size, MAX_NAME, self.place)
        return made

    def hooks(self, group: Any, pv: Any) -> Iterator[Hook]:
        """What the runtime has to run."""
        if pv.field_inst is not None:
            yield from pv.field_inst.hooks()
        if self.startup_method is not None:
            yield Hook("startup", pv.pv, partial(self.startup_method, group, pv))
        if self.scan_method is not None:
            yield Hook("scan", pv.pv, partial(self.scan_method.method, group, pv), *self.scan_method[1:])
        if self.shutdown_method is not None:
            yield Hook("shutdown", pv.pv, partial(self.shutdown_method, group, pv))

    def as_field(self, name: str) -> Field:
        """The row of a record type's table for a field that is specified like this."""
        made = class_for(self.told["dtype"], self.told["value"], self.read_only)
        field_type = FieldType.STRING if made._text else field_type_of(made.data_type)
        labels = self.cls_kwargs.get("enum_strings")
        menu = tuple(labels) if labels is not None and field_type is FieldType.ENUM else None
        first = self.told["value"]
        if first is None:
            first = "" if field_type is FieldType.STRING else 0
        if menu is not None and isinstance(first, str):
            first = menu.index(first)
        return Field(name, field_type, first, menu, self.told["max_length"] or 40, not self.read_only)


class NestedPvproperty(pvproperty):
    """Known by name only: hooks on the PVs of a subgroup need no class of their own here."""


def scan_wrapper(
    scan_function: Callable[..., Any],
    period: float,
    *,
    subtract_elapsed: bool = True,
    stop_on_error: bool = False,
    failure_severity: Any = 2,
    use_scan_field: bool = False,
) -> Any:
    """A start-up hook that calls a function every `period` seconds."""
    del failure_severity, use_scan_field

    async def startup(group: Any, instance: Any, async_lib: Any) -> None:
        loop = async_lib.library.get_running_loop()
        while True:
            begin = loop.time()
            try:
                await scan_function(group, instance, async_lib)
            except Exception:
                group.log.exception("%s: the scan failed", instance.name)
                if stop_on_error:
                    raise
            took = loop.time() - begin if subtract_elapsed else 0.0
            await async_lib.sleep(max(0.0, period - took))

    return startup
