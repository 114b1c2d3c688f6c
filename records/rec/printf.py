"""printf: a text made of a format and up to ten values of other records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final

from records.common import COMMON, link, soft_channels
from records.convert import cut
from records.field import PROCESSES, Field, Table, table
from records.link import LinkError
from records.pv import LOG, VALUE, clock
from records.rec.formats import Directive, directives
from records.rec.longtext import LongText
from records.rec.soft import Soft, link_rows
from records.types import FieldType

__all__ = ["PrintfRecord"]

STRING: Final = FieldType.STRING
INPUTS: Final = "0123456789"
SMALLEST, LARGEST = 16, 0x7FFF  # SIZV
#: What a directive reads from its link, by its letter and its h and l (``doPrintf`` of printfRecord.c).
SIGNED: Final = {"": FieldType.LONG, "hh": FieldType.CHAR, "h": FieldType.SHORT, "ll": FieldType.INT64}
UNSIGNED: Final = {"": FieldType.ULONG, "hh": FieldType.UCHAR, "h": FieldType.USHORT, "ll": FieldType.UINT64}


class PrintfRecord(Soft, LongText):
    """Reads INP0 ... INP9 for the directives of FMT, and writes the text to OUT. IVLS stands for what has no answer."""

    record_type = "printf"
    value_type = STRING
    fields: ClassVar[Table] = table(
        COMMON,
        Field("VAL", STRING, "", changes=PROCESSES),
        Field("SIZV", FieldType.USHORT, 41, writable=False),
        Field("LEN", FieldType.ULONG, 0, writable=False),
        link("OUT"),
        soft_channels("Async Soft Channel"),
        Field("FMT", STRING, "", size=81, changes=PROCESSES),
        Field("IVLS", STRING, "LNK", size=16),
        link_rows("INP", INPUTS),
    )

    sizv: int
    fmt: str
    ivls: str

    _length = 0

    @property
    def len(self) -> int:
        """Bytes of the text that the last processing has made, with the closing NUL."""
        return self._length

    def configure(self, value: Any) -> None:
        """Keep SIZV within what is possible."""
        self.sizv = max(SMALLEST, min(LARGEST, self.sizv))

    def process_record(self) -> None:
        """``process`` of printfRecord.c."""
        self._inputs = iter(INPUTS)
        room = self.sizv - 1
        text = b""
        for one in directives(self.fmt):
            if len(text) >= room:
                break
            said = one if isinstance(one, str) else self._said(one, room - len(text))
            text += said.encode("utf-8", "surrogateescape")
        text = text[:room]
        self._length = len(text) + 1
        self.value = cut(text.decode("utf-8", "surrogateescape"), room)
        if self.link_elements("OUT") is not None:  # one that leads nowhere yet is no alarm (``dbPutLinkLS``)
            self.drive("OUT", *self.for_out())
        self.udf = 0
        self.time_ns = clock.now_ns()
        self.finish_written()

    _inputs: Iterator[str] = iter("")  # those that no directive has read yet

    def _said(self, one: Directive, room: int) -> str:
        """The text of one directive."""
        numbers = [self._input(FieldType.SHORT) for _ in one.stars]
        if None in numbers:
            return self.ivls
        if one.bad:
            return one.text
        one = one.filled(numbers)
        if one.letter == "%":
            return "%"
        if one.letter == "s" and one.size == "l":
            value = self._long_text(one, room)
            one = one._replace(precision=None)
        else:
            value = self._input(_kind(one))
        return self.ivls if value is None else one.format(value)

    def _input(self, kind: FieldType, count: int = 1) -> Any:
        """The value of the next input, None if there is none."""
        name = next(self._inputs, None)
        if name is None:
            return None
        name = f"INP{name}"
        try:
            if self.is_linked(name):
                return self.read_link(name, kind, None, count)
            return self.constant_link(name, kind, count)
        except (LinkError, ValueError):
            return None

    def _long_text(self, one: Directive, room: int) -> str | None:
        """The characters of an array, up to the precision and to the room there is."""
        limit = min(room, one.precision) if one.precision else room
        value = self._input(FieldType.CHAR, max(limit, 2))
        if value is None:
            return None
        raw = value if isinstance(value, bytes) else bytes([value & 0xFF])
        return raw[:limit].partition(b"\0")[0].decode("utf-8", "surrogateescape")

    def monitor(self) -> int:
        """VALUE and LOG always."""
        return VALUE | LOG


def _kind(one: Directive) -> FieldType:
    """As what a directive reads its input."""
    if one.letter == "s":
        return STRING
    if one.letter == "c":
        return FieldType.CHAR
    if one.letter in "eEfFgG":
        return FieldType.FLOAT if one.size == "h" else FieldType.DOUBLE
    return (SIGNED if one.letter in "di" else UNSIGNED)[one.size if one.size != "l" else ""]
