"""Searches and what else comes by UDP."""

from __future__ import annotations

import socket
import time

from bridge.ca.header import Command, pack_message
from tests.abuse.attack import FLOOD, Attack, abuse
from tests.abuse.client import HOST, extended, raw, searching


def answers(sock: socket.socket) -> list[bytes]:
    found = []
    try:
        while True:
            found.append(sock.recv(65536))
    except TimeoutError:
        return found


@abuse()
def garbage_datagrams(attack: Attack) -> None:
    """Bytes of no meaning, and of every length."""
    sock = attack.datagrams()
    for length in (*range(80), 1000, 1472, 8192, 65_507):
        attack.throw(sock, attack.random.randbytes(length))
        attack.throw(sock, bytes(length))
    answers(sock)


@abuse()
def oversized_and_truncated_datagrams(attack: Attack) -> None:
    """Sizes that lie, names without an end, searches cut off at each byte."""
    sock = attack.datagrams()
    one = pack_message(Command.VERSION, b"", 1, 13, 5) + searching(b"ABUSE:AI", 7)
    for length in range(len(one)):
        attack.throw(sock, one[:length])
    for size in (0xFFF8, 0xFFFF, 0x8000, 7, 1):
        attack.throw(sock, raw(Command.SEARCH, size, 5, 13, 1, 1) + b"ABUSE:AI")
    for size in (0xFFFFFFF8, 0xFFFFFFFF, 8):
        attack.throw(sock, extended(Command.SEARCH, size, 5, 13, 1, 1) + b"ABUSE:AI")
    attack.throw(sock, pack_message(Command.SEARCH, b"\xff" * 40, 10, 13, 1, 1))
    attack.throw(sock, pack_message(Command.SEARCH, b"N" * 60_000, 10, 13, 1, 1))
    for command in range(60):
        attack.throw(sock, pack_message(command, b"ABUSE:AI\0", 5, 13, 1, 1))
    answers(sock)


@abuse()
def answers_are_no_larger_than_twice_the_question(attack: Attack) -> None:
    """So that nobody gains by sending in somebody else's name."""
    sock = attack.datagrams()
    sock.settimeout(0.1)
    version = pack_message(Command.VERSION, b"", 1, 13, 5)
    for datagram in (
        searching(b"ABUSE:AI"),
        pack_message(Command.SEARCH, b"ABUSE:AI", 5, 13, 1, 1),
        version + searching(b"ABUSE:AI"),
        version + b"".join(searching(b"ABUSE:AI", n) for n in range(100)),
        b"".join(searching(b"ABUSE:AI", n) for n in range(1500)),
        searching(b"ABUSE:NOBODY", reply=10) * 50,
        version * 50,
        pack_message(Command.ECHO) * 50,
    ):
        attack.throw(sock, datagram)
        assert sum(map(len, answers(sock))) <= 2 * len(datagram)


def _checksum(data: bytes) -> int:
    total = sum(int.from_bytes(data[n : n + 2], "big") for n in range(0, len(data), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def forged(data: bytes, source: tuple[str, int], target: tuple[str, int]) -> bytes:
    """An IP packet with a UDP datagram that claims to come from `source`."""
    udp = source[1].to_bytes(2, "big") + target[1].to_bytes(2, "big") + (8 + len(data)).to_bytes(2, "big") + b"\0\0"
    ends = socket.inet_aton(source[0]) + socket.inet_aton(target[0])
    head = b"\x45\0" + (28 + len(data)).to_bytes(2, "big") + b"\0\0\0\0\x40\x11\0\0" + ends
    head = head[:10] + _checksum(head).to_bytes(2, "big") + head[12:]
    return head + udp + data


@abuse()
def datagrams_in_the_servers_own_name(attack: Attack) -> None:
    """The sender is forged to be the server, so that it would answer itself: once at most, and not for ever."""
    here = (HOST, attack.port)
    datagrams = [
        pack_message(Command.VERSION, b"", 1, 13, 5) + searching(b"ABUSE:AI", 7),
        searching(b"ABUSE:NOBODY", 7, 10),
        pack_message(Command.ECHO),
        pack_message(Command.SEARCH, b"\0\r\0\0\0\0\0\0", attack.port, 0, 0xFFFFFFFF, 7),
    ]
    try:
        sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    except PermissionError:  # only root forges: another socket on the server's port is the next best
        return
    with sock:
        for datagram in datagrams * 20:
            sock.sendto(forged(datagram, here, here), here)
    time.sleep(0.3)
    before = attack.house.figures().cpu
    time.sleep(0.5)
    assert attack.house.figures().cpu - before < 0.25, "the server is talking to itself"


@abuse(probe=FLOOD)
def fifty_thousand_searches_in_a_second(attack: Attack) -> None:
    """For names that are here, that are not, and with modifiers."""
    sock = attack.datagrams()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    names = [b"ABUSE:AI", b"ABUSE:NOBODY", b"ABUSE:WAVE.[1:3]", b"OTHER:%d" % attack.random.randrange(10**6)]
    datagrams = [
        pack_message(Command.VERSION, b"", 1, 13, n) + b"".join(searching(name, n) for name in names)
        for n in range(100)
    ]
    sent = 0
    end = time.monotonic() + 0.5 * attack.size
    while time.monotonic() < end:
        for datagram in datagrams:
            attack.throw(sock, datagram)
        sent += len(datagrams) * len(names)
        time.sleep(0.005)
    assert sent > 10_000 * attack.size


@abuse(probe=FLOOD)
def a_flood_of_large_searches(attack: Attack) -> None:
    """Datagrams of 60 kB, full of filters."""
    sock = attack.datagrams()
    one = searching(b'ABUSE:AI.{"dbnd":{"abs":1.5},"dec":{"n":3}}')
    datagram = one * (60_000 // len(one))
    for _ in range(attack.many(100)):
        attack.throw(sock, datagram)


@abuse(probe=FLOOD)
def a_flood_of_echoes(attack: Attack) -> None:
    """By TCP and by UDP."""
    sock = attack.datagrams()
    client = attack.client()
    for _ in range(attack.many(30)):
        client.try_send(pack_message(Command.ECHO) * 2000, 0.05)
        for _ in range(100):
            attack.throw(sock, pack_message(Command.ECHO) * 10)
