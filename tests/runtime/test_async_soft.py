"""DTYP "Async Soft Channel": the same records in a C IOC and in ours wait for the same things."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.client import Client
from bridge.runtime.dbfiles import DbFiles
from bridge.runtime.ioc import running
from tests.ca.softioc import softioc
from tests.client.settings import only
from tests.clients import C_TOOLS
from tests.server.serving import loopback

#: A target that takes 0.3 s (calcout with ODLY), in front of it outputs and inputs.
DATABASE = """
record(calcout, "slow") { field(CALC, "A") field(ODLY, 0.3) field(OUT, "done PP") field(FLNK, "count") }
record(longout, "done") {}
record(calc, "count") { field(CALC, "VAL+1") }
record(ao, "out") { field(DTYP, "%") field(OUT, "slow.A CA") field(FLNK, "after") }
record(calcout, "co") { field(CALC, "A*2") field(DTYP, "%") field(OUT, "slow.A CA") field(FLNK, "after") }
record(longout, "direct") { field(DTYP, "%") field(OUT, "slow.A PP") field(FLNK, "after") }
record(printf, "words") { field(FMT, "7") field(DTYP, "%") field(OUT, "slow.A CA") field(FLNK, "after") }
record(ai, "in") { field(DTYP, "%") field(INP, "slow.VAL MS") field(FLNK, "after") }
record(longin, "lin") { field(DTYP, "%") field(INP, "slow") field(FLNK, "after") }
record(mbbi, "states") { field(DTYP, "%") field(INP, "slow") field(FLNK, "after") }
record(longin, "after") { field(INP, "done NPP") }
""".replace("%", "Async Soft Channel")
TIMEOUT = 20.0


@contextlib.asynccontextmanager
async def serving(whose: str, folder: Path) -> AsyncIterator[Client]:
    if whose == "base's":
        async with softioc(DATABASE, newest=True) as port, Client(only(port)) as client:
            yield client
        return
    file = folder / "async.db"
    file.write_text(DATABASE)
    found = DbFiles()
    found.load(str(file))
    assert not found.problems, found.problems
    async with running(found.pvdb, config=loopback()) as ioc, Client(only(ioc.server.port)) as client:
        yield client


@pytest.fixture(params=["base's", "ours"])
async def client(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Client]:
    if request.param == "base's" and C_TOOLS is None:
        pytest.skip("C IOCs come as x86_64 Linux wheels only")
    async with serving(request.param, tmp_path) as found:
        await asyncio.gather(*(found.pv(name).wait_connected(TIMEOUT) for name in ("slow", "done", "after")))
        yield found


async def value(client: Client, name: str) -> float:
    found = (await client.pv(name).get(timeout=TIMEOUT)).value
    assert isinstance(found, (int, float))
    return found


async def wait_active(client: Client, name: str) -> None:
    while not await value(client, f"{name}.PACT"):
        await asyncio.sleep(0.01)


async def test_both_wait_for_the_same(client: Client) -> None:
    """One test, as an IOC takes its time to start."""
    for name, put, arrives in (("out", 5, 5), ("co.A", 4, 8), ("words.PROC", 1, 7)):
        await output_is_waited_for(client, name, put, arrives)
    await client.pv("direct").put(6, timeout=TIMEOUT)  # its record does not wait, but the put does
    assert (await value(client, "done"), await value(client, "after")) == (6, 7)
    for name in ("in", "lin", "states"):
        await input_waits(client, name)


async def output_is_waited_for(client: Client, name: str, put: float, arrives: float) -> None:
    record = name.partition(".")[0]
    before = await value(client, "done"), await value(client, "after")
    work = asyncio.create_task(client.pv(name).put(put, timeout=TIMEOUT))
    await wait_active(client, record)
    assert (await value(client, "done"), await value(client, "after")) == before
    await work
    assert await value(client, f"{record}.PACT") == 0
    assert (await value(client, "done"), await value(client, "after")) == (arrives, arrives)


async def input_waits(client: Client, name: str) -> None:
    """Its source processes first, with all that follows."""
    before = await value(client, "count")
    work = asyncio.create_task(client.pv(f"{name}.PROC").put(1, timeout=TIMEOUT))
    await wait_active(client, name)
    assert await value(client, name) == 0
    await work
    assert (await value(client, name), await value(client, "after")) == (6, 6)
    assert await value(client, "count") == before + 1
    assert await value(client, f"{name}.PACT") == 0
