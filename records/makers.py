"""``ai(...)``, ``ao(...)`` and so on: one line of a class body that makes a record."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from records.convert import cut
from records.field import LINK
from records.linktext import PvLink, lost_mode, parse_link
from records.logs import logs
from records.macros import expand_text
from records.menus import scan_index
from records.near import near
from records.place import Place, here
from records.record import Record
from records.saving import RESTORES, saving
from records.spec import PVSpec

if TYPE_CHECKING:
    from records.field import Field
    from records.group import PVGroup
    from records.motion.record import MotorRecord
    from records.rec.aai import AaiRecord
    from records.rec.aao import AaoRecord
    from records.rec.ai import AiRecord
    from records.rec.ao import AoRecord
    from records.rec.asub import AsubRecord
    from records.rec.bi import BiRecord
    from records.rec.bo import BoRecord
    from records.rec.busy import BusyRecord
    from records.rec.calc import CalcRecord
    from records.rec.calcout import CalcoutRecord
    from records.rec.compress import CompressRecord
    from records.rec.dfanout import DfanoutRecord
    from records.rec.event import EventRecord
    from records.rec.fanout import FanoutRecord
    from records.rec.histogram import HistogramRecord
    from records.rec.int64in import Int64inRecord
    from records.rec.int64out import Int64outRecord
    from records.rec.longin import LonginRecord
    from records.rec.longout import LongoutRecord
    from records.rec.lsi import LsiRecord
    from records.rec.lso import LsoRecord
    from records.rec.mbbi import MbbiRecord
    from records.rec.mbbidirect import MbbiDirectRecord
    from records.rec.mbbo import MbboRecord
    from records.rec.mbbodirect import MbboDirectRecord
    from records.rec.permissive import PermissiveRecord
    from records.rec.printf import PrintfRecord
    from records.rec.scalcout import ScalcoutRecord
    from records.rec.sel import SelRecord
    from records.rec.seq import SeqRecord
    from records.rec.sseq import SseqRecord
    from records.rec.state import StateRecord
    from records.rec.stringin import StringinRecord
    from records.rec.stringout import StringoutRecord
    from records.rec.sub import SubRecord
    from records.rec.subarray import SubArrayRecord
    from records.rec.swait import SwaitRecord
    from records.rec.transform import TransformRecord
    from records.rec.waveform import WaveformRecord

__all__ = [
    "RECORD_TYPES",
    "RecordMaker",
    "aSub",
    "aai",
    "aao",
    "ai",
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
    "histogram",
    "int64in",
    "int64out",
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
    "scalcout",
    "sel",
    "seq",
    "sseq",
    "state",
    "stringin",
    "stringout",
    "sub",
    "subArray",
    "swait",
    "transform",
    "waveform",
]

R = TypeVar("R", bound=Record)

#: What a record is told beside its fields; for hints.
_KEYWORDS = ("value", "name", "doc", "inp", "out", "scan", "pini", "read_only", "autosave", "restore", "on_connect")


class RecordMaker(Generic[R]):
    """Makes the specification of a record of one type, whose module is imported when somebody asks for the type."""

    record_class: type[R]  # see __getattr__

    def __init__(self, module: str, class_name: str) -> None:
        self._where = module, class_name

    def __getattr__(self, name: str) -> Any:
        if name != "record_class":
            raise AttributeError(f"{self!r} has no attribute {name!r}")
        module, class_name = self._where
        self.record_class = getattr(import_module(module), class_name)
        return self.record_class

    def __call__(
        self,
        value: Any = None,
        *,
        name: str | None = None,
        doc: str = "",
        inp: Any = None,
        out: Any = None,
        scan: str | float | None = None,
        pini: bool | str | None = None,
        read_only: bool = False,
        autosave: bool | Iterable[str] = False,
        restore: str | None = None,
        on_connect: str | None = None,
        **fields: Any,
    ) -> PVSpec[R]:
        """Specify a record.

        Args:
            value: VAL to begin with; a record without INP and without a value is undefined (UDF).
            name: the PV's name after the group's prefix; the attribute's name if None.
            doc: the description; what fits of its first line is DESC.
            inp: what to read: a question for the group's port, anything with `read`, or a link such as
                ``"OTHER.VAL CP MS"``.
            out: what to write, likewise.
            scan: ``"1 second"``, ``1.0`` (seconds), ``"I/O Intr"``, ``"Event"`` or ``"Passive"``.
            pini: whether to process once when the IOC starts.
            read_only: clients may not write.
            autosave: whether the value is to survive restarts, or the names of what is (``("VAL", "HIHI")``).
            restore: ``"device"``, ``"push"`` or ``"leave"``: what a restored value means to the instrument, see Saving.
            on_connect: what happens whenever the link to the instrument comes up: ``"device"``, INP is read (the
                default with an INP); ``"push"``, the value is written; ``"leave"``, nothing (the default without).
            fields: any field of the record type in lower case: ``egu="K"``, ``hihi=320``, ``hhsv="MAJOR"``. Texts, of
                links above all, take macros of the group, and ``$(P)`` for its prefix: ``inpa="$(P)TEMP CP MS"``.

        Raises TypeError for a field that the type does not have, ValueError for a value that does not fit.
        """
        place = here()
        record_class = self.record_class
        rtyp = record_class.record_type
        texts = [field for field, text in fields.items() if isinstance(text, str) and "$(" in text]
        try:
            if out is not None and "OUT" not in record_class.fields:
                raise TypeError(f"{rtyp} has no OUT: it cannot write")
            if doc:
                fields.setdefault("desc", cut(doc.strip().partition("\n")[0], record_class.fields["DESC"].size - 1))
            if scan is not None:
                fields["scan"] = scan_index(scan)
            if pini is not None:
                fields["pini"] = pini
            for field in texts:
                self._row(field)
            given = self.checked({field: given for field, given in fields.items() if field not in texts})
            _warn_of_links(record_class, {"inp": inp, "out": out, **fields}, place)
            saved = saving(autosave, restore, record_class.fields)
            _check_on_connect(on_connect, inp, out)
        except (TypeError, ValueError) as error:
            raise place.told(error) from None

        def make(pv_name: str, group: PVGroup | None) -> R:
            links: dict[str, Any] = {}
            shown: dict[str, str] = {}
            for key, link, method in (("inp", inp, "read"), ("out", out, record_class.out_method)):
                if link is not None:
                    links[key] = bound = _bound(key, link, spec, group, method)
                    shown[key.upper()] = bound if isinstance(bound, str) else str(link)
            try:
                filled = {field: _filled(fields[field], group) for field in texts}
                converted = given | self.checked(filled) if filled else given
                record = record_class(pv_name, value, group=group, links=shown, converted=converted, **links)
                if on_connect is not None:
                    record.on_connect = on_connect  # type: ignore[attr-defined]  # checked above: it has an OUT
                return record
            except ValueError as error:
                raise ValueError(f"{_at(spec, group)}: {rtyp}({value!r}): {error} ({place})") from None

        spec = PVSpec(
            make, name=name, doc=doc, read_only=read_only, saving=saved, record_class=record_class, place=place
        )
        return spec

    def checked(self, fields: dict[str, Any]) -> dict[str, Any]:
        """The fields as the record holds them. Raises TypeError or ValueError."""
        checked = {}
        for attr, value in fields.items():
            row = self._row(attr)
            try:
                row.check_size(value)
                checked[attr] = row.convert(value)
            except ValueError as error:
                raise ValueError(f"{self.record_class.record_type}: {attr}={value!r}: {error}") from None
        return checked

    def _row(self, attr: str) -> Field:
        rows = self.record_class.fields
        row = rows.get(attr.upper()) if attr.islower() and attr != "val" else None
        if row is None:
            known = (*_KEYWORDS, *(name.lower() for name in rows))
            raise TypeError(f"{self.record_class.record_type} has no field {attr!r}{near(attr, known)}")
        return row

    def __repr__(self) -> str:
        return f"<maker of {self._where[1]}s>"


def _warn_of_links(record_class: type[Record], given: dict[str, Any], place: Place) -> None:
    for attr, text in given.items():
        row = record_class.fields.get(attr.upper()) if isinstance(text, str) and " CP" in text else None
        if row is None or not row.changes & LINK:
            continue
        link = parse_link(text, record_class.link_kind(row.name))
        lost = lost_mode(text, link) if isinstance(link, PvLink) else ""
        if lost:
            log = logs.logger("iocbridge.links")
            log.warning("%s: %s=%r: %s (%s)", place.where or record_class.record_type, attr, text, lost, place)


def _check_on_connect(on_connect: str | None, inp: Any, out: Any) -> None:
    if on_connect is None:
        return
    if on_connect not in RESTORES:
        raise ValueError(f"on_connect={on_connect!r}: choose one of {', '.join(map(repr, RESTORES))}")
    if out is None:
        raise TypeError(f"on_connect={on_connect!r} is for records that write: there is no OUT")
    if on_connect == "device" and inp is None:
        raise TypeError("on_connect='device' reads INP, and there is none")


def _bound(kind: str, link: Any, spec: PVSpec[Any], group: PVGroup | None, method: str) -> Any:
    if isinstance(link, str):  # the text of a link, for the record to take apart
        try:
            return _filled(link, group)
        except ValueError as error:
            raise ValueError(f"{_at(spec, group)}: {kind}: {error}") from None
    if method not in ("read", "write") and hasattr(link, method):
        return link
    try:
        bound = group.bind(link, group) if group is not None else link
    except (TypeError, ValueError) as error:
        kind_of = TypeError if isinstance(error, TypeError) else ValueError
        raise kind_of(f"{_at(spec, group)}: {kind}={link}: {error}") from error
    if not hasattr(bound, method) and not (kind == "inp" and hasattr(bound, "subscribe")):
        raise TypeError(f"{_at(spec, group)}: {kind}={link}: a {type(bound).__name__} has no `{method}`")
    if why := getattr(bound, "unreadable" if kind == "inp" else "unwritable", ""):  # see `records.links`
        raise TypeError(f"{_at(spec, group)}: {kind}= of {why} ({spec.place})")
    return bound


def _filled(text: str, group: PVGroup | None) -> str:
    """The text with its macros replaced, $(P) being the prefix. Raises ValueError for one that nobody defined."""
    return text if group is None else expand_text(text, {"P": group.prefix, **group.macros})


def _at(spec: PVSpec[Any], group: PVGroup | None) -> str:
    return f"{type(group).__name__}.{spec.attr}" if group is not None else spec.where


aai: RecordMaker[AaiRecord] = RecordMaker("records.rec.aai", "AaiRecord")
aao: RecordMaker[AaoRecord] = RecordMaker("records.rec.aao", "AaoRecord")
ai: RecordMaker[AiRecord] = RecordMaker("records.rec.ai", "AiRecord")
ao: RecordMaker[AoRecord] = RecordMaker("records.rec.ao", "AoRecord")
bi: RecordMaker[BiRecord] = RecordMaker("records.rec.bi", "BiRecord")
bo: RecordMaker[BoRecord] = RecordMaker("records.rec.bo", "BoRecord")
calc: RecordMaker[CalcRecord] = RecordMaker("records.rec.calc", "CalcRecord")
calcout: RecordMaker[CalcoutRecord] = RecordMaker("records.rec.calcout", "CalcoutRecord")
busy: RecordMaker[BusyRecord] = RecordMaker("records.rec.busy", "BusyRecord")
compress: RecordMaker[CompressRecord] = RecordMaker("records.rec.compress", "CompressRecord")
histogram: RecordMaker[HistogramRecord] = RecordMaker("records.rec.histogram", "HistogramRecord")
int64in: RecordMaker[Int64inRecord] = RecordMaker("records.rec.int64in", "Int64inRecord")
int64out: RecordMaker[Int64outRecord] = RecordMaker("records.rec.int64out", "Int64outRecord")
longin: RecordMaker[LonginRecord] = RecordMaker("records.rec.longin", "LonginRecord")
longout: RecordMaker[LongoutRecord] = RecordMaker("records.rec.longout", "LongoutRecord")
lsi: RecordMaker[LsiRecord] = RecordMaker("records.rec.lsi", "LsiRecord")
lso: RecordMaker[LsoRecord] = RecordMaker("records.rec.lso", "LsoRecord")
mbbi: RecordMaker[MbbiRecord] = RecordMaker("records.rec.mbbi", "MbbiRecord")
mbbiDirect: RecordMaker[MbbiDirectRecord] = RecordMaker("records.rec.mbbidirect", "MbbiDirectRecord")
mbbo: RecordMaker[MbboRecord] = RecordMaker("records.rec.mbbo", "MbboRecord")
mbboDirect: RecordMaker[MbboDirectRecord] = RecordMaker("records.rec.mbbodirect", "MbboDirectRecord")
stringin: RecordMaker[StringinRecord] = RecordMaker("records.rec.stringin", "StringinRecord")
stringout: RecordMaker[StringoutRecord] = RecordMaker("records.rec.stringout", "StringoutRecord")
dfanout: RecordMaker[DfanoutRecord] = RecordMaker("records.rec.dfanout", "DfanoutRecord")
fanout: RecordMaker[FanoutRecord] = RecordMaker("records.rec.fanout", "FanoutRecord")
motor: RecordMaker[MotorRecord] = RecordMaker("records.motion.record", "MotorRecord")
permissive: RecordMaker[PermissiveRecord] = RecordMaker("records.rec.permissive", "PermissiveRecord")
scalcout: RecordMaker[ScalcoutRecord] = RecordMaker("records.rec.scalcout", "ScalcoutRecord")
sel: RecordMaker[SelRecord] = RecordMaker("records.rec.sel", "SelRecord")
seq: RecordMaker[SeqRecord] = RecordMaker("records.rec.seq", "SeqRecord")
sseq: RecordMaker[SseqRecord] = RecordMaker("records.rec.sseq", "SseqRecord")
state: RecordMaker[StateRecord] = RecordMaker("records.rec.state", "StateRecord")
aSub: RecordMaker[AsubRecord] = RecordMaker("records.rec.asub", "AsubRecord")  # as base calls it
printf: RecordMaker[PrintfRecord] = RecordMaker("records.rec.printf", "PrintfRecord")
sub: RecordMaker[SubRecord] = RecordMaker("records.rec.sub", "SubRecord")
event: RecordMaker[EventRecord] = RecordMaker("records.rec.event", "EventRecord")
subArray: RecordMaker[SubArrayRecord] = RecordMaker("records.rec.subarray", "SubArrayRecord")
swait: RecordMaker[SwaitRecord] = RecordMaker("records.rec.swait", "SwaitRecord")
transform: RecordMaker[TransformRecord] = RecordMaker("records.rec.transform", "TransformRecord")
waveform: RecordMaker[WaveformRecord] = RecordMaker("records.rec.waveform", "WaveformRecord")

#: The maker of each record type, by RTYP.
RECORD_TYPES: dict[str, RecordMaker[Any]] = {
    "aai": aai,
    "aao": aao,
    "ai": ai,
    "ao": ao,
    "aSub": aSub,
    "bi": bi,
    "bo": bo,
    "busy": busy,
    "calc": calc,
    "calcout": calcout,
    "compress": compress,
    "dfanout": dfanout,
    "event": event,
    "fanout": fanout,
    "histogram": histogram,
    "int64in": int64in,
    "int64out": int64out,
    "longin": longin,
    "longout": longout,
    "lsi": lsi,
    "lso": lso,
    "mbbi": mbbi,
    "mbbiDirect": mbbiDirect,
    "mbbo": mbbo,
    "mbboDirect": mbboDirect,
    "motor": motor,
    "permissive": permissive,
    "printf": printf,
    "scalcout": scalcout,
    "sel": sel,
    "seq": seq,
    "sseq": sseq,
    "state": state,
    "stringin": stringin,
    "stringout": stringout,
    "sub": sub,
    "subArray": subArray,
    "swait": swait,
    "transform": transform,
    "waveform": waveform,
}
