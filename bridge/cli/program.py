"""`run(...)`, the last line of an IOC program: what it is given is served until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import inspect
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import FrameType

from bridge.cli.foreground import StartupHook, async_lib_of, run_server
from bridge.cli.runoptions import Servable, complain, parse, run_parser, set_volume
from bridge.runtime.autosave import Autosave
from bridge.runtime.database import database
from bridge.runtime.loader import FOR_ITS_GROUPS, LoadError, load_file, pick
from bridge.server import CannotListen, ConfigError, ServerConfig
from records import PVGroup

__all__ = ["execute", "run", "run_parsed"]

log = logging.getLogger("iocbridge")

_ran = False  # whether the file that is executed has called `run` itself


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


def execute(path: Path) -> int:
    """Do what `python FILE` does, and serve what is in the file if it does not so itself. Raises LoadError."""
    global _ran
    _ran = False
    module = load_file(path, "__main__")
    return 0 if _ran else run(*pick(module, None))


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
