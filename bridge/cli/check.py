"""`iocbridge check FILE.db ...`: everything that is wrong with database files, in one go."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from bridge.runtime.dbfiles import DbFiles
from bridge.runtime.loader import is_yaml, program
from records.db import Kind, parse_macros

__all__ = ["add_database_options", "database_files", "main"]


def add_database_options(parser: argparse.ArgumentParser) -> None:
    """The options of all commands that read database files."""
    parser.add_argument(
        "-m", "--macros", action="append", default=[], metavar="P=LAB:,R=1", help="macros of the database files"
    )
    parser.add_argument(
        "-I", "--include", action="append", default=[], metavar="FOLDER", help="where included files and templates are"
    )


def database_files(args: argparse.Namespace, files: Sequence[str]) -> DbFiles:
    """Load database files with these options. Raises ValueError for macros that are none."""
    macros: dict[str, str] = {}
    for text in args.macros:
        macros |= parse_macros(text)
    folders = [*args.include, *os.environ.get("EPICS_DB_INCLUDE_PATH", "").split(os.pathsep)]
    found = DbFiles(macros, [folder for folder in folders if folder])
    found.load(*files)
    return found


def main(argv: Sequence[str]) -> int:
    """Print every mistake with its place. Returns 1 if there is one, 0 if there are only warnings or nothing."""
    parser = argparse.ArgumentParser(
        prog="iocbridge check",
        description="Look for mistakes in EPICS database files. Several files are taken as one database.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="a .db, .template or .substitutions file")
    add_database_options(parser)
    args = parser.parse_args(argv)
    for file in args.files:
        path, _ = program(file)
        if path.suffix == ".py" or is_yaml(path):
            parser.error(f"{path} is no database file: `iocbridge run {path}` says what is wrong with it")
    try:
        found = database_files(args, args.files)
    except ValueError as error:
        parser.error(str(error))
    for problem in found.problems:
        print(problem)
    warnings = sum(problem.kind is Kind.WARNING for problem in found.problems)
    errors = len(found.problems) - warnings
    records = len({id(pv) for pv in found.pvdb.values()})  # aliases are further names
    print(f"{_number(records, 'record')}, {_number(errors, 'error')}, {_number(warnings, 'warning')}")
    return 1 if errors else 0


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
