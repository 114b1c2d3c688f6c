"""Which networks this machine is on."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

__all__ = ["broadcast_addresses"]


def broadcast_addresses(interfaces: Sequence[str]) -> list[str]:
    """IPv4 broadcast addresses of the given interface addresses ("0.0.0.0": of all that are up).

    The loopback interface has none: 127.0.0.1 itself stands for it, as in base's osiSockDiscoverBroadcastAddresses.
    """
    import ifaddr  # asked for only when beacons or searches go out by themselves

    found: list[str] = []
    for adapter in ifaddr.get_adapters():
        for ip in adapter.ips:
            if not ip.is_IPv4:
                continue
            address = str(ip.ip)
            if "0.0.0.0" not in interfaces and address not in interfaces:
                continue
            network = ipaddress.IPv4Network(f"{address}/{ip.network_prefix}", strict=False)
            target = address if network.is_loopback else str(network.broadcast_address)
            if target not in found:
                found.append(target)
    return found
