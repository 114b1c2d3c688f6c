"""A measured server as a process of its own, on a port of its own, alone in its Channel Access world."""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.load.circuit import Circuit, Trouble, name
from benchmarks.load.meter import Target
from benchmarks.servers.catalogue import Server

__all__ = ["ROOT", "Program", "ServerProcess", "free_port", "more_descriptors"]

ROOT = Path(__file__).parents[2]
START_DEADLINE = 120.0  # seconds; pythonSoftIOC takes 15 for a hundred thousand records
LOOK = 0.002  # seconds between looks whether it serves


def free_port() -> int:
    """A port that nobody has just now, neither for TCP nor for UDP."""
    while True:
        with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            port: int = tcp.getsockname()[1]
            try:
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def more_descriptors() -> None:
    """Let us and the servers open as many sockets as the system allows."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _environment(port: int) -> dict[str, str]:
    """Loopback only, whatever the user's own settings are."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("EPICS_")}
    nobody = str(free_port())
    return clean | {
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", "")))),
        "EPICS_CA_SERVER_PORT": str(port),
        "EPICS_CAS_SERVER_PORT": str(port),
        "EPICS_CAS_INTF_ADDR_LIST": "127.0.0.1",
        "EPICS_CA_ADDR_LIST": "127.0.0.1",
        "EPICS_CA_AUTO_ADDR_LIST": "NO",
        "EPICS_CAS_BEACON_ADDR_LIST": "127.0.0.1",
        "EPICS_CAS_AUTO_BEACON_ADDR_LIST": "NO",
        "EPICS_CAS_BEACON_PORT": nobody,
        "EPICS_CA_REPEATER_PORT": nobody,
        "EPICS_CA_MAX_ARRAY_BYTES": "40000000",
        # Run by root, libCom would use real-time threads and lock all memory: rsrv's connects and resident memory then
        # look far worse than on a production IOC, which is rarely privileged.
        "EPICS_ALLOW_POSIX_THREAD_PRIORITY_SCHEDULING": "NO",
    }


class Program:
    """A Python module that runs as a process. Its errors go to a file, to be shown if it does not come up.

    What it prints goes there too, unless it `reports`: then `line` has to be called for all that it prints.
    """

    def __init__(self, module: str, *words: str, port: int = 0, reports: bool = False) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `stop`
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *words],
            cwd=ROOT,
            env=_environment(port),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if reports else self._errors,
            stderr=self._errors,
            text=True,
        )

    @property
    def pid(self) -> int:
        """Of the process."""
        return self.process.pid

    def line(self) -> str:
        """The next line that it prints. Raises Trouble if it ended instead."""
        assert self.process.stdout is not None
        text = self.process.stdout.readline()
        if not text:
            raise Trouble(self.last_words())
        return text.rstrip("\n")

    def last_words(self) -> str:
        """The end of what it said on stderr."""
        self._errors.seek(0)
        return self._errors.read()[-2000:].decode(errors="replace") or "it ended without a word"

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Ask it to end, and end it."""
        self.process.terminate()
        try:
            self.process.wait(3)
        except subprocess.TimeoutExpired:
            self.kill()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._errors.close()


class ServerProcess:
    """A server that has been started and serves its last PV; `startup` is the seconds that this took."""

    def __init__(
        self, server: Server, count: int = 10_000, *, tick: float = 0.0, elements: int = 1_000_000, port: int = 0
    ) -> None:
        self.server = server
        self.port = port or free_port()
        words = [f"--port={self.port}", f"--count={count}", f"--tick={tick}", f"--elements={elements}"]
        self.program = Program(f"benchmarks.servers.{server.module}", *words, *server.options, port=self.port)
        try:
            self._wait_for(name(count - 1))
        except BaseException:
            self.stop()
            raise
        self.startup = time.perf_counter() - self.program.began

    @property
    def target(self) -> Target:
        """What the load generator wants to know."""
        return Target(self.port, self.program.pid, self.server.exact)

    def _wait_for(self, pv: str) -> None:
        while not self.serves(pv):
            if self.program.process.poll() is not None:
                raise Trouble(f"{self.server.name} did not start: {self.program.last_words()}")
            if time.perf_counter() - self.program.began > START_DEADLINE:
                raise Trouble(f"{self.server.name} did not start within {START_DEADLINE:g} s")
            time.sleep(LOOK)

    def serves(self, pv: str | None = None) -> bool:
        """Whether a client gets a channel: that the port is open means nothing."""
        try:
            with Circuit(self.port) as circuit:
                circuit.create([pv or name(0)])
        except (OSError, Trouble):
            return False
        return True

    def stop(self) -> None:
        """End it."""
        self.program.stop()
