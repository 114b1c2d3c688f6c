"""The record types of synApps in a database file, served, and used by C clients."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.programs import IOCBRIDGE, finished, program
from tests.clients import C_TOOLS, c_tool

needs_c_tools = pytest.mark.skipif(C_TOOLS is None, reason="base's client programs come as an x86_64 Linux wheel only")

LAB = """
record(scalcout, "L:cmd") {
    field(INPA, "L:sp NPP") field(CALC, "PRINTF('SETP %5.2f',A)") field(OUT, "L:text PP CA") field(WAIT, "Wait")
}
record(ao, "L:sp") { field(VAL, "21.5") }
record(stringout, "L:text") {}
record(transform, "L:slit") {
    field(CMTA, "$hi upper blade") field(A, "3") field(B, "1") field(CLCC, "($hi+B)/2") field(OUTC, "L:sp PP")
}
record(swait, "L:wait") { field(INAN, "L:sp") field(CALC, "A>10") field(OUTN, "L:busy") field(FLNK, "L:seq") }
record(busy, "L:busy") { field(ZNAM, "Done") field(ONAM, "Busy") }
record(sseq, "L:seq") {
    field(STR1, "hello") field(LNK1, "L:text CA") field(WAIT1, "After2") field(DO2, "4") field(LNK2, "L:sp CA")
}
"""
BAD = """
record(scalcout, "L:cmd") { field(CALC, "AA[1,2]") field(OCAL, "LEN('a'") field(INMM, "L:sp") }
record(transform, "L:slit") { field(CLCB, "A+") field(CMTA, "$x") field(CLCC, "$x+") }
record(swait, "L:wait") { field(OOPT, "Now") field(INAN, "L:nowhere") field(INAV, "PV OK") }
record(sseq, "L:seq") { field(LNK1, "L:wait.B PP") field(LNK2, "L:wait.VALU") }
"""
MISTAKES = [
    """2:68: error: L:cmd.OCAL: Parenthesis still open at end of expression at column 4 of "LEN('a'\"""",
    "2:81: error: L:cmd.INMM: a record of type scalcout has no field 'INMM' (did you mean 'PINI' or 'NAME' or 'INPL'?)",
    "3:19: error: L:slit: L:slit.CLCC: Incomplete expression, operand missing at column 3 of 'A+'",
    "3:46: error: L:slit.CLCB: Incomplete expression, operand missing at column 3 of 'A+'",
    "4:39: error: L:wait.OOPT: 'Now' is none of the choices",
    "4:58: warning: L:wait.INAN: no record 'L:nowhere' in these files: it will be sought by Channel Access",
    "4:77: error: L:wait.INAV: this field follows from the record and cannot be given",
    "5:64: error: L:seq.LNK2: L:wait is a record of type swait and has no field 'VALU'",
]


@needs_c_tools
async def test_a_database_of_synapps(tmp_path: Path) -> None:
    (tmp_path / "lab.db").write_text(LAB)
    async with program(*IOCBRIDGE, "run", "lab.db", cwd=tmp_path) as running:
        port = await running.port()

        async def get(*names: str) -> list[str]:
            return (await c_tool(port, "caget", "-t", *names)).out.split("\n")[:-1]

        async def put(*words: str) -> int:
            return (await c_tool(port, "caput", "-c", "-w", "15", *words)).code

        assert await put("L:cmd.PROC", "1") == 0
        assert await get("L:cmd.SVAL", "L:text", "L:cmd.OUTV") == ["SETP 21.50", "SETP 21.50", "Local PV"]
        assert await put("L:slit.A", "5") == 0
        assert await get("L:slit.C", "L:sp", "L:slit.OCV") == ["3", "3", "Local PV"]
        assert await put("L:wait.PROC", "1") == 0
        assert await get("L:wait", "L:busy", "L:text", "L:sp", "L:seq.BUSY") == ["0", "Done", "hello", "4", "0"]
        assert await put("L:slit.CLCC", "A+") == 0
        assert await get("L:slit.CCV") == ["-1"]


async def test_check_knows_the_types(tmp_path: Path) -> None:
    (tmp_path / "bad.db").write_text(BAD)
    ended = await finished(*IOCBRIDGE, "check", "bad.db", cwd=tmp_path)
    said = ended.out.splitlines()
    assert said.pop() == "3 records, 7 errors, 1 warning"
    for line, mistake in zip(said, MISTAKES, strict=True):
        assert line.startswith(f"bad.db:{mistake}")
