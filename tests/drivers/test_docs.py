"""docs/drivers.md: every block of Python runs."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

import drivers
from drivers.line.checksums import CHECKSUMS, Checksum

TEXT = (Path(__file__).parents[2] / "docs" / "drivers.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_the_examples_run(block: str) -> None:
    names: dict[str, object] = {"__name__": "docs"}
    exec(compile(block, "docs/drivers.md", "exec"), names)
    if "Bath" in names:
        from drivers import LinePort, MemoryTransport

        group = names["Bath"]("T:", port=LinePort("bath", MemoryTransport()))  # type: ignore[operator]
        assert len(group.pvdb) == 8


@pytest.mark.parametrize("name", CHECKSUMS)
def test_the_check_values_are_told(name: str) -> None:
    value = Checksum(name, "hex").of(b"123456789").decode()
    assert re.search(rf"\b{name}\b[a-z0-9\s]*\s{value}\b", TEXT)


@pytest.mark.parametrize(
    "name",
    [
        "Ask",
        "Tell",
        "Hear",
        "Input",
        "Holding",
        "Coil",
        "Discrete",
        "Get",
        "Query",
        "Post",
        "Put",
        "Patch",
        "Command",
        "Pushed",
    ],
)
def test_the_parameters_of_questions_are_told(name: str) -> None:
    (told,) = re.findall(rf"`{name}\((.*?)\)`", TEXT[TEXT.index("### Questions and their parameters") :])
    told = told.replace('","', "")
    assert [one.strip().partition("=")[0] for one in told.split(",")] == [
        one.name for one in fields(getattr(drivers, name)) if one.name != "_"
    ]
