"""UDP: an instrument that speaks in datagrams."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Any, cast

from drivers.transports.base import Lost, Receive, Transport
from drivers.transports.tcp import address, check_port, moved

__all__ = ["UdpTransport"]


class UdpTransport(Transport):
    """Datagrams to and from `host`:`port`; those of anybody else are not let in.

    There is no connection that could be lost: a port over UDP is up as soon as the name is known, and an instrument
    that is off shows as one that does not answer. `local_port` is ours, for instruments that reply to a fixed one; a
    late reply can then not be told from a new one by its port.
    """

    datagrams = True

    def __init__(self, host: str, port: int, local_port: int = 0) -> None:
        check_port(host, local_port, least=0, what="local_port")
        self.host = host
        self.port = port
        self.local_port = local_port
        self.reopens = not local_port  # from a new port, where nothing old arrives
        self._link: _Link | None = None

    @property
    def where(self) -> str:  # type: ignore[override]
        """``host:port``."""
        return address(self.host, self.port)

    async def open(self, receive: Receive, lost: Lost) -> None:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(self.host, self.port, type=socket.SOCK_DGRAM)
        except socket.gaierror as error:
            raise OSError(f"the name {self.host!r} is not known: {error.strerror}") from error
        family, *_, remote = found[0]
        sock = socket.socket(family, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            sock.bind(("", self.local_port))
            sock.connect(remote)  # the kernel then drops what others send; does not wait for anything
            _, self._link = await loop.create_datagram_endpoint(lambda: _Link(receive), sock=sock)
        except OSError as error:
            sock.close()
            raise OSError(f"cannot send to {self.where}: {error.strerror or error}") from error

    def send(self, data: bytes) -> None:
        if self._link is None or self._link.stream is None:
            raise ConnectionError("not connected")
        self._link.stream.sendto(data)

    async def close(self) -> None:
        link, self._link = self._link, None
        if link is not None and link.stream is not None:
            link.receive = None
            link.stream.close()
            with contextlib.suppress(asyncio.CancelledError):
                await link.closed

    def change(self, **settings: Any) -> None:
        """Another `host`, `port`, or both as `address` ("host:port")."""
        self.host, self.port = moved(self.where, self.host, self.port, settings)


class _Link(asyncio.DatagramProtocol):
    def __init__(self, receive: Receive) -> None:
        self.receive: Receive | None = receive
        self.stream: asyncio.DatagramTransport | None = None
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.stream = cast("asyncio.DatagramTransport", transport)  # Python 3.11's does not say that it is one

    def datagram_received(self, data: bytes, addr: Any) -> None:
        if self.receive is not None and data:
            self.receive(data)

    def error_received(self, exc: Exception) -> None:
        """Nobody listens there (ICMP). The reply will not come, and its deadline says so: the port stays up."""

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.closed.done():
            self.closed.set_result(None)
