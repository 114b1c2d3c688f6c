"""The options of an IOC program, and how its mistakes are told: in one line."""

from __future__ import annotations

import argparse
import logging
import re
import sys
from collections.abc import Sequence
from typing import TypeAlias

from bridge.cli.foreground import ASYNC_LIBS
from bridge.cli.logs import configure
from bridge.runtime.database import Target
from records import PVGroup
from records.near import near

__all__ = ["Servable", "complain", "no_option", "options_of", "parse", "run_parser", "set_volume"]

Servable: TypeAlias = "Target | type[PVGroup]"


def run_parser(targets: Sequence[Servable], prefix: bool = False) -> argparse.ArgumentParser:
    """The options of an IOC program; `prefix` if it takes one although it has no class."""
    described = targets[0] if len(targets) == 1 and isinstance(targets[0], (type, PVGroup)) else None
    parser = argparse.ArgumentParser(
        description=(described.__doc__ if described is not None else None) or "Serve an IOC over Channel Access.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    takes = prefix or any(isinstance(target, type) for target in targets)
    said = "put before every PV name; in YAML, in place of the prefix of an only instrument"
    parser.add_argument("--prefix", default="", help=said if takes else argparse.SUPPRESS)
    parser.add_argument("--list-pvs", action="store_true", help="log the names of all PVs, and serve them")
    parser.add_argument("--interfaces", nargs="+", metavar="ADDRESS", help="IPv4 addresses to listen on")
    parser.add_argument("--async-lib", choices=ASYNC_LIBS, default="asyncio", help="what the hooks are written for")
    parser.add_argument("--autosave", metavar="FILE", help="keep PVs that are marked for it in FILE over restarts")
    parser.add_argument("--autosave-period", type=float, metavar="S", help="seconds between saves (30)")
    parser.add_argument("--port-status", action="store_true", help="status PVs for each port, as PREFIX of it + PORT:")
    volume = parser.add_mutually_exclusive_group()
    volume.add_argument("-q", "--quiet", action="store_true", help="log warnings and errors only")
    volume.add_argument("-v", "--verbose", action="store_true", help="log everything")
    return parser


def set_volume(args: argparse.Namespace) -> None:
    """Log as -q and -v say."""
    configure(logging.WARNING if args.quiet else logging.DEBUG if args.verbose else logging.INFO)


def parse(parser: argparse.ArgumentParser, argv: Sequence[str]) -> argparse.Namespace:
    """What the words say. Raises SystemExit, with one line that says why, for an option that there is not."""
    args, strange = parser.parse_known_args(argv)
    if strange:
        option = next((word for word in strange if word.startswith("-")), None)
        said = f"{strange[0]!r} means nothing here" if option is None else no_option(option, options_of(parser))
        raise SystemExit(complain(f"{said}; see --help"))
    return args


def options_of(parser: argparse.ArgumentParser) -> list[str]:
    """All options that the parser knows."""
    return re.findall(r"(?<!\w)-[\w-]+", parser.format_usage())


def no_option(word: str, known: Sequence[str]) -> str:
    """Say that there is no option `word`, and which is the nearest."""
    option = word.partition("=")[0]
    return f"there is no option {option}{near(option, known)}"


def complain(message: str, code: int = 2) -> int:
    """Say why it ends, and return the exit code."""
    print(f"iocbridge: {message}", file=sys.stderr)
    return code
