"""Rows that many record types share: ``dbCommon``, and the blocks for input, output, limits, display and simulation.

Source: the ``*Record.dbd`` files of EPICS base 7.0.10. Rows that only the C code can use (``NOACCESS``) are left out.
"""

from __future__ import annotations

from typing import Final

from records.alarm import Severity, Status
from records.breaktables import ConvertField
from records.field import ACTS, CONFIGURES, DESCRIBES, LINK, PROCESSES, RESCANS, Field, numbered
from records.menus import (
    MENU_ALARM_SEVR,
    MENU_ALARM_STAT,
    MENU_CONVERT,
    MENU_IVOA,
    MENU_OMSL,
    MENU_PINI,
    MENU_PRIORITY,
    MENU_SCAN,
    MENU_SIMM,
    MENU_YES_NO,
)
from records.types import FieldType

__all__ = [
    "COMMON",
    "INPUT",
    "deadbands",
    "display",
    "linear",
    "link",
    "menu",
    "output",
    "raw",
    "severities",
    "simulation",
    "soft_channels",
    "value_limits",
]

DOUBLE: Final = FieldType.DOUBLE
LONG: Final = FieldType.LONG
SHORT: Final = FieldType.SHORT
STRING: Final = FieldType.STRING
UCHAR: Final = FieldType.UCHAR
ULONG: Final = FieldType.ULONG
ENUM: Final = FieldType.ENUM
NO_ALARM: Final = Severity.NO_ALARM


def menu(name: str, choices: tuple[str, ...], default: int = 0, *, changes: int = 0, writable: bool = True) -> Field:
    """A row with a menu."""
    return Field(name, ENUM, default, choices, changes=changes, writable=writable)


def severities(*names: str, changes: int = PROCESSES) -> list[Field]:
    """Rows for alarm severities."""
    return [menu(name, MENU_ALARM_SEVR, NO_ALARM, changes=changes) for name in names]


def link(name: str, *, writable: bool = True) -> Field:
    """A row for the text of a link. INP and OUT that are an instrument's points cannot be written all the same."""
    return Field(name, STRING, "", size=256, writable=writable, changes=LINK)


def soft_channels(*others: str) -> Field:
    """DTYP, with the choices besides Soft Channel."""
    return menu("DTYP", ("Soft Channel", *others), writable=False)


COMMON: Final = (
    Field("NAME", STRING, "", size=61, writable=False),
    Field("RTYP", STRING, "", writable=False),
    Field("DESC", STRING, "", size=41),
    Field("ASG", STRING, "", size=29),
    menu("SCAN", MENU_SCAN, changes=RESCANS),
    menu("PINI", MENU_PINI),
    Field("PHAS", SHORT, 0, changes=RESCANS),
    Field("EVNT", STRING, "", changes=RESCANS),
    menu("PRIO", MENU_PRIORITY, changes=RESCANS),
    Field("TSE", SHORT, 0),
    link("TSEL"),
    soft_channels(),
    Field("DISV", SHORT, 1),
    Field("DISA", SHORT, 0),
    link("SDIS"),
    Field("DISP", UCHAR, 0),
    menu("DISS", MENU_ALARM_SEVR, NO_ALARM),
    Field("PROC", UCHAR, 0, changes=ACTS),
    menu("STAT", MENU_ALARM_STAT, Status.UDF, writable=False),
    menu("SEVR", MENU_ALARM_SEVR, NO_ALARM, writable=False),
    Field("AMSG", STRING, "", size=256, writable=False),  # base has 40: too short for port, question and answer
    menu("NSTA", MENU_ALARM_STAT, Status.NO_ALARM, writable=False),
    menu("NSEV", MENU_ALARM_SEVR, NO_ALARM, writable=False),
    Field("NAMSG", STRING, "", writable=False),
    # not for plain puts; DBR_PUT_ACKS and DBR_PUT_ACKT arrive here
    menu("ACKS", MENU_ALARM_SEVR, NO_ALARM, changes=ACTS, writable=False),
    menu("ACKT", MENU_YES_NO, 1, changes=ACTS, writable=False),
    Field("LCNT", UCHAR, 0, writable=False),
    Field("PACT", UCHAR, 0, writable=False),
    Field("PUTF", UCHAR, 0, writable=False),
    Field("RPRO", UCHAR, 0, writable=False),
    Field("TPRO", UCHAR, 0),
    Field("UDF", UCHAR, 1, changes=PROCESSES),
    menu("UDFS", MENU_ALARM_SEVR, Severity.INVALID),
    Field("UTAG", FieldType.UINT64, 0, writable=False),
    link("FLNK"),
)

INPUT: Final = (link("INP"),)


def output(value_type: FieldType) -> list[Field]:
    """Rows of every output record; IVOV is of the type of VAL."""
    return [
        link("OUT"),
        link("DOL"),
        menu("OMSL", MENU_OMSL),
        menu("IVOA", MENU_IVOA),
        Field("IVOV", value_type, "" if value_type is STRING else 0.0 if value_type is DOUBLE else 0),
    ]


def simulation(value_type: FieldType | None, modes: tuple[str, ...] = MENU_YES_NO) -> list[Field]:
    """Rows for simulation; an input record has SVAL of `value_type` besides."""
    rows = [
        link("SIML"),
        menu("SIMM", modes),
        link("SIOL"),
        menu("SIMS", MENU_ALARM_SEVR, NO_ALARM),
        menu("OLDSIMM", MENU_SIMM, writable=False),
        menu("SSCN", MENU_SCAN, 65535),
        Field("SDLY", DOUBLE, -1.0),
    ]
    if value_type is not None:
        if value_type is STRING:
            rows.append(Field("SVAL", STRING, "", changes=PROCESSES))  # pp(TRUE) in stringinRecord.dbd alone
        else:
            rows.append(Field("SVAL", value_type, 0.0 if value_type is DOUBLE else 0))
    return rows


def display(value_type: FieldType) -> list[Field]:
    """EGU, HOPR, LOPR, and PREC for floating point."""
    zero = 0.0 if value_type is DOUBLE else 0
    rows = [Field("EGU", STRING, "", size=16, changes=DESCRIBES)]
    rows += numbered(value_type, zero, "HOPR", "LOPR", changes=DESCRIBES)
    if value_type is DOUBLE:
        rows.append(Field("PREC", SHORT, 0, changes=DESCRIBES))
    return rows


def value_limits(value_type: FieldType, *, drive: bool = False) -> list[Field]:
    """The four alarm limits with their severities and HYST; DRVH and DRVL for outputs."""
    zero = 0.0 if value_type is DOUBLE else 0
    names = ("HIHI", "HIGH", "LOW", "LOLO", *(("DRVH", "DRVL") if drive else ()))
    return [
        *numbered(value_type, zero, *names, changes=PROCESSES | DESCRIBES),
        *severities("HHSV", "HSV", "LSV", "LLSV", changes=PROCESSES | DESCRIBES),
        Field("HYST", value_type, zero),
        Field("LALM", value_type, zero, writable=False),
    ]


def deadbands(value_type: FieldType) -> list[Field]:
    """MDEL and ADEL, and the values that they are measured from."""
    zero = 0.0 if value_type is DOUBLE else 0
    return [
        *numbered(value_type, zero, "MDEL", "ADEL"),
        *numbered(value_type, zero, "MLST", "ALST", writable=False),
    ]


def linear(aslo: float) -> list[Field]:
    """The conversion between raw and engineering units of ai and ao. ASLO is 1 for ai and 0 (the same) for ao."""
    return [
        ConvertField("LINR", ENUM, 0, MENU_CONVERT, changes=PROCESSES | CONFIGURES),
        *numbered(DOUBLE, 0.0, "EGUF", "EGUL", "EOFF", "AOFF", changes=PROCESSES | CONFIGURES),
        Field("ESLO", DOUBLE, 1.0, changes=PROCESSES | CONFIGURES),
        Field("ASLO", DOUBLE, aslo, changes=PROCESSES),
        Field("ROFF", ULONG, 0, changes=PROCESSES),
        Field("INIT", SHORT, 1, writable=False),
        Field("LBRK", SHORT, 0, writable=False),
    ]


def raw(value_type: FieldType, *, readback: bool = False) -> list[Field]:
    """RVAL and its previous value; RBV and its previous value for outputs."""
    rows = [
        soft_channels("Raw Soft Channel", "Async Soft Channel"),
        Field("RVAL", value_type, 0, changes=ACTS),
        Field("ORAW", value_type, 0, writable=False),
    ]
    if readback:
        rows += numbered(value_type, 0, "RBV", "ORBV", writable=False)
    return rows
