"""`--async-lib`: IOCs of soft PVs under trio and curio, as processes; and what cannot run there."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from bridge.cli.foreground import async_lib_of
from tests.cli.programs import IOCBRIDGE, finished, program
from tests.clients import C_TOOLS, c_tool

needs_c_tools = pytest.mark.skipif(C_TOOLS is None, reason="base's client programs come as an x86_64 Linux wheel only")

RUN = (*IOCBRIDGE, "run")

SOFT = """\
import threading
from bridge import PVGroup, ao, pvproperty, run

class Soft(PVGroup):
    SPEED = ao(value=1.5, prec=1)
    library = pvproperty(value="", dtype=str)
    slow = pvproperty(value=0.0)
    queued = pvproperty(value=0)
    beats = pvproperty(value=0)
    told = pvproperty(value=0)

    @library.startup
    async def library(self, instance, async_lib):
        self.lib = async_lib
        async_lib.library.current_time() if async_lib.name == "trio" else None
        await instance.write(async_lib.name)

    @slow.putter
    async def slow(self, instance, value):
        await self.lib.library.sleep(0.01)
        return value * 2

    @queued.startup
    async def queued(self, instance, async_lib):
        queue = async_lib.ThreadsafeQueue()
        threading.Thread(target=lambda: [queue.put(number) for number in range(1, 11)]).start()
        while True:
            await instance.write(await queue.async_get())

    @beats.scan(period=0.05)
    async def beats(self, instance, async_lib):
        await instance.write(instance.value + 1)

    @told.shutdown
    async def told(self, instance, async_lib):
        print("good bye from", async_lib.name, flush=True)
"""


def library(name: str) -> str:
    try:
        importlib.import_module(name)
    except Exception as error:  # curio fails in its own ways on newer Pythons
        pytest.skip(f"{name} does not import here: {error!r}")
    return name


@needs_c_tools
@pytest.mark.parametrize("name", ["asyncio", "curio", "trio"])
async def test_hooks_run_under_each(tmp_path: Path, name: str) -> None:
    (tmp_path / "soft.py").write_text(SOFT)
    async with program(*RUN, "soft.py", "--prefix", "L:", "--async-lib", library(name), cwd=tmp_path) as running:
        port = await running.port()
        assert (await c_tool(port, "caput", "-c", "L:slow", "3")).code == 0
        assert (await c_tool(port, "caput", "-c", "L:SPEED", "4")).code == 0
        got = await c_tool(port, "caget", "-t", "L:library", "L:slow", "L:SPEED", "L:queued")
        assert got.out.split() == [name, "6", "4", "10"]

        async def beats() -> bool:
            return int((await c_tool(port, "caget", "-t", "L:beats")).out) >= 2

        for _ in range(100):
            if await beats():
                break
        else:
            pytest.fail("the scan hook does not run")
        done = await running.interrupt()
    assert done.code == 0
    assert done.out == f"good bye from {name}\n"
    assert "Traceback" not in done.err
    assert "Server exited." in done.err


REFUSED = {
    "a SCAN": ("X = ai(value=1.0, scan='1 second')", "P:X has a SCAN other than Passive, which needs asyncio"),
    "autosave": ("X = ao(value=1.0, autosave=True)", "values are to be saved, which needs asyncio"),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_what_needs_asyncio_is_refused(tmp_path: Path, what: str) -> None:
    body, why = REFUSED[what]
    (tmp_path / "ioc.py").write_text(f"from bridge import PVGroup, ai, ao\nclass Ioc(PVGroup):\n    {body}\n")
    words = ("--prefix", "P:", "--async-lib", library("trio"), "--autosave", str(tmp_path / "saved"))
    done = await finished(*RUN, "ioc.py", *words, cwd=tmp_path)
    assert done.code == 2
    assert f"--async-lib trio: {why}" in done.err
    assert "Traceback" not in done.err


def test_caprotos_names_of_servers() -> None:
    assert async_lib_of("caproto.trio.server") == "trio"
    assert async_lib_of("caproto.asyncio.server") == "asyncio"
    assert async_lib_of(None) == "asyncio"
