"""What a read or a monitor gives: the value, and what its DBR type says about it."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from bridge.ca import ECA, ChannelType, DbrMetadata
from bridge.ca.dbr import EPICS_EPOCH, Elements
from bridge.ca.payload import DataMessage

if TYPE_CHECKING:
    from records import Severity, Status

__all__ = ["Result", "Update", "Value", "result_of", "text_of"]

#: A scalar; or for several elements ``array.array`` (numbers), ``bytes`` (CHAR) or a list of texts (STRING).
Value: TypeAlias = "float | int | str | bytes | list[str] | array[int] | array[float]"  # quoted for Python 3.11

_NOTHING = DbrMetadata()


def text_of(data: bytes) -> str:
    """Text of a STRING, unit or state: UTF-8 where it is that, else Latin-1, which older IOCs write their units in."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


@dataclass(frozen=True, slots=True)
class Result:
    """One value of a PV as DBR type `dbr`, which decides what is known besides the value.

    `data` are the elements as they came: bytes of each STRING, ``bytes`` of CHAR, ``array.array`` of numbers.
    """

    name: str
    dbr: ChannelType
    data: Elements
    metadata: DbrMetadata
    scalar: bool  # the PV never has more than one element

    @property
    def count(self) -> int:
        """Number of elements."""
        return len(self.data)

    @property
    def value(self) -> Value:
        """A single element if the PV is a scalar, otherwise all of them. A CHAR is 0..255."""
        data = self.data
        if isinstance(data, list):
            texts = [text_of(item) for item in data]
            return texts[0] if self.scalar and len(texts) == 1 else texts
        return data[0] if self.scalar and len(data) == 1 else data

    @property
    def text(self) -> str:
        """The value in words: characters up to NUL as one text, an enumeration by its label if that is known."""
        data = self.data
        if isinstance(data, bytes) and not self.scalar:
            return text_of(data.partition(b"\0")[0])
        value = self.value
        labels = self.enum_strings
        if isinstance(value, int) and 0 <= value < len(labels):
            return labels[value]
        return value if isinstance(value, str) else str(list(value)) if isinstance(value, (list, array)) else str(value)

    @property
    def status(self) -> Status | int:
        """Alarm status; NO_ALARM if `dbr` is a plain type. An int if base has no such status."""
        from records import Status  # all record types come with it: not for those who read a value only

        status = self.metadata.status
        return Status(status) if status in Status._value2member_map_ else status

    @property
    def severity(self) -> Severity | int:
        """Alarm severity; NO_ALARM if `dbr` is a plain type. An int if base has no such severity."""
        from records import Severity

        severity = self.metadata.severity
        return Severity(severity) if severity in Severity._value2member_map_ else severity

    @property
    def timestamp(self) -> float | None:
        """Seconds since 1970, UTC; None if there is no time stamp, or an undefined one."""
        meta = self.metadata
        if not meta.seconds and not meta.nanoseconds:
            return None
        return EPICS_EPOCH + meta.seconds + meta.nanoseconds * 1e-9

    @property
    def units(self) -> str:
        """Engineering units; empty unless `dbr` is a GR or CTRL type of a number."""
        return text_of(self.metadata.units)

    @property
    def precision(self) -> int:
        """Digits after the point; 0 unless `dbr` is a GR or CTRL type of FLOAT or DOUBLE."""
        return self.metadata.precision

    @property
    def enum_strings(self) -> tuple[str, ...]:
        """Labels of the states; empty unless `dbr` is GR_ENUM or CTRL_ENUM."""
        return tuple(text_of(label) for label in self.metadata.enum_strings)


@dataclass(frozen=True, slots=True)
class Update:
    """One event of a monitor: a new value, an error, or that the PV is not connected any more."""

    name: str
    connected: bool = True
    result: Result | None = None
    eca: ECA | int = ECA.NORMAL  # why there is no result although the PV is connected
    reason: str = ""  # why it is not connected

    @property
    def value(self) -> Value | None:
        """The new value, if there is one."""
        return None if self.result is None else self.result.value


def result_of(name: str, message: DataMessage, scalar: bool) -> Result:
    """Return what `message` carries. Raises ValueError if it holds less than it says."""
    return Result(name, ChannelType(message.data_type), message.data, message.metadata or _NOTHING, scalar)
