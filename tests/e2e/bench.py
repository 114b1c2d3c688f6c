"""Three simulated instruments, one IOC, and Channel Access clients that know nothing of either."""

from __future__ import annotations

import contextlib
import socket
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import devices
import sim
from bridge import Ioc, PVGroup, ao, running
from devices.shellyplug import PUSH
from drivers import FLOAT32, Holding, HttpPort, ModbusRtuPort, SerialPort
from tests.clients import C_TOOLS, Finished, c_tool
from tests.devices import witnesses
from tests.server.serving import loopback
from tests.waiting import eventually

__all__ = ["FIRST_READ", "PREFIX", "Bench", "Shown", "bench"]

PREFIX = "TEST:"
FIRST_READ = 10.0  # seconds until everything has been read once: the Model 336 wants 50 ms before each of 36 questions


@dataclass(frozen=True)
class Shown:
    """One line of `caget -a`."""

    value: str
    stat: str
    sevr: str

    @property
    def alarm(self) -> tuple[str, str]:
        """As in ("COMM", "INVALID"); both empty without an alarm."""
        return self.stat, self.sevr


@dataclass(frozen=True)
class Bench:
    """All that a test needs: the instruments by the prefix of their PVs, and the port of the IOC."""

    ioc: Ioc
    instruments: Mapping[str, sim.Running]
    clocks: Mapping[str, sim.HandClock]
    scans: dict[str, str] = field(default_factory=dict)  # SCAN of records that a test has made Passive for a while

    @property
    def port(self) -> int:
        """Of the IOC."""
        return self.ioc.server.port

    @property
    def names(self) -> list[str]:
        """Of all PVs."""
        return list(self.ioc.pvdb)

    def names_of(self, instrument: str) -> list[str]:
        """PVs of one instrument."""
        return [name for name in self.names if name.startswith(PREFIX + instrument)]

    def expected(self, instrument: str | None = None) -> dict[str, Any]:
        """What every PV should show now, by the simulators' own word."""
        return {
            f"{PREFIX}{each}{name}": witness(self.instruments[each].device)
            for each, table in TABLES.items()
            if instrument in (None, each)
            for name, witness in table.items()
        }

    async def tool(self, name: str, *words: str, deadline: float = 20.0) -> Finished:
        """Run caget, caput, cainfo ..."""
        return await c_tool(self.port, name, *words, deadline=deadline)

    async def caget(self, *names: str) -> dict[str, Shown]:
        """Values and alarms, by base's own client."""
        done = await self.tool("caget", "-w", "10", "-a", "-n", "-g", "17", *names)
        assert done.code == 0, done.err
        found = {}
        for line in done.out.splitlines():
            name, _, _, value, *alarm = line.split()
            stat, sevr = alarm or ("", "")
            found[name] = Shown(value, stat, sevr)
        return found

    async def all_read(self) -> None:
        """Wait until every record has been read once."""
        await eventually(lambda: all(record.udf == 0 and not record.sevr for record in self.ioc.records), FIRST_READ)


class SettableMeter(devices.SDM630):
    """The meter with one of its settings: minutes over which it averages, of which it takes a few choices only."""

    PERIOD = ao(out=Holding(0x0002, FLOAT32), inp=Holding(0x0002, FLOAT32), scan="1 second", egu="min")


TABLES = {"LS336:": witnesses.LAKESHORE336, "METER:": witnesses.SDM630, "PLUG:": witnesses.SHELLYPLUG}


@contextlib.asynccontextmanager
async def bench(*, still: bool = False, patience: float | None = None) -> AsyncIterator[Bench]:
    """The bench, started. With `still` the instruments' time stands until a test moves it, by `clocks`.

    The instruments are as anybody would make them; with `patience` (seconds) their ports wait so long for a reply and
    no longer, and the Model 336 is not given its 50 ms between messages, so that tests of faults are quick.
    """
    assert C_TOOLS is not None
    clocks = {name: sim.HandClock() for name in TABLES} if still else {}
    async with contextlib.AsyncExitStack() as stack:
        # while a cable is pulled, the number of its pty may go to somebody else
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="iocbridge-"))

        async def serve(key: str, name: str, **options: Any) -> sim.Running:
            return await stack.enter_async_context(sim.serve(name, clock=clocks.get(key), **options))

        instruments = {
            "LS336:": await serve("LS336:", "lakeshore336", tty=True, link=f"{folder}/ttyLS336"),
            "METER:": await serve("METER:", "sdm630", tty=True, link=f"{folder}/ttySDM630"),
            "PLUG:": await serve("PLUG:", "shellyplug"),
        }
        controller, meter, plug = (one.address for one in instruments.values())
        groups: tuple[PVGroup, ...]
        if patience is None:
            groups = (
                devices.LakeShore336(f"{PREFIX}LS336:", device=controller),
                devices.SDM630(f"{PREFIX}METER:", device=meter),
                devices.ShellyPlug(f"{PREFIX}PLUG:", url=plug),
            )
        else:
            line = SerialPort(controller, 57600, bytesize=7, parity="O", timeout=patience)
            registers = ModbusRtuPort(meter, 9600, unit=1, max_block=80, timeout=patience)
            groups = (
                devices.LakeShore336(f"{PREFIX}LS336:", port=line),
                SettableMeter(f"{PREFIX}METER:", port=registers),
                devices.ShellyPlug(f"{PREFIX}PLUG:", port=HttpPort(plug, timeout=patience, push=PUSH)),
            )
        ioc = await stack.enter_async_context(running(*groups, config=loopback()))
        stack.enter_context(_no_repeater(ioc.server.port + 1))
        yield Bench(ioc, instruments, clocks)


@contextlib.contextmanager
def _no_repeater(port: int) -> Any:
    """Keep the repeater's port, so that libca does not leave a repeater process behind for each server's port."""
    with socket.socket(type=socket.SOCK_DGRAM) as taken:
        with contextlib.suppress(OSError):
            taken.bind(("0.0.0.0", port))
        yield
