"""Hooks on the PVs of a subgroup, from the class body above it: ``@pair.setpoint.putter``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

__all__ = ["Nested"]

_HOOKS: Final = frozenset(("getter", "putter", "startup", "shutdown", "scan"))


class Nested:
    """An attribute of a subgroup's class. Its decorators give back what the subgroup's attribute is to be."""

    def __init__(self, entry: Any, replaced: Callable[[Any], Any]) -> None:
        self._entry = entry
        self._replaced = replaced

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._entry, name)
        if isinstance(found, Nested):  # a group in the group
            return Nested(found._entry, lambda entry: self._replaced(found._replaced(entry)))
        if name in _HOOKS:
            return self._wrapped(found)
        if name == "fields":
            return Nested(found, self._replaced)
        if type(found).__name__ == "FieldHooks":
            return Nested(found, self._replaced)
        return found

    def _wrapped(self, decorator: Callable[..., Any]) -> Callable[..., Any]:
        def decorate(*args: Any, **options: Any) -> Any:
            result = decorator(*args, **options)
            if hasattr(result, "create"):
                return self._replaced(result)
            return lambda method: self._replaced(result(method))  # `scan(period)`

        return decorate

    def __repr__(self) -> str:
        return f"<{self._entry!r} in a subgroup>"
