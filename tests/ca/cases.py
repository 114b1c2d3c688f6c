"""Every message with its bytes: one list that all tests of the wire go through."""

from __future__ import annotations

from array import array

from bridge.ca import (
    AccessRightsResponse,
    Beacon,
    ChannelType,
    ClearChannelRequest,
    ClearChannelResponse,
    ClientNameRequest,
    CreateChanRequest,
    CreateChanResponse,
    CreateChFailResponse,
    DbrMetadata,
    EchoRequest,
    EchoResponse,
    ErrorResponse,
    EventAddRequest,
    EventAddResponse,
    EventCancelRequest,
    EventsOffRequest,
    EventsOnRequest,
    Header,
    HostNameRequest,
    Message,
    NotFoundResponse,
    ReadNotifyRequest,
    ReadNotifyResponse,
    ReadRequest,
    ReadResponse,
    ReadSyncRequest,
    RepeaterConfirmResponse,
    RepeaterRegisterRequest,
    SearchRequest,
    SearchResponse,
    ServerDisconnResponse,
    VersionRequest,
    VersionResponse,
    WriteNotifyRequest,
    WriteNotifyResponse,
    WriteRequest,
)

__all__ = ["CASES", "raw"]

DOUBLE, TIME_DOUBLE, STRING, CHAR, LONG = 6, ChannelType.TIME_DOUBLE, 0, 4, 5


def raw(text: str) -> bytes:
    """Hex with blanks, and `00x8` for a run."""
    data = b""
    for word in text.split():
        byte, _, times = word.partition("x")
        data += bytes.fromhex(byte) * int(times or 1)
    return data


CASES: list[tuple[Message, str]] = [
    (VersionRequest(priority=7, version=13), "0000 0000 0007 000d 00000000 00000000"),
    (VersionRequest(1, 13, sequence=9), "0000 0000 0001 000d 00000009 00000000"),
    (VersionResponse(version=13), "0000 0000 0000 000d 00000000 00000000"),
    (VersionResponse(13, 1, 9), "0000 0000 0001 000d 00000009 00000000"),
    (SearchRequest("x:T", cid=7, version=13), "0006 0008 0005 000d 00000007 00000007 783a5400 00000000"),
    (SearchRequest("x:TTTTTT", 7, 13, reply=10), "0006 0010 000a 000d 00000007 00000007 783a545454545454 00x8"),
    (
        SearchResponse(port=5064, ip="255.255.255.255", cid=7, version=13),
        "0006 0008 13c8 0000 ffffffff 00000007 000d 00x6",
    ),
    (SearchResponse(port=5064, ip="10.0.0.1", cid=7, version=0), "0006 0000 13c8 0000 0a000001 00000007"),
    (NotFoundResponse(version=13, cid=7), "000e 0000 000a 000d 00000007 00000007"),
    (EchoRequest(), "0017 00x14"),
    (EchoResponse(), "0017 00x14"),
    (Beacon(13, 5064, 258, "0.0.0.0"), "000d 0000 000d 13c8 00000102 00000000"),
    (Beacon(13, 65535, 258, "127.0.0.1"), "000d 0000 000d ffff 00000102 7f000001"),
    (RepeaterRegisterRequest(), "0018 00x14"),
    (RepeaterConfirmResponse("127.0.0.1"), "0011 00x10 7f000001"),
    (ClientNameRequest("root"), "0014 0008 00x12 726f6f7400000000"),
    (HostNameRequest("lab\u00e9"), "0015 0008 00x12 6c6162c3a9000000"),
    (CreateChanRequest("x:T", 7, 13), "0012 0008 0000 0000 00000007 0000000d 783a540000000000"),
    (CreateChanResponse(DOUBLE, 1, 7, 4), "0012 0000 0006 0001 00000007 00000004"),
    (CreateChanResponse(CHAR, 70000, 7, 4), "0012 ffff 0004 0000 00000007 00000004 00000000 00011170"),
    (CreateChFailResponse(7), "001a 0000 0000 0000 00000007 00000000"),
    (AccessRightsResponse(7, 3), "0016 0000 0000 0000 00000007 00000003"),
    (ClearChannelRequest(4, 7), "000c 0000 0000 0000 00000004 00000007"),
    (ClearChannelResponse(4, 7), "000c 0000 0000 0000 00000004 00000007"),
    (ServerDisconnResponse(7), "001b 0000 0000 0000 00000007 00000000"),
    (
        ErrorResponse(Header(15, 0, 6, 1, 4, 9), cid=7, status=152, error_message="no"),
        "000b 0018 0000 0000 00000007 00000098  000f 0000 0006 0001 00000004 00000009  6e6f 00x6",
    ),
    (
        ErrorResponse(Header(4, 100000, 4, 100000, 4, 9), cid=7, status=160, error_message=""),
        "000b 0020 0000 0000 00000007 000000a0  0004 ffff 0004 0000 00000004 00000009 000186a0 000186a0 00x8",
    ),
    (ReadRequest(DOUBLE, 1, 4, 9), "0003 0000 0006 0001 00000004 00000009"),
    (ReadResponse((1.5,), DOUBLE, 1, 7, 9), "0003 0008 0006 0001 00000007 00000009 3ff8000000000000"),
    (ReadNotifyRequest(DOUBLE, 1, 4, 9), "000f 0000 0006 0001 00000004 00000009"),
    (ReadNotifyRequest(CHAR, 65535, 4, 9), "000f ffff 0004 0000 00000004 00000009 00000000 0000ffff"),
    (ReadNotifyResponse([1.5], DOUBLE, 1, 1, 9), "000f 0008 0006 0001 00000001 00000009 3ff8000000000000"),
    (ReadNotifyResponse(b"", DOUBLE, 0, 1, 9), "000f 0000 0006 0000 00000001 00000009"),
    (ReadNotifyResponse(None, DOUBLE, 1, 152, 9), "000f 0000 0006 0001 00000098 00000009"),
    (ReadNotifyResponse("ok", STRING, 1, 1, 9), "000f 0008 0000 0001 00000001 00000009 6f6b 00x6"),
    (
        ReadNotifyResponse(["a", b"b"], STRING, 2, 1, 9),
        "000f 0050 0000 0002 00000001 00000009 61 00x39 62 00x39",
    ),
    (
        ReadNotifyResponse(1.5, TIME_DOUBLE, 1, 1, 9, metadata=DbrMetadata(3, 2, 256, 255)),
        "000f 0018 0014 0001 00000001 00000009 0003 0002 00000100 000000ff 00000000 3ff8000000000000",
    ),
    (
        ReadNotifyResponse(bytes(70000), CHAR, 70000, 1, 9),
        "000f ffff 0004 0000 00000001 00000009 00011170 00011170 00x70000",
    ),
    (WriteRequest(array("i", [-2]), LONG, 1, 4, 9), "0004 0008 0005 0001 00000004 00000009 fffffffe 00000000"),
    (WriteRequest(b"", LONG, 0, 4, 9), "0004 0000 0005 0000 00000004 00000009"),
    (WriteNotifyRequest((4.0,), DOUBLE, 1, 4, 9), "0013 0008 0006 0001 00000004 00000009 4010000000000000"),
    (WriteNotifyRequest(1, ChannelType.PUT_ACKT, 1, 4, 9), "0013 0008 0023 0001 00000004 00000009 0001 00x6"),
    (WriteNotifyResponse(DOUBLE, 1, 1, 9), "0013 0000 0006 0001 00000001 00000009"),
    (ReadSyncRequest(), "000a 00x14"),
    (
        EventAddRequest(DOUBLE, 0, 4, 3, low=0.0, high=0.0, to=0.0, mask=5),
        "0001 0010 0006 0000 00000004 00000003 00x12 0005 0000",
    ),
    (EventAddResponse((4.0,), DOUBLE, 1, 1, 3), "0001 0008 0006 0001 00000001 00000003 4010000000000000"),
    (EventCancelRequest(DOUBLE, 4, 3), "0002 0000 0006 0000 00000004 00000003"),
    (EventsOffRequest(), "0008 00x14"),
    (EventsOnRequest(), "0009 00x14"),
]
