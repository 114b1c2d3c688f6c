from __future__ import annotations

import pytest

import sim
from sim.serving import describe


def test_the_face_is_what_it_promises():
    assert sim.__all__ == sorted(sim.__all__) == ["HandClock", "Running", "names", "serve"]
    assert all(hasattr(sim, name) for name in sim.__all__)


def test_names_are_sorted_and_described():
    assert sim.names() == ["lakeshore336", "sdm630", "shellyplug"]
    assert all(describe(name) for name in sim.names())


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("toaster", {}, "no simulator 'toaster', only lakeshore336, sdm630, shellyplug"),
        ("shellyplug", {"tty": True}, "shellyplug has no serial port"),
        ("sdm630", {"password": "x"}, "sdm630 has no option 'password', only unit"),
        ("lakeshore336", {"unit": 1}, "lakeshore336 has no option 'unit', only none"),
    ],
)
async def test_what_does_not_exist_is_said(name, options, says):
    with pytest.raises(ValueError, match=says):
        async with sim.serve(name, **options):
            pass


@pytest.mark.parametrize(
    ("name", "tty", "start"),
    [
        ("lakeshore336", False, "127.0.0.1:"),
        ("lakeshore336", True, "/dev/"),
        ("sdm630", False, "127.0.0.1:"),
        ("sdm630", True, "/dev/"),
        ("shellyplug", False, "http://127.0.0.1:"),
    ],
)
async def test_addresses(name, tty, start):
    async with sim.serve(name, tty=tty) as running:
        assert running.address.startswith(start)
        assert running.name == name


async def test_two_of_a_kind_live_side_by_side():
    async with sim.serve("sdm630", unit=1) as one, sim.serve("sdm630", unit=2, seed=2) as two:
        assert one.address != two.address
        assert one.device.get("total.watts") != two.device.get("total.watts")
