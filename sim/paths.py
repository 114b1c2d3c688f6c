"""Names like ``input.A.kelvin``: how the backdoor reaches into a simulator. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["look", "plain", "put"]

Simple = str | int | float | bool | None


def look(root: object, path: str) -> Any:
    """What `path` names below `root`. Attributes, dictionary keys and list indices are all one dot apart.

    Raises KeyError with a sentence if nothing public has that name.
    """
    node: Any = root
    for part in path.split("."):
        node = _child(node, part, path)
    return node


def put(root: object, path: str, value: Any) -> None:
    """Set what `path` names. Raises KeyError if it does not exist or cannot be set, ValueError for a bad value."""
    parent_path, _, last = path.rpartition(".")
    parent = look(root, parent_path) if parent_path else root
    old = _child(parent, last, path)
    if callable(old):
        raise KeyError(f"{path} is an action, not a value")
    new = float(value) if isinstance(old, float) and isinstance(value, int) else value
    if isinstance(parent, dict):
        parent[_key(parent, last)] = new
        return
    try:
        setattr(parent, last, new)
    except AttributeError as error:
        raise KeyError(f"{path} cannot be set") from error


def plain(value: object) -> Any:
    """`value` as JSON can say it: an object becomes a dictionary of its public simple attributes."""
    if isinstance(value, Simple):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    found = {}
    for name in dir(value):
        if not name.startswith("_") and isinstance(item := getattr(value, name), Simple):
            found[name] = item
    return found


def _child(node: Any, part: str, path: str) -> Any:
    if part.startswith("_") or not part:
        raise KeyError(f"{path}: {part!r} is not public")
    try:
        if isinstance(node, Mapping):
            return node[_key(node, part)]
        if isinstance(node, list | tuple):
            return node[int(part)]
        return getattr(node, part)
    except (LookupError, ValueError, AttributeError) as error:
        known = ", ".join(str(name) for name in plain(node)) if not isinstance(node, Simple) else "nothing"
        raise KeyError(f"{path}: there is no {part!r} here, only {known}") from error


def _key(node: Mapping[Any, Any], part: str) -> Any:
    return int(part) if part not in node and part.isdigit() else part
