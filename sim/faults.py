"""What can go wrong on a wire, on demand and repeatably.

A fault is armed with ``faults.add("garbage", times=1)`` and meets the next reply that it fits. One reply meets one
fault, in the order in which they were armed, so a test can line up "first silence, then garbage, then fine". The
instrument itself has understood and obeyed: only its answer suffers, as on a real bad cable.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["AT_CONNECT", "IN_REPLY", "KINDS", "ON_WIRE", "Fault", "Faults", "without"]

# kind -> what it takes, with defaults; None marks what has to be given
KINDS: Mapping[str, Mapping[str, Any]] = {
    "silence": {},  # no reply at all
    "delay": {"seconds": 1.0},  # the reply comes late: past the client's deadline it is a "late reply"
    "truncated": {"keep": 0},  # the first `keep` bytes only; 0 leaves it to chance
    "split": {"size": 1, "seconds": 0.002},  # the reply in pieces of `size` bytes, `seconds` apart
    "garbage": {},  # random bytes of the same length, framed as the reply would have been where that is possible
    "checksum": {},  # the reply with a wrong checksum
    "foreign": {},  # a reply to somebody else: wrong unit (RTU) or transaction number (TCP)
    "echo": {},  # the question comes back first, as on a two-wire line
    "unsolicited": {"text": "!"},  # something unasked between question and reply
    "duplicate": {},  # the reply twice
    "flood": {"size": 65_536},  # so many bytes without an end
    "drop": {},  # the connection breaks instead of a reply
    "exception": {"code": 4},  # Modbus exception instead of doing what was asked
    "status": {"code": 500},  # HTTP status instead of doing what was asked
    "missing": {"key": None},  # a key left out of the JSON reply: "apower", or a pointer: "/switch:0/apower"
    "refuse": {},  # the next connections are reset at once
}
IN_REPLY = frozenset(("exception", "status", "missing"))
AT_CONNECT = frozenset(("refuse",))
ON_WIRE = frozenset(KINDS) - IN_REPLY - AT_CONNECT


@dataclass(slots=True)
class Fault:
    """One armed fault: `left` more times (None: until cleared), if the request contains `match`, with `chance`."""

    kind: str
    left: int | None = 1
    match: bytes = b""
    chance: float = 1.0
    details: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.details[name]


class Faults:
    """The faults armed on one running simulator. `random` is seeded and shared by all that is left to chance."""

    def __init__(self, seed: int, allowed: frozenset[str]) -> None:
        self.random = random.Random(seed)
        self._allowed = allowed
        self._armed: list[Fault] = []

    def add(
        self, kind: str, *, times: int | None = 1, match: str | bytes = "", chance: float = 1.0, **details: Any
    ) -> Fault:
        """Arm a fault. Raises ValueError for a kind or detail that this wire does not have."""
        if kind not in self._allowed:
            raise ValueError(f"no fault {kind!r} on this wire, only {', '.join(sorted(self._allowed))}")
        known = KINDS[kind]
        for name in details:
            if name not in known:
                takes = ", ".join(f"{key}=" for key in known) or "nothing"
                raise ValueError(f"fault {kind!r} takes {takes}, not {name}=")
        full = {**known, **details}
        for name, value in full.items():
            if value is None:
                raise ValueError(f"fault {kind!r} needs {name}=")
        fault = Fault(kind, times, match.encode() if isinstance(match, str) else match, chance, full)
        self._armed.append(fault)
        return fault

    def clear(self) -> None:
        """Disarm all."""
        self._armed.clear()

    def take(self, kinds: frozenset[str], request: bytes = b"") -> Fault | None:
        """The first armed fault among `kinds` that fits the request, now used once, or None."""
        for fault in self._armed:
            if fault.kind not in kinds or fault.match not in request:
                continue
            if fault.chance < 1.0 and self.random.random() >= fault.chance:
                continue
            if fault.left is not None:
                fault.left -= 1
                if fault.left <= 0:
                    self._armed.remove(fault)
            return fault
        return None


def without(document: Any, key: str) -> Any:
    """A copy of a JSON document without `key`: at every depth, or at one place if it is a JSON pointer (RFC 6901)."""
    if key.startswith("/"):
        parts = [part.replace("~1", "/").replace("~0", "~") for part in key[1:].split("/")]
        return _without_path(document, parts)
    if isinstance(document, dict):
        return {name: without(value, key) for name, value in document.items() if name != key}
    if isinstance(document, list):
        return [without(item, key) for item in document]
    return document


def _without_path(document: Any, parts: list[str]) -> Any:
    if not isinstance(document, dict) or parts[0] not in document:
        return document
    if len(parts) == 1:
        return {name: value for name, value in document.items() if name != parts[0]}
    return {**document, parts[0]: _without_path(document[parts[0]], parts[1:])}
