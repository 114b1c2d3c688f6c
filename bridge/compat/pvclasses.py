"""The classes of what pvproperties make: PvpropertyDouble and so on, and which one goes with a dtype or a value."""

from __future__ import annotations

from enum import Enum
from typing import Any

from bridge.compat import channeltypes as types
from bridge.compat.channeldata import ChannelData
from bridge.compat.names import CaprotoValueError, ChannelType

__all__ = ["PVPROPERTY_CLASSES", "PvpropertyData", "PvpropertyReadOnlyData", "channeldata", "class_for"]


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
    "Char": types.ChannelChar,
    "Byte": types.ChannelByte,
    "Short": types.ChannelShort,
    "Integer": types.ChannelInteger,
    "Float": types.ChannelFloat,
    "Double": types.ChannelDouble,
    "String": types.ChannelString,
    "Enum": types.ChannelEnum,
    "BoolEnum": types.ChannelEnum,
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


def class_for(dtype: Any, value: Any, ro: bool) -> type[ChannelData]:
    """The class of the PV that a pvproperty of these makes. Raises CaprotoValueError for a type that there is not."""
    dtype = dtype if dtype is not None else _type_of(value)
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
