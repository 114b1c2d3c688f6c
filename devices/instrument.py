"""Instrument: a PVGroup whose records ask their questions through one port."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from inspect import signature
from typing import Any

from drivers import Port
from records import PVGroup, expand_text
from records.near import near

__all__ = ["Instrument"]


class Instrument(PVGroup):
    """A PVGroup on a wire.

    In the class body, INP and OUT are questions (``Ask("KRDG? A")``, ``Input(0, FLOAT32)``, ``Get(path, pointer)``);
    making the instrument binds them to `port`, which is started and stopped with the IOC. Several instruments may
    share a port: it then serves them in turn. A question's texts take EPICS macros of the group, as in
    ``Ask("KRDG? $(input)")``, so that subgroups for channels need no code.

    Raises TypeError without a port, and whatever the port says of a question that it cannot ask.
    """

    def __init__(self, prefix: str = "", *, port: Port | None = None, **options: Any) -> None:
        if port is None:
            raise TypeError(_no_port(type(self), options))
        self.port = port
        super().__init__(prefix, **options)
        self.services.append(port)

    def bind(self, link: Any, group: PVGroup) -> Any:
        """Bind a question of this instrument, or of one of its subgroups, to the port."""
        if any(hasattr(link, method) for method in ("read", "write", "subscribe")):
            return link
        return self.port.point(_expanded(link, group.macros))


def _no_port(kind: type[Instrument], options: Mapping[str, Any]) -> str:
    """What to say. An option that nobody knows has probably been meant for what says where the instrument is."""
    inits = [vars(base)["__init__"] for base in kind.__mro__[:-1] if "__init__" in vars(base)]
    known = {name for init in inits for name in signature(init).parameters} - {"self", "options"}
    strange = "".join(f"there is no option {one!r}{near(one, known)}; " for one in options if one not in known)
    own = [name for name in signature(kind).parameters if name not in ("prefix", "port", "options")]
    others = f", or by {', '.join(own)}" if own else ""
    return f"{kind.__name__}: {strange}say which port it is on: {kind.__name__}(..., port=...){others}"


def _expanded(question: Any, macros: Any) -> Any:
    """The question with $(macros) in its texts replaced. Raises ValueError for a macro that nobody defined."""
    if not is_dataclass(question) or isinstance(question, type):
        return question
    values = {field.name: getattr(question, field.name) for field in fields(question)}
    changed = {name: new for name, value in values.items() if (new := _filled(value, macros)) != value}
    return replace(question, **changed) if changed else question


def _filled(value: Any, macros: Any) -> Any:
    """A text with its macros replaced; so are those in the body of a request."""
    if isinstance(value, str):
        return expand_text(value, macros)
    if isinstance(value, dict):
        return {key: _filled(item, macros) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, macros) for item in value]
    return value
