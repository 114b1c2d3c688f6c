"""An IOC in the foreground: it serves until Ctrl-C or SIGTERM, and says so in caproto's words."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import select
import signal
from collections.abc import Callable, Mapping
from typing import Any, Final

from bridge.runtime.asynclib import AsyncLibrary
from bridge.runtime.autosave import Autosave
from bridge.runtime.ioc import running
from bridge.runtime.view import Site
from bridge.server import CaServer, ServerConfig, ServerLoop
from records import PV

__all__ = ["ASYNC_LIBS", "STARTING", "StartupHook", "async_lib_of", "run_server", "serve", "settle"]

log = logging.getLogger("iocbridge")

ASYNC_LIBS: Final = ("asyncio", "curio", "trio")

#: Objects, more than before, at which the garbage collector looks around during a start (Python's own is 700): of what
#: a start makes nothing is garbage. It is not off: a program may have a loop of its own, or never serve.
STARTING: Final = 200_000

#: A coroutine function that is called with the asynchronous library once the IOC serves.
StartupHook = Callable[[Any], Any]


def run_server(
    library: str,
    pvdb: Mapping[str, PV],
    config: ServerConfig,
    list_pvs: bool = False,
    saving: Autosave | None = None,
    startup_hook: StartupHook | None = None,
) -> None:
    """Serve in an event loop of `library`, one of ASYNC_LIBS, until a signal comes.

    Raises LoadError if that library cannot be had or cannot run these PVs, CannotListen, ConfigError or DuplicateName.
    """
    if library == "asyncio":
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(serve(pvdb, config, list_pvs, saving, startup_hook))
        return
    from bridge.runtime.otherloops import serve_by  # few need it

    log.info("Server starting up...")
    serve_by(library, pvdb, config, saving, startup_hook, lambda server: _up(server, pvdb, list_pvs))
    log.info("Server exited.")


def async_lib_of(module_name: str | None) -> str:
    """The library that caproto's name of a server module means ("caproto.trio.server"); asyncio if it means none."""
    found = [word for word in (module_name or "").split(".") if word in ASYNC_LIBS]
    return found[0] if found else "asyncio"


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The fastest loop there is for small requests (docs/adr/0006-uvloop.md); None is asyncio's usual one."""
    try:
        import uvloop
    except ImportError:
        return ServerLoop if hasattr(select, "epoll") else None
    return uvloop.new_event_loop


def settle() -> None:
    """Tell the garbage collector that the IOC is up: what is there by now stays, and need not be looked through again.

    It comes less often, too: of what thousands of clients make at once, channels and events, nothing is cyclic garbage.
    """
    gc.freeze()
    gc.set_threshold(50_000)


def _up(server: CaServer, pvdb: Mapping[str, PV], list_pvs: bool) -> None:
    settle()
    log.info("Listening on %s", ", ".join(server.addresses))
    log.info("Server startup complete.")
    if list_pvs:
        log.info("PVs available:\n%s", "\n".join(f"    {name}" for name in pvdb))


async def serve(
    pvdb: Mapping[str, PV],
    config: ServerConfig,
    list_pvs: bool = False,
    saving: Autosave | None = None,
    startup_hook: StartupHook | None = None,
) -> None:
    """Serve until a signal comes. Raises CannotListen, ConfigError or DuplicateName if it cannot."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    log.info("Server starting up...")
    site = Site(os.environ.get("ENGINEER", ""), os.environ.get("LOCATION", ""))
    async with running(pvdb, config=config, autosave=saving, site=site, on_exit=stop.set) as ioc:
        _up(ioc.server, ioc.pvdb, list_pvs)
        hook = asyncio.create_task(_begin(startup_hook), name="startup hook") if startup_hook is not None else None
        await stop.wait()
        log.info("Server shutting down...")
        if hook is not None:
            hook.cancel()
            await asyncio.gather(hook, return_exceptions=True)
    log.info("Server exited.")


async def _begin(startup_hook: StartupHook) -> None:
    try:
        await startup_hook(AsyncLibrary())
    except Exception:
        log.exception("the startup hook failed; everything else serves on")
