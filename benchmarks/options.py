"""What a benchmark is told."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Options"]


@dataclass(frozen=True, slots=True)
class Options:
    """`quick` is for a look while one changes things; its figures are too coarse to be published."""

    quick: bool = False
    rounds: int | None = None  # None: as many as the benchmark thinks fit
    servers: tuple[str, ...] = ()  # only these; empty for all that are installed
    modes: tuple[str, ...] = ()  # only modes of `ca` whose names contain one of these; empty for all

    def rounds_or(self, full: int, quick: int = 1) -> int:
        """How many rounds to do."""
        return self.rounds or (quick if self.quick else full)

    def seconds(self, full: float, quick: float) -> float:
        """How long to measure one thing."""
        return quick if self.quick else full
