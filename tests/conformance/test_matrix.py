"""A small sample of the fault matrix; ``python -m tests.conformance.matrix`` runs all of it."""

from __future__ import annotations

import pytest

from tests.conformance.matrix.cases import KINDS, failure

SEEDS = range(1, 4)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_of_the_fault_matrix(kind: str) -> None:
    for seed in SEEDS:
        assert failure((kind, seed)) == "", f'python -m tests.conformance.matrix --only "{kind}" --seed {seed}'
