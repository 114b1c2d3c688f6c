"""Every check of `line` over every wire."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conformance.line import CHECKS, Check
from tests.drivers.wires import MAKERS


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_line(make: Any, check: Check, tmp_path: Path) -> None:
    async with make(tmp_path) as wire:
        await check(wire)
