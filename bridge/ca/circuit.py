"""One TCP connection of Channel Access, seen from either end. It does no I/O: bytes in, messages out, and back.

    circuit.receive_data(chunk)              # b"" says that the connection has ended
    for message in circuit.events():         # raises RemoteProtocolError
        ...
    writer.writelines(circuit.send(reply))   # raises LocalProtocolError

Everything that `events` yields has been checked: against the layout of its message, the state of the circuit, and
that of its channel. After an error that is not fatal the loop may be entered again for what follows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final

from bridge.ca import messages as m
from bridge.ca.errors import LocalProtocolError, RemoteProtocolError
from bridge.ca.header import EXTENDED_FROM, EXTENDED_SINCE, HEADER_SIZE, MINOR_VERSION, Command, Header
from bridge.ca.layout import decode, encode, sender_of
from bridge.ca.message import Message
from bridge.ca.roles import Role
from bridge.ca.rules import CircuitRules, Limits
from bridge.ca.states import CircuitState
from bridge.ca.wire import FrameBuffer

__all__ = ["DISCONNECTED", "VirtualCircuit"]

DISCONNECTED: Final = m.Disconnected()
NO_CHANNEL: Final = 0xFFFFFFFF  # cid of an ERROR that is about no channel


class VirtualCircuit(CircuitRules):
    """State of one connection; `address` is the peer's, `priority` 0..99 (a server learns it from the client)."""

    def __init__(
        self,
        our_role: Role,
        address: tuple[str, int],
        priority: int | None = None,
        protocol_version: int = MINOR_VERSION,
        *,
        limits: Limits | None = None,
    ) -> None:
        super().__init__(our_role, priority, protocol_version, limits or Limits())
        self.address = address
        self._buffer = FrameBuffer(self.limits.message_before_version)
        self._ended = False

    def __repr__(self) -> str:
        return f"<VirtualCircuit {self.our_role!r} to {self.address[0]}:{self.address[1]}, {self.state.name}>"

    # bytes in, messages out

    def receive_data(self, data: bytes | bytearray | memoryview) -> None:
        """Take what the socket gave; ``b""`` means that the peer has closed it."""
        if data:
            self._buffer.feed(data)
        else:
            self._ended = True

    def events(self) -> Iterator[Message]:
        """Yield the messages that are whole, checked, in order; last of all DISCONNECTED if the peer has gone.

        Raises RemoteProtocolError for one that is not allowed: answer ``error.eca`` (:meth:`refuse`) and, unless
        ``error.fatal``, call again to go on behind it.
        """
        while self.state is not CircuitState.DISCONNECTED:
            try:
                frame = self._buffer.next_frame()
                if frame is None:
                    break
                message = self._receive(*frame)
            except RemoteProtocolError as err:
                if err.fatal:
                    self._buffer.clear()
                raise
            if message is not None:
                yield message
        if self._ended and self.state is not CircuitState.DISCONNECTED:
            self.disconnect()
            yield DISCONNECTED

    def _receive(self, header: Header, payload: bytes) -> Message | None:
        try:
            message = decode(header, payload, self.their_role)
            if isinstance(message, m.EventAddResponse) and not message.payload:
                ended = self.tell_apart(message, header.parameter1)
                if ended is None:
                    return None
                message = ended
            self.apply(message, self.their_role)
            if isinstance(message, (m.VersionRequest, m.VersionResponse)):
                self._buffer.limit = self.limits.message
        except RemoteProtocolError as err:
            err.request = header
            raise
        return message

    def send(self, *messages: Message) -> list[bytes]:
        """Return the buffers of `messages`, to be written in this order, and take the steps that they mean.

        Raises LocalProtocolError for what is not allowed now; then none of this call must be written.
        """
        buffers: list[bytes] = []
        for message in messages:
            if message is DISCONNECTED:
                self.disconnect()
                continue
            if sender_of(message) is not self.our_role:
                raise LocalProtocolError(f"a {self.our_role.value} does not send {type(message).__name__}")
            wire = encode(message)
            if len(wire[0]) > HEADER_SIZE and self.protocol_version < EXTENDED_SINCE:
                raise LocalProtocolError(
                    f"a peer of CA 4.{self.protocol_version} takes no more than {EXTENDED_FROM - 1} bytes or elements"
                )
            self.apply(message, self.our_role)
            buffers += wire
        return buffers

    def disconnect(self) -> Message:
        """Note that the connection has ended: every channel is closed. Returns DISCONNECTED."""
        self.close()
        self._buffer.clear()
        return DISCONNECTED

    def refuse(self, error: RemoteProtocolError) -> m.ErrorResponse:
        """Return the answer that `error` asks a server to send."""
        request = error.request or Header(Command.ERROR, 0, 0, 0, 0, 0)
        channel = self.channels_sid.get(request.parameter1) if request.command != Command.SEARCH else None
        cid = request.parameter1 if request.command == Command.SEARCH else NO_CHANNEL
        return m.ErrorResponse(request, channel.cid if channel else cid, error.eca, str(error)[:400])

    # as caproto spells it

    def recv(self, *buffers: bytes | bytearray | memoryview) -> tuple[deque[Message], int]:
        """Take buffers, return the messages and how many bytes the next one needs; no bytes: DISCONNECTED.

        On an error the messages before the bad one are lost to the caller: :meth:`events` keeps them.
        """
        self.receive_data(b"".join(buffers))
        return deque(self.events()), self._buffer.bytes_needed

    def process_command(self, command: Message) -> None:
        """Do nothing: whatever :meth:`recv` returns has been checked already."""
