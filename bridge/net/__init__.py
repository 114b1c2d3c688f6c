"""What server and client both need of the network: addresses, interfaces, sockets, and EPICS_CA_... settings."""

from bridge.net.addresses import (
    LOOPBACK,
    WILDCARD,
    Address,
    UnknownHost,
    address_list,
    is_loopback,
    is_multicast,
    parse,
    resolve,
)
from bridge.net.interfaces import Interface, broadcast_addresses, broadcast_of, is_local, local_interfaces
from bridge.net.neighbours import Neighbours
from bridge.net.repeater import Repeater
from bridge.net.settings import (
    ConfigError,
    first_set,
    port_number,
    seconds,
    split_address,
    whole_number,
    yes_no,
)
from bridge.net.sockets import datagram_socket, join_group, listening_socket, send_groups_by

__all__ = [
    "LOOPBACK",  # 127.0.0.1
    "WILDCARD",  # 0.0.0.0: all interfaces
    "Address",  # (host, port)
    "ConfigError",  # a setting cannot be used
    "Interface",  # one address of this machine
    "Neighbours",  # who else listens on a UDP port
    "Repeater",  # the rules of the CA repeater
    "UnknownHost",  # neither an address nor a host that can be found
    "address_list",  # a setting that lists addresses
    "broadcast_addresses",
    "broadcast_of",
    "datagram_socket",
    "first_set",
    "is_local",
    "is_loopback",
    "is_multicast",
    "join_group",
    "listening_socket",
    "local_interfaces",
    "parse",  # text to address
    "port_number",
    "resolve",  # host name to address
    "seconds",
    "send_groups_by",
    "split_address",
    "whole_number",
    "yes_no",
]
