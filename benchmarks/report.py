"""What a benchmark hands back: tables to read, bars with what was measured against them, and all raw figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from benchmarks.figures import table

__all__ = ["Bar", "Report"]


@dataclass(frozen=True, slots=True)
class Bar:
    """Something we set out to reach. `held` is None if it could not be measured here."""

    what: str
    wanted: str
    measured: str
    held: bool | None

    @property
    def verdict(self) -> str:
        """One word."""
        return "not measured" if self.held is None else "held" if self.held else "MISSED"


@dataclass(slots=True)
class Report:
    """The outcome of one benchmark."""

    title: str
    sections: list[str] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    told: list[Bar] = field(default_factory=list)  # bars that a section shows already

    def add(self, *paragraphs: str) -> None:
        """Add text or tables."""
        self.sections += [paragraph for paragraph in paragraphs if paragraph]

    def bar(self, what: str, wanted: str, measured: str, held: bool | None) -> Bar:
        """Add a bar."""
        bar = Bar(what, wanted, measured, held)
        self.bars.append(bar)
        return bar

    def text(self) -> str:
        """All of it in Markdown."""
        parts = [f"## {self.title}", *self.sections]
        shown = [bar for bar in self.bars if bar not in self.told]
        if shown:
            rows = [(bar.what, bar.wanted, bar.measured, bar.verdict) for bar in shown]
            parts.append(table(("bar", "wanted", "measured", "verdict"), rows))
        return "\n\n".join(parts) + "\n"

    def plain(self) -> dict[str, Any]:
        """For the JSON file."""
        bars = [
            {"what": bar.what, "wanted": bar.wanted, "measured": bar.measured, "held": bar.held} for bar in self.bars
        ]
        return {"title": self.title, "bars": bars, "data": self.data}
