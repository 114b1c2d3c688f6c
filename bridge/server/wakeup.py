"""A way to call something "soon" on an event loop that has no such call: a socket pair that the shell watches."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable

__all__ = ["Wakeup"]


class Wakeup:
    """Functions to be called when the loop next finds `fileno` readable, which `call_soon` sees to."""

    def __init__(self) -> None:
        self._near, self._far = socket.socketpair()
        self._near.setblocking(False)
        self._far.setblocking(False)
        self._due: list[Callable[[], None]] = []

    def fileno(self) -> int:
        """What the shell watches for reading."""
        return self._far.fileno()

    def call_soon(self, function: Callable[[], None], /) -> None:
        """Have `function` called by `ready`."""
        if not self._due:
            with contextlib.suppress(BlockingIOError):
                self._near.send(b"!")
        self._due.append(function)

    def ready(self) -> None:
        """Call what is due."""
        with contextlib.suppress(BlockingIOError):
            self._far.recv(4096)
        due, self._due = self._due, []
        for function in due:
            function()

    def close(self) -> None:
        """Give up the sockets."""
        self._near.close()
        self._far.close()
