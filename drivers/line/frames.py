"""Framings beside lines: fixed length, a length in front, start and end characters, and checksums around any. Pure."""

from __future__ import annotations

from typing import Literal

from drivers.errors import UsageError
from drivers.line.checksums import Checksum
from drivers.line.framing import Damaged, Framing

__all__ = ["Checked", "Enclosed", "Fixed", "LengthPrefixed"]


def _bytes(given: bytes | str) -> bytes:
    """A text, as YAML has them, stands for the bytes of its characters. Raises UsageError for one that has others."""
    if isinstance(given, bytes):
        return given
    try:
        return given.encode("latin-1")
    except UnicodeEncodeError as error:
        raise UsageError(f"{given!r} does not stand for bytes: \\x00 to \\xff do") from error


class _Buffered:
    """What the framings here have in common."""

    def __init__(self) -> None:
        self._buffer = b""

    @property
    def pending(self) -> bytes:
        """What came of a message that is not complete yet."""
        return self._buffer

    def clear(self) -> bytes:
        """Forget an incomplete message and return it."""
        pending, self._buffer = self._buffer, b""
        return pending


class Fixed(_Buffered):
    """Messages of `size` bytes both ways, or `out_size` from us."""

    def __init__(self, size: int, out_size: int | None = None) -> None:
        super().__init__()
        self.size = size
        self.out_size = size if out_size is None else out_size
        if size < 1 or self.out_size < 1:
            raise UsageError(f"messages have at least one byte, not {size}")

    def encode(self, message: bytes) -> bytes:
        """The message itself. Raises ValueError for another length."""
        if len(message) != self.out_size:
            raise ValueError(f"it has {len(message)} bytes, not {self.out_size}")
        return message

    def feed(self, chunk: bytes) -> list[bytes | Damaged]:
        """The messages that `chunk` completes."""
        data = self._buffer + chunk
        whole = len(data) - len(data) % self.size
        self._buffer = data[whole:]
        return [data[at : at + self.size] for at in range(0, whole, self.size)]


class LengthPrefixed(_Buffered):
    r"""Messages with their length in front: `header`, a number of `size` bytes, the message, a `checksum` if wanted.

    ``LengthPrefixed(1, header=b"\xaa", checksum=Checksum("modbus", order="little"))``: it is over all before it. The
    number counts the bytes of the message and `extra` more (itself, a checksum). What comes before a header is Damaged,
    and so is a message of more than `longest` bytes.
    """

    def __init__(
        self,
        size: int = 2,
        order: Literal["big", "little"] = "big",
        *,
        header: bytes | str = b"",
        checksum: Checksum | None = None,
        extra: int = 0,
        longest: int = 65536,
    ) -> None:
        super().__init__()
        if size not in (1, 2, 3, 4) or order not in ("big", "little"):
            raise UsageError(f"a length has 1 to 4 bytes, big or little: not {size!r} {order!r}")
        self._size, self._header, self._extra = size, _bytes(header), extra
        self._checksum = checksum
        self._order: Literal["big", "little"] = order
        self._longest = min(longest, 256**size - 1 - extra)

    def encode(self, message: bytes) -> bytes:
        """With its length. Raises ValueError if it is too long."""
        if len(message) > self._longest:
            raise ValueError(f"it has {len(message)} bytes, and can have {self._longest}")
        frame = self._header + (len(message) + self._extra).to_bytes(self._size, self._order) + message
        return frame + self._checksum.of(frame) if self._checksum else frame

    def feed(self, chunk: bytes) -> list[bytes | Damaged]:
        """The messages that `chunk` completes."""
        self._buffer += chunk
        found: list[bytes | Damaged] = []
        while (message := self._next()) is not None:
            found.append(message)
        return found

    def _next(self) -> bytes | Damaged | None:
        data, begin = self._buffer, len(self._header)
        if self._header and not data.startswith(self._header[: len(data)]):
            at = data.find(self._header, 1)
            self._buffer = data[at:] if at > 0 else b""
            return Damaged(f"does not begin with {self._header!r}", data[:64])
        if len(data) < begin + self._size:
            return None
        length = int.from_bytes(data[begin : begin + self._size], self._order) - self._extra
        if not 0 <= length <= self._longest:
            self._buffer = b""
            return Damaged(f"says that it has {length} bytes", data[:64])
        begin += self._size
        stop = begin + length
        after = stop + (self._checksum.size if self._checksum else 0)
        if len(data) < after:
            return None
        self._buffer = data[after:]
        if self._checksum and (why := self._checksum.wrong(data[:stop], data[stop:after])):
            return Damaged(why, data[:64])
        return data[begin:stop]


class Enclosed(_Buffered):
    r"""Messages between `start` and `end`, with a checksum after the end if there is one.

    ``Enclosed(b"\x02", b"\x03", Checksum("xor", start=1))`` is what EI-bisynch calls STX data ETX BCC. Bytes between
    messages are messages of their own if they are among `alone` (``b"\x06\x15"``: ACK, NAK), else skipped. Ours goes
    out in the same dress, unless `dressed` is false.
    """

    def __init__(
        self,
        start: bytes | str,
        end: bytes | str,
        checksum: Checksum | None = None,
        *,
        alone: bytes | str = b"",
        dressed: bool = True,
        longest: int = 65536,
    ) -> None:
        super().__init__()
        if not start or not end:
            raise UsageError("messages are enclosed by at least one byte on either side")
        self._start, self._end, self._checksum = _bytes(start), _bytes(end), checksum
        self._alone, self._dressed, self._longest = _bytes(alone), dressed, longest

    def encode(self, message: bytes) -> bytes:
        """In its dress. Raises ValueError if the end is in it."""
        if not self._dressed:
            return message
        if self._end in message:
            raise ValueError(f"it contains the end {self._end!r}")
        frame = self._start + message + self._end
        return frame + self._checksum.of(frame) if self._checksum else frame

    def feed(self, chunk: bytes) -> list[bytes | Damaged]:
        """The messages that `chunk` completes."""
        self._buffer += chunk
        found: list[bytes | Damaged] = []
        while (message := self._next(found)) is not None:
            found.append(message)
        return found

    def _next(self, found: list[bytes | Damaged]) -> bytes | Damaged | None:
        data = self._buffer
        at = data.find(self._start)
        before = data if at < 0 else data[:at]
        found += [bytes((byte,)) for byte in before if byte in self._alone]
        if at < 0:  # keep what may be the beginning of a start of several bytes
            keep = next((n for n in range(len(self._start) - 1, 0, -1) if data.endswith(self._start[:n])), 0)
            self._buffer = data[len(data) - keep :]
            return None
        self._buffer = data = data[at:]
        stop = data.find(self._end, len(self._start))
        if stop < 0:
            if len(data) <= self._longest:
                return None
            self._buffer = b""
            return Damaged(f"is longer than {self._longest} bytes", data[:64])
        stop += len(self._end)
        after = stop + (self._checksum.size if self._checksum else 0)
        if len(data) < after:
            return None
        self._buffer = data[after:]
        if self._checksum and (why := self._checksum.wrong(data[:stop], data[stop:after])):
            return Damaged(why, data[:64])
        return data[len(self._start) : stop - len(self._end)]


class Checked:
    """Another framing whose messages end with a checksum: ``Checked(Fixed(9), Checksum("sum"))``."""

    def __init__(self, framing: Framing, checksum: Checksum) -> None:
        self._framing = framing
        self._checksum = checksum

    @property
    def pending(self) -> bytes:
        """What came of a message that is not complete yet."""
        return self._framing.pending

    def encode(self, message: bytes) -> bytes:
        """With its checksum, and framed."""
        return self._framing.encode(message + self._checksum.of(message))

    def feed(self, chunk: bytes) -> list[bytes | Damaged]:
        """The messages without their checksums; Damaged where it is wrong."""
        return [each if isinstance(each, Damaged) else self._stripped(each) for each in self._framing.feed(chunk)]

    def _stripped(self, message: bytes) -> bytes | Damaged:
        size = self._checksum.size
        if len(message) < size:
            return Damaged("is too short for its checksum", message[:64])
        body, found = message[:-size], message[-size:]
        why = self._checksum.wrong(body, found)
        return Damaged(why, message[:64]) if why else body

    def clear(self) -> bytes:
        """Forget an incomplete message and return it."""
        return self._framing.clear()
