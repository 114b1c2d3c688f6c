"""`iocbridge run FILE.db ...` or `FILE.yaml ...`: files that are no programs, alone or beside a program's groups."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Mapping, Sequence

from bridge.cli.program import run_parsed
from bridge.cli.runoptions import Servable, complain, parse, run_parser, set_volume
from bridge.runtime.loader import FOR_ITS_GROUPS, LoadError, is_database, is_yaml, load_file, pick, program
from records import PV

__all__ = ["run_files"]

log = logging.getLogger("iocbridge")


def run_files(argv: Sequence[str]) -> int:
    """Serve all of them as one IOC."""
    parser = run_parser((), prefix=True)
    parser.prog = "iocbridge run"
    parser.add_argument("files", nargs="+", metavar="FILE", help=".db, .template, .substitutions, .yaml or .py[:NAME]")
    if any(map(is_database, argv)):
        from bridge.cli.check import add_database_options  # few need it, and what it brings takes its time to load

        add_database_options(parser)
    args = parse(parser, argv)
    set_volume(args)
    targets: list[Servable] = []
    takes_prefix = False
    try:
        for path, attribute in [program(word) for word in args.files if not is_database(word)]:
            sys.argv = [str(path)]
            found = pick(load_file(path, FOR_ITS_GROUPS, args.prefix), attribute)
            takes_prefix = takes_prefix or is_yaml(path) or any(isinstance(one, type) for one in found)
            targets += found
        if args.prefix and not takes_prefix:
            why = f"records of database files have theirs from macros: -m P={args.prefix}"
            return complain(f"--prefix {args.prefix}: {why}")
        databases = [word for word in args.files if is_database(word)]
        if databases:
            targets.append(_records(args, databases))
    except (LoadError, ValueError) as error:
        return complain(str(error))
    return run_parsed(targets, args)


def _records(args: argparse.Namespace, files: Sequence[str]) -> Mapping[str, PV]:
    """What is in database files. Mistakes are told one a line; raises ValueError if they are too bad to go on."""
    from bridge.cli.check import database_files
    from records.db import Kind

    found = database_files(args, files)
    if found.fatal:
        for problem in found.problems:
            print(problem, file=sys.stderr)
        raise ValueError("nothing is served: mend the errors above, or see what there is with `iocbridge check`")
    for problem in found.problems:
        log.log(logging.INFO if problem.kind is Kind.WARNING else logging.WARNING, "%s", problem)
    return found.pvdb
