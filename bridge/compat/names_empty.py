"""A package of caproto that has modules and no names of its own."""

from __future__ import annotations

__all__: list[str] = []
