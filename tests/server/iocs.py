"""IOCs as programs of their own: ours (this file, run), base's softIoc, and one of caproto's.

Each serves one PV, ``NAME:pv``, whose value tells the three kinds apart.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from tests.clients import C_TOOLS, Finished, communicate, without_epics

__all__ = ["Host", "base_environment", "ioc"]

OURS, BASE, CAPROTO = 1, 2, 3
READY = "serves"

_CAPROTO = """
import sys
from caproto.server import PVGroup, pvproperty, run
class Group(PVGroup):
    pv = pvproperty(value=3.0, name="pv")
async def ready(async_lib):
    print("serves", flush=True)
run(Group(prefix=sys.argv[1] + ":").pvdb, interfaces=["0.0.0.0"], startup_hook=ready)
"""


def base_environment(port: int, **more: str) -> dict[str, str]:
    """What clients and servers that belong together have in common."""
    root = str(Path(__file__).resolve().parents[2])
    return {
        **without_epics(),
        "PYTHONPATH": root,
        "EPICS_CA_SERVER_PORT": str(port),
        "EPICS_CA_REPEATER_PORT": str(port + 1),
        "EPICS_CA_AUTO_ADDR_LIST": "NO",
        "EPICS_CA_ADDR_LIST": "127.0.0.1",
        "EPICS_CAS_AUTO_BEACON_ADDR_LIST": "NO",
        "EPICS_ALLOW_POSIX_THREAD_PRIORITY_SCHEDULING": "NO",
        **more,
    }


class Host:
    """Where programs run: here, or in a network namespace."""

    def __init__(self, environment: Mapping[str, str], namespace: str | None = None) -> None:
        self.environment = dict(environment)
        self.inside = ("ip", "netns", "exec", namespace) if namespace else ()

    async def caget(self, *names: str, wait: float = 3.0, **more: str) -> Finished:
        """Base's caget, values only."""
        assert C_TOOLS is not None
        return await self.run(str(C_TOOLS / "caget"), "-t", "-w", str(wait), *names, **more)

    async def run(self, *words: str, **more: str) -> Finished:
        """Any program, to its end."""
        return await communicate(*self.inside, *words, env={**self.environment, **more})

    @contextlib.asynccontextmanager
    async def start(self, *words: str, **more: str) -> AsyncIterator[asyncio.subprocess.Process]:
        """Any program, killed at the end if it has not been before."""
        process = await asyncio.create_subprocess_exec(
            *self.inside,
            *words,
            env={**self.environment, **more},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.communicate()


@contextlib.asynccontextmanager
async def ioc(host: Host, name: str, kind: int = OURS, **more: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """An IOC that serves ``NAME:pv``, beginning when it is ready."""
    with tempfile.TemporaryDirectory() as folder:
        if kind == BASE:
            database = Path(folder) / "records.db"
            database.write_text(f'record(ao, "{name}:pv") {{ field(VAL, "2") field(PINI, "YES") }}\n')
            assert C_TOOLS is not None
            words = [str(C_TOOLS / "softIoc"), "-S", "-d", str(database)]
            ready = "iocRun: All initialization complete"
        elif kind == CAPROTO:
            words, ready = [sys.executable, "-c", _CAPROTO, name], READY
        else:
            words, ready = [sys.executable, "-m", "tests.server.iocs", name], READY
        async with host.start(*words, **more) as process:
            await until(process, ready)
            yield process


async def until(process: asyncio.subprocess.Process, text: str, deadline: float = 20.0) -> list[str]:
    """The lines up to one that contains `text`."""
    assert process.stdout is not None
    lines: list[str] = []
    async with asyncio.timeout(deadline):
        while not lines or text not in lines[-1]:
            line = await process.stdout.readline()
            assert line, f"it ended with: {''.join(lines)}"
            lines.append(line.decode(errors="replace"))
    return lines


async def _serve(name: str) -> None:
    from bridge.server import ServerConfig, serving
    from records import PV

    async with serving({f"{name}:pv": PV(f"{name}:pv", OURS)}, ServerConfig.from_environment(os.environ)) as server:
        print(READY, server.port, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
