"""What server and client both need of the network: interfaces of this machine, and EPICS_CA_... settings."""

from bridge.net.interfaces import broadcast_addresses
from bridge.net.settings import ConfigError, first_set, port_number, seconds, split_address, yes_no

__all__ = [
    "ConfigError",  # a setting cannot be used
    "broadcast_addresses",
    "first_set",
    "port_number",
    "seconds",
    "split_address",
    "yes_no",
]
