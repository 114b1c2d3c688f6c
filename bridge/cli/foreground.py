"""An IOC in the foreground: it serves until Ctrl-C or SIGTERM, and says so in caproto's words."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from bridge.runtime.asynclib import AsyncLibrary
from bridge.runtime.autosave import Autosave
from bridge.runtime.ioc import running
from bridge.runtime.view import Site
from bridge.server import ServerConfig
from records import PV

if TYPE_CHECKING:
    from bridge.client import ClientConfig

__all__ = ["StartupHook", "serve"]

log = logging.getLogger("iocbridge")

#: A coroutine function that is called with the asynchronous library once the IOC serves.
StartupHook = Callable[[Any], Any]


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
    async with running(pvdb, config=config, autosave=saving, site=site, on_exit=stop.set, links=_links) as ioc:
        log.info("Listening on %s", ", ".join(f"{interface}:{ioc.server.port}" for interface in config.interfaces))
        log.info("Server startup complete.")
        if list_pvs:
            log.info("PVs available:\n%s", "\n".join(f"    {name}" for name in ioc.pvdb))
        hook = asyncio.create_task(_begin(startup_hook), name="startup hook") if startup_hook is not None else None
        await stop.wait()
        log.info("Server shutting down...")
        if hook is not None:
            hook.cancel()
            await asyncio.gather(hook, return_exceptions=True)
    log.info("Server exited.")


def _links() -> ClientConfig:
    """Where links look for PVs of other IOCs. Called when the first such link is there."""
    from bridge.client import ClientConfig

    return ClientConfig.from_environment(os.environ)


async def _begin(startup_hook: StartupHook) -> None:
    try:
        await startup_hook(AsyncLibrary())
    except Exception:
        log.exception("the startup hook failed; everything else serves on")
