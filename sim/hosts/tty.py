"""A pseudo terminal that a client opens as if it were a serial port (pty(7), Linux and macOS)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tty
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from sim.hosts.speaker import Speaker
from sim.hosts.wire import Transcript, Wire

__all__ = ["TtyHost"]

SAME_NAME = 1.0  # seconds to wait for the number of the pty that was unplugged; the client may still hold it open
FULL = 0.5  # seconds to wait for room in the pty's buffer; then bytes are lost, as without flow control


class TtyHost:
    """The cable end that the client sees is the slave side; closing the master is pulling the cable.

    With `link`, a symbolic link of that name points to the slave and is the address, before and after a re-plug.
    Without, the address is the slave's own path: the kernel gives the lowest free number, so `plug` waits a moment
    for the old one, and takes another if it stays in use.
    """

    KINDS: ClassVar[frozenset[str]] = frozenset()  # a tty cannot refuse

    def __init__(
        self,
        make_speaker: Callable[[], Speaker],
        *,
        link: str | os.PathLike[str] | None,
        transcript: Transcript,
        reply_delay: float,
    ) -> None:
        self._make_speaker = make_speaker
        self._link = Path(link) if link is not None else None
        self._transcript = transcript
        self._delay = reply_delay
        self._slave_name = ""
        self._master = self._slave = -1
        self._wire: Wire | None = None
        self._replug: asyncio.Task[None] | None = None

    @property
    def address(self) -> str:
        """The path to open."""
        return str(self._link) if self._link is not None else self._slave_name

    async def plug(self) -> None:
        """Make a pty. Raises FileExistsError if `link` is there and alive, OSError if there are no more ptys."""
        if self._master >= 0:
            return
        wanted = self._slave_name if self._link is None else ""
        self._master, self._slave = await _open_pty(wanted)
        self._slave_name = os.ttyname(self._slave)
        os.set_blocking(self._master, False)
        try:
            self._make_link()
        except OSError:
            self._close_pty()
            raise
        self._wire = Wire(
            self._make_speaker(),
            write=self._write,
            hang_up=self._hang_up,
            transcript=self._transcript,
            reply_delay=self._delay,
        )
        asyncio.get_running_loop().add_reader(self._master, self._readable)

    async def unplug(self) -> None:
        """Pull the cable: the client's file descriptor hangs up."""
        self._pull()
        await asyncio.sleep(0)

    async def close(self) -> None:
        """Be gone."""
        if self._replug is not None:
            self._replug.cancel()
            await asyncio.wait((self._replug,))
        await self.unplug()

    def _pull(self) -> None:
        if self._master < 0:
            return
        asyncio.get_running_loop().remove_reader(self._master)
        if self._wire is not None:
            self._wire.stop()
        self._close_pty()
        if self._link is not None:
            with contextlib.suppress(FileNotFoundError):
                self._link.unlink()

    def _close_pty(self) -> None:
        os.close(self._master)
        os.close(self._slave)
        self._master = self._slave = -1

    def _make_link(self) -> None:
        if self._link is None:
            return
        if self._link.is_symlink() and not self._link.exists():
            self._link.unlink()  # left behind by a simulator that was killed
        self._link.symlink_to(self._slave_name)

    def _hang_up(self, reset: bool) -> None:
        """A tty has no connection to close in order; a reset is the cable out and in again."""
        if reset:
            self._pull()
            self._replug = asyncio.create_task(self.plug(), name="simulator's cable")

    def _readable(self) -> None:
        try:
            data = os.read(self._master, 65_536)
        except OSError:
            return
        if data and self._wire is not None:
            self._wire.receive(data)

    async def _write(self, data: bytes) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + FULL
        while data and self._master >= 0 and loop.time() < deadline:
            try:
                data = data[os.write(self._master, data) :]
            except BlockingIOError:
                await asyncio.sleep(0.005)


async def _open_pty(wanted: str) -> tuple[int, int]:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + SAME_NAME
    while True:
        master, slave = _raw_pty(wanted)
        if not wanted or os.ttyname(slave) == wanted or loop.time() > deadline:
            return master, slave
        os.close(master)
        os.close(slave)
        await asyncio.sleep(0.02)


def _raw_pty(wanted: str) -> tuple[int, int]:
    """A raw pty; if the wanted number is free but not the lowest, pass over the lower ones."""
    passed: list[int] = []
    try:
        while True:
            master, slave = os.openpty()
            if not _below(os.ttyname(slave), wanted):
                tty.setraw(slave)
                return master, slave
            passed += (master, slave)
    finally:
        for fd in passed:
            os.close(fd)


def _below(name: str, wanted: str) -> bool:
    have, want = (path.rpartition("/")[2] for path in (name, wanted))
    return have.isdigit() and want.isdigit() and int(have) < int(want)
