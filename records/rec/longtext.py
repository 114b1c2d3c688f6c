"""What lsi and lso share: text of up to SIZV - 1 bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from records.convert import convert, cut
from records.field import PROCESSES, Field
from records.rec.text import Text
from records.types import FieldType, Value

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
        return 0 if self.udf else len(str(self.value).encode("utf-8", "surrogateescape")) + 1

    @property
    def olen(self) -> int:
        """Bytes of OVAL, likewise."""
        return 0 if self.udf else len(str(self.oval).encode("utf-8", "surrogateescape")) + 1
