"""``pvproperty(...)`` as in caproto: a PV with hooks, or with ``record="ai"`` a record by caproto's names for things.

Deliberate differences, each of which was a trap there: every PV has its own alarm unless `alarm_group` says otherwise,
control limits bring a put within them instead of refusing it, text without `max_length` is an EPICS string, and hooks
of a subclass leave the base class alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

from records.convert import as_field_type
from records.field import Field
from records.fieldhooks import FieldSpec, ScanHook
from records.limited import LimitedPV
from records.makers import RECORD_TYPES, RecordMaker
from records.metadata import Metadata
from records.names import FIELDS, LIMITS, described, state_fields
from records.near import near
from records.place import Place, here
from records.pv import PV
from records.saving import saving
from records.spec import PVSpec
from records.types import MAX_STRING, FieldType

if TYPE_CHECKING:
    from records.group import PVGroup

__all__ = ["pvproperty"]

_LONG_TEXT: Final = 256  # room for a text that does not fit an EPICS string, if nobody says how much
#: Names of caproto that are taken and have no effect here.
_WITHOUT_EFFECT: Final = frozenset(
    (
        *("string_encoding", "strip_null_terminator", "max_subscription_backlog"),
        *("alarm", "timestamp", "value_atol", "log_atol"),
    )
)
_PLAIN: Final = frozenset(("units", "precision", "enum_strings", "report_as_string", "reported_record_type", *LIMITS))


def pvproperty(
    get: Callable[..., Any] | None = None,
    put: Callable[..., Any] | None = None,
    startup: Callable[..., Any] | None = None,
    shutdown: Callable[..., Any] | None = None,
    *,
    scan: ScanHook | None = None,
    name: str | None = None,
    dtype: Any = None,
    value: Any = None,
    max_length: int | None = None,
    alarm_group: str | None = None,
    doc: str | None = None,
    read_only: bool = False,
    record: str | None = None,
    autosave: bool | Iterable[str] = False,
    restore: str | None = None,
    field_spec: FieldSpec | None = None,
    fields: Any = None,
    **options: Any,
) -> PVSpec[Any]:
    """Specify a PV; also a decorator over its getter.

    Args:
        get, put, startup, shutdown: methods of the group, see PVSpec; the decorators of the same names set them too.
        scan: set by the decorator.
        name: the PV's name after the group's prefix, with ``{macros}``; the attribute's name if None.
        dtype: a Python type, an IntEnum class or a FieldType; by default the type of `value`, or int.
        value: the first value.
        max_length: the greatest number of elements, or of bytes of a text.
        alarm_group: PVs of one group object with the same name here share one alarm, ``group.alarms[name]``.
        doc: a description; the first line of the getter's docstring if None.
        read_only: clients may not write.
        record: a record type such as ``"ai"``, to make a record.
        field_spec: the `field_spec` of another pvproperty: the same record type, with the same hooks on fields.
        fields: without effect, unless it is such a `field_spec`.
        autosave, restore: what survives restarts, as for records.
        options: `units`, `precision`, `enum_strings`, ``{upper,lower}_{disp,alarm,warning,ctrl}_limit``; with `record`
            any field of it in lower case.

    Raises TypeError for an option that there is not.
    """
    if doc is None:
        doc = (get.__doc__ or "").strip() if get is not None else ""
    options = {key: option for key, option in options.items() if option is not None}
    place = here()
    field_spec = fields if isinstance(fields, FieldSpec) else field_spec
    try:
        if record is not None or field_spec is not None:
            rtyp = record if record is not None else field_spec.record_type  # type: ignore[union-attr]
            spec = _record(rtyp, dtype, value, max_length, doc, options)
        else:
            spec = _plain(dtype, value, max_length, options, place)
        spec.saving = saving(autosave, restore, {} if spec.record_class is None else spec.record_class.fields)
    except (TypeError, ValueError) as error:
        raise place.told(error) from None
    if field_spec is not None:
        spec.field_hooks = {name: dict(hooks) for name, hooks in field_spec.hung.items()}
    spec.name, spec.doc, spec.read_only, spec.alarm_group = name, doc, read_only, alarm_group
    spec.get, spec.put, spec.startup_method, spec.shutdown_method, spec.scan_method = get, put, startup, shutdown, scan
    return spec


# --- plain PVs ------------------------------------------------------------------------------------------------------


def _plain(dtype: Any, value: Any, max_length: int | None, options: Mapping[str, Any], place: Place) -> PVSpec[PV]:
    for key in options:
        if key not in _PLAIN and key not in _WITHOUT_EFFECT:
            raise TypeError(f"pvproperty has no option {key!r}{near(key, _PLAIN)}")
    field_type, count = _shape(dtype, value, max_length, bool(options.get("report_as_string")))
    states = _states(dtype, value, field_type, options.get("enum_strings"))
    shown = {key: option for key, option in options.items() if key in ("units", "precision") or key in LIMITS}
    metadata = described(Metadata(states=states), shown)
    numeric = count == 1 and field_type not in (FieldType.STRING, FieldType.ENUM)
    watched = any(limits != (0.0, 0.0) for limits in (metadata.warning, metadata.alarm, metadata.control))
    pv_class = LimitedPV if numeric and watched else PV
    first = _first(field_type, count) if value is None else value
    record_type = options.get("reported_record_type")

    def make(name: str, group: PVGroup | None) -> PV:
        try:
            pv = pv_class(name, first, field_type, max_count=count, metadata=metadata, group=group)
        except ValueError as error:
            raise ValueError(f"{spec.where}: value={first!r}: {error} ({place})") from None
        if isinstance(pv, LimitedPV):
            pv.alarm = pv.limit_alarm(pv.value)  # type: ignore[arg-type]  # a scalar number
        if record_type is not None:
            pv.record_type = record_type
        return pv

    spec: PVSpec[PV] = PVSpec(make, place=place)
    return spec


def _shape(dtype: Any, value: Any, max_length: Any, as_string: bool) -> tuple[FieldType, int]:
    """Type and greatest number of elements."""
    field_type = as_field_type(dtype if dtype is not None else value if value is not None else int)
    length = _length(value)
    if max_length is not None and not (isinstance(max_length, int) and max_length > 0):
        raise ValueError(f"max_length={max_length!r} is no number of elements")
    if max_length is not None and length is not None and length > max_length:
        raise ValueError(f"value has {length} elements, but max_length={max_length}")
    if field_type is FieldType.STRING and length is None:
        size = len(value.encode()) if isinstance(value, str) else 0
        if as_string or (max_length or size) <= MAX_STRING:
            return FieldType.STRING, 1
        return FieldType.CHAR, max_length or max(size, _LONG_TEXT)
    if max_length is not None:
        return field_type, max_length
    return field_type, max(length or 1, 1)


def _length(value: Any) -> int | None:
    """Number of elements of a list, bytes, an ndarray; None for a scalar."""
    return None if isinstance(value, str) or not hasattr(value, "__len__") else len(value)


def _first(field_type: FieldType, count: int) -> Any:
    if count > 1:
        return () if field_type not in (FieldType.CHAR, FieldType.UCHAR) else b""
    return "" if field_type is FieldType.STRING else 0


def _states(dtype: Any, value: Any, field_type: FieldType, given: Any) -> tuple[str, ...]:
    if field_type is not FieldType.ENUM:
        return ()
    if given is not None:
        return tuple(one.decode() if isinstance(one, bytes) else str(one) for one in given)
    members: type = dtype if isinstance(dtype, type) and issubclass(dtype, IntEnum) else type(value)
    if issubclass(members, IntEnum):
        names = {int(member): member.name for member in members}
        return tuple(names.get(number, "") for number in range(max(names, default=-1) + 1))
    return ("Off", "On") if dtype is bool or isinstance(value, bool) else ()


# --- records --------------------------------------------------------------------------------------------------------


def _record(
    record: Any, dtype: Any, value: Any, max_length: int | None, doc: str, options: Mapping[str, Any]
) -> PVSpec[Any]:
    rtyp = record if isinstance(record, str) else getattr(record, "record_type", None)
    maker = RECORD_TYPES.get(str(rtyp))
    if maker is None:
        raise ValueError(f"there is no record type {record!r}; there are {', '.join(sorted(RECORD_TYPES))}")
    rows = maker.record_class.fields
    fields: dict[str, Any] = {}
    if "NELM" in rows:
        field_type, count = _shape(dtype, value, max_length, False)
        fields.update(ftvl=field_type.name, nelm=count)
    if "SIZV" in rows and max_length is not None:
        fields["sizv"] = max_length + 1
    if "enum_strings" not in options and not {"znam", "onam", "zrst"} & options.keys():
        fields.update(_as_fields("enum_strings", _states(dtype, value, FieldType.ENUM, None), maker, rows))
    # EPICS's own names win over caproto's, and display limits over the control limits of an input
    for key in sorted(options, key=lambda key: (key.upper() in rows, "ctrl" not in key)):
        fields.update(_as_fields(key, options[key], maker, rows))
    return maker(value, doc=doc, **fields)


def _as_fields(key: str, option: Any, maker: RecordMaker[Any], rows: Mapping[str, Field]) -> dict[str, Any]:
    """Fields of a record for an option of pvproperty."""
    if key == "enum_strings":
        return state_fields(option, rows)
    if key in FIELDS:
        attr, *severity = FIELDS[key]
        if attr in ("drvh", "drvl") and "DRVH" not in rows:  # an input's control limits are those of its display
            attr = {"drvh": "hopr", "drvl": "lopr"}[attr]
        if attr.upper() not in rows:
            return {}
        return {attr: option, **({severity[0]: severity[1]} if severity else {})}
    if key in _WITHOUT_EFFECT or key in ("report_as_string", "reported_record_type"):
        return {}
    return {key: option}
