"""Autosave by caproto's names: `autosaved`, `AutosaveHelper`, `RotatingFileManager`. The engine behind is ours.

What is different: the file is ``.sav`` text (a JSON file of caproto's is read if there is none yet, and left as it
is), it survives a power cut, values come back before the IOC serves and without running putters, and the last save is
done when the IOC ends.
"""

from __future__ import annotations

import copy
import json
import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from bridge.runtime.autosave.autosaver import Autosave
from bridge.runtime.autosave.disk import SystemDisk
from bridge.runtime.autosave.savfile import BadFile, Content, Snapshot
from bridge.runtime.autosave.store import History, Store
from bridge.server import ConfigError
from records import PV, PVGroup, PVSpec, Saving, SubGroup, pvproperty

__all__ = ["AutosaveHelper", "RotatingFileManager", "autosaved", "autosaves_of", "parse_json"]

T = TypeVar("T")

_FIELDS: Final = {"description": "DESC", "engineering_units": "EGU", "display_precision": "PREC"}


def autosaved(pvprop: T, fields: Iterable[str] | None = None) -> T:
    """Mark a PV as one to be saved; `fields` besides VAL are by their names or by caproto's.

    Of a pair, or another subgroup, those PVs are marked that clients can write.
    """
    names = ("VAL", *(_FIELDS.get(name, name.upper()) for name in fields or ()))
    tag = Saving(names if fields is not None else None)
    if isinstance(pvprop, SubGroup):
        group_class = pvprop.group_class
        body: dict[str, Any] = {"__module__": group_class.__module__, "__doc__": group_class.__doc__}
        for attr in dir(group_class):
            spec = getattr(group_class, attr, None)
            if isinstance(spec, PVSpec) and not spec.read_only and spec.attr == attr:
                body[attr] = _tagged(spec, tag)
        pvprop.group_class = type(group_class)(group_class.__name__, (group_class,), body)
        return pvprop
    if isinstance(pvprop, PVSpec):
        if pvprop.owner is None:
            pvprop.saving = tag
            return pvprop
        copied: T = _tagged(pvprop, tag)
        return copied
    raise TypeError(f"autosaved wants a pvproperty, not a {type(pvprop).__name__}")


def _tagged(spec: Any, tag: Saving) -> Any:
    spec = copy.copy(spec)  # the class that it belongs to keeps its own
    spec.owner, spec.saving = None, tag
    return spec


class RotatingFileManager:
    """Where to save, and how many dated copies to keep."""

    def __init__(
        self,
        filename: str | os.PathLike[str],
        *,
        max_files_per_day: int = 5,
        max_file_age: int = 30,
        date_suffix: str = "_%Y%m%d-%H%M%S",
        logger: logging.Logger | None = None,
    ) -> None:
        """`max_file_age` is in days; `date_suffix` has no effect."""
        self.filename = Path(filename)
        self.max_files_per_day = max_files_per_day
        self.max_file_age = max_file_age
        self.date_suffix = date_suffix
        self.log = logger or logging.getLogger("iocbridge.autosave")

    @property
    def directory(self) -> Path:
        """The folder of the save file."""
        return self.filename.parent

    @property
    def history(self) -> History:
        """The same limits as the engine has them."""
        return History(per_day=self.max_files_per_day, days=self.max_file_age)

    def prune_files(self) -> set[Path]:
        """Remove the dated copies that are too many or too old. Returns which."""
        before = set(self.directory.iterdir())
        store = Store(self.filename.with_suffix(".sav"), history=self.history, disk=SystemDisk())
        store.prune({path.name for path in before}, datetime.now())
        return before - set(self.directory.iterdir())


class AutosaveHelper(PVGroup):
    """A subgroup that has the PVs of the group above it saved: those marked by `autosaved` or ``autosave=True``."""

    filename: str | os.PathLike[str] = "autosave.json"
    period: float = 30

    autosave_hook = pvproperty(value=0, read_only=True, name=":__autosave_hook__", doc="Number of saves since start")

    def __init__(
        self,
        prefix: str = "",
        *,
        filename: str | os.PathLike[str] | None = None,
        period: float | None = None,
        file_manager: RotatingFileManager | None = None,
        **options: Any,
    ) -> None:
        super().__init__(prefix, **options)
        if period is not None:
            self.period = period
        self.file_manager = file_manager or RotatingFileManager(filename or self.filename)
        self.filename = self.file_manager.filename

    @autosave_hook.scan(period=5)
    async def _count_saves(self, instance: PV, async_lib: Any) -> None:
        config = self.config
        saves = sum(saver.state.saves for saver in async_lib.ioc.savers if saver.config == config)
        if saves != instance.value:
            instance.post(saves)

    @property
    def config(self) -> Autosave:
        """What the engine is to do."""
        path = Path(self.filename)
        legacy = path if path.suffix != ".sav" else None
        return Autosave(path.with_suffix(".sav"), self.period, self.file_manager.history, legacy, parse_json)


def autosaves_of(
    groups: Sequence[PVGroup], pvdb: Mapping[str, PV], autosave: Autosave | str | os.PathLike[str] | None
) -> list[tuple[Autosave, Mapping[str, PV], PVGroup | None]]:
    """All save files of an IOC, the PVs they are for, and the group of these if they are not all.

    Raises ConfigError if two of them are the same file.
    """
    found: list[tuple[Autosave, Mapping[str, PV], PVGroup | None]] = []
    if autosave is not None:
        found.append((autosave if isinstance(autosave, Autosave) else Autosave(autosave), pvdb, None))
    for helper in (group for group in groups if isinstance(group, AutosaveHelper)):
        above = helper.parent
        found.append((helper.config, pvdb if above is None else _below(above, pvdb), above))
    paths = [os.path.realpath(config.path) for config, _, _ in found]
    for path in paths:
        if paths.count(path) > 1:
            raise ConfigError(f"autosave: {path} is the save file of two groups; give each its own")
    return found


def _below(group: PVGroup, pvdb: Mapping[str, PV]) -> Mapping[str, PV]:
    """The PVs of a group as they are served: of a caproto program's group, our PVs behind its own."""
    return {name: pvdb[name] for name in group.pvdb if name in pvdb}


def parse_json(data: bytes) -> Snapshot:
    """A save file of caproto's AutosaveHelper. Raises BadFile."""
    try:
        content = json.loads(data)
        values: dict[str, Content] = {}
        for name, entry in content.items():
            values[f"{name}.VAL"] = _content(entry["value"])
            for field, value in (entry.get("fields") or {}).items():
                values[f"{name}.{_FIELDS.get(field, field.upper())}"] = _content(value)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadFile(f"it is no JSON of caproto's autosave: {error}") from None
    return Snapshot(values)


def _content(value: Any) -> Content:
    if isinstance(value, (list, tuple)):
        return tuple(map(str, value))
    return str(int(value) if isinstance(value, bool) else value)
