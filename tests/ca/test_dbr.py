from __future__ import annotations

import struct
from math import inf, isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.ca.dbr import (
    BASE_TYPE,
    ELEMENT_SIZE,
    METADATA_SIZE,
    ChannelType,
    DbrMetadata,
    decode_metadata,
    encode_metadata,
)

TYPES = list(ChannelType)
#: sizeof of the structures of db_access.h for one element, as its dbr_size table has them
DBR_SIZE = {
    "STRING": (40, 44, 52, 44, 44),
    "INT": (2, 6, 16, 26, 30),
    "FLOAT": (4, 8, 16, 44, 52),
    "ENUM": (2, 6, 16, 424, 424),
    "CHAR": (1, 6, 16, 20, 22),
    "LONG": (4, 8, 16, 40, 48),
    "DOUBLE": (8, 16, 24, 72, 88),
}


@pytest.mark.parametrize("dbr_type", range(35))
def test_sizes_are_those_of_the_c_structures(dbr_type: int) -> None:
    family, base = divmod(dbr_type, 7)
    assert BASE_TYPE[dbr_type] == base
    assert METADATA_SIZE[dbr_type] + ELEMENT_SIZE[base] == DBR_SIZE[ChannelType(base).name][family]


def test_sizes_of_the_odd_ones() -> None:
    assert METADATA_SIZE[35:] == (0, 0, 8, 0)
    assert BASE_TYPE[35:] == (3, 3, 0, 0)


FULL = DbrMetadata(
    status=4,
    severity=2,
    seconds=1_000_000_000,
    nanoseconds=999_999_999,
    units=b"mm/s",
    precision=3,
    upper_disp_limit=10,
    lower_disp_limit=-10,
    upper_alarm_limit=9,
    upper_warning_limit=8,
    lower_warning_limit=-8,
    lower_alarm_limit=-9,
    upper_ctrl_limit=7,
    lower_ctrl_limit=-7,
    enum_strings=(b"off", b"on"),
    ackt=1,
    acks=2,
)
ALARM = {"status", "severity"}
LIMITS = {field for field in DbrMetadata.__slots__ if field.endswith("disp_limit")}
LIMITS |= {"upper_alarm_limit", "upper_warning_limit", "lower_warning_limit", "lower_alarm_limit", "units"}


def carried(dbr_type: int) -> set[str]:
    """The fields that a type has, from the comments of db_access.h."""
    family, base = divmod(dbr_type, 7)
    if dbr_type == ChannelType.STSACK_STRING:
        return ALARM | {"ackt", "acks"}
    if family == 0 or dbr_type > 34:
        return set()
    if family == 1 or base == 0:
        return ALARM | ({"seconds", "nanoseconds"} if family == 2 else set())
    if family == 2:
        return ALARM | {"seconds", "nanoseconds"}
    if base == 3:
        return ALARM | {"enum_strings"}
    found = ALARM | LIMITS | ({"precision"} if base in (2, 6) else set())
    return found | ({"upper_ctrl_limit", "lower_ctrl_limit"} if family == 4 else set())


@pytest.mark.parametrize("dbr_type", TYPES)
def test_every_field_comes_back_and_no_other(dbr_type: ChannelType) -> None:
    found = decode_metadata(dbr_type, encode_metadata(dbr_type, FULL))
    empty = DbrMetadata()
    for field in DbrMetadata.__slots__:
        expected = getattr(FULL if field in carried(dbr_type) else empty, field)
        if dbr_type % 7 == ChannelType.CHAR and isinstance(expected, int) and expected < 0:
            expected &= 0xFF  # dbr_char_t is unsigned
        assert getattr(found, field) == expected, field


def test_layout_of_ctrl_double() -> None:
    assert encode_metadata(ChannelType.CTRL_DOUBLE, FULL) == struct.pack(
        ">hhhh8s8d", 4, 2, 3, 0, b"mm/s", 10, -10, 9, 8, -8, -9, 7, -7
    )


@pytest.mark.parametrize("dbr_type", [ChannelType.GR_STRING, ChannelType.CTRL_STRING])
def test_strings_have_no_graphics(dbr_type: ChannelType) -> None:
    # db_access.h: "not implemented; use struct_dbr_sts_string"
    assert encode_metadata(dbr_type, FULL) == struct.pack(">hh", 4, 2)


@pytest.mark.parametrize(
    ("dbr_type", "limit", "stored"),
    [
        (ChannelType.GR_INT, 1e9, 32767),
        (ChannelType.GR_INT, -40000, -32768),
        (ChannelType.GR_INT, 2.9, 2),
        (ChannelType.CTRL_LONG, 1e300, (1 << 31) - 1),
        (ChannelType.CTRL_LONG, nan, 0),
        (ChannelType.CTRL_LONG, -inf, 0),
        (ChannelType.GR_CHAR, 300, 255),
        (ChannelType.GR_CHAR, -1000, 128),
        (ChannelType.GR_FLOAT, 1e300, 3.4028234663852886e38),
        (ChannelType.GR_FLOAT, -inf, -inf),
        (ChannelType.GR_DOUBLE, 1e300, 1e300),
    ],
)
def test_limits_are_made_to_fit(dbr_type: ChannelType, limit: float, stored: float) -> None:
    found = decode_metadata(dbr_type, encode_metadata(dbr_type, DbrMetadata(upper_disp_limit=limit)))
    assert found.upper_disp_limit == stored


def test_nan_stays_nan_where_it_can() -> None:
    block = encode_metadata(ChannelType.GR_DOUBLE, DbrMetadata(upper_alarm_limit=nan))
    assert isnan(decode_metadata(ChannelType.GR_DOUBLE, block).upper_alarm_limit)


def test_texts_are_cut_to_their_fields() -> None:
    m = DbrMetadata(units=b"millimetres", enum_strings=(b"x" * 40,) * 20)
    assert decode_metadata(ChannelType.GR_LONG, encode_metadata(ChannelType.GR_LONG, m)).units == b"millime"
    states = decode_metadata(ChannelType.GR_ENUM, encode_metadata(ChannelType.GR_ENUM, m)).enum_strings
    assert states == (b"x" * 25,) * 16


NUMBERS = st.floats() | st.integers(-(1 << 80), 1 << 80)


@given(
    st.sampled_from(TYPES),
    st.builds(
        DbrMetadata,
        *[st.integers(-(1 << 40), 1 << 40)] * 4,
        st.binary(max_size=12),
        st.integers(-(1 << 40), 1 << 40),
        *[NUMBERS] * 8,
        st.lists(st.binary(max_size=30), max_size=20).map(tuple),
        *[st.integers(-(1 << 40), 1 << 40)] * 2,
    ),
)
def test_any_metadata_can_be_encoded(dbr_type: ChannelType, m: DbrMetadata) -> None:
    block = encode_metadata(dbr_type, m)
    assert len(block) == METADATA_SIZE[dbr_type]
    again = encode_metadata(dbr_type, decode_metadata(dbr_type, block))
    assert len(again) == len(block)


@given(st.sampled_from(TYPES), st.binary(max_size=500))
def test_any_block_can_be_decoded(dbr_type: ChannelType, data: bytes) -> None:
    if len(data) < METADATA_SIZE[dbr_type]:
        with pytest.raises(ValueError, match="metadata"):
            decode_metadata(dbr_type, data)
    else:
        assert len(decode_metadata(dbr_type, data).enum_strings) <= 16
