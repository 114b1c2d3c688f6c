"""The names of `caproto.server.common` that programs use."""

from __future__ import annotations

from bridge.compat.names_aserver import Context

__all__ = ["Context"]
