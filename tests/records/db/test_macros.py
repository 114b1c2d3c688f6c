"""Macros in database files, with base's macLib as the judge."""

from __future__ import annotations

import random

import pytest

from records.db import parse_macros
from records.db.macros import Macros
from tests.records.calc.base import available
from tests.records.db.maclib import base_expand

DEFINITIONS = r"""P=LAB:,N=1,A1=first,Q="a, b",E=,R=$(P)x,Z=$(Z2=zz),L=$(L),S='$(P)',T=$(U),W=\"q\","""
PIECES = (
    *("$(P)", "${P}", "$(N)", "$(A$(N))", "$(A${N})", "$(Q)", "$(E)", "$(R)", "$(Z)", "$(S)", "$(W)"),
    *("$(X=default)", "$(X=$(P)y)", "$(X=)", "$(X=a b)", "${X=(}", "$(P=unused)", "$(E=unused)"),
    *("$(R,P=other)", "$(A$(N),N=1)", "$(Y,Y=scoped)", "$(Y=d,P=1,N=2)", "$(Z,Z2=deep)", "$(Y=$(P),P=in)"),
    *("$", "$$", "( ", ")", "}", "'", '"', "\\", "\\$(P)", "text", " ", "=", ",", "$(missing)", "$(L)", "$(T)"),
)


@pytest.mark.skipif(not available(), reason="epicscorelibs comes as an x86_64 Linux wheel only")
def test_expansion_is_base_s() -> None:
    rng = random.Random(3)
    macros = Macros(parse_macros(DEFINITIONS))
    for _ in range(3000):
        line = "".join(rng.choice(PIECES) for _ in range(rng.randint(1, 6)))
        base, whole = base_expand(line, DEFINITIONS)
        ours = macros.expand(line)
        if "$(" in line.replace("\\$(", "") and ours.faults and "not closed" in ours.faults[-1][1]:
            continue  # base reads on behind the end of the line
        assert ours.text == base, line
        assert (not ours.faults) == whole, line


def test_every_character_knows_its_column() -> None:
    expanded = Macros({"P": "LAB:"}).expand('record(ai, "$(P)x")')
    assert expanded.text == 'record(ai, "LAB:x")'
    assert expanded.columns[expanded.text.index("L")] == 13
    assert expanded.columns[expanded.text.index("x")] == 17
    assert expanded.columns[-1] == len('record(ai, "$(P)x")') + 1


def test_what_is_undefined_is_told_with_its_column() -> None:
    assert Macros({}).expand("ab $(P) $(Q=)").faults == [(4, "macro 'P' is not defined")]


def test_definitions_on_a_command_line() -> None:
    assert parse_macros(r'P=LAB:, R = "a, b" ,S=,T=a\,b') == {"P": "LAB:", "R": '"a, b"', "S": "", "T": r"a\,b"}
    with pytest.raises(ValueError, match="'P' defines no macro"):
        parse_macros("P")
