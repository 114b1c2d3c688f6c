"""Two ends of one circuit that hand each other their bytes."""

from __future__ import annotations

from bridge.ca import CLIENT, SERVER, ClientChannel, Message, ServerChannel, VersionRequest, VersionResponse
from bridge.ca import VirtualCircuit as Circuit

__all__ = ["Pair"]


class Pair:
    """`up` sends from client to server, `down` from server to client; both give what arrived."""

    def __init__(self) -> None:
        self.client = Circuit(CLIENT, ("127.0.0.1", 5064), 0)
        self.server = Circuit(SERVER, ("127.0.0.1", 40000))

    def up(self, *messages: Message) -> list[Message]:
        return self._pass(self.client, self.server, messages)

    def down(self, *messages: Message) -> list[Message]:
        return self._pass(self.server, self.client, messages)

    @staticmethod
    def _pass(source: Circuit, sink: Circuit, messages: tuple[Message, ...]) -> list[Message]:
        sink.receive_data(b"".join(source.send(*messages)))
        return list(sink.events())

    def greet(self) -> Pair:
        self.up(VersionRequest(0, 13))
        self.down(VersionResponse(13))
        return self

    def channel(self, name: str = "x:T", data_type: int = 6, count: int = 1) -> tuple[ClientChannel, ServerChannel]:
        """A channel that both ends have agreed on."""
        client = ClientChannel(name, self.client)
        self.up(client.create())
        server = self.server.channels[client.cid]
        assert isinstance(server, ServerChannel)
        self.down(server.rights(3), server.create(data_type, count))
        return client, server
