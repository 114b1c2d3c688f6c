"""Thousands of seeded fault sequences: ``python -m tests.conformance.faults --sequences 10000 [--wire tcp]``.

Over memory the clock jumps, so that 10,000 of them take minutes; over real wires they take the time that time-outs do.
A failure names its seed, and runs again alone with ``--seed SEED --sequences 1``.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.conformance.faultrun import TIMEOUT, Sequence
from tests.drivers import wires
from tests.virtualtime import run_virtual

__all__ = ["run_one"]

VIRTUAL = ("memory", "memory_line")
REAL_TIMEOUT = 1.0  # seconds: nothing but a fault may be late


def run_one(kind: str, seed: int, steps: int = 6) -> Sequence:
    """One sequence over a wire of that kind. Raises Wrong, or whatever else went wrong."""
    virtual = kind in VIRTUAL
    with tempfile.TemporaryDirectory() as directory:
        timeout = TIMEOUT if virtual else REAL_TIMEOUT
        work = _run(getattr(wires, kind), Path(directory), seed, steps, timeout)
        return run_virtual(work) if virtual else asyncio.run(work)


async def _run(make: Callable[[Path], Any], directory: Path, seed: int, steps: int, timeout: float) -> Sequence:
    async with make(directory) as wire:
        sequence = Sequence(wire, seed, steps, timeout)
        try:
            await sequence.run()
        except Exception as error:
            error.add_note(f"seed {seed}: {', '.join(sequence.story)}")
            raise
        return sequence


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sequences", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0, help="of the first sequence")
    parser.add_argument("--steps", type=int, default=6, help="faults in a sequence")
    parser.add_argument("--wire", default="both", help="memory, memory_line (as serial), tcp, pty, udp, rfc2217 ...")
    args = parser.parse_args()
    logging.disable(logging.CRITICAL)
    began = time.perf_counter()
    met: Counter[str] = Counter()
    failed = 0
    for seed in range(args.seed, args.seed + args.sequences):
        kind = args.wire if args.wire != "both" else VIRTUAL[seed % 2]
        try:
            sequence = run_one(kind, seed, args.steps)
        except Exception as error:
            failed += 1
            print(f"{kind}: {type(error).__name__}: {error} ({'; '.join(getattr(error, '__notes__', ()))})", flush=True)
        else:
            met.update(sequence.story)
    kinds: Counter[str] = Counter()
    for what, count in met.items():
        kinds[what.split()[0]] += count
    print(", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items())))
    print(f"{args.sequences} sequences, {failed} failed, {time.perf_counter() - began:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
