"""Messages that carry a value: the payload stays as it came, and is read when somebody asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bridge.ca.dbr import (
    BASE_TYPE,
    ELEMENT_SIZE,
    LAST_TYPE,
    METADATA_SIZE,
    DbrMetadata,
    decode_elements,
    decode_metadata,
    encode_elements,
    encode_metadata,
)
from bridge.ca.errors import LocalProtocolError
from bridge.ca.message import Message

if TYPE_CHECKING:
    from bridge.ca.dbr import Elements

__all__ = ["ChannelDataMessage", "DataMessage", "needed_size", "pack_data"]

_NOTHING = DbrMetadata()


def needed_size(data_type: int, data_count: int) -> int:
    """Fewest bytes that a payload of this type and count can have.

    The last STRING may stop after its NUL: libca and rsrv cut a single one short to its text.
    """
    size = ELEMENT_SIZE[BASE_TYPE[data_type]]
    elements = data_count * size if size != 40 or not data_count else (data_count - 1) * size + 1
    return METADATA_SIZE[data_type] + elements


def pack_data(data: Any, data_type: int, data_count: int, metadata: DbrMetadata | None) -> bytes:
    """Return the whole payload, padded to 8 bytes: what a value is on the wire.

    `data` None or empty stands for no payload at all, as in an answer that says that a read failed.
    Raises LocalProtocolError if `data` is not `data_count` elements of `data_type`.
    """
    if not 0 <= data_type <= LAST_TYPE:
        raise LocalProtocolError(f"no DBR type {data_type}")
    if data is None or (isinstance(data, (bytes, list, tuple)) and not data):
        payload = b"" if metadata is None else encode_metadata(data_type, metadata)
        return payload + bytes(-len(payload) & 7)
    base = BASE_TYPE[data_type]
    try:
        elements = encode_elements(base, data)
    except ValueError as err:
        raise LocalProtocolError(str(err)) from err
    if len(elements) != data_count * ELEMENT_SIZE[base]:
        raise LocalProtocolError(f"{len(elements) // ELEMENT_SIZE[base]} elements given, data_count is {data_count}")
    if data_type == 0 and data_count == 1:
        elements = elements.rstrip(b"\0") + b"\0"
    payload = encode_metadata(data_type, metadata or _NOTHING) + elements
    return payload + bytes(-len(payload) & 7)


class DataMessage(Message):
    """A message with `data`, and with `metadata` where its DBR type has any."""

    if TYPE_CHECKING:
        payload: bytes
        data_type: int
        data_count: int

    def __init__(self, *values: Any) -> None:
        super().__init__(*values)

    @property
    def data(self) -> Elements:
        """The elements: a list of bytes for STRING, bytes for CHAR, ``array.array`` for numbers.

        Raises ValueError if there are fewer than `data_count` (a peer's failed read may have none).
        """
        payload = memoryview(self.payload)[METADATA_SIZE[self.data_type] :]
        return decode_elements(BASE_TYPE[self.data_type], payload, self.data_count)

    @property
    def metadata(self) -> DbrMetadata | None:
        """What the DBR type says besides the value; None for a plain type, or if there is no payload."""
        if not METADATA_SIZE[self.data_type] or not self.payload:
            return None
        return decode_metadata(self.data_type, self.payload)

    def _shown(self) -> Iterator[tuple[str, object]]:
        try:
            yield "data", self.data
            if self.metadata is not None:
                yield "metadata", self.metadata
        except ValueError:
            yield "payload", self.payload
        for name, value in super()._shown():
            if name != "payload":
                yield name, value


class ChannelDataMessage(DataMessage):
    """The three that name a channel by its `sid` and the operation by its `ioid`."""

    payload: bytes
    data_type: int
    data_count: int
    sid: int
    ioid: int

    def __init__(
        self, data: Any, data_type: int, data_count: int, sid: int, ioid: int, *, metadata: DbrMetadata | None = None
    ) -> None:
        payload = pack_data(data, data_type, data_count, metadata)
        if data_count and not payload:
            raise LocalProtocolError(f"{type(self).__name__}: {data_count} elements announced, none given")
        super().__init__(payload, data_type, data_count, sid, ioid)
