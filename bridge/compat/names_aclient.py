"""The names of `caproto.asyncio.client`, on our client."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import os
from collections.abc import AsyncGenerator, Callable
from typing import Any

from bridge.ca import ChannelType
from bridge.client import PV as OurPV  # noqa: N811  # a class
from bridge.client import Client, ClientConfig, NotConnected, Timeout, Update
from bridge.compat.names import CaprotoTimeoutError
from bridge.compat.response import data_type_of, response_of

__all__ = ["PV", "Context", "Subscription"]

_MASK = 5  # DBE_VALUE | DBE_ALARM


class Subscription:
    """A monitor; `add_callback` begins it."""

    def __init__(self, pv: PV, data_type: Any, mask: Any) -> None:
        self.pv = pv
        self.most_recent_response: Any = None
        self._data_type = data_type_of(data_type)
        self._mask = int(mask) if mask else _MASK
        self._callbacks: dict[int, Callable[..., Any]] = {}
        self._tokens = itertools.count()
        self._ours: Any = None
        self._tasks: set[asyncio.Task[Any]] = set()

    def add_callback(self, func: Callable[..., Any]) -> int:
        """Call ``func(subscription, response)``, which may be a coroutine function. Gives a token."""
        token = next(self._tokens)
        self._callbacks[token] = func
        if self._ours is None:
            self._ours = self.pv.ours.subscribe(self._event, self._mask, self._data_type)
        elif self.most_recent_response is not None:
            self._call(func)
        return token

    def remove_callback(self, token: int) -> None:
        """Undo `add_callback`."""
        self._callbacks.pop(token, None)

    async def clear(self) -> None:
        """End it."""
        self._callbacks.clear()
        if self._ours is not None:
            self._ours.close()
            self._ours = None

    def _event(self, update: Update) -> None:
        if update.result is not None:
            self.most_recent_response = response_of(update.result)
            for func in tuple(self._callbacks.values()):
                self._call(func)

    def _call(self, func: Callable[..., Any]) -> None:
        result = func(self, self.most_recent_response)
        if inspect.isawaitable(result):
            task = asyncio.ensure_future(result)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def __aiter__(self) -> AsyncGenerator[Any, None]:
        """Responses, one after the other."""
        queue: asyncio.Queue[Any] = asyncio.Queue()
        token = self.add_callback(lambda _, response: queue.put_nowait(response))
        try:
            while True:
                yield await queue.get()
        finally:
            self.remove_callback(token)


class PV:
    """A PV of another IOC."""

    def __init__(self, ours: OurPV, context: Context, callback: Any = None) -> None:
        self.ours = ours
        self.name = ours.name
        self.context = context
        self.timeout = context.timeout
        self._watch: Any = None
        if callback is not None:
            self._told: bool | None = None
            self._callback = callback
            self._watch = ours.subscribe(self._state)

    def _state(self, update: Update) -> None:
        if update.connected != self._told:
            self._told = update.connected
            result = self._callback(self, "connected" if update.connected else "disconnected")
            if inspect.isawaitable(result):
                self._task = asyncio.ensure_future(result)

    @property
    def connected(self) -> bool:
        """Whether there is a channel."""
        return self.ours.connected

    async def wait_for_connection(self, *, timeout: float | None = None) -> PV:
        """Wait until it is connected."""
        try:
            await self.ours.wait_connected(self._deadline(timeout))
        except (NotConnected, Timeout) as error:
            raise CaprotoTimeoutError(str(error)) from None
        return self

    def _deadline(self, timeout: float | None) -> float:
        return float(timeout if timeout is not None else self.timeout or 1e6)

    async def read(
        self, *, data_type: Any = None, data_count: int | None = None, timeout: float | None = None, notify: bool = True
    ) -> Any:
        """Read."""
        try:
            result = await self.ours.get(data_type_of(data_type), data_count or 0, self._deadline(timeout))
        except (NotConnected, Timeout) as error:
            raise CaprotoTimeoutError(str(error)) from None
        return response_of(result)

    async def write(
        self, data: Any, *, wait: bool = True, data_type: Any = None, data_count: int | None = None,
        timeout: float | None = None, notify: bool | None = None,
    ) -> None:  # fmt: skip
        """Write, and by default wait until that is done."""
        value = data[0] if isinstance(data, (list, tuple)) and len(data) == 1 else data
        dbr = ChannelType(data_type) if isinstance(data_type, int) else None
        try:
            await self.ours.put(value, wait if notify is None else notify, self._deadline(timeout), dbr=dbr)
        except (NotConnected, Timeout) as error:
            raise CaprotoTimeoutError(str(error)) from None

    def subscribe(self, data_type: Any = "time", data_count: Any = None, mask: Any = None, **_: Any) -> Subscription:
        """A monitor."""
        return Subscription(self, data_type, mask)

    async def go_idle(self) -> None:
        """Nothing to do: a channel costs little."""


class Context:
    """A client."""

    def __init__(self, broadcaster: Any = None, *, timeout: float = 2.0, **_: Any) -> None:
        self.timeout = timeout
        self._client: Client | None = None
        self._opening: asyncio.Lock | None = None

    async def __aenter__(self) -> Context:
        await self._open()
        return self

    async def __aexit__(self, *_: Any) -> None:
        await self.disconnect()

    async def _open(self) -> Client:
        self._opening = self._opening or asyncio.Lock()
        async with self._opening:
            if self._client is None:
                client = Client(ClientConfig.from_environment(os.environ))  # the program has no command line of ours
                self._client = await client.__aenter__()
        return self._client

    async def get_pvs(
        self, *names: str, connection_state_callback: Any = None, timeout: float | None = None, **_: Any
    ) -> list[PV]:
        """The PVs of these names, which connect in the background."""
        client = await self._open()
        return [PV(client.pv(name), self, connection_state_callback) for name in names]

    async def monitor(self, *names: str, context: Any = None, data_type: Any = "time") -> AsyncGenerator[Any, None]:
        """Yield ``("subscription", subscription, response)`` and ``("connection", pv, state)`` as they come."""
        queue: asyncio.Queue[Any] = asyncio.Queue()

        def state(pv: PV, connected: str) -> None:
            queue.put_nowait(("connection", pv, connected))

        def event(subscription: Subscription, response: Any) -> None:
            queue.put_nowait(("subscription", subscription, response))

        pvs = await self.get_pvs(*names, connection_state_callback=state)
        subscriptions = [pv.subscribe(data_type) for pv in pvs]
        for subscription in subscriptions:
            subscription.add_callback(event)
        try:
            while True:
                yield await queue.get()
        finally:
            for subscription in subscriptions:
                await subscription.clear()

    async def disconnect(self, *, wait: bool = True) -> None:
        """End."""
        client, self._client = self._client, None
        if client is not None:
            await client.__aexit__(None, None, None)
