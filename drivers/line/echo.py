"""What an instrument, or a two-wire adapter, sends back of what it was sent."""

from __future__ import annotations

from drivers.line.framing import Framing, Lines

__all__ = ["Echo"]


class Echo:
    """The echo that is expected of the last message.

    Where terminators end lines it is looked for among the lines, so that an event may come before it; elsewhere
    (`of_bytes`) it is what comes first.
    """

    __slots__ = ("_bytes", "_end", "_text", "alone", "of_bytes")

    def __init__(self, framing: Framing) -> None:
        self.of_bytes = not (isinstance(framing, Lines) and framing.in_terminator)
        self.alone = False  # nothing but the echo will come
        self._end = framing.out_terminator.decode("latin-1") if isinstance(framing, Lines) else ""
        self._text = ""
        self._bytes = b""

    @property
    def expected(self) -> bool:
        """It has not (all) come yet."""
        return bool(self._bytes)

    def was_all(self) -> bool:
        """It has come, and no reply will."""
        return self.alone and not self._bytes

    def expect(self, data: bytes, text: str) -> None:
        """`text` was sent, as `data`."""
        self.alone = False
        self._bytes = data
        self._text = text.strip("\r\n")

    def strip(self, line: str) -> str | None:
        """What is left of the line after the echo, or None if the echo is another."""
        self._bytes = b""
        if line.strip("\r\n") == self._text:
            return ""
        if self._end and line.startswith(self._text + self._end):  # an adapter echoes a terminator that ends no reply
            return line[len(self._text + self._end) :]
        return None

    def strip_bytes(self, chunk: bytes) -> bytes | None:
        """The same for a piece of the wire."""
        size = min(len(chunk), len(self._bytes))
        same = chunk[:size] == self._bytes[:size]
        self._bytes = self._bytes[size:] if same else b""
        return chunk[size:] if same else None
