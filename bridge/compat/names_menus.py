"""The names of `caproto.server.menus` that programs use: menus as IntEnums."""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Any

from records import menus as ours

__all__ = ["menuAlarmSevr", "menuAlarmStat", "menuConvert", "menuPini", "menuPriority", "menuScan", "menuYesNo"]


def _made(name: str, choices: tuple[str, ...]) -> Any:
    names = [re.sub(r"\W", "_", choice) for choice in choices]
    enum = IntEnum(name, {f"_{one}" if one[:1].isdigit() else one: at for at, one in enumerate(names)})  # type: ignore[misc]
    enum.get_string_tuple = staticmethod(lambda: choices)  # type: ignore[attr-defined]
    return enum


menuAlarmSevr = _made("menuAlarmSevr", ours.MENU_ALARM_SEVR)  # noqa: N816  # EPICS's names
menuAlarmStat = _made("menuAlarmStat", ours.MENU_ALARM_STAT)  # noqa: N816
menuConvert = _made("menuConvert", ours.MENU_CONVERT)  # noqa: N816
menuPini = _made("menuPini", ours.MENU_PINI)  # noqa: N816
menuPriority = _made("menuPriority", ours.MENU_PRIORITY)  # noqa: N816
menuScan = _made("menuScan", ours.MENU_SCAN)  # noqa: N816
menuYesNo = _made("menuYesNo", ours.MENU_YES_NO)  # noqa: N816
