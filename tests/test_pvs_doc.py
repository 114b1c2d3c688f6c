"""docs/pvs.md: its program runs, and its tables name what there is."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from records import PVSpec, ai, pvproperty
from records.makers import RECORD_TYPES
from tests.clients import C_TOOLS
from tests.programs import program
from tests.waiting import eventually

PAGE = (Path(__file__).parents[1] / "docs" / "pvs.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}")[1].split("\n## ")[0]


def test_all_record_types_are_told() -> None:
    told = re.sub(r"\(.*?\)\)|\(.*?\)", "", section("Record types")).partition("All are")[0]
    assert sorted(set(re.findall(r"\w+", told)) & set(RECORD_TYPES)) == sorted(RECORD_TYPES)


def test_all_arguments_are_told() -> None:
    options = section("Options of")
    hooks = {"get", "put", "startup", "shutdown", "scan"}
    for name in inspect.signature(pvproperty).parameters.keys() - hooks - {"options", "fields", "field_spec"}:
        assert f"`{name}`" in options
    arguments = section("Arguments of")
    for name in inspect.signature(type(ai).__call__).parameters.keys() - {"self", "fields"}:
        assert f"`{name}`" in arguments
    told = set(re.findall(r"@x\.(\w+)", section("Hooks")))
    assert told == {"putter", "getter", "startup", "shutdown", "scan", "fields"}
    assert all(hasattr(PVSpec, name) for name in told)


@pytest.mark.skipif(C_TOOLS is None, reason="there are no C tools")
async def test_the_program(tmp_path: Path) -> None:
    (tmp_path / "pump.py").write_text(PAGE.split("```python\n")[1].split("```")[0], encoding="utf-8")
    async with program("pump.py", "--prefix", "LAB:", "--list-pvs", cwd=tmp_path) as ioc:
        await eventually(lambda: ioc.names == [f"LAB:{name}" for name in ("NOTE", "P", "Q", "SP", "COUNT")])
        assert await ioc.caput("LAB:SP", "7.77") == 0
        assert await ioc.caput("LAB:SP", "70") == 0
        assert (await ioc.caget("-t", "LAB:SP", "LAB:COUNT")).split() == ["10", "2"]
        assert (await ioc.caget("-t", "LAB:P.EGU", "LAB:Q.EGU", "LAB:Q.HIHI")).split() == ["mbar", "mbar", "5"]
        assert (await ioc.caget("-a", "LAB:NOTE")).endswith("SOFT MINOR")

        async def falls() -> bool:
            return float(await ioc.caget("-t", "LAB:P")) < 0.95

        await eventually(falls, 10)
        assert await ioc.caput("LAB:COUNT", "1") != 0
        assert await ioc.end() == 0
        assert "Traceback" not in ioc.text
