"""``python -m tests.differential TYPE [SEQUENCES] [SEED]``: compare a record type with a C IOC's, field for field."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.differential.sequences import KINDS, compare

if __name__ == "__main__":
    rtyp = sys.argv[1] if len(sys.argv) > 1 else "calc"
    count, seed = (int(word) for word in (*sys.argv[2:], *("200", "1")[max(len(sys.argv) - 2, 0) :]))
    assert rtyp in KINDS, f"one of {', '.join(KINDS)}"
    with tempfile.TemporaryDirectory() as folder:
        differences = asyncio.run(compare(Path(folder), rtyp, count, seed))
    print("\n".join(differences[:20]))
    print(f"{rtyp}: {count} sequences, seed {seed}: {len(differences)} differences")
    sys.exit(bool(differences))
