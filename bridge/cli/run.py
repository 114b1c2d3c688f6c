"""`iocbridge run FILE.py[:NAME]`, `FILE.yaml` or `FILE.db ...`."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Sequence
from itertools import takewhile

from bridge.cli.foreground import STARTING
from bridge.cli.program import execute, run
from bridge.cli.runoptions import complain, no_option, options_of, run_parser
from bridge.runtime.loader import FOR_ITS_GROUPS, LoadError, is_database, is_yaml, load_file, pick, program

__all__ = ["main"]


def main(argv: Sequence[str]) -> int:
    """Serve the IOC in a file. Words after the file are the file's own, as with `python FILE.py`."""
    gc.set_threshold(STARTING)
    if argv[:1] == ["--caproto"]:
        from bridge.cli.caproto import run_program  # knows of much that other IOCs do not need

        return run_program(argv[1:])
    if _are_no_programs(argv):
        from bridge.cli.files import run_files  # likewise

        return run_files(argv)
    parser = argparse.ArgumentParser(
        prog="iocbridge run",
        description="Serve an IOC.",
        usage="%(prog)s FILE.py[:NAME] [OPTIONS]\n"
        "       %(prog)s FILE.yaml[:NAME] ... [OPTIONS]\n"
        "       %(prog)s [FILE.py[:NAME]] FILE.db ... [-m P=LAB:] [OPTIONS]\n"
        "       %(prog)s --caproto FILE.py|-m MODULE [OPTIONS]",
        epilog="Further options are those of the file: try FILE --help. With --caproto, `import caproto` means us.",
    )
    parser.add_argument("file", help="FILE.py, or FILE:NAME, which chooses one of its PVGroups")
    options = "--prefix P --list-pvs --interfaces A ... --autosave FILE --port-status -v -q"
    parser.add_argument("options", nargs=argparse.REMAINDER, help=options).required = False
    if argv[:1] and argv[0].startswith("-") and argv[0] not in ("-h", "--help"):
        option = argv[0].partition("=")[0]
        known = options_of(run_parser((), prefix=True))
        if option in known:
            return complain(f"{option} comes after the file: iocbridge run FILE {option} ...")
        return complain(f"{no_option(option, [*known, '--caproto'])}; options come after the file")
    args = parser.parse_args(argv)
    path, attribute = program(args.file)
    sys.argv = [str(path), *args.options]
    try:
        return execute(path) if attribute is None else run(*pick(load_file(path, FOR_ITS_GROUPS), attribute))
    except LoadError as error:
        return complain(str(error))


def _are_no_programs(argv: Sequence[str]) -> bool:
    """Whether all words are ours: a program in Python takes those behind it, but not if one is a database."""
    words = argv if argv[:1] and argv[0].startswith("-") else list(takewhile(lambda word: word[:1] != "-", argv))
    return any(map(is_database, words)) or (argv[:1] != [] and is_yaml(program(argv[0])[0]))
