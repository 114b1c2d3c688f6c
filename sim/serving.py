"""Start a simulator, pull its cable, break its wire, stop it."""

from __future__ import annotations

import inspect
import os
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sim.clock import Clock
from sim.faults import Fault, Faults
from sim.hosts.http import HttpSpeaker
from sim.hosts.lines import LineSpeaker
from sim.hosts.modbus import MbapSpeaker, RtuSpeaker
from sim.hosts.speaker import Speaker
from sim.hosts.tcp import TcpHost
from sim.hosts.tty import TtyHost
from sim.hosts.wire import TRANSCRIPT, Transcript
from sim.lakeshore336 import Lakeshore336
from sim.sdm630 import Sdm630
from sim.shellyplug import ShellyPlug
from sim.simulator import Simulator

__all__ = ["Running", "describe", "names", "serve"]


@dataclass(frozen=True, slots=True)
class Model:
    """One instrument: what it is, and how it speaks over a tty and over TCP (None: not at all)."""

    device: type[Simulator]
    tty: Callable[[Any, Faults], Speaker] | None
    tcp: Callable[[Any, Faults], Speaker]
    summary: str
    scheme: str = ""


CATALOGUE = {
    "lakeshore336": Model(Lakeshore336, LineSpeaker, LineSpeaker, "Lake Shore 336 temperature controller: tty or TCP"),
    "sdm630": Model(Sdm630, RtuSpeaker, MbapSpeaker, "Eastron SDM630 energy meter: Modbus RTU on a tty, or TCP"),
    "shellyplug": Model(ShellyPlug, None, HttpSpeaker, "Shelly Plus Plug S: HTTP and WebSocket", "http://"),
}


def names() -> list[str]:
    """The instruments that can be simulated."""
    return sorted(CATALOGUE)


def describe(name: str) -> str:
    """One line about an instrument."""
    return CATALOGUE[name].summary


class Running:
    """A simulator at its address. `device` is the simulator itself: the backdoor."""

    def __init__(
        self, name: str, device: Simulator, host: TcpHost | TtyHost, faults: Faults, transcript: Transcript, scheme: str
    ) -> None:
        self.name = name
        self.device = device
        self.transcript = transcript
        self._host = host
        self._faults = faults
        self._scheme = scheme

    @property
    def address(self) -> str:
        """Where clients find it: ``/dev/pts/5`` (or the link), ``127.0.0.1:40123``, ``http://127.0.0.1:40123``."""
        return self._scheme + self._host.address

    @property
    def requests(self) -> list[bytes]:
        """Every whole request so far, oldest first (the last ten thousand messages are kept)."""
        return [entry.data for entry in self.transcript if not entry.sent]

    async def unplug(self) -> None:
        """Pull the cable: connections break, and nobody can connect."""
        await self._host.unplug()

    async def plug(self) -> None:
        """Put the cable back, at the same address."""
        await self._host.plug()

    def fault(
        self, kind: str, *, times: int | None = 1, match: str | bytes = "", chance: float = 1.0, **details: Any
    ) -> Fault:
        """Break the next `times` replies (None: all, until cleared) to requests that contain `match`.

        `sim.faults.KINDS` lists kinds and details. Raises ValueError for what this wire does not have.
        """
        return self._faults.add(kind, times=times, match=match, chance=chance, **details)

    def clear_faults(self) -> None:
        """Back to a good wire."""
        self._faults.clear()


@asynccontextmanager
async def serve(
    name: str,
    *,
    tty: bool = False,
    link: str | os.PathLike[str] | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    seed: int = 1,
    clock: Clock | None = None,
    reply_delay: float = 0.0,
    **options: Any,
) -> AsyncIterator[Running]:
    """Run a simulator while the block lasts.

    ::

        async with serve("sdm630", unit=7) as meter:
            print(meter.address, meter.device.get("total.watts"))

    `tty` (or a `link` to it) puts it on a pseudo terminal instead of a TCP port. `reply_delay` is in seconds.
    `options` go to the instrument: ``unit=`` for sdm630, ``password=`` for shellyplug.
    Raises ValueError for an instrument, wire or option that does not exist, OSError if the address is taken.
    """
    if name not in CATALOGUE:
        raise ValueError(f"no simulator {name!r}, only {', '.join(names())}")
    model = CATALOGUE[name]
    on_tty = tty or link is not None
    make = model.tty if on_tty else model.tcp
    if make is None:
        raise ValueError(f"{name} has no serial port: {model.summary}")
    _check_options(name, model.device, options)
    device = model.device(clock=clock, seed=seed, **options)
    host_type = TtyHost if on_tty else TcpHost
    kinds: frozenset[str] = getattr(make, "KINDS", frozenset())
    faults, transcript = Faults(seed, kinds | host_type.KINDS), deque[Any](maxlen=TRANSCRIPT)

    def speaker() -> Speaker:
        return make(device, faults)

    place: TcpHost | TtyHost
    if on_tty:
        place = TtyHost(speaker, link=link, transcript=transcript, reply_delay=reply_delay)
    else:
        place = TcpHost(speaker, faults, host=host, port=port, transcript=transcript, reply_delay=reply_delay)
    await place.plug()
    try:
        yield Running(name, device, place, faults, transcript, model.scheme)
    finally:
        await place.close()


def _check_options(name: str, device: type[Simulator], options: dict[str, Any]) -> None:
    known = sorted(set(inspect.signature(device).parameters) - {"clock", "seed"})
    for option in options:
        if option not in known:
            raise ValueError(f"{name} has no option {option!r}, only {', '.join(known) or 'none'}")
