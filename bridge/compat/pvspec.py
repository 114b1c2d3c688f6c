"""PVSpec: what a pvproperty was told. Makes the PV, with or without a group."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial
from typing import Any

from bridge.compat.fields import RecordFieldGroup, registry
from bridge.compat.names import CaprotoValueError
from bridge.compat.pvclasses import class_for
from records import Hook
from records.fieldhooks import ScanHook
from records.macros import expand
from records.menus import SCAN_PASSIVE, nearest_scan
from records.near import near
from records.place import here

__all__ = ["PVSpec"]


@dataclass(frozen=True)
class PVSpec:
    """What a pvproperty was told, as `instance.pvspec`; makes PVs without any class."""

    get: Callable[..., Any] | None = None
    put: Callable[..., Any] | None = None
    startup: Callable[..., Any] | None = None
    shutdown: Callable[..., Any] | None = None
    attr: str | None = None
    name: str | None = None
    dtype: Any = None
    value: Any = None
    max_length: int | None = None
    alarm_group: str | None = None
    read_only: bool = False
    doc: str | None = None
    fields: Any = None
    scan: ScanHook | None = None
    record: Any = None
    cls_kwargs: dict[str, Any] = field(default_factory=dict)
    place: Any = ""

    def __init__(self, get: Any = None, put: Any = None, startup: Any = None, shutdown: Any = None,
                 attr: Any = None, name: Any = None, dtype: Any = None, value: Any = None, max_length: Any = None,
                 alarm_group: Any = None, read_only: Any = None, doc: Any = None, fields: Any = None,
                 scan: Any = None, record: Any = None, cls_kwargs: Any = None, place: Any = None,
                 **more: Any) -> None:  # fmt: skip
        given = {
            "get": get, "put": put, "startup": startup, "shutdown": shutdown, "attr": attr, "name": name,
            "dtype": dtype, "value": value, "max_length": max_length, "alarm_group": alarm_group,
            "read_only": bool(read_only), "doc": doc, "fields": fields, "scan": scan, "record": record,
            "cls_kwargs": {**(cls_kwargs or {}), **more}, "place": place or here(),
        }  # fmt: skip
        for key, what in given.items():
            object.__setattr__(self, key, what)

    def _replace(self, **changes: Any) -> PVSpec:
        return replace(self, **changes)

    @property
    def fields_class(self) -> type[RecordFieldGroup] | None:
        """The fields of the record. Raises CaprotoValueError for a type that there is not."""
        record = self.record
        if record is None:
            kind = self.dtype
            record = getattr(kind, "_fields_class", None) if isinstance(kind, type) else None
        if record is None or isinstance(record, type):
            return record
        if record not in registry:
            raise CaprotoValueError(f"there is no record type {record!r}{near(str(record), registry)}")
        return registry[record]

    def create(self, group: Any = None, hung: Any = None) -> Any:
        """Make the PV."""
        template = self.attr if self.name is None else self.name
        prefix = group.prefix if group is not None else ""
        pvname = prefix + expand(template or "", group.macros if group is not None else None)
        value = self.value
        kwargs = dict(self.cls_kwargs)
        if isinstance(self.dtype, type) and issubclass(self.dtype, Enum):
            value = self.dtype(value) if value is not None else next(iter(self.dtype))
        for key in ("startup", "shutdown"):
            kwargs.pop(key, None)
        fields_class = self.fields_class
        made = class_for(self.dtype, self.value, self.read_only)(
            pvname=pvname, group=group, pvspec=self, doc=self.doc, value=value, max_length=self.max_length,
            record=fields_class, **kwargs,
        )  # fmt: skip
        if self.get is not None:
            made.getter = _bound(self.get, group)
        if self.put is not None:
            made.putter = _bound(self.put, group)
        if self.read_only:
            made.pv.begin_writable(False)
        if fields_class is not None:
            made.field_inst = fields_class(made, hung or {})
            if made.pv.putter is None:
                made.pv.putter = made._put_of_client  # for value_write_hook, which may be set later
        if group is None:
            made.pv.pvspec = _Loose(self, made)  # type: ignore[assignment]  # as much of it as the runtime asks
        scan = self.scan
        if scan is not None and scan.use_scan_field and scan.period and getattr(made.pv, "scan", None) == SCAN_PASSIVE:
            made.pv.scan = nearest_scan(scan.period)  # type: ignore[attr-defined]
        return made


class _Loose:
    """What the runtime asks of a PV that belongs to no group; its hooks are called without one."""

    saving = None

    def __init__(self, spec: PVSpec, made: Any) -> None:
        self.attr = spec.attr or ""
        self._spec, self._made = spec, made

    def hooks(self, group: None, pv: Any) -> Iterator[Hook]:
        """What the runtime has to run."""
        spec, made = self._spec, self._made
        if made.field_inst is not None:
            yield from made.field_inst.hooks()
        if spec.startup is not None:
            yield Hook("startup", pv, partial(spec.startup, made))
        if spec.scan is not None:
            yield Hook("scan", pv, partial(spec.scan.method, made), *spec.scan[1:])
        if spec.shutdown is not None:
            yield Hook("shutdown", pv, partial(spec.shutdown, made))


def _bound(method: Callable[..., Any], group: Any) -> Callable[..., Any]:
    return method if group is None else partial(method, group)
