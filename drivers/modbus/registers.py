"""What a Modbus device holds: registers, coils, and the types of the values in them. Pure data.

A question is frozen data: ``Input(0x0034, FLOAT32)``, ``Holding(2, INT16, scale=0.1, unit=3)``, ``Coil(5)``. Addresses
are those on the wire, counted from 0: what a manual calls 30001 or 40001 is address 0. How bytes become values:
`drivers.modbus.codec`.
"""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import Any, ClassVar, Literal

from drivers.errors import UsageError
from drivers.options import check_number, check_scale

__all__ = [
    "BCD16",
    "BCD32",
    "FLOAT32",
    "FLOAT64",
    "INT16",
    "INT16SM",
    "INT32",
    "INT64",
    "MAX_BITS",
    "MAX_BITS_WRITTEN",
    "MAX_REGISTERS",
    "MAX_REGISTERS_EXCHANGED",
    "MAX_REGISTERS_WRITTEN",
    "SBCD16",
    "SBCD32",
    "STRING",
    "UINT16",
    "UINT32",
    "UINT64",
    "Coil",
    "Discrete",
    "Holding",
    "Input",
    "Question",
    "Type",
    "WordOrder",
    "settled",
]

WordOrder = Literal["big", "little"]

# What one request carries: V1.1b3, 6.1, 6.3, 6.11 and 6.12
MAX_REGISTERS = 125
MAX_BITS = 2000
MAX_REGISTERS_WRITTEN = 123
MAX_BITS_WRITTEN = 1968
MAX_REGISTERS_EXCHANGED = 121  # written by function 23: 6.17


@dataclass(frozen=True, slots=True)
class Type:
    """How registers make a value: `code` is that of the struct module, `registers` how many one value takes.

    `digits` is how the bits make a number, where it is not as usual: "bcd" (a decimal digit in four bits), "signed bcd"
    or "sign" (the highest bit is the sign, the others what follows it). `each` and `pad` are those of `STRING`.
    """

    name: str
    code: str
    registers: int
    digits: Literal["", "bcd", "signed bcd", "sign"] = ""
    each: Literal["both", "high", "low"] = "both"
    pad: str = "\0"

    def __repr__(self) -> str:
        return self.name


INT16 = Type("INT16", "h", 1)
UINT16 = Type("UINT16", "H", 1)
INT32 = Type("INT32", "i", 2)
UINT32 = Type("UINT32", "I", 2)
INT64 = Type("INT64", "q", 4)
UINT64 = Type("UINT64", "Q", 4)
FLOAT32 = Type("FLOAT32", "f", 2)
FLOAT64 = Type("FLOAT64", "d", 4)
INT16SM = Type("INT16SM", "H", 1, "sign")  # sign and magnitude: 0x8005 is -5
BCD16 = Type("BCD16", "H", 1, "bcd")  # 0x1234 is 1234
BCD32 = Type("BCD32", "I", 2, "bcd")
SBCD16 = Type("SBCD16", "H", 1, "signed bcd")  # 0x9234 is -1234: the highest bit is the sign
SBCD32 = Type("SBCD32", "I", 2, "signed bcd")


def STRING(  # noqa: N802 - it stands beside FLOAT32 and its like
    registers: int, *, each: Literal["both", "high", "low"] = "both", pad: str = "\0"
) -> Type:
    """Text in Latin-1 that ends at a NUL or with the registers, blanks at its end left out.

    `each` register holds two characters ("both"), or one in its "high" or "low" byte. `pad` is what a shorter text is
    filled up with when it is written. UsageError for anything else.
    """
    if each not in ("both", "high", "low") or len(pad) != 1 or ord(pad) > 255:
        raise UsageError(f"STRING({registers}): each is 'both', 'high' or 'low', and pad one character")
    details = ("" if each == "both" else f", each={each!r}") + ("" if pad == "\0" else f", pad={pad!r}")
    return Type(f"STRING({registers}{details})", "s", registers, each=each, pad=pad)


# --- questions ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Registers:
    """What `Input` and `Holding` have in common."""

    function: ClassVar[int]
    address: int | str
    type: Type = UINT16
    _: KW_ONLY
    unit: int | str | None = None
    scale: float = 1.0
    offset: float = 0.0
    word_order: WordOrder | None = None
    byte_swap: bool | None = None
    bit: int | None = None
    mask: int | None = None
    count: int = 1

    def __post_init__(self) -> None:
        if not isinstance(self.type, Type):
            raise UsageError(f"register {self.address}: a type is FLOAT32 or its like, or STRING(n), not {self.type!r}")
        for what, value in (("bit", self.bit), ("mask", self.mask)):
            if not isinstance(value, int | None):
                raise UsageError(f"register {self.address}: {what} is a whole number, not {value!r}")
        _check_range(self, self.address, self.size, MAX_REGISTERS)
        if self.word_order not in (None, "big", "little"):
            raise UsageError(f"{self}: word_order is 'big' or 'little', not {self.word_order!r}")
        check_scale(self, self.scale)
        check_number(str(self), "offset", self.offset, "a number", math.isfinite)
        scaled = self.scale != 1.0 or self.offset != 0.0
        if self.type.code == "s" and (scaled or self.count != 1):
            raise UsageError(f"{self}: a text has no scale, offset or count")
        if self.bit is None and self.mask is None:
            return
        if scaled or self.type not in (UINT16, UINT32, UINT64) or self.count != 1:
            raise UsageError(f"{self}: bits are taken from one UINT16, UINT32 or UINT64, without scale or offset")
        width = 16 * self.type.registers
        if self.bit is not None and (self.mask is not None or not 0 <= self.bit < width):
            raise UsageError(f"{self}: bit is one of 0 to {width - 1}, and excludes mask")
        if self.mask is not None and not 1 <= self.mask < 1 << width:
            raise UsageError(f"{self}: mask is one of 1 to {(1 << width) - 1:#x}")

    @property
    def size(self) -> int:
        """Registers that the question covers."""
        return self.type.registers * self.count

    def __str__(self) -> str:
        bits = "" if self.bit is None else f" bit {self.bit}"
        field = "" if self.mask is None else f" mask {self.mask:#06x}"
        many = "" if self.count == 1 else f" x{self.count}"
        return f"{type(self).__name__}({self.address}, {self.type}{many}{bits}{field})"


@dataclass(frozen=True, slots=True)
class Input(_Registers):
    """Input registers, read only (function 4). The arguments are those of `Holding`, but for `fc16`."""

    function: ClassVar[int] = 4


@dataclass(frozen=True, slots=True)
class Holding(_Registers):
    """Holding registers: read (function 3) and written (function 6 for one register, 16 for more).

    The value is ``raw * scale + offset``, or a list of `count` of them. `word_order` says which word of a long value
    has the lower address ("big": the high one, as in most devices; None: as the port says), `byte_swap` exchanges the
    bytes inside each word. `bit` picks one bit (0 is the lowest) as a bool, `mask` a field of bits as an int, of
    UINT16, UINT32 or UINT64: writing either reads the registers first, in the same turn. `unit` None is the port's
    own; a text, of digits when it is bound, is for macros: ``unit="$(u)"``, and so it is with the address, which may be
    a sum: ``Holding("$(base)+3")``. `fc16` writes even one register by function
    16, for devices that know no function 6. `fc22` writes bits by function 22, in one request and without a moment in
    which another master's bits could be lost. `fc23` writes by function 23, for devices that want it so. UsageError if
    they do not fit together.
    """

    function: ClassVar[int] = 3
    fc16: bool = field(default=False, kw_only=True)
    fc22: bool = field(default=False, kw_only=True)
    fc23: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        _Registers.__post_init__(self)  # slots make a new class, which super() without arguments does not know
        if self.fc16 + self.fc22 + self.fc23 > 1:
            raise UsageError(f"{self}: fc16, fc22 and fc23 exclude each other")
        if self.fc22 and (self.size > 1 or (self.bit is None and self.mask is None)):
            raise UsageError(f"{self}: fc22 writes a bit or a mask of one register")


@dataclass(frozen=True, slots=True)
class _Bits:
    """What `Coil` and `Discrete` have in common."""

    function: ClassVar[int]
    address: int | str
    _: KW_ONLY
    unit: int | str | None = None
    count: int = 1

    def __post_init__(self) -> None:
        _check_range(self, self.address, self.count, MAX_BITS)

    @property
    def size(self) -> int:
        """Bits that the question covers."""
        return self.count

    def __str__(self) -> str:
        many = "" if self.count == 1 else f" x{self.count}"
        return f"{type(self).__name__}({self.address}{many})"


@dataclass(frozen=True, slots=True)
class Coil(_Bits):
    """A coil, or `count` of them as a list: read (function 1) and written (function 5 for one, 15 for more)."""

    function: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class Discrete(_Bits):
    """A discrete input, or `count` of them as a list, read only (function 2)."""

    function: ClassVar[int] = 2


Question = Input | Holding | Coil | Discrete


def settled(question: Question) -> Question:
    """With numbers where macros have left texts: "7", and of an address "100+7" too. Raises UsageError for others."""
    unit, address = question.unit, question.address
    if isinstance(unit, str) and unit.isdecimal():
        question = replace(question, unit=int(unit))
    if isinstance(address, str):
        try:
            question = replace(question, address=sum(int(part, 0) for part in address.split("+")))
        except ValueError as error:
            if isinstance(error, UsageError):
                raise
            raise UsageError(f"{question}: an address is a whole number, or several with + between them") from error
    return question


def _check_range(question: object, address: Any, size: Any, most: int) -> None:
    if isinstance(address, str):  # with a macro in it: known when it is bound
        address = 0
    if not isinstance(address, int) or not 0 <= address <= 0xFFFF:
        raise UsageError(f"{question}: an address is one of 0 to 65535 (30001 and 40001 in a manual are 0 here)")
    if not isinstance(size, int) or not 1 <= size <= most:
        raise UsageError(f"{question}: covers {size!r}, and one request carries 1 to {most}")
    if address + size > 0x10000:
        raise UsageError(f"{question}: reaches beyond address 65535")
