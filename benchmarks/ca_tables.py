"""What came out of the rounds, as tables, and held against the goals."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.ca_modes import Mode
from benchmarks.ca_rounds import Results
from benchmarks.figures import best, human, middle, percentile, ratio, spread, table, times
from benchmarks.load.meter import Measured
from benchmarks.report import Report
from benchmarks.servers.catalogue import C_SOFTIOC, CAPROTO, FLOOR, OURS, OURS_PUTTERS, OURS_RECORDS, Server

__all__ = ["add_bars", "add_tables"]

SATURATED = 90.0  # per cent of a core: from here on the generator is what is measured


def _figures(mode: Mode, measured: Sequence[Measured]) -> list[float | None]:
    return [getattr(one, mode.figure) if one.operations else None for one in measured]


def _ratios(results: Results, mode: Mode, ours: Server, theirs: Server) -> list[float]:
    by_server = results.get(mode.name, {})
    one, other = by_server.get(ours.name, []), by_server.get(theirs.name, [])
    if not one or not other:
        return []
    return ratio(_figures(mode, one), _figures(mode, other), mode.more_is_better)


def add_tables(report: Report, results: Results, modes: Sequence[Mode], servers: Sequence[Server]) -> None:
    """Medians beside ratios, CPU, losses, and what went wrong."""
    report.add(
        "Medians. After each peer: how many times better ours (plain PVs) was, as the median of the rounds' ratios.",
        table(*_rates(results, modes, servers)),
        "Server CPU for one operation, us (for arrays: of a megabyte); the lowest round. `generator`: per cent of a "
        "core that the load generator used against our plain PVs; where that is near 100 the rate above is the "
        "generator's, and only the CPU figures compare servers.",
        table(*_cpu(results, modes, servers)),
    )
    ticking = [mode for mode in modes if mode.tick]
    if ticking:
        report.add("Driven by the server itself:", table(*_shares(results, ticking, servers)))
    lost = _losses(results, modes, servers)
    if lost:
        report.add("Of the changes that servers made, per cent that never came (median of the rounds):", table(*lost))
    troubles = _troubles(results)
    if troubles:
        report.add("Trouble:\n\n" + "\n".join(troubles))


def _rates(results: Results, modes: Sequence[Mode], servers: Sequence[Server]) -> tuple[list[str], list[list[str]]]:
    head = ["mode", "unit"]
    peers = [server for server in servers if not server.name.startswith("ours") and server is not FLOOR]
    own = [server for server in servers if server not in peers]
    head += [server.name for server in own]
    for server in peers:
        head += [server.name, "ratio"]
    rows = []
    for mode in modes:
        by_server = results.get(mode.name, {})
        row = [mode.name, mode.unit]
        row += [human(middle(_figures(mode, by_server.get(server.name, [])))) for server in own]
        for server in peers:
            row.append(human(middle(_figures(mode, by_server.get(server.name, [])))))
            row.append(times(middle(_ratios(results, mode, OURS, server))))
        rows.append(row)
    return head, rows


def _cpu(results: Results, modes: Sequence[Mode], servers: Sequence[Server]) -> tuple[list[str], list[list[str]]]:
    rows = []
    for mode in modes:
        by_server = results.get(mode.name, {})
        cells = [human(best(one.cpu_us for one in by_server.get(server.name, []))) for server in servers]
        share = middle(one.generator_share for one in by_server.get(OURS.name, []))
        mark = " (!)" if share is not None and share > SATURATED and not mode.one_core else ""
        rows.append([mode.name, *cells, human(share) + mark])
    return ["mode", *(server.name for server in servers), "generator"], rows


def _shares(results: Results, modes: Sequence[Mode], servers: Sequence[Server]) -> tuple[list[str], list[list[str]]]:
    rows = []
    for mode in modes:
        for server in servers:
            measured = results.get(mode.name, {}).get(server.name, [])
            if measured:
                share = spread(one.server_share for one in measured)
                rows.append([mode.name, server.name, spread(one.rate for one in measured), share])
    return ["mode", "server", "events/s", "CPU, % of a core"], rows


def _losses(
    results: Results, modes: Sequence[Mode], servers: Sequence[Server]
) -> tuple[list[str], list[list[str]]] | None:
    shown = [server for server in servers if server is not FLOOR]
    rows = []
    for mode in modes:
        by_server = results.get(mode.name, {})
        if mode.goal.all_delivered:
            rows.append([mode.name, *(_lost(by_server.get(server.name, [])) for server in shown)])
    return (["mode", *(server.name for server in shown)], rows) if rows else None


def _lost(measured: Sequence[Measured]) -> str:
    lost = middle(one.lost for one in measured)
    return "-" if lost is None else f"{lost * 100:.2g}"


def _troubles(results: Results) -> list[str]:
    lines = []
    for mode, by_server in results.items():
        for server, measured in by_server.items():
            said = [one.trouble.replace("\n", " ") for one in measured if one.trouble]
            if said:
                lines.append(f"- {server}, {mode}, {len(said)} of {len(measured)} rounds: {said[0][-300:]}")
    return lines


def add_bars(report: Report, results: Results, modes: Sequence[Mode]) -> None:
    """Hold plain PVs, ao records and PVs with async putters against the goals; a range is that of the rounds."""
    own = (OURS, OURS_RECORDS, OURS_PUTTERS)
    rows = []
    for mode in modes:
        for theirs in (C_SOFTIOC, CAPROTO):
            cells = [_against(report, results, mode, ours, theirs) for ours in own]
            if any(cells):
                rows.append([mode.name, theirs.name, *(cell or "-" for cell in cells)])
        for ours in own[:2]:
            measured = results.get(mode.name, {}).get(ours.name, [])
            if measured:
                _absolute(report, mode, ours, measured)
    if rows:
        report.add(
            "How many times better than the two peers for which there are bars: median (range) of the rounds' ratios; "
            "how many times less server CPU (lowest rounds); then the bar for the former.",
            table(("mode", "against", *(server.name for server in own)), rows),
        )


def _wanted(mode: Mode, ours: Server, theirs: Server) -> float:
    goal = mode.goal
    if ours is OURS_PUTTERS:
        return goal.putter_c_softioc if theirs is C_SOFTIOC else goal.putter_caproto
    return goal.c_softioc if theirs is C_SOFTIOC else goal.caproto


def _against(report: Report, results: Results, mode: Mode, ours: Server, theirs: Server) -> str:
    """One bar, as a cell of the table; empty if there is none."""
    wanted = _wanted(mode, ours, theirs)
    if not wanted or ours.name not in results.get(mode.name, {}):
        return ""
    found = _ratios(results, mode, ours, theirs)
    median = middle(found)
    held = None if median is None else median >= wanted * 0.995
    measured = f"{spread(found)}x" if found else "-"
    by_server = results[mode.name]
    mine, other = (best(one.cpu_us for one in by_server.get(server.name, [])) for server in (ours, theirs))
    if mine and other:
        measured += f", CPU {human(other / mine)}x"
    bar = report.bar(f"{mode.name}: {ours.name} against {theirs.name}", f">= {human(wanted)}x", measured, held)
    report.told.append(bar)
    return f"{measured}, {bar.wanted}: {bar.verdict}"


def _absolute(report: Report, mode: Mode, server: Server, measured: Sequence[Measured]) -> None:
    goal = mode.goal
    if goal.cpu_us:
        cpu = best(one.cpu_us for one in measured)
        held = cpu is not None and cpu <= goal.cpu_us
        report.bar(f"{mode.name}: {server.name}, server CPU", f"<= {goal.cpu_us} us", f"{human(cpu)} us", held)
    if goal.cpu_share:
        share = middle(one.server_share for one in measured)
        held = share is not None and share <= goal.cpu_share
        report.bar(f"{mode.name}: {server.name}, server CPU", f"<= {goal.cpu_share:g} %", f"{human(share)} %", held)
    if goal.completes:
        failed = sum(1 for one in measured if not one.operations)
        report.bar(f"{mode.name}: {server.name}", "always completes", f"{failed} rounds failed", not failed)
    if goal.all_delivered:
        lost = [one.lost for one in measured if one.lost is not None]
        troubles = [one.trouble for one in measured if one.trouble]
        held = bool(lost) and not troubles and percentile(lost, 100) < 0.005
        text = f"{percentile(lost, 100) * 100:.2g} % lost at worst" if lost else "-"
        report.bar(f"{mode.name}: {server.name}, delivery", "all, and the final value", text, held)
