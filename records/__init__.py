"""Records: process variables, groups of them, and record types with EPICS processing. No I/O and no clock."""

from iocbridge_layout import check

check("records")

from records.alarm import NO_ALARM, UNDEFINED, Alarm, Severity, Status
from records.breaktables import breaktable
from records.calc import CalcError, compile_calc
from records.convert import as_field_type, convert, text_of
from records.fieldhooks import FieldSpec, Hook, ScanHook
from records.fieldinst import FieldInst
from records.functions import subroutine
from records.group import PVGroup
from records.host import Host
from records.link import DbLink, Link, LinkError
from records.linkcast import cast
from records.linked import Linked
from records.links import Reading, Service, Sink, Source, Speaker, Unsubscribe, Watched, status_of
from records.linktext import PvLink, parse_link
from records.logs import logs
from records.macros import expand, expand_text
from records.makers import (
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
    scalcout,
    sel,
    seq,
    sseq,
    state,
    stringin,
    stringout,
    sub,
    subArray,
    swait,
    transform,
    waveform,
)
from records.menus import MENU_PINI, SCAN_EVENT, SCAN_IO_INTR, SCAN_PASSIVE
from records.metadata import PLAIN, Metadata
from records.pairs import Pair, get_pv_pair_wrapper
from records.pv import ALARM, LOG, PROPERTY, PV, VALUE, Listener, SkipWrite, clock, rights_watchers
from records.pvfunction import pvfunction
from records.pvproperty import pvproperty
from records.record import Record
from records.resolve import resolve
from records.saving import USUAL_FIELDS, Restore, Saving
from records.spec import PVSpec
from records.states import states
from records.subgroup import SubGroup
from records.types import FieldType, Value

__all__ = [
    "ALARM",  # what changed: the alarm
    "LOG",  # what changed: the value, by more than ADEL
    "MENU_PINI",  # when to process without being asked
    "NO_ALARM",  # the alarm that is none
    "PLAIN",  # metadata of a PV that has none
    "PROPERTY",  # what changed: the metadata
    "PV",  # a value with alarm, time and metadata
    "SCAN_EVENT",  # choices of SCAN that are no periods
    "SCAN_IO_INTR",
    "SCAN_PASSIVE",
    "UNDEFINED",  # the alarm of a record that was never read
    "USUAL_FIELDS",  # the fields that operators adjust, for autosave
    "VALUE",  # what changed: the value, by more than MDEL
    "Alarm",  # status, severity and message
    "CalcError",  # a mistake in an expression, with its column
    "DbLink",  # a link to a PV of the same IOC
    "FieldInst",  # the fields of one record, as PVs
    "FieldSpec",  # the fields of a record type, with hooks
    "FieldType",  # what a field can hold
    "Hook",  # what a group wants run: startup, shutdown, scan
    "Host",  # what a record sees of its IOC
    "Link",  # what a link field leads to
    "LinkError",  # a link has no answer
    "Linked",  # a record, as links know it
    "Listener",  # who is told of changes
    "Metadata",  # units, precision, limits, states
    "PVGroup",  # a class whose body lists PVs
    "PVSpec",  # what stands in that body
    "Pair",  # a setpoint and its readback
    "PvLink",  # the text of a link to a PV
    "Reading",  # one value from an instrument
    "Record",  # a PV that processes
    "Restore",  # what a restored value means to an instrument
    "Saving",  # what of a PV survives a restart
    "ScanHook",  # a method to be called periodically
    "Service",  # something to start and stop with the IOC
    "Severity",  # NO_ALARM, MINOR, MAJOR, INVALID
    "Sink",  # something to write
    "SkipWrite",  # a putter's "leave it as it is"
    "Source",  # something to read
    "Speaker",  # something that speaks unasked
    "Status",  # READ, WRITE, HIHI ...
    "SubGroup",  # a group inside a group
    "Unsubscribe",  # what ends a subscription
    "Value",  # the Python values of fields
    "Watched",  # something that knows whether its wire is up
    "aSub",  # arrays by a Python function
    "aai",  # array input
    "aao",  # array output
    "ai",  # analog input
    "ao",  # analog output
    "as_field_type",  # the field type for a Python type or value
    "bi",  # binary input
    "bo",  # binary output
    "breaktable",  # a curve that LINR of ai and ao can name
    "busy",  # a flag that puts wait for
    "calc",  # calculation
    "calcout",  # calculation that is written
    "cast",  # a value on its way through a link
    "clock",  # where timestamps come from
    "compile_calc",  # an expression in base's CALC language, ready to calculate
    "compress",  # a buffer of values, or of their averages
    "convert",  # any Python value to a field's own kind
    "dfanout",  # one number to many records
    "event",  # posts an event
    "expand",  # macros in names
    "expand_text",  # and in links, fields and questions
    "fanout",  # processes many records
    "get_pv_pair_wrapper",  # makes what specifies such pairs
    "histogram",  # how often a signal was where
    "int64in",  # 64-bit integer input
    "int64out",  # 64-bit integer output
    "logs",  # where `group.log` leads
    "longin",  # 32-bit integer input
    "longout",  # 32-bit integer output
    "lsi",  # long text input
    "lso",  # long text output
    "mbbi",  # multi-bit input: up to sixteen states
    "mbbiDirect",  # a number and its bits, input
    "mbbo",  # multi-bit output
    "mbboDirect",  # a number and its bits, output
    "motor",  # moves an axis
    "parse_link",  # the text of a link, taken apart
    "permissive",  # two flags (obsolete)
    "printf",  # a text from a format
    "pvfunction",  # a function as a group of PVs
    "pvproperty",  # a PV with hooks, as in caproto
    "resolve",  # the PV that a name means
    "rights_watchers",  # who is told that clients may write a PV, or may no longer
    "scalcout",  # calculation with texts that is written
    "sel",  # one of twelve numbers
    "seq",  # writes values one after the other
    "sseq",  # a sequence of numbers and texts to be written
    "state",  # a text (obsolete)
    "states",  # named on/off states, for the filter sync
    "status_of",  # the alarm status that an exception stands for
    "stringin",  # text input
    "stringout",  # text output
    "sub",  # a number by a Python function
    "subArray",  # part of an array
    "subroutine",  # a function that sub and aSub records call
    "swait",  # calculation of PVs by name
    "text_of",  # the text of one element
    "transform",  # sixteen values, of links and of expressions
    "waveform",  # array
]
