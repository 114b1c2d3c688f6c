"""A UNIX socket: an instrument's own program on this machine."""

from __future__ import annotations

import asyncio
from typing import Any

from drivers.errors import UsageError
from drivers.transports.base import Lost, Receive, StreamTransport

__all__ = ["UnixTransport"]


class UnixTransport(StreamTransport):
    """A connection to the UNIX socket at `path`."""

    def __init__(self, path: str) -> None:
        super().__init__()
        if not path:
            raise UsageError("a UNIX socket needs a path")
        self.where = path

    async def open(self, receive: Receive, lost: Lost) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.create_unix_connection(lambda: self._link(receive, lost), self.where)
        except FileNotFoundError as error:
            raise OSError(f"{self.where} does not exist: is the program that serves it running?") from error
        except OSError as error:
            raise OSError(f"cannot reach {self.where}: {error.strerror or error}") from error

    def change(self, **settings: Any) -> None:
        """Another path, as `address`."""
        if settings.keys() != {"address"} or not settings["address"]:
            raise UsageError(f"{self.where}: the path can be changed, as address=")
        self.where = str(settings["address"])
