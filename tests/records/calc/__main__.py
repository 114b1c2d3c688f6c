"""``python -m tests.records.calc [COUNT] [SEED]``: generated expressions, against the calc record of a C IOC.

Each is a record with its arguments as fields, processed once at the start; VAL and the arguments must come out bit for
bit as ours do (any NaN is as good as another). 10,000 take about a minute.
"""

from __future__ import annotations

import asyncio
import random
import sys

from tests.records.calc.ioc import compare

if __name__ == "__main__":
    count, seed = (int(word) for word in (*sys.argv[1:], *("10000", "1")[len(sys.argv) - 1 :]))
    differences = asyncio.run(compare(random.Random(seed), count))
    print("\n".join(differences[:20]))
    print(f"{count} expressions, seed {seed}: {len(differences)} differences")
    sys.exit(bool(differences))
