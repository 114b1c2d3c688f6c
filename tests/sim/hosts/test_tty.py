"""A cable that is pulled and put back."""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path

import pytest
import serial

import sim


def opened(path: str) -> serial.Serial:
    return serial.Serial(path, 57600, timeout=2.0, exclusive=True)


async def ask(port: serial.Serial, question: str) -> bytes:
    def talk() -> bytes:
        port.write(question.encode() + b"\r\n")
        return port.read_until(b"\r\n")

    return await asyncio.to_thread(talk)


async def hung_up(port: serial.Serial) -> bool:
    """Whether the other end of the cable is gone: an error, or the end of file."""
    try:
        return await ask(port, "*OPC?") == b""
    except OSError:  # SerialException is one
        return True


async def test_the_link_is_the_address_before_and_after_a_replug(tmp_path):
    link = tmp_path / "ttyLS336"
    async with sim.serve("lakeshore336", link=link) as running:
        assert running.address == str(link)
        with opened(running.address) as port:
            assert await ask(port, "*OPC?") == b"1\r\n"
            await running.unplug()
            assert not link.is_symlink()
            assert await hung_up(port)
        await running.plug()
        assert running.address == str(link)
        with opened(running.address) as port:
            assert await ask(port, "*OPC?") == b"1\r\n"
    assert not link.is_symlink()


async def test_a_client_that_reads_notices_the_pulled_cable():
    async with sim.serve("lakeshore336", tty=True) as running:
        fd = os.open(running.address, os.O_RDWR | os.O_NOCTTY)
        reading = asyncio.create_task(asyncio.to_thread(os.read, fd, 1))
        await asyncio.sleep(0.02)
        await running.unplug()
        async with asyncio.timeout(2.0):
            with contextlib.suppress(OSError):  # EIO, on Linux
                assert await reading == b""
        os.close(fd)


async def test_without_a_link_the_number_comes_back_once_the_client_has_let_go():
    async def same() -> bool:
        async with sim.serve("lakeshore336", tty=True) as running:
            address = running.address
            port = opened(address)
            await running.unplug()
            plugging = asyncio.create_task(running.plug())
            await asyncio.sleep(0.05)
            port.close()
            await plugging
            with opened(running.address) as port:
                assert await ask(port, "*OPC?") == b"1\r\n"
            return running.address == address

    # another program on this computer may be quicker to take the number, but not every time
    assert any([await same() for _ in range(3)])


async def test_a_client_that_never_lets_go_does_not_stop_the_replug():
    async with sim.serve("lakeshore336", tty=True) as running:
        old = opened(running.address)
        await running.unplug()
        await running.plug()
        with opened(running.address) as port:
            assert await ask(port, "*OPC?") == b"1\r\n"
        old.close()


async def test_drop_is_the_cable_out_and_in_again(tmp_path):
    link = tmp_path / "tty"
    async with sim.serve("lakeshore336", link=link) as running:
        first = link.readlink()
        running.fault("drop")
        with opened(running.address) as port:
            assert await hung_up(port)
        async with asyncio.timeout(3.0):
            while not link.exists():
                await asyncio.sleep(0.01)
        assert first.is_absolute()
        with opened(running.address) as port:
            assert await ask(port, "*OPC?") == b"1\r\n"


async def test_the_end_during_a_drop_leaves_nothing(tmp_path):
    link = tmp_path / "tty"
    async with sim.serve("lakeshore336", link=link) as running:
        running.fault("drop")
        with opened(running.address) as port:
            port.write(b"*OPC?\r\n")
            async with asyncio.timeout(3.0):
                while not running.requests:
                    await asyncio.sleep(0)
    assert not link.is_symlink()


async def test_a_client_may_come_and_go():
    async with sim.serve("lakeshore336", tty=True) as running:
        for _ in range(5):
            with opened(running.address) as port:
                assert await ask(port, "*OPC?") == b"1\r\n"


async def test_a_tty_cannot_refuse():
    async with sim.serve("lakeshore336", tty=True) as running:
        with pytest.raises(ValueError, match="no fault 'refuse' on this wire"):
            running.fault("refuse")


async def test_a_link_that_is_something_else_is_left_alone(tmp_path):
    place = tmp_path / "precious"
    place.write_text("data")
    with pytest.raises(FileExistsError):
        async with sim.serve("lakeshore336", link=place):
            pass
    assert place.read_text() == "data"


async def test_a_link_left_behind_is_replaced(tmp_path):
    link = tmp_path / "tty"
    link.symlink_to(tmp_path / "gone")
    async with sim.serve("lakeshore336", link=link):
        assert link.exists()


async def test_no_descriptor_is_left_behind():
    def count() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = count()
    for _ in range(5):
        async with sim.serve("lakeshore336", tty=True) as running:
            await running.unplug()
            await running.plug()
    assert count() == before
