"""pvfunction: a coroutine function as a group of PVs: its arguments, what it returned, how it went, and "do it"."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping
from typing import Any, overload

from records.group import PVGroup
from records.place import here
from records.pv import PV
from records.pvproperty import pvproperty
from records.subgroup import SubGroup

__all__ = ["function_group", "pvfunction"]

_NAMES = {"status": "Status", "retval": "Retval", "process": "Process"}


@overload
def pvfunction(func: Callable[..., Any], /) -> SubGroup[PVGroup]: ...
@overload
def pvfunction(
    func: None = None,
    default: Any = None,
    names: Mapping[str, str] | None = None,
    alarm_group: str | None = None,
    prefix: str | None = None,
    macros: Mapping[str, Any] | None = None,
    attr_separator: str = ":",
    doc: str | None = None,
) -> Callable[[Callable[..., Any]], SubGroup[PVGroup]]: ...
def pvfunction(
    func: Callable[..., Any] | None = None,
    default: Any = None,
    names: Mapping[str, str] | None = None,
    alarm_group: str | None = None,
    prefix: str | None = None,
    macros: Mapping[str, Any] | None = None,
    attr_separator: str = ":",
    doc: str | None = None,
) -> Any:
    """Serve a function, as a decorator with or without arguments.

    Writing 1 to ``Process`` calls it with the values of the PVs that are named as its arguments; ``Retval`` takes what
    it returns and ``Status`` says "Success", or what it raised, in which case the write fails.

    Args:
        func: coroutine function, or function, whose arguments and result are annotated with their types.
        default: what ``Retval`` begins with.
        names: other names for the PVs, by argument or "status", "retval", "process".
        alarm_group: what the PVs share their alarm by; without it each has its own.
        prefix: instead of the name of the attribute.
        macros: for the names.
        attr_separator: between the name of the attribute and those of the PVs.
        doc: instead of the function's docstring.

    Raises TypeError for a function without annotations.
    """

    def decorate(function: Callable[..., Any]) -> SubGroup[PVGroup]:
        group_class = function_group(function, default, names, alarm_group)
        group_class.attr_separator = attr_separator
        return SubGroup(group_class, prefix, macros=macros, doc=doc or function.__doc__ or "")

    return decorate if func is None else decorate(func)


def function_group(
    function: Callable[..., Any],
    default: Any,
    names: Mapping[str, str] | None,
    alarm_group: str | None,
    make: Callable[..., Any] = pvproperty,
    base: type[PVGroup] = PVGroup,
) -> type[PVGroup]:
    """The class of the group that serves a function; `make` makes its PVs, `base` is the class that it derives from."""
    place = here()
    names = {**_NAMES, **(names or {})}
    signature = inspect.signature(function)
    hints = typing.get_type_hints(function)
    arguments = list(signature.parameters.values())[1:]
    missing = [one.name for one in arguments if one.name not in hints] + ["return"] * ("return" not in hints)
    if missing:
        name = getattr(function, "__qualname__", repr(function))
        raise TypeError(f"{name}: a pvfunction needs the types of its arguments and its result; "
                        f"those of {', '.join(missing)} are missing ({place})")  # fmt: skip

    async def process(group: PVGroup, instance: PV, value: Any) -> int:
        given = {one.name: getattr(group, one.name).value for one in arguments}
        try:
            result = function(group, **given)
            if inspect.isawaitable(result):
                result = await result
            await getattr(group, "retval").write(result)  # noqa: B009  # made below, unknown to type checkers
        except Exception as error:
            await getattr(group, "status").write(f"{type(error).__name__}: {error}")  # noqa: B009
            raise
        await getattr(group, "status").write("Success")  # noqa: B009
        return 0

    def made(name: str, type_: Any, first: Any = None, **options: Any) -> Any:
        if isinstance(first, (list, tuple)) and len(first) == 1:
            first = first[0]
        return make(
            name=names.get(name, name), dtype=type_, value=first, alarm_group=alarm_group, doc=f"{name}", **options
        )

    body: dict[str, Any] = {"__doc__": function.__doc__, "__module__": function.__module__}
    for one in arguments:
        body[one.name] = made(one.name, hints[one.name], None if one.default is one.empty else one.default)
    body["status"] = made("status", str, "Init", read_only=True)
    body["retval"] = made("retval", hints["return"], default, read_only=True)
    body["process"] = made("process", int, 0, put=process)
    return type(getattr(function, "__name__", "function"), (base,), body)
