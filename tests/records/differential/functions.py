"""The functions of the sub and aSub records in the differential tests, as ours."""

from __future__ import annotations

import math
from typing import Any

from records import subroutine

__all__ = ["count", "fail", "limit", "mean", "no_number", "scale"]


@subroutine("test_mean")
def mean(record: Any) -> None:
    record.value = (record.a + record.b) / 2


@subroutine("test_limit")
def limit(record: Any) -> int:
    record.value = record.a + record.c
    return 0 if record.value < 10.0 else -1


@subroutine("test_nan")
def no_number(record: Any) -> None:
    record.value = math.nan


@subroutine("test_scale")
def scale(record: Any) -> None:
    record.vala = [one * 2 for one in record.a]
    record.valb = record.b + len(record.a)


@subroutine("test_fail")
def fail(record: Any) -> int:
    record.valb = -1
    return -3


@subroutine("test_count")
def count(record: Any) -> int:
    return len(record.a)
