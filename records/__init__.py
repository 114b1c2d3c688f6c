"""Records: process variables, groups of them, and record types with EPICS processing. No I/O and no clock."""

from iocbridge_layout import check

check("records")

from records.alarm import NO_ALARM, UNDEFINED, Alarm, Severity, Status
from records.convert import as_field_type, convert, text_of
from records.links import Reading, Sink, Source, Speaker, Unsubscribe, Watched, status_of
from records.metadata import PLAIN, Metadata
from records.pv import ALARM, LOG, PROPERTY, PV, VALUE, Listener, clock
from records.resolve import resolve
from records.types import FieldType, Value

__all__ = [
    "ALARM",
    "LOG",
    "NO_ALARM",
    "PLAIN",
    "PROPERTY",
    "PV",
    "UNDEFINED",
    "VALUE",
    "Alarm",
    "FieldType",
    "Listener",
    "Metadata",
    "Reading",
    "Severity",
    "Sink",
    "Source",
    "Speaker",
    "Status",
    "Unsubscribe",
    "Value",
    "Watched",
    "as_field_type",
    "clock",
    "convert",
    "resolve",
    "status_of",
    "text_of",
]
