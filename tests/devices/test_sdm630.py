"""The SDM630 of ours on the wire of the simulated one, PV by PV."""

from __future__ import annotations

import pytest

import sim
from devices import SDM630
from drivers import ModbusTcpPort
from records import Severity, Status
from tests.devices.lab import agree, described, serving, shown
from tests.devices.witnesses import SDM630 as WITNESSES
from tests.waiting import eventually


def steady(simulator: sim.Running, clock: sim.HandClock) -> None:
    """Loads of its own on each phase, and no noise."""
    device = simulator.device
    device.set("steady", True)
    device.set("hertz", 49.9)
    for number in (1, 2, 3):
        device.set(f"phase.{number}.volts", 229.0 + number)
        device.set(f"phase.{number}.load", 700.0 * number if number < 3 else -333.0)
        device.set(f"phase.{number}.factor", 0.9 + 0.02 * number)
    clock.advance(1800.0)


async def test_every_pv() -> None:
    clock = sim.HandClock()
    async with sim.serve("sdm630", tty=True, clock=clock) as simulator:
        steady(simulator, clock)
        group = SDM630("M:", device=simulator.address)
        async with serving(group):
            await agree(group, simulator, WITNESSES)
            assert len(set(shown(group).values())) == len(WITNESSES)  # each says something of its own


async def test_by_tcp_and_with_another_unit() -> None:
    clock = sim.HandClock()
    async with sim.serve("sdm630", clock=clock, unit=7) as simulator:
        steady(simulator, clock)
        host, _, port = simulator.address.partition(":")
        group = SDM630("M:", port=ModbusTcpPort(host, int(port), unit=7, max_block=80))
        async with serving(group):
            await agree(group, simulator, WITNESSES)


async def test_another_unit_on_a_serial_line() -> None:
    async with sim.serve("sdm630", tty=True, clock=sim.HandClock(), unit=7) as simulator:
        group = SDM630("M:", device=simulator.address, unit=7)
        async with serving(group):
            await agree(group, simulator, WITNESSES)


def test_what_the_pvs_are() -> None:
    units = {"V": ("V", "1.0"), "I": ("A", "1.000"), "P": ("W", "1.0"), "PF": ("", "1.000")}
    expected = {f"{kind}{number}": ("ai", *units[kind]) for kind in units for number in (1, 2, 3)}
    expected |= {"POWER": ("ai", "W", "1.0"), "FREQ": ("ai", "Hz", "1.00")}
    expected |= dict.fromkeys(("IMPORT", "EXPORT", "ENERGY"), ("ai", "kWh", "1.000"))
    assert described(SDM630("M:", device="/dev/null")) == expected


@pytest.mark.parametrize(
    ("volts", "status", "severity"),
    [
        (253.5, Status.HIHI, Severity.MAJOR),
        (252.5, Status.NO_ALARM, Severity.NO_ALARM),
        (207.5, Status.NO_ALARM, Severity.NO_ALARM),
        (206.5, Status.LOLO, Severity.MAJOR),
    ],
)
async def test_mains_voltage_alarms(volts: float, status: Status, severity: Severity) -> None:
    async with sim.serve("sdm630", tty=True, clock=sim.HandClock()) as simulator:
        simulator.device.set("steady", True)
        simulator.device.set("phase.2.volts", volts)
        group = SDM630("M:", device=simulator.address)
        async with serving(group):
            await eventually(lambda: group.V2.value == volts)
            assert group.V2.alarm[:2] == (status, severity)
            assert group.V1.alarm.severity is Severity.NO_ALARM


async def test_few_requests_and_none_beyond_what_the_meter_allows() -> None:
    """A request is at most 80 registers (manual, 1.2); all measurements of one second fit into one."""
    async with sim.serve("sdm630", tty=True, clock=sim.HandClock()) as simulator:
        group = SDM630("M:", device=simulator.address)
        async with serving(group):
            first = len(simulator.requests)
            assert first <= 3
            await eventually(lambda: len(simulator.requests) >= first + 2, 4.0)
        sizes = [int.from_bytes(request[4:6]) for request in simulator.requests]
        assert max(sizes) <= 80
        assert {request[1] for request in simulator.requests} == {4}
