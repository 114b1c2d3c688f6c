"""The PV of ours behind a ChannelData: which type and size it has, what it begins with, and how it is made."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from bridge.compat.names import ChannelType, field_type_of
from records import PV, FieldType, as_field_type
from records.limited import LimitedPV
from records.names import FIELDS, state_fields

__all__ = ["CompatPV", "describe", "first_value", "labels_of", "make_record", "shape_of", "without_deadbands"]

_ROOM_FOR_TEXT = 256  # bytes of a text for which nobody has said a length: caproto has just those of the first value


class CompatPV(LimitedPV):
    """A plain number: alarm limits decide its alarm, control limits are ChannelData's business."""

    def take_put(self, value: Any) -> None:
        """Take what ChannelData has let pass."""
        self.post(value)


def shape_of(
    data_type: ChannelType, is_text: bool, value: Any, max_length: int | None, as_string: bool
) -> tuple[FieldType, int]:
    """Type of the elements, and how many there may be."""
    field_type = field_type_of(data_type)
    if field_type is FieldType.UCHAR:
        if as_string:
            return FieldType.STRING, 1
        length = max_length or max(len(value) if hasattr(value, "__len__") else 1, _ROOM_FOR_TEXT if is_text else 1)
        return field_type, max(length, 2) if is_text else length
    if field_type is FieldType.ENUM:
        return field_type, 1
    if field_type is FieldType.LONG and value is not None and not isinstance(value, str):
        needed = as_field_type(value)
        if needed in (FieldType.INT64, FieldType.UINT64) and _wide(value):
            field_type = FieldType.INT64
    if value is None or isinstance(value, (str, bytes)) or not hasattr(value, "__len__"):
        return field_type, max_length or 1
    return field_type, max_length or max(len(value), 1)


def labels_of(data_type: ChannelType, value: Any, given: Any) -> tuple[str, ...]:
    """The states of an ENUM: `given`, or those of the value's type."""
    if given is not None:
        return tuple(one.decode() if isinstance(one, bytes) else str(one) for one in given)
    if isinstance(value, IntEnum):
        names = {int(member): member.name for member in type(value)}
        return tuple(names.get(number, "") for number in range(max(names) + 1))
    return ("Off", "On") if isinstance(value, bool) and data_type == ChannelType.ENUM else ()


def first_value(value: Any, field_type: FieldType, count: int) -> Any:
    """What a PV begins with whose program says `value`, which may be nothing."""
    if value is None:
        if count > 1:
            return b"" if field_type is FieldType.UCHAR else ()
        return "" if field_type is FieldType.STRING else 0
    if count == 1 and isinstance(value, (list, tuple)) and len(value) <= 1:
        return value[0] if value else 0
    return value


def _wide(value: Any) -> bool:
    """Whether a whole number does not fit 32 bits; numpy's 64-bit integers mostly do."""
    try:
        return bool(max(value) >= 1 << 31 or min(value) < -(1 << 31))
    except TypeError:
        return not -(1 << 31) <= int(value) < 1 << 31
    except ValueError:  # an empty list
        return False


def without_deadbands(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: option for name, option in options.items() if name not in ("value_atol", "log_atol")}


def make_record(
    fields_class: Any, pvname: str, value: Any, field_type: FieldType, count: int, labels: tuple[str, ...],
    options: Mapping[str, Any], doc: str | None, group: Any,
) -> PV:  # fmt: skip
    """A record with the fields of `fields_class`, described by `options` in pvproperty's words."""
    record_class = fields_class.record_class(field_type, count)
    given: dict[str, Any] = {"desc": (doc or "").strip().partition("\n")[0]}
    rows = record_class.fields
    for name in sorted(options, key=lambda name: "ctrl" not in name):  # of an input, display limits win over these
        option = options[name]
        attr, *severity = FIELDS[name]
        if attr in ("drvh", "drvl") and attr.upper() not in rows:
            attr = {"drvh": "hopr", "drvl": "lopr"}[attr]
        if attr.upper() in rows:
            given[attr] = option
            if severity:
                given[severity[0]] = severity[1]
    given.update(state_fields(labels, rows))
    if "NELM" in rows and "FTVL" in rows and rows["FTVL"].menu is not None:
        given.update(ftvl=field_type.name, nelm=count)
    if "SIZV" in rows and count > 1:
        given["sizv"] = count + 1
        value = value if isinstance(value, str) else bytes(value).decode("latin-1")
    if hasattr(record_class, "states") and labels:
        record_class = type(record_class.__name__, (record_class,), {"states": labels})
    # texts that are too long are cut: caproto takes them
    converted = {rows[attr.upper()].attr: rows[attr.upper()].convert(option) for attr, option in given.items()}
    made: PV = record_class(pvname, value, group=group, converted=converted)
    return made


async def describe(pv: PV, options: dict[str, Any]) -> None:
    """Change what describes a PV; what its record has no field for is left out."""
    rows: Any = getattr(pv, "fields", None)
    if hasattr(pv, "row"):  # a field is described by its record
        return
    if rows is not None:
        options = {name: option for name, option in options.items() if name == "enum_strings" or _row_of(name, rows)}
    await pv.write_metadata(**without_deadbands(options))


def _row_of(name: str, rows: Mapping[str, Any]) -> bool:
    return name in FIELDS and FIELDS[name][0].upper() in rows
