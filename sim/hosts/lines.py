"""Lines of text: a question ends with LF or CR LF, a reply with CR LF."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import ClassVar, Protocol

from sim.faults import Faults
from sim.hosts.speaker import COMMON, Reply, Speaker, noise

__all__ = ["LineDevice", "LineSpeaker"]

LONGEST = 4096  # bytes; a client that never ends a line must not fill the memory


class LineDevice(Protocol):
    """An instrument that is asked in lines of text."""

    def answer(self, line: str) -> str | None:
        """The reply to one line, without terminators, or None for no reply."""


class LineSpeaker(Speaker):
    """Cuts the stream into lines and asks the device."""

    KINDS: ClassVar[frozenset[str]] = COMMON | {"echo", "unsolicited", "duplicate"}
    END = b"\r\n"

    def __init__(self, device: LineDevice, faults: Faults) -> None:
        super().__init__(faults)
        self._device = device
        self._buffer = b""

    def receive(self, data: bytes, quiet: float) -> Iterator[Reply]:
        """The replies to the lines that `data` completes."""
        *lines, rest = (self._buffer + data).split(b"\n")
        self._buffer = rest[:LONGEST]
        for line in lines:
            answer = self._device.answer(line.decode("ascii", "replace").strip("\r"))
            yield Reply(b"" if answer is None else answer.encode() + self.END, line + b"\n")

    def garbled(self, reply: Reply, rnd: random.Random) -> bytes:
        """Noise, but with the terminator: a reply that is complete and makes no sense."""
        return noise(len(reply.data) - len(self.END), rnd) + self.END

    def unasked(self, text: str) -> bytes:
        """A line of its own."""
        return text.encode() + self.END
