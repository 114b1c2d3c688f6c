"""Database files from the disk: which file is what, where included ones are, and all of them as one database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bridge.runtime.loader import SUBSTITUTIONS
from records import PV
from records.db import BreakPoint, Builder, Definitions, Kind, Parser, Position, Problem, check_links, substitutions

__all__ = ["DbFiles"]


@dataclass
class DbFiles:
    """Several files as one database: `pvdb` are its records and aliases, `problems` what is wrong with it, `tables`
    its breakpoint tables.

    `include` are folders where files are sought that stand neither beside the one that names them nor here.
    """

    macros: Mapping[str, str] = field(default_factory=dict)
    include: Sequence[str] = ()
    pvdb: dict[str, PV] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    tables: dict[str, list[BreakPoint]] = field(default_factory=dict)

    def load(self, *files: str) -> None:
        """Read the files and make their records. Never raises for what is in them, or for their not being there."""
        definitions = Definitions()
        found: list[Problem] = []
        parser = Parser(definitions, found, self._read)
        for file in files:
            try:
                text = _text(Path(file))
            except OSError as error:
                found.append(Problem(Position(file, 0, 0), error.strerror or str(error)))
                continue
            if file.lower().endswith(SUBSTITUTIONS):
                self._substitute(file, text, parser, found)
            else:
                parser.parse(file, text, dict(self.macros))
        builder = Builder(definitions, found)
        self.pvdb = builder.build()
        self.tables = builder.tables
        check_links(definitions, self.pvdb, found)
        # a template says the same of each record that it makes, and of each file in its order
        self.problems = sorted(dict.fromkeys(found), key=lambda one: one.position)

    @property
    def fatal(self) -> bool:
        """Whether there is something that cannot be loaded."""
        return any(problem.kind is Kind.ERROR for problem in self.problems)

    def _substitute(self, file: str, text: str, parser: Parser, found: list[Problem]) -> None:
        for template in substitutions(file, text, dict(self.macros), found):
            try:
                path, body = self._read(template.file, template.position)
            except OSError as error:
                found.append(Problem(template.position, f"{template.file}: {error.strerror or error}"))
                continue
            parser.parse(path, body, template.macros)

    def _read(self, name: str, position: Position) -> tuple[str, str]:
        for folder in (Path(position.file).parent, Path(), *map(Path, self.include)):
            path = folder / name
            if path.is_file():
                return str(path), _text(path)
        raise FileNotFoundError(f"no such file beside {position.file}, here, or in {list(self.include)}")


def _text(path: Path) -> str:
    """Databases are older than UTF-8: a degree sign may be Latin 1."""
    raw = path.read_bytes()
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
