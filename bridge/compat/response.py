"""What reads and monitors give, by caproto's names."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from bridge.ca import ChannelType
from bridge.client import Result
from bridge.compat.names import AlarmSeverity, AlarmStatus, TimeStamp

__all__ = ["Response", "data_type_of", "response_of"]


@dataclass(frozen=True, slots=True)
class Response:
    """`data` is an ndarray of numbers or a list of bytes; `metadata` what the DBR type says besides."""

    data: Any
    data_type: ChannelType
    data_count: int
    metadata: Any
    status: Any = None

    def __repr__(self) -> str:
        return f"Response(data={self.data!r}, data_type={self.data_type!r}, data_count={self.data_count})"


def response_of(result: Result) -> Response:
    """The same in caproto's shape."""
    data: Any = result.data
    if isinstance(data, (array, bytes)):
        import numpy  # caproto's programs expect arrays

        data = numpy.array(data) if isinstance(data, array) else numpy.frombuffer(data, "u1")
    meta = result.metadata
    about = SimpleNamespace(
        timestamp=result.timestamp,
        status=AlarmStatus(int(result.status)),
        severity=AlarmSeverity(int(result.severity)),
        units=meta.units,
        precision=meta.precision,
        enum_strings=meta.enum_strings,
        stamp=TimeStamp.from_unix_timestamp(result.timestamp) if result.timestamp is not None else TimeStamp(),
    )
    for side in ("lower", "upper"):
        for kind in ("disp", "alarm", "warning", "ctrl"):
            setattr(about, f"{side}_{kind}_limit", getattr(meta, f"{side}_{kind}_limit", None))
    return Response(data, result.dbr, result.count, about, SimpleNamespace(success=1, name="ECA_NORMAL"))


def data_type_of(wanted: Any) -> Any:
    """A `data_type` argument as our client wants it; None is the native type."""
    return "native" if wanted is None else wanted
