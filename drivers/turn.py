"""One turn on a wire, from waiting for it to counting what came of it."""

from __future__ import annotations

import asyncio
import time
from types import TracebackType
from typing import TYPE_CHECKING

from drivers.errors import ReplyTimeout
from drivers.turns import Priority

if TYPE_CHECKING:
    from drivers.port import Port

__all__ = ["Turn"]


class Turn:
    """What `Port._turn` gives. A class, not a generator with @asynccontextmanager: each request passes here."""

    __slots__ = ("_begin", "_port", "_priority")

    def __init__(self, port: Port, priority: Priority) -> None:
        self._port = port
        self._priority = priority

    async def __aenter__(self) -> None:
        port = self._port
        if port._fault is not None or port._disabled is not None:
            port._check_up()
        if not port._turns.take():
            await self._wait()
            if port._fault is not None or port._disabled is not None:  # went down between our being called and coming
                port._turns.give()
                port._check_up()
        port.statistics.requests += 1
        self._begin = time.perf_counter()

    async def _wait(self) -> None:
        port = self._port
        try:
            async with asyncio.timeout(port.queue_timeout):
                await port._turns.wait(self._priority)
        except TimeoutError:
            port.statistics.busy += 1
            raise ReplyTimeout(f"{port.name}: not asked, the wire was busy for {port.queue_timeout:g} s") from None

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        port = self._port
        try:
            if error is None:
                port._answered(time.perf_counter() - self._begin)
            elif (instead := port._failed(error)) is not None:
                raise instead from error
        finally:
            port._end_turn()
