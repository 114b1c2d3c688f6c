from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from drivers.transports.telnet import Decoder, Told, Verb, command, escaped, setting

WIRE = b"ab" + command(Verb.DO, 44) + escaped(b"\xff\x00") + setting(44, b"\x65\x00\xff") + b"c"


def fed(chunks: list[bytes]) -> tuple[bytes, list[Told]]:
    decoder = Decoder()
    data, told = b"", []
    for chunk in chunks:
        more, also = decoder.feed(chunk)
        data += more
        told += also
    return data, told


def test_data_and_what_is_told_besides_whole_and_byte_by_byte() -> None:
    wanted = b"ab\xff\x00c", [Told(Verb.DO, 44), Told(Verb.SET, 44, b"\x65\x00\xff")]
    assert fed([WIRE]) == wanted
    assert fed([bytes((byte,)) for byte in WIRE]) == wanted


@given(chunks=st.lists(st.binary(max_size=10)))
def test_any_bytes_are_taken(chunks: list[bytes]) -> None:
    fed(chunks)


@given(data=st.binary())
def test_all_bytes_go_through(data: bytes) -> None:
    assert fed([escaped(data)]) == (data, [])
