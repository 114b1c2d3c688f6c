from __future__ import annotations

import copy
import pickle
from array import array

import pytest

from bridge.ca import (
    CLIENT,
    ECA,
    ChannelType,
    ClearChannelRequest,
    ClearChannelResponse,
    DbrMetadata,
    Disconnected,
    ErrorResponse,
    EventAddResponse,
    EventCancelResponse,
    Header,
    LocalProtocolError,
    Message,
    ReadNotifyRequest,
    ReadNotifyResponse,
    RemoteProtocolError,
    SearchRequest,
    VersionRequest,
    WriteNotifyRequest,
)
from bridge.ca import messages as all_messages
from bridge.ca.layout import decode, encode, header_of, sender_of
from bridge.ca.payload import ChannelDataMessage, DataMessage
from bridge.ca.wire import FrameBuffer, read_header
from tests.ca.cases import CASES, raw

IDS = [f"{type(message).__name__}-{number}" for number, (message, _) in enumerate(CASES)]


def test_every_message_is_among_the_cases() -> None:
    kinds = {kind for kind in vars(all_messages).values() if isinstance(kind, type) and issubclass(kind, Message)}
    bases = {Message, Disconnected, DataMessage, ChannelDataMessage}
    # EventCancelResponse comes out of a circuit, never out of bytes: see test_circuit
    assert kinds - bases - {EventCancelResponse} == {type(message) for message, _ in CASES}


@pytest.mark.parametrize(("message", "text"), CASES, ids=IDS)
class TestCases:
    def test_encode(self, message: Message, text: str) -> None:
        assert b"".join(encode(message)) == raw(text)

    def test_decode(self, message: Message, text: str) -> None:
        data = raw(text)
        found = read_header(data)
        assert found is not None
        header, size = found
        assert decode(header, data[size:], sender_of(message)) == message

    @pytest.mark.parametrize("step", [1, 5, 4096])
    def test_decode_in_pieces_with_a_tail(self, message: Message, text: str, step: int) -> None:
        data = raw(text) + b"\x00\x17\x00"
        if step == 1 and len(data) > 9000:
            step = 997
        frames = FrameBuffer(1 << 20)
        found = []
        for at in range(0, len(data), step):
            frames.feed(data[at : at + step])
            while (frame := frames.next_frame()) is not None:
                found.append(decode(*frame, sender_of(message)))
        assert found == [message]
        assert frames.bytes_needed == 13

    def test_header_of(self, message: Message, text: str) -> None:
        found = read_header(raw(text))
        assert found is not None
        assert header_of(message) == found[0]

    def test_copies(self, message: Message, text: str) -> None:
        assert pickle.loads(pickle.dumps(message)) == message
        assert copy.copy(message) == message
        assert hash(copy.copy(message)) == hash(message)


def test_a_message_is_frozen() -> None:
    message = VersionRequest(0, 13)
    with pytest.raises(AttributeError, match="frozen"):
        message.version = 12  # type: ignore[misc]
    with pytest.raises(AttributeError, match="frozen"):
        del message.version
    with pytest.raises(AttributeError):
        message.other = 1  # type: ignore[attr-defined]
    assert not hasattr(message, "__dict__")


def test_kinds_differ_though_their_words_are_the_same() -> None:
    assert ClearChannelRequest(1, 2) != ClearChannelResponse(1, 2)
    assert len({ClearChannelRequest(1, 2), ClearChannelResponse(1, 2), ClearChannelRequest(1, 2)}) == 2


@pytest.mark.parametrize(
    ("args", "named", "match"),
    [
        ((1, 2, 3, 4, 5), {}, "takes 4"),
        ((1, 2, 3), {}, "needs 'ioid'"),
        ((1, 2, 3), {"sid": 3, "ioid": 4}, "repeated 'sid'"),
        ((1, 2, 3, 4), {"other": 3}, "unexpected"),
    ],
)
def test_wrong_arguments(args: tuple[int, ...], named: dict[str, int], match: str) -> None:
    with pytest.raises(TypeError, match=match):
        ReadNotifyRequest(*args, **named)


def test_repr_leaves_out_what_goes_without_saying() -> None:
    assert repr(VersionRequest(0, 13)) == "VersionRequest(priority=0, version=13)"
    assert repr(VersionRequest(1, 13, 5)) == "VersionRequest(priority=1, version=13, sequence=5)"
    assert repr(WriteNotifyRequest((4,), ChannelType.DOUBLE, 1, 2, 3)) == (
        "WriteNotifyRequest(data=array('d', [4.0]), data_type=<ChannelType.DOUBLE: 6>, data_count=1, sid=2, ioid=3)"
    )
    assert repr(ReadNotifyResponse(None, 6, 1, 152, 3)).startswith("ReadNotifyResponse(payload=b'', ")


def test_patterns() -> None:
    match SearchRequest("x", 1, 13):
        case SearchRequest(name, cid):
            assert (name, cid) == ("x", 1)
        case _:
            pytest.fail("no match")


def test_words_come_back_as_what_they_mean() -> None:
    header = Header(15, 8, 6, 1, int(ECA.NORMAL), 9)
    message = decode(header, bytes(8), CLIENT.other)
    assert isinstance(message, ReadNotifyResponse)
    assert message.data_type is ChannelType.DOUBLE
    assert message.status is ECA.NORMAL
    # A status that base does not have stays the number that it is
    message = decode(header._replace(parameter1=0x12340), b"", CLIENT.other)
    assert isinstance(message, ReadNotifyResponse)
    assert message.status == 0x12340


def test_data_and_metadata() -> None:
    metadata = DbrMetadata(status=3, severity=2, seconds=10, nanoseconds=20)
    message = EventAddResponse(array("d", [1.5, 2.5]), ChannelType.TIME_DOUBLE, 2, 1, 3, metadata=metadata)
    assert message.data == array("d", [1.5, 2.5])
    assert message.metadata == metadata
    assert EventAddResponse([1], 6, 1, 1, 3).metadata is None
    assert EventAddResponse(b"", 6, 0, 1, 3).data == array("d")
    with pytest.raises(ValueError, match="1 elements"):
        _ = EventAddResponse(None, 6, 1, 1, 3).data


def test_a_string_may_be_cut_after_its_end() -> None:
    message = decode(Header(19, 8, 0, 1, 4, 9), b"abc\0\0\0\0\0", CLIENT)
    assert isinstance(message, WriteNotifyRequest)
    assert message.data == [b"abc"]


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: WriteNotifyRequest((1, 2), 6, 1, 1, 1), "2 elements given, data_count is 1"),
        (lambda: WriteNotifyRequest((), 6, 1, 1, 1), "1 elements announced, none given"),
        (lambda: WriteNotifyRequest((), 99, 1, 1, 1), "DBR type 99"),
        (lambda: WriteNotifyRequest(("x",), 6, 1, 1, 1), "DBF_DOUBLE"),
        (lambda: WriteNotifyRequest(70000, 1, 1, 1, 1), "does not fit DBF_INT"),
        (lambda: WriteNotifyRequest("x" * 40, 0, 1, 1, 1), "39 bytes"),
    ],
)
def test_data_that_cannot_be_sent(make: object, match: str) -> None:
    assert callable(make)
    with pytest.raises(LocalProtocolError, match=match):
        encode(make())


@pytest.mark.parametrize(
    "message",
    [
        ReadNotifyRequest(6, 1, 1 << 32, 1),
        ReadNotifyRequest(6, 1, -1, 1),
        ReadNotifyRequest(6, 1, None, 1),  # type: ignore[arg-type]
        SearchRequest("x" * 501, 1, 13),
        SearchRequest("", 1, 13),
        SearchRequest("a\0b", 1, 13),
        all_messages.Beacon(13, 1, 1, "1.2.3"),
        all_messages.Beacon(13, 1, 1, "1.2.3.256"),
        Disconnected(),
    ],
)
def test_what_does_not_fit_the_wire(message: Message) -> None:
    with pytest.raises(LocalProtocolError):
        encode(message)


def test_an_error_can_be_made_with_the_request_itself() -> None:
    request = ReadNotifyRequest(6, 70000, 4, 9)
    by_message = ErrorResponse(request, 7, ECA.GETFAIL, "no")  # type: ignore[arg-type]
    assert encode(by_message) == encode(ErrorResponse(header_of(request), 7, ECA.GETFAIL, "no"))


@pytest.mark.parametrize(
    ("text", "eca"),
    [
        ("000f 0000 0027 0001 00000001 00000001", ECA.BADTYPE),  # type 39
        ("0013 0008 0006 0002 00000001 00000001 00x8", ECA.BADCOUNT),  # two doubles in eight bytes
        ("0013 0000 0006 ffff 00000001 00000001", ECA.BADCOUNT),
        ("0013 0028 0000 0002 00000001 00000001 41x40", ECA.BADCOUNT),  # two strings in forty bytes
        ("0001 0008 0006 0001 00000001 00000001 00x8", ECA.BADMASK),
        ("0006 0200 0005 000d 00000001 00000001 41x512", ECA.STRTOBIG),
        ("0005 0000 0000 0000 00000000 00000000", ECA.UNAVAILINSERV),  # SNAPSHOT
        ("001c 0000 0000 0000 00000000 00000000", ECA.UNAVAILINSERV),  # no such command
        ("000b 0000 0000 0000 00000000 00000000", ECA.UNAVAILINSERV),  # ERROR from a client
    ],
)
def test_what_a_client_must_not_send(text: str, eca: ECA) -> None:
    data = raw(text)
    found = read_header(data)
    assert found is not None
    with pytest.raises(RemoteProtocolError) as caught:
        decode(found[0], data[16:], CLIENT)
    assert caught.value.eca is eca
    assert caught.value.request == found[0]
    assert not caught.value.fatal


def test_a_name_that_is_not_utf8_and_not_closed_survives() -> None:
    data = raw("0006 0008 0005 000d 00000007 00000007") + b"\xff\xfeabcdef"
    message = decode(Header(6, 8, 5, 13, 7, 7), data[16:], CLIENT)
    assert isinstance(message, SearchRequest)
    assert message.name.encode("utf-8", "surrogateescape") == b"\xff\xfeabcdef"


def test_an_error_without_the_header_that_it_is_about() -> None:
    with pytest.raises(RemoteProtocolError, match="no header"):
        decode(Header(11, 8, 0, 0, 1, 152), bytes(8), CLIENT.other)
