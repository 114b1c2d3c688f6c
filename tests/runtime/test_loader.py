"""Loading a user's file: what is found in it, and one line for whatever is wrong with it."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.runtime.loader import LoadError, load_file, pick

NAME = "__ioc_of_a_test__"

GROUP = """
from bridge import PVGroup, ai

class Pump(PVGroup):
    SPEED = ai()
"""


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    path, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        del sys.modules[name]


@pytest.fixture
def ioc(tmp_path: Path) -> Path:
    return tmp_path / "my_ioc.py"


def load(path: Path, text: str) -> object:
    path.write_text(text)
    return load_file(path, NAME)


def complaint(path: Path, text: str, attribute: str | None = None) -> str:
    with pytest.raises(LoadError) as found:
        pick(load(path, text), attribute)  # type: ignore[arg-type]
    assert "\n" not in str(found.value)
    return str(found.value)


def test_the_only_class(ioc: Path) -> None:
    (found,) = pick(load(ioc, GROUP), None)  # type: ignore[arg-type]
    assert isinstance(found, type)
    assert found.__name__ == "Pump"


def test_objects_come_before_classes(ioc: Path) -> None:
    text = GROUP + "one = Pump('A:')\ntwo = Pump('B:')\n"
    assert [group.prefix for group in pick(load(ioc, text), None)] == ["A:", "B:"]  # type: ignore[union-attr, arg-type]


def test_an_object_with_two_names_is_one(ioc: Path) -> None:
    assert len(pick(load(ioc, GROUP + "one = main = Pump('A:')\n"), None)) == 1  # type: ignore[arg-type]


def test_imported_classes_are_not_meant(ioc: Path) -> None:
    (ioc.parent / "my_parts.py").write_text(GROUP.replace("Pump", "Part"))
    (found,) = pick(load(ioc, "from my_parts import Part\n" + GROUP), None)  # type: ignore[arg-type]
    assert found.__name__ == "Pump"  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["Pump", "one"])
def test_by_name(ioc: Path, name: str) -> None:
    (found,) = pick(load(ioc, GROUP + "one = Pump('A:')\n"), name)  # type: ignore[arg-type]
    assert getattr(found, "__name__", "one") == name


def test_several_classes(ioc: Path) -> None:
    text = GROUP + GROUP.replace("Pump", "Valve")
    said = complaint(ioc, text)
    assert "several groups (Pump, Valve)" in said
    assert f"{ioc}:Pump" in said


def test_none(ioc: Path) -> None:
    assert complaint(ioc, "x = 1\n") == f"{ioc}: there is no PVGroup to serve"


def test_a_program_of_caproto(ioc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = f"; a program that imports caproto is served by: iocbridge run --caproto {ioc}"
    theirs = types.ModuleType("caproto")
    theirs.PVGroup = type("PVGroup", (), {"__module__": "caproto.server.server"})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "caproto", theirs)
    text = "from caproto import PVGroup\n\nclass Pump(PVGroup): ...\n"
    assert complaint(ioc, text) == f"{ioc}: there is no PVGroup to serve{said}"
    monkeypatch.setitem(sys.modules, "caproto", None)  # not installed
    assert complaint(ioc, text).endswith(said)


def test_no_such_name(ioc: Path) -> None:
    assert complaint(ioc, GROUP, "Pmup") == f"{ioc}: there is no 'Pmup'; its PVGroup classes are: Pump"


def test_a_name_of_something_else(ioc: Path) -> None:
    assert complaint(ioc, GROUP + "x = 1\n", "x") == f"{ioc}: 'x' is no PVGroup but a int"


def test_no_such_file(ioc: Path) -> None:
    with pytest.raises(LoadError, match=r"my_ioc\.py: No such file or directory$"):
        load_file(ioc, NAME)


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="Is a directory"):
        load_file(tmp_path, NAME)


def test_a_syntax_error_with_its_line(ioc: Path) -> None:
    assert complaint(ioc, "x = 1\ny = (\n").startswith(f"{ioc}:2: ")


def test_an_error_in_the_file_with_its_line(ioc: Path) -> None:
    assert complaint(ioc, "x = 1\n\ny = x / 0\n") == f"{ioc}:3: ZeroDivisionError: division by zero"


def test_an_unknown_scan_rate_with_its_line(ioc: Path) -> None:
    said = complaint(ioc, GROUP + "    FLOW = ai(scan='3 second')\n")
    assert said.startswith(f"{ioc}:6: ")
    assert "3 second" in said


def test_an_undefined_macro_with_its_line(ioc: Path) -> None:
    said = complaint(ioc, GROUP + "    FLOW = ai(name='$(channel):FLOW')\n\nx = Pump('A:')\n")
    assert said.startswith(f"{ioc}:8: ")
    assert "channel" in said


def test_an_error_in_a_neighbour_names_the_line_that_imports_it(ioc: Path) -> None:
    (ioc.parent / "my_broken_part.py").write_text("raise RuntimeError('broken')\n")
    said = complaint(ioc, "import my_broken_part\n")
    assert said == f"{ioc}:1: RuntimeError: broken"


def test_a_neighbour_with_a_syntax_error(ioc: Path) -> None:
    neighbour = ioc.parent / "my_bad_part.py"
    neighbour.write_text("x = 1\ndef f(:\n")
    assert complaint(ioc, "import my_bad_part\n").startswith(f"{neighbour}:2: ")


def test_the_files_folder_comes_last(ioc: Path) -> None:
    """So that a `drivers` folder of the lab hides nothing, and neighbours are found all the same."""
    (ioc.parent / "drivers").mkdir()
    (ioc.parent / "drivers" / "__init__.py").write_text("raise RuntimeError('this is not the one')\n")
    (ioc.parent / "my_neighbour.py").write_text("HERE = 1\n")
    load(ioc, "from drivers import Ask\nfrom my_neighbour import HERE\n" + GROUP)
    assert sys.path[-1] == str(ioc.parent)


def test_dataclasses_and_pickles_find_the_module(ioc: Path) -> None:
    module = load(ioc, "from dataclasses import dataclass\n\n@dataclass\nclass Point:\n    x: int\n" + GROUP)
    assert sys.modules[NAME] is module


def test_leaving_is_the_files_right(ioc: Path) -> None:
    ioc.write_text("raise SystemExit(3)\n")
    with pytest.raises(SystemExit):
        load_file(ioc, NAME)
