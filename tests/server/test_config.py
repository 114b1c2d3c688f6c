"""The server's settings from the environment: every variable that base documents for a server."""

from __future__ import annotations

import logging

import pytest

from bridge.server import ConfigError, Limits, ServerConfig

read = ServerConfig.from_environment


def test_defaults() -> None:
    config = read({})
    assert (config.port, config.interfaces, config.auto_beacon) == (5064, ("0.0.0.0",), True)
    assert (config.beacon_port, config.beacon_period, config.beacon_addresses) == (5065, 15.0, ())
    assert (config.ignored, config.groups, config.multicast_ttl, config.use_host_names) == ((), (), 1, False)
    assert config.limits == Limits()


def test_blank_is_not_set() -> None:
    names = ("SERVER_PORT", "INTF_ADDR_LIST", "IGNORE_ADDR_LIST", "BEACON_ADDR_LIST", "BEACON_PERIOD", "BEACON_PORT")
    assert read({f"EPICS_CAS_{name}": " " for name in names}) == read({})


def test_cas_goes_before_ca() -> None:
    assert read({"EPICS_CA_SERVER_PORT": "6000"}).port == 6000
    assert read({"EPICS_CA_SERVER_PORT": "6000", "EPICS_CAS_SERVER_PORT": "7000"}).port == 7000
    assert read({"EPICS_CA_REPEATER_PORT": "6001"}).beacon_port == 6001
    assert read({"EPICS_CA_REPEATER_PORT": "6001", "EPICS_CAS_BEACON_PORT": "6002"}).beacon_port == 6002
    assert read({"EPICS_CA_BEACON_PERIOD": "20"}).beacon_period == 20.0
    assert read({"EPICS_CA_BEACON_PERIOD": "20", "EPICS_CAS_BEACON_PERIOD": "30"}).beacon_period == 30.0


def test_lists_of_beacons_do_not_fall_back_to_those_of_clients() -> None:
    """As rsrv since base 3.15.4."""
    config = read({"EPICS_CA_ADDR_LIST": "10.0.0.9", "EPICS_CA_AUTO_ADDR_LIST": "NO"})
    assert config.beacon_addresses == ()
    assert config.auto_beacon
    assert not read({"EPICS_CAS_AUTO_BEACON_ADDR_LIST": "no"}).auto_beacon


def test_interfaces() -> None:
    config = read({"EPICS_CAS_INTF_ADDR_LIST": "127.0.0.1 localhost:99 127.0.0.2 224.0.2.9"})
    assert config.interfaces == ("127.0.0.1", "127.0.0.2", "224.0.2.9")
    assert config.listening == ("127.0.0.1", "127.0.0.2")
    assert config.groups == ("224.0.2.9",)


def test_groups_alone_are_heard_on_all_interfaces() -> None:
    assert read({"EPICS_CAS_INTF_ADDR_LIST": "224.0.2.9"}).listening == ("0.0.0.0",)


def test_beacons() -> None:
    config = read(
        {
            "EPICS_CAS_BEACON_ADDR_LIST": " 10.1.2.255\t10.1.3.5:99 localhost 127.0.0.1 ",
            "EPICS_CAS_BEACON_PORT": "6065",
            "EPICS_CA_MCAST_TTL": "4",
        }
    )
    assert config.beacon_addresses == (("10.1.2.255", 6065), ("10.1.3.5", 99), ("127.0.0.1", 6065))
    assert config.multicast_ttl == 4


def test_a_beacon_host_that_is_not_found_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    """An IOC must not stay down because a name server is."""
    with caplog.at_level(logging.WARNING):
        config = read({"EPICS_CAS_BEACON_ADDR_LIST": "no..host 127.0.0.1"})
    assert config.beacon_addresses == (("127.0.0.1", 5065),)
    assert "EPICS_CAS_BEACON_ADDR_LIST='no..host 127.0.0.1': 'no..host'" in caplog.text


def test_ignored() -> None:
    config = read({"EPICS_CAS_IGNORE_ADDR_LIST": "10.0.0.1 localhost 10.0.0.1:77"})
    assert config.ignored == ("10.0.0.1", "127.0.0.1")


def test_host_names() -> None:
    assert read({"EPICS_CAS_USE_HOST_NAMES": "yes"}).use_host_names


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"EPICS_CA_MAX_ARRAY_BYTES": "1000"}, 64 << 20),  # sizes adapt by default, up to our own limit
        ({"EPICS_CA_MAX_ARRAY_BYTES": "100000000"}, 100_000_024),
        ({"EPICS_CA_AUTO_ARRAY_BYTES": "YES", "EPICS_CA_MAX_ARRAY_BYTES": "1000"}, 64 << 20),
        ({"EPICS_CA_AUTO_ARRAY_BYTES": "NO", "EPICS_CA_MAX_ARRAY_BYTES": "1000"}, 16_384),  # base goes no lower
        ({"EPICS_CA_AUTO_ARRAY_BYTES": "NO", "EPICS_CA_MAX_ARRAY_BYTES": "1000000"}, 1_000_024),
    ],
)
def test_largest_message(environ: dict[str, str], message: int) -> None:
    assert read(environ).limits.message == message


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("EPICS_CA_SERVER_PORT", "abc"),
        ("EPICS_CAS_SERVER_PORT", "70000"),
        ("EPICS_CAS_BEACON_PORT", "-1"),
        ("EPICS_CA_REPEATER_PORT", "1.5"),
        ("EPICS_CAS_BEACON_PERIOD", "0"),
        ("EPICS_CA_BEACON_PERIOD", "soon"),
        ("EPICS_CAS_AUTO_BEACON_ADDR_LIST", "perhaps"),
        ("EPICS_CAS_BEACON_ADDR_LIST", "1.2.3.4:x"),
        ("EPICS_CAS_INTF_ADDR_LIST", "300.1.1.1"),
        ("EPICS_CAS_INTF_ADDR_LIST", "127.0.0.1 no..host"),
        ("EPICS_CAS_INTF_ADDR_LIST", "0.0.0.0 127.0.0.1"),
        ("EPICS_CAS_IGNORE_ADDR_LIST", "99999999999"),
        ("EPICS_CA_MCAST_TTL", "256"),
        ("EPICS_CA_MAX_ARRAY_BYTES", "1e6"),
        ("EPICS_CA_AUTO_ARRAY_BYTES", "1"),
        ("EPICS_CAS_USE_HOST_NAMES", "maybe"),
    ],
)
def test_nonsense_is_refused_in_one_line_by_name(name: str, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read({name: text})
    assert str(caught.value).startswith(f"{name}='{text}': ")
    assert "\n" not in str(caught.value)
