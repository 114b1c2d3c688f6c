"""What `records` promises to its users."""

import ast
from pathlib import Path

import records

FOLDER = Path(records.__file__).parent
FORBIDDEN = {"asyncio", "socket", "threading", "time", "os", "logging"}


def test_all_names_exist_and_are_sorted() -> None:
    assert records.__all__ == sorted(
        records.__all__, key=lambda name: (not name.isupper(), not name[0].isupper(), name)
    )
    for name in records.__all__:
        assert hasattr(records, name)


def test_every_module_has_its_all() -> None:
    for path in FOLDER.rglob("*.py"):
        tree = ast.parse(path.read_text())
        names = [node.targets[0] for node in tree.body if isinstance(node, ast.Assign)]
        listed = any(isinstance(name, ast.Name) and name.id == "__all__" for name in names)
        assert listed or path == FOLDER / "rec" / "__init__.py", path


def test_no_clock_and_no_io() -> None:
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            imported = {alias.name for alias in node.names} if isinstance(node, ast.Import) else set()
            if isinstance(node, ast.ImportFrom):
                imported.add(node.module or "")
            assert not {name.split(".")[0] for name in imported} & FORBIDDEN, path
