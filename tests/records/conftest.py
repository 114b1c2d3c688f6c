"""A clock that moves by hand, for all tests of records."""

from collections.abc import Iterator

import pytest

from records import clock
from tests.records.fakes import HandClock


@pytest.fixture(autouse=True)
def now() -> Iterator[HandClock]:
    before, hand = clock.now_ns, HandClock()
    clock.now_ns = hand
    yield hand
    clock.now_ns = before
