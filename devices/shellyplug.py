"""Shelly Plug S (Gen2, Gen3): HTTP/JSON, with its status pushed over a WebSocket.

Source: shelly-api-docs.shelly.cloud, Gen2 "RPC Protocol", "Notifications", component "Switch". All values come from
one `Shelly.GetStatus`; changes arrive as `NotifyStatus` and are I/O interrupts here, with a slow poll behind them for
what drifts without an event. Energy is in watt-hours.
"""

from __future__ import annotations

from typing import Any

from devices.instrument import Instrument
from drivers import VALUE, Get, HttpPort, Port, Post, Push
from records import ai, bo

__all__ = ["ShellyPlug"]

STATUS = "/rpc/Shelly.GetStatus"
SWITCH = "/switch:0"
# The answer to the first frame counts as a push, so that every reconnect begins with a full status.
PUSH = Push("/rpc", {"id": 1, "src": "iocbridge", "method": "Shelly.GetStatus"}, under=("/params", "/result"))


def pushed(value: str) -> Get:
    """A value of the switch that is pushed when it changes."""
    return Get(STATUS, f"{SWITCH}/{value}", push=True)


class ShellyPlug(Instrument):
    """One plug at `url` (``http://192.168.1.40``), with `password` if it asks for one (the user is always admin)."""

    RELAY = bo(
        out=Post("/rpc/Switch.Set", {"id": 0, "on": VALUE}, as_=bool),
        inp=pushed("output"),
        scan="I/O Intr",
        znam="Off",
        onam="On",
        doc="The plug's relay",
    )
    POWER = ai(inp=pushed("apower"), scan="I/O Intr", egu="W", prec=1, hihi=2500, hhsv="MAJOR", doc="Power drawn")
    CURRENT = ai(inp=pushed("current"), scan="I/O Intr", egu="A", prec=3, doc="Current drawn")
    VOLTAGE = ai(inp=Get(STATUS, f"{SWITCH}/voltage"), scan="5 second", egu="V", prec=1, doc="Mains voltage")
    ENERGY = ai(inp=Get(STATUS, f"{SWITCH}/aenergy/total"), scan="5 second", egu="Wh", prec=3, doc="Energy so far")
    TEMP = ai(
        inp=Get(STATUS, f"{SWITCH}/temperature/tC"),
        scan="5 second",
        egu="degC",
        prec=1,
        high=70,
        hsv="MINOR",
        hihi=80,
        hhsv="MAJOR",
        doc="Temperature inside the plug",
    )

    def __init__(
        self,
        prefix: str = "",
        *,
        url: str | None = None,
        password: str | None = None,
        port: Port | None = None,
        **options: Any,
    ) -> None:
        if url is not None:
            port = HttpPort(url, user=None if password is None else "admin", password=password, push=PUSH)
        super().__init__(prefix, port=port, **options)
