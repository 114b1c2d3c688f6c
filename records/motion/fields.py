"""The fields of motor, from motorRecord.dbd, in groups of one kind."""

from __future__ import annotations

from typing import Final

from records.common import COMMON, link, menu, severities
from records.field import DESCRIBES, PROCESSES, Field, Table, numbered, table
from records.menus import MENU_OMSL, MENU_YES_NO
from records.types import FieldType

__all__ = ["FROZEN", "GO", "IN_POSITION", "MOTOR", "MOVE_ONCE", "NEGATIVE", "PAUSED", "STOPPED"]

DOUBLE: Final = FieldType.DOUBLE
SHORT: Final = FieldType.SHORT
LONG: Final = FieldType.LONG

NEGATIVE: Final = 1  # DIR
FROZEN: Final = 1  # FOFF
STOPPED, PAUSED, MOVE_ONCE, GO = range(4)  # SPMG
IN_POSITION: Final = 3  # RMOD

SPMG: Final = ("Stop", "Pause", "Move", "Go")
LIMITS: Final = PROCESSES | DESCRIBES


class _Text(Field):
    """A row whose attribute is not its name: POST is a method of every PV."""

    __slots__ = ()

    @property
    def attr(self) -> str:
        """The attribute."""
        return f"{self.name.lower()}_text"


def _doubles(*names: str, changes: int = 0) -> list[Field]:
    return numbered(DOUBLE, 0.0, *names, changes=changes)


def _shown(kind: FieldType, *names: str) -> list[Field]:
    return numbered(kind, 0.0 if kind is DOUBLE else 0, *names, writable=False)


MOTOR: Final[Table] = table(
    COMMON,
    Field("UDF", FieldType.UCHAR, 0, changes=PROCESSES),
    Field("VERS", FieldType.FLOAT, 0.0, writable=False),
    # where to
    *_doubles("VAL", "DVAL", "RLV", changes=PROCESSES),
    Field("RVAL", LONG, 0, changes=PROCESSES),
    _doubles("TWV"),
    numbered(SHORT, 0, "TWF", "TWR", "HOMF", "HOMR", "JOGF", "JOGR", "STOP", "SYNC", changes=PROCESSES),
    menu("SPMG", SPMG, GO, changes=PROCESSES),
    menu("OMSL", MENU_OMSL),
    link("DOL"),
    # where it is
    _shown(DOUBLE, "RBV", "DRBV", "DIFF", "LVAL", "LDVL", "LRLV", "ALST", "MLST", "RHLM", "RLLM"),
    _shown(LONG, "RRBV", "RMP", "REP", "RDIF", "RVEL", "LRVL"),
    _shown(SHORT, "HLS", "LLS", "RHLS", "RLLS", "MOVN", "TDIR", "CDIR", "ATHM", "RCNT", "MISS", "PP", "CARD"),
    _shown(FieldType.ULONG, "MSTA", "MMAP", "NMAP"),
    Field("MIP", FieldType.USHORT, 0, writable=False),
    Field("DMOV", SHORT, 1, writable=False),
    Field("LVIO", SHORT, 1, writable=False),
    menu("LSPG", SPMG, GO, writable=False),
    # coordinates
    _doubles("OFF", changes=LIMITS),
    menu("FOFF", ("Variable", "Frozen")),
    menu("DIR", ("Pos", "Neg"), changes=LIMITS),
    menu("SET", ("Use", "Set")),
    numbered(SHORT, 0, "FOF", "VOF", "SSET", "SUSE", "IGSET"),
    _doubles("MRES", "ERES", "UREV", changes=LIMITS),
    Field("SREV", LONG, 200, changes=LIMITS),
    _doubles("RRES"),
    menu("UEIP", ("No", "Yes"), changes=PROCESSES),
    menu("URIP", ("No", "Yes"), changes=PROCESSES),
    _doubles("HLM", "LLM", "DHLM", "DLLM", changes=LIMITS),
    # speeds
    _doubles("VELO", "VBAS", "VMAX", "S", "SBAS", "SMAX", "ACCS", "BDST", "BVEL", "SBAK", "JVEL", "JAR", "HVEL"),
    Field("ACCL", DOUBLE, 0.2),
    Field("BACC", DOUBLE, 0.5),
    menu("ACCU", ("Use ACCL", "Use ACCS")),
    Field("FRAC", FieldType.FLOAT, 1.0),
    # coming to rest
    _doubles("RDBD", "SPDB", "DLY"),
    Field("RTRY", SHORT, 10),
    menu("RMOD", ("Default", "Arithmetic", "Geometric", "In-Position")),
    menu("NTM", MENU_YES_NO, 1),
    Field("NTMF", FieldType.USHORT, 2),
    # the rest
    menu("STUP", ("OFF", "ON", "BUSY"), changes=PROCESSES),
    menu("CNEN", ("Disable", "Enable"), changes=PROCESSES),
    _doubles("PCOF", "ICOF", "DCOF"),
    menu("LOCK", MENU_YES_NO),
    menu("RSTM", ("Never", "Always", "NearZero", "Conditional"), 2),
    link("OUT"),
    link("RDBL"),
    link("RLNK"),
    link("STOO"),
    link("DINP"),
    link("RINP"),
    Field("INIT", FieldType.STRING, ""),
    Field("PREM", FieldType.STRING, ""),
    _Text("POST", FieldType.STRING, ""),
    Field("EGU", FieldType.STRING, "", size=16, changes=DESCRIBES),
    Field("PREC", SHORT, 0, changes=DESCRIBES),
    numbered(DOUBLE, 0.0, "HOPR", "LOPR", changes=DESCRIBES),
    _doubles("MDEL", "ADEL"),
    _doubles("HIHI", "LOLO", "HIGH", "LOW", changes=PROCESSES),
    severities("HHSV", "LLSV", "HSV", "LSV", "HLSV"),
)
