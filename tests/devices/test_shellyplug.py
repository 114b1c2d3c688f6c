"""The Shelly plug of ours on the wire of the simulated one, PV by PV."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

import sim
from bridge import running
from devices import ShellyPlug
from records import Severity, Status
from tests.devices.lab import agree, described, serving, shown
from tests.devices.witnesses import SHELLYPLUG
from tests.server.serving import loopback
from tests.waiting import eventually

Plug = tuple[sim.Running, sim.HandClock]


@pytest.fixture
async def plug() -> AsyncIterator[Plug]:
    clock = sim.HandClock()
    async with sim.serve("shellyplug", clock=clock) as simulator:
        yield simulator, clock


def polls(simulator: sim.Running) -> int:
    return sum(b"GET /rpc/Shelly.GetStatus" in request for request in simulator.requests)


async def test_every_pv(plug: Plug) -> None:
    simulator, clock = plug
    simulator.device.set("output", True)
    simulator.device.set("meter.load", 1234.0)
    clock.advance(600.0)
    group = ShellyPlug("P:", url=simulator.address)
    async with serving(group):
        await agree(group, simulator, SHELLYPLUG)
        assert len(set(shown(group).values())) == len(SHELLYPLUG)  # each says something of its own
        assert polls(simulator) <= 2  # one request for all values, and one to see whether anybody is there


def test_what_the_pvs_are() -> None:
    group = ShellyPlug("P:", url="http://127.0.0.1:9")
    assert described(group) == {
        "RELAY": ("bo", "", "Off|On"),
        "POWER": ("ai", "W", "1.0"),
        "CURRENT": ("ai", "A", "1.000"),
        "VOLTAGE": ("ai", "V", "1.0"),
        "ENERGY": ("ai", "Wh", "1.000"),
        "TEMP": ("ai", "degC", "1.0"),
    }


async def test_writes_arrive(plug: Plug) -> None:
    simulator, _ = plug
    group = ShellyPlug("P:", url=simulator.address)
    async with serving(group):
        for state in ("On", "Off", 1, 0):
            await group.RELAY.write(state)
            assert simulator.device.get("output") is (state in ("On", 1))
            assert group.RELAY.value == (state in ("On", 1))


async def test_the_button_on_the_plug_is_heard_without_a_poll(plug: Plug) -> None:
    simulator, clock = plug
    group = ShellyPlug("P:", url=simulator.address)
    async with serving(group):
        before = polls(simulator)
        simulator.device.press()
        await eventually(lambda: group.RELAY.value == 1, 1.0)
        clock.advance(1.0)
        await eventually(lambda: group.POWER.value > 50.0, 1.0)
        assert group.CURRENT.value > 0.2
        assert polls(simulator) == before


@pytest.mark.parametrize(
    ("celsius", "status", "severity"),
    [
        (69.0, Status.NO_ALARM, Severity.NO_ALARM),
        (71.0, Status.HIGH, Severity.MINOR),
        (81.0, Status.HIHI, Severity.MAJOR),
    ],
)
async def test_temperature_alarms(plug: Plug, celsius: float, status: Status, severity: Severity) -> None:
    simulator, _ = plug
    simulator.device.set("meter.celsius", celsius)
    group = ShellyPlug("P:", url=simulator.address)
    async with serving(group):
        assert group.TEMP.value == celsius
        assert group.TEMP.alarm[:2] == (status, severity)


async def test_more_power_than_the_plug_is_made_for(plug: Plug) -> None:
    simulator, clock = plug
    simulator.device.config["power_limit"] = 4000  # so that it does not switch itself off
    simulator.device.set("meter.load", 2600.0)
    group = ShellyPlug("P:", url=simulator.address)
    async with serving(group):
        await group.RELAY.write("On")
        clock.advance(1.0)
        await eventually(lambda: group.POWER.value > 2500.0, 2.0)
        assert group.POWER.alarm[:2] == (Status.HIHI, Severity.MAJOR)


async def test_a_password() -> None:
    async with sim.serve("shellyplug", clock=sim.HandClock(), password="secret") as simulator:
        group = ShellyPlug("P:", url=simulator.address, password="secret")
        async with serving(group):
            simulator.device.press()
            await eventually(lambda: group.RELAY.value == 1, 1.0)  # the push channel has logged in as well
            await group.RELAY.write("Off")
            assert simulator.device.get("output") is False
            await agree(group, simulator, SHELLYPLUG)


@pytest.mark.parametrize("password", [None, "wrong"])
async def test_the_wrong_password(password: str | None) -> None:
    async with sim.serve("shellyplug", clock=sim.HandClock(), password="secret") as simulator:
        group = ShellyPlug("P:", url=simulator.address, password=password)
        async with running(group, config=loopback()):
            await eventually(lambda: group.VOLTAGE.alarm.status is Status.READ)
            assert "401" in group.VOLTAGE.alarm.message
            assert "password" in group.VOLTAGE.alarm.message
            assert "secret" not in group.VOLTAGE.alarm.message
            with pytest.raises(Exception, match="401"):
                await group.RELAY.write("On")
            assert simulator.device.get("output") is False
            assert group.RELAY.alarm[:2] == (Status.WRITE, Severity.INVALID)
