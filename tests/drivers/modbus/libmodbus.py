"""A Modbus server of libmodbus, run by itself: ``python libmodbus.py tcp 0`` or ``rtu /dev/pts/3``.

It prints its TCP port, or "ready".
libmodbus (https://libmodbus.org) is what most devices with a Linux inside answer with. It is used here through ctypes,
so that no compiler is needed. Registers 0 to 99 of each kind hold their number, each third bit is on.
"""

from __future__ import annotations

import contextlib
import ctypes as c
import ctypes.util
import socket
import sys

NAME = "libmodbus.so.5"


class Mapping(c.Structure):
    """``modbus_mapping_t`` of modbus.h, version 3.1."""

    _fields_ = [
        *((f"{what}_{kind}", c.c_int) for kind in ("bits", "input_bits", "input", "regs") for what in ("nb", "start")),
        ("tab_bits", c.POINTER(c.c_uint8)),
        ("tab_input_bits", c.POINTER(c.c_uint8)),
        ("tab_input_registers", c.POINTER(c.c_uint16)),
        ("tab_registers", c.POINTER(c.c_uint16)),
    ]


def library() -> c.CDLL | None:
    """libmodbus, or None where it is not installed."""
    try:
        found = c.CDLL(ctypes.util.find_library("modbus") or NAME, use_errno=True)
    except OSError:
        return None
    found.modbus_new_tcp.restype = found.modbus_new_rtu.restype = c.c_void_p
    found.modbus_mapping_new.restype = c.POINTER(Mapping)
    return found


def main(kind: str, where: str) -> None:
    """Answer until killed."""
    lib = library()
    assert lib is not None
    mapping = lib.modbus_mapping_new(100, 100, 100, 100)
    for number in range(100):
        mapping.contents.tab_bits[number] = mapping.contents.tab_input_bits[number] = number % 3 == 0
        mapping.contents.tab_registers[number] = mapping.contents.tab_input_registers[number] = number
    request = c.create_string_buffer(260)
    if kind == "rtu":
        modbus = c.c_void_p(lib.modbus_new_rtu(where.encode(), 115200, c.c_char(b"N"), 8, 1))
        lib.modbus_set_slave(modbus, 1)
        assert lib.modbus_connect(modbus) == 0
        print("ready", flush=True)
        serve(lib, modbus, mapping, request)
        return
    modbus = c.c_void_p(lib.modbus_new_tcp(b"127.0.0.1", 0))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            with contextlib.closing(connection):
                lib.modbus_set_socket(modbus, connection.fileno())
                serve(lib, modbus, mapping, request)


def serve(lib: c.CDLL, modbus: c.c_void_p, mapping: object, request: c.Array[c.c_char]) -> None:
    """One connection, to its end."""
    while (size := lib.modbus_receive(modbus, request)) >= 0:
        if size > 0:
            lib.modbus_reply(modbus, request, size, mapping)


if __name__ == "__main__":
    main(*sys.argv[1:])
