"""What busy and motor share: their processing is not complete before they say so, and puts with completion wait."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from records.linked import Linked
from records.record import Record

__all__ = ["Lasting"]


class Lasting(Record):
    """A record that may be busy after it has processed. A type brings `is_busy`."""

    def is_busy(self) -> bool:
        """Whether processing is not complete yet."""
        raise NotImplementedError

    def forward_link(self, name: str) -> None:
        """No FLNK while busy."""
        if not self.is_busy():
            super().forward_link(name)

    def processed(self) -> None:
        """Processing is not complete while busy."""
        if not self.is_busy():
            super().processed()

    def occupied(self) -> bool:
        """Whoever ends what keeps it busy may wait for that, too."""
        return bool(self._active)

    def _disabled(self) -> None:
        super()._disabled()
        Linked.processed(self)

    def put_field(self, name: str, value: Any) -> Coroutine[Any, Any, None] | None:
        """As for a Linked; without a link too somebody may have to wait."""
        if self._links is not None or name == "VAL":
            return super().put_field(name, value)
        return self.notified(lambda: super(Linked, self).put_field(name, value))

    def begin_put(self, value: Any) -> Coroutine[Any, Any, None] | None:
        """Likewise."""
        if self._links is not None:
            return super().begin_put(value)
        return self.notified(lambda: super(Linked, self).begin_put(value))
