"""caproto's server inside a loop of the program's own: `Context(pvdb).run()`, `start_server`, and how they end."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Any

import pytest

from bridge.client import Client, ClientConfig
from tests.clients import C_TOOLS
from tests.programs import program
from tests.waiting import eventually


@pytest.fixture(autouse=True)
def _on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EPICS_CAS_INTF_ADDR_LIST", "127.0.0.1")
    monkeypatch.setenv("EPICS_CAS_AUTO_BEACON_ADDR_LIST", "NO")
    monkeypatch.setenv("EPICS_CAS_SERVER_PORT", "0")


def client(port: int) -> Client:
    return Client(ClientConfig(addresses=(("127.0.0.1", port),), auto_addr_list=False))


async def test_a_context_serves_until_it_is_cancelled(caproto: Any) -> None:
    from caproto.asyncio.server import AsyncioAsyncLayer, Context
    from caproto.server import PVGroup, pvproperty

    said: list[str] = []

    class Group(PVGroup):
        x = pvproperty(value=1)

        @x.startup
        async def x(self, instance: Any, async_lib: Any) -> None:
            said.append("startup")

        @x.shutdown
        async def x(self, instance: Any, async_lib: Any) -> None:
            said.append("shutdown")

    async def begin(async_lib: Any) -> None:
        assert isinstance(async_lib, AsyncioAsyncLayer)
        said.append("hook")

    pvdb = dict(Group("c:").pvdb)
    context = Context(pvdb)
    task = asyncio.create_task(context.run(startup_hook=begin))
    await eventually(lambda: {"startup", "hook"} <= set(said))
    async with client(context.port) as one:
        assert (await one.pv("c:x").get()).value == 1
        pvdb.update(Group("late:").pvdb)
        assert (await one.pv("late:x").get()).value == 1
        await eventually(lambda: said.count("startup") == 2)
    task.cancel()
    await task  # as caproto's, it ends without an error
    assert said.count("shutdown") == 2
    assert context.port is None


async def test_hooks_of_a_pv_without_a_group(caproto: Any) -> None:
    from caproto.asyncio.server import start_server
    from caproto.server import PVSpec

    said: list[str] = []

    async def begin(instance: Any, async_lib: Any) -> None:
        said.append(f"begin {instance.pvname}")

    async def end(instance: Any, async_lib: Any) -> None:
        said.append(f"end {instance.pvname}")

    pv = PVSpec(name="a", value=1.0, startup=begin, shutdown=end).create(group=None)
    task = asyncio.create_task(start_server({"a": pv}))
    await eventually(lambda: said == ["begin a"])
    task.cancel()
    await task
    assert said == ["begin a", "end a"]


async def test_a_startup_hook_that_fails_fails_the_server(caproto: Any) -> None:
    from caproto.asyncio.server import Context
    from caproto.server import PVSpec

    async def begin(async_lib: Any) -> None:
        raise RuntimeError("no detector")

    with pytest.raises(RuntimeError, match="no detector"):
        await Context({"a": PVSpec(name="a", value=1.0).create(group=None)}).run(startup_hook=begin)


PROGRAM = """
import asyncio
from caproto.asyncio.server import Context
from caproto.server import PVGroup, pvproperty

class Group(PVGroup):
    x = pvproperty(value=1)

    @x.shutdown
    async def x(self, instance, async_lib):
        print("the valve is closed", flush=True)

async def up(async_lib):
    print("it is up", flush=True)

async def work():
    while True:
        await asyncio.sleep(1)

async def main():
    busy = asyncio.create_task(work())
    await Context(Group("own:").pvdb).run(startup_hook=up)
    busy.cancel()

asyncio.run(main())
"""


@pytest.mark.skipif(C_TOOLS is None, reason="there are no C tools")
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
async def test_signals_end_it_in_good_order(tmp_path: Path, end: signal.Signals) -> None:
    (tmp_path / "own.py").write_text(PROGRAM)
    async with program("-m", "bridge", "run", "--caproto", "own.py", cwd=tmp_path, ready="it is up") as ioc:
        assert await ioc.caget("-t", "own:x") == "1"
        ioc.process.send_signal(end)
        async with asyncio.timeout(10):
            assert await ioc.process.wait() == 0
        await eventually(lambda: "the valve is closed" in ioc.text)
        assert "Traceback" not in ioc.text, ioc.text
