from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import bridge.ca
from bridge.ca import messages

ROOT = Path(__file__).parents[2]

# The face of `bridge` may load more; this is about the core, which can be used alone.
ALONE = f"""
import sys, types
bare = types.ModuleType("bridge")
bare.__path__ = [{str(ROOT / "bridge")!r}]
sys.modules["bridge"] = bare
before = set(sys.modules)
import bridge.ca
print(*sorted(set(sys.modules) - before))
"""


def test_every_name_is_there() -> None:
    assert len(set(bridge.ca.__all__)) == len(bridge.ca.__all__)
    for name in bridge.ca.__all__:
        assert getattr(bridge.ca, name) is not None
    assert set(messages.__all__) <= set(bridge.ca.__all__)


def test_it_does_no_io_and_loads_little() -> None:
    done = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    for name in ("asyncio", "socket", "selectors", "threading", "logging", "numpy", "ipaddress", "ctypes"):
        assert name not in loaded
    assert len(loaded) < 90
