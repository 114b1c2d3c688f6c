"""Links in a running IOC, over Channel Access: within it, and to another one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from bridge.client import Client
from bridge.runtime import linklog
from bridge.runtime.ioc import Ioc, running
from records import PVGroup, Severity, Status, ai, ao, calc, longout, mbbo, stringin
from tests.client.settings import only
from tests.clients import C_TOOLS
from tests.logs import Lines, logged
from tests.programs import free_port
from tests.records.differential.iocs import both, differences
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


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linklog, "PATIENCE", 0.1)


class Forgetful(Near):
    asks = ai(inp="KRDG? A")


class Wired(PVGroup):
    port = "COM1"
    reads = ai(inp="STATUS CA")
    leads = ai(0.0, flnk="NOBODY")


async def _said(lines: Lines, words: str, times: int) -> None:
    await eventually(lambda: len(lines.about(words)) == times, 15.0)


@pytest.mark.usefixtures("hurry")
async def test_links_that_do_not_connect_are_logged_once() -> None:
    with logged() as lines:
        async with running(Forgetful("N:"), Wired("W:"), config=loopback(), links=lambda: only(free_port())) as ioc:
            await _said(lines, "is not connected", 7)
            for field in ("DESC", "EGU"):  # a link that is there no more is no news
                await ioc.pvdb["N:asks"].field_inst.INP.write(f"N:level.{field}")
            await asyncio.sleep(0.5)
    told = sorted(lines.complaints)
    assert len(told) == 7
    why = "which is not connected: no server has answered the search"
    assert told[0] == f"N:asks.INP leads to 'KRDG?', {why}; is it meant as a question for the port: Ask(...)?"
    assert told[1] == f"N:level.INP leads to 'FAR:level', {why}"
    assert told[-2:] == [
        f"W:leads.FLNK leads to 'NOBODY', {why}",
        f"W:reads.INP leads to 'STATUS', {why}; is it meant as a question for the port: Ask(...)?",
    ]


@pytest.mark.usefixtures("hurry")
async def test_links_that_are_lost_and_found_are_logged() -> None:
    near, port = Near("NEAR:"), free_port()
    with logged() as lines:
        async with asyncio.timeout(30), running(near, config=loopback(), links=lambda: only(port)):
            for count in (4, 8):
                await _said(lines, "is not connected", count)
                async with running(Far("FAR:"), config=replace(loopback(), port=port)):
                    await _said(lines, "is connected now", count)
    assert lines.about("NEAR:level.INP", "connected now") == 2 * [
        "NEAR:level.INP leads to 'FAR:level', which is connected now"
    ]


@pytest.mark.usefixtures("hurry")
async def test_of_many_links_a_few_are_logged() -> None:
    many = {f"M:{number}": ai(name=f"M:{number}", inp=f"AWAY:{number}").create() for number in range(linklog.SHOWN + 5)}
    with logged() as lines:
        async with running(many, config=loopback(), links=lambda: only(free_port())):
            await eventually(lambda: lines.complaints[-1:] == ["the same goes for 5 more links"])
    assert len(lines.complaints) == linklog.SHOWN + 1


def test_a_cp_that_counts_for_nothing_is_logged_with_its_line() -> None:
    with logged() as lines:

        class Follows(PVGroup):
            good = ai(inp="C:sp CP")
            bad = calc(inpa="C:sp CA CP")

    [line] = lines.complaints
    assert "bad: inpa='C:sp CA CP': CP has no effect beside CA, which counts: leave CA out (" in line
    assert __file__ in line


@pytest.mark.skipif(C_TOOLS is None, reason="C IOCs come as x86_64 Linux wheels only")
async def test_which_mode_counts_is_as_in_base() -> None:
    modes = ("CP", "CPP", "CA CP", "CP CA", "CPP CA", "CPP CP", "CPP PP", "NPP CP", "PP CP")
    names = [f"of{number}" for number in range(len(modes))]
    lines = [
        f'record(calc, "{name}") {{ field(CALC, "A") field(INPA, "x {mode}") }}'
        for name, mode in zip(names, modes, strict=True)
    ]
    async with both('record(ao, "x") {}\n' + "\n".join(lines)) as (base, ours, pvdb):
        for client in (base, ours):
            await client.pv("x").put(5.0)
        await eventually(lambda: [pvdb[name].value for name in names] == 2 * [5.0] + 2 * [0.0] + 3 * [5.0] + 2 * [0.0])

        async def alike() -> bool:
            return await differences(base, ours, [*names, *(f"{name}.INPA" for name in names)]) == {}

        await eventually(alike)
