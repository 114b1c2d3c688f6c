"""The programs inside caproto's own package, unmodified, on our server, asked by base's C client.

docs/from-caproto.md has the same table in words; `test_the_table_is_complete` keeps the two together.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.clients import C_TOOLS, communicate
from tests.programs import program
from tests.waiting import eventually

RUN = ("-m", "bridge", "run", "--caproto", "-m")
SPEC = importlib.util.find_spec("caproto")
HOME = Path(next(iter(SPEC.submodule_search_locations))) / "ioc_examples" if SPEC else None  # type: ignore[arg-type]
pytestmark = [
    pytest.mark.skipif(HOME is None, reason="caproto is not installed"),
    pytest.mark.skipif(C_TOOLS is None, reason="there are no C tools"),
]


class Case(NamedTuple):
    """How a program is started."""

    args: tuple[str, ...] = ()
    needs: str = ""  # a package that caproto does not bring
    stdin: bytes = b""
    slow: tuple[str, ...] = ()  # PVs whose getter takes its time
    ask: tuple[str, ...] = ()  # instead of the names that it lists
    away: bool = False  # its hardware is not there: its start-up hook fails, and everything else serves


CASES: dict[str, Case] = {
    "advanced.raw_timestamp": Case(),
    "advanced.thread_client_monitor": Case(),
    "advanced.type_varieties": Case(),
    "autosave": Case(),
    "big_image_noisy_neighbor": Case(),
    "chirp": Case(),
    "client_monitor_async": Case(),
    "custom_write": Case(),
    "decay": Case(),
    "enums": Case(),
    "fake_motor_record": Case(),
    "formula_ioc": Case(("--formula", "out = a + b * 2")),
    "hardware_specific.barcode_reader": Case(("--event", "/dev/input/none"), needs="evdev", away=True),
    "hardware_specific.gamepad": Case(("--event", "/dev/input/none"), needs="evdev", away=True),
    "io_interrupt": Case(),
    "lakeshore": Case(needs="simple_pid"),
    "macros": Case(("--beamline", "XF31ID", "--suffix", "detector")),
    "mini_beamline": Case(),
    "mirror": Case(("--target", "mirror:nobody")),
    "no_pvproperty": Case(),
    "pathological.defaultdict_server": Case(stdin=b"\n", ask=("anything", "whatever:else")),
    "pathological.reading_counter": Case(),
    "pathological.spoof_beamline": Case(stdin=b"\n", ask=("13SIM1:cam1:Acquire",)),
    "random_walk": Case(),
    "records": Case(),
    "records_subclass": Case(),
    "rpc_function": Case(),
    "scalars_and_arrays": Case(),
    "scan_rate": Case(),
    "setpoint_rbv_pair": Case(),
    "simple": Case(),
    "simple_with_type_hints": Case(),
    "skip_write": Case(),
    "startup_and_shutdown_hooks": Case(),
    "states": Case(),
    "subgroups": Case(),
    "thermo_sim": Case(),
    "too_clever.areadetector_image": Case(needs="ophyd"),
    "too_clever.caproto_to_ophyd": Case(needs="ophyd"),
    "too_clever.dynamic_calc": Case(),
    "too_clever.dynamic_pvgroups": Case(),
    "too_clever.shared_memory": Case(),
    "too_clever.trigger_with_pc": Case(slow=("trigger_with_pc:wait",)),
    "worker_thread": Case(),
    "worker_thread_pc": Case(),
}


A_CLIENT = "too_clever.caproto_to_typhos"


def test_the_table_is_complete() -> None:
    assert HOME is not None
    found = {
        ".".join(path.relative_to(HOME).with_suffix("").parts)
        for path in HOME.rglob("*.py")
        if path.name != "__init__.py"
    }
    assert found == {*CASES, A_CLIENT}
    guide = (Path(__file__).resolve().parents[2] / "docs" / "from-caproto.md").read_text()
    for name in found:
        assert f"| `{name}` | works |" in guide


@pytest.mark.parametrize("name", CASES)
async def test_runs_unmodified_and_answers_a_c_client(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    _need(case.needs)
    words = (*RUN, f"caproto.ioc_examples.{name}", *case.args, "--list-pvs")
    async with program(*words, cwd=tmp_path, stdin=case.stdin) as ioc:
        # which are said after all else; two have any name that is asked for
        await eventually(lambda: bool(ioc.names or (case.ask and "PVs available:" in ioc.text)))
        names = [name for name in ioc.names if name not in case.slow] or list(case.ask)
        assert names, ioc.text
        answers = (await ioc.caget("-#", "3", *names)).splitlines()
        assert len(answers) == len(names)
        assert not any("Not connected" in answer or "***" in answer for answer in answers), answers
        assert ("Traceback" in ioc.text) == case.away, ioc.text
        assert await ioc.end() in (0, -2)


async def test_a_device_made_from_a_group_reads_it(tmp_path: Path) -> None:
    """The one example that is no IOC: ophyd, over pyepics, asks the one before it. Its window needs pydm and typhos."""
    _need("ophyd")
    _need("epics")
    async with program(*RUN, "caproto.ioc_examples.too_clever.caproto_to_ophyd", cwd=tmp_path) as ioc:
        words = (*RUN, f"caproto.ioc_examples.{A_CLIENT}", "integration:")
        done = await communicate(sys.executable, *words, env=ioc.client_environment, deadline=30)
        assert done.code == 0, done.err
        assert "GroupDeviceTuple(get_random=get_randomDeviceTuple(low=100, high=1000" in done.out


def _need(package: str) -> None:
    if package and importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
