"""Reactor: the server's sockets behind one file descriptor.

All sockets of a server hang on one epoll (kqueue on macOS), whose own descriptor the event loop watches. So the loop
is woken once for whatever many circuits have to say, a shell for another event loop is a few lines, and bytes go
from the session to the kernel without a transport's buffer between them.
"""

from __future__ import annotations

import select
import selectors
import socket
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol, TypeAlias, cast

__all__ = ["READ", "WRITE", "Reactor", "Ready", "TcpLink", "Watcher"]

READ = 1
WRITE = 4
# Bytes that are received at once, into one buffer for all: for recv() itself a buffer of this size would be mapped and
# unmapped each time, which takes longer than all the rest of a small request.
RECEIVE_SIZE = 256 * 1024
# Below this, joining and one send() is cheaper than handing the kernel a list of buffers.
JOIN_BELOW = 64 * 1024
FEW = 64  # pieces; more than that are small ones: sessions send large pieces at once, and the last one is large then
MAX_BUFFERS = 512  # Linux takes at most IOV_MAX (1024) buffers a call
JOIN_PIECE = 1024  # bytes: a buffer of its own costs as much as copying this much
ROUNDS = 4  # polls for one wake-up of the loop, so that other tasks get their turn under load


Ready: TypeAlias = "list[tuple[int, int]]"  # descriptors, and what they are ready for


class Reactor:
    """Watches sockets and calls `handler(events)` for those that are ready; events are READ and/or WRITE."""

    def __init__(self, watcher: Watcher | None = None) -> None:
        self.buffer = memoryview(bytearray(RECEIVE_SIZE))  # what is in it, nobody may keep
        self._handlers: dict[int, Callable[[int], None]] = {}
        self._watcher = watcher or (_EpollPoller() if hasattr(select, "epoll") else _SelectorPoller())
        self._poller = cast(_Poller, self._watcher)  # it is one, if it is ours

    def fileno(self) -> int:
        """What the event loop watches for reading, unless it calls `handle` itself."""
        return self._poller.fileno()

    def watch(self, fd: int, events: int, handler: Callable[[int], None]) -> None:
        self._handlers[fd] = handler
        self._watcher.register(fd, events)

    def change(self, fd: int, events: int) -> None:
        self._watcher.modify(fd, events)

    def unwatch(self, fd: int) -> None:
        if self._handlers.pop(fd, None) is not None:
            self._watcher.unregister(fd)

    def poll(self, overdue: Callable[[], bool] = lambda: False) -> None:
        """Handle what is ready, without waiting; once more if there is more, unless it is `overdue` to stop."""
        for _ in range(ROUNDS):
            ready = self._poller.poll()
            if not ready:
                return
            self.handle(ready)
            if len(ready) == 1 or overdue():  # one alone: it waits for its answer
                return

    def handle(self, ready: Ready) -> None:
        """Handle what is ready; descriptors that are somebody else's do no harm."""
        handlers = self._handlers
        for fd, events in ready:
            handler = handlers.get(fd)
            if handler is not None:  # else: closed by an earlier handler of this round
                handler(events)

    def close(self) -> None:
        for fd in tuple(self._handlers):
            self.unwatch(fd)
        self._watcher.close()


class Watcher(Protocol):
    """Who finds out what is ready."""

    def register(self, fd: int, events: int, /) -> object: ...
    def modify(self, fd: int, events: int, /) -> object: ...
    def unregister(self, fd: int, /) -> object: ...
    def close(self) -> None: ...


class _Poller(Watcher, Protocol):
    def fileno(self) -> int: ...
    def poll(self) -> Ready: ...


class _EpollPoller:
    """epoll's READ and WRITE bits are ours; an error or hang-up shows as READ, and recv then says what it is."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self.fileno = self._epoll.fileno
        self.register = self._epoll.register
        self.modify = self._epoll.modify
        self.unregister = self._epoll.unregister
        self.close = self._epoll.close
        self.poll = partial(self._epoll.poll, 0)


class _SelectorPoller:
    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self.close = self._selector.close

    def fileno(self) -> int:
        return self._selector.fileno()

    def register(self, fd: int, events: int, /) -> None:
        self._selector.register(fd, self._mask(events))

    def modify(self, fd: int, events: int, /) -> None:
        self._selector.modify(fd, self._mask(events))

    def unregister(self, fd: int, /) -> None:
        self._selector.unregister(fd)

    def poll(self) -> Ready:
        return [
            (key.fd, (READ if events & selectors.EVENT_READ else 0) | (WRITE if events & selectors.EVENT_WRITE else 0))
            for key, events in self._selector.select(0)
        ]

    @staticmethod
    def _mask(events: int) -> int:
        return (selectors.EVENT_READ if events & READ else 0) | (selectors.EVENT_WRITE if events & WRITE else 0)


class Receiver(Protocol):
    """The session above a link."""

    behind: bool  # has enough to do, and wants no more bytes for now

    def flush(self) -> None: ...
    def feed(self, data: bytes, /) -> None: ...
    def stuck(self, stuck: bool, /) -> None: ...
    def deaf(self) -> None: ...
    def close(self) -> None: ...


class TcpLink:
    """One accepted connection. While the client does not take what it asked for, its requests are not read.

    Once it takes nothing any more, because it has left, what it sent before is still read: a put in the socket when its
    client leaves is done.
    """

    def __init__(self, reactor: Reactor, sock: socket.socket, now: Callable[[], float]) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._fd = sock.fileno()
        self._reactor = reactor
        self._queue: deque[memoryview] = deque()
        self._recv_into = sock.recv_into
        self._buffer = reactor.buffer
        self._now = now
        self._deaf = False  # takes no more bytes
        self._ending = False  # to be closed once the queue is empty
        self.stuck_since: float | None = None  # when the client last took a byte, if it has some to take
        self.session: Receiver | None = None
        self._on_close: Callable[[TcpLink], None] | None = None

    def open(self, session: Receiver, on_close: Callable[[TcpLink], None]) -> None:
        """Begin to feed `session`; `on_close` is told when the connection is over."""
        self.session = session
        self._on_close = on_close
        self._reactor.watch(self._fd, READ, self.ready)

    def send(self, pieces: list[bytes]) -> None:
        """Send, or keep for when the socket takes more."""
        if self._deaf:
            return
        if self._queue:
            self._queue.extend(_buffers(pieces))
            return
        if len(pieces[-1]) >= JOIN_PIECE and len(pieces) < FEW and sum(map(len, pieces)) > JOIN_BELOW:
            self._queue.extend(_buffers(pieces))
            self._drain()
            return
        data = b"".join(pieces)
        try:
            sent = self._sock.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._lose()
            return
        if sent < len(data):
            self._queue.append(memoryview(data)[sent:])
            self._set_stuck(True)

    def _drain(self) -> None:
        queue = self._queue
        while queue:
            buffers = [queue[index] for index in range(min(len(queue), MAX_BUFFERS))]
            try:
                sent = self._sock.sendmsg(buffers)
            except BlockingIOError:
                self._set_stuck(True)
                return
            except OSError:
                self._lose()
                return
            if self.stuck_since is not None:
                self.stuck_since = self._now()
            while sent:
                first = queue[0]
                if sent >= len(first):
                    sent -= len(first)
                    queue.popleft()
                else:
                    queue[0] = first[sent:]
                    sent = 0
        if self._ending:
            self.close()
        else:
            self._set_stuck(False)

    def _set_stuck(self, stuck: bool) -> None:
        if stuck == (self.stuck_since is not None) or self._fd < 0:
            return
        self.stuck_since = self._now() if stuck else None
        self._reactor.change(self._fd, WRITE if stuck else READ)
        if self.session is not None:
            self.session.stuck(stuck)

    def _lose(self) -> None:
        """The client has left, and reading will tell when all it sent has come."""
        self._deaf = True
        self._queue.clear()
        if self.session is not None:
            self.session.deaf()
        if self._ending:
            self.close()
        else:
            self._set_stuck(False)

    def ready(self, events: int = READ) -> None:
        """Send what the socket takes again, and feed the session with what has come, if anything has."""
        if events & WRITE:
            self._drain()
            if events == WRITE:
                return
        session = self.session
        if session is not None and not session.behind:
            try:
                size = self._recv_into(self._buffer)
            except BlockingIOError:
                return
            except OSError:
                size = 0
            if size:
                session.feed(self._buffer[:size].tobytes())
            else:
                self._end(session)

    def _end(self, session: Receiver) -> None:
        """The client sends no more, but may have closed only its half, and still wait for its answers."""
        session.flush()
        if self._queue and not self._deaf:
            self._ending = True
        else:
            self.close()

    def stalled(self) -> float:
        """Seconds since the client last took a byte; 0 if there is nothing for it to take."""
        return 0.0 if self.stuck_since is None else self._now() - self.stuck_since

    def unsent(self) -> Iterator[bytes]:
        """What waits to be sent; pieces that have been sent in part count in full."""
        return (cast(bytes, view.obj) for view in self._queue)

    def close(self) -> None:
        """Give up the connection; what is queued is lost."""
        if self._fd < 0:
            return
        self._reactor.unwatch(self._fd)
        self._fd = -1
        self._deaf = True
        self._sock.close()
        self._queue.clear()
        session, self.session = self.session, None
        if session is not None:
            session.close()
        if self._on_close is not None:
            self._on_close(self)


def _buffers(pieces: list[bytes]) -> Iterator[memoryview]:
    """Buffers for `sendmsg`: large pieces as they are, and all small ones that stand between them as one."""
    small: list[bytes] = []
    for piece in pieces:
        if len(piece) < JOIN_PIECE:
            small.append(piece)
            continue
        if small:
            yield memoryview(b"".join(small))
            small.clear()
        yield memoryview(piece)
    if small:
        yield memoryview(b"".join(small))
