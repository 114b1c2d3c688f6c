"""PVSpec and pvproperty by caproto's signatures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial
from typing import Any

from bridge.compat import channeldata as data
from bridge.compat.channeldata import ChannelData
from bridge.compat.fields import RecordFieldGroup, registry
from bridge.compat.names import CaprotoValueError, ChannelType, field_type_of
from records import FieldType, Hook
from records import PVSpec as OurSpec
from records.field import Field
from records.fieldhooks import ScanHook
from records.menus import SCAN_PASSIVE, nearest_scan
from records.near import near
from records.place import here

__all__ = [
    "PVPROPERTY_CLASSES",
    "FieldSpec",
    "NestedPvproperty",
    "PVSpec",
    "PvpropertyData",
    "PvpropertyReadOnlyData",
    "channeldata",
    "pvproperty",
    "scan_wrapper",
]


class PvpropertyData(ChannelData):
    """What a pvproperty makes."""

    async def _server_startup(self, async_lib: Any) -> None:
        """For classes that override it."""


class PvpropertyReadOnlyData(PvpropertyData):
    """One that clients only read."""

    def check_access(self, hostname: str, username: str) -> int:
        """Reading."""
        return 1


_KINDS: dict[str, type[ChannelData]] = {
    "Char": data.ChannelChar,
    "Byte": data.ChannelByte,
    "Short": data.ChannelShort,
    "Integer": data.ChannelInteger,
    "Float": data.ChannelFloat,
    "Double": data.ChannelDouble,
    "String": data.ChannelString,
    "Enum": data.ChannelEnum,
    "BoolEnum": data.ChannelEnum,
}


class _BoolEnum:
    def _labels(self, value: Any, given: Any) -> tuple[str, ...]:
        return tuple(given) if given is not None else ("Off", "On")


def _make_class(kind: str, ro: bool) -> type[ChannelData]:
    bases: tuple[type, ...] = (PvpropertyReadOnlyData if ro else PvpropertyData, _KINDS[kind])
    if kind == "BoolEnum":
        bases = (_BoolEnum, *bases)
    name = f"Pvproperty{kind}{'RO' if ro else ''}"
    return type(name, bases, {"__doc__": f"What a pvproperty of the type {kind} makes.", "__module__": __name__})


#: PvpropertyDouble, PvpropertyDoubleRO and so on.
PVPROPERTY_CLASSES: dict[str, type[ChannelData]] = {
    made.__name__: made for kind in _KINDS for made in (_make_class(kind, False), _make_class(kind, True))
}
_BY_TYPE: dict[Any, str] = {
    str: "Char",
    bytes: "Byte",
    int: "Integer",
    float: "Double",
    bool: "BoolEnum",
    ChannelType.STRING: "String",
    ChannelType.INT: "Short",
    ChannelType.LONG: "Integer",
    ChannelType.FLOAT: "Float",
    ChannelType.DOUBLE: "Double",
    ChannelType.ENUM: "Enum",
    ChannelType.CHAR: "Char",
}


def _class_for(spec: PVSpec, ro: bool) -> type[ChannelData]:
    dtype = spec.dtype if spec.dtype is not None else _type_of(spec.value)
    if isinstance(dtype, type) and issubclass(dtype, ChannelData):
        if dtype.__name__ in PVPROPERTY_CLASSES and ro and not dtype.__name__.endswith("RO"):
            made = PVPROPERTY_CLASSES[f"{dtype.__name__}RO"]
            return made.__class_getitem__(dtype._fields_class) if dtype._fields_class is not None else made
        return dtype
    if isinstance(dtype, type) and issubclass(dtype, Enum):
        kind = "Enum"
    else:
        if isinstance(dtype, int) and not isinstance(dtype, (bool, ChannelType)):
            dtype = ChannelType(dtype)
        try:
            kind = _BY_TYPE[dtype]
        except (KeyError, TypeError):
            raise CaprotoValueError(f"dtype={dtype!r} stands for no type of a PV") from None
    return PVPROPERTY_CLASSES[f"Pvproperty{kind}{'RO' if ro else ''}"]


def _type_of(value: Any) -> Any:
    if value is None:
        return int
    if isinstance(value, (list, tuple)):
        each = [_type_of(one) for one in value]
        return float if float in each else ChannelType.STRING if str in each else each[0] if each else float
    if isinstance(value, Enum):
        return type(value)
    for kind in (bool, int, float, str, bytes):
        if isinstance(value, kind):
            return kind
    dtype = getattr(value, "dtype", None)
    if dtype is not None:
        size = dtype.itemsize
        kinds: dict[str, Any] = {
            "f": ChannelType.FLOAT if size <= 4 else ChannelType.DOUBLE,
            "b": bool,
            "U": ChannelType.STRING,
        }
        whole: Any = {1: bytes, 2: ChannelType.INT}.get(size, ChannelType.LONG)
        return kinds.get(dtype.kind, whole)
    raise CaprotoValueError(f"value={value!r} has no type of a PV")


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
        from records import expand

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
        made = _class_for(self, self.read_only)(
            pvname=pvname, group=group, pvspec=self, doc=self.doc, value=value, max_length=self.max_length,
            record=fields_class, **kwargs,
        )  # fmt: skip
        if self.get is not None:
            made.getter = _bound(self.get, group)
        if self.put is not None:
            made.putter = _bound(self.put, group)
        if self.read_only:
            made.pv.writable = False
        if fields_class is not None:
            made.field_inst = fields_class(made, hung or {})
            if made.pv.putter is None:
                made.pv.putter = made._put_of_client  # for value_write_hook, which may be set later
        scan = self.scan
        if scan is not None and scan.use_scan_field and scan.period and getattr(made.pv, "scan", None) == SCAN_PASSIVE:
            made.pv.scan = nearest_scan(scan.period)  # type: ignore[attr-defined]
        return made


def _bound(method: Callable[..., Any], group: Any) -> Callable[..., Any]:
    return method if group is None else partial(method, group)


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
        from bridge.compat import fieldtable
        from records.fieldhooks import FieldHooks

        fields_class = self._prop.pvspec.fields_class
        known = fieldtable.attributes(fields_class._base_type) if fields_class is not None else {}
        name = known.get(attr, attr)
        if fields_class is None or not (
            name in known.values()
            or any(row.name == name for row in fields_class._extra)
            or name in fields_class.record_class(FieldType.DOUBLE, 1).fields
        ):
            raise AttributeError(f"{self._prop.where} has no field {attr}{near(attr, known)}")

        def hang(field_name: str, kind: str, hook: Any) -> Any:
            hung = self._prop.field_hooks
            return self._prop._changed(field_hooks={**hung, field_name: {**hung.get(field_name, {}), kind: hook}})

        return FieldHooks(name, hang)

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
            failure_severity=_severity(failure_severity),
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
        if len(made.pvname.encode()) > 255:
            raise CaprotoValueError(f"{self.where}: the name {made.pvname!r} is too long ({self.place})")
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
        made = _class_for(self.pvspec, self.read_only)
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


def _severity(severity: Any) -> Any:
    from records import Severity

    return Severity(int(severity))


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


class _Meta(type):
    """`ChannelData(value=...)` has the type of its value; as a class it is the base of all."""

    def __call__(cls, *args: Any, **options: Any) -> Any:
        if cls is not channeldata:
            return super().__call__(*args, **options)
        dtype = _type_of(options.get("value"))
        kind = "Enum" if isinstance(dtype, type) and issubclass(dtype, Enum) else _BY_TYPE[dtype]
        return _KINDS[kind](*args, **options)

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, ChannelData)

    def __subclasscheck__(cls, subclass: Any) -> bool:
        return issubclass(subclass, ChannelData)


class channeldata(ChannelData, metaclass=_Meta):  # noqa: N801  # exported as `ChannelData`
    """A PV of whatever type its value is."""
