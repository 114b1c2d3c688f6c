"""PVGroup, SubGroup, pvfunction and pairs by caproto's signatures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from bridge.compat.alarm import ChannelAlarm
from bridge.compat.names import CaprotoRuntimeError, ChannelType
from bridge.compat.pvspec import PVSpec
from bridge.compat.spec import pvproperty
from records import PVGroup as OurGroup
from records import SubGroup as OurSubGroup
from records.pairs import pair_wrapper
from records.pvfunction import function_group

__all__ = ["PVGroup", "SubGroup", "get_pv_pair_wrapper", "pvfunction"]


class PVGroup(OurGroup):
    """A group of PVs as a caproto program knows it: `pvdb` has what `ChannelData` says, `groups` also those below."""

    type_map: ClassVar[dict[Any, Any]] = {}
    default_values: ClassVar[dict[Any, Any]] = {str: "", int: 0, float: 0.0, bool: False, bytes: b""}

    def __init__(
        self,
        prefix: str = "",
        *,
        macros: Mapping[str, Any] | None = None,
        parent: Any = None,
        name: str | None = None,
        states: Mapping[str, bool] | None = None,
    ) -> None:
        if states is not None:
            self.states = dict(states)
        super().__init__(prefix, macros=macros, parent=parent, name=name)
        self.attr_pvdb: dict[str, Any] = {}
        for attr, entry in self._specs_.items():
            if isinstance(entry, pvproperty):
                self.attr_pvdb[attr] = self.__dict__[attr]
                if entry.shared_alarm is not None:
                    alarm: Any = self.alarms.setdefault(entry.shared_alarm, ChannelAlarm())  # type: ignore[arg-type]
                    self.__dict__[attr].alarm = alarm
                    alarm.add(self.__dict__[attr].pv)
            else:
                group = self.groups[attr]
                self.attr_pvdb |= {f"{attr}.{inner}": pv for inner, pv in getattr(group, "attr_pvdb", {}).items()}
        self.attr_to_pvname = {attr: pv.pvname for attr, pv in self.attr_pvdb.items()}
        for attr, group in list(self.groups.items()):
            for inner, one in group.groups.items():
                self.groups[f"{attr}.{inner}"] = one

    def __setattr__(self, name: str, value: Any) -> None:
        """As in caproto, which lets a program put what it likes in the place of a PV."""
        object.__setattr__(self, name, value)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._pvs_ = _flat(cls)
        cls._subgroups_ = {attr: one for attr, one in cls._specs_.items() if isinstance(one, OurSubGroup)}

    _pvs_: ClassVar[dict[str, Any]] = {}
    _subgroups_: ClassVar[dict[str, Any]] = {}

    def _add(self, pv: Any) -> None:
        try:
            super()._add(pv)
        except ValueError as error:
            raise CaprotoRuntimeError(str(error)) from None

    def _with_defaults(self, spec: PVSpec) -> PVSpec:
        """A group's own `group_read` and `group_write` are for the PVs that have no getter or putter."""
        if spec.get is None and type(self).group_read is not PVGroup.group_read:
            spec = spec._replace(get=type(self).group_read)
        if spec.put is None and type(self).group_write is not PVGroup.group_write:
            spec = spec._replace(put=type(self).group_write)
        return spec

    async def group_read(self, instance: Any) -> Any:
        """For classes that override it: the getter of PVs that have none."""

    async def group_write(self, instance: Any, value: Any) -> Any:
        """For classes that override it: the putter of PVs that have none."""
        return value

    def walk(self) -> Iterator[Any]:
        """This group and all below it."""
        yield self
        for attr, group in self.groups.items():
            if "." not in attr:
                yield from group.walk()


def _flat(cls: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for attr, entry in cls._specs_.items():
        if isinstance(entry, pvproperty):
            found[attr] = entry
        else:
            inner = getattr(entry.group_class, "_pvs_", {})
            found |= {f"{attr}.{name}": one for name, one in inner.items()}
    return found


class SubGroup(OurSubGroup[Any]):
    """A group in a group: of a class, or of a dictionary of what its class would have."""

    def __init__(
        self,
        group: Any = None,
        *,
        prefix: str | None = None,
        macros: Mapping[str, Any] | None = None,
        attr_separator: str | None = None,
        doc: str | None = None,
        base: Any = None,
        **init_kwargs: Any,
    ) -> None:
        self.attr_separator = attr_separator
        self.base = base or PVGroup
        super().__init__(self._class_of(group), prefix, macros=macros, doc=doc or "", **init_kwargs)

    def _class_of(self, group: Any) -> Any:
        if isinstance(group, Mapping):
            body = {attr: _entry(entry) for attr, entry in group.items()}
            group = type("SubGroup", (self.base,), body)
        if group is not None and self.attr_separator is not None and group.attr_separator != self.attr_separator:
            names = {"__module__": group.__module__, "__qualname__": group.__qualname__, "__doc__": group.__doc__}
            group = type(group.__name__, (group,), {**names, "attr_separator": self.attr_separator})
        return group

    def __call__(self, group: Any = None, *, prefix: Any = None, macros: Any = None, doc: Any = None) -> Any:
        """``@SubGroup(prefix=...)`` over a class."""
        return SubGroup(
            group, prefix=self.prefix if prefix is None else prefix, macros=macros or self.macros,
            attr_separator=self.attr_separator, doc=doc or self.doc, base=self.base, **self.options,
        )  # fmt: skip

    @property
    def group_cls(self) -> Any:
        """The class of the group."""
        return self.group_class

    @property
    def attr_name(self) -> str:
        """The attribute of the class above."""
        return self.attr

    @property
    def init_kwargs(self) -> dict[str, Any]:
        """What the class is called with."""
        return self.options


def _entry(entry: Any) -> Any:
    if isinstance(entry, PVSpec):
        return pvproperty.from_pvspec(entry)
    if isinstance(entry, Mapping):
        options = dict(entry)
        return pvproperty(**{**options, **(options.pop("cls_kwargs", None) or {})})
    return entry


class _Pair(PVGroup):
    attr_separator = ""


def get_pv_pair_wrapper(setpoint_suffix: str = "", readback_suffix: str = "_RBV") -> Callable[..., Any]:
    """Make a function that specifies a setpoint and its readback."""
    return pair_wrapper(setpoint_suffix, readback_suffix, pvproperty, _Pair, SubGroup)


def _function_pv(*, dtype: Any = None, **options: Any) -> Any:
    return pvproperty(dtype=ChannelType.STRING if dtype is str else dtype, **options)


def pvfunction(
    func: Any = None,
    default: Any = None,
    names: Mapping[str, str] | None = None,
    alarm_group: str | None = None,
    prefix: str | None = None,
    macros: Mapping[str, Any] | None = None,
    attr_separator: str | None = None,
    doc: str | None = None,
    base: Any = None,
) -> Any:
    """Serve a coroutine function, as a decorator with or without arguments."""

    def decorate(function: Any) -> Any:
        made = function_group(function, default, names, alarm_group, _function_pv, base or PVGroup)
        text = doc or function.__doc__
        return SubGroup(made, prefix=prefix, macros=macros, attr_separator=attr_separator, doc=text)

    return decorate if func is None else decorate(func)
