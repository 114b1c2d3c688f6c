"""How often instruments are bothered: requests on the wire for what the records want to know."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import sim
from benchmarks.figures import table
from benchmarks.report import Report
from bridge import Ioc, ServerConfig, running
from devices import SDM630, ShellyPlug
from drivers import ModbusTcpPort
from records import Record

__all__ = ["add"]

WAIT = 10.0


def add(report: Report, seconds: float) -> None:
    """The meter over Modbus TCP, the plug over HTTP."""
    asyncio.run(_add(report, seconds))


async def _add(report: Report, seconds: float) -> None:
    rows = []
    for what, opened in (("SDM630 over Modbus TCP", _meter()), ("Shelly plug over HTTP", _plug())):
        async with opened as (simulator, ioc):
            await _settle(ioc)
            before = len(simulator.requests)
            ticks = {period: -one.ticks for period, one in ioc.scans.statistics.items()}
            await asyncio.sleep(seconds)
            requests = len(simulator.requests) - before
        for period, one in ioc.scans.statistics.items():
            ticks[period] += one.ticks
        processed = sum(count * _records(ioc, period) for period, count in ticks.items())
        scans = ", ".join(f"{count} of {period:g} s" for period, count in sorted(ticks.items()))
        rows.append([what, scans, str(processed), str(requests), f"{requests / sum(ticks.values()):.2f}"])
        report.data[what] = {"ticks": ticks, "values": processed, "requests": requests}
    head = (f"in {seconds:g} s", "scans", "values wanted", "requests on the wire", "requests a scan")
    report.add(table(head, rows))


def _records(ioc: Ioc, period: float) -> int:
    return sum(1 for record in ioc.records if isinstance(record, Record) and record.period == period)


async def _settle(ioc: Ioc) -> None:
    async with asyncio.timeout(WAIT):
        while any(record.udf or record.alarm.severity == 3 for record in ioc.records if record.period):
            await asyncio.sleep(0.05)


def _config() -> ServerConfig:
    return ServerConfig(interfaces=("127.0.0.1",), port=0, auto_beacon=False)


@contextlib.asynccontextmanager
async def _meter() -> AsyncIterator[tuple[sim.Running, Ioc]]:
    async with sim.serve("sdm630") as simulator:
        host, _, port = simulator.address.rpartition(":")
        group = SDM630("B:", port=ModbusTcpPort(host, int(port), max_block=80))
        async with running(group, config=_config()) as ioc:
            yield simulator, ioc


@contextlib.asynccontextmanager
async def _plug() -> AsyncIterator[tuple[sim.Running, Ioc]]:
    async with (
        sim.serve("shellyplug") as simulator,
        running(ShellyPlug("B:", url=simulator.address), config=_config()) as ioc,
    ):
        yield simulator, ioc
