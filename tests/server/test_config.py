"""The server's settings from the environment."""

from __future__ import annotations

import pytest

from bridge.server import ConfigError, ServerConfig

read = ServerConfig.from_environment


def test_defaults() -> None:
    config = read({})
    assert (config.port, config.interfaces, config.auto_beacon) == (5064, ("0.0.0.0",), True)
    assert (config.beacon_port, config.beacon_period, config.beacon_addresses) == (5065, 15.0, ())


def test_cas_goes_before_ca() -> None:
    assert read({"EPICS_CA_SERVER_PORT": "6000"}).port == 6000
    assert read({"EPICS_CA_SERVER_PORT": "6000", "EPICS_CAS_SERVER_PORT": "7000"}).port == 7000
    assert read({"EPICS_CA_REPEATER_PORT": "6001"}).beacon_port == 6001
    assert read({"EPICS_CAS_BEACON_PERIOD": "30"}).beacon_period == 30.0
    assert not read({"EPICS_CA_AUTO_ADDR_LIST": "no"}).auto_beacon


def test_lists() -> None:
    config = read(
        {"EPICS_CAS_INTF_ADDR_LIST": "127.0.0.1 127.0.0.2", "EPICS_CAS_BEACON_ADDR_LIST": "1.2.3.4 1.2.3.5:99"}
    )
    assert config.interfaces == ("127.0.0.1", "127.0.0.2")
    assert config.beacon_addresses == (("1.2.3.4", 5065), ("1.2.3.5", 99))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("EPICS_CA_SERVER_PORT", "abc"),
        ("EPICS_CAS_SERVER_PORT", "70000"),
        ("EPICS_CAS_BEACON_PERIOD", "0"),
        ("EPICS_CAS_AUTO_BEACON_ADDR_LIST", "perhaps"),
    ],
)
def test_nonsense_is_refused_by_name(name: str, text: str) -> None:
    with pytest.raises(ConfigError, match=f"{name}='{text}'"):
        read({name: text})


def test_bad_beacon_address() -> None:
    with pytest.raises(ConfigError, match="no port number"):
        read({"EPICS_CAS_BEACON_ADDR_LIST": "1.2.3.4:x"})
