"""A speaker turns bytes from one client into an instrument's replies. No I/O, no clock: hosts call it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from sim.faults import Fault, Faults

__all__ = ["COMMON", "Reply", "Speaker", "distort", "noise"]

# What can happen to any reply on any wire.
COMMON = frozenset(("silence", "delay", "truncated", "split", "garbage", "flood", "drop"))
PRINTABLE = bytes(range(0x3A, 0x7F))  # no digit, sign or point: garbage must not read as a number


@dataclass(frozen=True, slots=True)
class Reply:
    """One message to send: `data` may be empty, for a command that gets no answer. `close`: hang up after it."""

    data: bytes
    request: bytes = b""
    close: bool = False


class Speaker:
    """One client's conversation. Subclasses frame requests, ask the device, and know how a bad reply looks."""

    KINDS: ClassVar[frozenset[str]] = COMMON
    TALKS: ClassVar[bool] = False  # True: has something to say unasked, so the host polls it
    CONNECTIONS: ClassVar[int | None] = None  # how many clients the instrument serves at once

    def __init__(self, faults: Faults) -> None:
        self.faults = faults

    def receive(self, data: bytes, quiet: float) -> Iterator[Reply]:
        """The replies that `data` completes. `quiet` is how many seconds the line was silent before it."""
        raise NotImplementedError

    def poll(self) -> Iterator[Reply]:
        """What the instrument says unasked, now."""
        return iter(())

    def garbled(self, reply: Reply, rnd: random.Random) -> bytes:
        """`reply` as line noise would leave it."""
        return noise(len(reply.data), rnd)

    def wrong_checksum(self, reply: Reply) -> bytes:
        """`reply` with a checksum that does not fit."""
        raise NotImplementedError

    def foreign(self, reply: Reply) -> bytes:
        """`reply` as if meant for somebody else."""
        raise NotImplementedError

    def unasked(self, text: str) -> bytes:
        """`text` as an unsolicited message on this wire."""
        return text.encode()


def noise(size: int, rnd: random.Random) -> bytes:
    """`size` random bytes, none of which ends a line or reads as a digit."""
    return bytes(rnd.choice(PRINTABLE) for _ in range(size))


def distort(fault: Fault, reply: Reply, speaker: Speaker) -> list[tuple[float, bytes]]:
    """What goes onto the wire instead of `reply`: pieces, each after a pause in seconds."""
    rnd, data = speaker.faults.random, reply.data
    match fault.kind:
        case "silence" | "drop":
            return []
        case "delay":
            return [(float(fault["seconds"]), data)]
        case "truncated":
            keep = int(fault["keep"]) or rnd.randint(1, max(1, len(data) - 1))
            return [(0.0, data[:keep])]
        case "split":
            size, seconds = max(1, int(fault["size"])), float(fault["seconds"])
            return [(seconds, data[at : at + size]) for at in range(0, len(data), size)]
        case "garbage":
            return [(0.0, speaker.garbled(reply, rnd))]
        case "checksum":
            return [(0.0, speaker.wrong_checksum(reply))]
        case "foreign":
            return [(0.0, speaker.foreign(reply))]
        case "echo":
            return [(0.0, reply.request + data)]
        case "unsolicited":
            return [(0.0, speaker.unasked(str(fault["text"])) + data)]
        case "duplicate":
            return [(0.0, data), (0.0, data)]
        case "flood":
            return [(0.0, noise(int(fault["size"]), rnd))]
    raise ValueError(f"{fault.kind!r} is not a fault of the wire")
