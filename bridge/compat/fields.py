"""The field classes of `caproto.server.records`: AiFields, MotorFields ..., and those derived from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, ClassVar

from bridge.compat import fieldtable
from bridge.compat.channeldata import ChannelData
from bridge.compat.channeltypes import over
from bridge.compat.recordclass import record_class
from records import FieldType, Hook, PVSpec, Record, ScanHook
from records.field import Field
from records.fieldhooks import HookKind

__all__ = ["FieldPlace", "RecordFieldGroup", "get_record_registry", "hooked", "register_record", "registry"]

#: By record type, as programs name it.
registry: dict[str, type[RecordFieldGroup]] = {}


class FieldPlace:
    """``AiFields.raw_offset``: a field on the class, the field's PV on an instance."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: RecordFieldGroup | None, owner: type) -> Any:
        return self if instance is None else instance.fields[self.name]

    def __repr__(self) -> str:
        return f"<field {self.name}>"


class RecordFieldGroup:
    """The fields of one record: `parent` is the record, `pvdb` the fields by their full names."""

    _record_type: ClassVar[str | None] = None
    _base_type: ClassVar[str] = ""
    _hung: ClassVar[dict[str, dict[str, Any]]] = {}  # hooks that a class body has put on fields
    _extra: ClassVar[tuple[Field, ...]] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        hung = {name: dict(hooks) for name, hooks in cls._hung.items()}
        extra = {row.name: row for row in cls._extra}
        for attr, entry in list(vars(cls).items()):
            if isinstance(entry, PVSpec):
                name = entry.name if entry.name is not None else entry.attr.upper()
                hung.setdefault(name, {}).update(hooked(entry))
                specified: Any = entry  # a pvproperty of this package
                extra[name] = specified.as_field(name)
                setattr(cls, attr, FieldPlace(name))
                if attr != entry.attr:
                    setattr(cls, entry.attr, FieldPlace(name))
        cls._hung, cls._extra = hung, tuple(extra.values())

    def __init__(self, parent: ChannelData, hung: Mapping[str, Mapping[str, Any]]) -> None:
        self.parent = parent
        self.record: Any = parent.pv
        self.value_write_hook: Callable[..., Any] | None = None
        self.fields = _Fields(self)
        self.name = f"{parent.name}.fields"
        self.prefix = f"{parent.pvname}."
        everything = {name: {**self._hung.get(name, {}), **hung.get(name, {})} for name in (*self._hung, *hung)}
        self._hooks = everything
        for name, hooks in everything.items():
            field = self.fields[name]
            if "putter" in hooks:
                field.putter = partial(hooks["putter"], self)
            if "getter" in hooks:
                field.getter = partial(hooks["getter"], self)

    @classmethod
    def record_class(cls, field_type: FieldType, count: int) -> type[Record]:
        """The class of the records that have these fields."""
        base = cls._base_type
        return record_class(cls._record_type or base, base, field_type, count, cls._extra)

    @property
    def pvdb(self) -> dict[str, ChannelData]:
        """All fields, by what clients call them."""
        return {f"{self.prefix}{name}": field for name, field in self.fields.items()}

    def hooks(self) -> Iterator[Hook]:
        """What the runtime has to run for the fields."""
        for name, hooks in self._hooks.items():
            field = self.fields[name]
            kinds: tuple[HookKind, ...] = ("startup", "shutdown")
            for kind in kinds:
                if kind in hooks:
                    yield Hook(kind, field.pv, partial(hooks[kind], self, field))
            scan = hooks.get("scan")
            if isinstance(scan, ScanHook):
                yield Hook("scan", field.pv, partial(scan.method, self, field), *scan[1:])

    def __getattr__(self, attr: str) -> Any:
        name = fieldtable.attributes(self._base_type).get(attr, attr)
        if attr.startswith("_") or name not in self.fields:
            raise AttributeError(f"{type(self).__name__} has no {attr!r}")
        return self.fields[name]


class _Fields(Mapping[str, ChannelData]):
    """The fields of a record as PVs, made when they are asked for."""

    def __init__(self, group: RecordFieldGroup) -> None:
        self._group = group
        self._made: dict[str, ChannelData] = {}

    def __getitem__(self, name: str) -> ChannelData:
        found = self._made.get(name)
        if found is None:
            pv = self._group.record.field(name) if name != "VAL" else None
            if pv is None:
                raise KeyError(name)
            found = self._made[name] = over(pv, self._group, name)
        return found

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._group.record.fields if name != "VAL")

    def __len__(self) -> int:
        return len(self._group.record.fields) - 1


def hooked(entry: PVSpec[Any]) -> dict[str, Any]:
    """The hooks of a pvproperty by the names of their decorators."""
    hooks = {
        "getter": entry.get,
        "putter": entry.put,
        "startup": entry.startup_method,
        "shutdown": entry.shutdown_method,
        "scan": entry.scan_method,
    }
    return {kind: hook for kind, hook in hooks.items() if hook is not None}


def register_record(cls: Any) -> Any:
    """Let programs say ``record="..."`` for a field class of their own, by its `_record_type`."""
    if isinstance(cls, str):  # `@register_record("name")`

        def named(made: Any) -> Any:
            made._record_type = cls
            return register_record(made)

        return named
    if not cls._record_type:
        raise TypeError(f"{cls.__name__} has no _record_type")
    registry[cls._record_type] = cls
    return cls


def get_record_registry() -> dict[str, type[RecordFieldGroup]]:
    """The field classes by record type."""
    return registry


def _made(rtyp: str) -> type[RecordFieldGroup]:
    places = {attr: FieldPlace(name) for attr, name in fieldtable.attributes(rtyp).items() if attr != "record_type"}
    name = f"{rtyp[0].upper()}{rtyp[1:]}Fields"
    body = {**places, "_record_type": rtyp, "_base_type": rtyp, "__doc__": f"Fields of records of the type {rtyp}."}
    return type(name, (RecordFieldGroup,), body)


for _rtyp in fieldtable.record_types():
    if _rtyp != "rtyp":
        registry[_rtyp] = _made(_rtyp)
