"""What is said of a mistake that shows when the IOC of a YAML file is made: in the words of the file, with its place.

Records, questions and ports know nothing of YAML; they tell of classes, attributes and calls. `Origins` knows what in
the file each of these was made of.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple

from bridge.runtime.translated import LoadError
from records.makers import RECORD_TYPES
from records.near import near
from records.spec import PVSpec

__all__ = ["Origins", "Row", "Spot", "no_argument", "takes"]

_DOTTED: Final = re.compile(r"\b(\w+)\.(\w+)\b")
_MAKER: Final = re.compile(r"(\w+)\((.*?)\): ")
_OPTION: Final = re.compile(r"\b(\w+)=|has no field '(\w+)'")
_UNKNOWN: Final = re.compile(r"[\w.]+\(\) got an unexpected keyword argument '(\w+)'")
_MISSING: Final = re.compile(r"[\w.]+\(\) missing \d+ required [\w-]+ arguments?: (.*)")
_TOO_MANY: Final = re.compile(r"[\w.]+\(\) takes .* positional arguments? but \d+ .*given")
_UNPACKED: Final = re.compile(r"Unpack\[(\w+)\]")


class Spot(NamedTuple):
    """A place in the file; `column` counts from 0, as in YAML's marks and Python's code."""

    line: int
    column: int


class Row(NamedTuple):
    """A record of the file: its name there, and where it and what is said of it stand."""

    name: str
    spot: Spot
    options: dict[str, Spot]


class Origins:
    """What Python was made of which words of the file at `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.records: dict[tuple[str, str], Row] = {}  # by class and attribute
        self.calls: dict[Spot, tuple[str, Any]] = {}  # what is called there, and its name

    def told(self, error: Exception) -> LoadError:
        """The same mistake, for the author of the file."""
        spot, row = self._found(error.__traceback__)
        text = " ".join(str(error).split())
        if spot is not None and spot in self.calls:
            text = _of_call(text, *self.calls[spot])
        text = re.sub(rf" \({re.escape(str(self._path))}:\d+\)", "", text)  # the place is told in front
        if row is not None:
            text = self._of_record(text, row)
            spot = self._option(text, row) if spot in (None, row.spot) else spot
        text = _DOTTED.sub(self._name, text)
        kind = "" if isinstance(error, (ValueError, TypeError)) else f"{type(error).__name__}: "
        at = f":{spot.line}:{spot.column + 1}" if spot is not None else ""
        return LoadError(f"{self._path}{at}: {kind}{f'{row.name}: ' if row is not None else ''}{text}")

    def _found(self, trace: TracebackType | None) -> tuple[Spot | None, Row | None]:
        """The innermost place in the file, and the record that stands there or was being made."""
        spot: Spot | None = None
        row: Row | None = None
        while trace is not None:
            frame, code = trace.tb_frame, trace.tb_frame.f_code
            if code.co_filename == str(self._path):
                spot = _spot(trace)
                row = self._row(code.co_name, spot)
            # PVSpec.create makes a record's PV, PVGroup._add takes it
            for one in (frame.f_locals.get("self"), getattr(frame.f_locals.get("pv"), "pvspec", None)):
                if isinstance(one, PVSpec) and one.owner is not None:
                    made = self.records.get((one.owner.__name__, one.attr))
                    if made is not None:
                        spot, row = made.spot, made
            trace = trace.tb_next
        return spot, row

    def _row(self, class_name: str, spot: Spot) -> Row | None:
        """The record of the class that begins last before the place."""
        rows = [row for (name, _), row in self.records.items() if name == class_name and row.spot <= spot]
        return max(rows, key=lambda row: row.spot, default=None)

    def _of_record(self, text: str, row: Row) -> str:
        """Without the record's class and attribute, and without the call that makes it."""
        classes = "|".join({re.escape(name) for name, _ in self.records})
        text = re.sub(rf"^(?:{classes})(?:\.\w+)?: ", "", text)
        text = text.removeprefix(f"{row.name}: ")
        maker = _MAKER.match(text)
        if maker is not None and maker[1] in RECORD_TYPES:
            text = f"{'' if maker[2] == 'None' else f'value={maker[2]}: '}{text[maker.end() :]}"
        return text

    def _option(self, text: str, row: Row) -> Spot:
        """Where the first argument stands that the text names; else the record."""
        for words in _OPTION.findall(text):
            for word in words:
                if word in row.options:
                    return row.options[word]
        return row.spot

    def _name(self, dotted: re.Match[str]) -> str:
        row = self.records.get((dotted[1], dotted[2]))
        return row.name if row is not None else dotted[0]


def _spot(trace: TracebackType) -> Spot:
    positions = list(trace.tb_frame.f_code.co_positions())
    line, _, column, _ = positions[trace.tb_lasti // 2]
    return Spot(line or trace.tb_lineno, column or 0)


def no_argument(name: str, word: str, known: Sequence[str]) -> str:
    """That what is called `name` takes no argument `word`, but others."""
    return f"{name} has no {word!r}{near(word, known)}; {name} takes {', '.join(known)}"


def takes(called: Any) -> list[str]:
    """The names of the arguments, those that go on to the classes above included."""
    names: dict[str, None] = {}
    for one in inspect.getmro(called) if isinstance(called, type) else (called,):
        if isinstance(one, type) and (one is object or "__init__" not in vars(one)):
            continue
        rest = False
        for parameter in inspect.signature(vars(one)["__init__"] if isinstance(one, type) else one).parameters.values():
            unpacked = _UNPACKED.fullmatch(str(parameter.annotation))
            if unpacked is not None:  # the names are those of a TypedDict
                names |= dict.fromkeys(getattr(sys.modules[one.__module__], unpacked[1]).__annotations__)
            elif parameter.kind is parameter.VAR_KEYWORD:
                rest = True
            elif parameter.kind is not parameter.VAR_POSITIONAL and parameter.name != "self":
                names.setdefault(parameter.name)
        if not rest:
            break
    return list(names)


def _of_call(text: str, name: str, called: Any) -> str:
    """What Python says of arguments that do not fit a call, with those that would."""
    if unknown := _UNKNOWN.search(text):
        return no_argument(name, unknown[1], takes(called))
    if missing := _MISSING.search(text):
        return f"{name} wants {missing[1]}; {name} takes {', '.join(takes(called))}"
    return f"{name} was given too much; it takes {', '.join(takes(called))}" if _TOO_MANY.search(text) else text
