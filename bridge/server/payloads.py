"""KeptPayloads: the large payloads that are kept to be sent again. There is an end to their number: see Limits.arrays.

A client may read each of a hundred arrays in each of forty types, and each of these is another copy of the array.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridge.server.rendering import Rendering

__all__ = ["KeptPayloads"]


class KeptPayloads:
    """Knows which renderings have a large payload, and takes it from the one that was made first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._sizes: dict[Rendering, int] = {}
        self._total = 0
        self.made = 0  # bytes, since somebody has set this to 0

    def keep(self, rendering: Rendering, size: int) -> None:
        """Note that a rendering has made a payload of `size` bytes."""
        self.made += size
        self._total += size - self._sizes.pop(rendering, 0)
        self._sizes[rendering] = size
        while self._total > self._limit:
            oldest = next(iter(self._sizes))
            oldest.payload = None
            self.forget(oldest)

    def forget(self, rendering: Rendering) -> None:
        """Note that a rendering is no more."""
        self._total -= self._sizes.pop(rendering, 0)
