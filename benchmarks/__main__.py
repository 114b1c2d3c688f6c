"""The command line of the benchmarks."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.machine import describe, load
from benchmarks.options import Options
from benchmarks.report import Report

BENCHMARKS = ("scan", "ca", "startup", "records", "drivers", "soak")


def main() -> int:
    """Run the benchmarks that are asked for. Returns 1 if a bar was missed or a benchmark failed."""
    args = _parser().parse_args()
    options = Options(args.quick, args.rounds, _words(args.servers), _words(args.modes))
    print(f"# Benchmarks\n\n{describe()}; {load()}\n", flush=True)
    reports: dict[str, Report] = {}
    for name in args.names or BENCHMARKS:
        began = time.monotonic()
        run: Callable[[Options], Report] = importlib.import_module(f"benchmarks.{name}").run
        report = reports[name] = run(options)
        report.add(f"Took {time.monotonic() - began:.0f} s; {load()} at the end.")
        print(report.text(), flush=True)
    if args.json:
        plain = {name: report.plain() for name, report in reports.items()}
        args.json.write_text(json.dumps({"machine": describe(), "quick": args.quick, "benchmarks": plain}, indent=1))
    missed = [bar for report in reports.values() for bar in report.bars if bar.held is False]
    print(f"{len(missed)} bars missed" if missed else "No bar was missed", file=sys.stderr)
    return 1 if missed and not args.quick else 0


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(";") if word.strip())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure the speed claims, beside the peers that are installed."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(BENCHMARKS)}; all by default")
    parser.add_argument("--quick", action="store_true", help="a short look, too coarse to be published")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds of each comparison")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--servers", default="", metavar="A;B", help="of `ca`, only these servers")
    parser.add_argument("--modes", default="", metavar="A;B", help="of `ca`, only modes with these words")
    return parser


if __name__ == "__main__":
    sys.exit(main())
