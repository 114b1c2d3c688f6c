"""Every PV of three instruments, read, written and monitored by clients that we did not write."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio

from tests.clients import C_TOOLS
from tests.devices.witnesses import OUTPUTS
from tests.e2e.bench import PREFIX, Bench, bench
from tests.e2e.peers import PYTHON_CLIENTS, Peer, camonitor, installed, peer
from tests.waiting import eventually

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(C_TOOLS is None, reason="base's client programs come as an x86_64 Linux wheel only"),
]

SLOWEST = 10.0  # seconds: PID settings are scanned so often


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab() -> AsyncIterator[Bench]:
    async with bench(still=True) as running:
        change(running, 1.0)
        await shown(running)
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=PYTHON_CLIENTS)
async def client(lab: Bench, request: pytest.FixtureRequest) -> AsyncIterator[Peer]:
    if not installed(request.param):
        pytest.skip(f"{request.param} is not installed")
    async with peer(request.param, lab.port) as running:
        assert await running("connect", lab.names) == []
        yield running


def change(lab: Bench, step: float) -> None:
    """Have every reading of the three instruments change, then stand still."""
    controller, meter, plug = (lab.instruments[name].device for name in ("LS336:", "METER:", "PLUG:"))
    controller.set("identity", f"LSCI,MODEL{step:g},SIM{step:g}/#######,2.11")
    lowest = 4.2 if step < 2.0 else 501.5  # beyond its range of 500 K a sensor's status changes too
    for place, letter in enumerate("ABCD"):
        controller.set(f"input.{letter}.kelvin", lowest + 1.1 * place)
    for number in (1, 2):
        for setting, value in (("setpoint", 20.0), ("percent", 33.3), ("pid.p", 60.0), ("pid.i", 30.0), ("pid.d", 7.0)):
            controller.set(f"output.{number}.{setting}", value + number + step)
        controller.set(f"output.{number}.range", (controller.get(f"output.{number}.range") + 1) % 4)
    meter.set("steady", True)
    meter.set("hertz", 50.0 + 0.1 * step)
    for number in (1, 2, 3):
        meter.set(f"phase.{number}.volts", 225.0 + number + step)
        meter.set(f"phase.{number}.load", 1000.0 * step if number != 3 else -700.0 * step)
        meter.set(f"phase.{number}.factor", 0.8 + 0.01 * number + 0.03 * step)
    lab.clocks["METER:"].advance(3600.0)
    plug.set("output", not plug.get("output"))
    plug.set("meter.load", 1000.0)
    plug.set("meter.voltage", 220.0 + step)
    lab.clocks["PLUG:"].advance(120.0)


async def shown(lab: Bench) -> None:
    """Wait until the IOC shows what the instruments say; what is read at start-up only is read again."""
    for name in ("MODEL", "SERIAL"):
        done = await lab.tool("caput", f"{PREFIX}LS336:{name}.PROC", "1")
        assert done.code == 0, done.err
    wanted = lab.expected()
    await eventually(lambda: {name: pv.value for name, pv in lab.ioc.pvdb.items()} == wanted, SLOWEST + 2.0)


def another(lab: Bench, instrument: str, name: str) -> float:
    """A value for an output that it does not have yet."""
    before = lab.expected(instrument)[f"{PREFIX}{instrument}{name}"]
    states = {"RELAY": 2, "RANGE": 4}.get(name.rpartition(":")[2])
    return round(before + 1.25, 3) if states is None else (before + 1) % states


async def arrived(lab: Bench, instrument: str, name: str, value: float) -> None:
    """The instrument has it, and so has everybody who reads the PV."""
    full = f"{PREFIX}{instrument}{name}"
    await eventually(lambda: lab.expected(instrument)[full] == value)
    await eventually(lambda: lab.ioc.pvdb[full].value == value)
    assert float((await lab.caget(full))[full].value) == value


def same(text: str, wanted: Any) -> bool:
    """Whether a C tool's word is the value; with -g 17 doubles are exact."""
    return text == wanted if isinstance(wanted, str) else float(text) == wanted


def mismatches(found: dict[str, str], wanted: dict[str, Any]) -> dict[str, tuple[str | None, Any]]:
    return {name: (found.get(name), value) for name, value in wanted.items() if not same(found.get(name, "nan"), value)}


async def test_the_table_of_witnesses_has_every_pv(lab: Bench) -> None:
    assert sorted(lab.expected()) == sorted(lab.names)


# --- base's own ----------------------------------------------------------------------------------------------------


async def test_caget_reads_every_pv(lab: Bench) -> None:
    found = await lab.caget(*lab.names)
    assert mismatches({name: one.value for name, one in found.items()}, lab.expected()) == {}
    assert {name: one.alarm for name, one in found.items() if one.sevr not in ("", "MAJOR")} == {}


async def test_cainfo_knows_every_pv(lab: Bench) -> None:
    done = await lab.tool("cainfo", *lab.names)
    assert done.code == 0, done.err
    told = {block.splitlines()[0].strip(): block for block in done.out.replace("\n    ", " ; ").split("\n") if block}
    types = {"MODEL": "DBF_STRING", "SERIAL": "DBF_STRING", "STATUS": "DBF_LONG", "RANGE": "DBF_ENUM"}
    types["RELAY"] = "DBF_ENUM"
    assert len(told) == len(lab.names)
    for block in told.values():
        name, *facts = (part.strip() for part in block.split(" ; "))
        known = dict(" ".join(fact.split()).split(": ", 1) for fact in facts if ": " in fact)
        assert name in lab.names
        assert known["State"] == "connected"
        assert known["Host"].endswith(f":{lab.port}")
        assert known["Access"] == "read, write"
        assert known["Native data type"] == types.get(name.rpartition(":")[2], "DBF_DOUBLE")
        assert known["Element count"] == "1"


@pytest.mark.parametrize("options", [(), ("-c",)], ids=["caput", "caput -c"])
async def test_caput_writes_every_output(lab: Bench, options: tuple[str, ...]) -> None:
    for instrument, name in OUTPUTS:
        new = another(lab, instrument, name)
        done = await lab.tool("caput", *options, f"{PREFIX}{instrument}{name}", f"{new:g}")
        assert done.code == 0, done.err
        await arrived(lab, instrument, name, new)


async def test_caput_writes_states_by_name(lab: Bench) -> None:
    done = await lab.tool("caput", "-c", f"{PREFIX}LS336:LOOP1:RANGE", "High")
    assert done.code == 0, done.err
    await arrived(lab, "LS336:", "LOOP1:RANGE", 3)
    assert (await lab.tool("caget", "-t", f"{PREFIX}LS336:LOOP1:RANGE")).out.strip() == "High"


# --- Python clients ------------------------------------------------------------------------------------------------


async def test_a_python_client_reads_every_pv(lab: Bench, client: Peer) -> None:
    assert await client("read", lab.names) == lab.expected()


async def test_a_python_client_writes_every_output(lab: Bench, client: Peer) -> None:
    for instrument, name in OUTPUTS:
        new = another(lab, instrument, name)
        assert await client("write", f"{PREFIX}{instrument}{name}", new)
        await arrived(lab, instrument, name, new)


# --- everybody's monitors at once -----------------------------------------------------------------------------------


async def test_monitors_of_every_pv_follow_the_instruments(lab: Bench) -> None:
    async with AsyncExitStack() as stack:
        monitor = await stack.enter_async_context(camonitor(lab.port, *lab.names))
        names = filter(installed, PYTHON_CLIENTS)
        clients = [await stack.enter_async_context(peer(name, lab.port)) for name in names]
        await asyncio.gather(*(one("connect", lab.names) for one in clients))
        await asyncio.gather(*(one("monitor", lab.names) for one in clients))

        async def all_see(wanted: dict[str, Any]) -> None:
            await eventually(lambda: mismatches(monitor.latest, wanted) == {})
            for one in clients:

                async def sees(one: Peer = one) -> bool:
                    assert await one("seen") == wanted
                    return True

                await eventually(sees)

        first = lab.expected()
        await all_see(first)
        change(lab, 2.0)
        second = lab.expected()
        assert {name for name in first if first[name] == second[name]} == set()
        await shown(lab)
        await all_see(second)
