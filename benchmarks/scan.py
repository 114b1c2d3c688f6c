"""Scan of a serial instrument at 10 Hz: does the rate hold, and how even is it?

Told from two sides: by the time stamps of the values, which is when the instrument's replies came, and by what the
scan lists themselves count.
"""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass
from statistics import median

from benchmarks.figures import human, percentile, table
from benchmarks.instruments import simulator
from benchmarks.options import Options
from benchmarks.report import Report
from bridge import Ioc, ServerConfig, ai, running
from devices import Instrument
from drivers import Ask, SerialPort
from records import PV

__all__ = ["run"]

PERIOD = 0.1  # seconds
REPLY_DELAY = 0.02
DRIFT = 0.1  # per cent: the bar for the mean period
WAIT = 10.0  # seconds for the first readings


class Cryostat(Instrument):
    """Two inputs of a Lake Shore 336 on one line: 40 ms of every 100 the line is busy."""

    A = ai(inp=Ask("KRDG? A"), scan=".1 second", egu="K", prec=3)
    B = ai(inp=Ask("KRDG? B"), scan=".1 second", egu="K", prec=3)


@dataclass(frozen=True, slots=True)
class Regularity:
    """How evenly values came."""

    values: int
    error: float  # of the mean period, per cent
    missing: int  # periods without a value
    late: list[float]  # milliseconds from the even grid, each value

    @classmethod
    def of(cls, stamps_ns: list[int]) -> Regularity:
        """From time stamps in nanoseconds; at least two."""
        seconds = [(stamp - stamps_ns[0]) / 1e9 for stamp in stamps_ns]
        steps = [after - before for before, after in itertools.pairwise(seconds)]
        missing = sum(round(step / PERIOD) - 1 for step in steps if step > 1.5 * PERIOD)
        number, off = 0, []
        for step, at in zip((0.0, *steps), seconds, strict=True):
            number += max(1, round(step / PERIOD)) if step else 0
            off.append(at - number * PERIOD)
        usual = median(off)
        mean = seconds[-1] / number
        return cls(len(stamps_ns), (mean / PERIOD - 1) * 100, missing, [abs(one - usual) * 1000 for one in off])


def run(options: Options) -> Report:
    """A minute, or ten seconds."""
    return asyncio.run(_run(options.seconds(60.0, 10.0)))


async def _run(seconds: float) -> Report:
    with simulator("lakeshore336", "--tty", f"--reply-delay={REPLY_DELAY}") as tty:
        group = Cryostat("B:", port=SerialPort(tty, 57600, bytesize=7, parity="O"))
        config = ServerConfig(interfaces=("127.0.0.1",), port=0, auto_beacon=False)
        async with running(group, config=config) as ioc:
            stamps: dict[str, list[int]] = {group.A.name: [], group.B.name: []}

            def note(pv: PV, changes: int) -> None:
                stamps[pv.name].append(pv.time_ns)

            group.A.listen(note)
            group.B.listen(note)
            async with asyncio.timeout(WAIT):
                while min(map(len, stamps.values())) < 5:
                    await asyncio.sleep(PERIOD)
            return await _measure(ioc, stamps, seconds)


async def _measure(ioc: Ioc, stamps: dict[str, list[int]], seconds: float) -> Report:
    report = Report(f"Scan at {1 / PERIOD:g} Hz, {REPLY_DELAY * 1000:g} ms a reply, {seconds:g} s")
    statistics = ioc.scans.statistics[PERIOD]
    for noted in stamps.values():
        noted.clear()
    before = (statistics.ticks, statistics.missed_ticks, statistics.skipped)
    await asyncio.sleep(seconds)
    after = (statistics.ticks, statistics.missed_ticks, statistics.skipped)
    ticks, missed, skipped = (new - old for new, old in zip(after, before, strict=True))
    rows = []
    for name, noted in stamps.items():
        found = Regularity.of(noted)
        late = [human(percentile(found.late, percent)) for percent in (50, 90, 99, 100)]
        rows.append([name, str(found.values), f"{found.error:+.4f}", str(found.missing), *late])
        report.bar(f"{name}, mean period", f"within {DRIFT} %", f"{found.error:+.4f} %", abs(found.error) <= DRIFT)
        report.bar(f"{name}, periods without a value", "0", str(found.missing), found.missing == 0)
        report.data[name] = {"values": found.values, "error_percent": found.error, "off_ms": found.late}
    report.add(
        table(("PV", "values", "mean period, % off", "missing", "off grid, ms: p50", "p90", "p99", "max"), rows),
        f"The scan lists: {ticks} ticks, {missed} missed, {skipped} records skipped because still busy.",
    )
    report.bar("ticks missed and records skipped", "0", f"{missed} and {skipped}", missed == skipped == 0)
    report.data["statistics"] = {"ticks": ticks, "missed": missed, "skipped": skipped}
    return report
