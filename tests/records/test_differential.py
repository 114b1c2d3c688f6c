"""A few of the sequences of the differential tests; ``python -m tests.records.differential`` does them all."""

import pytest

from tests.clients import C_TOOLS
from tests.records.differences import CASES, Case
from tests.records.differential import compare

pytestmark = pytest.mark.skipif(C_TOOLS is None, reason="base's softIoc comes as an x86_64 Linux wheel only")


@pytest.mark.parametrize("case", [one for one in CASES if one.name in ("ai", "ao", "mbbi")])
async def test_ours_and_base_agree(case: Case) -> None:
    found = await compare(case, sequences=4, seed=7, copies=1)
    assert not found, "\n".join(map(str, found))
