"""Modbus requests, and what a reply to each looks like. Pure.

The request PDUs themselves are pymodbus's. Why its client is not used: docs/adr/0004.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pymodbus.pdu import ModbusPDU

__all__ = ["EXCEPTIONS", "Request", "pdu_maker"]

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
    22: "write bits of holding register",
    23: "write and read holding register",
}


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `image` is what to write: register bytes as on the wire, or coils packed from the lowest bit.

    Function 22 has two words as its image, the bits to keep and the bits to set. Function 23 reads `count` registers
    at `address` after it wrote its image to `target`.
    """

    unit: int
    function: int
    address: int
    count: int = 1
    image: bytes = b""
    target: int = 0

    @property
    def head(self) -> bytes:
        """How a reply begins: function and byte count of a read, the whole echo of a write (V1.1b3, section 6)."""
        if self.function <= 2:
            return bytes((self.function, (self.count + 7) // 8))
        if self.function <= 4 or self.function == 23:
            return bytes((self.function, 2 * self.count))
        if self.function == 5:
            return struct.pack(">BHH", 5, self.address, 0xFF00 if self.image[0] & 1 else 0)
        if self.function in (6, 22):
            return struct.pack(">BH", self.function, self.address) + self.image
        return struct.pack(">BHH", self.function, self.address, self.count)

    @property
    def length(self) -> int:
        """Bytes of a good reply, from its function code on."""
        head = self.head
        return 2 + head[1] if self.function <= 4 or self.function == 23 else len(head)

    def __str__(self) -> str:
        what = f"unit {self.unit}, FC{self.function:02} {FUNCTIONS[self.function]}"
        if self.count == 1:
            return f"{what} {self.address}"
        return f"{what}s {self.address} to {self.address + self.count - 1}"


def pdu_maker() -> Callable[[Request, int], ModbusPDU]:
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
        words = list(struct.unpack(f">{len(request.image) // 2}H", request.image)) if request.function > 15 else []
        if request.function == 22:
            keep, bits = words
            return registers.MaskWriteRegisterRequest(
                address=request.address,
                and_mask=keep,
                or_mask=bits,
                dev_id=request.unit,
                transaction_id=transaction,
            )
        if request.function == 23:
            return registers.ReadWriteMultipleRegistersRequest(
                read_address=request.address,
                read_count=request.count,
                write_address=request.target,
                write_registers=words,
                dev_id=request.unit,
                transaction_id=transaction,
            )
        made = kinds[request.function](dev_id=request.unit, transaction_id=transaction, address=request.address)
        made.count = request.count
        image = request.image
        if request.function in (5, 15):
            made.bits = [bool(image[index >> 3] >> (index & 7) & 1) for index in range(request.count)]
        elif image:
            made.registers = list(struct.unpack(f">{len(image) // 2}H", image))
        return made

    return pdu
