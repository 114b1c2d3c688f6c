"""What `bridge.client` promises, and what it does not drag in."""

from __future__ import annotations

import subprocess
import sys

import bridge.client


def test_names() -> None:
    assert bridge.client.__all__ == [
        "PV",
        "Client",
        "ClientConfig",
        "ClientError",
        "ConfigError",
        "GetFailed",
        "NotConnected",
        "PutFailed",
        "Refused",
        "Result",
        "Subscription",
        "Timeout",
        "Update",
    ]
    for name in bridge.client.__all__:
        assert hasattr(bridge.client, name)


def test_errors_are_one_tree() -> None:
    from bridge.client import ClientError, GetFailed, NotConnected, PutFailed, Refused, Timeout

    assert all(issubclass(kind, ClientError) for kind in (NotConnected, Timeout, Refused))
    assert all(issubclass(kind, Refused) for kind in (GetFailed, PutFailed))
    assert issubclass(Timeout, TimeoutError)


def test_import_takes_no_more_than_it_needs() -> None:
    code = "import sys, bridge.client; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    unwanted = {"records", "numpy", "ifaddr", "aiohttp", "pymodbus", "bridge.server", "bridge.runtime"}
    assert not unwanted & set(loaded)
