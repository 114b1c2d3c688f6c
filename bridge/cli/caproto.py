"""`iocbridge run --caproto PROGRAM`: an unmodified caproto program on our server."""

from __future__ import annotations

import atexit
import logging
import os
import runpy
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bridge.cli.args import ioc_arg_parser, template_arg_parser
from bridge.cli.foreground import StartupHook, async_lib_of, run_server
from bridge.compat import Given, Served, activate
from bridge.runtime.loader import LoadError, load_file
from bridge.server import CannotListen, ConfigError, ServerConfig

__all__ = ["run_program"]

log = logging.getLogger("iocbridge")
_USAGE = "usage: iocbridge run --caproto FILE.py|-m MODULE [OPTIONS]"
THREADS_DEADLINE = 1.0  # seconds for the program's own threads, after the server and the program have ended
_served = False  # whether the program has called `run`, and it has ended in good order


def run_program(argv: Sequence[str]) -> int:
    """Execute a caproto program; what it imports of caproto is ours. Words after it are its own."""
    words = list(argv)
    module = words[:1] == ["-m"]
    words = words[1:] if module else words
    if not words or words[0].startswith("-"):
        print(_USAGE, file=sys.stderr)
        return 0 if words[:1] in (["-h"], ["--help"]) else 2
    sys.argv = words
    activate(Given(run, ioc_arg_parser, template_arg_parser, _config))
    try:
        if module:
            sys.path.insert(0, os.getcwd())
            runpy.run_module(words[0], run_name="__main__", alter_sys=True)
        else:
            load_file(Path(words[0]), "__main__")
    except KeyboardInterrupt:  # of a program with a loop of its own, which has ended in good order
        return 130
    except (LoadError, ImportError) as error:
        print(f"iocbridge: {error}", file=sys.stderr)
        return 2
    except Exception as error:  # of a module: `load_file` says the same of a file
        print(f"iocbridge: {words[0]}: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    if _served:
        _leave_threads_behind()
    return 0


def _leave_threads_behind() -> None:
    """End the process although the program has threads that run for ever: SIGTERM is to be enough for an IOC."""
    deadline = time.monotonic() + THREADS_DEADLINE
    threads = [one for one in threading.enumerate() if not one.daemon and one is not threading.current_thread()]
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    names = ", ".join(thread.name for thread in threads if thread.is_alive())
    if names:
        log.warning("the program's own threads do not end and are left behind: %s", names)
        atexit._run_exitfuncs()
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def _config(interfaces: Sequence[str] | None = None) -> ServerConfig:
    config = ServerConfig.from_environment(os.environ)
    return replace(config, interfaces=tuple(interfaces)) if interfaces else config


def run(
    pvdb: Mapping[str, Any],
    *,
    module_name: str = "caproto.asyncio.server",
    interfaces: Sequence[str] | None = None,
    log_pv_names: bool = False,
    startup_hook: StartupHook | None = None,
) -> None:
    """Caproto's `run`: serve a PV database until Ctrl-C or SIGTERM. Ends the program if it cannot."""
    global _served
    library = async_lib_of(module_name)
    try:
        run_server(library, Served(pvdb), _config(interfaces), log_pv_names, None, startup_hook)
        _served = True
    except (CannotListen, ConfigError, LoadError) as error:
        print(f"iocbridge: {error}", file=sys.stderr)
        raise SystemExit(1) from None
