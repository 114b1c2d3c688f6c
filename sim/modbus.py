"""Modbus from the instrument's side: a request PDU in, a response PDU out. Pure.

Written from "MODBUS Application Protocol Specification V1.1b3" (modbus.org); section numbers below are its own.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import ClassVar

__all__ = [
    "ILLEGAL_ADDRESS",
    "ILLEGAL_FUNCTION",
    "ILLEGAL_VALUE",
    "Bank",
    "ModbusError",
    "answer",
    "crc16",
    "exception",
    "floats",
    "request_size",
    "words",
]

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE, DEVICE_FAILURE = 1, 2, 3, 4  # section 7


class ModbusError(Exception):
    """The instrument answers with exception `code`."""

    def __init__(self, code: int) -> None:
        super().__init__(f"Modbus exception {code}")
        self.code = code


class Bank:
    """What a Modbus instrument offers. Each method raises ModbusError; what is not overridden does not exist."""

    unit: int = 1  # node address, 1 to 247
    functions: ClassVar[frozenset[int]] = frozenset((1, 2, 3, 4, 5, 6, 8, 15, 16))  # what it understands
    most_read: ClassVar[int] = 125  # registers in one request (sections 6.3, 6.4)

    def read_coils(self, address: int, count: int) -> Sequence[bool]:
        """Function 1."""
        raise ModbusError(ILLEGAL_ADDRESS)

    def read_discrete(self, address: int, count: int) -> Sequence[bool]:
        """Function 2."""
        raise ModbusError(ILLEGAL_ADDRESS)

    def read_holding(self, address: int, count: int) -> Sequence[int]:
        """Function 3."""
        raise ModbusError(ILLEGAL_ADDRESS)

    def read_input(self, address: int, count: int) -> Sequence[int]:
        """Function 4."""
        raise ModbusError(ILLEGAL_ADDRESS)

    def write_coils(self, address: int, bits: Sequence[bool]) -> None:
        """Functions 5 and 15."""
        raise ModbusError(ILLEGAL_ADDRESS)

    def write_registers(self, address: int, values: Sequence[int]) -> None:
        """Functions 6 and 16."""
        raise ModbusError(ILLEGAL_ADDRESS)


def answer(bank: Bank, pdu: bytes) -> bytes:
    """The response to one request: data, or an exception. `pdu` starts with the function code."""
    code = pdu[0]
    perform = _FUNCTIONS.get(code)
    if perform is None or code not in bank.functions:
        return exception(code, ILLEGAL_FUNCTION)
    try:
        return bytes((code,)) + perform(bank, pdu[1:])
    except ModbusError as error:
        return exception(code, error.code)
    except struct.error:
        return exception(code, ILLEGAL_VALUE)


def exception(function: int, code: int) -> bytes:
    """An exception response: the function code with its highest bit set, and why (section 7)."""
    return bytes((function | 0x80, code))


def request_size(pdu: bytes) -> int | None:
    """How many bytes the request that `pdu` begins with has. None: cannot be known (yet).

    RTU has no length field, so the function code must tell (sections 6.1 to 6.12).
    """
    if not pdu or pdu[0] not in _FUNCTIONS:
        return None
    if pdu[0] not in (15, 16):
        return 5
    return 6 + pdu[5] if len(pdu) > 5 else None


def crc16(frame: bytes) -> bytes:
    """CRC-16 of RTU, low byte first ("MODBUS over Serial Line V1.02", section 6.2.2)."""
    crc = 0xFFFF
    for byte in frame:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return struct.pack("<H", crc)


def words(value: float) -> tuple[int, int]:
    """A float as two registers, most significant first."""
    high, low = struct.unpack(">HH", struct.pack(">f", value))
    return high, low


def floats(values: Sequence[int]) -> list[float]:
    """Pairs of registers, most significant first, as floats."""
    raw = struct.pack(f">{len(values)}H", *values)
    return [number for (number,) in struct.iter_unpack(">f", raw)]


# --- one function of the specification each: the request's body in, the response's body out ------------------------


def _range(body: bytes, most: int) -> tuple[int, int]:
    address, count = struct.unpack_from(">HH", body)
    if not 1 <= count <= most:
        raise ModbusError(ILLEGAL_VALUE)
    if address + count > 0x10000:
        raise ModbusError(ILLEGAL_ADDRESS)
    return address, count


def _read_bits(read: Callable[[int, int], Sequence[bool]], body: bytes) -> bytes:
    bits = read(*_range(body, 2000))
    number = sum(1 << place for place, bit in enumerate(bits) if bit)
    data = number.to_bytes((len(bits) + 7) // 8, "little")
    return bytes((len(data),)) + data


def _read_registers(read: Callable[[int, int], Sequence[int]], body: bytes, most: int) -> bytes:
    values = read(*_range(body, most))
    return struct.pack(f">B{len(values)}H", 2 * len(values), *values)


def _write_coil(bank: Bank, body: bytes) -> bytes:
    address, value = struct.unpack(">HH", body)
    if value not in (0x0000, 0xFF00):
        raise ModbusError(ILLEGAL_VALUE)
    bank.write_coils(address, [value == 0xFF00])
    return body


def _write_register(bank: Bank, body: bytes) -> bytes:
    address, value = struct.unpack(">HH", body)
    bank.write_registers(address, [value])
    return body


def _diagnose(bank: Bank, body: bytes) -> bytes:
    del bank
    if body[:2] != b"\x00\x00":  # sub-function 0, "Return Query Data", is what meters have
        raise ModbusError(ILLEGAL_FUNCTION)
    return body


def _write_coils(bank: Bank, body: bytes) -> bytes:
    address, count = _range(body, 1968)
    data = body[5:]
    if body[4] != (count + 7) // 8 or len(data) != body[4]:
        raise ModbusError(ILLEGAL_VALUE)
    number = int.from_bytes(data, "little")
    bank.write_coils(address, [bool(number >> place & 1) for place in range(count)])
    return body[:4]


def _write_registers(bank: Bank, body: bytes) -> bytes:
    address, count = _range(body, 123)
    data = body[5:]
    if body[4] != 2 * count or len(data) != body[4]:
        raise ModbusError(ILLEGAL_VALUE)
    bank.write_registers(address, struct.unpack(f">{count}H", data))
    return body[:4]


_FUNCTIONS: dict[int, Callable[[Bank, bytes], bytes]] = {
    1: lambda bank, body: _read_bits(bank.read_coils, body),
    2: lambda bank, body: _read_bits(bank.read_discrete, body),
    3: lambda bank, body: _read_registers(bank.read_holding, body, bank.most_read),
    4: lambda bank, body: _read_registers(bank.read_input, body, bank.most_read),
    5: _write_coil,
    6: _write_register,
    8: _diagnose,
    15: _write_coils,
    16: _write_registers,
}
