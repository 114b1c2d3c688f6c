"""Links that lead to no PV: to a state of the IOC, or to a calculation (lnkState.c and lnkCalc.c of EPICS base)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from records.alarm import Alarm, Severity, Status
from records.calc import ARGUMENTS
from records.convert import convert
from records.jsontext import CalcSpec, ConstSpec, JsonSpec, StateSpec
from records.link import LinkError
from records.linkcast import cast
from records.linktext import PvLink
from records.metadata import Metadata
from records.states import states
from records.types import FieldType, Value

if TYPE_CHECKING:
    from records.linked import Linked

__all__ = ["CalcLink", "JsonLink", "StateLink", "json_link"]

DOUBLE: Final = FieldType.DOUBLE
_ABOUT: Final = Metadata(precision=6)  # a number becomes text with as many digits as base gives it


class JsonLink:
    """What both have in common: there is always an answer, one element, of no time and no alarm."""

    text = PvLink("")  # it leads to no PV
    elements: int | None = 1
    field_type: FieldType | None = DOUBLE

    def get(self, source: Linked, wanted: FieldType, count: int, /) -> Value:
        """Read. Raises LinkError."""
        raise NotImplementedError

    def put(self, source: Linked, value: Value, kind: FieldType, /) -> None:
        """Write. Raises LinkError."""
        raise NotImplementedError

    def put_notify(self, source: Linked, value: Value, kind: FieldType, done: Callable[[], None], /) -> bool:
        """As `put`, which is done at once."""
        self.put(source, value, kind)
        return False

    def forward(self, source: Linked, /) -> None:
        """There is nothing to process."""

    @property
    def state(self) -> tuple[Alarm, int] | None:
        """There is no time."""
        return None

    def close(self) -> None:
        """Nothing to let go of."""


class StateLink(JsonLink):
    """A state, which exists from now on at the latest."""

    field_type = FieldType.SHORT

    def __init__(self, spec: StateSpec) -> None:
        self._spec = spec
        states.setdefault(spec.name, False)

    def get(self, source: Linked, wanted: FieldType, count: int, /) -> Value:
        """1 or 0."""
        on = states.get(self._spec.name, False) is not self._spec.inverted
        return cast(int(on), FieldType.SHORT, _ABOUT, wanted, count)

    def put(self, source: Linked, value: Value, kind: FieldType, /) -> None:
        """On for all that is not 0; of texts for all but an empty one and ``"0"``."""
        one = value if isinstance(value, (str, int, float)) else value[0] if len(value) else 0
        on = one not in ("", "0") if isinstance(one, str) else bool(one)
        states[self._spec.name] = on is not self._spec.inverted


class CalcLink(JsonLink):
    """A calculation."""

    def __init__(self, spec: CalcSpec) -> None:
        self._spec = spec
        self._args = [0.0] * (len(ARGUMENTS) + 1)
        self._links: list[tuple[int, JsonLink]] = []
        for index, one in enumerate(spec.args):
            if isinstance(one, ConstSpec):
                self._args[index] = _number(one.value)
            else:
                self._links.append((index, json_link(one)))
        self._out = json_link(spec.out) if spec.out is not None and not isinstance(spec.out, ConstSpec) else None

    def get(self, source: Linked, wanted: FieldType, count: int, /) -> Value:
        """The result of the expression."""
        value = self._calculate(source, self._args[-1])
        return cast(value, DOUBLE, _ABOUT, wanted, count)

    def put(self, source: Linked, value: Value, kind: FieldType, /) -> None:
        """Calculate with what is written as VAL, and hand on the result."""
        try:
            number = cast(value, kind, _ABOUT, DOUBLE)
        except ValueError as error:
            raise LinkError(f"calc: {error}") from None
        assert isinstance(number, float)
        result = self._calculate(source, number)
        if self._out is not None:
            self._out.put(source, result, DOUBLE)

    def _calculate(self, source: Linked, value: float) -> float:
        args, spec = self._args, self._spec
        for index, link in self._links:
            args[index] = link.get(source, DOUBLE, 1)  # type: ignore[assignment]  # a float, as DOUBLE was wanted
        args[-1] = value
        result = spec.expr(args) if spec.expr is not None else value
        for severity, expression in ((Severity.MAJOR, spec.major), (Severity.MINOR, spec.minor)):
            args[-1] = result
            if expression is not None and expression(args):
                source.raise_alarm(Status.LINK, severity, f"{expression.text} of a calc link")
                break
        args[-1] = result
        return result


def _number(value: object) -> float:
    if isinstance(value, list):
        value = value[0] if value else 0.0
    return float(convert(value, DOUBLE))  # type: ignore[arg-type]  # a scalar becomes a scalar


def json_link(spec: JsonSpec) -> JsonLink:
    """The link that a text means."""
    if isinstance(spec, StateSpec):
        return StateLink(spec)
    assert isinstance(spec, CalcSpec)
    return CalcLink(spec)
