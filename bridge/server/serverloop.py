"""ServerLoop: asyncio's loop with a selector that answers CA clients itself.

A turn of asyncio's loop costs about 4 us of Python, and a descriptor that stands for others a call of the kernel more:
half of the time in which a client that asks for one value at a time gets its answer. Here the server's sockets hang
on the loop's own epoll, and what they say is handled between two turns, while the loop believes itself asleep. It
turns when its own descriptors, timers or callbacks want it to.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from contextvars import Context
from selectors import EVENT_READ, EVENT_WRITE, BaseSelector, SelectorKey
from time import monotonic
from typing import Any, TypeVarTuple

from bridge.server.reactor import READ, WRITE, Ready

__all__ = ["Guest", "ServerLoop"]

Ts = TypeVarTuple("Ts")


class Guest:
    """Watches the sockets of one server on the epoll of a loop. `handle` gets all that is ready, others' too."""

    handle: Callable[[Ready], None]  # to be set before anything is watched

    def __init__(self, selector: _Selector) -> None:
        self.register = selector.epoll.register
        self.modify = selector.epoll.modify
        self.unregister = selector.epoll.unregister
        self._selector = selector
        selector.guests += (self,)

    def close(self) -> None:
        """Leave."""
        self._selector.guests = tuple(guest for guest in self._selector.guests if guest is not self)


class _Selector(BaseSelector):
    """As asyncio wants it, but for the guests, of whose sockets asyncio never hears."""

    def __init__(self, fail: Callable[[Exception], None]) -> None:
        self.epoll = select.epoll()
        self.guests: tuple[Guest, ...] = ()
        self.stirred = False  # the loop has something to do that it did not have when it went to sleep
        self._keys: dict[int, SelectorKey] = {}
        self._fail = fail

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        """What asyncio waits for; meanwhile what the guests wait for is handled."""
        self.stirred = False
        end = 0.0 if timeout is None else monotonic() + timeout
        poll, keys = self.epoll.poll, self._keys
        while True:
            ready = poll(timeout)
            own: list[tuple[SelectorKey, int]] = []
            for fd, mask in ready:
                if fd in keys:
                    own.append((keys[fd], _events(mask)))
            if len(ready) > len(own):
                for guest in self.guests:
                    try:
                        guest.handle(ready)
                    except Exception as error:
                        self._fail(error)
            if own or self.stirred or not ready:
                return own
            if timeout is not None:
                timeout = end - monotonic()
                if timeout <= 0:
                    return own

    # --- what asyncio watches -----------------------------------------------------------------------------------

    def register(self, fileobj: Any, events: int, data: Any = None) -> SelectorKey:
        """As for any selector."""
        fd = _fd(fileobj)
        if fd in self._keys:
            raise KeyError(f"descriptor {fd} is registered already")
        self.epoll.register(fd, _mask(events))
        key = self._keys[fd] = SelectorKey(fileobj, fd, events, data)
        return key

    def modify(self, fileobj: Any, events: int, data: Any = None) -> SelectorKey:
        """As for any selector."""
        old = self.get_key(fileobj)
        if events != old.events:
            self.epoll.modify(old.fd, _mask(events))
        key = self._keys[old.fd] = SelectorKey(fileobj, old.fd, events, data)
        return key

    def unregister(self, fileobj: Any) -> SelectorKey:
        """As for any selector."""
        key = self._keys.pop(_fd(fileobj))
        with suppress(OSError):  # closed before, and so forgotten by the kernel
            self.epoll.unregister(key.fd)
        return key

    def get_key(self, fileobj: Any) -> SelectorKey:
        """As for any selector."""
        return self._keys[_fd(fileobj)]

    def get_map(self) -> Mapping[Any, SelectorKey]:
        """By descriptor, or what has one."""
        return _Map(self._keys)

    def close(self) -> None:
        """Watch nothing any more."""
        self.epoll.close()
        self._keys.clear()


class _Map(Mapping[Any, SelectorKey]):
    """What is watched. asyncio looks a socket up in it by itself, from Python 3.13 on."""

    def __init__(self, keys: dict[int, SelectorKey]) -> None:
        self._keys = keys

    def __getitem__(self, fileobj: Any) -> SelectorKey:
        return self._keys[_fd(fileobj)]

    def __iter__(self) -> Iterator[int]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


def _fd(fileobj: Any) -> int:
    return fileobj if isinstance(fileobj, int) else int(fileobj.fileno())


def _mask(events: int) -> int:
    return (READ if events & EVENT_READ else 0) | (WRITE if events & EVENT_WRITE else 0)


def _events(mask: int) -> int:
    """An error or a hang-up is both."""
    return (EVENT_READ if mask & ~WRITE else 0) | (EVENT_WRITE if mask & ~READ else 0)


class ServerLoop(asyncio.SelectorEventLoop):
    """For ``asyncio.Runner(loop_factory=ServerLoop)``, on systems with epoll."""

    def __init__(self) -> None:
        self._shared = _Selector(self._failed)
        super().__init__(self._shared)

    def invite(self) -> Guest:
        """Who watches the sockets of one server."""
        return Guest(self._shared)

    def _failed(self, error: Exception) -> None:
        self.call_exception_handler({"message": "handling the server's sockets has failed", "exception": error})

    # --- what gives the loop something to do: it is not to go on sleeping then ------------------------------------

    def call_soon(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        """As for any loop."""
        self._shared.stirred = True
        return super().call_soon(callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """As for any loop."""
        self._shared.stirred = True
        return super().call_at(when, callback, *args, context=context)

    def stop(self) -> None:
        """As for any loop."""
        self._shared.stirred = True
        super().stop()
