"""Settings as EPICS writes them."""

from __future__ import annotations

import pytest

from bridge.net import ConfigError, first_set, port_number, seconds, split_address, whole_number, yes_no


def test_the_first_name_that_is_set_counts_and_blank_is_not_set() -> None:
    environ = {"A": "  ", "B": " two ", "C": "three"}
    assert first_set(environ, ("A", "B", "C"), "none") == ("B", "two")
    assert first_set(environ, ("X", "A"), "none") == ("A", "none")


def test_values_and_defaults() -> None:
    assert port_number({"P": "5064"}, ("P",), 1) == 5064
    assert port_number({}, ("P",), 1) == 1
    assert whole_number({"N": "255"}, ("N",), 1, 255, "a number") == 255
    assert seconds({"S": "2.5"}, ("S",), 1.0) == 2.5
    assert yes_no({"Y": "no"}, ("Y",), True) is False
    assert yes_no({}, ("Y",), True) is True
    assert split_address("host", 5064) == ("host", 5064)
    assert split_address("host:99", 5064) == ("host", 99)


@pytest.mark.parametrize("text", ["x", "-1", "65536", "1.5"])
def test_no_port(text: str) -> None:
    with pytest.raises(ConfigError, match=f"P='{text}': a port number is expected"):
        port_number({"P": text}, ("P",), 1)


@pytest.mark.parametrize("text", ["x", "-1", "11", "1e1", "²"])
def test_no_number(text: str) -> None:
    with pytest.raises(ConfigError, match=f"N='{text}': one of ten is expected"):
        whole_number({"N": text}, ("N",), 1, 10, "one of ten")


@pytest.mark.parametrize("text", ["x", "-1", "0", "nan", "inf"])
def test_no_seconds(text: str) -> None:
    with pytest.raises(ConfigError, match=f"S='{text}'"):
        seconds({"S": text}, ("S",), 1.0)


def test_neither_yes_nor_no() -> None:
    with pytest.raises(ConfigError, match="Y='perhaps': YES or NO"):
        yes_no({"Y": "perhaps"}, ("Y",), True)


@pytest.mark.parametrize("text", ["host:", "host:x", "host:0", "host:70000"])
def test_no_address(text: str) -> None:
    with pytest.raises(ConfigError, match="is no port number"):
        split_address(text, 5064)
