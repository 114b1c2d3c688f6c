"""`ioc_arg_parser` and `template_arg_parser`: the options of an IOC program, by caproto's names."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bridge.cli.foreground import ASYNC_LIBS
from bridge.cli.logs import configure

__all__ = ["ioc_arg_parser", "template_arg_parser"]

Split = Callable[[argparse.Namespace], tuple[dict[str, Any], dict[str, Any]]]


def template_arg_parser(
    *,
    desc: str,
    default_prefix: str,
    argv: Sequence[str] | None = None,
    macros: Mapping[str, str | None] | None = None,
    supported_async_libs: Sequence[str] | None = None,
) -> tuple[argparse.ArgumentParser, Split]:
    """Make a parser to which a program may add options of its own, and what splits its answer.

    ``split(parser.parse_args())`` sets up the log and gives what to make the group with (`prefix`, `macros`) and what
    to run it with. `macros` are names with their defaults, each an option; None means that it must be given.
    `supported_async_libs` are those that --async-lib may name. `argv` has no effect.
    """
    macros = dict(macros or {})
    parser = argparse.ArgumentParser(description=desc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prefix", default=default_prefix, help=f"put before every PV name ({default_prefix!r})")
    volume = parser.add_mutually_exclusive_group()
    volume.add_argument("-q", "--quiet", action="store_true", help="log warnings and errors only")
    volume.add_argument("-v", "--verbose", action="count", help="log everything")
    parser.add_argument("--list-pvs", action="store_true", help="log the names of all PVs")
    libraries = [name for name in ASYNC_LIBS if supported_async_libs is None or name in supported_async_libs]
    parser.add_argument("--async-lib", default="asyncio", choices=libraries, help="what the hooks are written for")
    parser.add_argument("--interfaces", nargs="+", metavar="ADDRESS", help="IPv4 addresses to listen on")
    for name, default in macros.items():
        told = "must be given" if default is None else f"{default!r} if not given"
        parser.add_argument(f"--{name}", default=default, required=default is None, help=f"macro {{{name}}}: {told}")

    def split(args: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any]]:
        configure(logging.WARNING if args.quiet else logging.DEBUG if args.verbose else logging.INFO)
        given = {name: getattr(args, name.replace("-", "_")) for name in macros}
        return (
            {"prefix": args.prefix, "macros": given},
            {"module_name": f"caproto.{args.async_lib}.server", "log_pv_names": args.list_pvs,
             "interfaces": args.interfaces},
        )  # fmt: skip

    return parser, split


def ioc_arg_parser(
    *,
    desc: str,
    default_prefix: str,
    argv: Sequence[str] | None = None,
    macros: Mapping[str, str | None] | None = None,
    supported_async_libs: Sequence[str] | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Parse the program's command line: ``ioc_options, run_options = ioc_arg_parser(...)``.

    Then ``run(MyGroup(**ioc_options).pvdb, **run_options)``. For the arguments see `template_arg_parser`; `argv` is the
    command line without the program's name, by default its own.
    """
    parser, split = template_arg_parser(
        desc=desc, default_prefix=default_prefix, macros=macros, supported_async_libs=supported_async_libs
    )
    return split(parser.parse_args(argv))
