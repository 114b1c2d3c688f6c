"""Seeded fault sequences: ``python -m tests.conformance.matrix --modbus 6000 --http 4500 --seed 1``.

``--only "modbus rtu" --seed 4711`` looks at one.
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ProcessPoolExecutor

from tests.conformance.matrix.cases import KINDS, failure, sequences


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.matrix", description=__doc__)
    parser.add_argument("--modbus", type=int, default=6000, help="sequences, shared out among the wires")
    parser.add_argument("--http", type=int, default=4500, help="sequences, shared out among the push channels")
    parser.add_argument("--seed", type=int, default=1, help="of the first sequence of each wire")
    parser.add_argument("--only", choices=KINDS, help="just one sequence, of this wire")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    options = parser.parse_args()
    cases = [(options.only, options.seed)] if options.only else [*sequences(options.modbus, options.http, options.seed)]
    begin = time.monotonic()
    failed = 0
    with ProcessPoolExecutor(options.jobs) as pool:
        for number, (case, why) in enumerate(zip(cases, pool.map(failure, cases, chunksize=20), strict=True), 1):
            if why:
                failed += 1
                print(f"FAILED --only {case[0]!r} --seed {case[1]}: {why}", flush=True)
            if number % 500 == 0 or number == len(cases):
                print(f"{number} sequences, {failed} failed, {time.monotonic() - begin:.0f} s", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
