"""The client: its PVs, its circuits, and who finds them."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Final

from bridge.ca.header import MAX_NAME
from bridge.client.circuit import Circuit
from bridge.client.config import Address, ClientConfig
from bridge.client.connection import Connection
from bridge.client.finder import Finder, resolve
from bridge.client.patience import HoldOff
from bridge.client.pv import PV
from bridge.client.search import Names

__all__ = ["Client"]

PAUSE: Final = 30.0  # seconds at most, before a server that was useless is tried again


class Client:
    """Reads, writes and monitors PVs, on the event loop in which it was opened.

    ``async with Client(config) as client:`` - all PVs of one client share one circuit per server.
    """

    def __init__(self, config: ClientConfig | None = None) -> None:
        self.config = config or ClientConfig()
        self._finder: Finder | None = None
        self._pvs: dict[str, PV] = {}
        self._connections: dict[int, Connection] = {}
        self._circuits: dict[Address, Circuit] = {}
        self._name_servers: list[Address] = []
        self._cids = itertools.count(1)
        self._hold_off = HoldOff()
        self._opening: set[asyncio.Task[None]] = set()
        self._closing: set[asyncio.Task[None]] = set()
        self._timers: dict[Address, asyncio.TimerHandle] = {}

    async def __aenter__(self) -> Client:
        """Start. Raises OSError if no socket can be had, or a host name in the settings is not known."""
        self._name_servers = await resolve(self.config.name_servers)
        finder = Finder(self.config, self.found, self._ask_name_servers)
        await finder.open()
        self._finder = finder
        for address in self._name_servers:
            self._circuit(address)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        finder, self._finder = self._finder, None
        if finder is not None:
            finder.close()
        for timer in self._timers.values():
            timer.cancel()
        for connection in tuple(self._connections.values()):
            connection.close("the client was closed")
        for task in self._opening:
            task.cancel()
        await asyncio.gather(*self._opening, return_exceptions=True)
        for circuit in tuple(self._circuits.values()):
            self._run(circuit.close(), self._closing)
        await asyncio.gather(*self._closing)
        self._pvs.clear()
        self._connections.clear()

    def pv(self, name: str) -> PV:
        """Return the PV of that name, which connects in the background; the same one each time.

        Raises ValueError for what cannot be a name, RuntimeError if the client is not open.
        """
        if self._finder is None:
            raise RuntimeError("the client is not open: use it in `async with Client() as client:`")
        known = self._pvs.get(name)
        if known is not None:
            return known
        if not name or "\0" in name or len(name.encode("utf-8", "surrogateescape")) > MAX_NAME:
            raise ValueError(f"{name[:60]!r} is no PV name: 1..{MAX_NAME} bytes without NUL are expected")
        connection = Connection(name, next(self._cids), self)
        pv = self._pvs[name] = PV(connection, self._forget)
        self._connections[connection.cid] = connection
        self._finder.seek(connection.cid, name)
        return pv

    def _forget(self, pv: PV) -> None:
        known = self._pvs.get(pv.name)
        if known is not pv:
            return
        del self._pvs[pv.name]
        cid = pv.cid
        self._connections.pop(cid, None)
        if self._finder is not None:
            self._finder.forget(cid)
        for circuit in tuple(self._circuits.values()):
            if circuit.empty and circuit.address not in self._name_servers:
                self._run(circuit.close(), self._closing)

    # finding

    def seek(self, connection: Connection, *, lost: Address | None, lane: int) -> None:
        """Look for a PV (again)."""
        if self._finder is not None:
            self._finder.seek(connection.cid, connection.name, lost=lost, lane=lane)

    def found(self, cid: int, address: Address) -> None:
        """A server or a name server has answered a search."""
        connection = self._connections.get(cid)
        if connection is None or self._finder is None or not self._finder.wanted(cid):
            return
        if self._hold_off.until(address) > asyncio.get_running_loop().time():
            return  # it is asked again, so the answer will come again
        self._finder.settled(cid)
        connection.found(self._circuit(address))

    def _ask_name_servers(self, names: Names) -> None:
        for address in self._name_servers:
            circuit = self._circuits.get(address)
            if circuit is not None:
                circuit.search(names)

    # circuits

    def _circuit(self, address: Address) -> Circuit:
        circuit = self._circuits.get(address)
        if circuit is None:
            circuit = self._circuits[address] = Circuit(address, self.config, self)
            self._run(circuit.open(), self._opening)
        return circuit

    def _run(self, work: Coroutine[Any, Any, None], tasks: set[asyncio.Task[None]]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    def circuit_up(self, circuit: Circuit) -> None:
        """A name server that has just come is asked for what is missing."""
        if circuit.address in self._name_servers and self._finder is not None:
            self._finder.server_came_up()

    def circuit_ended(self, circuit: Circuit, *, useless: bool) -> None:
        """Forget a circuit, and hold off from its server if it was none."""
        address = circuit.address
        if self._circuits.get(address) is circuit:
            del self._circuits[address]
        now = asyncio.get_running_loop().time()
        if useless:
            self._hold_off.failed(address, now, PAUSE)
        else:
            self._hold_off.worked(address)
        if self._finder is not None and address in self._name_servers:
            again = max(self._hold_off.until(address), now + HoldOff.FIRST)
            self._timers[address] = asyncio.get_running_loop().call_at(again, self._circuit, address)
