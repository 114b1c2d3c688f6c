"""Mistakes in a program, ours or one in caproto's words: one line that names class, attribute and file:line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.programs import IOCBRIDGE, program

OURS = "from bridge import PVGroup, SubGroup, pvproperty, run\n\n\n"
CAPROTO = "from caproto.server import PVGroup, SubGroup, pvproperty, run\n\n\n"
BAD = {
    "duplicate names": (
        "class A(PVGroup):\n    x = pvproperty(value=1, name='same')\n    y = pvproperty(value=1, name='same')\n",
        ("two PVs are called 'p:same': A.x and A.y", "bad.py:5", "bad.py:6"),
    ),
    "duplicate names in groups": (
        "class A(PVGroup):\n    x = pvproperty(value=1)\n"
        "class B(PVGroup):\n    one = SubGroup(A, prefix='s:')\n    two = SubGroup(A, prefix='s:')\n"
        "A = B\n",
        ("two PVs are called 'p:s:x': B.one.x and B.two.x", "bad.py:5"),
    ),
    "a wrong first value": (
        "class A(PVGroup):\n    x = pvproperty(value='abc', dtype=int)\n",
        ("A.x: ", "'abc' is no whole number", "bad.py:5"),
    ),
    "a wrong type": (
        "class A(PVGroup):\n    x = pvproperty(value=1, dtype=complex)\n",
        ("A.x: ", "complex", "bad.py:5"),
    ),
    "a wrong precision": (
        "class A(PVGroup):\n    x = pvproperty(value=1.0, precision='three')\n",
        ("A.x: ", "precision='three' is no whole number", "bad.py:5"),
    ),
    "a wrong period": (
        "class A(PVGroup):\n    x = pvproperty(value=1)\n\n"
        "    @x.scan(period='often')\n    async def x(self, instance, async_lib): ...\n",
        ("A.x: ", "scan wants a period in seconds, not 'often'", "bad.py:5"),
    ),
    "a putter's arguments": (
        "class A(PVGroup):\n    x = pvproperty(value=1)\n\n    @x.putter\n    async def x(self, value): ...\n",
        ("A.x: the putter is called with (self, instance, value), but x takes (self, value)", "bad.py:7"),
    ),
    "a field's putter's arguments": (
        "class A(PVGroup):\n    x = pvproperty(value=1.0, record='ai')\n\n"
        "    @x.fields.HIHI.putter\n    async def x(self, value): ...\n",
        ("A.x: the putter of field HIHI is called with (self, instance, value)", "bad.py:7"),
    ),
    "an unknown record type": (
        "class A(PVGroup):\n    x = pvproperty(value=1, record='motr')\n",
        ("A.x: there is no record type 'motr'", "bad.py:5"),
    ),
    "an unknown field": (
        "class A(PVGroup):\n    x = pvproperty(value=1.0, record='ai')\n\n"
        "    @x.fields.hihii.putter\n    async def x(self, instance, value): ...\n",
        ("A.x: a record of type ai has no field hihii", "bad.py:5"),
    ),
    "an unknown option": (
        "class A(PVGroup):\n    x = pvproperty(value=1, unitz='m')\n",
        ("A.x: ", "no option", "unitz", "bad.py:5"),
    ),
}


async def complaint(folder: Path, source: str, *words: str) -> str:
    """The one line that a program says before it ends."""
    (folder / "bad.py").write_text(source)
    async with program(*IOCBRIDGE, "run", *words, "bad.py", cwd=folder) as ioc:
        left = await ioc.end()
    assert left.code == 2, left.err
    [line] = left.err.splitlines()
    assert line.startswith("iocbridge: ")
    return line


@pytest.mark.parametrize("style", ["ours", "caproto"])
@pytest.mark.parametrize("what", BAD)
async def test_one_line(tmp_path: Path, what: str, style: str) -> None:
    body, words = BAD[what]
    if style == "ours":
        line = await complaint(tmp_path, f"{OURS}{body}\nrun(A('p:'))\n")
    else:
        line = await complaint(tmp_path, f"{CAPROTO}{body}\nrun(A('p:').pvdb)\n", "--caproto")
    for word in words:
        assert word in line


async def test_a_name_over_60_characters(tmp_path: Path) -> None:
    body = "class A(PVGroup):\n    x = pvproperty(value=1, name='n' * 61)\n"
    line = await complaint(tmp_path, f"{OURS}{body}\nrun(A(''))\n")
    for word in ("A.x: the name 'nnn", "has 61 characters; EPICS allows 60", "bad.py:5"):
        assert word in line


async def test_a_name_over_60_characters_of_a_caproto_program(tmp_path: Path) -> None:
    """It is served, because Channel Access can do it and there are such programs; and it is said."""
    body = "class A(PVGroup):\n    x = pvproperty(value=1, name='n' * 61)\n"
    (tmp_path / "long.py").write_text(f"{CAPROTO}{body}\nrun(A('').pvdb)\n")
    async with program(*IOCBRIDGE, "run", "--caproto", "long.py", cwd=tmp_path) as ioc:
        await ioc.until("A.x: the name 'n+' has 61 characters; EPICS allows 60 .*long.py:5")


async def test_two_groups_with_a_name_in_common(tmp_path: Path) -> None:
    body = "class A(PVGroup):\n    x = pvproperty(value=1)\nclass B(PVGroup):\n    y = pvproperty(value=1, name='x')\n"
    line = await complaint(tmp_path, f"{OURS}{body}\nrun(A(''), B(''))\n")
    for word in ("two PVs are called 'x': A.x (", "bad.py:5) and B.y (", "bad.py:7)"):
        assert word in line


async def test_more_values_than_there_is_room_for(tmp_path: Path) -> None:
    body = "class A(PVGroup):\n    x = pvproperty(value=[1, 2, 3], max_length=2)\n"
    line = await complaint(tmp_path, f"{OURS}{body}\nrun(A(''))\n")
    for word in ("A.x: value has 3 elements, but max_length=2", "bad.py:5"):
        assert word in line
