"""One case list: request PDU -> response PDU, after the examples' layout in the specification, sections 6.1 to 6.12."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.modbus import Bank, ModbusError, answer, crc16, floats, request_size, words


class Memory(Bank):
    def __init__(self) -> None:
        self.coils = [False] * 20
        self.registers = list(range(100, 140))

    def read_coils(self, address: int, count: int) -> Sequence[bool]:
        return self._part(self.coils, address, count)

    def read_discrete(self, address: int, count: int) -> Sequence[bool]:
        return self._part([True, False] * 10, address, count)

    def read_holding(self, address: int, count: int) -> Sequence[int]:
        return self._part(self.registers, address, count)

    def write_coils(self, address: int, bits: Sequence[bool]) -> None:
        self._part(self.coils, address, len(bits))
        self.coils[address : address + len(bits)] = bits

    def write_registers(self, address: int, values: Sequence[int]) -> None:
        self._part(self.registers, address, len(values))
        self.registers[address : address + len(values)] = values

    @staticmethod
    def _part(store: list, address: int, count: int) -> list:
        if address + count > len(store):
            raise ModbusError(2)
        return store[address : address + count]


CASES = [
    ("01 0000 0003", "01 01 00"),
    ("02 0000 000A", "02 02 55 01"),
    ("03 0001 0002", "03 04 0065 0066"),
    ("05 0002 FF00", "05 0002 FF00"),
    ("06 0003 1234", "06 0003 1234"),
    ("08 0000 A537", "08 0000 A537"),
    ("0F 0000 000A 02 CD 01", "0F 0000 000A"),
    ("10 0001 0002 04 000A 0102", "10 0001 0002"),
    ("04 0000 0001", "84 02"),  # no input registers here
    ("03 0027 0002", "83 02"),  # one beyond the end
    ("03 0000 0000", "83 03"),  # nothing asked for
    ("03 0000 007E", "83 03"),  # 126 registers
    ("03 FFFF 0002", "83 02"),  # beyond 65535
    ("05 0002 1234", "85 03"),  # neither ON nor OFF
    ("10 0001 0002 03 000A 01", "90 03"),  # byte count does not fit
    ("08 0001 0000", "88 01"),  # a diagnosis that meters do not have
    ("17 0000", "97 01"),  # not one of our functions
    ("03 00", "83 03"),  # cut off
]


@pytest.mark.parametrize(("request_hex", "response_hex"), CASES)
def test_requests_get_the_responses_of_the_specification(request_hex, response_hex):
    assert answer(Memory(), bytes.fromhex(request_hex)) == bytes.fromhex(response_hex)


def test_writes_are_kept():
    bank = Memory()
    answer(bank, bytes.fromhex("0F 0000 000A 02 CD 01"))
    assert bank.coils[:10] == [bool(int(bit)) for bit in "1011001110"]
    answer(bank, bytes.fromhex("05 0001 FF00"))
    assert bank.coils[1]
    answer(bank, bytes.fromhex("10 0001 0002 04 000A 0102"))
    assert bank.registers[:4] == [100, 10, 258, 103]


@pytest.mark.parametrize(("request_hex", "_"), CASES[:8])
def test_rtu_can_tell_where_a_request_ends(request_hex, _):
    pdu = bytes.fromhex(request_hex)
    assert request_size(pdu) == len(pdu)
    assert request_size(pdu + b"tail") == len(pdu)


def test_crc_of_a_published_frame():
    # "MODBUS over Serial Line", appendix B: 02 07 -> 41 12
    assert crc16(bytes.fromhex("02 07")) == bytes.fromhex("41 12")


@given(st.binary(min_size=1, max_size=40))
def test_any_request_gets_a_response_and_nothing_else(pdu):
    response = answer(Memory(), pdu)
    assert response[0] & 0x7F == pdu[0] & 0x7F


@given(st.floats(width=32, allow_nan=False))
def test_floats_survive_two_registers(value):
    assert floats(words(value)) == [value]
