"""Serial lines: RS-232, RS-485, USB adapters, pseudo-terminals."""

from __future__ import annotations

import asyncio
import errno
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from drivers.errors import UsageError
from drivers.transports.base import LINGER, Lost, Receive, StreamTransport

if TYPE_CHECKING:
    from drivers.transports.tty import Tty

__all__ = ["Rs485", "SerialTransport", "check_line"]

POLL: Final = 0.005  # seconds between looks at what is still in the driver's output buffer

WHY: Final = {
    errno.ENOENT: "does not exist: is it plugged in? (`ls -l /dev/serial/by-id` shows what is)",
    errno.ENXIO: "does not exist: is it plugged in? (`ls -l /dev/serial/by-id` shows what is)",
    errno.ENODEV: "does not exist: is it plugged in? (`ls -l /dev/serial/by-id` shows what is)",
    errno.EACCES: "may not be opened by this user: is it in the group that owns it (often 'dialout')?",
    errno.EPERM: "may not be opened by this user: is it in the group that owns it (often 'dialout')?",
    errno.EBUSY: "is in use by another program",
    errno.EWOULDBLOCK: "is in use by another program",
    errno.EISDIR: "is not a serial device",
    errno.ENOTTY: "is not a serial device",
}


@dataclass(frozen=True, slots=True)
class Rs485:
    """How a serial driver switches an RS-485 transceiver by RTS. Delays in seconds."""

    rts_on_send: bool = True
    rts_after_send: bool = False
    delay_before_send: float = 0.0
    delay_after_send: float = 0.0

    def for_pyserial(self) -> Any:
        """The same for pyserial, which is loaded by those who use it."""
        from serial.rs485 import RS485Settings

        return RS485Settings(
            rts_level_for_tx=self.rts_on_send,
            rts_level_for_rx=self.rts_after_send,
            delay_before_tx=self.delay_before_send or None,
            delay_before_rx=self.delay_after_send or None,
        )


def check_line(where: str, baudrate: Any, bytesize: Any = 8, parity: Any = "N", stopbits: Any = 1) -> None:
    """Raises UsageError for settings that no line has."""
    for what, value, known in (
        ("bytesize", bytesize, (5, 6, 7, 8)),
        ("parity", parity, ("N", "E", "O", "M", "S")),
        ("stopbits", stopbits, (1, 1.5, 2)),
    ):
        if value not in known:
            raise UsageError(f"{where}: {what} is one of {', '.join(map(str, known))}, not {value!r}")
    if not isinstance(baudrate, int) or baudrate <= 0:
        raise UsageError(f"{where}: the baud rate is a number above 0, not {baudrate!r}")


class SerialTransport(StreamTransport):
    """A serial device through pyserial.

    `parity` is one of N E O M S, `stopbits` 1, 1.5 or 2. `exclusive` keeps other programs that ask for the same from
    opening the line beside us: two readers would share out its bytes between them. `rs485` has the driver switch the
    direction of a two-wire line. Raises UsageError for settings that no line has.
    """

    reopens = False  # opening anew loses no late reply: it waits in the instrument, or on the line

    def __init__(
        self,
        device: str,
        baudrate: int = 9600,
        *,
        bytesize: int = 8,
        parity: str = "N",
        stopbits: float = 1,
        xonxoff: bool = False,
        rtscts: bool = False,
        exclusive: bool = True,
        rs485: Rs485 | None = None,
    ) -> None:
        super().__init__()
        if "://" in device:
            raise UsageError(
                f"{device!r} is a URL, not a serial device; for a device server use TcpPort or Rfc2217Port('host:port')"
            )
        check_line(device, baudrate, bytesize, parity, stopbits)
        self.where = device
        self.settings: dict[str, Any] = {
            "baudrate": baudrate,
            "bytesize": bytesize,
            "parity": parity,
            "stopbits": stopbits,
            "xonxoff": xonxoff,
            "rtscts": rtscts,
            "exclusive": exclusive,
        }
        self.rs485 = rs485
        self._tty: Tty | None = None
        self._opening: asyncio.Future[Tty] | None = None

    async def open(self, receive: Receive, lost: Lost) -> None:
        from serial_asyncio_fast import connection_for_serial  # pyserial is loaded by those who use it

        from drivers.transports.tty import Tty

        loop = asyncio.get_running_loop()
        if self._opening is not None and not self._opening.done():
            # of a port that was stopped meanwhile: it takes the lock of the device first
            await asyncio.wait([self._opening])
        # in a thread: opening some USB adapters takes a good part of a second
        self._opening = opening = loop.run_in_executor(None, lambda: self._opened(Tty))
        try:
            tty = await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(_close_unwanted)
            raise
        except (OSError, ValueError) as error:
            self._opening = None
            raise OSError(f"{self.where} {self._why(error)}") from error
        self._opening = None
        self._tty = tty
        link = self._link(receive, lost)
        # typed for asyncio.Protocol, of which it calls what `link` has
        await connection_for_serial(loop, lambda: cast("asyncio.Protocol", link), tty)
        await asyncio.sleep(0)  # its connection_made and first add_reader come with the next turn of the loop

    @property
    def baudrate(self) -> int:
        """Bits a second."""
        return int(self.settings["baudrate"])

    @property
    def byte_time(self) -> float:
        """Seconds that one byte takes, with its start, parity and stop bits."""
        bits = 1 + self.settings["bytesize"] + (self.settings["parity"] != "N") + self.settings["stopbits"]
        return float(bits / self.settings["baudrate"])

    def _opened(self, make: type[Tty]) -> Tty:
        tty = make(self.where, **self.settings)
        if self.rs485 is not None:
            try:
                tty.rs485_mode = self.rs485.for_pyserial()
            except (OSError, ValueError) as error:
                tty.close()
                raise OSError(errno.EOPNOTSUPP, "its driver has no RS-485 mode") from error
        return tty

    def change(self, **settings: Any) -> None:
        """Another device, as `address`, or another of the line's settings, such as `baudrate`."""
        now = {"bytesize": 8, "parity": "N", "stopbits": 1, **self.settings}
        for name, value in settings.items():
            if name != "address" and name not in self.settings:
                raise UsageError(f"{self.where}: a serial line has no {name}")
            now[name] = value
        check_line(self.where, now["baudrate"], now["bytesize"], now["parity"], now["stopbits"])
        self.where = str(now.pop("address", self.where))
        self.settings = now

    @staticmethod
    def _why(error: Exception) -> str:
        if isinstance(error, OSError) and error.errno in WHY:
            return WHY[error.errno]
        if "configure port" in str(error):  # pyserial hides the number of a termios.error in its text
            return WHY[errno.ENOTTY]
        return f"cannot be opened: {error}"

    async def close(self) -> None:
        tty, self._tty = self._tty, None
        link, self._current = self._current, None
        if tty is None or link is None:
            return
        await tty.drained(LINGER, POLL)
        # Not link.close(): its transport would wait for the line without a deadline, in a thread that cannot be ended
        await link.abort()


def _close_unwanted(opening: asyncio.Future[Tty]) -> None:
    """The port was stopped while the thread was still opening the line."""
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()
