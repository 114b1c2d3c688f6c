"""Modbus ASCII: frames of text (Modbus over Serial Line V1.02, 2.5.2). Pure: bytes in, reply out."""

from __future__ import annotations

import re
from typing import Final

from drivers.modbus.requests import Request, pdu_maker

__all__ = ["AsciiFraming"]

MAX_ASCII: Final = 513  # characters of the longest frame: section 2.5.2.1
# A colon begins a frame wherever it stands, also amid another one: "the receivers continuously monitor for it".
FRAME: Final = re.compile(rb":([^:\r\n]*)\r?\n")
OPEN: Final = re.compile(rb":[^:\r\n]*\r?\Z")
HEX: Final = re.compile(rb"(?:[0-9A-Fa-f]{2}){3,}")


class AsciiFraming:
    """A colon, unit, PDU and LRC as hexadecimal digits, CR LF.

    Nothing in the frame says which question it answers; `RtuFraming` says what follows from that.
    """

    transactions = False
    torn = False

    def __init__(self, local_echo: bool = False) -> None:
        from pymodbus.framer import FramerAscii
        from pymodbus.pdu import DecodePDU

        self._framer = FramerAscii(DecodePDU(False))
        self._pdu = pdu_maker()
        self._buffer = bytearray()
        self._local_echo = local_echo
        self._echo = b""
        self.broken = False

    def frame(self, request: Request) -> bytes:
        self._buffer.clear()
        self.broken = False
        frame = self._framer.buildFrame(self._pdu(request, 0))
        if self._local_echo:
            self._echo = frame
        return frame

    def reply_size(self, request: Request) -> int:
        return 2 * (2 + request.length) + 3

    def feed(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        if self._echo:
            if len(buffer) < len(self._echo) and self._echo.startswith(buffer):
                return
            if buffer.startswith(self._echo):
                del buffer[: len(self._echo)]
            self._echo = b""
        if len(buffer) > 2 * MAX_ASCII:  # a babbling line; a frame that began before this cannot come to an end
            del buffer[:-MAX_ASCII]

    def take(self, request: Request | None) -> bytes | None:
        if request is None or self._echo:
            return None
        garbled = False
        for frame in FRAME.finditer(bytes(self._buffer)):
            if not HEX.fullmatch(frame[1]):
                garbled = True
                continue
            _, unit, _, pdu = self._framer.decode(b":" + frame[1] + b"\r\n")
            garbled = garbled or not pdu
            if pdu and unit == request.unit and _fits(pdu, request):
                del self._buffer[: frame.end()]
                return pdu
        self.broken = garbled and not OPEN.search(bytes(self._buffer))
        return None

    def remains(self) -> str:
        text = repr(bytes(self._buffer[:40]))[2:-1] + (" ..." if len(self._buffer) > 40 else "")
        if self.broken:
            return f"a wrong checksum: {text}"
        return f"only {text}" if text else ""


def _fits(pdu: bytes, request: Request) -> bool:
    refused = pdu[0] == request.function | 0x80 and len(pdu) == 2
    return refused or (len(pdu) == request.length and pdu.startswith(request.head))
