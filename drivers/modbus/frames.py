"""Which bytes are Modbus frames, and which of them answer a request: TCP, UDP and RTU. Pure: bytes in, reply out.

The frames themselves (addresses, lengths, CRC) are pymodbus's. ASCII: `drivers.modbus.ascii`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final, Protocol

from drivers.modbus.requests import Request, pdu_maker
from drivers.modbus.serialframing import SerialFraming

__all__ = ["Framing", "NotModbus", "RtuFraming", "TcpFraming", "UdpFraming"]

MAX_GIVEN_UP: Final = 64  # questions that are remembered because their answers may come late
MAX_RTU: Final = 256  # bytes of the longest frame: Modbus over Serial Line V1.02, 2.3


class NotModbus(ValueError):
    """What came over TCP cannot be the begin of a Modbus frame, so nobody knows where the next one begins."""


class Framing(Protocol):
    """One connection's frames. `take` after each `feed`: it answers with the reply to `request`, once it is whole."""

    @property
    def transactions(self) -> bool:
        """Replies name their request, so that a late one cannot answer another."""
        ...

    @property
    def broken(self) -> bool:
        """A reply came whole, and its checksum is wrong."""
        ...

    @property
    def torn(self) -> bool:
        """Half a frame came, and where the next one begins cannot be told."""
        ...

    def frame(self, request: Request) -> bytes:
        """The bytes to send. Forgets what came before."""
        ...

    def reply_size(self, request: Request) -> int:
        """Bytes of a good reply as they stand on the wire, checksum and all."""
        ...

    def feed(self, data: bytes) -> None: ...
    def take(self, request: Request | None) -> bytes | None:
        """The reply from its function code on, or None if it is not there (yet). Raises NotModbus."""
        ...

    def remains(self) -> str:
        """What came that was not the reply, in words, or ""."""
        ...


class TcpFraming:
    """MBAP header, unit and PDU (Modbus Messaging on TCP/IP V1.0b, 3.1.3).

    `late` is called with the unit for each reply that answers no open request.
    """

    transactions = True
    broken = False

    def __init__(self, late: Callable[[int], None]) -> None:
        from pymodbus.framer import FramerSocket
        from pymodbus.pdu import DecodePDU

        self._framer = FramerSocket(DecodePDU(False))
        self._pdu = pdu_maker()
        self._buffer = bytearray()
        self._late = late
        self._transaction = 0
        self._open: tuple[int, int] | None = None  # transaction and unit of the question that waits for its reply
        self._given_up: set[tuple[int, int]] = set()
        self._mixed = False
        self._strangers: list[str] = []

    @property
    def torn(self) -> bool:
        return bool(self._buffer)

    def frame(self, request: Request) -> bytes:
        self._strangers.clear()
        if self._open is not None:
            if len(self._given_up) >= MAX_GIVEN_UP:
                self._given_up.clear()
            self._given_up.add(self._open)
        self._transaction = self._transaction % 0xFFFF + 1  # 0 is what servers answer that do not know better
        self._open = (self._transaction, request.unit)
        return self._framer.buildFrame(self._pdu(request, self._transaction))

    def reply_size(self, request: Request) -> int:
        return 7 + request.length

    def feed(self, data: bytes) -> None:
        if self._buffer and self._given_up and len(data) >= 7:
            # A frame that was cut off swallows the begin of the next, and its length fits all the same. If what comes
            # looks like the late answer to a question that was given up, nobody can tell which of both it is.
            transaction, protocol, _, unit = struct.unpack_from(">HHHB", data)
            self._mixed = protocol == 0 and (transaction, unit) in self._given_up
        self._buffer += data

    def take(self, request: Request | None) -> bytes | None:
        buffer = self._buffer
        if self._mixed:
            raise NotModbus(f"half a frame, and then a late one: {_hex(buffer)}")
        reply: bytes | None = None
        while len(buffer) >= 8:
            _, protocol, length = struct.unpack_from(">HHH", buffer)
            if protocol != 0 or not 2 <= length <= 254:
                raise NotModbus(f"what came is not Modbus TCP: {_hex(buffer)}")
            used, unit, transaction, pdu = self._framer.decode(bytes(buffer))
            if not used:
                break
            del buffer[:used]
            self._given_up.discard((transaction, unit))
            if buffer[2:4].strip(b"\0"):  # what follows is no frame, so that this one was not what it seemed either
                raise NotModbus(f"what came after a frame is not Modbus TCP: {_hex(buffer)}")
            if reply is None and request and transaction == self._transaction and unit == request.unit:
                reply = pdu
                self._open = None
                continue
            self._late(unit)
            if len(self._strangers) < 3:
                self._strangers.append(f"one of unit {unit} with transaction id {transaction}")
        return reply

    def remains(self) -> str:
        if self._strangers:
            return f"not counting {', '.join(self._strangers)}, where {self._transaction} was asked for"
        return f"only the begin of one: {_hex(self._buffer)}" if self._buffer else ""


class UdpFraming(TcpFraming):
    """The same frames in datagrams: each is whole, or of no use, and the next begins anew."""

    @property
    def torn(self) -> bool:
        return False

    def feed(self, data: bytes) -> None:
        self._buffer[:] = data

    def take(self, request: Request | None) -> bytes | None:
        try:
            return super().take(request)
        except NotModbus as error:
            self._buffer.clear()
            if len(self._strangers) < 3:
                self._strangers.append(str(error))
            return None


class RtuFraming(SerialFraming):
    """Unit, PDU and CRC (Modbus over Serial Line V1.02, 2.5.1), found among whatever noise the line adds.

    Nothing in an RTU frame says which question it answers. So a reply counts only if unit, function, length and (of a
    write) address and value are those asked for, and who asks the same unit again after a time-out has to wait: see
    `drivers.modbus.wire`.
    """

    longest = MAX_RTU

    def __init__(self, local_echo: bool = False) -> None:
        from pymodbus.framer import FramerRTU
        from pymodbus.pdu import DecodePDU

        super().__init__(FramerRTU(DecodePDU(False)), local_echo)

    def reply_size(self, request: Request) -> int:
        return 3 + request.length

    def take(self, request: Request | None) -> bytes | None:
        if request is None or self._echo:
            return None
        buffer = self._buffer
        good = bytes((request.unit,)) + request.head
        refused = bytes((request.unit, request.function | 0x80))
        garbled = pending = False
        start = -1
        while (start := buffer.find(request.unit, start + 1)) >= 0:
            if buffer.startswith(good, start):
                size = 1 + request.length + 2
            elif buffer.startswith(refused, start):
                size = 5
            else:
                rest = buffer[start : start + len(good)]
                pending = pending or good.startswith(rest) or refused.startswith(rest)
                continue
            if start + size > len(buffer):
                pending = True
                continue
            pdu = self._framer.decode(bytes(buffer[start : start + size]))[3]
            if pdu:
                del buffer[: start + size]
                return pdu
            garbled = True
        self.broken = garbled and not pending
        return None

    def remains(self) -> str:
        if self.broken:
            return f"a wrong checksum: {_hex(self._buffer)}"
        return f"only {_hex(self._buffer)}" if self._buffer else ""


def _hex(data: bytes | bytearray) -> str:
    return data[:16].hex(" ") + (" ..." if len(data) > 16 else "")
