"""What base's programs really send: every frame is understood, comes back byte for byte, and keeps our rules."""

from __future__ import annotations

from itertools import groupby

import pytest

from bridge.ca import (
    CLIENT,
    SERVER,
    Broadcaster,
    ChannelType,
    DbrMetadata,
    EventAddResponse,
    EventCancelResponse,
    Message,
    ReadNotifyRequest,
    ReadNotifyResponse,
    Role,
    SearchRequest,
    VersionRequest,
    VirtualCircuit,
)
from bridge.ca.dbr import BASE_TYPE, METADATA_SIZE, encode_elements, encode_metadata
from bridge.ca.layout import decode, encode
from bridge.ca.wire import read_header
from tests.ca import golden
from tests.ca.golden import Captured

CIRCUITS = [name for name in golden.names() if name not in ("ca_types", "ca_repeater")]


def message_of(data: bytes, sender: Role) -> Message:
    found = read_header(data)
    assert found is not None
    header, size = found
    return decode(header, data[size:], sender)


@pytest.mark.parametrize("name", golden.names())
def test_every_frame_comes_back(name: str) -> None:
    for line in golden.read(name):
        for data in line.messages:
            assert b"".join(encode(message_of(data, line.sender))) == data


@pytest.mark.parametrize("name", golden.names())
def test_datagrams(name: str) -> None:
    for line in golden.read(name):
        if line.transport == "udp":
            datagram = b"".join(line.messages)
            found = Broadcaster(line.sender.other).recv(datagram, ("127.0.0.1", 5064))
            assert Broadcaster(line.sender).send(*found) == datagram


def conversations(name: str) -> list[list[Captured]]:
    lines = [line for line in golden.read(name) if line.transport != "udp"]
    return [list(found) for _, found in groupby(sorted(lines, key=order), key=order)]


def order(line: Captured) -> str:
    return line.transport


@pytest.mark.parametrize("name", CIRCUITS)
def test_both_ends_of_every_circuit(name: str) -> None:
    """Both of our ends hold each conversation of base's programs with one another."""
    assert conversations(name)
    for lines in conversations(name):
        ends = {
            CLIENT: VirtualCircuit(CLIENT, ("127.0.0.1", 5064), 0),
            SERVER: VirtualCircuit(SERVER, ("127.0.0.1", 40000)),
        }
        for line in lines:
            (data,) = line.messages
            message = message_of(data, line.sender)
            speaker, listener = ends[line.sender], ends[line.sender.other]
            if isinstance(message, EventAddResponse) and not message.payload:
                message = EventCancelResponse(
                    message.data_type, message.status, message.subscriptionid, message.data_count
                )
            assert b"".join(speaker.send(message)) == data
            listener.receive_data(data)
            assert list(listener.events()) == [message]


def test_libca_ends_a_monitor_and_a_channel() -> None:
    (lines,) = conversations("ca_clear")
    kinds = [type(message_of(line.messages[0], line.sender)).__name__ for line in lines]
    assert kinds[-7:] == [
        "EventAddRequest",
        "EventAddResponse",
        "EventCancelRequest",
        "ClearChannelRequest",
        "EventAddResponse",  # the end of the monitor
        "ClearChannelResponse",
        "ClearChannelRequest",
    ]


def test_search_over_tcp_repeats_version_with_a_sequence() -> None:
    """libca uses the word of the priority as a flag there; the circuit's priority stays."""
    circuit = VirtualCircuit(SERVER, ("127.0.0.1", 40000))
    found: list[Message] = []
    for line in conversations("ca_name_server")[1]:
        if line.sender is CLIENT:
            circuit.receive_data(line.messages[0])
            found += circuit.events()
    assert VersionRequest(priority=1, version=13, sequence=1) in found
    assert any(isinstance(message, SearchRequest) for message in found)
    assert circuit.priority == 0


# DBR types: the records of softioc.DATABASE, read as everything

DOUBLE = DbrMetadata(
    units=b"mm",
    precision=3,
    upper_disp_limit=10,
    lower_disp_limit=-10,
    upper_alarm_limit=8,
    upper_warning_limit=3,
    lower_warning_limit=-7,
    lower_alarm_limit=-8,
    upper_ctrl_limit=9.5,
    lower_ctrl_limit=-9.5,
)
LONG = DbrMetadata(
    units=b"counts",
    upper_disp_limit=100000,
    lower_disp_limit=-100000,
    upper_alarm_limit=80000,
    upper_warning_limit=0,  # HIGH is 60000, but HSV is NO_ALARM: base hides the limit
    lower_warning_limit=-80000,
    lower_alarm_limit=0,  # LOLO likewise
    upper_ctrl_limit=99999,
    lower_ctrl_limit=-99999,
)
ENUM = DbrMetadata(enum_strings=(b"off", b"warming up", b"ready for the measurement"))


def readings() -> list[tuple[int, int, ReadNotifyResponse]]:
    """(record number 1..5, type, answer) of each read in the capture."""
    found = []
    asked: dict[tuple[str, int], ReadNotifyRequest] = {}
    for line in golden.read("ca_types"):
        message = message_of(line.messages[0], line.sender)
        if isinstance(message, ReadNotifyRequest):
            asked[line.transport, message.ioid] = message
        elif isinstance(message, ReadNotifyResponse):
            request = asked[line.transport, message.ioid]
            assert request.data_type == message.data_type
            found.append((message.ioid, int(message.data_type), message))
    return found


def test_every_type_was_captured() -> None:
    assert {dbr_type for _, dbr_type, _ in readings()} == {*range(35), 37, 38}
    assert len(readings()) == 37 * 5


@pytest.mark.parametrize("dbr_type", [*range(35), 37, 38])
def test_payloads_come_back(dbr_type: int) -> None:
    for _, number, message in readings():
        if number != dbr_type or message.status != 1:
            continue
        block = message.payload[: METADATA_SIZE[dbr_type]]
        assert encode_metadata(dbr_type, message.metadata or DbrMetadata()) == clean(dbr_type, block)
        elements = message.payload[METADATA_SIZE[dbr_type] :]
        base = BASE_TYPE[dbr_type]
        if base != ChannelType.STRING:  # rsrv leaves rubbish behind the NUL of a string
            again = encode_elements(base, message.data)
            assert elements.startswith(again)
            assert len(elements) - len(again) < 8


def clean(dbr_type: int, block: bytes) -> bytes:
    """Blank the RISC pads, in which rsrv sends whatever was in its buffer."""
    pads = {
        ChannelType.STS_CHAR: range(4, 5),
        ChannelType.STS_DOUBLE: range(4, 8),
        ChannelType.TIME_INT: range(12, 14),
        ChannelType.TIME_ENUM: range(12, 14),
        ChannelType.TIME_CHAR: range(12, 15),
        ChannelType.TIME_DOUBLE: range(12, 16),
        **dict.fromkeys((ChannelType.GR_FLOAT, ChannelType.GR_DOUBLE), range(6, 8)),
        **dict.fromkeys((ChannelType.CTRL_FLOAT, ChannelType.CTRL_DOUBLE), range(6, 8)),
    }
    blanked = bytearray(block)
    for at in pads.get(ChannelType(dbr_type), ()):
        blanked[at] = 0
    return bytes(blanked)


@pytest.mark.parametrize(
    ("record", "types", "expected"),
    [
        (1, (ChannelType.GR_DOUBLE, ChannelType.CTRL_DOUBLE, ChannelType.GR_FLOAT, ChannelType.CTRL_FLOAT), DOUBLE),
        (2, (ChannelType.GR_LONG, ChannelType.CTRL_LONG), LONG),
        (3, (ChannelType.GR_ENUM, ChannelType.CTRL_ENUM), ENUM),
    ],
)
def test_what_the_records_say(record: int, types: tuple[ChannelType, ...], expected: DbrMetadata) -> None:
    for number, dbr_type, message in readings():
        if number == record and dbr_type in types:
            found = message.metadata
            assert found is not None
            for field in DbrMetadata.__slots__:
                if field.endswith("ctrl_limit") and dbr_type < ChannelType.CTRL_STRING:
                    continue
                assert getattr(found, field) == getattr(expected, field), (ChannelType(dbr_type).name, field)


def test_values() -> None:
    values = {(record, dbr_type): message.data for record, dbr_type, message in readings()}
    for family in (0, 7, 14, 21, 28):
        assert list(values[1, family + ChannelType.DOUBLE]) == [2.5]
        assert values[1, family + ChannelType.STRING] == [b"2.500"]
        assert list(values[2, family + ChannelType.LONG]) == [-70000]
        assert list(values[3, family + ChannelType.ENUM]) == [1]
        assert values[3, family + ChannelType.STRING] == [b"warming up"]
        assert bytes(values[5, family + ChannelType.CHAR]).startswith(b"abc\0")
    assert values[1, ChannelType.CLASS_NAME] == [b"ao"]
    assert values[5, ChannelType.CLASS_NAME] == [b"waveform", *[b""] * 15]
    assert values[1, ChannelType.STSACK_STRING] == [b"2.500"]


def test_time_stamps() -> None:
    for record, dbr_type, message in readings():
        if record != 5 and 14 <= dbr_type <= 20 and message.status == 1:
            metadata = message.metadata
            assert metadata is not None
            # between 2020 and 2060, in seconds since 1990
            assert 946_000_000 < metadata.seconds < 2_209_000_000
            assert 0 < metadata.nanoseconds < 1_000_000_000
