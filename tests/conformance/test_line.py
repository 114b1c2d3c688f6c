"""Every check of `line` over every wire."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conformance.line import CHECKS, OF_CONNECTIONS, OF_STREAMS, Check
from tests.conformance.lineforms import FORM_CHECKS
from tests.drivers.wires import MAKERS, udp

COMBINATIONS = [
    pytest.param(make, check, id=f"{check.__name__}-{make.__name__}")
    for make in MAKERS
    for check in (*CHECKS, *FORM_CHECKS)
    if make is not udp or check not in (*OF_CONNECTIONS, *OF_STREAMS)
]


@pytest.mark.parametrize(("make", "check"), COMBINATIONS)
async def test_line(make: Any, check: Check, tmp_path: Path) -> None:
    async with make(tmp_path) as wire:
        await check(wire)
