"""caproto's names for what describes a value, and the EPICS fields that they stand for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from records.metadata import Metadata

__all__ = ["FIELDS", "KINDS", "LIMITS", "described", "state_fields"]

KINDS: Final = {"disp": "display", "warning": "warning", "alarm": "alarm", "ctrl": "control"}
LIMITS: Final = tuple(f"{side}_{kind}_limit" for kind in KINDS for side in ("lower", "upper"))
#: caproto's names for fields of records; the limits have their severities besides.
FIELDS: Final = {
    "units": ("egu",),
    "precision": ("prec",),
    "value_atol": ("mdel",),
    "log_atol": ("adel",),
    "upper_disp_limit": ("hopr",),
    "lower_disp_limit": ("lopr",),
    "upper_alarm_limit": ("hihi", "hhsv", "MAJOR"),
    "lower_alarm_limit": ("lolo", "llsv", "MAJOR"),
    "upper_warning_limit": ("high", "hsv", "MINOR"),
    "lower_warning_limit": ("low", "lsv", "MINOR"),
    "upper_ctrl_limit": ("drvh",),
    "lower_ctrl_limit": ("drvl",),
}
_STATE_NAMES: Final = (
    *("zrst", "onst", "twst", "thst", "frst", "fvst", "sxst", "svst"),
    *("eist", "nist", "test", "elst", "tvst", "ttst", "ftst", "ffst"),
)


def state_fields(labels: Iterable[Any], rows: Mapping[str, Any]) -> dict[str, str]:
    """The fields, in lower case, that hold these labels in a record type with `rows`."""
    names = ("znam", "onam") if "ZNAM" in rows else _STATE_NAMES if "ZRST" in rows else ()
    return {name: _text(label) for name, label in zip(names, labels, strict=False)}


def described(metadata: Metadata, options: Mapping[str, Any]) -> Metadata:
    """`metadata` with `options` by caproto's names.

    Raises TypeError for a name that there is not, ValueError for what is no number where one is wanted.
    """
    changes: dict[str, Any] = {}
    for name, option in options.items():
        if name in ("units", "precision"):
            changes[name] = _text(option) if name == "units" else _number(name, option, int)
        elif name == "enum_strings":
            changes["states"] = tuple(map(_text, option))
        elif name in LIMITS:
            side, kind, _ = name.split("_")
            attr = KINDS[kind]
            low, high = changes.get(attr, getattr(metadata, attr))
            limit = _number(name, option, float)
            changes[attr] = (limit, high) if side == "lower" else (low, limit)
        else:
            raise TypeError(
                f"there is no {name!r} to change; there are units, precision, enum_strings, {LIMITS[0]} ..."
            )
    return metadata._replace(**changes)


def _number(name: str, option: Any, kind: type[int | float]) -> Any:
    try:
        return kind(option)
    except (TypeError, ValueError):
        raise ValueError(f"{name}={option!r} is no {'whole ' if kind is int else ''}number") from None


def _text(label: Any) -> str:
    return label.decode() if isinstance(label, bytes) else str(label)
