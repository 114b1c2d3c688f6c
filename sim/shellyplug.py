"""Shelly Plus Plug S (Gen2): a switched, metered mains socket with a web server.

Written from shelly-api-docs.shelly.cloud/gen2, "Switch", "Sys" and "Shelly"; which keys this model has, from a
recorded one (home-assistant-libs/aioshelly, fixtures, SNPL-00112EU, firmware 1.1.0): neither `pf` nor `freq`.
How it is asked, and how it tells changes, is in `sim.gen2`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.clock import Clock
from sim.gen2 import NOT_FOUND, Gen2Device, Method, Params, RpcError, require
from sim.plugmeter import PlugMeter

__all__ = ["ShellyPlug"]


class ShellyPlug(Gen2Device):
    """The plug. `meter` is the load behind it; `output` and `source` say what the relay does and on whose word.

    Power is measured twice a second, so that the reading follows the relay a moment later, as a real one's does.
    """

    STEP = 0.5

    def __init__(
        self, *, clock: Clock | None = None, seed: int = 1, password: str = "", mac: str = "A8032AB12345"
    ) -> None:
        super().__init__(clock=clock, seed=seed, model="shellyplusplugs", mac=mac, password=password)
        self.output = False
        self.source = "init"
        self.errors: list[str] = []
        self.timer: tuple[float, float] | None = None  # started at, duration, both in seconds
        self.meter = PlugMeter(self.random, minute=int(self.time // 60.0))
        self.config: dict[str, Any] = {
            "id": 0,
            "name": None,
            "initial_state": "off",
            "auto_on": False,
            "auto_on_delay": 60.0,
            "auto_off": False,
            "auto_off_delay": 60.0,
            "power_limit": 2500,
            "voltage_limit": 280,
            "current_limit": 12.0,
        }

    @property
    def methods(self) -> Mapping[str, Method]:
        """The ones that this simulator has."""
        return METHODS

    # --- physics --------------------------------------------------------------------------------------------------

    def tick(self, dt: float) -> None:
        """Meter what has flowed; let the flip-back timer and the overpower protection do their work."""
        self.meter.step(dt, self.output, self.time)
        if self.timer is not None and self.time >= sum(self.timer):
            self.switch(not self.output, "timer")
        if self.output and self.meter.apower > self.config["power_limit"]:
            self.switch(False, "overpower")
            self.errors = ["overpower"]

    def switch(self, on: bool, source: str, toggle_after: float | None = None) -> bool:
        """Operate the relay; returns what it was before."""
        was, self.output, self.source = self.output, on, source
        self.errors = [] if on else self.errors
        self.timer = (self.clock.now(), toggle_after) if toggle_after else None
        return was

    def press(self) -> None:
        """The button on the plug."""
        self.advance()
        self.switch(not self.output, "button")

    # --- what its components say ----------------------------------------------------------------------------------

    def switch_status(self) -> dict[str, Any]:
        """Switch.GetStatus."""
        status: dict[str, Any] = {"id": 0, "source": self.source, "output": self.output}
        if self.timer is not None:
            status["timer_started_at"], status["timer_duration"] = round(self.timer[0], 2), self.timer[1]
        if self.errors:
            status["errors"] = list(self.errors)
        return {**status, **self.meter.status()}

    def system_status(self) -> dict[str, Any]:
        """Sys.GetStatus."""
        now = int(self.clock.now())
        return {
            "mac": self.mac,
            "restart_required": False,
            "time": f"{now // 3600 % 24:02d}:{now // 60 % 60:02d}",
            "unixtime": now,
            "uptime": int(self.elapsed),
            "ram_size": 246084,
            "ram_free": 141748,
            "fs_size": 458752,
            "fs_free": 139264,
            "cfg_rev": 25,
            "kvs_rev": 0,
            "schedule_rev": 0,
            "webhook_rev": 0,
            "available_updates": {},
            "reset_reason": 3,
        }

    def status(self) -> dict[str, Any]:
        """Shelly.GetStatus."""
        return {
            "ble": {},
            "cloud": {"connected": False},
            "mqtt": {"connected": False},
            "plugs_ui": {},
            "switch:0": self.switch_status(),
            "sys": self.system_status(),
            "wifi": {"sta_ip": "192.0.2.85", "status": "got ip", "ssid": "Lab", "rssi": -53},
            "ws": {"connected": False},
        }

    def device_info(self) -> dict[str, Any]:
        """Shelly.GetDeviceInfo."""
        return {
            "name": self.config["name"],
            "id": self.id,
            "mac": self.mac,
            "slot": 0,
            "model": "SNPL-00112EU",
            "gen": 2,
            "fw_id": "20231219-134003/1.1.0-g34b5d4f",
            "ver": "1.1.0",
            "app": "PlusPlugS",
            "auth_en": self.digest is not None,
            "auth_domain": self.id if self.digest else None,
        }


# --- methods ---------------------------------------------------------------------------------------------------------


def _of_switch(params: Params) -> Params:
    number = require(params, "id", int)
    if number != 0:
        raise RpcError(NOT_FOUND, f"Bad id={number}")
    return params


def _set(plug: ShellyPlug, params: Params, source: str) -> dict[str, Any]:
    on = require(_of_switch(params), "on", bool)
    after = require(params, "toggle_after", (int, float)) if "toggle_after" in params else None
    return {"was_on": plug.switch(on, source, after)}


def _toggle(plug: ShellyPlug, params: Params, source: str) -> dict[str, Any]:
    _of_switch(params)
    return {"was_on": plug.switch(not plug.output, source)}


def _switch_status(plug: ShellyPlug, params: Params, source: str) -> dict[str, Any]:
    del source
    _of_switch(params)
    return plug.switch_status()


def _switch_config(plug: ShellyPlug, params: Params, source: str) -> dict[str, Any]:
    del source
    _of_switch(params)
    return dict(plug.config)


def _reset_counters(plug: ShellyPlug, params: Params, source: str) -> dict[str, Any]:
    del source
    _of_switch(params)
    before, plug.meter.energy_wh = plug.meter.energy_wh, 0.0
    return {"aenergy": {"total": round(before, 3)}}


METHODS: dict[str, Method] = {
    "Shelly.GetConfig": lambda plug, params, source: {"switch:0": dict(plug.config)},
    "Shelly.GetDeviceInfo": lambda plug, params, source: plug.device_info(),
    "Shelly.GetStatus": lambda plug, params, source: plug.status(),
    "Shelly.ListMethods": lambda plug, params, source: {"methods": sorted(METHODS)},
    "Switch.GetConfig": _switch_config,
    "Switch.GetStatus": _switch_status,
    "Switch.ResetCounters": _reset_counters,
    "Switch.Set": _set,
    "Switch.Toggle": _toggle,
    "Sys.GetStatus": lambda plug, params, source: plug.system_status(),
}
