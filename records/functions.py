"""Python functions that sub and aSub records call: SNAM and INAM name them.

::

    @subroutine
    def mean(record: SubRecord) -> None:
        record.value = (record.a + record.b) / 2

In a database it is ``field(SNAM, "mean")``, in Python ``sub(snam=mean, inpa="X:A.VAL", inpb="X:B.VAL")``, which needs
no decorator. The function gets the record and sets its fields by their names in lower case, VAL as ``value``. It
returns None or a number: one below 0 raises SOFT alarm of severity BRSV. What it raises itself is a SOFT/INVALID alarm.
An ``async def`` keeps the record busy (PACT) until it ends.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar, overload

from records.field import Field
from records.types import MAX_STRING, Value

__all__ = ["FunctionField", "Subroutine", "find_function", "subroutine"]

Subroutine = Callable[[Any], Any]
F = TypeVar("F", bound=Subroutine)

_FUNCTIONS: Final[dict[str, Subroutine]] = {}  # as base's registry, one for the process


@overload
def subroutine(name: str, /) -> Callable[[F], F]: ...
@overload
def subroutine(name: F, /) -> F: ...
def subroutine(name: Any, /) -> Any:
    """Let records call a function by its name, or by another: ``@subroutine`` or ``@subroutine("other")``.

    Raises ValueError if the name is one of another function already, or too long for a field.
    """
    if callable(name):
        _register(name, getattr(name, "__name__", ""))
        return name

    def decorate(function: F) -> F:
        _register(function, name)
        return function

    return decorate


def find_function(name: str) -> Subroutine | None:
    """The function of that name, or None."""
    return _FUNCTIONS.get(name)


def _register(function: Subroutine, name: str) -> str:
    known = _FUNCTIONS.get(name)
    if not name or name == "<lambda>":
        raise ValueError(f'{function!r} has no name: give it one by @subroutine("name")')
    if len(name.encode()) > MAX_STRING:
        raise ValueError(f"the name {name!r} has more than {MAX_STRING} bytes")
    if known is not None and _origin(known) != _origin(function):
        raise ValueError(f'there is another function {name!r} already: name this one by @subroutine("name")')
    _FUNCTIONS[name] = function  # the same one defined anew takes the place of the old one
    return name


def _origin(function: Subroutine) -> tuple[str, str]:
    return getattr(function, "__module__", ""), getattr(function, "__qualname__", "")


class FunctionField(Field):
    """A row for the name of a function; a function itself is registered by its name."""

    __slots__ = ()

    def convert(self, value: Any) -> Value:
        """The name."""
        if callable(value):
            for name, known in _FUNCTIONS.items():
                if known is value:
                    return name
            return _register(value, getattr(value, "__name__", ""))
        return super().convert(value)
