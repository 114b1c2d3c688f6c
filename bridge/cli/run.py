"""`iocbridge run FILE.py[:NAME]`, `FILE.yaml` or `FILE.db ...`, and `run(...)` at the foot of a user's own file."""

from __future__ import annotations

import argparse
import gc
import inspect
import logging
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from types import FrameType
from typing import TypeAlias

from bridge.cli.foreground import ASYNC_LIBS, STARTING, StartupHook, async_lib_of, run_server
from bridge.cli.logs import configure
from bridge.runtime.autosave import Autosave
from bridge.runtime.database import Target, database
from bridge.runtime.loader import FOR_ITS_GROUPS, LoadError, is_database, is_yaml, load_file, pick, program
from bridge.server import CannotListen, ConfigError, ServerConfig
from records import PVGroup
from records.near import near

__all__ = ["complain", "files_of", "main", "parse", "run", "run_parsed", "run_parser", "set_volume"]

log = logging.getLogger("iocbridge")

Servable: TypeAlias = "Target | type[PVGroup]"
_ran = False  # whether a file that `iocbridge run` executed called `run` itself


def main(argv: Sequence[str]) -> int:
    """Serve the IOC in a file. Words after the file are the file's own, as with `python FILE.py`."""
    global _ran
    _ran = False
    gc.set_threshold(STARTING)
    if argv[:1] == ["--caproto"]:
        from bridge.cli.caproto import run_program  # knows of much that other IOCs do not need

        return run_program(argv[1:])
    if any(map(is_database, argv if argv[:1] and argv[0].startswith("-") else files_of(argv))):
        from bridge.cli.database import run_databases  # likewise

        return run_databases(argv)
    parser = argparse.ArgumentParser(
        prog="iocbridge run",
        description="Serve an IOC.",
        usage="%(prog)s FILE.py[:NAME] | FILE.yaml[:NAME] [OPTIONS]\n"
        "       %(prog)s [FILE.py[:NAME]] FILE.db ... [-m P=LAB:] [OPTIONS]\n"
        "       %(prog)s --caproto FILE.py|-m MODULE [OPTIONS]",
        epilog="Further options are those of the file: try FILE --help. With --caproto, `import caproto` means us.",
    )
    parser.add_argument("file", help="FILE.py or FILE.yaml; FILE:NAME chooses one of its PVGroups")
    options = "--prefix P --list-pvs --interfaces A ... --autosave FILE --port-status -v -q"
    parser.add_argument("options", nargs=argparse.REMAINDER, help=options).required = False
    if argv[:1] and argv[0].startswith("-") and argv[0] not in ("-h", "--help"):
        option = argv[0].partition("=")[0]
        known = _options(run_parser((), prefix=True))
        if option in known:
            return complain(f"{option} comes after the file: iocbridge run FILE {option} ...")
        return complain(f"{_no_option(option, [*known, '--caproto'])}; options come after the file")
    args = parser.parse_args(argv)
    path, attribute = program(args.file)
    sys.argv = [str(path), *args.options]
    try:
        if is_yaml(path):
            return _run_yaml(path, attribute)
        if attribute is not None:
            return run(*pick(load_file(path, FOR_ITS_GROUPS), attribute))
        module = load_file(path, "__main__")
        return 0 if _ran else run(*pick(module, None))
    except LoadError as error:
        return complain(str(error))


def _run_yaml(path: Path, attribute: str | None) -> int:
    """Serve a file that has no program of its own: its options are known before it is read. Raises LoadError."""
    args = parse(run_parser((), prefix=True), sys.argv[1:])
    set_volume(args)
    return run_parsed(pick(load_file(path, FOR_ITS_GROUPS, args.prefix), attribute), args)


def files_of(argv: Sequence[str]) -> list[str]:
    """The words before the first option."""
    return list(takewhile(lambda word: not word.startswith("-"), argv))


def run(
    *targets: Servable,
    argv: Sequence[str] | None = None,
    config: ServerConfig | None = None,
    autosave: str | os.PathLike[str] | None = None,
    autosave_period: float = 30.0,
    startup_hook: StartupHook | None = None,
    log_pv_names: bool | None = None,
    interfaces: Sequence[str] | None = None,
    module_name: str | None = None,
) -> int:
    """Serve until Ctrl-C or SIGTERM; the last line of an IOC program: ``run(MyGroup)`` or ``run(MyGroup(...), ...)``.

    Options come from `argv` (by default the program's own, see its --help), the network
    settings from the environment (EPICS_CAS_..., EPICS_CA_...) unless `config` is given. `autosave` is the file that
    keeps PVs with ``autosave=True`` over restarts; --autosave overrides it. `startup_hook` is a coroutine
    function that is called with the asynchronous library. Returns 0 after a clean end.

    A program that has called `ioc_arg_parser` hands in its `run_options` (`log_pv_names`, `interfaces`, `module_name`)
    instead: ``run(group.pvdb, **run_options)``; the command line is then not looked at again.

    Ends the program if it cannot serve, with one line that says why: raises SystemExit(2) for wrong options, settings
    or groups, SystemExit(1) if the network does not let it.
    """
    global _ran
    _ran = True
    _refuse_to_run_alone(sys._getframe(1))
    parsed = log_pv_names is not None or interfaces is not None or module_name is not None
    args = parse(run_parser(targets), [] if parsed else sys.argv[1:] if argv is None else argv)
    _refuse_prefix(targets, args)
    if parsed:
        args.list_pvs, args.interfaces = log_pv_names, interfaces
        args.async_lib = async_lib_of(module_name)
    else:
        set_volume(args)
    return run_parsed(targets, args, config, autosave, autosave_period, startup_hook)


def _refuse_to_run_alone(caller: FrameType) -> None:
    """Raise LoadError if `caller` is a file of which only the groups are wanted: it would be served by itself first."""
    if caller.f_globals.get("__name__") == FOR_ITS_GROUPS:
        why = 'run(...) would serve this file by itself: put it below `if __name__ == "__main__":`'
        raise LoadError(f"{caller.f_code.co_filename}:{caller.f_lineno}: {why}")


def _refuse_prefix(targets: Sequence[Servable], args: argparse.Namespace) -> None:
    """Raise SystemExit, with one line that says why, for a --prefix that nothing takes."""
    if args.prefix and not any(isinstance(target, type) for target in targets):
        why = "what it serves is made by the program, prefixes and all: change them there (`Group(prefix)`), or serve a"
        raise SystemExit(complain(f"--prefix {args.prefix}: {why} class of the file: iocbridge run FILE.py:CLASS"))


def set_volume(args: argparse.Namespace) -> None:
    """Log as -q and -v say."""
    configure(logging.WARNING if args.quiet else logging.DEBUG if args.verbose else logging.INFO)


def run_parsed(
    targets: Sequence[Servable],
    args: argparse.Namespace,
    config: ServerConfig | None = None,
    autosave: str | os.PathLike[str] | None = None,
    autosave_period: float = 30.0,
    startup_hook: StartupHook | None = None,
) -> int:
    """Do what `run` does, with options that `run_parser` has parsed."""
    try:
        config = config or ServerConfig.from_environment(os.environ)
        if args.interfaces:
            config = replace(config, interfaces=tuple(args.interfaces))
        made = [_made(one, args.prefix) if isinstance(one, type) else one for one in targets]
        if args.port_status:
            from bridge.runtime.status import port_status  # few want it

            made += port_status(*made)
        pvdb = database(*made)
        path = args.autosave or autosave
        saving = Autosave(path, args.autosave_period or autosave_period) if path else None
    except (LoadError, ValueError) as error:
        raise SystemExit(complain(str(error))) from None
    try:
        run_server(args.async_lib, pvdb, config, bool(args.list_pvs), saving, startup_hook)
    except LoadError as error:
        raise SystemExit(complain(str(error))) from None
    except (CannotListen, ConfigError) as error:
        raise SystemExit(complain(str(error), 1)) from None
    return 0


def _made(group: type[PVGroup], prefix: str) -> PVGroup:
    """A group of the class. Raises LoadError with the place of the class if it cannot be made."""
    try:
        return group(prefix=prefix)
    except (ValueError, TypeError) as error:
        log.debug("%s cannot be made", group.__name__, exc_info=True)  # its author may need to see where
        try:
            place = f"{inspect.getsourcefile(group)}:{inspect.getsourcelines(group)[1]}: "
        except (OSError, TypeError, SyntaxError):  # the source is not there, or no longer what was read
            place = ""
        raise LoadError(f"{place}{error}") from error


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


def parse(parser: argparse.ArgumentParser, argv: Sequence[str]) -> argparse.Namespace:
    """What the words say. Raises SystemExit, with one line that says why, for an option that there is not."""
    args, strange = parser.parse_known_args(argv)
    if strange:
        option = next((word for word in strange if word.startswith("-")), None)
        said = f"{strange[0]!r} means nothing here" if option is None else _no_option(option, _options(parser))
        raise SystemExit(complain(f"{said}; see --help"))
    return args


def _options(parser: argparse.ArgumentParser) -> list[str]:
    return re.findall(r"(?<!\w)-[\w-]+", parser.format_usage())


def _no_option(word: str, known: Sequence[str]) -> str:
    option = word.partition("=")[0]
    return f"there is no option {option}{near(option, known)}"


def complain(message: str, code: int = 2) -> int:
    """Say why it ends, and return the exit code."""
    print(f"iocbridge: {message}", file=sys.stderr)
    return code
