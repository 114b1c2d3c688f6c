"""Motors as EpicsMotor of ophyd, Motor of pyepics and base's programs know them."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bridge.runtime.ioc import running
from tests.clients import C_TOOLS, c_tool, ca_environment, communicate
from tests.motors.ioc import Motors
from tests.server.serving import loopback

HERE = Path(__file__).parent
DEADLINE = 90.0


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async with running(Motors("mot:").pvdb, config=loopback()) as ioc:
        yield ioc.server.port


async def say(port: int, program: str) -> dict[str, Any]:
    environment = ca_environment(port)
    done = await communicate(sys.executable, str(HERE / program), "mot:", env=environment, deadline=DEADLINE)
    assert done.code == 0, done.err
    found: dict[str, Any] = json.loads(done.out.splitlines()[-1])
    return found


@pytest.mark.skipif(importlib.util.find_spec("ophyd") is None, reason="ophyd is not installed")
async def test_ophyd(port: int) -> None:
    assert await say(port, "client_ophyd.py") == {
        "limits": [-10.0, 10.0],
        "egu": "mm",
        "precision": 3,
        "done at once": False,
        "success": True,
        "position": 4.0,
        "dmov": [0, 1, 0, 1],
        "stopped within": True,
        "setpoint is there": True,
        "beyond": "refused",
        "both": [1.0, -3.0, 1],
        "offset": 4.0,
        "described": ["m1", "m1_user_setpoint"],
    }


@pytest.mark.skipif(importlib.util.find_spec("epics") is None, reason="pyepics is not installed")
async def test_pyepics(port: int) -> None:
    assert await say(port, "client_pyepics.py") == {
        "description": "mm",
        "moved": 0,
        "at": [3.0, 3.0, 1],
        "relative": 0,
        "then": 2.0,
        "beyond": -12,  # its own check of the limits
        "tweaked": 2.5,
        "check": True,
        "jogged": True,
    }


@pytest.mark.skipif(C_TOOLS is None, reason="base's client programs come as an x86_64 Linux wheel only")
async def test_caput_callback_waits_for_the_end(port: int) -> None:
    begun = asyncio.get_running_loop().time()
    done = await c_tool(port, "caput", "-c", "-w", "30", "mot:m1", "6")
    assert done.code == 0, done.err
    assert asyncio.get_running_loop().time() - begun > 0.5
    done = await c_tool(port, "caget", "-t", "mot:m1.RBV", "mot:m1.DMOV", "mot:m1.DIR", "mot:m1.SPMG")
    assert done.out.split() == ["6", "1", "Pos", "Go"]
