"""Modbus ASCII: frames of text (Modbus over Serial Line V1.02, 2.5.2). Pure: bytes in, reply out."""

from __future__ import annotations

import re
from typing import Final

from drivers.modbus.requests import Request
from drivers.modbus.serialframing import SerialFraming

__all__ = ["AsciiFraming"]

MAX_ASCII: Final = 513  # characters of the longest frame: section 2.5.2.1
# A colon begins a frame wherever it stands, also amid another one: "the receivers continuously monitor for it".
FRAME: Final = re.compile(rb":([^:\r\n]*)\r?\n")
OPEN: Final = re.compile(rb":[^:\r\n]*\r?\Z")
HEX: Final = re.compile(rb"(?:[0-9A-Fa-f]{2}){3,}")


class AsciiFraming(SerialFraming):
    """A colon, unit, PDU and LRC as hexadecimal digits, CR LF.

    Nothing in the frame says which question it answers; `RtuFraming` says what follows from that.
    """

    longest = MAX_ASCII

    def __init__(self, local_echo: bool = False) -> None:
        from pymodbus.framer import FramerAscii
        from pymodbus.pdu import DecodePDU

        super().__init__(FramerAscii(DecodePDU(False)), local_echo)

    def reply_size(self, request: Request) -> int:
        return 2 * (2 + request.length) + 3

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
