"""Channel Access: ours beside its peers, each a process of its own, loaded through raw sockets."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.ca_modes import MODES, Mode
from benchmarks.ca_rounds import measure
from benchmarks.ca_tables import add_bars, add_tables
from benchmarks.options import Options
from benchmarks.report import Report
from benchmarks.servers.catalogue import SERVERS, Server
from benchmarks.servers.process import more_descriptors

__all__ = ["run"]


def run(options: Options) -> Report:
    """All modes on all servers that can run here."""
    report = Report("Channel Access servers")
    more_descriptors()
    servers = _servers(options)
    modes = _modes(options)
    absent = [server.name for server in SERVERS if not server.installed]
    rounds, seconds = options.rounds_or(7, 1), options.seconds(0.6, 0.2)
    results = measure(modes, servers, rounds, seconds)
    report.add(f"{rounds} rounds of {seconds:g} s for each mode and server; 10,000 PVs and an array of 8 MB each.")
    report.add("Servers: " + ", ".join(server.label for server in servers) + ".")
    if absent:
        report.add(f"Not installed for this Python, and so not measured: {', '.join(absent)} (extra `bench`).")
    add_tables(report, results, modes, servers)
    add_bars(report, results, modes)
    report.data = {
        mode: {server: [one.plain() for one in measured] for server, measured in by_server.items()}
        for mode, by_server in results.items()
    }
    return report


def _servers(options: Options) -> Sequence[Server]:
    wanted = [server for server in SERVERS if not options.servers or server.name in options.servers]
    return [server for server in wanted if server.installed]


def _modes(options: Options) -> Sequence[Mode]:
    return [mode for mode in MODES if not options.modes or any(word in mode.name for word in options.modes)]
