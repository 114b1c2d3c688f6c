"""SerialFraming: what the frames of RTU and ASCII have in common on a line without transactions. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from drivers.modbus.requests import Request, pdu_maker

if TYPE_CHECKING:
    from pymodbus.framer import FramerBase

__all__ = ["SerialFraming"]


class SerialFraming:
    """A buffer of what the line has said since the question, with our own echo taken away.

    `framer` is pymodbus's, which makes frames and takes them apart; `longest` is the size of the longest frame.
    """

    transactions = False
    torn = False
    longest: ClassVar[int]

    def __init__(self, framer: FramerBase, local_echo: bool) -> None:
        self._framer = framer
        self._pdu = pdu_maker()
        self._buffer = bytearray()
        self._local_echo = local_echo
        self._echo = b""
        self.broken = False

    def frame(self, request: Request) -> bytes:
        """The question, as it goes out; what was heard before does not count any more."""
        self._buffer.clear()
        self.broken = False
        frame = self._framer.buildFrame(self._pdu(request, 0))
        if self._local_echo:
            self._echo = frame
        return frame

    def feed(self, data: bytes) -> None:
        """Take what the line says."""
        buffer = self._buffer
        buffer += data
        if self._echo:
            if len(buffer) < len(self._echo) and self._echo.startswith(buffer):
                return
            if buffer.startswith(self._echo):
                del buffer[: len(self._echo)]
            self._echo = b""
        if len(buffer) > 2 * self.longest:  # a babbling line; a frame that began before this cannot come to an end
            del buffer[: -self.longest]
