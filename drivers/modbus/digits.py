"""Numbers in registers that are no two's complement: BCD, and sign with magnitude. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["DIGITS", "Digits"]


@dataclass(frozen=True, slots=True)
class Digits:
    """Bits that are no ordinary number: `decode` and `encode` get how many bits there are and raise ValueError."""

    decode: Callable[[int, int], int]
    encode: Callable[[int, int], int]
    range: Callable[[int], tuple[int, int]]


def _from_bcd(raw: int, _bits: int = 0) -> int:
    try:
        return int(f"{raw:x}")
    except ValueError:
        raise ValueError(f"{raw:#x} is not BCD") from None


def _to_bcd(value: int, bits: int) -> int:
    if not 0 <= value < 10 ** (bits // 4):
        raise ValueError(f"{value} has too many digits")
    return int(str(value), 16)


def _signed(value: int, raw: int, bits: int) -> int:
    return -value if raw >> bits - 1 else value


def _with_sign(magnitude: int, negative: bool, bits: int) -> int:
    if magnitude >> bits - 1:
        raise ValueError("no room for the sign")
    return magnitude | negative << bits - 1


def _rest(raw: int, bits: int) -> int:
    return raw & (1 << bits - 1) - 1


DIGITS = {
    "bcd": Digits(_from_bcd, _to_bcd, lambda bits: (0, 10 ** (bits // 4) - 1)),
    "signed bcd": Digits(
        lambda raw, bits: _signed(_from_bcd(_rest(raw, bits)), raw, bits),
        lambda value, bits: _with_sign(_to_bcd(abs(value), bits), value < 0, bits),
        lambda bits: (1 - 8 * 10 ** (bits // 4 - 1), 8 * 10 ** (bits // 4 - 1) - 1),
    ),
    "sign": Digits(
        lambda raw, bits: _signed(_rest(raw, bits), raw, bits),
        lambda value, bits: _with_sign(abs(value), value < 0, bits),
        lambda bits: (1 - (1 << bits - 1), (1 << bits - 1) - 1),
    ),
}
