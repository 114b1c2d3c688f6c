"""`iocbridge sim` is the simulators' own command line; tests/sim/test_cli.py tests that."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.cli.programs import IOCBRIDGE, finished, program

SIM = (*IOCBRIDGE, "sim")


async def test_lists_the_instruments() -> None:
    done = await finished(*SIM, "--list")
    assert (done.code, done.err) == (0, "")
    assert [line.split()[0] for line in done.out.splitlines()] == ["lakeshore336", "sdm630", "shellyplug"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_runs_until_it_is_told_to_stop(tmp_path: Path, number: int) -> None:
    link = tmp_path / "meter"
    async with program(*SIM, "sdm630", "--link", str(link)) as running:
        await running.until(f"sdm630 listens on {link}")
        assert link.is_symlink()
        done = await running.interrupt(number)
    assert (done.code, done.err) == (0, "")
    assert not link.is_symlink()


async def test_an_ioc_in_another_process_reads_it(tmp_path: Path) -> None:
    """The two commands together, as in the tutorial: a simulator in one terminal, an IOC in the other."""
    link = tmp_path / "ttyMETER"
    (tmp_path / "my_ioc.py").write_text(
        f"from bridge import run\nfrom devices import SDM630\nrun(SDM630('LAB:', device='{link}'))\n"
    )
    async with program(*SIM, "sdm630", "--link", str(link)) as simulator:
        await simulator.until("listens on")
        async with program(*IOCBRIDGE, "run", "my_ioc.py", cwd=tmp_path) as ioc:
            await ioc.until(f"{link}: connected")
            done = await ioc.interrupt()
            assert done.code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing"], "no simulator 'nothing', only lakeshore336, sdm630, shellyplug"),
        (["shellyplug", "--tty"], "shellyplug has no serial port"),
        (["sdm630", "--port", "70000"], "a port is a number from 0 to 65535, not 70000"),
        ([], "which one? lakeshore336, sdm630, shellyplug"),
    ],
)
async def test_one_line_for_what_is_wrong(words: list[str], said: str) -> None:
    done = await finished(*SIM, *words)
    assert done.code == 2
    (line,) = done.err.splitlines()
    assert line.startswith("iocbridge sim: ")
    assert said in line
