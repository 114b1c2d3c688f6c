"""Rounds of measurements: every mode on every server, server beside server, so that all see the same machine."""

from __future__ import annotations

import contextlib
import gc
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence

from benchmarks.ca_modes import Mode
from benchmarks.load.circuit import Trouble
from benchmarks.load.meter import Measured
from benchmarks.procfs import on_one_core
from benchmarks.servers.catalogue import Server
from benchmarks.servers.process import ServerProcess

__all__ = ["Results", "measure"]

# by mode and server: one Measured a round
Results = dict[str, dict[str, list[Measured]]]

SETTLE = 0.05  # seconds for a server to forget the clients of the mode before


def measure(modes: Sequence[Mode], servers: Sequence[Server], rounds: int, seconds: float) -> Results:
    """Do all rounds. What fails is noted in its Measured; a server that no longer serves is started again."""
    results: Results = defaultdict(lambda: defaultdict(list))
    driven = [mode for mode in modes if not mode.tick]
    ticking = [mode for mode in modes if mode.tick]
    gc.disable()  # the generator's pauses are not to be the servers'
    try:
        for number in range(rounds):
            order = _rotated(servers, number)
            if driven:
                with _Fleet(order) as fleet:
                    for mode in driven:
                        for server in order:
                            if mode.fits(server):
                                _progress(number, rounds, mode, server)
                                results[mode.name][server.name].append(fleet.measure(mode, server, seconds))
                        gc.collect()
            for mode in ticking:
                for server in order:
                    if mode.fits(server):
                        _progress(number, rounds, mode, server)
                        results[mode.name][server.name].append(_alone(mode, server, seconds))
    finally:
        gc.enable()
        if sys.stderr.isatty():
            print(file=sys.stderr)
    return {mode: dict(by_server) for mode, by_server in results.items()}


def _rotated(servers: Sequence[Server], number: int) -> list[Server]:
    """Another one comes first in each round."""
    start = number % len(servers)
    return [*servers[start:], *servers[:start]]


def _progress(number: int, rounds: int, mode: Mode, server: Server) -> None:
    if not sys.stderr.isatty():
        return
    text = f"round {number + 1} of {rounds}: {mode.name}: {server.name}"
    print(f"\r{text:<78}", end="", file=sys.stderr, flush=True)


class _Fleet:
    """All servers, up at once; one that nobody talks to costs nothing."""

    def __init__(self, servers: Sequence[Server]) -> None:
        self._servers = servers
        self._up: dict[str, ServerProcess] = {}
        self._broken: dict[str, str] = {}

    def __enter__(self) -> _Fleet:
        try:
            for server in self._servers:
                self._start(server)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self._stop()

    def _start(self, server: Server) -> None:
        try:
            self._up[server.name] = ServerProcess(server)
        except Trouble as trouble:
            self._broken[server.name] = str(trouble)

    def _stop(self) -> None:
        for process in self._up.values():
            process.stop()

    def measure(self, mode: Mode, server: Server, seconds: float) -> Measured:
        """One mode on one server."""
        died = ""
        if server.name in self._up and not self._up[server.name].serves():
            died = "had to be started again after the mode before"
            self._up.pop(server.name).stop()
            self._start(server)
        if server.name not in self._up:
            return Measured(trouble=self._broken[server.name])
        measured = _measured(mode, self._up[server.name], seconds)
        measured.trouble = "; ".join(filter(None, (died, measured.trouble)))
        time.sleep(SETTLE)
        return measured


def _alone(mode: Mode, server: Server, seconds: float) -> Measured:
    """A mode for which the server is started in a way of its own."""
    try:
        process = ServerProcess(server, mode.count, tick=mode.tick, elements=10)
    except Trouble as trouble:
        return Measured(trouble=str(trouble))
    try:
        return _measured(mode, process, seconds)
    finally:
        process.stop()


def _measured(mode: Mode, process: ServerProcess, seconds: float) -> Measured:
    target = process.target
    with on_one_core(target.pid) if mode.one_core else _anywhere():
        try:
            return mode.measure(target, seconds * mode.longer)
        except (OSError, Trouble) as trouble:
            return Measured(trouble=str(trouble) or type(trouble).__name__)


@contextlib.contextmanager
def _anywhere() -> Iterator[None]:
    yield
