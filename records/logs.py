"""Where ``group.log`` leads: nowhere, until somebody who knows of logging says so (`bridge.runtime` does)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["Log", "logs"]


class _Silence:
    def __getattr__(self, _: str) -> Callable[..., None]:
        return lambda *args, **options: None


class Logs:
    """`logger(name)` gives something with ``debug``, ``info``, ``warning``, ``error``, ``exception``."""

    def __init__(self) -> None:
        self.logger: Callable[[str], Any] = lambda name: _Silence()


logs = Logs()


class Log:
    """The logger of whatever has a `name`, for its class; an attribute of the same name hides it."""

    def __get__(self, instance: Any, owner: type) -> Any:
        return logs.logger(f"iocbridge.{getattr(instance, 'name', owner.__name__)}")
