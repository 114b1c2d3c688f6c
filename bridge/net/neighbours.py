"""Whether other programs of this machine listen on the same UDP port."""

from __future__ import annotations

from collections.abc import Set
from typing import Final

__all__ = ["Neighbours"]

LOOK_EVERY: Final = 0.1  # seconds; reading the table takes some 0.1 ms, and clients ask again within that time
LARGE_TABLE: Final = 500  # sockets; each further as many make it worth the same wait again
TABLES: Final = ("/proc/net/udp", "/proc/net/udp6")


class Neighbours:
    """Looks for sockets of a port that are not ours. Where the system does not tell (not Linux), there may be some."""

    def __init__(self, port: int) -> None:
        self._suffix = f":{port:04X}"
        self._due = float("-inf")
        self._found = False

    def present(self, ours: Set[int], now: float) -> bool:
        """Whether somebody else has the port; `ours` are the inodes of our own sockets."""
        if now >= self._due:
            sockets, self._found = self._look(ours)
            self._due = now + LOOK_EVERY * (1 + sockets // LARGE_TABLE)
        return self._found

    def _look(self, ours: Set[int]) -> tuple[int, bool]:
        """How many UDP sockets there are, and whether one with our port is somebody else's."""
        sockets = 0
        found = known = False
        for table in TABLES:
            try:
                with open(table) as lines:
                    next(lines, None)  # headings
                    for line in lines:
                        sockets += 1
                        if line.split(maxsplit=2)[1].endswith(self._suffix) and int(line.split()[9]) not in ours:
                            found = True
                known = True
            except (OSError, IndexError, ValueError):
                continue
        return sockets, found or not known
