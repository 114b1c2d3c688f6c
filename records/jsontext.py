"""What the JSON of a link says: ``{const: 3}``, ``{state: "x"}``, ``{calc: {...}}``; ``debug`` and ``trace`` of those.

Source: "Extensible Links" of EPICS base (links.dbd.pod), lnkCalc.c and lnkState.c.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from records.calc import Expression, compile_calc

__all__ = ["CalcSpec", "ConstSpec", "JsonSpec", "StateSpec", "json_spec"]

MOST_ARGUMENTS: Final = 21
_WRAPPERS: Final = ("debug", "trace")  # they print what their child does; TPRO and the log are there for that


class ConstSpec(NamedTuple):
    """A value."""

    value: Any


class StateSpec(NamedTuple):
    """A named state of the IOC, inverted if its name begins with ``!``."""

    name: str
    inverted: bool


class CalcSpec(NamedTuple):
    """An expression of what other links say, with alarms; for an output, of what is written, and where it goes."""

    expr: Expression | None
    major: Expression | None
    minor: Expression | None
    args: tuple[JsonSpec, ...]
    out: JsonSpec | None


JsonSpec: TypeAlias = ConstSpec | StateSpec | CalcSpec


def json_spec(parsed: Any, *, output: bool) -> JsonSpec:
    """What a JSON link means. Raises ValueError for one that there is not."""
    if not isinstance(parsed, dict) or len(parsed) != 1:
        raise ValueError("a JSON link is a map with one key, the type of the link")
    ((kind, value),) = parsed.items()
    if kind == "const":
        return ConstSpec(value)
    if kind == "state":
        return _state(value)
    if kind == "calc":
        return _calc(value, output)
    if kind in _WRAPPERS:
        return json_spec(value, output=output)
    raise ValueError(f"there is no JSON link of type {kind!r}")


def _state(name: Any) -> StateSpec:
    if not isinstance(name, str) or not name.removeprefix("!"):
        raise ValueError(f"state: {name!r} is no name of a state")
    return StateSpec(name.removeprefix("!"), name.startswith("!"))


def _calc(options: Any, output: bool) -> CalcSpec:
    if not isinstance(options, dict):
        raise ValueError("calc: a map is wanted")
    known = ("expr", "major", "minor", "args", "prec", "units", "time", *(("out",) if output else ()))
    unknown = next((key for key in options if key not in known), None)
    if unknown is not None:
        raise ValueError(f"calc: unknown key {unknown!r}")
    args = options.get("args", [])
    if not isinstance(args, list) or len(args) > MOST_ARGUMENTS:
        raise ValueError(f"calc: args is a list of up to {MOST_ARGUMENTS} numbers and links")
    if not output and "expr" not in options:
        raise ValueError("calc: there is no expression (key 'expr')")
    if output and not isinstance(options.get("out"), dict):
        raise ValueError("calc: there is no output link (key 'out')")
    return CalcSpec(
        _expression(options, "expr"),
        _expression(options, "major"),
        _expression(options, "minor"),
        tuple(_argument(one) for one in args),
        json_spec(options["out"], output=True) if output else None,
    )


def _expression(options: Mapping[str, Any], key: str) -> Expression | None:
    text = options.get(key)
    if text is None and key not in options:
        return None
    if not isinstance(text, str):
        raise ValueError(f"calc: {key} is an expression, not {text!r}")
    try:
        return compile_calc(text)
    except ValueError as error:
        raise ValueError(f"calc: {key}: {error}") from None


def _argument(one: Any) -> JsonSpec:
    if isinstance(one, (int, float)) and not isinstance(one, bool):
        return ConstSpec(one)
    if isinstance(one, dict):
        return json_spec(one, output=False)
    raise ValueError(f"calc: an argument is a number or a link, not {one!r}")
