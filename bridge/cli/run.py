"""`iocbridge run FILE.py[:NAME]`, and `run(...)` at the foot of a user's own file."""

from __future__ import annotations

import argparse
import asyncio
import inspect
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from bridge.cli.logs import configure
from bridge.runtime.autosave import Autosave
from bridge.runtime.database import Target, database
from bridge.runtime.ioc import running
from bridge.runtime.loader import LoadError, load_file, pick
from bridge.runtime.view import Site
from bridge.server import CannotListen, ConfigError, ServerConfig
from records import PV, PVGroup

__all__ = ["main", "run"]

log = logging.getLogger("iocbridge")

Servable: TypeAlias = "Target | type[PVGroup]"
_ran = False  # whether a file that `iocbridge run` executed called `run` itself


def main(argv: Sequence[str]) -> int:
    """Serve the IOC in a file. Words after the file are the file's own, as with `python FILE.py`."""
    global _ran
    _ran = False
    parser = argparse.ArgumentParser(
        prog="iocbridge run",
        description="Serve an IOC.",
        epilog="Further options are those of the file: try FILE --help.",
    )
    parser.add_argument("file", help="FILE.py, or FILE.py:NAME to choose one of its PVGroups")
    options = "--prefix P --list-pvs --interfaces A ... --autosave FILE -v -q"
    parser.add_argument("options", nargs=argparse.REMAINDER, help=options).required = False
    args = parser.parse_args(argv)
    name, colon, attribute = args.file.rpartition(":")
    path = Path(name if colon else args.file)
    sys.argv = [str(path), *args.options]
    try:
        if colon:
            return run(*pick(load_file(path, "__ioc__"), attribute))
        module = load_file(path, "__main__")
        return 0 if _ran else run(*pick(module, None))
    except LoadError as error:
        return _complain(str(error))


def run(
    *targets: Servable,
    argv: Sequence[str] | None = None,
    config: ServerConfig | None = None,
    autosave: str | os.PathLike[str] | None = None,
    autosave_period: float = 30.0,
) -> int:
    """Serve until Ctrl-C or SIGTERM; the last line of an IOC program: ``run(MyGroup)`` or ``run(MyGroup(...), ...)``.

    Options come from `argv` (by default the program's own: --prefix, --list-pvs, --interfaces, -v, -q), the network
    settings from the environment (EPICS_CAS_..., EPICS_CA_...) unless `config` is given. `autosave` is the file that
    keeps PVs with ``autosave=True`` over restarts; --autosave overrides it. Returns 0 after a clean end.

    Ends the program if it cannot serve, with one line that says why: raises SystemExit(2) for wrong options, settings
    or groups, SystemExit(1) if the network does not let it.
    """
    global _ran
    _ran = True
    args = _parser(targets).parse_args(sys.argv[1:] if argv is None else argv)
    configure(logging.WARNING if args.quiet else logging.DEBUG if args.verbose else logging.INFO)
    try:
        config = config or ServerConfig.from_environment(os.environ)
        if args.interfaces:
            config = replace(config, interfaces=tuple(args.interfaces))
        pvdb = database(*(_made(one, args.prefix) if isinstance(one, type) else one for one in targets))
        path = args.autosave or autosave
        saving = Autosave(path, args.autosave_period or autosave_period) if path else None
    except (LoadError, ValueError) as error:
        raise SystemExit(_complain(str(error))) from None
    try:
        asyncio.run(_serve(pvdb, config, args.list_pvs, saving))
    except (CannotListen, ConfigError) as error:
        raise SystemExit(_complain(str(error), 1)) from None
    return 0


def _made(group: type[PVGroup], prefix: str) -> PVGroup:
    """A group of the class. Raises LoadError with the place of the class if it cannot be made."""
    try:
        return group(prefix=prefix)
    except (ValueError, TypeError) as error:
        log.debug("%s cannot be made", group.__name__, exc_info=True)  # its author may need to see where
        try:
            place = f"{inspect.getsourcefile(group)}:{inspect.getsourcelines(group)[1]}: "
        except (OSError, TypeError):
            place = ""
        raise LoadError(f"{place}{error}") from error


def _parser(targets: Sequence[Servable]) -> argparse.ArgumentParser:
    described = targets[0] if len(targets) == 1 and isinstance(targets[0], (type, PVGroup)) else None
    parser = argparse.ArgumentParser(
        description=(described.__doc__ if described is not None else None) or "Serve an IOC over Channel Access.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if any(isinstance(target, type) for target in targets):
        parser.add_argument("--prefix", default="", help="put before every PV name")
    parser.add_argument("--list-pvs", action="store_true", help="log the names of all PVs")
    parser.add_argument("--interfaces", nargs="+", metavar="ADDRESS", help="IPv4 addresses to listen on")
    parser.add_argument("--autosave", metavar="FILE", help="keep PVs that are marked for it in FILE over restarts")
    parser.add_argument("--autosave-period", type=float, metavar="S", help="seconds between saves (30)")
    volume = parser.add_mutually_exclusive_group()
    volume.add_argument("-q", "--quiet", action="store_true", help="log warnings and errors only")
    volume.add_argument("-v", "--verbose", action="store_true", help="log everything")
    return parser


async def _serve(pvdb: Mapping[str, PV], config: ServerConfig, list_pvs: bool, saving: Autosave | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    log.info("Server starting up...")
    site = Site(os.environ.get("ENGINEER", ""), os.environ.get("LOCATION", ""))
    async with running(pvdb, config=config, autosave=saving, site=site, on_exit=stop.set) as ioc:
        log.info("Listening on %s", ", ".join(f"{interface}:{ioc.server.port}" for interface in config.interfaces))
        log.info("Server startup complete.")
        if list_pvs:
            log.info("PVs available:\n%s", "\n".join(f"    {name}" for name in ioc.pvdb))
        await stop.wait()
        log.info("Server shutting down...")
    log.info("Server exited.")


def _complain(message: str, code: int = 2) -> int:
    print(f"iocbridge: {message}", file=sys.stderr)
    return code
