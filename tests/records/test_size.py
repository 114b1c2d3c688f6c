"""How long groups take to be made."""

from __future__ import annotations

import time

from records import PVGroup, SubGroup, ai, pvproperty


class Channel(PVGroup):
    a = pvproperty(value=1.0)
    b = pvproperty(value=1)
    c = pvproperty(value="text")
    d = ai(value=1.0, egu="K", prec=3)
    e = pvproperty(value=1.0, record="ao", units="mm")


Crate = type("Crate", (PVGroup,), {f"ch{number}": SubGroup(Channel) for number in range(100)})
Site = type("Site", (PVGroup,), {f"crate{number}": SubGroup(Crate) for number in range(20)})


def test_ten_thousand_pvs_are_made_in_half_a_second() -> None:
    best = 1e9
    for _ in range(3):
        begin = time.perf_counter()
        site = Site("s:")
        best = min(best, time.perf_counter() - begin)
    assert len(site.pvdb) == 10_000
    assert best < 0.5
