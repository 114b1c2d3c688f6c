"""What every message is: a small frozen object with slots, made from the annotations of its class.

To a reader and to a type checker these classes are frozen dataclasses. They are made here without generating code,
because three dozen real ones would be two thirds of the time that ``import bridge.ca`` takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast, dataclass_transform

__all__ = ["Disconnected", "Message", "MessageType", "make"]


@dataclass_transform(eq_default=True, frozen_default=True)
class MessageType(type):
    """Turns annotated names of a class body into slots and constructor arguments, values into their defaults."""

    _fields: tuple[str, ...]
    _defaults: dict[str, Any]
    _setters: tuple[Callable[[Any, Any], None], ...]

    def __new__(
        mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], *, init: bool = True
    ) -> MessageType:
        """Make the class. ``init=False`` is for type checkers: the constructor is that of the parent."""
        own = tuple(field for field in namespace.get("__annotations__", ()) if not field.startswith("_"))
        defaults = {field: namespace.pop(field) for field in own if field in namespace}
        parent = bases[0] if bases else object
        fields = (*getattr(parent, "_fields", ()), *own)
        cls = super().__new__(mcs, name, bases, {**namespace, "__slots__": own, "__match_args__": fields})
        cls._fields = fields
        cls._defaults = {**getattr(parent, "_defaults", {}), **defaults}
        cls._setters = tuple(getattr(cls, field).__set__ for field in cls._fields)
        return cls


class Message(metaclass=MessageType):
    """One message of the protocol. Its attributes are the names that the CA specification gives its header words."""

    def __init__(self, *args: Any, **named: Any) -> None:
        cls = type(self)
        if len(args) > len(cls._fields):
            raise TypeError(f"{cls.__name__} takes {len(cls._fields)} values, got {len(args)}")
        values = dict(zip(cls._fields, args, strict=False))
        for name, value in named.items():
            if name in values or name not in cls._fields:
                raise TypeError(f"{cls.__name__}: unexpected or repeated {name!r}")
            values[name] = value
        for name, assign in zip(cls._fields, cls._setters, strict=True):
            if name in values:
                assign(self, values[name])
            elif name in cls._defaults:
                assign(self, cls._defaults[name])
            else:
                raise TypeError(f"{cls.__name__} needs {name!r}")

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: cannot set {name!r}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: cannot delete {name!r}")

    def _values(self) -> tuple[Any, ...]:
        return tuple([getattr(self, name) for name in type(self)._fields])

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self), self._values()))

    def __reduce__(self) -> tuple[Any, ...]:
        return make, (type(self), self._values())

    def _shown(self) -> Iterator[tuple[str, object]]:
        """What repr shows: every field but those that stand at their default."""
        defaults = type(self)._defaults
        for name, value in zip(type(self)._fields, self._values(), strict=True):
            if name not in defaults or value != defaults[name]:
                yield name, value

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._shown())})"


def make(cls: MessageType, values: Sequence[Any]) -> Message:
    """Make a message from the values of its slots, without going through its constructor."""
    message = object.__new__(cast("type[Message]", cls))
    for assign, value in zip(cls._setters, values, strict=True):
        assign(message, value)
    return message


class Disconnected(Message):
    """Not on the wire: the event that says that the connection has ended."""
