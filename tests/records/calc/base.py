"""Base's own CALC engine, called directly: ``postfix`` and ``calcPerform`` of the libCom in the epicscorelibs wheel."""

from __future__ import annotations

import ctypes
import importlib.util
from functools import cache
from pathlib import Path

__all__ = ["available", "base_error", "base_result", "libcom"]


def available() -> bool:
    """Whether the wheel is here (it is made for x86-64)."""
    return importlib.util.find_spec("epicscorelibs") is not None


@cache
def libcom() -> ctypes.CDLL:
    """The library."""
    spec = importlib.util.find_spec("epicscorelibs")
    assert spec is not None
    assert spec.origin is not None
    (path,) = (Path(spec.origin).parent / "lib").glob("libCom.so.*")
    library = ctypes.CDLL(str(path))
    library.calcErrorStr.restype = ctypes.c_char_p
    return library


def _postfix(text: str) -> tuple[ctypes.Array[ctypes.c_char], int]:
    code, error = ctypes.create_string_buffer(len(text) * 21 + 64), ctypes.c_short()
    libcom().postfix(text.encode(), code, ctypes.byref(error))
    return code, error.value


def base_error(text: str) -> str | None:
    """What base says against an expression; None if it compiles."""
    _, error = _postfix(text)
    return libcom().calcErrorStr(error).decode() if error else None


def base_result(text: str, args: list[float]) -> tuple[float, list[float]] | None:
    """The result, and the arguments after it, for `args` A to U and VAL; None if base cannot calculate it."""
    code, error = _postfix(text)
    assert not error, text
    values = (ctypes.c_double * 21)(*args[:21])
    result = ctypes.c_double(args[21])
    if libcom().calcPerform(values, ctypes.byref(result), code):
        return None
    return result.value, list(values)
