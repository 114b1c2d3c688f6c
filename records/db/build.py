"""Records from definitions: the types by name, each value as its field holds it, aliases as further names."""

from __future__ import annotations

from typing import Any, Final

from records.alarm import Alarm, Severity, Status
from records.breaktables import define
from records.calc import CalcError
from records.db.definitions import Definitions, FieldDef, RecordDef, Text
from records.db.problem import DbSyntaxError, Kind, Position, Problem
from records.db.tables import BreakPoint, break_table
from records.db.values import field_value
from records.field import ACTS, LINK, Field
from records.linktext import Constant, LinkSyntaxError, parse_link
from records.makers import RECORD_TYPES
from records.near import near
from records.place import Place
from records.pv import PV
from records.rec.arrays import ArrayRecord
from records.record import Record
from records.saving import Saving, saving
from records.spec import MAX_NAME, PVSpec
from records.types import FieldType

__all__ = ["Builder"]

_AUTOSAVE: Final = ("autosaveFields", "autosaveFields_pass0", "autosaveFields_pass1")
_UNPROCESSED: Final = Alarm(Status.UDF)  # base: a record with a VAL has it, and no severity, until it processes
_INSTRUMENT: Final = ("INP", "OUT")  # links that may be points of an instrument: a record keeps their texts apart


class Builder:
    """Makes records of definitions. What cannot be made is left out and goes to `problems`."""

    def __init__(self, definitions: Definitions, problems: list[Problem]) -> None:
        self.pvdb: dict[str, PV] = {}
        self.tables: dict[str, list[BreakPoint]] = {}
        self._definitions = definitions
        self._problems = problems

    def build(self) -> dict[str, PV]:
        """All records by their names, then the aliases."""
        for points in self._definitions.tables.values():
            try:
                self.tables[points.name.text] = break_table(points)
                define(points.name.text, self.tables[points.name.text])
            except DbSyntaxError as error:
                self._say(error.position, error.message, f"breaktable {points.name.text}")
        for record in self._definitions.records.values():
            pv = self._record(record)
            if pv is not None:
                self.pvdb[record.name.text] = pv
        for record in self._definitions.records.values():
            for alias in record.aliases:
                self._alias(record.name, alias)
        for pair in self._definitions.aliases:
            self._alias(pair.record, pair.name)
        return self.pvdb

    def _say(self, position: Position, message: str, where: str = "", kind: Kind = Kind.ERROR) -> None:
        self._problems.append(Problem(position, message, where, kind))

    # --- records ------------------------------------------------------------------------------------------------

    def _record(self, record: RecordDef) -> Record | None:
        name = record.name.text
        maker = RECORD_TYPES.get(record.type.text)
        if maker is None:
            known = near(record.type.text, RECORD_TYPES)
            self._say(record.type.position, f"there is no record type {record.type.text!r}{known}", name)
            return None
        if len(name.encode()) > MAX_NAME:
            self._say(
                record.name.position, f"the name has {len(name.encode())} characters; EPICS allows {MAX_NAME}", name
            )
            return None
        record_class: type[Record] = maker.record_class
        values = self._values(record, record_class)
        links: dict[str, str] = {key: values.pop(key) for key in _INSTRUMENT if key in values}
        saved = self._saving(record, record_class)
        value = values.pop("VAL", None)
        given = value is not None
        if _is_constant(links.get(record_class.constant_field) or values.get(record_class.constant_field, "")):
            value = None  # ``recGblInitConstantLink``: the constant is the value
        if issubclass(record_class, ArrayRecord):
            values.setdefault("FTVL", FieldType.STRING)  # as in base; a class body takes the type of the first value
        fields = {key.lower(): one for key, one in values.items()}

        def make(pv_name: str, group: Any) -> Record:
            return record_class(pv_name, value, group=group, links=links, **fields)

        file, line, _ = record.name.position
        spec = PVSpec(make, name=name, saving=saved, record_class=record_class, place=Place(file, line, ""))
        spec.attr = name
        try:
            pv = spec.create()
        except (ValueError, TypeError) as error:
            self._say(record.name.position, str(error), name)
            return None
        if not pv.udf:
            # base looks at UDF before it takes the constants in links
            pv.alarm = _UNPROCESSED if given else Alarm(Status.UDF, pv.udfs, pv.undefined)
            pv.acks = Severity.NO_ALARM
            pv.remember_value()  # which its limits have not seen
        if record.infos:
            pv.info = {info.name.text: info.value.text for info in record.infos.values()}
        return pv

    def _values(self, record: RecordDef, record_class: type[Record]) -> dict[str, Any]:
        """The fields that can be used, as the record holds them."""
        values: dict[str, Any] = {}
        for key, field in record.fields.items():
            where = f"{record.name.text}.{key}"
            row = record_class.fields.get(key)
            if row is None:
                self._say(field.name.position, _no_field(record_class, key), where)
            elif key in ("NAME", "RTYP") or _is_derived(record_class, row.attr):
                self._say(field.name.position, "this field follows from the record and cannot be given", where)
            elif key == "VAL" and "NELM" in record_class.fields:
                self._say(field.name.position, "an array cannot be given here", where)
            else:
                try:
                    values[key] = _value(row, field.value, record_class)
                except DbSyntaxError as error:
                    self._say(error.position, error.message, where)
        return values

    def _saving(self, record: RecordDef, record_class: type[Record]) -> Saving | None:
        """What the tags of synApps's autosave say. The pass is our own affair: fields first, then VAL."""
        names: dict[str, None] = {}
        for tag in _AUTOSAVE:
            if tag in record.infos:
                self._tag(record, record.infos[tag], record_class, names)
        return saving(tuple(names), None, record_class.fields) if names else None

    def _tag(self, record: RecordDef, info: FieldDef, record_class: type[Record], names: dict[str, None]) -> None:
        for key in info.value.text.split():
            row = record_class.fields.get(key)
            if row is None:
                self._say(info.value.position, _no_field(record_class, key), f"{record.name.text}.{info.name.text}")
            elif key != "VAL" and (not row.writable or row.changes & (ACTS | LINK)):
                said = f"{key} is not saved: it is no field that can be restored"
                self._say(info.value.position, said, f"{record.name.text}.{info.name.text}", Kind.WARNING)
            else:
                names[key] = None

    # --- aliases ------------------------------------------------------------------------------------------------

    def _alias(self, record: Text, alias: Text) -> None:
        definition = self._definitions.records.get(record.text)
        target = self.pvdb.get(record.text)
        if alias.text in self._definitions.records or (alias.text in self.pvdb and self.pvdb[alias.text] is not target):
            self._say(alias.position, f"there is a record or an alias {alias.text!r} already", record.text)
        elif definition is None and target is None:
            known = near(record.text, self._definitions.records)
            self._say(record.position, f"there is no record {record.text!r} for an alias{known}", alias.text)
        elif target is not None:  # else what is wrong with the record was said
            self.pvdb[alias.text] = target


def _value(row: Field, text: Text, record_class: type[Record]) -> Any:
    """A value as the field holds it. Raises DbSyntaxError for what does not fit, and for what is no link or no CALC."""
    try:
        value = field_value(row, text.text)
        if row.changes & LINK:
            parse_link(text.text, record_class.link_kind(row.name))
        elif row.name in record_class.expressions:
            record_class.compile_expression(text.text)
    except LinkSyntaxError as error:
        raise DbSyntaxError(text.at(error.column - 1), error.message) from None
    except CalcError as error:
        raise DbSyntaxError(text.at(error.column - 1), str(error)) from None
    except ValueError as error:
        raise DbSyntaxError(text.position, str(error)) from None
    return value


def _is_constant(text: str) -> bool:
    """Whether a link is a value."""
    link = parse_link(text)
    return isinstance(link, Constant) and link.value is not None


def _is_derived(record_class: type[Record], attr: str) -> bool:
    """Whether a field is worked out from others."""
    found = getattr(record_class, attr, None)
    return isinstance(found, property) and found.fset is None


def _no_field(record_class: type[Record], name: str) -> str:
    return f"a record of type {record_class.record_type} has no field {name!r}{near(name, record_class.fields)}"
