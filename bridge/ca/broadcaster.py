"""The datagrams of Channel Access, seen from either end: searches, beacons, the repeater."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bridge.ca import messages as m
from bridge.ca.errors import LocalProtocolError
from bridge.ca.header import MINOR_VERSION
from bridge.ca.layout import encode, sender_of
from bridge.ca.message import Message
from bridge.ca.roles import Role
from bridge.ca.wire import read_datagram

__all__ = ["Broadcaster", "extract_address"]

#: SearchResponse.ip that stands for "where the datagram came from" (0xFFFFFFFF on the wire).
SENDER_IP = "255.255.255.255"

_DATAGRAM = (
    m.VersionRequest,
    m.VersionResponse,
    m.SearchRequest,
    m.SearchResponse,
    m.NotFoundResponse,
    m.EchoRequest,
    m.EchoResponse,
    m.Beacon,
    m.RepeaterRegisterRequest,
    m.RepeaterConfirmResponse,
    m.ErrorResponse,
)


def extract_address(response: m.SearchResponse) -> tuple[str, int]:
    """Return host and TCP port of the server that answered a search.

    Raises LocalProtocolError if the answer leaves the host to its datagram and none is known.
    """
    if not isinstance(response, m.SearchResponse):
        raise LocalProtocolError(f"a SearchResponse has an address, {type(response).__name__} has none")
    if response.ip != SENDER_IP:
        return response.ip, response.port
    if response.sender_address is None:
        raise LocalProtocolError("the answer means the sender of its datagram: read it with Broadcaster")
    return response.sender_address[0], response.port


class Broadcaster:
    """Reads and writes datagrams. One serves any number of sockets of one end."""

    def __init__(self, our_role: Role, protocol_version: int = MINOR_VERSION) -> None:
        if not isinstance(our_role, Role):
            raise LocalProtocolError(f"a role is CLIENT or SERVER, not {our_role!r}")
        self.our_role = our_role
        self.their_role = our_role.other
        self.protocol_version = protocol_version
        self.registered = False  # True once a repeater has confirmed

    def __repr__(self) -> str:
        return f"<Broadcaster {self.our_role!r}>"

    def send(self, *messages: Message) -> bytes:
        """Return `messages` as one datagram.

        Raises LocalProtocolError for what this end does not send, or not in a datagram.
        """
        buffers: list[bytes] = []
        for message in messages:
            if sender_of(message) is not self.our_role or not isinstance(message, _DATAGRAM):
                raise LocalProtocolError(
                    f"a {self.our_role.value} does not send {type(message).__name__} in a datagram"
                )
            buffers += encode(message)
        return b"".join(buffers)

    def events(self, data: bytes, address: tuple[str, int]) -> Iterator[Message]:
        """Yield the messages of one datagram that came from `address`.

        Raises RemoteProtocolError at the first that is not allowed; what follows it in the datagram is lost.
        """
        for message in read_datagram(data, self.their_role, _DATAGRAM):
            if isinstance(message, m.RepeaterConfirmResponse):
                self.registered = True
            elif isinstance(message, m.SearchResponse):
                message = m.SearchResponse(message.port, message.ip, message.cid, message.version, address)
            elif isinstance(message, m.Beacon):
                message = m.Beacon(message.version, message.server_port, message.beacon_id, message.address, address)
            yield message

    def register(self, ip: str = "0.0.0.0") -> m.RepeaterRegisterRequest:
        """Write the request that a repeater wants; 0.0.0.0 lets it take our address from the datagram."""
        return m.RepeaterRegisterRequest(ip)

    def disconnect(self) -> None:
        """Forget that a repeater has confirmed."""
        self.registered = False

    # as caproto spells it

    def recv(self, data: bytes, address: tuple[str, int]) -> list[Message]:
        """Return the messages of one datagram; see :meth:`events`."""
        return list(self.events(data, address))

    def process_commands(self, commands: Iterable[Message]) -> None:
        """Do nothing: whatever :meth:`recv` returns has been checked already."""
