from __future__ import annotations

import logging
import re

import pytest

from drivers import Reading
from drivers.line.listeners import Listeners


def broken(_event: Reading) -> None:
    raise ZeroDivisionError


def test_patterns_claim_and_the_rest_goes_to_who_wants_all(caplog: pytest.LogCaptureFixture) -> None:
    listeners = Listeners(logging.getLogger("test"), lambda: 5)
    events: list[str] = []
    rest: list[Reading] = []
    assert not listeners.claim("EVT 1")
    listeners.add(re.compile("EVT"), broken)
    remove = listeners.add(re.compile("EVT"), lambda event: events.append(event.value))
    listeners.add(None, rest.append)
    assert listeners.claim("EVT 1")
    assert not listeners.claim("an EVT")  # patterns match from the beginning
    assert events == ["EVT 1"]
    assert "a listener failed with 'EVT 1'" in caplog.text
    assert listeners.rest("other")
    assert rest == [Reading("other", 5)]
    remove()
    remove()
    assert listeners.claim("EVT 2")
    assert events == ["EVT 1"]
