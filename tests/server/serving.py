"""A server of our own on loopback, on ports that nobody else has."""

from __future__ import annotations

from bridge.server import Limits, ServerConfig

__all__ = ["loopback"]


def loopback(**limits: float) -> ServerConfig:
    """Free ports on 127.0.0.1, no beacons to anybody."""
    return ServerConfig(interfaces=("127.0.0.1",), port=0, auto_beacon=False, limits=Limits(**limits))  # type: ignore[arg-type]
