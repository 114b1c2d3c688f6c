"""Where one message ends and the next begins. Pure: bytes in, messages out.

A framing of one's own (checksums, STX/ETX, fixed length) is an object with the four members of `Framing`; the port
does the rest.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from drivers.options import check_number

__all__ = ["Damaged", "Framing", "Lines"]


class Damaged(NamedTuple):
    """A message that cannot be used, in the place where it stood."""

    why: str  # "is longer than 65536 bytes": completes "the reply ..."
    data: bytes  # the beginning of it, for the log


class Framing(Protocol):
    """How messages are put on a wire and taken from it. One object serves one connection after the other."""

    @property
    def pending(self) -> bytes:
        """What came of a message that is not complete yet."""
        ...

    def encode(self, message: bytes) -> bytes:
        """The bytes to send. Raises ValueError if the message cannot be sent as one."""
        ...

    def feed(self, chunk: bytes) -> list[bytes | Damaged]:
        """The messages that `chunk` completes. Never raises, whatever arrives."""
        ...

    def clear(self) -> bytes:
        """Forget an incomplete message and return it."""
        ...


class Lines:
    """Messages that end with a terminator; an empty incoming one means that a pause ends them (the port's `gap`).

    An incoming message longer than `max_line` bytes is cut off and reported once as Damaged; the rest of it, up to
    its terminator, is skipped. Memory stays bounded however much arrives.
    """

    __slots__ = ("_buffer", "_skipping", "expected", "in_terminator", "max_line", "out_terminator")

    def __init__(self, in_terminator: bytes, out_terminator: bytes, max_line: int) -> None:
        check_number("a line port", "max_line", max_line, "1 byte or more", lambda size: size >= 1)
        self.in_terminator = in_terminator
        self.out_terminator = out_terminator
        self.max_line = max_line
        self.expected = 0  # bytes that end the next message, where no terminator does; 0 if a pause does
        self._buffer = b""
        self._skipping = False

    @property
    def pending(self) -> bytes:
        """What came of a line that is not complete yet."""
        return self._buffer

    def encode(self, message: bytes) -> bytes:
        """The message with its terminator. Raises ValueError if the message itself contains the terminator.

        Text from a client must not smuggle a second command in behind the first.
        """
        if self.out_terminator and self.out_terminator in message:
            raise ValueError(f"it contains the terminator {self.out_terminator!r}")
        return message + self.out_terminator

    def feed(self, chunk: bytes) -> list[bytes | Damaged]:
        """The lines that `chunk` completes, without their terminators."""
        data = self._buffer + chunk if self._buffer else chunk
        if not self.in_terminator:
            self._buffer = data
            if not 0 < self.expected <= len(data):
                return self._overflow()
            message, self._buffer = data[: self.expected], data[self.expected :]
            self.expected = 0
            return [message]
        lines: list[bytes | Damaged] = [*data.split(self.in_terminator)]
        last = lines.pop()
        assert isinstance(last, bytes)
        self._buffer = last
        if self._skipping and lines:  # the end of the long one
            self._skipping = False
            del lines[0]
        if len(data) > self.max_line:
            lines = [self._checked(line) for line in lines]
            lines += self._overflow()
        return lines

    def clear(self) -> bytes:
        """Forget an incomplete line and return it."""
        pending, self._buffer = self._buffer, b""
        self._skipping = False
        return pending

    def _checked(self, line: bytes | Damaged) -> bytes | Damaged:
        if len(line) > self.max_line and isinstance(line, bytes):
            return Damaged(f"is longer than {self.max_line} bytes", line[:64])
        return line

    def _overflow(self) -> list[bytes | Damaged]:
        if self._skipping:
            # keep no more of it than could be the first part of the terminator
            self._buffer = self._buffer[-(len(self.in_terminator) - 1) :] if len(self.in_terminator) > 1 else b""
            return []
        if len(self._buffer) <= self.max_line + len(self.in_terminator):
            return []
        damaged = Damaged(f"is longer than {self.max_line} bytes", self._buffer[:64])
        self._skipping = bool(self.in_terminator)
        self._buffer = self._buffer[-(len(self.in_terminator) - 1) :] if len(self.in_terminator) > 1 else b""
        return [damaged]
