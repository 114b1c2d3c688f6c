"""docs/drivers.md: every block of Python runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

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
        assert len(group.pvdb) == 7


@pytest.mark.parametrize("name", CHECKSUMS)
def test_the_check_values_are_told(name: str) -> None:
    value = Checksum(name, "hex").of(b"123456789").decode()
    assert re.search(rf"\b{name}\b[a-z0-9\s]*\s{value}\b", TEXT)
