"""waveform."""

from array import array
from typing import Any

import numpy as np
import pytest

from records import FieldType
from records.rec.waveform import WaveformRecord
from tests.records.fakes import ALL, VLOG, Heard, Instrument, R, said


@pytest.mark.parametrize(
    ("options", "field_type", "nelm", "value"),
    [
        ({"ftvl": "LONG", "nelm": 4}, FieldType.LONG, 4, array("i")),
        ({"nelm": 4}, FieldType.DOUBLE, 4, array("d")),
        ({"value": [1, 2]}, FieldType.LONG, 2, array("i", [1, 2])),
        ({"value": np.zeros(3)}, FieldType.DOUBLE, 3, array("d", [0, 0, 0])),
        ({"value": "hello", "ftvl": "CHAR"}, FieldType.CHAR, 5, b"hello"),
        ({"value": b"hello", "nelm": 80}, FieldType.CHAR, 80, b"hello"),
        ({"ftvl": "STRING", "nelm": 2}, FieldType.STRING, 2, []),
        ({}, FieldType.DOUBLE, 1, 0.0),
        ({"ftvl": "STRING"}, FieldType.STRING, 1, ""),
    ],
)
def test_shape(options: dict[str, Any], field_type: FieldType, nelm: int, value: Any) -> None:
    record = WaveformRecord("T:w", **options)
    assert (record.field_type, record.max_count, record.nelm, record.value) == (field_type, nelm, nelm, value)


def test_reading_and_nord() -> None:
    record = WaveformRecord("T:w", nelm=3, inp=Instrument())
    shown = record.field("NORD")
    assert shown is not None
    heard, heard_nord = Heard(record), Heard(shown)
    record.process(R([1, 2]))
    assert (record.value, record.nord, record.count) == (array("d", [1, 2]), 2, 2)
    record.process(R(np.arange(9.0)))
    assert (record.value, shown.value) == (array("d", [0, 1, 2]), 3)
    assert heard.changes == [ALL, VLOG]
    assert heard_nord.changes == [ALL, VLOG]


def test_on_change() -> None:
    record = WaveformRecord("T:w", [1, 2], mpst="On Change", apst="On Change")
    heard = Heard(record)
    for value in ([1, 2], [1, 2], [1, 3]):
        record.post(value)
    assert heard.changes[1:] == [0, VLOG]


def test_soft_waveform_takes_puts() -> None:
    record = WaveformRecord("T:w", ftvl="UCHAR", nelm=10, egu="adu", hopr=255)
    record.put("hello")
    assert (record.value, said(record)[0]) == (b"hello", "NO_ALARM")
    assert (record.metadata.units, record.metadata.display) == ("adu", (0.0, 255.0))
    with pytest.raises(ValueError, match="no value for a PV"):
        record.put([None])
