"""ChannelData: a PV as caproto's programs see it. Behind each stands a PV of ours, `pv`, which is what is served.

Differences to our own PVs that such programs count on: an ENUM is its label (a number only until it is first written),
text is a CHAR array, control limits refuse, `name` is ``Group.attribute`` and `pvname` what clients call it.
"""

from __future__ import annotations

import inspect
from array import array
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from bridge.compat.alarm import ChannelAlarm, alarm_of
from bridge.compat.backing import CompatPV, describe, first_value, labels_of, make_record, shape_of, without_deadbands
from bridge.compat.names import CannotExceedLimits, ChannelType, TimeStamp, type_of_field
from records import NO_ALARM, PV, Alarm, FieldType, Metadata, Severity, SkipWrite, Status
from records.limited import LimitedPV
from records.names import LIMITS, described

if TYPE_CHECKING:
    from bridge.compat.fields import RecordFieldGroup

__all__ = ["ChannelData"]

_NUMERIC = ("units", "precision", "value_atol", "log_atol", *LIMITS)


class ChannelData:
    """One PV. `value`, `write`, `alarm`, and what describes it."""

    data_type: ChannelType = ChannelType.LONG
    _text: ClassVar[bool] = False  # whether bytes are text
    _number: ClassVar[bool] = False  # whether a byte is a number
    _fields_class: ClassVar[Any] = None

    pv: PV

    def __class_getitem__(cls, fields: Any) -> Any:
        """``PvpropertyDouble[AiFields]``."""
        return type(cls.__name__, (cls,), {"_fields_class": fields, "__module__": cls.__module__})

    def __init__(
        self,
        *,
        value: Any = None,
        pvname: str = "",
        group: Any = None,
        pvspec: Any = None,
        doc: str | None = None,
        record: Any = None,
        max_length: int | None = None,
        alarm: ChannelAlarm | None = None,
        enum_strings: Any = None,
        string_encoding: str = "latin-1",
        report_as_string: bool = False,
        reported_record_type: str | None = None,
        timestamp: Any = None,
        **options: Any,
    ) -> None:
        self.group = group
        self.pvspec = pvspec
        self.string_encoding = string_encoding
        self.field_inst: Any = None
        self._initial = _NOTHING
        self._putter: Callable[..., Any] | None = None
        self.__doc__ = doc
        unknown = [name for name in options if name not in (*_NUMERIC, *_IGNORED)]
        if unknown:
            raise TypeError(f"{type(self).__name__}: {pvname}: no option {', '.join(unknown)}")
        field_type, count = shape_of(self.data_type, self._text, value, max_length, report_as_string)
        described_by = {name: options[name] for name in _NUMERIC if options.get(name) is not None}
        labels = self._labels(value, enum_strings)
        value = first_value(value, field_type, count)
        if record is not None:
            self.pv = make_record(record, pvname, value, field_type, count, labels, described_by, doc, group)
        else:
            metadata = described(Metadata(states=labels), without_deadbands(described_by))
            number = count == 1 and field_type not in (FieldType.STRING, FieldType.ENUM)
            self.pv = (CompatPV if number else PV)(
                pvname,
                self._inward(value, field_type, count),
                field_type,
                max_count=count,
                metadata=metadata,
                group=group,
            )
            if isinstance(self.pv, LimitedPV):
                self.pv.alarm = self.pv.limit_alarm(self.pv.value)  # type: ignore[arg-type]
            self.pv.record_type = reported_record_type or "caproto"
        if field_type is FieldType.ENUM and value is not None and not isinstance(value, str):
            self._initial = value
            self.pv.listen(self._first_change)
        self.data_type = type_of_field(self.pv.field_type)
        if timestamp is not None:
            self.pv.time_ns = _time_ns(timestamp) or 0
        self.alarm = alarm if alarm is not None else ChannelAlarm()
        self.alarm.add(self.pv)
        if type(self).verify_value is not ChannelData.verify_value or self._has_limits:
            self.pv.putter = self._put_of_client
        if not self.check_access("", "") & 2:
            self.pv.begin_writable(False)

    # --- what a class brings ------------------------------------------------------------------------------------

    def check_access(self, hostname: str, username: str) -> int:
        """1 for reading, 2 for writing; asked once, when the PV is made."""
        return 3

    async def verify_value(self, data: Any) -> Any:
        """What is to become of a value that is to be written; raises if it is not to be."""
        if self._has_limits and isinstance(data, (int, float)):
            low, high = self.pv.metadata.control
            if not low <= data <= high:
                raise CannotExceedLimits(f"{self.pvname}: {data!r} is not within {low:g} .. {high:g}")
        if self._putter is None:
            return data
        answer = self._putter(self, data)
        if inspect.isawaitable(answer):
            answer = await answer
        return data if answer is None else answer

    @property
    def _has_limits(self) -> bool:
        low, high = self.pv.metadata.control
        return isinstance(self.pv, CompatPV) and low < high

    def _labels(self, value: Any, given: Any) -> tuple[str, ...]:
        return labels_of(self.data_type, value, given)

    # --- values -------------------------------------------------------------------------------------------------

    def _first_change(self, pv: PV, changes: int) -> None:
        self._initial = _NOTHING
        pv.unlisten(self._first_change)

    @property
    def value(self) -> Any:
        """The value: a number, text, or several in an ndarray or list."""
        return self._outward(self.pv.value) if self._initial is _NOTHING else self._initial

    def _outward(self, value: Any) -> Any:
        """What a program gets to see of a value of ours."""
        pv = self.pv
        if pv.field_type is FieldType.ENUM and isinstance(value, int):
            states = pv.metadata.states
            return states[value] if value < len(states) else value
        if isinstance(value, bytes):
            return value.rstrip(b"\0").decode(self.string_encoding, "replace") if self._text else value
        if isinstance(value, array):
            import numpy  # caproto's programs reckon with arrays

            return numpy.array(value)
        if pv.field_type is FieldType.UCHAR and isinstance(value, int) and self.data_type == ChannelType.CHAR:
            return value if self._number else bytes((value & 0xFF,))
        return value

    def _inward(self, value: Any, field_type: FieldType | None = None, count: int | None = None) -> Any:
        """What we hold for a value of the program."""
        kind = self.pv.field_type if field_type is None else field_type
        many = (self.pv.max_count if count is None else count) > 1
        if kind is FieldType.UCHAR:
            if isinstance(value, str):
                value = value.encode(self.string_encoding, "replace")
            elif isinstance(value, (list, tuple)) and len(value) == 1 and isinstance(value[0], (str, bytes)):
                return self._inward(value[0], kind, count)
            elif isinstance(value, memoryview):
                value = value.tobytes()
            if not many and isinstance(value, (bytes, bytearray)):
                return value[0] if value else 0
            return value
        if kind is FieldType.STRING and isinstance(value, bytes):
            return value.decode(self.string_encoding, "replace")
        if not many and isinstance(value, (list, tuple)) and len(value) == 1:
            return value[0]
        return value

    async def _put_of_client(self, pv: PV, value: Any) -> Any:
        """The putter of our PV."""
        answer = await self.verify_value(self._outward(value))
        if _skips(answer):
            return SkipWrite
        await self.update_fields(answer)
        return self._inward(answer)

    @property
    def putter(self) -> Callable[..., Any] | None:
        """``await putter(instance, value)``; may be set at any time."""
        return self._putter

    @putter.setter
    def putter(self, putter: Callable[..., Any] | None) -> None:
        self._putter = putter
        if putter is not None:
            self.pv.putter = self._put_of_client

    @property
    def getter(self) -> Any:
        """``await getter(instance)``; may be set at any time."""
        return self.pv.getter

    @getter.setter
    def getter(self, getter: Callable[..., Any]) -> None:
        async def get(pv: PV) -> Any:
            answer = getter(self)
            if inspect.isawaitable(answer):
                answer = await answer
            return None if answer is None else SkipWrite if _skips(answer) else self._inward(answer)

        self.pv.getter = get

    async def update_fields(self, value: Any) -> None:
        """Tell the record that VAL is to be `value`."""
        hook = getattr(self.field_inst, "value_write_hook", None)
        if hook is not None:
            done = hook(self, value)
            if inspect.isawaitable(done):
                await done

    async def write(
        self,
        value: Any,
        *,
        flags: Any = 0,
        verify_value: bool = True,
        update_fields: bool = True,
        timestamp: Any = None,
        status: Any = None,
        severity: Any = None,
        **metadata: Any,
    ) -> None:
        """Write on behalf of the IOC: the putter is asked unless `verify_value` says otherwise."""
        pv = self.pv
        try:
            if verify_value:
                value = await self.verify_value(self._seen(value))
                if _skips(value):
                    return
            if update_fields:
                await self.update_fields(value)
        except SkipWrite:
            return
        except Exception as error:
            pv.post_alarm(Alarm(Status.WRITE, Severity.MAJOR, str(error) or type(error).__name__))
            raise
        if metadata:
            await self.write_metadata(publish=False, **metadata)
        alarm = None
        if status is not None or severity is not None:
            alarm = alarm_of(pv.alarm, status, severity)
        elif pv.alarm.status is Status.WRITE:
            alarm = NO_ALARM
        pv.post(self._inward(value), time_ns=_time_ns(timestamp), alarm=alarm)

    def _seen(self, value: Any) -> Any:
        """A value that the program writes, as its putter is to see it."""
        if self.pv.field_type is FieldType.ENUM and not isinstance(value, str):
            return self._outward(self.pv.accept(value))
        return value

    async def read(self, data_type: Any = None) -> tuple[Any, Any]:
        """The value, the getter being asked first."""
        work = self.pv.fetch()
        if work is not None:
            await work
        return None, self.value

    # --- what describes it --------------------------------------------------------------------------------------

    async def write_metadata(self, *, publish: bool = True, timestamp: Any = None, **options: Any) -> None:
        """Change units, precision, limits, enum_strings, status, severity."""
        status, severity = options.pop("status", None), options.pop("severity", None)
        if status is not None or severity is not None:
            self.pv.post_alarm(alarm_of(self.pv.alarm, status, severity))
        options = {name: option for name, option in options.items() if name not in _IGNORED and option is not None}
        if options:
            await describe(self.pv, options)
        if timestamp is not None:
            self.pv.time_ns = _time_ns(timestamp) or self.pv.time_ns

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "pv" not in self.__dict__:
            raise AttributeError(name)
        metadata = self.pv.metadata
        if name in ("units", "precision"):
            return getattr(metadata, name)
        if name == "enum_strings":
            return metadata.states
        if name in LIMITS:
            side, kind, _ = name.split("_")
            both = getattr(metadata, {"disp": "display", "ctrl": "control"}.get(kind, kind))
            return both[0 if side == "lower" else 1]
        raise AttributeError(f"{type(self).__name__} {self.pvname} has no {name!r}")

    @property
    def pvname(self) -> str:
        """What clients call it."""
        return self.pv.name

    @property
    def name(self) -> str:
        """Group and attribute."""
        attr = self.pvspec.attr if self.pvspec is not None else self.pvname
        return f"{self.group.name}.{attr}" if self.group is not None else str(attr)

    @property
    def max_length(self) -> int:
        """Most elements that there can be."""
        return self.pv.max_count

    @property
    def length(self) -> int:
        """Elements that there are."""
        return self.pv.count

    @property
    def timestamp(self) -> float:
        """Seconds since 1970."""
        return self.pv.timestamp

    @property
    def epics_timestamp(self) -> TimeStamp:
        """The same since 1990."""
        return TimeStamp.from_ns(self.pv.time_ns)

    @property
    def status(self) -> Any:
        """Alarm status."""
        return self.alarm.status

    @property
    def severity(self) -> Any:
        """Alarm severity."""
        return self.alarm.severity

    @property
    def record_type(self) -> str | None:
        """RTYP."""
        return self.pv.record_type

    @property
    def fields(self) -> Mapping[str, Any]:
        """Fields of a record, by name."""
        return self.field_inst.fields if self.field_inst is not None else {}

    def get_field(self, field: str) -> Any:
        """A field of a record, VAL and nothing being itself. Raises KeyError."""
        return self if not field or field == "VAL" else self.fields[field]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.pvname} = {self.value!r}>"

    @classmethod
    def _over(cls, pv: PV, group: RecordFieldGroup | None, attr: str) -> Self:
        """A view of a PV that is there already: a field of a record."""
        data = object.__new__(cls)
        data.__dict__.update(pv=pv, group=group, pvspec=_Attr(attr, attr), string_encoding="utf-8", field_inst=None)
        data.__dict__.update(_initial=_NOTHING, _putter=None, data_type=type_of_field(pv.field_type))
        data.alarm = ChannelAlarm()
        data.alarm.add(pv)
        return data


class _Nothing:
    def __repr__(self) -> str:
        return "<nothing>"


_NOTHING: Any = _Nothing()
_IGNORED = frozenset(
    (
        *("strip_null_terminator", "max_subscription_backlog", "long_string_max_length", "value_type"),
        *("string_encoding", "fields", "scan", "read_only", "lower_ctrl_limit_", "startup", "shutdown", "put", "get"),
    )
)


class _Attr:
    def __init__(self, attr: str, name: str) -> None:
        self.attr, self.name = attr, name


def _skips(answer: Any) -> bool:
    return answer is SkipWrite or isinstance(answer, SkipWrite)


def _time_ns(timestamp: Any) -> int | None:
    if timestamp is None:
        return None
    return timestamp.time_ns if isinstance(timestamp, TimeStamp) else round(float(timestamp) * 1e9)
