"""Client settings."""

from __future__ import annotations

import pytest

from bridge.client import ClientConfig, ConfigError
from bridge.client.config import ARRAY_BYTES

read = ClientConfig.from_environment


def test_base_defaults() -> None:
    config = read({})
    assert config == ClientConfig()
    assert (config.port, config.repeater_port) == (5064, 5065)
    assert config.auto_addr_list
    assert config.addresses == config.name_servers == ()
    assert config.conn_tmo == 30.0
    assert config.max_search_period == 300.0
    assert config.user
    assert config.host


def test_all_settings() -> None:
    config = read(
        {
            "EPICS_CA_ADDR_LIST": "10.0.0.255 ioc7:5070",
            "EPICS_CA_AUTO_ADDR_LIST": "NO",
            "EPICS_CA_SERVER_PORT": "6064",
            "EPICS_CA_REPEATER_PORT": "6065",
            "EPICS_CA_NAME_SERVERS": "gateway",
            "EPICS_CA_CONN_TMO": "3.5",
            "EPICS_CA_MAX_SEARCH_PERIOD": "60",
            "EPICS_CA_MAX_ARRAY_BYTES": "100000000",
        }
    )
    assert config.addresses == (("10.0.0.255", 6064), ("ioc7", 5070))
    assert not config.auto_addr_list
    assert (config.port, config.repeater_port) == (6064, 6065)
    assert config.name_servers == (("gateway", 6064),)
    assert (config.conn_tmo, config.max_search_period) == (3.5, 60.0)
    assert config.max_array_bytes == 100_000_000


@pytest.mark.parametrize(
    ("text", "automatic", "expected"),
    [
        ("20000", "YES", ARRAY_BYTES),  # EPICS 7: no limit but a hint
        ("20000", "NO", 20000),
        ("10", "NO", 16384),
        ("900000000", "YES", 900_000_000),
    ],
)
def test_array_bytes(text: str, automatic: str, expected: int) -> None:
    environ = {"EPICS_CA_MAX_ARRAY_BYTES": text, "EPICS_CA_AUTO_ARRAY_BYTES": automatic}
    assert read(environ).max_array_bytes == expected


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("EPICS_CA_SERVER_PORT", "abc"),
        ("EPICS_CA_CONN_TMO", "-1"),
        ("EPICS_CA_MAX_ARRAY_BYTES", "much"),
        ("EPICS_CA_AUTO_ADDR_LIST", "perhaps"),
    ],
)
def test_nonsense_is_refused_by_name(name: str, text: str) -> None:
    with pytest.raises(ConfigError, match=f"{name}='{text}'"):
        read({name: text})


def test_a_bad_address() -> None:
    with pytest.raises(ConfigError, match="no port number"):
        read({"EPICS_CA_ADDR_LIST": "host:x"})


@pytest.mark.parametrize("priority", [-1, 100])
def test_a_bad_priority(priority: int) -> None:
    with pytest.raises(ConfigError, match=r"0\.\.99"):
        ClientConfig(priority=priority)


@pytest.mark.parametrize("name", ["", "a\0b", "x" * 501])
def test_names_that_no_server_would_take(name: str) -> None:
    with pytest.raises(ConfigError, match="user"):
        ClientConfig(user=name)
    with pytest.raises(ConfigError, match="host"):
        ClientConfig(host=name)
