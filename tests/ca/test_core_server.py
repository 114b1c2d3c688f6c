"""Base's own clients against a server of eighty lines on the core."""

from __future__ import annotations

import pytest

from tests.ca.core_server import core_server
from tests.clients import C_TOOLS, c_tool

pytestmark = pytest.mark.skipif(C_TOOLS is None, reason="base's client programs come as an x86_64 Linux wheel only")


async def test_c_clients() -> None:
    async with core_server("core:x", 3.0) as server:
        found = await c_tool(server.port, "caget", "-a", "core:x")
        assert found.out.split()[0] == "core:x"
        assert found.out.split()[1].startswith("2021-09-")
        assert found.out.split()[3] == "3"
        found = await c_tool(server.port, "caget", "-d", "CTRL_DOUBLE", "core:x")
        assert "Precision:        3" in found.out
        assert "Units:            s" in found.out
        found = await c_tool(server.port, "caput", "-c", "core:x", "4.5")
        assert found.out.split() == ["Old", ":", "core:x", "3", "New", ":", "core:x", "4.5"]
        assert server.value == 4.5
        found = await c_tool(server.port, "cainfo", "core:x")
        assert "Native data type: DBF_DOUBLE" in found.out
        found = await c_tool(server.port, "caget", "-w", "0.3", "core:nobody")
        assert found.code == 1
