"""Twins: a C IOC and ours with the same records, and a client to each."""

from __future__ import annotations

import asyncio
import contextlib
import math
import struct
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.client import Client, GetFailed, PutFailed
from bridge.runtime.dbfiles import DbFiles
from bridge.runtime.ioc import running
from tests.ca.softioc import softioc
from tests.client.settings import only
from tests.server.serving import loopback

__all__ = ["Twins", "alike", "twins"]

TIMEOUT = 30.0  # seconds: the machine may be busy, and nothing here is expected to take long


@dataclass
class Twins:
    """Two clients: of the C IOC, and of ours."""

    base: Client
    ours: Client

    async def put(self, name: str, value: Any) -> tuple[bool, bool]:
        """Put to both, with completion; whether base and we took it."""
        return await _put(self.base, name, value), await _put(self.ours, name, value)

    async def differences(self, names: Sequence[str]) -> list[str]:
        """Of these PVs, those whose values differ."""
        base = await asyncio.gather(*(_get(self.base, name) for name in names))
        ours = await asyncio.gather(*(_get(self.ours, name) for name in names))
        return [
            f"{name}: base {theirs!r}, ours {own!r}"
            for name, theirs, own in zip(names, base, ours, strict=True)
            if not alike(theirs, own)
        ]


def alike(one: Any, other: Any) -> bool:
    """Whether two values are the same, bit for bit; any NaN is as good as another."""
    if isinstance(one, float) and isinstance(other, float):
        return struct.pack("d", one) == struct.pack("d", other) or (math.isnan(one) and math.isnan(other))
    return bool(one == other)


async def _put(client: Client, name: str, value: Any) -> bool:
    try:
        await client.pv(name).put(value, timeout=TIMEOUT)
    except PutFailed:
        return False
    return True


async def _get(client: Client, name: str) -> Any:
    try:
        return (await client.pv(name).get(timeout=TIMEOUT)).value
    except GetFailed as error:
        return str(error)


@contextlib.asynccontextmanager
async def twins(folder: Path, database: str) -> AsyncIterator[Twins]:
    """Load `database` into both."""
    file = folder / "records.db"
    file.write_text(database)
    found = DbFiles()
    found.load(str(file))
    assert not found.fatal, "\n".join(map(str, found.problems))
    async with (
        softioc(database, newest=True) as port,
        running(found.pvdb, config=loopback()) as ioc,
        Client(only(port)) as base,
        Client(only(ioc.server.port)) as ours,
    ):
        yield Twins(base, ours)
