"""Siege: a server, a healthy client beside it, and one attack after another, each held to its bounds."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from tests.abuse import scenarios  # noqa: F401 - fills the list
from tests.abuse.attack import ATTACKS, MIB, Attack, Scenario
from tests.abuse.house import House, Probe, house

__all__ = ["ATTACKS", "Siege", "siege"]


class Siege:
    """A server that goes through attacks."""

    def __init__(self, under_attack: House, probe: Probe) -> None:
        self.house = under_attack
        self.probe = probe
        self.calm = under_attack.settled(1000).descriptors

    def suffer(self, scenario: Scenario, seed: int = 1, size: float = 1.0) -> dict[str, float]:
        """Run one attack and check its bounds; returns what it cost. Raises AssertionError."""
        self.probe.report()
        before = self.house.figures()
        attack = Attack(self.house, seed, size)
        try:
            scenario.run(attack)
        finally:
            attack.close()
        during = self.house.figures().memory
        report = self.probe.report()
        after = self.house.settled(self.calm + 2)
        report_after = self.probe.report()
        failures = report["failures"] + report_after["failures"]
        longest = {name: max(report["longest"].get(name, 0), value) for name, value in report_after["longest"].items()}
        worst = max(longest.values(), default=0.0)
        log = self.house.log(before.log)
        assert not failures, f"the healthy client was let down: {failures}"
        assert report_after["rounds"], "the healthy client was not served at all"
        assert worst <= scenario.probe, f"the healthy client waited too long: {longest}"
        assert after.descriptors <= self.calm + 2, f"{after.descriptors - self.calm} descriptors are left open"
        assert "Traceback" not in log, log[-3000:]
        lines = log.count("\n")
        assert lines <= scenario.log, f"{lines} lines of log:\n{log[:1000]}"
        grown = (after.memory - before.memory) / MIB
        assert grown <= scenario.left * max(1.0, size), f"{grown:.1f} MiB are not given back"
        return {"wait": worst, "during": (during - before.memory) / MIB, "left": grown, "lines": lines}


@contextlib.contextmanager
def siege() -> Iterator[Siege]:
    """Start both."""
    with house() as under_attack:
        probe = Probe(under_attack.port)
        try:
            probe.report()
            yield Siege(under_attack, probe)
        finally:
            probe.close()
