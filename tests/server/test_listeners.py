"""One TCP port on all interfaces."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator

import pytest

from bridge.server.listeners import CannotListen, listen


@pytest.fixture
def sockets() -> Iterator[list[socket.socket]]:
    found: list[socket.socket] = []
    yield found
    for sock in found:
        sock.close()


def ports(found: dict[str, socket.socket]) -> set[int]:
    return {sock.getsockname()[1] for sock in found.values()}


def test_the_same_number_on_all(sockets: list[socket.socket]) -> None:
    found = listen(("127.0.0.1", "127.0.0.2"), 0)
    sockets += found.values()
    assert list(found) == ["127.0.0.1", "127.0.0.2"]
    assert len(ports(found)) == 1


def test_another_number_if_it_is_taken_on_any(sockets: list[socket.socket]) -> None:
    with socket.create_server(("127.0.0.2", 0)) as owner:
        taken = owner.getsockname()[1]
        found = listen(("127.0.0.1", "127.0.0.2"), taken)
        sockets += found.values()
        (port,) = ports(found)
        assert port not in (0, taken)


def test_an_address_of_another_machine_is_left_out(
    sockets: list[socket.socket], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        found = listen(("192.0.2.77", "127.0.0.1"), 0)
    sockets += found.values()
    assert list(found) == ["127.0.0.1"]
    assert "192.0.2.77 is no address of this machine" in caplog.text


def test_nothing_to_listen_on() -> None:
    with pytest.raises(CannotListen, match=r"cannot listen on 192\.0\.2\.77:\d+: "):
        listen(("192.0.2.77",), 0)
