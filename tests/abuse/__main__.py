"""All attacks at any size: ``python -m tests.abuse --size 10 --seeds 11 [NAME ...]``."""

from __future__ import annotations

import argparse
import time
from collections import deque
from collections.abc import Sequence

from tests.abuse.siege import ATTACKS, Scenario, siege


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.abuse", description=__doc__)
    parser.add_argument("names", nargs="*", help="attacks; all if none is named")
    parser.add_argument("--size", type=float, default=1.0, help="1 is what the test suite does")
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    chosen = [scenario for scenario in ATTACKS if not options.names or scenario.name in options.names]
    failed = sum(_round(seed, chosen, options.size) for seed in range(1, options.seeds + 1))
    return 1 if failed else 0


def _round(seed: int, chosen: Sequence[Scenario], size: float) -> int:
    """All attacks on one server; after one that does harm, the next begin with a new one. Returns the failures."""
    failed = 0
    rest = deque(chosen)
    while rest:
        with siege() as under:
            while rest:
                scenario = rest.popleft()
                begin = time.monotonic()
                try:
                    cost = under.suffer(scenario, seed, size)
                except Exception as error:
                    failed += 1
                    verdict = f"FAILED {type(error).__name__}: {error}"
                else:
                    verdict = ", ".join(f"{name} {value:.2f}" for name, value in cost.items())
                print(f"{seed:3} {scenario.name:50} {time.monotonic() - begin:6.1f} s  {verdict}", flush=True)
                if verdict.startswith("FAILED"):
                    break
    return failed


if __name__ == "__main__":
    raise SystemExit(main())
