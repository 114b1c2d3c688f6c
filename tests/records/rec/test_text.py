"""stringin, stringout, lsi, lso."""

from typing import Any

import pytest

from records.rec.lsi import LsiRecord
from records.rec.lso import LsoRecord
from records.rec.stringin import StringinRecord
from records.rec.stringout import StringoutRecord
from tests.records.fakes import ALL, LOG, VALUE, VLOG, Heard, Instrument, R, said


@pytest.mark.parametrize(
    ("reading", "text"), [("hello", "hello"), (b"caf\xc3\xa9\0", "café"), (5, "5"), ("x" * 50, "x" * 39)]
)
def test_stringin(reading: Any, text: str) -> None:
    record = StringinRecord("T:s", inp=Instrument())
    assert said(record) == ("UDF", "INVALID", "never read")
    record.process(R(reading))
    assert (record.value, said(record)[0]) == (text, "NO_ALARM")


@pytest.mark.parametrize(
    ("fields", "changes"),
    [({}, [0, VLOG]), ({"mpst": "Always"}, [VALUE, VLOG]), ({"apst": "Always"}, [LOG, VLOG])],
)
def test_posting(fields: dict[str, Any], changes: list[int]) -> None:
    record = StringinRecord("T:s", "a", **fields)
    heard = Heard(record)
    record.post("a")
    record.post("b")
    assert heard.changes == changes


async def test_stringout() -> None:
    instrument = Instrument()
    record = StringoutRecord("T:s", out=instrument)
    heard = Heard(record)
    await record.write("go")
    assert (instrument.written, heard.changes) == (["go"], [ALL])


def test_long_text() -> None:
    record = LsiRecord("T:s", sizv=100, inp=Instrument())
    assert record.len == 0
    record.process(R("x" * 120))
    assert (record.value, record.len, record.olen) == ("x" * 99, 100, 100)
    record.process(R(b"caf\xc3\xa9"))
    assert (record.value, record.len) == ("café", 6)
    record.process(R(12))
    assert record.value == "12"


async def test_long_text_output() -> None:
    instrument = Instrument()
    record = LsoRecord("T:s", out=instrument, sizv=300)
    await record.write("y" * 200)
    assert instrument.written == ["y" * 200]
    assert record.value == "y" * 200
