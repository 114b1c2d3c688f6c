"""How soon an IOC answers, and how much memory its PVs take."""

from __future__ import annotations

import importlib.util
import resource
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Sequence

from benchmarks import groups
from benchmarks.figures import human, middle, ratio, spread, table
from benchmarks.load import frames
from benchmarks.load.circuit import Circuit, Trouble
from benchmarks.options import Options
from benchmarks.procfs import resident
from benchmarks.report import Report
from benchmarks.servers.catalogue import C_SOFTIOC, CAPROTO, FLOOR, OURS, OURS_PUTTERS, OURS_RECORDS, SERVERS, Server
from benchmarks.servers.process import ROOT, Program, ServerProcess, free_port

__all__ = ["run"]

SIZES = (1_000, 10_000, 100_000)
SETTLE = 0.5  # seconds before memory is looked at
MB = 1e6
IMPORT_MS = 150.0
OFFLINE_S = 1.0
HEAVY = ("aiohttp", "pymodbus", "numpy")
FIRST_PV = "B:SILENT:A:TEMP"

Found = dict[str, dict[int, list[float | None]]]  # by server and number of PVs, one figure a round


def run(options: Options) -> Report:
    """Start-up, memory, import, and an IOC without its instruments."""
    report = Report("Start-up and memory")
    wanted = [one for one in SERVERS if not options.servers or one.name in options.servers]
    servers = [one for one in wanted if one.installed and one not in (FLOOR, OURS_PUTTERS) and not one.options]
    sizes = SIZES[:2] if options.quick else SIZES
    _servers(report, servers, sizes, options.rounds_or(5, 1))
    _groups(report, options.rounds_or(15, 5))
    _import(report, options.rounds_or(15, 5))
    _offline(report, options.rounds_or(5, 2))
    return report


def _servers(report: Report, servers: Sequence[Server], sizes: Sequence[int], rounds: int) -> None:
    startup: Found = defaultdict(lambda: defaultdict(list))
    memory: Found = defaultdict(lambda: defaultdict(list))
    for _ in range(rounds):
        for size in sizes:
            for server in servers:
                seconds, size_in_memory = _start(server, size)
                startup[server.name][size].append(seconds)
                memory[server.name][size].append(size_in_memory)
    per_pv = {server.name: _bytes_per_pv(memory[server.name], sizes) for server in servers}
    rows = []
    for server in servers:
        name = server.name
        starts = [spread(startup[name][size]) for size in sizes]
        sizes_mb = [human(middle(memory[name][size])) for size in sizes]
        rows.append([name, *starts, *sizes_mb, human(middle(per_pv[name]))])
    head = ["server", *(f"start {size:,}, s" for size in sizes), *(f"RSS {size:,}, MB" for size in sizes), "bytes/PV"]
    report.add(
        f"From the start of the process until a client has a channel to the last PV: median (range) of {rounds} "
        f"rounds. Bytes per PV: what {sizes[-1]:,} PVs take more than {sizes[0]:,}.",
        table(head, rows),
    )
    report.data["startup_s"], report.data["rss_mb"] = startup, memory
    _server_bars(report, startup, memory, per_pv, sizes)


def _start(server: Server, count: int) -> tuple[float | None, float | None]:
    try:
        process = ServerProcess(server, count, elements=10)
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return None, None
    try:
        time.sleep(SETTLE)
        return process.startup, resident(process.program.pid) / MB
    finally:
        process.stop()


def _bytes_per_pv(memory: dict[int, list[float | None]], sizes: Sequence[int]) -> list[float]:
    few, many = sizes[0], sizes[-1]
    pairs = zip(memory[few], memory[many], strict=True)
    return [(large - small) * MB / (many - few) for small, large in pairs if small and large]


def _server_bars(
    report: Report, startup: Found, memory: Found, per_pv: dict[str, list[float]], sizes: Sequence[int]
) -> None:
    for ours in (OURS, OURS_RECORDS):
        if ours.name not in startup:
            continue
        for size, wanted in ((1_000, 1 / 0.3), (100_000, 1 / 0.8)):
            if size in sizes and C_SOFTIOC.name in startup:
                found = ratio(startup[ours.name][size], startup[C_SOFTIOC.name][size], more_is_better=False)
                held = (middle(found) or 0) >= wanted
                report.bar(
                    f"start with {size:,} PVs: {ours.name}",
                    f"<= {1 / wanted:g}x C softIoc's time",
                    f"{human(1 / (middle(found) or 1))}x",
                    held,
                )
        if sizes[-1] == SIZES[-1]:
            found_bytes = middle(per_pv[ours.name]) or 0.0
            report.bar(f"memory per PV: {ours.name}", "<= 900 B", f"{human(found_bytes)} B", found_bytes <= 900)
            theirs = middle(per_pv.get(CAPROTO.name, []))
            if theirs:
                less = theirs / found_bytes
                report.bar(f"memory per PV: {ours.name} against caproto", ">= 3x less", f"{less:.1f}x", less >= 3)
        small = middle(memory[ours.name][1_000]) or 0.0
        report.bar(f"RSS with 1,000 PVs: {ours.name}", "<= 45 MB", f"{human(small)} MB", small <= 45)


def _groups(report: Report, rounds: int) -> None:
    small, large, running = zip(*(groups.measure() for _ in range(rounds)), strict=True)
    report.add(
        table(
            ("CPU time, ms", f"median (range) of {rounds} rounds"),
            (
                ("make a group of 40 PVs", spread([1e3 * one for one in small])),
                ("make 10,000 PVs in 2,020 groups", spread([1e3 * one for one in large])),
                ("make them, and serve them", spread([1e3 * one for one in running])),
            ),
        )
    )
    best = min(small), min(running)
    report.bar("a group of 40 PVs is made", "< 5 ms", f"{1e3 * best[0]:.2f} ms", best[0] < 0.005)
    report.bar("10,000 PVs across groups start", "< 0.5 s", f"{best[1]:.2f} s", best[1] < 0.5)
    report.data["groups_s"] = {"40": small, "10,000": large, "10,000 served": running}


def _import(report: Report, rounds: int) -> None:
    codes = ("pass", "import bridge", "from bridge import PVGroup, ai, run")
    wall: dict[str, list[float]] = {code: [] for code in codes}
    cpu: dict[str, list[float]] = {code: [] for code in codes}
    for _ in range(rounds):
        for code in codes:
            seconds, busy = _python(code)
            wall[code].append(seconds * 1000)
            cpu[code].append(busy * 1000)
    report.add(f"`python -c pass` takes {spread(wall['pass'])} ms, {spread(cpu['pass'])} ms of CPU. Beside that:")
    rows = []
    for code in codes[1:]:
        more_wall, more_cpu = (
            [one - other for one, other in zip(took[code], took["pass"], strict=True)] for took in (wall, cpu)
        )
        heavy = _loaded_by(code)
        rows.append([f"`{code}`", spread(more_wall), spread(more_cpu), heavy])
        usual = middle(more_cpu) or 0.0
        report.bar(f"`{code}`, CPU beside `pass`", f"< {IMPORT_MS:g} ms", f"{usual:.0f} ms", usual < IMPORT_MS)
        report.bar(f"heavy libraries that `{code}` loads", "none", heavy, heavy == "none")
    report.add(table(("code", "ms more", "ms of CPU more", f"loads of {', '.join(HEAVY)}"), rows))
    report.data["import_ms"] = {"wall": wall, "cpu": cpu}


def _loaded_by(code: str) -> str:
    look = f"{code}; import sys; print(*(name for name in {HEAVY!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip() or "none"


def _python(code: str) -> tuple[float, float]:
    """Seconds, and seconds of CPU, that an interpreter lives for this."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _offline(report: Report, rounds: int) -> None:
    if importlib.util.find_spec("aiohttp") is None:
        report.add("The IOC without its instruments was not measured: aiohttp is not installed for this Python.")
        return
    took = [_first_answer() for _ in range(rounds)]
    report.add(
        "An IOC of six instruments that are all away (no such tty, port closed, port that never answers) answers its "
        f"first read {spread(took)} s after the start of the process."
    )
    worst = max(took)
    report.bar(
        "first answer, every instrument offline", f"< {OFFLINE_S:g} s", f"{worst:.2f} s at worst", worst < OFFLINE_S
    )
    report.data["offline_s"] = took


def _first_answer() -> float:
    port = free_port()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        words = (f"--port={port}", f"--closed={free_port()}", f"--silent={silent.getsockname()[1]}")
        program = Program("benchmarks.iocs.offline", *words)
        try:
            while program.process.poll() is None:
                try:
                    _read(port, FIRST_PV)
                except (OSError, Trouble):
                    time.sleep(0.002)
                else:
                    return time.perf_counter() - program.began
            raise Trouble(program.last_words())
        finally:
            program.stop()


def _read(port: int, pv: str) -> None:
    with Circuit(port) as circuit:
        (sid,) = circuit.create([pv])
        circuit.send(frames.read(sid, 1))
        circuit.collect(1, (frames.READ_NOTIFY,))
