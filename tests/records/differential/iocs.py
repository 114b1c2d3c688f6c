"""Base's IOC and ours with the same records, and a client to each."""

from __future__ import annotations

import asyncio
import math
import struct
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bridge.client import PV as ClientPV
from bridge.client import Client, GetFailed
from bridge.runtime.dbfiles import DbFiles
from bridge.runtime.ioc import running
from records import PV
from tests.ca.softioc import softioc
from tests.client.settings import only
from tests.server.serving import loopback

__all__ = ["TIMEOUT", "base_ioc", "both", "differences", "our_ioc", "our_records", "same", "shown"]

#: Base's IOC, with functions for sub and aSub.
_BASE = Path(__file__).with_name("subioc.py")
TIMEOUT = 20.0  # seconds: the machine may be busy, and nothing here is expected to take long


def our_records(text: str) -> dict[str, PV]:
    """The records of a database, loaded by our own loader."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "records.db"
        file.write_text(text)
        loaded = DbFiles()
        loaded.load(str(file))
    assert not loaded.fatal, [str(problem) for problem in loaded.problems[:5]]
    return loaded.pvdb


@asynccontextmanager
async def base_ioc(text: str) -> AsyncIterator[Client]:
    """A client of base's IOC with the records of a database."""
    async with softioc(text, newest=_BASE) as port, Client(only(port)) as client:
        yield client


@asynccontextmanager
async def our_ioc(text: str) -> AsyncIterator[Client]:
    """A client of ours."""
    async with running(our_records(text), config=loopback()) as ioc, Client(only(ioc.server.port)) as client:
        yield client


@asynccontextmanager
async def both(text: str) -> AsyncIterator[tuple[Client, Client, dict[str, PV]]]:
    """Load a database into both; gives the client of base's, that of ours, and our records."""
    pvdb = our_records(text)
    async with (
        softioc(text, newest=_BASE) as port,
        running(pvdb, config=loopback()) as ioc,
        Client(only(port)) as base,
        Client(only(ioc.server.port)) as ours,
    ):
        yield base, ours, pvdb


async def shown(pv: ClientPV) -> Any:
    """What a client reads; arrays as lists."""
    try:
        result = await pv.get("native", timeout=TIMEOUT)
    except GetFailed:
        return "cannot be read"
    return result.value if isinstance(result.value, (int, float, str)) else list(result.value)


def same(base: Any, ours: Any) -> bool:
    """Whether two values are the same, bit for bit; any NaN is as good as another."""
    if isinstance(base, list):
        return isinstance(ours, list) and len(base) == len(ours) and all(map(same, base, ours))
    if isinstance(base, float) and isinstance(ours, float):
        return struct.pack("d", base) == struct.pack("d", ours) or (math.isnan(base) and math.isnan(ours))
    return bool(base == ours)


async def differences(base: Client, ours: Client, names: Iterable[str]) -> dict[str, tuple[Any, Any]]:
    """What the two show of these names, where that is not the same."""
    found = {}
    for name in names:
        pair = await asyncio.gather(*(shown(client.pv(name)) for client in (base, ours)))
        if not same(*pair):
            found[name] = (pair[0], pair[1])
    return found
