"""All attacks on one server, one after another, at the size that a test suite has time for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.abuse.siege import ATTACKS, Scenario, Siege, siege

pytestmark = pytest.mark.skipif("sys.platform != 'linux'", reason="the server's memory is read from /proc")


@pytest.fixture(scope="module")
def under_siege() -> Iterator[Siege]:
    with siege() as found:
        yield found


@pytest.mark.parametrize("scenario", ATTACKS, ids=lambda scenario: scenario.name)
def test_the_server_stands_and_serves_others(under_siege: Siege, scenario: Scenario) -> None:
    under_siege.suffer(scenario)


def test_no_attack_is_missing() -> None:
    names = [scenario.name for scenario in ATTACKS]
    assert len(names) == len(set(names))
    assert len(names) > 60
