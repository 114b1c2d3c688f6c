"""How the bytes of Modbus registers become values. Pure: no wire, no clock.

Data is the *register image*, the bytes as they stand in a frame (Modbus Application Protocol V1.1b3, 4.2: big-endian
words, and coils packed from the lowest bit up).
"""

from __future__ import annotations

import math
import operator
import struct
from collections.abc import Sequence
from typing import Any, Protocol

from drivers.errors import UsageError
from drivers.modbus.digits import DIGITS
from drivers.modbus.registers import Coil, Discrete, Holding, Input, Question, Type, WordOrder

__all__ = ["Codec", "FieldCodec", "codec_for"]


class Codec(Protocol):
    """Turns the register image into a value and back. `offset` counts registers (or bits) from the image's begin."""

    def decode(self, image: bytes, offset: int = 0, /) -> Any:
        """The value. Raises ValueError if the bits are none of this type, which only BCD knows."""
        ...

    def encode(self, value: Any, /) -> bytes:
        """The image to write. Raises UsageError if the value does not fit."""
        ...


def codec_for(question: Question, label: str = "", word_order: WordOrder = "big", byte_swap: bool = False) -> Codec:
    """The codec of a question. `label` begins its error messages; the orders are the port's, for what leaves them open.

    Two orders make four layouts of a 32-bit ABCD: big ABCD, little CDAB, big swapped BADC, little swapped DCBA.
    """
    label = f"{label}: {question}" if label else str(question)
    if isinstance(question, Coil | Discrete):
        return _BitCodec(label, question.count)
    swap = byte_swap if question.byte_swap is None else question.byte_swap
    little = (question.word_order or word_order) == "little"
    if question.bit is not None:
        return FieldCodec(label, question.type, 1 << question.bit, little, swap, single=True)
    if question.mask is not None:
        return FieldCodec(label, question.type, question.mask, little, swap, single=False)
    if question.type.code == "s":
        return _TextCodec(label, question.type, swap)
    return _NumberCodec(label, question, little, swap)


def _swapped(image: bytes) -> bytes:
    """The image with the two bytes of each word exchanged."""
    result = bytearray(len(image))
    result[0::2], result[1::2] = image[1::2], image[0::2]
    return bytes(result)


def _number(label: str, value: Any) -> int | float:
    if isinstance(value, int | float):
        return value
    if not isinstance(value, str | bytes):
        for convert in (operator.index, float):  # numpy's scalars and Decimal are numbers too
            try:
                return convert(value)
            except (TypeError, ValueError):
                continue
    raise UsageError(f"{label}: wants a number, not {value!r}")


def _sequence(label: str, value: Any, count: int) -> Sequence[Any]:
    if isinstance(value, str | bytes) or not hasattr(value, "__len__") or len(value) != count:
        raise UsageError(f"{label}: wants {count} values in a row, not {value!r}")
    return value  # type: ignore[no-any-return] # anything with a length and an order will do


class _NumberCodec:
    def __init__(self, label: str, question: Input | Holding, little: bool, swap: bool) -> None:
        self.label = label
        self._count = question.count
        # Little-endian words with their bytes in order are a little-endian number whose byte pairs were swapped.
        self._struct = struct.Struct(f"{'<' if little else '>'}{question.count}{question.type.code}")
        self._swap = swap != little
        self._type = question.type
        self._digits = DIGITS.get(question.type.digits)
        self._scale, self._offset = question.scale, question.offset
        self._plain = question.scale == 1.0 and question.offset == 0.0
        # Dividing by 10 gives 0.3 where multiplying by 0.1 gives 0.30000000000000004.
        divisor = round(1 / question.scale) if abs(question.scale) <= 0.5 else 0
        self._divisor = divisor if divisor and math.isclose(divisor * question.scale, 1.0, rel_tol=1e-12) else 0

    def decode(self, image: bytes, offset: int = 0, /) -> Any:
        at = 2 * offset
        if self._swap:
            image, at = _swapped(image[at : at + self._struct.size]), 0
        raws: Sequence[float] = self._struct.unpack_from(image, at)
        if self._digits is not None:
            raws = [self._digits.decode(int(raw), 16 * self._type.registers) for raw in raws]
        if self._count == 1:
            return self._scaled(raws[0])
        return [self._scaled(raw) for raw in raws]

    def encode(self, value: Any, /) -> bytes:
        values = (value,) if self._count == 1 else _sequence(self.label, value, self._count)
        raws = [self._raw(_number(self.label, item)) for item in values]
        try:
            if self._digits is not None:
                raws = [self._digits.encode(int(raw), 16 * self._type.registers) for raw in raws]
            image = self._struct.pack(*raws)
        except (struct.error, OverflowError, ValueError) as error:
            raise UsageError(f"{self.label}: {value!r} does not fit {self._span()}") from error
        return _swapped(image) if self._swap else image

    def _scaled(self, raw: float) -> float:
        if self._plain:
            return raw
        return (raw / self._divisor if self._divisor else raw * self._scale) + self._offset

    def _raw(self, value: float) -> float:
        if not self._plain:
            value = value - self._offset
            value = value * self._divisor if self._divisor else value / self._scale
        if self._type.code in "fd":
            return float(value)
        if isinstance(value, float):
            if not math.isfinite(value):
                raise UsageError(f"{self.label}: {value!r} does not fit {self._span()}")
            value = round(value)  # to the nearest, as a record's own conversion does
        return value

    def _span(self) -> str:
        if self._type.code in "fd":
            return str(self._type)
        bits = 16 * self._type.registers
        if self._digits is not None:
            low, high = self._digits.range(bits)
        else:
            low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if self._type.code.islower() else (0, (1 << bits) - 1)
        first, last = sorted((self._scaled(low), self._scaled(high)))
        return f"{self._type} ({first} to {last})"


class _TextCodec:
    def __init__(self, label: str, kind: Type, swap: bool) -> None:
        self.label = label
        self._bytes = 2 * kind.registers
        self._half = {"both": None, "high": 0, "low": 1}[kind.each]
        self._size = self._bytes if self._half is None else kind.registers
        self._pad = kind.pad.encode("latin-1")
        self._swap = swap

    def decode(self, image: bytes, offset: int = 0, /) -> str:
        raw = image[2 * offset : 2 * offset + self._bytes]
        if self._swap:
            raw = _swapped(raw)
        if self._half is not None:
            raw = raw[self._half :: 2]
        return raw.partition(b"\0")[0].decode("latin-1").rstrip()

    def encode(self, value: Any, /) -> bytes:
        if not isinstance(value, str):
            raise UsageError(f"{self.label}: wants a text, not {value!r}")
        try:
            raw = value.encode("latin-1")
        except UnicodeEncodeError as error:
            raise UsageError(f"{self.label}: {value!r} has characters beyond Latin-1") from error
        if len(raw) > self._size:
            raise UsageError(f"{self.label}: {value!r} is longer than {self._size} characters")
        raw = raw.ljust(self._size, self._pad)
        if self._half is not None:
            wide = bytearray(self._bytes)
            wide[self._half :: 2] = raw
            raw = bytes(wide)
        return _swapped(raw) if self._swap else raw


class FieldCodec:
    """Some bits of a value. To write them its registers must be read first: see `merge`."""

    def __init__(self, label: str, kind: Type, mask: int, little: bool, swap: bool, *, single: bool) -> None:
        self.label = label
        self._size = 2 * kind.registers
        self._mask = mask
        self._shift = (mask & -mask).bit_length() - 1
        self._little, self._swap = little, swap
        self._single = single

    def _ordered(self, image: bytes) -> bytes:
        """Big-endian from the order of the registers, and back."""
        if self._swap:
            image = _swapped(image)
        return _swapped(image[::-1]) if self._little else image

    def decode(self, image: bytes, offset: int = 0, /) -> int:
        raw = self._ordered(image[2 * offset : 2 * offset + self._size])
        field = (int.from_bytes(raw, "big") & self._mask) >> self._shift
        return bool(field) if self._single else field

    def encode(self, value: Any, /) -> bytes:
        """The field in its place, all other bits 0."""
        number = _number(self.label, value)
        whole = int(number) if math.isfinite(number) else -1
        if whole != number or whole < 0 or (whole << self._shift) & ~self._mask:
            raise UsageError(f"{self.label}: {value!r} does not fit (0 to {self._mask >> self._shift})")
        return self._ordered((whole << self._shift).to_bytes(self._size, "big"))

    def masks(self, field: bytes) -> bytes:
        """What function 22 takes for an encoded `field`: the bits to keep, and the bits to set."""
        return self._keep().to_bytes(self._size, "big") + field

    def merge(self, image: bytes, field: bytes) -> bytes:
        """The register `image` with an encoded `field` put in."""
        kept = int.from_bytes(image, "big") & self._keep()
        return (kept | int.from_bytes(field, "big")).to_bytes(self._size, "big")

    def _keep(self) -> int:
        """The other bits, in the order of the registers."""
        others = ~self._mask & ((1 << 8 * self._size) - 1)
        return int.from_bytes(self._ordered(others.to_bytes(self._size, "big")), "big")


class _BitCodec:
    def __init__(self, label: str, count: int) -> None:
        self.label = label
        self._count = count

    def decode(self, image: bytes, offset: int = 0, /) -> bool | list[bool]:
        if self._count == 1:
            return bool(image[offset >> 3] >> (offset & 7) & 1)
        bits = int.from_bytes(image, "little") >> offset
        return [bool(bits >> index & 1) for index in range(self._count)]

    def encode(self, value: Any, /) -> bytes:
        values = (value,) if self._count == 1 else _sequence(self.label, value, self._count)
        bits = 0
        for index, item in enumerate(values):
            number = _number(self.label, item)
            if number not in (0, 1):
                raise UsageError(f"{self.label}: a coil is 0 or 1, not {item!r}")
            bits |= int(number) << index
        return bits.to_bytes((self._count + 7) // 8, "little")
