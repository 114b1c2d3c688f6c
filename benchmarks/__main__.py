"""The command line of the benchmarks."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from benchmarks.machine import describe, load
from benchmarks.options import Options
from benchmarks.report import Report

BENCHMARKS = ("scan", "ca", "startup", "records", "drivers", "soak")


def main() -> int:
    """Run the benchmarks that are asked for. Returns 1 if one of them failed; a bar that is missed is no failure."""
    args = _parser().parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # nobody's IOC compiles its modules at each start
    options = Options(args.quick, args.rounds, _words(args.servers), _words(args.modes))
    print(f"# Benchmarks\n\n{describe()}; {load()}\n", flush=True)
    reports: dict[str, Report] = {}
    failed = False
    for name in args.names or BENCHMARKS:
        began = time.monotonic()
        run: Callable[[Options], Report] = importlib.import_module(f"benchmarks.{name}").run
        try:
            report = run(options)
        except Exception:  # the others can be measured all the same
            traceback.print_exc()
            failed = True
            continue
        reports[name] = report
        report.add(f"Took {time.monotonic() - began:.0f} s; {load()} at the end.")
        print(report.text(), flush=True)
        if args.json:
            _save(args.json, options, reports)
    missed = sum(bar.held is False for report in reports.values() for bar in report.bars)
    print(f"{missed} bars were missed" if missed else "No bar was missed", file=sys.stderr)
    return int(failed)


def _save(path: Path, options: Options, reports: dict[str, Report]) -> None:
    plain = {name: report.plain() for name, report in reports.items()}
    whole = {"machine": describe(), "quick": options.quick, "benchmarks": plain}
    path.write_text(json.dumps(whole, indent=1) + "\n")


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(";") if word.strip())


def _benchmark(name: str) -> str:
    if name not in BENCHMARKS:
        raise argparse.ArgumentTypeError(f"there is no {name!r}, only {', '.join(BENCHMARKS)}")
    return name


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure the speed claims, beside the peers that are installed."
    )
    known = ", ".join(BENCHMARKS)
    # no `choices`: argparse of Python 3.11 would hold the empty list against them
    parser.add_argument("names", nargs="*", metavar="NAME", type=_benchmark, help=f"which: {known}; all by default")
    parser.add_argument("--quick", action="store_true", help="a short look, too coarse to be published")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds of each comparison")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--servers", default="", metavar="A;B", help="of `ca`, only these servers")
    parser.add_argument("--modes", default="", metavar="A;B", help="of `ca`, only modes with these words")
    return parser


if __name__ == "__main__":
    sys.exit(main())
