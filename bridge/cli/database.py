"""`iocbridge run FILE.db ...`: EPICS database files as an IOC, alone or beside a program's groups."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence

from bridge.cli.check import add_database_options, database_files
from bridge.cli.run import Servable, complain, parse, run_parsed, run_parser, set_volume
from bridge.runtime.loader import FOR_ITS_GROUPS, LoadError, is_database, is_yaml, load_file, pick, program
from records.db import Kind

__all__ = ["run_databases"]

log = logging.getLogger("iocbridge")


def run_databases(argv: Sequence[str]) -> int:
    """Serve database files, and the groups of Python files among them. Mistakes are told one a line; it then ends."""
    parser = run_parser((), prefix=True)
    parser.prog = "iocbridge run"
    parser.add_argument("files", nargs="+", metavar="FILE", help=".db, .template, .substitutions, or FILE.py[:NAME]")
    add_database_options(parser)
    args = parse(parser, argv)
    set_volume(args)
    targets: list[Servable] = []
    has_yaml = False
    try:
        for word in args.files:
            if not is_database(word):
                path, attribute = program(word)
                sys.argv = [str(path)]
                targets += pick(load_file(path, FOR_ITS_GROUPS, args.prefix), attribute)
                has_yaml = has_yaml or is_yaml(path)
        found = database_files(args, [word for word in args.files if is_database(word)])
    except (LoadError, ValueError) as error:
        return complain(str(error))
    if args.prefix and not has_yaml and not any(isinstance(target, type) for target in targets):
        return complain(
            f"--prefix {args.prefix}: records of database files have theirs from macros: -m P={args.prefix}"
        )
    if found.fatal:
        for problem in found.problems:
            print(problem, file=sys.stderr)
        return complain("nothing is served: mend the errors above, or see what there is with `iocbridge check`")
    for problem in found.problems:
        log.log(logging.INFO if problem.kind is Kind.WARNING else logging.WARNING, "%s", problem)
    return run_parsed([*targets, found.pvdb], args)
