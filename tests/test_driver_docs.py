"""The examples of docs/modbus.md and docs/http.md: each block runs after those before it; what awaits is compiled."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.parametrize("name", ["modbus.md", "http.md"])
def test_the_examples_are_what_one_can_copy(name: str) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (DOCS / name).read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    names: dict[str, Any] = {"__name__": "example"}
    for block in blocks:
        code = compile(block, name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        if "await" in block:
            missing = set(code.co_names) & {"ModbusTcpPort", "Input", "Coil", "Holding", "FLOAT32"} - names.keys()
            assert not missing
        else:
            exec(code, names)
    assert any(hasattr(value, "pvdb") for value in names.values())
