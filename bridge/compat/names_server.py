"""The names of `caproto.server`."""

from __future__ import annotations

from typing import Any

from bridge.compat import names_conversion as conversion
from bridge.compat import names_menus as menus
from bridge.compat import names_records as records
from bridge.compat.channeldata import ChannelData
from bridge.compat.group import PVGroup, SubGroup, get_pv_pair_wrapper, pvfunction
from bridge.compat.pvclasses import PVPROPERTY_CLASSES, PvpropertyData, PvpropertyReadOnlyData, class_for
from bridge.compat.pvspec import PVSpec
from bridge.compat.spec import FieldSpec, NestedPvproperty, pvproperty, scan_wrapper
from bridge.runtime.asynclib import AsyncLibrary as AsyncLibraryLayer
from records import expand as _expand

GIVEN = ("run", "ioc_arg_parser", "template_arg_parser")
MADE = tuple(PVPROPERTY_CLASSES)

globals().update(PVPROPERTY_CLASSES)

__all__ = [
    "AsyncLibraryLayer",
    "ChannelData",
    "FieldSpec",
    "NestedPvproperty",
    "PVGroup",
    "PVSpec",
    "PvpropertyData",
    "PvpropertyReadOnlyData",
    "SubGroup",
    "channeldata_from_pvspec",
    "conversion",
    "data_class_from_pvspec",
    "expand_macros",
    "get_pv_pair_wrapper",
    "menus",
    "pvfunction",
    "pvproperty",
    "records",
    "scan_wrapper",
]


def expand_macros(pv: str, macros: dict[str, Any]) -> str:
    """`pv` with its macros replaced; without any macros as it is."""
    return _expand(pv, macros) if macros else pv


def data_class_from_pvspec(group: Any, pvspec: PVSpec) -> Any:
    """The class of the PV that a specification makes."""
    return class_for(pvspec.dtype, pvspec.value, pvspec.read_only)


def channeldata_from_pvspec(group: Any, pvspec: PVSpec) -> Any:
    """Name and PV for a specification."""
    made = pvspec.create(group)
    return made.pvname, made
