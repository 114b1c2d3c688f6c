"""The names of `caproto.server.stats`."""

from __future__ import annotations

__all__: list[str] = []
