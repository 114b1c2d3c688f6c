"""How one PV is reached: searched for, connected, lost, searched for again."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

from bridge.ca import ClientChannel
from bridge.client.circuit import Circuit
from bridge.client.config import Address
from bridge.client.tenancy import CircuitLost

__all__ = ["Connection", "Follower", "Seeker"]

SHORT: Final = 5.0  # seconds; a channel that lived less counts as a setback
QUICK_LANES: Final = 6  # a server that comes and goes is asked for again after 1 s at most
REFUSED_LANES: Final = (6, 11)  # one that refuses the channel after 1 s, later 32 s: it answers searches at once


class Follower(Protocol):
    """What lives on a channel, over any number of circuits: a subscription."""

    def start(self, circuit: Circuit, channel: ClientChannel) -> None:
        """There is a channel (again)."""

    def stop(self, reason: str) -> None:
        """There is none any more."""

    def end(self) -> None:
        """There never will be one again."""


class Seeker(Protocol):
    """What looks for servers."""

    def seek(self, connection: Connection, *, lost: Address | None, lane: int) -> None: ...


class Connection:
    """A tenant of circuits, one after the other. `reason` says in words why there is no channel now."""

    def __init__(self, name: str, cid: int, seeker: Seeker) -> None:
        self.name = name
        self.cid = cid
        self.reason = "no server has answered the search"
        self.circuit: Circuit | None = None  # from the answer to a search on
        self.channel: ClientChannel | None = None  # from the server's answer on
        self.followers: dict[Follower, None] = {}  # in the order in which they came
        self.closed = False
        self._seeker = seeker
        self._loop = asyncio.get_running_loop()
        self._up = asyncio.Event()
        self._opened_at = 0.0
        self._setbacks = 0

    async def channel_now(self, deadline: float) -> tuple[Circuit, ClientChannel]:
        """Wait for a channel. Raises CircuitLost if there is none by `deadline` (time of the event loop)."""
        while self.circuit is None or self.channel is None:
            if self.closed:
                raise CircuitLost(self.reason)
            try:
                async with asyncio.timeout_at(deadline):
                    await self._up.wait()
            except TimeoutError:
                raise CircuitLost(self.reason) from None
        return self.circuit, self.channel

    def follow(self, follower: Follower) -> None:
        """Keep `follower` told."""
        self.followers[follower] = None
        if self.circuit is not None and self.channel is not None:
            follower.start(self.circuit, self.channel)

    def found(self, circuit: Circuit) -> None:
        """A search was answered: ask for the channel there."""
        self.circuit = circuit
        self.reason = f"{circuit} has not answered yet"
        circuit.attach(self)

    def opened(self, circuit: Circuit, channel: ClientChannel) -> None:
        self.circuit, self.channel = circuit, channel
        self._opened_at = self._loop.time()
        self._up.set()
        for follower in tuple(self.followers):
            follower.start(circuit, channel)

    def lost(self, reason: str, *, refused: bool) -> None:
        circuit, self.circuit = self.circuit, None
        had_channel, self.channel = self.channel is not None, None
        self.reason = reason
        self._up.clear()
        if had_channel and self._loop.time() - self._opened_at >= SHORT:
            self._setbacks = 0
        lane = min(self._setbacks, QUICK_LANES)
        if refused:
            low, high = REFUSED_LANES
            lane = min(low + self._setbacks, high)
        self._setbacks += 1
        if had_channel:
            for follower in tuple(self.followers):
                follower.stop(reason)
        if not self.closed:
            lost = circuit.address if circuit is not None and not refused else None
            self._seeker.seek(self, lost=lost, lane=lane)

    def close(self, reason: str) -> None:
        """Give the channel up, for good."""
        self.closed = True
        self.reason = reason
        if self.circuit is not None:
            self.circuit.detach(self)
        self.circuit = self.channel = None
        self._up.set()
        followers, self.followers = self.followers, {}
        for follower in followers:
            follower.end()
