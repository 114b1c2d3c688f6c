"""RFC 2217: the serial line of a device server, with its settings, over Telnet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from drivers.transports.base import Lost, Receive
from drivers.transports.serial import check_line
from drivers.transports.tcp import TcpTransport
from drivers.transports.telnet import Decoder, Told, Verb, command, escaped, setting

__all__ = ["Rfc2217Transport"]

BINARY: Final = 0  # RFC 856
SGA: Final = 3  # RFC 858
COM_PORT: Final = 44  # RFC 2217
WANTED: Final = frozenset((BINARY, SGA, COM_PORT))

SET_BAUDRATE, SET_DATASIZE, SET_PARITY, SET_STOPSIZE, SET_CONTROL, PURGE = 1, 2, 3, 4, 5, 12
ANSWER: Final = 100  # added to the number of a command: the server's answer to it
NAMES: Final = {SET_BAUDRATE: "baud rate", SET_DATASIZE: "byte size", SET_PARITY: "parity", SET_STOPSIZE: "stop bits"}
PARITIES: Final = {"N": 1, "O": 2, "E": 3, "M": 4, "S": 5}
STOPS: Final = {1: 1, 2: 2, 1.5: 3}


class Rfc2217Transport(TcpTransport):
    """The serial line behind `host`:`port`; the settings are those of `SerialTransport`.

    Opening fails if the server does not take them: a line at the wrong speed is worse than none. What the server holds
    of earlier replies is purged.
    """

    reopens = False  # the serial line behind it knows nothing of our connections

    def __init__(
        self,
        host: str,
        port: int,
        baudrate: int = 9600,
        *,
        bytesize: int = 8,
        parity: str = "N",
        stopbits: float = 1,
        xonxoff: bool = False,
        rtscts: bool = False,
    ) -> None:
        super().__init__(host, port)
        check_line(self.where, baudrate, bytesize, parity, stopbits)
        self._baudrate = baudrate
        self._line = {
            SET_DATASIZE: bytes((bytesize,)),
            SET_PARITY: bytes((PARITIES[parity],)),
            SET_STOPSIZE: bytes((STOPS[stopbits],)),
            SET_CONTROL: bytes((2 if xonxoff else 3 if rtscts else 1,)),
        }
        self._decoder = Decoder()
        self._receive: Receive | None = None
        self._said: set[tuple[Verb, int]] = set()
        self._accepted: set[int] = set()  # options of ours
        self._answers: dict[int, bytes] = {}
        self._told: asyncio.Event = asyncio.Event()
        self._refused = False
        self._gone: BaseException | str | None = None

    @property
    def baudrate(self) -> int:
        """Bits a second."""
        return self._baudrate

    def change(self, **settings: Any) -> None:
        """Another `baudrate`, `host`, `port` or `address`."""
        baudrate = settings.pop("baudrate", self.baudrate)
        check_line(self.where, baudrate)
        if settings:
            super().change(**settings)
        self._baudrate = int(baudrate)

    async def open(self, receive: Receive, lost: Lost) -> None:
        self._decoder = Decoder()
        self._receive = None
        self._said.clear()
        self._accepted.clear()
        self._answers.clear()
        self._told = asyncio.Event()
        self._refused, self._gone = False, None

        def gone(reason: BaseException | str) -> None:
            self._gone = reason
            self._told.set()
            if self._receive is not None:
                lost(reason)

        await super().open(self._decode, gone)
        for verb, option in ((Verb.WILL, COM_PORT), (Verb.DO, SGA), (Verb.DO, BINARY), (Verb.WILL, BINARY)):
            self._say(verb, option)
        await self._until(lambda: COM_PORT in self._accepted)
        wanted = {SET_BAUDRATE: self.baudrate.to_bytes(4, "big"), **self._line, PURGE: b"\x03"}
        for number, value in wanted.items():
            super().send(setting(COM_PORT, bytes((number,)) + value))
        await self._until(lambda: all(number + ANSWER in self._answers for number in wanted))
        for number, name in NAMES.items():
            if self._answers[number + ANSWER] != wanted[number]:
                raise OSError(f"{self.where} does not take the {name}")
        self._receive = receive

    def send(self, data: bytes) -> None:
        super().send(escaped(data))

    async def _until(self, condition: Callable[[], bool]) -> None:
        """Wait for the server. The deadline is the caller's."""
        while not condition():
            if self._refused:
                raise OSError(f"{self.where} is no RFC 2217 server: it does not know the com port option")
            if self._gone is not None:
                raise OSError(f"{self.where} closed the connection: {self._gone}")
            self._told.clear()
            await self._told.wait()

    def _say(self, verb: Verb, option: int) -> None:
        if (verb, option) not in self._said:  # said once: two sides that answer answers never end
            self._said.add((verb, option))
            super().send(command(verb, option))

    def _decode(self, chunk: bytes) -> None:
        data, told = self._decoder.feed(chunk)
        for each in told:
            self._take(each)
        if data and self._receive is not None:
            self._receive(data)

    def _take(self, told: Told) -> None:
        verb, option = told.verb, told.option
        if verb is Verb.SET:
            if option == COM_PORT and told.data:
                self._answers[told.data[0]] = told.data[1:]
        elif verb is Verb.DO:
            self._accepted.add(option)
            self._say(Verb.WILL if option in WANTED else Verb.WONT, option)
        elif verb is Verb.WILL:
            self._say(Verb.DO if option in WANTED else Verb.DONT, option)
        elif option == COM_PORT:
            self._refused = True
        self._told.set()
