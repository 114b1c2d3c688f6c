"""Links in a running IOC, over Channel Access: within it, and to another one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from bridge.client import Client
from bridge.runtime.ioc import Ioc, running
from records import PVGroup, Severity, Status, ai, ao, longout, mbbo, stringin
from tests.client.settings import only
from tests.runtime.fakes import Slow
from tests.server.serving import loopback
from tests.waiting import eventually


class Chain(PVGroup):
    sp = ao(0.0, flnk="C:slow")
    slow = ai(inp=Slow(), flnk="C:last")
    last = ai(inp="C:slow")
    follows = ai(inp="C:sp CP MS")
    passive = ai(inp="C:sp CPP", scan="10 second")
    counts = longout(0, out="C:copy CA")
    copy = ao(0.0)


class Far(PVGroup):
    level = ao(1.0, hihi=10.0, hhsv="MAJOR")
    mode = mbbo(0, zrst="idle", onst="busy")


class Near(PVGroup):
    level = ai(inp="FAR:level CP MS")
    text = stringin(inp="FAR:mode CP")
    sp = ao(0.0, out="FAR:level")
    trigger = ai(0.0, flnk="FAR:level.PROC CA")


@pytest.fixture
async def chain() -> AsyncIterator[tuple[Chain, Ioc]]:
    group = Chain("C:")
    async with running(group, config=loopback()) as ioc:
        yield group, ioc


async def test_a_put_over_ca_waits_for_the_chain(chain: tuple[Chain, Ioc]) -> None:
    group, ioc = chain
    async with Client(only(ioc.server.port)) as client:
        await client.pv("C:sp").put(2.0)
        assert group.last.value == 1.0
        await client.pv("C:last.INP").put("C:sp NPP MS")
        assert (await client.pv("C:last.INP").get()).value == "C:sp NPP MS"
        await client.pv("C:sp").put(3.0)
        assert group.last.value == 3.0


async def test_cp_processes_on_each_event(chain: tuple[Chain, Ioc]) -> None:
    group, _ = chain
    await eventually(lambda: group.follows.udf == 0)
    for value in (4.0, 5.0):
        await group.sp.write(value)
        await eventually(lambda value=value: group.follows.value == value)  # type: ignore[misc]
    assert group.passive.value == 0.0  # CPP, but not Passive
    group.passive.put_field("SCAN", "Passive")
    await group.sp.write(6.0)
    await eventually(lambda: group.passive.value == 6.0)


async def test_ca_puts_are_those_of_a_client(chain: tuple[Chain, Ioc]) -> None:
    group, _ = chain
    group.counts.put(7)
    assert group.copy.value == 0.0
    await eventually(lambda: group.copy.value == 7.0)


async def test_links_to_another_ioc() -> None:
    near = Near("NEAR:")
    async with asyncio.timeout(30), AsyncExitStack() as away:
        far = await away.enter_async_context(running(Far("FAR:"), config=loopback()))
        async with running(near, config=loopback(), links=lambda: only(far.server.port)):
            await eventually(lambda: near.level.value == 1.0 and near.level.udf == 0)
            await eventually(lambda: near.text.value == "idle")
            near.sp.put(12.0)
            await eventually(lambda: near.level.value == 12.0)
            assert near.level.alarm[:2] == (Status.LINK, Severity.MAJOR)
            await away.aclose()
            await eventually(lambda: near.level.alarm[:2] == (Status.LINK, Severity.INVALID), 10.0)
            assert near.level.amsg == "field INP: FAR:level is not connected"
            near.sp.put(1.0)
            assert near.sp.alarm[:2] == (Status.LINK, Severity.INVALID)
