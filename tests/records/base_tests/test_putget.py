"""ioc/db dbPutGetTest and std/rec arrayOpTest: texts in a database, counts of elements, and conversions."""

from __future__ import annotations

import pytest

from bridge.ca import ChannelType
from bridge.client import PutFailed
from records import Severity, Status
from tests.records.base_tests.conftest import Loading

TEXTS = """
record(longin, "empty") {
    field(DTYP, "") field(DESC, "") field(PHAS, "") field(TSE , "") field(DISA, "") field(DISV, "")
}

record(longin, "again") { field(DESC, "hello") field(PHAS, "2") field(TSE, "5") field(DISA, "6") field(DISV, "7") }
record("*", "again") {
    field(DTYP, "") field(DESC, "") field(PHAS, "") field(TSE , "") field(TSEL, "") field(DISA, "") field(DISV, "")
}
"""


async def test_empty_texts_in_a_database_are_0(loading: Loading) -> None:
    async with loading(TEXTS) as ioc:
        for name in ("empty", "again"):
            seen = [await ioc.text(f"{name}.{field}") for field in ("DTYP", "DESC", "PHAS", "TSE", "DISA", "DISV")]
            assert seen == ["Soft Channel", "", "0", "0", "0", "0"]


LINKED = """
record(ai, "target") { }
record(ai, "linked") { field(INP, "target NPP NMS") }
"""


@pytest.mark.parametrize(("field", "text"), [("INP", "target NPP NMS"), ("RTYP", "ai"), ("NAME", "linked")])
async def test_a_text_is_as_many_characters_as_it_has(loading: Loading, field: str, text: str) -> None:
    async with loading(LINKED) as ioc:
        assert await ioc.text(f"linked.{field}") == text
        characters = ioc.client.pv(f"linked.{field}$")
        whole = text.encode() + b"\0"
        assert (await characters.get(ChannelType.CHAR)).data == whole
        for count in (len(whole), len(whole) + 3):
            assert (await characters.get(ChannelType.CHAR, count)).data == whole.ljust(count, b"\0")


ARRAYS = """
record(waveform, "many") { field(FTVL, "LONG") field(NELM, "10") field(INP, [1, 2, 3]) }
record(waveform, "one") { field(FTVL, "LONG") field(NELM, "1") }
record(waveform, "unsigned") { field(FTVL, "ULONG") field(NELM, "10") }
"""


async def test_an_array_is_as_long_as_what_was_put(loading: Loading) -> None:
    async with loading(ARRAYS) as ioc:
        many = ioc.client.pv("many")
        assert [await ioc.get("many.NORD"), await ioc.get("many")] == [3, [1, 2, 3]]
        assert list((await many.get(ChannelType.DOUBLE, 4)).data) == [1.0, 2.0, 3.0, 0.0]
        assert list((await many.get(ChannelType.DOUBLE, 2)).data) == [1.0, 2.0]

        await many.put([4.0, 5.0, 6.0, 7.9], dbr=ChannelType.DOUBLE)
        assert [await ioc.get("many.NORD"), await ioc.get("many")] == [4, [4, 5, 6, 7]]
        assert list((await many.get(ChannelType.DOUBLE)).data) == [4.0, 5.0, 6.0, 7.0]

        await many.put(["8", "0x9"], dbr=ChannelType.STRING)
        assert [await ioc.get("many.NORD"), await ioc.get("many")] == [2, [8, 9]]


async def test_an_array_of_one(loading: Loading) -> None:
    async with loading(ARRAYS) as ioc:
        one = ioc.client.pv("one")
        await one.put(4.0, dbr=ChannelType.DOUBLE)
        assert await ioc.get("one.NORD") == 1
        assert list((await one.get(ChannelType.DOUBLE)).data) == [4.0]
        with pytest.raises(PutFailed):
            await one.put([4.0, 5.0], dbr=ChannelType.DOUBLE)


async def test_an_array_of_unsigned_numbers(loading: Loading) -> None:
    async with loading(ARRAYS) as ioc:
        unsigned = ioc.client.pv("unsigned")
        assert list((await unsigned.get(ChannelType.LONG)).data) == []
        await unsigned.put([1, 2, 0xFFFFFFFF], dbr=ChannelType.DOUBLE)
        assert list((await unsigned.get(ChannelType.LONG)).data) == [1, 2, -1]
        assert list((await unsigned.get("native")).data) == [1.0, 2.0, 4294967295.0]
        assert list((await unsigned.get(ChannelType.LONG, 4)).data) == [1, 2, -1, 0]


LIMITS = """
record(ai, "limits") {
    field(EGU, "arbitra") field(PREC, "5") field(HHSV, "MAJOR") field(HSV, "MINOR")
    field(LOPR, "-1") field(HOPR, "1")
    field(LOLO, "-3") field(LOW, "-2") field(HIGH, "2") field(HIHI, "3") field(LLSV, "MAJOR") field(LSV, "MINOR")
}
record(mbbi, "states") { field(ZRST, "Before") field(ONST, "After") field(TWST, "None") }
"""


async def test_what_comes_with_a_value(loading: Loading) -> None:
    """With one that is read, and with the one of a monitor."""
    async with loading(LIMITS) as ioc:
        await ioc.put("limits", 2.5, wait=True)
        pv = ioc.client.pv("limits")
        for result in (await pv.get("control"), (await anext(pv.monitor(dbr="control"))).result):
            assert result is not None
            meta = result.metadata
            assert [result.value, result.status, result.severity] == [2.5, Status.HIGH, Severity.MINOR]
            assert [result.units, result.precision] == ["arbitra", 5]
            assert [meta.lower_disp_limit, meta.upper_disp_limit] == [-1.0, 1.0]
            assert [meta.lower_ctrl_limit, meta.upper_ctrl_limit] == [-1.0, 1.0]
            assert [meta.lower_alarm_limit, meta.lower_warning_limit] == [-3.0, -2.0]
            assert [meta.upper_warning_limit, meta.upper_alarm_limit] == [2.0, 3.0]
        states = await ioc.client.pv("states").get("control")
        assert states.enum_strings == ("Before", "After", "None")
        assert [states.status, states.severity] == [Status.UDF, Severity.INVALID]


NUMBERS = """
record(longout, "long") { } record(ao, "double") { field(PREC, "3") } record(int64out, "int64") { }
record(mbbo, "states") { field(ZRST, "Zero") field(ONST, "One") field(NOBT, "4") }
record(waveform, "short") { field(FTVL, "SHORT") field(NELM, "2") }
"""
REFUSED = "refused"
STRING, DOUBLE, LONG = ChannelType.STRING, ChannelType.DOUBLE, ChannelType.LONG
#: What is put to a PV as which type, and how it is read as text then.
PUTS = (
    ("long", STRING, "42", "42"),
    ("long", STRING, " -42 ", "-42"),
    ("long", STRING, "0x1f", "31"),
    ("long", STRING, "", "0"),
    ("long", STRING, "1.9", "1"),
    ("long", STRING, "4294967295", REFUSED),
    ("long", STRING, "1e3", "1"),
    ("long", STRING, "12 m", "12"),
    ("long", STRING, "hello", REFUSED),
    ("long", DOUBLE, 3.9, "3"),
    ("long", DOUBLE, -3.9, "-3"),
    ("int64", STRING, "123456789012", "123456789012"),
    ("int64", STRING, "x", REFUSED),
    ("double", STRING, "1.23456", "1.235"),
    ("double", STRING, "1e3", "1000.000"),
    ("double", STRING, "0x10", "16.000"),
    ("double", STRING, "", "0.000"),
    ("double", STRING, "NaN", "nan"),
    ("double", STRING, "-inf", "      -inf"),
    ("double", STRING, "1.5 V", "1.500"),
    ("double", LONG, -7, "-7.000"),
    ("states", STRING, "One", "One"),
    ("states", STRING, "1", "One"),
    ("states", STRING, "7", REFUSED),
    ("states", STRING, "one", REFUSED),
    ("states", DOUBLE, 1.9, "One"),
    ("short", STRING, ["7", "-0x8"], ["7", "-8"]),
)


async def test_numbers_and_texts_are_converted(loading: Loading) -> None:
    async with loading(NUMBERS) as ioc:
        seen: list[object] = []
        for name, dbr, value, _ in PUTS:
            pv = ioc.client.pv(name)
            try:
                await pv.put(value, dbr=dbr)
            except PutFailed:
                seen.append((name, dbr, value, REFUSED))
            else:
                seen.append((name, dbr, value, (await pv.get(STRING)).value))
        assert seen == list(PUTS)
