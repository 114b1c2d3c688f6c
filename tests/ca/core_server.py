"""The smallest server that one can build on bridge.ca: one number, read, written and monitored."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any

from bridge import ca

__all__ = ["CoreServer", "core_server"]

NOW = ca.DbrMetadata(seconds=1_000_000_000, nanoseconds=5, units=b"s", precision=3)


class CoreServer:
    """Serves `name`; `port` is open for TCP and UDP."""

    def __init__(self, name: str, value: float) -> None:
        self.name = name
        self.value = value
        self.port = 0
        self._monitors: dict[tuple[ca.VirtualCircuit, int], tuple[ca.ServerChannel, int, Any]] = {}

    def answer(self, circuit: ca.VirtualCircuit, message: ca.Message) -> list[ca.Message]:
        match message:
            case ca.VersionRequest():
                return [ca.VersionResponse(13)] if circuit.state is ca.CircuitState.AWAIT_VERSION_RESPONSE else []
            case ca.EchoRequest():
                return [ca.EchoResponse()]
            case ca.SearchRequest(name, cid) if name == self.name:
                return [ca.SearchResponse(self.port, "255.255.255.255", cid, 0)]
            case ca.CreateChanRequest(name, cid):
                channel = circuit.channels[cid]
                assert isinstance(channel, ca.ServerChannel)
                if name != self.name:
                    return [channel.create_fail()]
                return [channel.rights(3), channel.create(ca.ChannelType.DOUBLE, 1)]
            case ca.ClearChannelRequest(sid) | ca.EventCancelRequest(_, sid):
                channel = circuit.channels_sid[sid]
                assert isinstance(channel, ca.ServerChannel)
                if isinstance(message, ca.ClearChannelRequest):
                    return [channel.clear()]
                self._monitors.pop((circuit, message.subscriptionid), None)
                return [channel.unsubscribe(message.subscriptionid)]
        return self.answer_value(circuit, message)

    def answer_value(self, circuit: ca.VirtualCircuit, message: ca.Message) -> list[ca.Message]:
        match message:
            case ca.ReadNotifyRequest(data_type, _, sid, ioid):
                channel = circuit.channels_sid[sid]
                assert isinstance(channel, ca.ServerChannel)
                return [channel.read(self.render(data_type), ioid, data_type, metadata=NOW)]
            case ca.WriteNotifyRequest() | ca.WriteRequest():
                self.value = float(message.data[0])
                updates: list[ca.Message] = [self.update(*monitor) for monitor in self._monitors.values()]
                if isinstance(message, ca.WriteRequest):
                    return updates
                return [ca.WriteNotifyResponse(message.data_type, message.data_count, 1, message.ioid), *updates]
            case ca.EventAddRequest(data_type, _, sid, subscriptionid):
                channel = circuit.channels_sid[sid]
                assert isinstance(channel, ca.ServerChannel)
                self._monitors[circuit, subscriptionid] = channel, subscriptionid, data_type
                return [self.update(channel, subscriptionid, data_type)]
        return []

    def update(self, channel: ca.ServerChannel, subscriptionid: int, data_type: int) -> ca.EventAddResponse:
        return channel.subscribe(self.render(data_type), subscriptionid, data_type, metadata=NOW)

    def render(self, data_type: int) -> Any:
        return f"{self.value:.3f}" if data_type % 7 == ca.ChannelType.STRING else self.value

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        circuit = ca.VirtualCircuit(ca.SERVER, writer.get_extra_info("peername"))
        with contextlib.closing(writer):
            while circuit.state is not ca.CircuitState.DISCONNECTED:
                circuit.receive_data(await reader.read(65536))
                try:
                    for message in circuit.events():
                        writer.writelines(circuit.send(*self.answer(circuit, message)))
                except ca.RemoteProtocolError as error:
                    writer.writelines(circuit.send(circuit.refuse(error)))
                    if error.fatal:
                        break
        self._monitors = {key: monitor for key, monitor in self._monitors.items() if key[0] is not circuit}

    def datagram(self, data: bytes, address: tuple[str, int]) -> bytes:
        broadcaster = ca.Broadcaster(ca.SERVER)
        found: list[ca.Message] = []
        for message in broadcaster.recv(data, address):
            match message:
                case ca.SearchRequest(name, cid) if name == self.name:
                    found += [ca.VersionResponse(13), ca.SearchResponse(self.port, "255.255.255.255", cid, 13)]
                case ca.RepeaterRegisterRequest():
                    found.append(ca.RepeaterConfirmResponse("127.0.0.1"))
        return broadcaster.send(*found)


@contextlib.asynccontextmanager
async def core_server(name: str, value: float) -> AsyncIterator[CoreServer]:
    """Serve one number on a free port; it also confirms registrations, as a repeater does."""
    core = CoreServer(name, value)

    class Datagrams(asyncio.DatagramProtocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, addr: Any) -> None:
            if answer := core.datagram(data, addr):
                self.transport.sendto(answer, addr)

    server = await asyncio.start_server(core.serve, "127.0.0.1", 0)
    core.port = server.sockets[0].getsockname()[1]
    datagrams, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        Datagrams, local_addr=("127.0.0.1", core.port), family=socket.AF_INET
    )
    try:
        yield core
    finally:
        datagrams.close()
        server.close()
        await server.wait_closed()
