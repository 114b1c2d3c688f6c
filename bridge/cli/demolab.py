"""The demo's laboratory: three simulated instruments, each with one of ours on its wire."""

from __future__ import annotations

import contextlib
import importlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from records import PVGroup

__all__ = ["Cable", "simulated"]


@dataclass(frozen=True)
class Cable:
    """One simulated instrument and the way to it."""

    key: str
    title: str
    running: Any  # a sim.Running: address, plug, unplug, device
    instrument: PVGroup


@contextlib.asynccontextmanager
async def simulated(prefix: str) -> AsyncIterator[list[Cable]]:
    """The three simulators, each with an instrument of ours on its wire."""
    # devices and sim stand beside bridge, not below it: they meet at run time
    devices, sim = importlib.import_module("devices"), importlib.import_module("sim")
    async with contextlib.AsyncExitStack() as stack:
        # names of their own: a pty's number may belong to somebody else by the time a cable is plugged in again
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="iocbridge-"))
        controller = await stack.enter_async_context(sim.serve("lakeshore336", tty=True, link=f"{folder}/ttyLS336"))
        meter = await stack.enter_async_context(sim.serve("sdm630", tty=True, link=f"{folder}/ttySDM630"))
        plug = await stack.enter_async_context(sim.serve("shellyplug"))
        yield [
            Cable(
                "1",
                f"Lake Shore 336 temperature controller, serial line on {controller.address}",
                controller,
                devices.LakeShore336(f"{prefix}LS336:", device=controller.address),
            ),
            Cable(
                "2",
                f"Eastron SDM630 energy meter, Modbus RTU on {meter.address}",
                meter,
                devices.SDM630(f"{prefix}METER:", device=meter.address),
            ),
            Cable(
                "3",
                f"Shelly Plug S, HTTP/JSON and WebSocket at {plug.address}",
                plug,
                devices.ShellyPlug(f"{prefix}PLUG:", url=plug.address),
            ),
        ]
