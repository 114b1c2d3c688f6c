"""The text of save files: ours, those of synApps, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.runtime.autosave.savfile import BadFile, parse, render, savable

#: As autosave R5.3 wrote it, DOS line ends and all that its reader knows.
SYNAPPS = (
    b"# autosave R5.3\tAutomatically generated - DO NOT MODIFY - 040506-101112\n"
    b"! 2 channel(s) not connected - or not all gets were successful\n"
    b"xxx:SR_deadIfZero 0\n"
    b"xxx:m1.VAL 12.345678901234\r\n"
    b"xxx:m1.DESC  two  spaces \n"
    b"xxx:empty.DESC \n"
    b"xxx:none.DESC\n"
    b'xxx:quote.DESC a\\"b\\\\c\\nd\\x41\n'
    b"#xxx:gone.VAL Search Issued\n"
    b'#xxx:table.VAL @array@ { "1"\n"2" }\n'
    b'xxx:wave.VAL @array@ { "1" "-2.5"\n "3" }\n'
    b'xxx:names.VAL @array@ { "a\\"b" "c\\\\d" "e}f" "" }\n'
    b"xxx:long.VAL$ a long text\n"
    b"<END>\n"
)


def test_reads_what_synapps_writes() -> None:
    found = parse(SYNAPPS)
    assert found.values == {
        "xxx:SR_deadIfZero": "0",
        "xxx:m1.VAL": "12.345678901234",
        "xxx:m1.DESC": " two  spaces ",
        "xxx:empty.DESC": "",
        "xxx:none.DESC": "",
        "xxx:quote.DESC": 'a"b\\c\ndA',
        "xxx:wave.VAL": ("1", "-2.5", "3"),
        "xxx:names.VAL": ('a"b', "c\\d", "e}f", ""),
        "xxx:long.VAL$": "a long text",
    }
    assert found.complaints == ("2 channel(s) not connected - or not all gets were successful",)
    assert found.serial == 0


def test_what_it_looks_like() -> None:
    text = render({"T:SP.VAL": "7.5", "T:W.VAL": ("1", 'a"'), "T:S.VAL": "µ\n"}, serial=3, when="today")
    lines = text.decode().split("\n")
    assert lines[0] == "# iocbridge autosave 1\tAutomatically generated - DO NOT MODIFY - today\tserial 3"
    assert lines[1:4] == ["T:SP.VAL 7.5", r'T:W.VAL @array@ { "1" "a\\\"" }', r"T:S.VAL \xc2\xb5\n"]
    assert lines[4].startswith("#crc32 ")
    assert lines[5:] == ["<END>", ""]
    assert text.isascii()


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=()), max_size=30)
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9:_{}\-]{0,20}\.[A-Z]{1,4}", fullmatch=True)


@given(st.dictionaries(NAMES, TEXTS | st.lists(TEXTS, max_size=4).map(tuple), max_size=8), st.integers(0, 10**9))
def test_all_that_is_written_is_read(values: dict[str, str | tuple[str, ...]], serial: int) -> None:
    values = {name: _surrogates(content) for name, content in values.items()}
    found = parse(render(values, serial=serial, when="now"))
    assert found.values == values
    assert (found.serial, found.complaints) == (serial, ())


def _surrogates(content: str | tuple[str, ...]) -> str | tuple[str, ...]:
    """Python's lone surrogates stand for bytes; others than those of `surrogateescape` cannot come from a PV."""
    if isinstance(content, tuple):
        return tuple(str(_surrogates(text)) for text in content)
    return content.encode("utf-8", "replace").decode()


def test_bytes_that_are_no_utf8_survive() -> None:
    text = b"caf\xe9".decode("utf-8", "surrogateescape")
    assert parse(render({"T:A.VAL": text, "T:B.VAL": (text,)}, serial=1, when="")).values == {
        "T:A.VAL": text,
        "T:B.VAL": (text,),
    }


def test_no_cut_is_taken_for_the_whole() -> None:
    values = {f"T:P{number}.VAL": "<END>" if number == 7 else str(number) for number in range(20)}
    data = render(values, serial=5, when="now")
    for length in range(len(data) - 1):  # but for the last line end, which says nothing
        with pytest.raises(BadFile):
            parse(data[:length])


def test_no_changed_bit_is_overlooked() -> None:
    data = render({"T:SP.VAL": "300.0", "T:ON.VAL": "1"}, serial=5, when="now")
    good = parse(data)
    for index in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[index] ^= 1 << bit
            try:
                found = parse(bytes(changed))
            except BadFile:
                continue
            # a new line end after <END>, or the checksum in capitals
            assert found == good, (index, bit, bytes(changed))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"\0" * 4096, "#"),
        (b"#!/usr/bin/env python\nprint('hello')\n", "<END>"),
        (b'{"T:A": {"value": 1}}', "#"),
        (b"<END>\n", "#"),
        (b"# iocbridge autosave 1\tx\nT:A.VAL 1\n<END>\n", "checksum is missing"),
        (b"# iocbridge autosave 1\tx\nT:A.VAL 1\n#crc32 00000000\n<END>\n", "checksum is wrong"),
        (b"# autosave R5.3\nT:A.VAL 1\nT:B.VAL <END>", "<END>"),
    ],
)
def test_what_is_no_save_file(data: bytes, why: str) -> None:
    with pytest.raises(BadFile, match=why):
        parse(data)


def test_edited_by_hand() -> None:
    text = render({"T:A.VAL": "1"}, serial=4, when="now").decode()
    edited = text.replace("T:A.VAL 1", "T:A.VAL 2")
    with pytest.raises(BadFile, match="#crc32 edited"):
        parse(edited.encode())
    head, _, _ = edited.partition("#crc32")
    found = parse((head + "#crc32 edited\n<END>\n").encode())
    assert (found.values, found.serial) == ({"T:A.VAL": "2"}, 4)


def test_a_bad_line_costs_itself_only() -> None:
    found = parse(b'# by hand\nT:A.VAL 1\nT:B.VAL @array@ "1"\nT:C.VAL @array@ { "1\nT:D.VAL 2\n<END>\n')
    assert found.values == {"T:A.VAL": "1", "T:D.VAL": "2"}
    assert len(found.complaints) == 2


@pytest.mark.parametrize("name", ["", "a b", "#a", "!a", "<END>", "a\nb", "a\tb"])
def test_names_that_do_not_fit(name: str) -> None:
    assert not savable(name)


@pytest.mark.parametrize("name", ["LAB:SP", "XF:31IDA-OP{Tbl-Ax:X1}Mtr", "a.b", "π"])
def test_names_that_fit(name: str) -> None:
    assert savable(name)
    assert parse(render({name: "1"}, serial=1, when="")).values == {name: "1"}
