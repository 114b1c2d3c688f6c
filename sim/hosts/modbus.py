"""Modbus framing: RTU with its CRC on a serial line, MBAP over TCP.

Written from "MODBUS over Serial Line V1.02" and "MODBUS Messaging on TCP/IP Implementation Guide V1.0b".
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from typing import ClassVar

from sim.faults import IN_REPLY, Faults
from sim.hosts.speaker import COMMON, Reply, Speaker
from sim.modbus import Bank, answer, crc16, exception, request_size

__all__ = ["MbapSpeaker", "RtuSpeaker"]

BROADCAST = 0
GAP = 0.25  # seconds; the standard says 3.5 characters, but no desktop system keeps milliseconds between writes
HEADER = struct.Struct(">HHHB")  # transaction, protocol, length, unit


class ModbusSpeaker(Speaker):
    """What RTU and TCP share: whose turn it is to answer, and with what."""

    def __init__(self, device: Bank, faults: Faults) -> None:
        super().__init__(faults)
        self._device = device
        self._buffer = b""

    def _respond(self, unit: int, pdu: bytes, request: bytes) -> bytes | None:
        """The response PDU. None: addressed to somebody else, or to everybody, and nobody answers."""
        if unit == BROADCAST:
            answer(self._device, pdu)
            return None
        if unit != self._device.unit:
            return None
        fault = self.faults.take(IN_REPLY, request)
        return exception(pdu[0], int(fault["code"])) if fault else answer(self._device, pdu)

    def garbled(self, reply: Reply, rnd: random.Random) -> bytes:
        """Random bytes, digits included: this wire is binary."""
        return rnd.randbytes(len(reply.data))


class RtuSpeaker(ModbusSpeaker):
    """Frames of address, PDU, CRC; a frame with a wrong CRC gets no answer (V1.02, section 2.4.1)."""

    KINDS: ClassVar[frozenset[str]] = COMMON | {"echo", "unsolicited", "duplicate", "checksum", "foreign", "exception"}

    def receive(self, data: bytes, quiet: float) -> Iterator[Reply]:
        """The replies to the frames that `data` completes. A pause of `GAP` throws an unfinished frame away."""
        self._buffer = data if quiet > GAP else self._buffer + data
        while frame := self._frame():
            self._buffer = self._buffer[len(frame) :]
            if crc16(frame[:-2]) != frame[-2:]:
                self._buffer = b""  # out of step: wait for the next pause
                return
            pdu = self._respond(frame[0], frame[1:-2], frame)
            yield Reply(b"" if pdu is None else _framed(frame[0], pdu), frame)

    def _frame(self) -> bytes:
        size = request_size(self._buffer[1:])
        if size is None and len(self._buffer) >= 4 and self._buffer[1] not in (15, 16):
            size = len(self._buffer) - 3  # an unknown function: what came in one go is one frame
        whole = b"" if size is None else self._buffer[: size + 3]
        return whole if size is not None and len(whole) == size + 3 else b""

    def wrong_checksum(self, reply: Reply) -> bytes:
        """All bits of the CRC turned over."""
        return reply.data[:-2] + bytes(byte ^ 0xFF for byte in reply.data[-2:])

    def foreign(self, reply: Reply) -> bytes:
        """The answer of the next unit, its CRC right."""
        return _framed(reply.data[0] % 247 + 1, reply.data[1:-2])


class MbapSpeaker(ModbusSpeaker):
    """Frames with a header that tells their length and repeats the request's transaction number."""

    KINDS: ClassVar[frozenset[str]] = COMMON | {"unsolicited", "duplicate", "foreign", "exception"}

    def receive(self, data: bytes, quiet: float) -> Iterator[Reply]:
        """The replies to the frames that `data` completes."""
        self._buffer += data
        while len(self._buffer) >= HEADER.size:
            transaction, protocol, length, unit = HEADER.unpack_from(self._buffer)
            if protocol != 0 or not 2 <= length <= 254:  # not Modbus: nothing to resynchronise on
                self._buffer = b""
                return
            frame = self._buffer[: 6 + length]
            if len(frame) < 6 + length:
                return
            self._buffer = self._buffer[6 + length :]
            pdu = self._respond(unit, frame[HEADER.size :], frame)
            reply = b"" if pdu is None else HEADER.pack(transaction, 0, len(pdu) + 1, unit) + pdu
            yield Reply(reply, frame)

    def foreign(self, reply: Reply) -> bytes:
        """The answer to the next transaction."""
        (transaction,) = struct.unpack_from(">H", reply.data)
        return struct.pack(">H", (transaction + 1) & 0xFFFF) + reply.data[2:]


def _framed(unit: int, pdu: bytes) -> bytes:
    frame = bytes((unit,)) + pdu
    return frame + crc16(frame)
