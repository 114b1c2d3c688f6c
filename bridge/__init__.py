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
    from bridge.cli.args import ioc_arg_parser, template_arg_parser
    from bridge.cli.program import run
    from bridge.runtime.ioc import Ioc, running
    from bridge.server import ServerConfig
    from records import (
        PVGroup,
        SkipWrite,
        SubGroup,
        aai,
        aao,
        ai,
        ao,
        aSub,
        bi,
        bo,
        busy,
        calc,
        calcout,
        compress,
        dfanout,
        event,
        fanout,
        get_pv_pair_wrapper,
        histogram,
        int64in,
        int64out,
        longin,
        longout,
        lsi,
        lso,
        mbbi,
        mbbiDirect,
        mbbo,
        mbboDirect,
        motor,
        permissive,
        printf,
        pvfunction,
        pvproperty,
        scalcout,
        sel,
        seq,
        sseq,
        state,
        stringin,
        stringout,
        sub,
        subArray,
        subroutine,
        swait,
        transform,
        waveform,
    )

__all__ = [
    "Ioc",  # a running IOC
    "PVGroup",  # a class whose body lists PVs
    "ServerConfig",  # where to serve
    "SkipWrite",  # a putter's "leave it as it is"
    "SubGroup",  # a group inside a group
    "aSub",
    "aai",  # the record types
    "aao",
    "ai",  # the record types
    "ao",
    "bi",
    "bo",
    "busy",
    "calc",
    "calcout",
    "compress",
    "dfanout",
    "event",
    "fanout",
    "get_pv_pair_wrapper",  # setpoints with their readbacks
    "histogram",
    "int64in",
    "int64out",
    "ioc_arg_parser",  # the options of an IOC program
    "longin",
    "longout",
    "lsi",
    "lso",
    "mbbi",
    "mbbiDirect",
    "mbbo",
    "mbboDirect",
    "motor",
    "permissive",
    "printf",
    "pvfunction",  # a function as PVs
    "pvproperty",  # a PV with hooks
    "run",  # serve until Ctrl-C
    "running",  # serve inside an event loop of your own
    "scalcout",
    "sel",
    "seq",
    "sseq",
    "state",
    "stringin",
    "stringout",
    "sub",
    "subArray",
    "subroutine",  # a function that records call
    "swait",
    "template_arg_parser",  # the same, for options of your own besides
    "transform",
    "waveform",
]

# `iocbridge get` needs no records and no server, and should be as quick as caget: what is not asked for is not loaded.
_HOMES = {
    "Ioc": "bridge.runtime.ioc",
    "ServerConfig": "bridge.server",
    "ioc_arg_parser": "bridge.cli.args",
    "run": "bridge.cli.program",
    "running": "bridge.runtime.ioc",
    "template_arg_parser": "bridge.cli.args",
}


def __getattr__(name: str) -> Any:
    if name in __all__:
        found = globals()[name] = getattr(import_module(_HOMES.get(name, "records")), name)
        return found
    raise AttributeError(f"module 'bridge' has no attribute {name!r}")
