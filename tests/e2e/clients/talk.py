"""How a test talks to a client in a process of its own: one JSON list of words per line in, one JSON value out."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

__all__ = ["obey"]


def obey(**commands: Callable[..., Any]) -> None:
    """Carry out commands until there are no more."""
    for line in sys.stdin:
        name, *words = json.loads(line)
        print(json.dumps(commands[name](*words)), flush=True)
