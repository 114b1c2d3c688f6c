"""A few sequences of each record type; ``python -m tests.differential`` runs hundreds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients import C_TOOLS
from tests.differential.sequences import KINDS, compare

pytestmark = pytest.mark.skipif(C_TOOLS is None, reason="C IOCs come as x86_64 Linux wheels only")


@pytest.mark.parametrize("rtyp", KINDS)
async def test_sequences(rtyp: str, tmp_path: Path) -> None:
    assert await compare(tmp_path, rtyp, 15, seed=4) == []
