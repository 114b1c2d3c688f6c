"""PVGroup: a class whose body lists PVs, records and subgroups; an instance has them all, under one prefix."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Self

from records.alarmgroup import SharedAlarm
from records.links import Service
from records.logs import Log
from records.macros import expand
from records.pv import PV
from records.record import Record
from records.spec import Hook, PVSpec
from records.states import states
from records.subgroup import SubGroup

__all__ = ["PVGroup"]

Entry = PVSpec[Any] | SubGroup[Any]


class PVGroup:
    """A group of PVs.

    `pvdb` has the PVs of the group and its subgroups by their full names, in the order of the class body; `groups` the
    subgroups by attribute; `alarms` what PVs share by `alarm_group`, all others have one of their own; `services` what
    the runtime is to start and stop (a subclass adds its port there, before or after ``super().__init__``).

    Raises ValueError for a name that is used twice, too long, or has an undefined macro.
    """

    log: Any = Log()  # a logger of the group's own, below "iocbridge"
    attr_separator: ClassVar[str] = ":"  # between a subgroup's attribute and its PVs' names
    _specs_: ClassVar[dict[str, Entry]] = {}

    prefix: str
    name: str
    macros: Mapping[str, Any]
    parent: PVGroup | None
    pvdb: dict[str, PV]
    groups: dict[str, PVGroup]
    services: list[Service]
    alarms: dict[str, SharedAlarm]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._specs_ = _entries(cls)

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        group = super().__new__(cls)
        group.services = []
        group.alarms = {}
        return group

    def __init__(
        self,
        prefix: str = "",
        *,
        macros: Mapping[str, Any] | None = None,
        parent: PVGroup | None = None,
        name: str | None = None,
    ) -> None:
        self.parent = parent
        self.macros = {**(parent.macros if parent is not None else {}), **(macros or {})}
        self.prefix = expand(prefix, self.macros)
        self.name = type(self).__name__ if name is None else name
        self.pvdb = {}
        self.groups = {}
        for attr, entry in self._specs_.items():
            if isinstance(entry, SubGroup):
                group = self.groups[attr] = self.__dict__[attr] = entry.create(self)
                for pv in group.pvdb.values():
                    self._add(pv)
            else:
                pv = self.__dict__[attr] = entry.create(self)
                self._add(pv)
                if entry.alarm_group is not None:
                    self.alarms.setdefault(entry.alarm_group, SharedAlarm()).add(pv)

    def __setattr__(self, name: str, value: Any) -> None:
        """Raises AttributeError for a PV: whoever says ``self.x = 5`` means to write it, and would lose it."""
        if name in self._specs_ and not isinstance(value, (PV, PVGroup)):
            raise AttributeError(f"{type(self).__name__}.{name} is a PV: `await self.{name}.write(...)` writes it")
        super().__setattr__(name, value)

    def _add(self, pv: PV) -> None:
        other = self.pvdb.setdefault(pv.pvname, pv)
        if other is not pv:
            places = ", ".join(str(one.pvspec.place) for one in (other, pv) if one.pvspec is not None)
            raise ValueError(f"two PVs are called {pv.pvname!r}: {_where(other)} and {_where(pv)} ({places})")

    def bind(self, link: Any, group: PVGroup) -> Any:
        """What INP and OUT of `group` (this group or one below it) become: something with `read` or `write`.

        An object that has them already stays as it is; for a question the parent is asked. Raises TypeError if nobody
        knows how to ask it.
        """
        if any(hasattr(link, method) for method in ("read", "write", "subscribe")):
            return link
        if self.parent is not None:
            return self.parent.bind(link, group)
        kind = type(link).__name__
        raise TypeError(
            f"{type(self).__name__} has no port to ask {'an' if kind[0] in 'AEIO' else 'a'} {kind}; give it one "
            f"(an Instrument with port=..., in YAML `port:`), or the record an object with `read` or `write`"
        )

    @property
    def states(self) -> dict[str, bool]:
        """Named states, those of the whole IOC, which the channel filter ``{"sync": ...}`` looks at."""
        return states

    @states.setter
    def states(self, initial: Mapping[str, bool]) -> None:
        states.update(initial)

    @asynccontextmanager
    async def update_state(self, name: str, on: bool) -> AsyncIterator[None]:
        """Turn a state on or off, for good: ``async with self.update_state("shutter_open", True): ...``."""
        states[name] = bool(on)
        yield

    def walk(self) -> Iterator[PVGroup]:
        """This group and all below it."""
        yield self
        for group in self.groups.values():
            yield from group.walk()

    def records(self) -> Iterator[Record]:
        """The records of this group and of all below it."""
        return (pv for pv in self.pvdb.values() if isinstance(pv, Record))

    def hooks(self) -> Iterator[Hook]:
        """What the runtime has to run for the PVs of this very group; subgroups have their own."""
        for attr, entry in self._specs_.items():
            if isinstance(entry, PVSpec):
                yield from entry.hooks(self, self.__dict__[attr])

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.prefix!r}, {len(self.pvdb)} PVs>"


def _where(pv: PV) -> str:
    """``Class.subgroup.attribute``."""
    if pv.pvspec is None or pv.group is None:
        return repr(pv)
    path, group = pv.pvspec.attr, pv.group
    while group.parent is not None:
        attr = next((attr for attr, one in group.parent.groups.items() if one is group), None)
        if attr is None:  # the parent is still being made
            break
        path, group = f"{attr}.{path}", group.parent
    return f"{type(group).__name__}.{path}"


def _entries(cls: type[PVGroup]) -> dict[str, Entry]:
    """PVs and subgroups of a class, those of its bases first, each where it was first defined."""
    entries: dict[str, Entry] = {}
    for base in reversed(cls.__mro__):
        for attr, entry in list(vars(base).items()):
            if not isinstance(entry, (PVSpec, SubGroup)):
                entries.pop(attr, None)  # hidden by something else, such as None
                continue
            if entry.attr != attr:  # `_set_x`, a second name for x
                if entry.attr in vars(base) or base is not cls:
                    continue
                attr = entry.attr
                setattr(cls, attr, entry)
            if attr in _RESERVED:
                raise TypeError(
                    f"{cls.__name__}.{attr}: PVGroup uses this name itself; say {attr}_ = ...(name={attr!r})"
                    f"{f' ({entry.place})' if isinstance(entry, PVSpec) else ''}"
                )
            if isinstance(entry, PVSpec) and base is cls:
                entry.check()
            entries[attr] = entry
    return entries


_RESERVED = (frozenset(dir(PVGroup)) | frozenset(PVGroup.__annotations__)) - {"log"}  # which a user's own may hide
