"""A short run of the fuzzer; `python -m tests.abuse.fuzz --cases 200000` is the long one."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.abuse.fuzz import CaseFailed, run, run_case


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("seed", [1, 2])
def test_any_bytes_in_any_pieces(seed: int) -> None:
    run(2500, seed)


def test_a_failure_tells_how_to_see_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.abuse.fuzz.mutated", lambda rng, data: 1 / 0)
    with pytest.raises(CaseFailed, match=r"--seed 7 --case 3"):
        run_case(7, 3)
