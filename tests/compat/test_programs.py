"""Programs of others, where they are installed, and programs that cannot be run."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tests.clients import C_TOOLS
from tests.programs import program

RUN = ("-m", "bridge", "run", "--caproto")
needs_c_tools = pytest.mark.skipif(C_TOOLS is None, reason="there are no C tools")

STAR = "from caproto.server import *\n\n"
IN_A_LOOP_OF_ITS_OWN = """
import asyncio
from caproto.asyncio.server import start_server
from caproto.server import PVSpec

async def double(instance, value):
    return value * 2

async def main():
    pvdb = {"mine:x": PVSpec(name="mine:x", value=1.5, put=double).create(group=None)}
    async def add():
        await asyncio.sleep(0.2)
        pvdb["mine:later"] = PVSpec(name="mine:later", value=7).create(group=None)
    asyncio.get_running_loop().create_task(add())
    await start_server(pvdb, log_pv_names=True)

print("Server startup complete.", flush=True)
asyncio.run(main())
"""


@needs_c_tools
async def test_a_server_in_a_loop_of_its_own_and_pvs_that_come_later(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(IN_A_LOOP_OF_ITS_OWN)
    async with program(*RUN, "mine.py", cwd=tmp_path) as ioc:
        assert await ioc.caput("mine:x", "4") == 0
        assert (await ioc.caget("-t", "mine:x", "mine:later")).split() == ["8", "7"]


@needs_c_tools
@pytest.mark.skipif(importlib.util.find_spec("kronos") is None, reason="dg645-ioc is not installed")
async def test_dg645_with_its_simulated_device() -> None:
    words = (*RUN, "-m", "kronos.main")
    async with program(*words, ready="Starting IOC, PV list following", KRONOS_DELAY_DEVICE="sim") as ioc:
        answers = await ioc.caget(
            "-t", "KMC3:XPP:DG645:ch1:dly", "KMC3:XPP:DG645:ch1:dly.RTYP", "KMC3:XPP:DG645:ch1:pol"
        )
        assert answers.split()[1:] == ["motor", "NEG"]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("from caproto.server import nothing_like_it", ("bad.py:1", "nothing_like_it")),
        ("\nimport caproto.docs", ("bad.py:2", "iocbridge has no caproto.docs")),
        (
            "from caproto.server import *\n\nclass A(PVGroup):\n    x = pvproperty(value=1, record='motr')",
            ("A.x", "motr"),
        ),
        (
            "from caproto.server import *\n\nclass A(PVGroup):\n    x = pvproperty(value=1, unitz='m')\nA('')",
            ("A.x", "unitz"),
        ),
        ("def f(:", ("bad.py:1", "invalid syntax")),
    ],
)
async def test_one_line_says_what_is_wrong(tmp_path: Path, source: str, words: tuple[str, ...]) -> None:
    (tmp_path / "bad.py").write_text(source)
    with pytest.raises(AssertionError) as caught:
        async with program(*RUN, "bad.py", cwd=tmp_path):
            pass
    said = str(caught.value).partition(":\n")[2]
    assert said.startswith("iocbridge: ")
    assert len(said.splitlines()) == 1
    for word in words:
        assert word in said


async def test_usage() -> None:
    with pytest.raises(AssertionError, match="usage: iocbridge run --caproto"):
        async with program(*RUN):
            pass


STATUS = """
from caproto.server import PVGroup, SubGroup, ioc_arg_parser, pvproperty, run
from caproto.server.stats import StatusHelper

class Watched(PVGroup):
    status = SubGroup(StatusHelper, prefix=":DEV:")
    x = pvproperty(value=1)

ioc_options, run_options = ioc_arg_parser(default_prefix="st", desc="status")
run(Watched(**ioc_options).pvdb, **run_options)
"""


@needs_c_tools
async def test_status_helper(tmp_path: Path) -> None:
    (tmp_path / "status.py").write_text(STATUS)
    async with program(*RUN, "status.py", cwd=tmp_path) as ioc:
        assert await ioc.caget("-t", "st:DEV:PROCESS_ID") == str(ioc.process.pid)
        assert int(float(await ioc.caget("-t", "st:DEV:RECORD_CNT"))) > 10
