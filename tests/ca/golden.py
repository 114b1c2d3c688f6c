"""Frames captured from EPICS base, as text.

One message a line: who sent it (`>` a client, `<` a server or repeater), how (`udp`, or `tcp` and the number of the
connection), hex. A run of one byte is written `00x70000`. A datagram is one line, with ` | ` between its messages.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from bridge.ca import CLIENT, SERVER, Role

FOLDER = Path(__file__).parents[1] / "golden"
_LONG_RUN = 24


@dataclass(frozen=True)
class Captured:
    """One line: a message, or the messages of one datagram."""

    sender: Role
    transport: str
    messages: tuple[bytes, ...]

    def __str__(self) -> str:
        arrow = ">" if self.sender is CLIENT else "<"
        return f"{arrow} {self.transport} " + " | ".join(map(to_text, self.messages))


def to_text(data: bytes) -> str:
    words: list[str] = []
    for byte, run in groupby(data):
        length = len(list(run))
        if length >= _LONG_RUN:
            words.append(f"{byte:02x}x{length}")
        elif words and "x" not in words[-1]:
            words[-1] += f"{byte:02x}" * length
        else:
            words.append(f"{byte:02x}" * length)
    return " ".join(words)


def from_text(text: str) -> bytes:
    data = b""
    for word in text.split():
        byte, _, times = word.partition("x")
        data += bytes.fromhex(byte) * int(times or 1)
    return data


def read(name: str) -> list[Captured]:
    lines = []
    for line in (FOLDER / f"{name}.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            arrow, transport, text = line.split(maxsplit=2)
            messages = tuple(from_text(part) for part in text.split("|"))
            lines.append(Captured(CLIENT if arrow == ">" else SERVER, transport, messages))
    return lines


def write(name: str, about: str, lines: list[Captured]) -> None:
    text = "\n".join([f"# {about}", *map(str, lines), ""])
    (FOLDER / f"{name}.txt").write_text(text)


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("ca_*.txt"))
