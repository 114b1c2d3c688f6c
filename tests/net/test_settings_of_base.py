"""Every setting that base documents for its client and its server (``envDefs.h``) changes something of ours."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from bridge.client import ClientConfig
from bridge.server import ServerConfig

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "network.md"

#: A text other than the default, and what it changes of the client's and of the server's configuration.
SETTINGS = {
    "EPICS_CA_ADDR_LIST": ("10.0.0.7", {"addresses"}, set()),
    "EPICS_CA_AUTO_ADDR_LIST": ("NO", {"auto_addr_list"}, set()),
    "EPICS_CA_AUTO_ARRAY_BYTES": ("NO", {"max_array_bytes"}, {"limits"}),
    "EPICS_CA_BEACON_PERIOD": ("7", set(), {"beacon_period"}),
    "EPICS_CA_CONN_TMO": ("7", {"conn_tmo"}, set()),
    "EPICS_CA_MAX_ARRAY_BYTES": ("900000000", {"max_array_bytes"}, {"limits"}),
    "EPICS_CA_MAX_SEARCH_PERIOD": ("70", {"max_search_period"}, set()),
    "EPICS_CA_MCAST_TTL": ("7", {"multicast_ttl"}, {"multicast_ttl"}),
    "EPICS_CA_NAME_SERVERS": ("10.0.0.7", {"name_servers"}, set()),
    "EPICS_CA_REPEATER_PORT": ("7065", {"repeater_port"}, {"beacon_port"}),
    "EPICS_CA_SERVER_PORT": ("7064", {"port"}, {"port"}),
    "EPICS_CAS_AUTO_BEACON_ADDR_LIST": ("NO", set(), {"auto_beacon"}),
    "EPICS_CAS_BEACON_ADDR_LIST": ("10.0.0.7", set(), {"beacon_addresses"}),
    "EPICS_CAS_BEACON_PERIOD": ("7", set(), {"beacon_period"}),
    "EPICS_CAS_BEACON_PORT": ("7065", set(), {"beacon_port"}),
    "EPICS_CAS_IGNORE_ADDR_LIST": ("10.0.0.7", set(), {"ignored"}),
    "EPICS_CAS_INTF_ADDR_LIST": ("10.0.0.7", set(), {"interfaces"}),
    "EPICS_CAS_SERVER_PORT": ("7064", set(), {"port"}),
    "EPICS_CAS_USE_HOST_NAMES": ("YES", set(), {"use_host_names"}),
}


def changed(one: ClientConfig | ServerConfig, other: ClientConfig | ServerConfig) -> set[str]:
    names = [field.name for field in dataclasses.fields(one)]
    return {name for name in names if getattr(one, name) != getattr(other, name)}


@pytest.mark.parametrize("name", SETTINGS)
def test_it_is_honoured_and_documented(name: str) -> None:
    text, client, server = SETTINGS[name]
    assert changed(ClientConfig.from_environment({name: text}), ClientConfig.from_environment({})) == client
    assert changed(ServerConfig.from_environment({name: text}), ServerConfig.from_environment({})) == server
    assert f"`{name}`" in DOCUMENT.read_text()
