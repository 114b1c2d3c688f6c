from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

import sim
from sim.backdoor import Backdoor
from tests.sim.clients import Line, line


async def tell(client: Line, request: Any) -> Any:
    client.writer.write((request if isinstance(request, str) else json.dumps(request)).encode() + b"\n")
    return json.loads(await client.raw())


@pytest.fixture
async def pair():
    async with sim.serve("lakeshore336", clock=sim.HandClock()) as running:
        backdoor = Backdoor(running)
        await backdoor.start()
        async with line(backdoor.address) as client:
            yield running, client
        await backdoor.stop()


async def test_get_and_set(pair):
    running, client = pair
    assert await tell(client, {"get": "input.A.kelvin"}) == {"value": running.device.input["A"].kelvin}
    assert await tell(client, {"set": ["input.A.kelvin", 4.2]}) == {"ok": True}
    assert await tell(client, {"get": "input.A.kelvin"}) == {"value": 4.2}
    async with line(running.address) as instrument:
        assert await instrument.ask("KRDG? A") == "+004.200"


async def test_a_whole_part_is_a_dictionary(pair):
    _running, client = pair
    part = (await tell(client, {"get": "output.1"}))["value"]
    assert (part["setpoint"], part["range"], part["percent"]) == (100.0, 0, 0.0)


async def test_faults_and_cable(pair):
    running, client = pair
    assert await tell(client, {"fault": "garbage", "times": 1, "match": "SETP"}) == {"ok": True}
    async with line(running.address) as instrument:
        with pytest.raises(ValueError, match="could not convert"):
            float(await instrument.ask("SETP? 1"))
        assert await instrument.ask("SETP? 1") == "+100.000"
    assert await tell(client, {"unplug": True}) == {"ok": True}
    host, port = running.address.split(":")
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(host, int(port))
    assert await tell(client, {"plug": True}) == {"ok": True}
    assert await tell(client, {"fault": "silence", "times": None}) == {"ok": True}
    assert await tell(client, {"clear": True}) == {"ok": True}
    async with line(running.address) as instrument:
        assert await instrument.ask("*OPC?") == "1"


async def test_actions(pair):
    running, client = pair
    running.device.output[1].range = 3
    assert await tell(client, {"call": "heaters_off"}) == {"ok": True}
    assert running.device.output[1].range == 0
    assert await tell(client, {"call": "press"}) == {"error": "lakeshore336 has no action 'press'"}


@pytest.mark.parametrize(
    ("request_line", "says"),
    [
        ("not json", "Expecting value"),
        ("[1]", "ask for get, set"),
        ({"get": "input.Z"}, "there is no 'Z' here, only A, B, C, D"),
        ({"get": "_faults"}, "not public"),
        ({"set": ["input.A.status", 1]}, "cannot be set"),
        ({"set": ["advance", 1]}, "is an action"),
        ({"fault": "tangle"}, "no fault 'tangle'"),
        ({"fault": "delay", "secs": 1}, "takes seconds="),
        ({"call": "__init__"}, "has no action"),
    ],
)
async def test_nonsense_gets_an_error_and_the_next_request_is_served(pair, request_line, says):
    _running, client = pair
    assert says in (await tell(client, request_line))["error"]
    assert "value" in await tell(client, {"get": "elapsed"})
