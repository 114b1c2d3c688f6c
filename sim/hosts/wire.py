"""One client's connection: requests in, replies out in order, with the faults that were asked for."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from sim.faults import ON_WIRE
from sim.hosts.speaker import Reply, Speaker, distort

__all__ = ["TRANSCRIPT", "Entry", "Transcript", "Wire"]

TRANSCRIPT = 10_000  # entries kept: some minutes of a fast poll, a few MB at most
UNANSWERED = frozenset(("echo", "unsolicited", "drop"))  # what can meet a command that gets no reply


class Entry(NamedTuple):
    """One whole message: `sent` by the simulator, or received by it, at the event loop's time."""

    time: float
    sent: bool
    data: bytes


Transcript = deque[Entry]


class Wire:
    """Between a host, which owns the file descriptor, and a speaker, which owns the protocol."""

    def __init__(
        self,
        speaker: Speaker,
        *,
        write: Callable[[bytes], Awaitable[None]],
        hang_up: Callable[[bool], None],
        transcript: Transcript,
        reply_delay: float,
    ) -> None:
        self.speaker = speaker
        self._write = write
        self._hang_up = hang_up  # True: reset the connection, False: close it in order
        self._transcript = transcript
        self._delay = reply_delay
        self._loop = asyncio.get_running_loop()
        self._heard = self._loop.time()
        self._replies: asyncio.Queue[Reply] = asyncio.Queue()
        self._sender = asyncio.create_task(self._send(), name="simulator's replies")

    def receive(self, data: bytes) -> None:
        """Bytes came from the client."""
        now = self._loop.time()
        quiet, self._heard = now - self._heard, now
        for reply in self.speaker.receive(data, quiet):
            self._transcript.append(Entry(now, False, reply.request))
            self._replies.put_nowait(reply)

    def poll(self) -> None:
        """Let the instrument speak unasked."""
        for reply in self.speaker.poll():
            self._replies.put_nowait(reply)

    def stop(self) -> None:
        """The client is gone."""
        self._sender.cancel()

    async def _send(self) -> None:
        while True:
            reply = await self._replies.get()
            if reply.request and self._delay:
                await asyncio.sleep(self._delay)
            await self._deliver(reply)

    async def _deliver(self, reply: Reply) -> None:
        # What is said unasked has no request and meets no fault: faults are armed for replies.
        kinds = ON_WIRE if reply.data else UNANSWERED
        fault = self.speaker.faults.take(kinds, reply.request) if reply.request else None
        if fault is None:
            await self._put(reply.data)
        elif fault.kind == "drop":
            self._hang_up(True)
            return
        else:
            for pause, data in distort(fault, reply, self.speaker):
                if pause:
                    await asyncio.sleep(pause)
                await self._put(data)
            if fault.kind == "silence":
                return
        if reply.close:
            self._hang_up(False)

    async def _put(self, data: bytes) -> None:
        if data:
            self._transcript.append(Entry(self._loop.time(), True, data))
            await self._write(data)
