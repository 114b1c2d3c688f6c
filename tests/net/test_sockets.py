"""Sockets as server, client and repeater open them."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import sys
from collections.abc import Iterator

import pytest

from bridge.net import Neighbours, UnknownHost, datagram_socket, join_group, listening_socket, send_groups_by

GROUP = "239.255.50.65"
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who has which port")


def heard(sock: socket.socket) -> bytes | None:
    ready, _, _ = select.select([sock], [], [], 5.0)
    return sock.recv(100) if ready else None


def port_of(sock: socket.socket) -> int:
    port: int = sock.getsockname()[1]
    return port


@contextlib.contextmanager
def closing(*sockets: socket.socket) -> Iterator[None]:
    try:
        yield
    finally:
        for sock in sockets:
            sock.close()


def test_a_port_is_shared_only_if_both_say_so() -> None:
    first = datagram_socket("127.0.0.1", 0, shared=True)
    port = port_of(first)
    with closing(first), datagram_socket("127.0.0.1", port, shared=True), pytest.raises(OSError, match="in use"):
        datagram_socket("127.0.0.1", port)


def test_only_groups_that_were_joined_are_heard() -> None:
    member = datagram_socket("0.0.0.0", 0, shared=True)
    stranger = datagram_socket("0.0.0.0", port_of(member), shared=True)
    sender = datagram_socket("127.0.0.1", 0)
    with closing(member, stranger, sender):
        join_group(member, GROUP, "127.0.0.1")
        send_groups_by(sender, interface="127.0.0.1", ttl=0)
        sender.sendto(b"to members", (GROUP, port_of(member)))
        assert heard(member) == b"to members"
        with pytest.raises(BlockingIOError):
            stranger.recv(100)


def test_ttl() -> None:
    with datagram_socket("0.0.0.0", 0) as sock:
        send_groups_by(sock, ttl=7)
        assert sock.getsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL) == 7


def test_listening() -> None:
    with listening_socket("127.0.0.1", 0, 5) as sock, socket.create_connection(sock.getsockname()):
        accepted, _ = sock.accept()
        accepted.close()


@pytest.mark.parametrize("address", ["::1", "host", "300.1.1.1"])
def test_no_socket_for_what_is_no_address(address: str) -> None:
    with pytest.raises(UnknownHost):
        datagram_socket(address, 0)


@linux
def test_neighbours() -> None:
    with datagram_socket("127.0.0.1", 0, shared=True) as ours:
        inodes = {os.fstat(ours.fileno()).st_ino}
        neighbours = Neighbours(port_of(ours))
        assert not neighbours.present(inodes, 0.0)
        with datagram_socket("0.0.0.0", port_of(ours), shared=True):
            assert not neighbours.present(inodes, 0.05)  # it does not look all the time
            assert neighbours.present(inodes, 0.2)
        assert not neighbours.present(inodes, 0.4)
        assert Neighbours(port_of(ours)).present(set(), 0.0)


def test_neighbours_may_be_there_where_nobody_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.net.neighbours.TABLES", ("/no/such/file",))
    assert Neighbours(5064).present(set(), 0.0)
