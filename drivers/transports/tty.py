"""pyserial's port, made safe for an event loop. Loads pyserial: import it where a line is opened, not before."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import termios

import serial

__all__ = ["Tty"]


class Tty(serial.Serial):
    """A serial device whose reads and writes never block.

    pyserial 3.5 (serialposix.py) does not quite: `write` with a zero time-out spins for ever on EAGAIN, so an
    instrument that holds CTS back would stop the whole IOC once the driver's buffer is full; `read` uses select(2),
    which fails for descriptors above 1023; and `flush` waits for the line without a deadline.
    """

    def read(self, size: int = 1) -> bytes:
        try:
            data = os.read(self.fileno(), size)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise serial.SerialException(f"the device is gone ({error.strerror})") from error
        if not data:  # what Linux answers for an unplugged device
            raise serial.SerialException("the device is gone")
        return data

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Raises BlockingIOError when the driver's buffer is full, which tells the transport to try later."""
        try:
            return os.write(self.fileno(), data)
        except BlockingIOError:
            raise
        except OSError:
            # The device is gone. `read` finds that in the same turn of the loop and says it once, where it is
            # expected; an error from here would reach the loop's exception handler with a traceback.
            return len(data)

    def _reconfigure_port(self, force_update: bool = False) -> None:
        try:
            super()._reconfigure_port(force_update)  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
        except termios.error as error:
            # A pseudo-terminal knows neither parity nor 7 bits, and glibc says so when nothing else changes: at the
            # second opening. A simulator stands there, and its bytes arrive all the same.
            pseudo = self.fd is not None and os.ttyname(self.fd).startswith("/dev/pts/")
            if not pseudo or error.args[0] != errno.EINVAL:
                raise serial.SerialException(f"the device refuses these settings ({error.args[-1]})") from error

    def flush(self) -> None:
        """Nothing: see `drained`."""

    async def drained(self, within: float, poll: float) -> None:
        """Give the output `within` seconds to leave, then throw the rest away: close(2) would wait half a minute."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within
        with contextlib.suppress(OSError, termios.error):  # gone already
            try:
                while self.is_open and self.out_waiting and loop.time() < deadline:  # noqa: ASYNC110 - no event for it
                    await asyncio.sleep(poll)
            finally:
                if self.is_open and self.out_waiting:
                    self.reset_output_buffer()
