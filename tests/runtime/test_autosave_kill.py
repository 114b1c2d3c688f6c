"""A few rounds of what ``python -m tests.runtime.autosave_kill`` does by the hundred."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.runtime.autosave_kill import kill_at_steps, kill_at_system_calls, kill_rounds

PERIOD = 0.1  # seconds between saves


async def test_killed_at_random_moments(tmp_path: Path) -> None:
    outcome = await kill_rounds(tmp_path, 10, PERIOD, seed=3)
    assert outcome.failures == []
    assert outcome.rounds == 10
    assert outcome.puts > 100


async def test_killed_at_each_step_of_a_save(tmp_path: Path) -> None:
    # the first save has steps 1 to 11, with its dated copy; the second has 12 to 18, with its backup
    outcome = await kill_at_steps(tmp_path, range(11, 20), PERIOD)
    assert outcome.failures == []
    assert outcome.rounds == 9


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
async def test_killed_by_the_kernel(tmp_path: Path) -> None:
    outcome = await kill_at_system_calls(tmp_path, {"rename": 2}, PERIOD)
    assert outcome.failures == []
    assert outcome.rounds == 4
