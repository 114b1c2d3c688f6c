"""Base's own macLib, called directly: the libCom in the epicscorelibs wheel."""

from __future__ import annotations

import ctypes

from tests.records.calc.base import libcom

__all__ = ["base_expand"]


def base_expand(line: str, definitions: str) -> tuple[str, bool]:
    """A line with its macros expanded, and whether all of them could be."""
    library = libcom()
    library.macExpandString.restype = ctypes.c_long
    handle, pairs = ctypes.c_void_p(), ctypes.POINTER(ctypes.c_char_p)()
    assert library.macCreateHandle(ctypes.byref(handle), None) == 0
    library.macSuppressWarning(handle, 0)
    library.macParseDefns(handle, definitions.encode(), ctypes.byref(pairs))
    library.macInstallMacros(handle, pairs)
    expanded = ctypes.create_string_buffer(4096)
    status = library.macExpandString(handle, line.encode(), expanded, len(expanded))
    library.macDeleteHandle(handle)
    return expanded.value.decode(), status >= 0
