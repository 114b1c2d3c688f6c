"""The names of `caproto.server.stats`."""

from __future__ import annotations

from bridge.runtime.status import BasicStatus as BasicStatusHelper
from bridge.runtime.status import MemoryTracing as MemoryTracingHelper
from bridge.runtime.status import PeriodicStatus as PeriodicStatusHelper
from bridge.runtime.status import Status as StatusHelper

__all__ = ["BasicStatusHelper", "MemoryTracingHelper", "PeriodicStatusHelper", "StatusHelper"]
