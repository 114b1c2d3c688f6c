"""The same server under each event loop: a soft PV, one with a slow putter, and one that ticks, seen by our client."""

from __future__ import annotations

import asyncio
import importlib
import threading
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from bridge.client import Client, ClientConfig, PutFailed
from bridge.server import ServerLoop
from records import PV
from tests.server.serving import loopback

SHELLS = {
    "asyncio": "bridge.server.aio",
    "ServerLoop": "bridge.server.aio",
    "trio": "bridge.server.trioshell",
    "curio": "bridge.server.curioshell",
}


def imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except Exception as error:  # curio fails in its own ways on newer Pythons
        pytest.skip(f"{name} does not import here: {error!r}")


class Elsewhere:
    """A server in a thread of its own, under the event loop `library`."""

    def __init__(self, library: str) -> None:
        self.library = asyncio if library == "ServerLoop" else imported(library)
        self.loop_factory = ServerLoop if library == "ServerLoop" else None
        self.serving: Callable[..., Any] = imported(SHELLS[library]).serving
        self.pvs = {"S:plain": PV("S:plain", 1.0), "S:slow": PV("S:slow", 0.0), "S:tick": PV("S:tick", 0.0)}
        self.pvs["S:slow"].putter = self._slowly
        self.port = 0
        self.error: BaseException | None = None
        self._up = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._up.wait(10), self.error

    async def _slowly(self, pv: PV, value: float) -> None:
        await self.library.sleep(0.01)
        if value < 0:
            raise ValueError("negative")

    def _run(self) -> None:
        try:
            if self.library is asyncio:
                with asyncio.Runner(loop_factory=self.loop_factory) as runner:
                    runner.run(self._main())
            else:
                self.library.run(self._main)
        except BaseException as error:
            self.error = error
        self._up.set()

    async def _main(self) -> None:
        async with self.serving(self.pvs, loopback()) as server:
            self.port = server.port
            self._up.set()
            while not self._stop.is_set():
                self.pvs["S:tick"].post(float(self.pvs["S:tick"].value) + 1.0)  # type: ignore[arg-type]
                await self.library.sleep(0.01)

    def close(self) -> None:
        self._stop.set()
        self._thread.join(10)
        assert not self._thread.is_alive()
        assert self.error is None


@pytest.fixture(params=sorted(SHELLS))
def elsewhere(request: pytest.FixtureRequest) -> Iterator[Elsewhere]:
    server = Elsewhere(request.param)
    yield server
    server.close()


async def test_get_put_and_monitor(elsewhere: Elsewhere) -> None:
    config = ClientConfig(addresses=(("127.0.0.1", elsewhere.port),), auto_addr_list=False, port=elsewhere.port)
    async with asyncio.timeout(30), Client(config) as client:
        plain, slow, tick = (client.pv(name) for name in elsewhere.pvs)
        await asyncio.gather(*(pv.wait_connected(10) for pv in (plain, slow, tick)))
        await plain.put(2.5)
        assert (await plain.get()).value == 2.5
        await slow.put(3.5)
        assert (await slow.get()).value == 3.5
        with pytest.raises(PutFailed):
            await slow.put(-1.0)
        assert (await slow.get()).value == 3.5
        seen: list[float] = []
        async for update in tick.monitor():
            seen.append(update.value)
            if len(seen) == 5:
                break
        assert seen == sorted(set(seen))
