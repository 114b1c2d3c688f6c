"""Instruments: one file each, with its commands, PVs and quirks side by side."""

from iocbridge_layout import check

check("devices")

from devices.instrument import Instrument
from devices.lakeshore336 import LakeShore336
from devices.sdm630 import SDM630
from devices.shellyplug import ShellyPlug

__all__ = [
    "SDM630",  # Eastron three-phase energy meter, Modbus
    "Instrument",  # a PVGroup on a port: what to derive your own from
    "LakeShore336",  # temperature controller, text line
    "ShellyPlug",  # Shelly Plug S, HTTP/JSON with push
]
