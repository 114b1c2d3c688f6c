"""Compare record types with base's IOC (epicscorelibs): random puts over CA, all fields after each.

python -m tests.records.differential [--types sel,seq] [--sequences 200] [--seed 1] [--copies 20]
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import Counter

from tests.records.differential.cases import CASES
from tests.records.differential.compare import compare


async def _run(types: list[str], sequences: int, seed: int, copies: int, shown: int) -> int:
    bad = 0
    for case in CASES:
        if types and case.name not in types:
            continue
        found = await compare(case, sequences, seed, copies)
        bad += len(found)
        print(f"{case.name}: {sequences} sequences, seed {seed}: {len(found)} differences", flush=True)
        for one in found[:shown]:
            print("   ", one)
        if len(found) > shown:
            fields = Counter(name.rpartition(".")[2] for one in found for name, _, _ in one.fields)
            print("    all differing fields:", ", ".join(f"{name} {count}" for name, count in fields.most_common()))
    return 1 if bad else 0


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--types", default="", help="with commas between them; all if none are given")
    parser.add_argument("--sequences", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--copies", type=int, default=20, help="sets of the records; each ends at a difference")
    parser.add_argument("--shown", type=int, default=5, help="differences to show of each type")
    options = parser.parse_args()
    types = [name for name in options.types.split(",") if name]
    unknown = [name for name in types if name not in {case.name for case in CASES}]
    if unknown:
        parser.error(f"there is no case {', '.join(unknown)}")
    return asyncio.run(_run(types, options.sequences, options.seed, options.copies, options.shown))


if __name__ == "__main__":
    sys.exit(main())
