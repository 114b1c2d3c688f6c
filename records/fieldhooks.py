"""``x.fields.NAME.putter`` and its like: hooks on the fields of a record, in a class body."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from records.alarm import Severity
from records.place import Place, check_arguments
from records.pv import PV

if TYPE_CHECKING:
    from records.field import Table
    from records.fieldinst import FieldInst

__all__ = ["ARGUMENTS", "FieldHooks", "FieldSpec", "Hook", "HookKind", "ScanHook", "attach", "hooks_of"]

HookKind = Literal["startup", "shutdown", "scan"]

#: What each kind of hook is called with.
ARGUMENTS: Final = {
    "getter": ("self", "instance"),
    "putter": ("self", "instance", "value"),
    "startup": ("self", "instance", "async_lib"),
    "shutdown": ("self", "instance", "async_lib"),
    "scan": ("self", "instance", "async_lib"),
}


class Hook(NamedTuple):
    """Something for the runtime to run: ``await call(async_lib)`` at start-up, at shutdown, or every `period` seconds.

    `call` may be a plain function. With `use_scan_field` the period is that of the PV's SCAN field instead.
    """

    kind: HookKind
    pv: PV
    call: Callable[[Any], Any]
    period: float | None = None
    subtract_elapsed: bool = True
    stop_on_error: bool = False
    failure_severity: Severity = Severity.MAJOR
    use_scan_field: bool = False


class ScanHook(NamedTuple):
    """A method to be called periodically, ``method(group, pv, async_lib)``; the rest as in Hook."""

    method: Callable[..., Any]
    period: float | None
    subtract_elapsed: bool = True
    stop_on_error: bool = False
    failure_severity: Severity = Severity.MAJOR
    use_scan_field: bool = False


#: By field: what hangs on it, by the name of the decorator.
Hung = Mapping[str, Mapping[str, Any]]


class FieldHooks:
    """The decorators of one field. Each gives back what the attribute of the class is to be."""

    def __init__(self, name: str, hang: Callable[[str, str, Any], Any], place: Place | None = None) -> None:
        """`place` is where the PV was specified, for messages."""
        self.name = name
        self._hang = hang
        self._where = f"{place.where}: " if place is not None and place.where else ""

    def getter(self, method: Callable[..., Any]) -> Any:
        """``method(fields, field)`` is asked before a client reads the field."""
        return self._checked("getter", method)

    def putter(self, method: Callable[..., Any]) -> Any:
        """``method(fields, field, value)`` is asked before the field is written; ``fields.parent`` is the record."""
        return self._checked("putter", method)

    def startup(self, method: Callable[..., Any]) -> Any:
        """``method(fields, field, async_lib)`` runs from the start of the IOC."""
        return self._checked("startup", method)

    def shutdown(self, method: Callable[..., Any]) -> Any:
        """``method(fields, field, async_lib)`` runs when the IOC ends."""
        return self._checked("shutdown", method)

    def scan(self, period: float, **options: Any) -> Callable[[Callable[..., Any]], Any]:
        """``method(fields, field, async_lib)`` runs every `period` seconds; options as of `PVSpec.scan`."""
        return lambda method: self._checked("scan", ScanHook(method, period, **options))

    def _checked(self, kind: str, hook: Any) -> Any:
        method = hook.method if isinstance(hook, ScanHook) else hook
        try:
            check_arguments(f"{kind} of field {self.name}", method, ARGUMENTS[kind])
        except TypeError as error:
            raise TypeError(f"{self._where}{error}") from None
        return self._hang(self.name, kind, hook)

    def __repr__(self) -> str:
        return f"<hooks of field {self.name}>"


class FieldSpec:
    """The fields of a record type, with the hooks on some of them: ``x.fields.HIHI``, ``x.fields.hihi``.

    As ``field_spec=`` of a pvproperty it makes another PV of the same record type with the same hooks.
    """

    def __init__(
        self,
        record_type: str,
        rows: Table,
        hung: Hung,
        hang: Callable[[str, str, Any], Any],
        place: Place | None = None,
    ) -> None:
        self.record_type = record_type
        self._place = place
        self.hung = hung
        self._rows = rows
        self._hang = hang

    def __getattr__(self, attr: str) -> FieldHooks:
        if attr.startswith("__"):
            raise AttributeError(attr)
        name = attr.upper()
        if name not in self._rows:
            from records.near import near

            known = near(attr, (row.lower() for row in self._rows))
            error: Exception = AttributeError(f"a record of type {self.record_type} has no field {attr}{known}")
            raise self._place.told(error) if self._place is not None else error
        return FieldHooks(name, self._hang, self._place)

    def __repr__(self) -> str:
        hung = ", ".join(f"{name}: {'+'.join(kinds)}" for name, kinds in self.hung.items())
        return f"<fields of {self.record_type}{' with hooks on ' if hung else ''}{hung}>"


def attach(fields: FieldInst, hung: Hung) -> None:
    """Hang getters and putters on the fields of a record that has just been made."""
    for name, hooks in hung.items():
        field = fields[name]
        if "getter" in hooks:
            field.getter = partial(hooks["getter"], fields)
        if "putter" in hooks:
            field.putter = partial(hooks["putter"], fields)


def hooks_of(fields: FieldInst, hung: Hung) -> Iterator[Hook]:
    """What the runtime has to run for the fields of a record."""
    for name, hooks in hung.items():
        field = fields[name]
        for kind, hook in hooks.items():
            if isinstance(hook, ScanHook):
                yield Hook("scan", field, partial(hook.method, fields, field), *hook[1:])
            elif kind == "startup":
                yield Hook("startup", field, partial(hook, fields, field))
            elif kind == "shutdown":
                yield Hook("shutdown", field, partial(hook, fields, field))
