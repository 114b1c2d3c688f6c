"""The names of `caproto.server.conversion`: group to ophyd Device and back, as source text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from records import PVSpec

__all__ = ["group_to_device", "ophyd_device_to_caproto_ioc"]


def group_to_device(group: Any) -> Iterator[str]:
    """The lines of an ophyd Device with the PVs of a group, an instance or a class."""
    cls: Any = group if isinstance(group, type) else type(group)
    inner = {attr: entry for attr, entry in cls._specs_.items() if not isinstance(entry, PVSpec)}
    for entry in inner.values():
        yield from group_to_device(entry.group_class)
    yield f"class {_name(cls)}Device(ophyd.Device):"
    for attr, entry in cls._specs_.items():
        name = (entry.attr if entry.name is None else entry.name) if isinstance(entry, PVSpec) else entry.prefix
        if isinstance(entry, PVSpec):
            kind = "EpicsSignalRO" if entry.read_only else "EpicsSignal"
            yield f"    {attr} = Cpt({kind}, {name!r}, doc={entry.doc!r})"
        else:
            prefix = attr + entry.group_class.attr_separator if name is None else name
            yield f"    {attr} = Cpt({_name(entry.group_class)}Device, {prefix!r}, doc={entry.doc!r})"
    if not cls._specs_:
        yield "    ..."
    yield ""
    yield ""


def _name(cls: type) -> str:
    return re.sub(r"\W", "_", cls.__name__)


def ophyd_device_to_caproto_ioc(dev: Any, *, depth: int = 0) -> dict[str, list[str]]:
    """The lines of a PVGroup with the signals of an ophyd Device, under the name of its class.

    Of a class, or of a device that is not connected, the types are not known; a comment says so.
    """
    cls: Any = dev if isinstance(dev, type) else type(dev)
    components = {attr: (one, getattr(dev, attr) if dev is not cls else None) for attr, one in cls._sig_attrs.items()}
    return _group(f"{cls.__name__}_group", components, depth)


def _group(name: str, components: Mapping[str, tuple[Any, Any]], depth: int) -> dict[str, list[str]]:
    name = "".join(word[:1].upper() + word[1:] for word in name.split("_"))
    lines = [f"{'    ' * depth}class {name}(PVGroup):"]
    for attr, (component, made) in components.items():
        lines += _component(attr, component, made, depth + 1)
    return {name: lines if components else [*lines, f"{'    ' * (depth + 1)}..."]}


def _component(attr: str, component: Any, made: Any, depth: int) -> list[str]:
    import ophyd

    indent = "    " * depth
    prefix = "" if isinstance(component, ophyd.FormattedComponent) else component.suffix or ""
    inner: dict[str, list[str]] | None = None
    if isinstance(component, ophyd.DynamicDeviceComponent):
        parts = {
            part: (ophyd.Component(cls, suffix, **options), getattr(made, part, None))
            for part, (cls, suffix, options) in component.defn.items()
        }
        inner, prefix = _group(f"{attr}_group", parts, depth), ""
    elif issubclass(component.cls, ophyd.Device):
        inner = ophyd_device_to_caproto_ioc(component.cls if made is None else made, depth=depth)
    if inner is not None:
        [(name, lines)] = inner.items()
        return ["", *lines, "", f"{indent}{attr} = SubGroup({name}, prefix={prefix!r})", ""]
    wrapper = "pvproperty_with_rbv" if issubclass(component.cls, ophyd.EpicsSignalWithRBV) else "pvproperty"
    options, remark = _shape(component, made)
    read_only = ", read_only=True" if issubclass(component.cls, ophyd.EpicsSignalRO) else ""
    hidden = "" if issubclass(component.cls, (ophyd.EpicsSignal, ophyd.EpicsSignalRO)) else "# "
    return [f"{indent}{hidden}{attr} = {wrapper}(name={prefix!r}{options}{read_only}){remark}"]


def _shape(component: Any, made: Any) -> tuple[str, str]:
    """Options for the type of a signal, and a remark where there is none to be found."""
    if made is None or not made.connected:
        is_text = getattr(component, "kwargs", {}).get("string", False)
        return (", dtype=str", "") if is_text else ("", "  # its type is not known")
    value = made.get()
    length = getattr(getattr(made, "_read_pv", None), "nelm", None) or 1
    if hasattr(value, "dtype"):
        value = value.dtype.type(0).item()
    elif isinstance(value, (list, tuple)) and value:
        value = value[0]
    room = f", max_length={length}" if length > 1 else ""
    return f", dtype={type(value).__name__}{room}", ""
