"""Tests of EPICS base, over CA, of our IOC; with `python -m tests.records.base_tests` of base's own, too."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from bridge.ca import ChannelType
from bridge.client import Client
from tests.clients import C_TOOLS
from tests.records.differential.iocs import TIMEOUT, base_ioc, our_ioc, shown
from tests.waiting import eventually

Loading = Callable[[str], AbstractAsyncContextManager["Peer"]]


class Peer:
    """A client as the tests of base are written: `testdbPutFieldOk`, `testdbGetFieldEqual`."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def put(self, name: str, value: Any, *, wait: bool = False) -> None:
        """Put, without completion as a rule (``dbPutField``). Raises PutFailed."""
        await self.client.pv(name).put(value, wait=wait, timeout=TIMEOUT)

    async def get(self, name: str) -> Any:
        """The value; arrays as lists."""
        return await shown(self.client.pv(name))

    async def text(self, name: str) -> str:
        """The value as text."""
        return str((await self.client.pv(name).get(ChannelType.STRING, timeout=TIMEOUT)).value)

    async def until(self, wanted: dict[str, Any]) -> None:
        """Wait until PVs have these values."""

        async def there() -> bool:
            return all([await self.get(name) == value for name, value in wanted.items()])

        await eventually(there)


class _Loading:
    def __init__(self, kind: str, text: str) -> None:
        self._inner = (our_ioc if kind == "ours" else base_ioc)(text)

    async def __aenter__(self) -> Peer:
        return Peer(await self._inner.__aenter__())

    async def __aexit__(self, *error: Any) -> None:
        await self._inner.__aexit__(*error)


_BOTH = os.environ.get("IOCBRIDGE_BASE_TESTS") == "both"  # as `python -m tests.records.base_tests` sets it


@pytest.fixture(params=["ours", "base"] if _BOTH else ["ours"])
def loading(request: pytest.FixtureRequest) -> Loading:
    """Makes an IOC of the text of a database: ``async with loading(text) as ioc``."""
    kind = request.param
    if kind == "base" and C_TOOLS is None:
        pytest.skip("C IOCs come as x86_64 Linux wheels only")
    return lambda text: _Loading(kind, text)
