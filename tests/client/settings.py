"""Clients that see one server on loopback and nothing else."""

from __future__ import annotations

from dataclasses import replace

from bridge.client import ClientConfig

__all__ = ["only"]


def only(port: int, **changes: object) -> ClientConfig:
    """Searches go to 127.0.0.1:`port`; no repeater is there."""
    config = ClientConfig(addresses=(("127.0.0.1", port),), auto_addr_list=False, port=port, repeater_port=9)
    return replace(config, **changes)  # type: ignore[arg-type]
