"""From a line that an instrument sends unasked to the event at a client: I/O interrupt, record, server.

Beside it the least that asyncio needs to carry bytes from one connection to another: what is more than that is ours.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Iterator

from benchmarks.figures import human, middle, spread, table
from benchmarks.load import frames
from benchmarks.load.circuit import Circuit, Trouble
from benchmarks.load.clients import stopwatch
from benchmarks.load.meter import Meter
from benchmarks.load.monitors import EVENT, EVENT_SIZE
from benchmarks.procfs import on_one_core
from benchmarks.report import Report
from benchmarks.servers.process import Program, free_port

__all__ = ["add"]

WANTED_MS = 0.3
LINES = (b"T 1.5\r\n", b"T 2.5\r\n")
FIRST_LINE, FIRST = b"T 0.5\r\n", 0.5
WAIT = 10.0
QUIET = 0.5  # seconds
RELAY = "bytes through a bare asyncio relay"
OURS = "line to event"

Once = Callable[[], None]


def add(report: Report, rounds: int, seconds: float) -> None:
    """Medians of the medians of the rounds, all processes on one core, and on any."""
    found: dict[str, list[float]] = {}
    for _ in range(rounds):
        for where in ("one core", "any core"):
            for what, prepare in ((RELAY, _relay), (OURS, _ioc)):
                with prepare() as (program, once), _bound(program, where):
                    measured = stopwatch(once, seconds, Meter(program.pid))
                found.setdefault(f"{what}, {where}, p50", []).append(measured.p50_us or 0.0)
                found.setdefault(f"{what}, {where}, p99", []).append(measured.p99_us or 0.0)
    rows = [[what, spread(took)] for what, took in found.items()]
    report.add(table(("us", f"median (range) of {rounds} rounds"), rows))
    for where in ("one core", "any core"):
        ours = middle(found[f"{OURS}, {where}, p50"]) or 0.0
        bare = middle(found[f"{RELAY}, {where}, p50"]) or 0.0
        text = f"{human(ours / 1000)} ms in all, {human((ours - bare) / 1000)} ms more than the relay"
        report.bar(f"added from wire to monitor, p50, {where}", f"<= {WANTED_MS} ms", text, ours / 1000 <= WANTED_MS)
    report.data["wire_to_monitor_us"] = found


def _bound(program: Program, where: str) -> contextlib.AbstractContextManager[None]:
    return on_one_core(program.pid) if where == "one core" else contextlib.nullcontext()


@contextlib.contextmanager
def _relay() -> Iterator[tuple[Program, Once]]:
    with socket.create_server(("127.0.0.1", 0)) as inlet, socket.create_server(("127.0.0.1", 0)) as outlet:
        words = [str(listener.getsockname()[1]) for listener in (inlet, outlet)]
        program = Program("benchmarks.wires.relay", *words)
        try:
            with _accepted(inlet) as instrument, _accepted(outlet) as client:
                yield program, _once(instrument, client, len(LINES[0]))
        finally:
            program.stop()


@contextlib.contextmanager
def _ioc() -> Iterator[tuple[Program, Once]]:
    port = free_port()
    with socket.create_server(("127.0.0.1", 0)) as inlet:
        words = (f"--port={port}", f"--instrument={inlet.getsockname()[1]}")
        program = Program("benchmarks.iocs.listening", *words)
        try:
            with _accepted(inlet) as instrument, _circuit(port) as circuit:
                (sid,) = circuit.create(["B:T"])
                circuit.send(frames.subscribe(sid, 1))
                instrument.sendall(FIRST_LINE)
                _wait_for(circuit, FIRST)
                _drain(circuit.sock)
                yield program, _once(instrument, circuit.sock, EVENT_SIZE)
        finally:
            program.stop()


@contextlib.contextmanager
def _accepted(listener: socket.socket) -> Iterator[socket.socket]:
    listener.settimeout(WAIT)
    connection, _ = listener.accept()
    with connection:
        connection.settimeout(None)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield connection


def _circuit(port: int) -> Circuit:
    end = time.perf_counter() + WAIT
    while True:
        try:
            return Circuit(port)
        except OSError:
            if time.perf_counter() > end:
                raise
            time.sleep(0.01)


def _wait_for(circuit: Circuit, value: float) -> None:
    """Pass over the events that come before: the subscription's own, and alarms of a record that was never read."""
    data = b""
    while len(data) % EVENT_SIZE or not data or EVENT.unpack(data[-EVENT_SIZE:])[1] != value:
        data += circuit.receive()


def _drain(sock: socket.socket) -> None:
    """Take what may still come of the beginning: a record whose link has just come up may say once more how it is."""
    patience = sock.gettimeout()
    sock.settimeout(QUIET)
    try:
        while sock.recv(4096):
            pass
    except TimeoutError:
        pass
    finally:
        sock.settimeout(patience)


def _once(instrument: socket.socket, client: socket.socket, size: int) -> Once:
    lines = list(LINES)
    send, receive = instrument.send, client.recv

    def once() -> None:
        send(lines[0])
        if len(receive(4096)) != size:
            raise Trouble("not one event for one line")
        lines.reverse()

    return once
