"""Which names to ask for when. No clock and no socket: the caller says what time it is.

A name is asked for at once, then after 32 ms, and then at intervals that double up to `longest`, as base's clients
do (udpiiu.h, searchTimer.cpp). Names are kept in lanes, one for each interval; all names of a lane wait equally long
from when they entered it, so each lane is in order of time by itself.

A name whose server was lost goes the same way. But the wait would grow with the outage, and beacons may not come
through to us. So each second (later less often, but after no more than a 60th of the outage) one name of each lost
server is asked for: when that one is found, all others of its server are asked for at once.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from typing import Final

from bridge.ca.header import HEADER_SIZE, MAX_UDP_SEND

__all__ = ["Names", "SearchSchedule"]

Names = list[tuple[int, str]]
"""What goes into one datagram: (cid, name) of each."""

FIRST_PERIOD: Final = 0.032  # seconds; udpiiu.h minRoundTripEstimate
FRAMES_A_TURN: Final = 16  # 16 KiB: far below what the receive buffer of a server's socket holds
TURN: Final = 0.02  # seconds from one such burst to the next: some 30 000 names a second
UNKNOWN_LANE: Final = 6  # 1 s: when a name that was never found is asked for after a server came up
BOOST_EVERY: Final = 2.0  # seconds; a flood of beacons must not make a flood of searches
PROBE_PERIOD: Final = (1.0, 30.0)  # seconds, shortest and longest
PROBE_SHARE: Final = 60.0


def _size(name: str) -> int:
    """Bytes of a SEARCH message in a datagram: header, name, NUL, padding to 8."""
    return HEADER_SIZE + (len(name.encode("utf-8", "surrogateescape")) + 8 & ~7)


class SearchSchedule:
    """The names that are being looked for."""

    def __init__(self, longest: float = 300.0) -> None:
        self._waits = [0.0, FIRST_PERIOD]
        while self._waits[-1] < longest:
            self._waits.append(min(self._waits[-1] * 2, longest))
        self._lanes: list[OrderedDict[int, float]] = [OrderedDict() for _ in self._waits]
        self._asks: dict[int, tuple[str, int]] = {}  # cid -> name and lane
        self._lost: OrderedDict[Hashable, OrderedDict[int, None]] = OrderedDict()  # server -> cids
        self._server_of: dict[int, Hashable] = {}
        self._last_loss = 0.0
        self._probe_due = 0.0
        self._held_until = 0.0
        self._boosted = -BOOST_EVERY

    def __len__(self) -> int:
        return len(self._asks)

    def __contains__(self, cid: int) -> bool:
        return cid in self._asks

    def add(self, cid: int, name: str, now: float, *, lost: Hashable = None, lane: int = 0) -> None:
        """Look for `name` from now on; `lost` is the server that had it, if one had, `lane` n waits 2**n x 16 ms."""
        self.remove(cid)
        self._put(cid, name, min(lane, len(self._waits) - 1), now)
        if lost is not None:
            if not self._lost:
                self._probe_due = now + PROBE_PERIOD[0]
            self._lost.setdefault(lost, OrderedDict())[cid] = None
            self._server_of[cid] = lost
            self._last_loss = now

    def _put(self, cid: int, name: str, lane: int, now: float) -> None:
        self._asks[cid] = name, lane
        self._lanes[lane][cid] = now + self._waits[lane]

    def remove(self, cid: int) -> None:
        """Look for it no more."""
        found = self._asks.pop(cid, None)
        if found is not None:
            del self._lanes[found[1]][cid]
        server = self._server_of.pop(cid, None)
        if server is not None:
            group = self._lost[server]
            del group[cid]
            if not group:
                del self._lost[server]

    def found(self, cid: int, now: float) -> None:
        """It has been found: look for it no more, and for all that its server had at once."""
        server = self._server_of.get(cid)
        self.remove(cid)
        for other in self._lost.pop(server, ()) if server is not None else ():
            del self._server_of[other]
            self._move(other, 0, now)

    def boost(self, now: float) -> None:
        """A server came up somewhere: ask soon, whatever the interval has grown to."""
        if now - self._boosted < BOOST_EVERY:
            return
        self._boosted = now
        unknown = min(UNKNOWN_LANE, len(self._lanes) - 1)
        for cid, (_, lane) in list(self._asks.items()):
            if cid in self._server_of:
                self._move(cid, 0, now)
            elif lane > unknown:
                self._move(cid, unknown, now)

    def _move(self, cid: int, lane: int, now: float) -> None:
        name, old = self._asks[cid]
        del self._lanes[old][cid]
        self._put(cid, name, lane, now)

    @property
    def due(self) -> float | None:
        """When `take` has something to give next; None if nothing is looked for."""
        fronts = [next(iter(lane.values())) for lane in self._lanes if lane]
        if not fronts:
            return None
        if self._lost:
            fronts.append(self._probe_due)
        return max(min(fronts), self._held_until)

    def take(self, now: float) -> list[Names]:
        """Return the names to ask for now, one list for each datagram."""
        if now < self._held_until:
            return []
        frames: list[Names] = []
        room = 0
        for cid in self._next(now):
            name, lane = self._asks[cid]
            size = _size(name)
            if size > room:
                if len(frames) == FRAMES_A_TURN:
                    self._held_until = now + TURN
                    break
                frames.append([])
                room = MAX_UDP_SEND - HEADER_SIZE  # VERSION goes first
            room -= size
            frames[-1].append((cid, name))
            self._move(cid, min(lane + 1, len(self._lanes) - 1), now)
        return frames

    def _next(self, now: float) -> Iterator[int]:
        """Yield the cids that are due. The caller moves each one back before it takes the next."""
        if self._lost and now >= self._probe_due:
            low, high = PROBE_PERIOD
            self._probe_due = now + min(max((now - self._last_loss) / PROBE_SHARE, low), high)
            yield from self._probes()
        for lane in self._lanes:
            while lane:
                cid, due = next(iter(lane.items()))
                if due > now:
                    break
                yield cid

    def _probes(self) -> Iterator[int]:
        """One name of each lost server, in turn, as many as go into one datagram."""
        room = MAX_UDP_SEND - HEADER_SIZE
        for _ in range(len(self._lost)):
            server, group = next(iter(self._lost.items()))
            cid = next(iter(group))
            room -= _size(self._asks[cid][0])
            if room < 0:
                return
            self._lost.move_to_end(server)
            group.move_to_end(cid)
            yield cid
