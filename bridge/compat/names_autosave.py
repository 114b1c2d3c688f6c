"""The names of `caproto.server.autosave`."""

from __future__ import annotations

from bridge.runtime.autosave import AutosaveHelper, RotatingFileManager, autosaved

__all__ = ["AutosaveHelper", "RotatingFileManager", "autosaved"]
