"""Modbus requests, and which bytes may answer them. Pure: bytes in, reply out.

The frames themselves (addresses, lengths, CRC) are pymodbus's. Why its client is not used: docs/adr/0004.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from pymodbus.pdu import ModbusPDU

__all__ = ["EXCEPTIONS", "Framing", "NotModbus", "Request", "RtuFraming", "TcpFraming"]

# Modbus Application Protocol V1.1b3, section 7
EXCEPTIONS: Final = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "server device failure",
    5: "acknowledge",
    6: "server device busy",
    8: "memory parity error",
    10: "gateway path unavailable",
    11: "gateway target device failed to respond",
}
FUNCTIONS: Final = {
    1: "read coil",
    2: "read discrete input",
    3: "read holding register",
    4: "read input register",
    5: "write coil",
    6: "write holding register",
    15: "write coil",
    16: "write holding register",
}
MAX_RTU: Final = 256  # bytes of the longest frame: Modbus over Serial Line V1.02, 2.3


class NotModbus(ValueError):
    """What came over TCP cannot be the begin of a Modbus frame, so nobody knows where the next one begins."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `image` is what to write: register bytes as on the wire, or coils packed from the lowest bit."""

    unit: int
    function: int
    address: int
    count: int = 1
    image: bytes = b""

    @property
    def head(self) -> bytes:
        """How a reply begins: function and byte count of a read, the whole echo of a write (V1.1b3, section 6)."""
        if self.function <= 2:
            return bytes((self.function, (self.count + 7) // 8))
        if self.function <= 4:
            return bytes((self.function, 2 * self.count))
        if self.function == 5:
            return struct.pack(">BHH", 5, self.address, 0xFF00 if self.image[0] & 1 else 0)
        if self.function == 6:
            return struct.pack(">BH", 6, self.address) + self.image
        return struct.pack(">BHH", self.function, self.address, self.count)

    @property
    def length(self) -> int:
        """Bytes of a good reply, from its function code on."""
        head = self.head
        return 2 + head[1] if self.function <= 4 else len(head)

    def __str__(self) -> str:
        what = f"unit {self.unit}, FC{self.function:02} {FUNCTIONS[self.function]}"
        if self.count == 1:
            return f"{what} {self.address}"
        return f"{what}s {self.address} to {self.address + self.count - 1}"


def _requests() -> Callable[[Request, int], ModbusPDU]:
    """A function that makes pymodbus's request of ours."""
    from pymodbus.pdu import bit_message as bits
    from pymodbus.pdu import register_message as registers

    kinds: dict[int, type[ModbusPDU]] = {
        1: bits.ReadCoilsRequest,
        2: bits.ReadDiscreteInputsRequest,
        3: registers.ReadHoldingRegistersRequest,
        4: registers.ReadInputRegistersRequest,
        5: bits.WriteSingleCoilRequest,
        6: registers.WriteSingleRegisterRequest,
        15: bits.WriteMultipleCoilsRequest,
        16: registers.WriteMultipleRegistersRequest,
    }

    def pdu(request: Request, transaction: int) -> ModbusPDU:
        made = kinds[request.function](dev_id=request.unit, transaction_id=transaction, address=request.address)
        made.count = request.count
        image = request.image
        if request.function in (5, 15):
            made.bits = [bool(image[index >> 3] >> (index & 7) & 1) for index in range(request.count)]
        elif image:
            made.registers = list(struct.unpack(f">{len(image) // 2}H", image))
        return made

    return pdu


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

    def feed(self, data: bytes) -> None: ...
    def take(self, request: Request | None) -> bytes | None:
        """The reply from its function code on, or None if it is not there (yet). Raises NotModbus."""
        ...

    def remains(self) -> str:
        """What came that was not the reply, in words, or ""."""
        ...


class TcpFraming:
    """MBAP header, unit and PDU (Modbus Messaging on TCP/IP V1.0b, 3.1.3).

    `late` is called for each reply that answers no open request.
    """

    transactions = True
    broken = False

    def __init__(self, late: Callable[[], None]) -> None:
        from pymodbus.framer import FramerSocket
        from pymodbus.pdu import DecodePDU

        self._framer = FramerSocket(DecodePDU(False))
        self._pdu = _requests()
        self._buffer = bytearray()
        self._late = late
        self._transaction = 0
        self._strangers: list[str] = []

    @property
    def torn(self) -> bool:
        return bool(self._buffer)

    def frame(self, request: Request) -> bytes:
        self._strangers.clear()
        self._transaction = self._transaction % 0xFFFF + 1  # 0 is what servers answer that do not know better
        return self._framer.buildFrame(self._pdu(request, self._transaction))

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def take(self, request: Request | None) -> bytes | None:
        buffer = self._buffer
        reply: bytes | None = None
        while len(buffer) >= 8:
            _, protocol, length = struct.unpack_from(">HHH", buffer)
            if protocol != 0 or not 2 <= length <= 254:
                raise NotModbus(f"what came is not Modbus TCP: {_hex(buffer)}")
            used, unit, transaction, pdu = self._framer.decode(bytes(buffer))
            if not used:
                break
            del buffer[:used]
            if reply is None and request and transaction == self._transaction and unit == request.unit:
                reply = pdu
                continue
            self._late()
            if len(self._strangers) < 3:
                self._strangers.append(f"one of unit {unit} with transaction id {transaction}")
        return reply

    def remains(self) -> str:
        if self._strangers:
            return f"not counting {', '.join(self._strangers)}, where {self._transaction} was asked for"
        return f"only the begin of one: {_hex(self._buffer)}" if self._buffer else ""


class RtuFraming:
    """Unit, PDU and CRC (Modbus over Serial Line V1.02, 2.5.1), found among whatever noise the line adds.

    Nothing in an RTU frame says which question it answers. So a reply counts only if unit, function, length and (of a
    write) address and value are those asked for, and who asks the same unit again after a time-out has to wait: see
    `drivers.modbus.wire`.
    """

    transactions = False
    torn = False

    def __init__(self, local_echo: bool = False) -> None:
        from pymodbus.framer import FramerRTU
        from pymodbus.pdu import DecodePDU

        self._framer = FramerRTU(DecodePDU(False))
        self._pdu = _requests()
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

    def feed(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        if self._echo:
            if len(buffer) < len(self._echo) and self._echo.startswith(buffer):
                return
            if buffer.startswith(self._echo):
                del buffer[: len(self._echo)]
            self._echo = b""
        if len(buffer) > 2 * MAX_RTU:  # a babbling line; a frame that began before this cannot come to an end
            del buffer[:-MAX_RTU]

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
