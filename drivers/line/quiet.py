"""Waiting for a line to be quiet: how a serial port gets rid of a reply that is late."""

from __future__ import annotations

import asyncio

__all__ = ["Quiet"]

CHATTER = 3  # times `quiet`: the longest wait for a line on which something never stops talking
AFTERMATH = 0.05  # seconds of quiet after the late reply itself, which settles the matter


class Quiet:
    """Over when nothing has been heard for `quiet` seconds, or soon after the late reply, at most after CHATTER times
    `quiet`.
    """

    def __init__(self, quiet: float) -> None:
        loop = asyncio.get_running_loop()
        self._loop = loop
        self._quiet = quiet
        self._over: asyncio.Future[None] = loop.create_future()
        self._timer = loop.call_later(quiet, self.end)
        self._bound = loop.call_later(quiet * CHATTER, self.end)
        self._settled = False

    def noise(self) -> None:
        """Something was heard that is no whole message."""
        self._again(AFTERMATH if self._settled else self._quiet)

    def reply(self) -> None:
        """A message was heard that nobody else claims: the late reply."""
        self._settled = True
        self._again(min(AFTERMATH, self._quiet))

    def end(self) -> None:
        """Stop waiting."""
        self._timer.cancel()
        self._bound.cancel()
        if not self._over.done():
            self._over.set_result(None)

    async def wait(self) -> bool:
        """Wait until it is over. True if the late reply was heard."""
        try:
            await self._over
        finally:
            self.end()
        return self._settled

    def _again(self, seconds: float) -> None:
        if not self._over.done():
            self._timer.cancel()
            self._timer = self._loop.call_later(seconds, self.end)
