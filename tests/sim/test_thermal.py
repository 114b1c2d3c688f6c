from __future__ import annotations

import pytest

from sim.thermal import Pid, Stage


def test_a_stage_settles_where_conduction_balances_heating():
    stage = Stage(kelvin=77.0, capacity=10.0, conductance=0.1)
    stage.step(1e6, watts=2.0, cold=77.0)
    assert stage.kelvin == pytest.approx(97.0)


def test_one_long_step_equals_many_short_ones():
    long, short = (Stage(kelvin=300.0, capacity=10.0, conductance=0.1) for _ in range(2))
    long.step(50.0, 1.5, 77.0)
    for _ in range(500):
        short.step(0.1, 1.5, 77.0)
    assert long.kelvin == pytest.approx(short.kelvin)


def test_proportional_alone_is_p_times_error_within_0_to_100():
    pid = Pid(p=10.0, i=0.0, d=0.0)
    assert [pid.output(error, 0.1) for error in (2.0, 50.0, -1.0)] == [20.0, 100.0, 0.0]


def test_integral_adds_p_i_e_dt():
    pid = Pid(p=2.0, i=500.0, d=0.0)
    for _ in range(10):
        output = pid.output(1.0, 0.1)
    assert pid.reset == pytest.approx(2.0 * 0.5 * 1.0 * 1.0)
    assert output == pytest.approx(2.0 + pid.reset - 0.1)  # the output is formed before the step is added


def test_derivative_acts_against_a_change():
    pid = Pid(p=10.0, i=100.0, d=100.0)
    pid.output(2.0, 0.1)
    # D = 100 % of a quarter of 1000/I = 2.5 s
    assert pid.output(1.9, 0.1) == pytest.approx(max(0.0, 10.0 * (1.9 + 2.5 * -1.0) + 0.2))


def test_integral_does_not_wind_up_at_the_end_of_the_range():
    pid = Pid(p=50.0, i=20.0)
    for _ in range(1000):
        assert pid.output(100.0, 0.1) == 100.0
    assert pid.reset == 0.0
