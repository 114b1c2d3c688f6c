"""iocbridge: turns instruments into EPICS process variables, in a few lines.

::

    from bridge import ai, ao, run
    from devices import Instrument
    from drivers import Ask, SerialPort, Tell

    class Thermostat(Instrument):
        TEMP = ai(inp=Ask("KRDG?"), scan="1 second", egu="K", prec=3, hihi=320, hhsv="MAJOR")
        SP = ao(out=Tell("SETP {:.3f}"), inp=Ask("SETP?"), egu="K", drvl=1.5, drvh=325)

    if __name__ == "__main__":
        run(Thermostat("LAB:", port=SerialPort("/dev/ttyUSB0", 9600)))
"""

from iocbridge_layout import check

check("bridge")

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bridge.cli.run import run
    from bridge.runtime.ioc import Ioc, running
    from bridge.server import ServerConfig
    from records import (
        PVGroup,
        SkipWrite,
        SubGroup,
        ai,
        ao,
        bi,
        bo,
        int64in,
        int64out,
        longin,
        longout,
        lsi,
        lso,
        mbbi,
        mbbo,
        pvproperty,
        stringin,
        stringout,
        waveform,
    )

__all__ = [
    "Ioc",  # a running IOC
    "PVGroup",  # a class whose body lists PVs
    "ServerConfig",  # where to serve
    "SkipWrite",  # a putter's "leave it as it is"
    "SubGroup",  # a group inside a group
    "ai",  # the record types
    "ao",
    "bi",
    "bo",
    "int64in",
    "int64out",
    "longin",
    "longout",
    "lsi",
    "lso",
    "mbbi",
    "mbbo",
    "pvproperty",  # a PV with hooks
    "run",  # serve until Ctrl-C
    "running",  # serve inside an event loop of your own
    "stringin",
    "stringout",
    "waveform",
]

# `iocbridge get` needs no records and no server, and should be as quick as caget: what is not asked for is not loaded.
_HOMES = {
    "Ioc": "bridge.runtime.ioc",
    "ServerConfig": "bridge.server",
    "run": "bridge.cli.run",
    "running": "bridge.runtime.ioc",
}


def __getattr__(name: str) -> Any:
    if name in __all__:
        found = globals()[name] = getattr(import_module(_HOMES.get(name, "records")), name)
        return found
    raise AttributeError(f"module 'bridge' has no attribute {name!r}")
