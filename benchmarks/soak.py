"""Load manners: a control room with some bad clients, a server that is killed and comes back."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from threading import Event, Thread
from typing import Any

from benchmarks.figures import human, percentile, table
from benchmarks.load.circuit import Trouble
from benchmarks.load.meter import Meter
from benchmarks.load.storm import Outcome, Storm
from benchmarks.options import Options
from benchmarks.procfs import resident
from benchmarks.report import Report
from benchmarks.servers.catalogue import C_SOFTIOC, OURS, OURS_RECORDS, SERVERS, Server
from benchmarks.servers.process import ServerProcess, more_descriptors

__all__ = ["run"]

USUAL = (OURS, OURS_RECORDS, C_SOFTIOC)
GOOD, MANY = 50, 200  # well-mannered clients: 5,800 and 20,800 subscriptions with the others
P99_MS = 200.0
P99_MANY_MS = 1000.0
GROWTH_MIB = 32.0
BACK_S = 5.0
MIB = 1 << 20


def run(options: Options) -> Report:
    """Each server by itself: they would take the cores from each other."""
    report = Report("Load manners")
    more_descriptors()
    minute = options.seconds(60.0, 10.0)
    plan = ((GOOD, 200.0, minute), (GOOD, 400.0, minute), (MANY, 200.0, options.seconds(20.0, 5.0)))
    wanted = [one for one in SERVERS if one.name in options.servers] or (USUAL[:1] if options.quick else USUAL)
    servers = [one for one in wanted if one.installed]
    rows: list[list[str]] = []
    gc.disable()
    try:
        for good, rate, seconds in plan:
            for server in servers:
                _storm(report, rows, server, good, rate, seconds)
        _restarts(report, servers, options.rounds_or(5, 1))
    finally:
        gc.enable()
    head = ("server", "subscriptions", "puts/s", "s", "events/s", "p50 ms", "p99 ms", "max ms", "final after s")
    report.sections.insert(
        0,
        f"{GOOD} or {MANY} clients with 100 monitors each, two that take 1 kB/s and two that send EVENTS_OFF and "
        "EVENTS_ON every half second, these with 200 each. Latency is from a put to its event at the well-mannered, "
        "all of which one process takes in one after the other.\n\n"
        + table((*head, "without theirs after 1 s", "server CPU %", "RSS growth, MiB"), rows),
    )
    return report


class _Memory:
    """Looks at the server's memory all the while."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._before = resident(pid)
        self._most = self._before
        self._over = Event()
        self._thread = Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._over.wait(0.25):
            self._most = max(self._most, resident(self._pid))

    def growth(self) -> float:
        """The peak over the beginning, in MiB."""
        self._over.set()
        self._thread.join()
        return (max(self._most, resident(self._pid)) - self._before) / MIB


def _storm(report: Report, rows: list[list[str]], server: Server, good: int, rate: float, seconds: float) -> None:
    what = f"{server.name}, {good * 100 + 800:,} subscriptions, {rate:g} puts/s"
    try:
        outcome, growth, share = _blow(server, good, rate, seconds)
    except (OSError, Trouble) as trouble:
        report.add(f"{what}: {trouble}")
        if server is not C_SOFTIOC:
            report.bar(what, "holds", str(trouble)[:80], False)
        return
    p50, p99, most = (percentile(outcome.latencies, percent) * 1000 for percent in (50, 99, 100))
    finals = "never" if outcome.final_after is None else f"{outcome.final_after:.3f}"
    rows.append(
        [
            server.name,
            f"{good * 100 + 800:,}",
            f"{rate:g}",
            f"{seconds:g}",
            human(outcome.events / seconds),
            human(p50),
            human(p99),
            human(most),
            finals,
            str(outcome.late),
            human(share),
            human(growth),
        ]
    )
    report.data[what] = _plain(outcome, growth, share, (p50, p99, most))
    if server.name.startswith("ours"):
        limit = P99_MS if good == GOOD else P99_MANY_MS
        held = not outcome.late and outcome.final_after is not None
        report.bar(f"{what}: final values", "all within 1 s", f"{finals} s, {outcome.late} late", held)
        report.bar(f"{what}: p99", f"<= {limit:g} ms", f"{human(p99)} ms", p99 <= limit)
        report.bar(f"{what}: memory", f"<= +{GROWTH_MIB:g} MiB", f"{growth:+.1f} MiB", growth <= GROWTH_MIB)
        wrong = outcome.reordered + outcome.crossed
        report.bar(f"{what}: events out of order or of another PV", "0", str(wrong), wrong == 0)


def _plain(outcome: Outcome, growth: float, share: float, latency_ms: Sequence[float]) -> dict[str, Any]:
    return {
        "puts": outcome.puts,
        "events": outcome.events,
        "latency_ms_p50_p99_max": list(latency_ms),
        "final_after_s": outcome.final_after,
        "late": outcome.late,
        "reordered": outcome.reordered,
        "crossed": outcome.crossed,
        "rss_growth_mib": growth,
        "server_cpu_percent": share,
    }


def _blow(server: Server, good: int, rate: float, seconds: float) -> tuple[Outcome, float, float]:
    process = ServerProcess(server, 1000, elements=10)
    try:
        storm = Storm(process.target, good)
        try:
            memory = _Memory(process.program.pid)
            meter = Meter(process.program.pid)
            meter.start()
            outcome = storm.blow(seconds, rate)
            return outcome, memory.growth(), meter.stop(outcome.events).server_share or 0.0
        finally:
            storm.close()
    finally:
        process.stop()


def _restarts(report: Report, servers: Sequence[Server], rounds: int) -> None:
    rows = []
    for server in servers:
        found = [_restart(server) for _ in range(rounds)]
        served = [one for one, _ in found]
        back = [both for _, both in found]
        rows.append([server.name, human(percentile(served, 50)), human(percentile(back, 50)), human(max(back))])
        report.data[f"{server.name}, restart"] = {"served_s": served, "back_s": back}
        if server.name.startswith("ours"):
            text = f"{max(back):.2f} s at worst"
            report.bar(
                f"{server.name}: 5,800 subscriptions back after kill -9", f"<= {BACK_S:g} s", text, max(back) <= BACK_S
            )
    head = ("server", "serves again after s", "all subscriptions back after s", "worst")
    report.add(
        f"kill -9, and started again at once on the same port with 10,000 PVs ({rounds} times); the clients try again "
        "every few milliseconds, so that this is the server's time and not theirs.",
        table(head, rows),
    )


def _restart(server: Server) -> tuple[float, float]:
    """Seconds from the new process's start until it serves, and until all subscriptions have had their first event."""
    process = ServerProcess(server)
    try:
        storm = Storm(process.target, GOOD)
        process.program.kill()
        storm.close()
        again = ServerProcess(server, port=process.port)
    finally:
        process.stop()
    try:
        back = Storm(again.target, GOOD)
        back.close()
        return again.startup, again.startup + back.ready_after
    finally:
        again.stop()
