"""`iocbridge info`, beside base's cainfo."""

from __future__ import annotations

import pytest

from bridge.server import serving
from records import PV
from tests.ca.softioc import softioc
from tests.cli.records import DATABASE
from tests.cli.tool import ours
from tests.clients import C_TOOLS, c_tool
from tests.server.serving import loopback

FIELDS = "ao long bo string doubles floats longs shorts chars strings ao.DISP"
NAMES = [f"T:{field}" for field in FIELDS.split()]


@pytest.mark.skipif(C_TOOLS is None, reason="base's programs come as an x86_64 Linux wheel only")
async def test_prints_what_cainfo_prints() -> None:
    async with softioc(DATABASE) as port:
        base = await c_tool(port, "cainfo", *NAMES)
        found = await ours(port, "info", *NAMES)
        assert found == base
        assert found.code == 0
        missing = await c_tool(port, "cainfo", "-w", "0.2", "NOBODY")
        assert await ours(port, "info", "-w", "0.2", "NOBODY") == missing


async def test_rights_and_what_is_missing() -> None:
    pvs = {"X": PV("X", [1.0, 2.0], max_count=7, writable=False)}
    async with serving(pvs, loopback()) as server:
        found = await ours(server.port, "info", "-w", "0.2", "X", "NOBODY")
        assert found.out.splitlines() == [
            "X",
            "    State:            connected",
            f"    Host:             localhost:{server.port}",
            "    Access:           read, no write",
            "    Native data type: DBF_DOUBLE",
            "    Request type:     DBR_DOUBLE",
            "    Element count:    7",
        ]
        assert found.err == "Channel connect timed out: 'NOBODY' not found.\n"
        assert found.code == 1


@pytest.mark.parametrize(
    ("words", "complaint"),
    [([], "no PV name given"), (["-t", "X"], "option -t not recognized"), (["-p", "x", "X"], "-p")],
)
async def test_words_that_make_no_sense(words: list[str], complaint: str) -> None:
    found = await ours(1, "info", *words)
    assert complaint in found.err
    assert found.code == 1
