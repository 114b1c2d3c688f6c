"""The names of `caproto.threading.client`: our client behind a thread. Callbacks run in a thread of their own."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bridge.compat import names_aclient as inner
from bridge.compat.loopthread import shared

__all__ = ["PV", "Batch", "Context", "PVContext", "Subscription"]


class Subscription:
    """A monitor; `add_callback` begins it."""

    def __init__(self, pv: PV, ours: inner.Subscription) -> None:
        self.pv = pv
        self._ours = ours
        self._tokens: dict[int, int] = {}
        self._next = itertools.count()

    def add_callback(self, func: Callable[..., Any], *, run: bool = True) -> int:
        """Call ``func(subscription, response)`` for each event. Gives a token."""
        token = next(self._next)

        def event(_: Any, response: Any) -> None:
            self.pv.context.workers.submit(func, self, response)

        self._tokens[token] = shared().call(self._ours.add_callback, event)
        return token

    def remove_callback(self, token: int) -> None:
        """Undo `add_callback`."""
        shared().call(self._ours.remove_callback, self._tokens.pop(token))

    def clear(self) -> None:
        """End it."""
        shared().run(self._ours.clear())


class PV:
    """A PV of another IOC."""

    def __init__(self, ours: inner.PV, context: Context) -> None:
        self.ours = ours
        self.name = ours.name
        self.context = context

    @property
    def connected(self) -> bool:
        """Whether there is a channel."""
        return self.ours.connected

    def wait_for_connection(self, *, timeout: float | None = None) -> PV:
        """Wait until it is connected."""
        shared().run(self.ours.wait_for_connection(timeout=timeout))
        return self

    def read(self, **options: Any) -> Any:
        """Read; options as of the asyncio client."""
        options.pop("wait", None)
        return shared().run(self.ours.read(**options))

    def write(self, data: Any, **options: Any) -> None:
        """Write; options as of the asyncio client."""
        shared().run(self.ours.write(data, **options))

    def subscribe(self, data_type: Any = "time", data_count: Any = None, mask: Any = None, **_: Any) -> Subscription:
        """A monitor."""
        return Subscription(self, self.ours.subscribe(data_type, data_count, mask))

    def go_idle(self) -> None:
        """Nothing to do: a channel costs little."""


class Context:
    """A client."""

    def __init__(self, broadcaster: Any = None, *, timeout: float = 2.0, max_workers: int = 1, **_: Any) -> None:
        self.timeout = timeout
        self.workers = ThreadPoolExecutor(max_workers, thread_name_prefix="caproto callbacks")
        self._ours = inner.Context(timeout=timeout)

    def __enter__(self) -> Context:
        return self

    def __exit__(self, *_: Any) -> None:
        self.disconnect()

    def get_pvs(
        self, *names: str, connection_state_callback: Any = None, timeout: float | None = None, **_: Any
    ) -> list[PV]:
        """The PVs of these names, which connect in the background."""
        made: dict[Any, PV] = {}

        def state(pv: inner.PV, connected: str) -> None:
            if connection_state_callback is not None:
                self.workers.submit(lambda: connection_state_callback(made.get(pv, pv), connected))

        callback = state if connection_state_callback is not None else None
        found = shared().run(self._ours.get_pvs(*names, connection_state_callback=callback))
        made.update({one: PV(one, self) for one in found})
        return list(made.values())

    def disconnect(self, *, wait: bool = True) -> None:
        """End."""
        shared().run(self._ours.disconnect())
        self.workers.shutdown(wait=False)


PVContext = Context


class Batch:
    """Reads and writes that are sent together: ``with Batch() as batch: batch.read(pv, callback)``."""

    def __init__(self, timeout: float | None = 2.0) -> None:
        self.timeout = timeout
        self._work: list[tuple[Any, Any]] = []

    def __enter__(self) -> Batch:
        return self

    def read(self, pv: PV, callback: Any, **options: Any) -> None:
        """Read, then ``callback(response)``."""
        self._work.append((pv.ours.read(timeout=self.timeout, **options), callback))

    def write(self, pv: PV, data: Any, callback: Any = None, **options: Any) -> None:
        """Write, then ``callback(None)``."""
        self._work.append((pv.ours.write(data, timeout=self.timeout, **options), callback))

    def __exit__(self, *_: Any) -> None:
        async def all_() -> None:
            import asyncio

            async def one(work: Any, callback: Any) -> None:
                answer = await work
                if callback is not None:
                    callback(answer)

            await asyncio.gather(*(one(work, callback) for work, callback in self._work))

        shared().run(all_())
