r"""What to ask over a text line, as data: `Ask`, `Tell`, `Hear`. A port binds them to its wire with `point`.

::

    TEMP  = ai(inp=Ask("KRDG? A"))                       # the number it begins with
    RANGE = mbbi(inp=Ask("RANGE? 1", int))
    MODEL = stringin(inp=Ask("*IDN?", str, index=1))     # LSCI,MODEL336,... -> MODEL336
    CURR  = ai(inp=Ask(":READ?", index=1))               # V,I,R,t,status: one question, however many points ask it
    PRES  = ai(inp=Ask("PRX", "{i},{f},{i},{f}", index=1))
    ON    = bo(out=Tell("OUT {}", ("OFF", "ON"), reply="OK"), inp=Ask("OUT?", ("OFF", "ON")))
    COUNT = longin(inp=Hear(r"EVT (\d+)", int), scan="I/O Intr")
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from drivers.line.replies import As
from drivers.line.template import filled
from drivers.turns import Priority
from drivers.units import Unit

__all__ = ["Ask", "Hear", "Tell"]


@dataclass(frozen=True, slots=True)
class Ask:
    """A question and what its reply is to be taken for.

    `as_`: float, the default, takes the number that the reply begins with (`drivers.line.replies.number`); int, str
    (without space around it) or bool (ON/OFF, 1/0 ...); a tuple of words, the value being the index of the one that
    came; a scan template such as ``"T={f} P={f}"`` (`drivers.line.template.Scan`); a compiled pattern, whose first
    group is the text wanted; or a function of the text.

    `index` picks one of several values, which a template names or `separator` parts (None: white space); a slice picks
    a list. `timeout` in seconds, where this question takes longer than the port's others. `lines`, `until`, `length`,
    `ack` and `enquire` say what the reply consists of if it is not one line: see `Form`. `priority` LOW lets all
    others go first. `unit` says which of several instruments on one line is asked, by its address: one that is silent
    is then asked only once in a while, and does not slow the others.
    """

    text: str
    as_: As = float
    index: int | slice | None = None
    separator: str | None = ","
    timeout: float | None = None
    lines: int = 1
    until: str | None = None
    length: int | None = None
    ack: str | None = None
    enquire: str | None = None
    priority: Priority = Priority.MEDIUM
    unit: Unit | None = None

    def at(self, **names: Any) -> Ask:
        """With its named fields filled in: ``Ask("KRDG? {input}").at(input="A")``; in the reply's template as well."""
        as_, unit = _filled(self.as_, names), _filled(self.unit, names)
        return replace(self, text=filled(self.text, names), as_=as_, unit=unit)

    def __repr__(self) -> str:
        return f"Ask({self.text!r})"


@dataclass(frozen=True, slots=True)
class Tell:
    """A command with a place for the value, by the rules of `str.format`: ``Tell("SETP {:.3f}")``.

    `words` turns a number into text: ``Tell("OUT {}", ("OFF", "ON"))`` sends OUT ON for 1. `reply` is what the
    instrument answers when it has accepted: the whole text, a template that the answer must fit (``"A {_}"``), or a
    compiled pattern for the whole answer; without it the instrument is expected to say nothing. A text without a field
    is sent whatever the value: ``Tell("*RST")``. `unit` is as in `Ask`.
    """

    text: str
    words: tuple[str, ...] = ()
    reply: str | re.Pattern[str] | None = None
    timeout: float | None = None
    unit: Unit | None = None

    def at(self, **names: Any) -> Tell:
        """With its named fields filled in: ``Tell("SETP {ch},{:.3f}").at(ch=1)``; in the reply's template as well."""
        reply, unit = _filled(self.reply, names), _filled(self.unit, names)
        return replace(self, text=filled(self.text, names), reply=reply, unit=unit)

    def __repr__(self) -> str:
        return f"Tell({self.text!r})"


@dataclass(frozen=True, slots=True)
class Hear:
    """Lines that the instrument sends unasked, matched from their beginning by the regular expression `pattern`.

    The value is taken from the first group, or from the whole match if there is none, as in `Ask`. With `silence`, so
    many seconds without such a line on a link that is up are a time-out: for what should come regularly.
    """

    pattern: str
    as_: As = float
    index: int | slice | None = None
    separator: str | None = ","
    silence: float | None = None

    def __repr__(self) -> str:
        return f"Hear({self.pattern!r})"


def _filled(text: Any, names: dict[str, Any]) -> Any:
    """The text with those of the names that it has; what is no text stays as it is."""
    if not isinstance(text, str):
        return text
    return filled(text, {name: value for name, value in names.items() if f"{{{name}" in text})
