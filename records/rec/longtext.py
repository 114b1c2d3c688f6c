"""What lsi and lso share: text of up to SIZV - 1 bytes."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, ClassVar, Final

from records.convert import convert, cut
from records.field import PROCESSES, Field
from records.rec.text import Text
from records.types import FieldType, Value
from records.written import Begin

__all__ = ["LONG_TEXT", "LongText"]

ULONG: Final = FieldType.ULONG

LONG_TEXT: Final = (
    Field("VAL", FieldType.STRING, "", changes=PROCESSES),
    Field("OVAL", FieldType.STRING, "", size=65536, writable=False),
    Field("SIZV", FieldType.USHORT, 41, writable=False),
    Field("LEN", ULONG, 0, writable=False),
    Field("OLEN", ULONG, 0, writable=False),
)


class LongText(Text):
    """A record whose text may be longer than CA's 39 bytes; clients get the whole as ``NAME.VAL$``."""

    value_type: ClassVar[FieldType] = FieldType.STRING

    sizv: int

    _set = False  # whether there was a text ever

    def accept(self, value: Any) -> Value:
        """Text, cut at SIZV - 1 bytes."""
        text = value if isinstance(value, str) else convert(value, FieldType.STRING, 2)[0]  # type: ignore[index]
        if isinstance(value, (bytes, bytearray)):
            text = value.decode("utf-8", "surrogateescape")
        return cut(str(text), max(self.sizv - 1, 0))

    if not TYPE_CHECKING:  # to a type checker this is the attribute that PV declares

        @property
        def text_size(self) -> int:
            """Room for the text and its closing NUL."""
            return self.sizv

    @property
    def len(self) -> int:
        """Bytes of VAL, with the closing NUL; 0 for a text that was never set."""
        return len(str(self.value).encode("utf-8", "surrogateescape")) + 1 if self._was_set() else 0

    @property
    def olen(self) -> int:
        """Bytes of OVAL, likewise."""
        return len(str(self.oval).encode("utf-8", "surrogateescape")) + 1 if self._was_set() else 0

    def for_out(self) -> tuple[Value, FieldType]:
        """What OUT gets: characters with the closing NUL if it leads to an array of those (``dbPutLinkLS``)."""
        kind = self.link_type("OUT")
        if (kind is FieldType.CHAR or kind is FieldType.UCHAR) and (self.link_elements("OUT") or 1) > 1:
            return str(self.value).encode("utf-8", "surrogateescape") + b"\0", kind
        return self.value, FieldType.STRING

    def _was_set(self) -> bool:
        if not self.udf:
            self._set = True
        return self._set

    def put_field(self, name: str, value: Any) -> Coroutine[Any, Any, None] | None:
        """As for a Record; a UDF written by hand takes no text away."""
        self._was_set()
        return super().put_field(name, value)

    def take_from_link(self, row: Field | None, value: Any, processes: bool) -> Begin | None:
        """Likewise."""
        self._was_set()
        return super().take_from_link(row, value, processes)
