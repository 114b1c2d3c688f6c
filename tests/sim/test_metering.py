from __future__ import annotations

import math

import pytest

from sim.metering import Demand, Phase, Totals, line_volts, neutral_amps


def phase(watts: float, factor: float = 1.0) -> Phase:
    made = Phase(factor=factor)
    made.draw(watts)
    return made


def test_power_triangle():
    one = phase(800.0, factor=0.8)
    assert (one.va, one.var, one.pf) == (pytest.approx(1000.0), pytest.approx(600.0), pytest.approx(0.8))
    assert one.angle == pytest.approx(math.degrees(math.acos(0.8)))
    assert one.amps == pytest.approx(1000.0 / 230.0)


def test_feeding_in_turns_the_sign_of_the_power_factor():
    assert phase(-500.0, factor=0.9).pf == pytest.approx(-0.9)


def test_energy_is_the_integral_of_power_each_way():
    one = phase(1000.0)
    one.count(1800.0)
    one.draw(-2000.0)
    one.count(900.0)
    assert (one.import_kwh, one.export_kwh, one.total_kwh) == pytest.approx((0.5, 0.5, 1.0))


def test_phases_do_not_cancel_in_the_totals():
    phases = [phase(1000.0), phase(-1000.0), phase(0.0)]
    for one in phases:
        one.count(3600.0)
    totals = Totals()
    totals.add_up(phases)
    totals.count_with(phases, 3600.0)
    assert (totals.watts, totals.import_kwh, totals.export_kwh) == pytest.approx((0.0, 1.0, 1.0))


def test_balanced_phases_leave_nothing_for_the_neutral():
    assert neutral_amps([phase(1000.0)] * 3) == pytest.approx(0.0, abs=1e-9)
    assert neutral_amps([phase(2300.0), phase(0.0), phase(0.0)]) == pytest.approx(10.0)


def test_line_voltage_is_root_three_of_the_phase_voltage():
    assert line_volts(230.0, 230.0) == pytest.approx(230.0 * math.sqrt(3.0))


def test_demand_is_the_average_of_its_window():
    demand = Demand()
    for second in range(600):
        demand.add(1000.0 if second < 300 else 0.0, 1.0, minutes=10)
    assert demand.now == pytest.approx(500.0, rel=0.02)
    assert demand.most == pytest.approx(1000.0)
    for _ in range(600):
        demand.add(0.0, 1.0, minutes=10)
    assert demand.now == pytest.approx(0.0, abs=1e-9)


def test_demand_without_a_window_is_the_value_itself():
    demand = Demand()
    demand.add(100.0, 1.0, minutes=0)
    demand.add(30.0, 1.0, minutes=0)
    assert (demand.now, demand.most) == (30.0, 100.0)
    demand.clear()
    assert demand.most == 30.0
