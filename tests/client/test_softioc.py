"""The client against a server that we did not write: base's softIoc."""

from __future__ import annotations

import math
from array import array
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bridge.ca import ECA, ChannelType
from bridge.client import Client, PutFailed, Timeout, Update
from records import Severity, Status
from tests.ca.softioc import softioc
from tests.client.settings import only
from tests.clients import C_TOOLS
from tests.waiting import eventually

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(C_TOOLS is None, reason="base's softIoc comes as an x86_64 Linux wheel only"),
]

DATABASE = """
record(ao, "C:ao") {
    field(VAL, "3.14159") field(EGU, "mm") field(PREC, "2") field(PINI, "YES")
    field(HOPR, "10") field(LOPR, "-10") field(DRVH, "20") field(DRVL, "-20")
    field(HIHI, "9") field(HIGH, "8") field(LOW, "-8") field(LOLO, "-9")
    field(HHSV, "MAJOR") field(HSV, "MINOR")
}
record(longout, "C:long") { field(VAL, "-70000") field(PINI, "YES") }
record(bo, "C:bo") { field(ZNAM, "off") field(ONAM, "on") field(VAL, "1") field(PINI, "YES") }
record(mbbo, "C:mbbo") {
    field(ZRST, "zero") field(ONST, "one two") field(TWST, "three") field(VAL, "2") field(PINI, "YES")
}
record(stringout, "C:string") { field(VAL, "hello") field(PINI, "YES") }
record(waveform, "C:doubles") { field(FTVL, "DOUBLE") field(NELM, "5") }
record(waveform, "C:floats") { field(FTVL, "FLOAT") field(NELM, "5") }
record(waveform, "C:longs") { field(FTVL, "LONG") field(NELM, "5") }
record(waveform, "C:shorts") { field(FTVL, "SHORT") field(NELM, "5") }
record(waveform, "C:chars") { field(FTVL, "CHAR") field(NELM, "100") }
record(waveform, "C:strings") { field(FTVL, "STRING") field(NELM, "3") }
record(waveform, "C:short") { field(FTVL, "SHORT") field(NELM, "1") }
record(waveform, "C:float") { field(FTVL, "FLOAT") field(NELM, "1") }
record(waveform, "C:char") { field(FTVL, "UCHAR") field(NELM, "1") }
record(waveform, "C:image") { field(FTVL, "DOUBLE") field(NELM, "200000") }
record(int64out, "C:int64") { field(VAL, "123456789012") field(PINI, "YES") }
record(ai, "C:undefined") {}
record(ao, "C:locked") { field(VAL, "1") field(DISP, "1") }
record(calc, "C:count") { field(INPA, "C:count") field(CALC, "A+1") field(SCAN, ".1 second") }
record(seq, "C:never") { field(DLY1, "1000") field(LNK1, "C:ao.PREC") field(DO1, "2") }
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client() -> AsyncIterator[Client]:
    async with softioc(DATABASE) as port, Client(only(port)) as running:
        yield running


@pytest.mark.parametrize(
    ("name", "native", "count", "value"),
    [
        ("C:ao", ChannelType.DOUBLE, 1, 3.14159),
        ("C:long", ChannelType.LONG, 1, -70000),
        ("C:bo", ChannelType.ENUM, 1, 1),
        ("C:mbbo", ChannelType.ENUM, 1, 2),
        ("C:string", ChannelType.STRING, 1, "hello"),
        ("C:int64", ChannelType.DOUBLE, 1, 123456789012.0),
        ("C:doubles", ChannelType.DOUBLE, 5, array("d")),
        ("C:ao.PREC", ChannelType.INT, 1, 2),
        ("C:ao.EGU", ChannelType.STRING, 1, "mm"),
        ("C:ao.SCAN", ChannelType.ENUM, 1, 0),
        ("C:ao.DISP", ChannelType.CHAR, 1, 0),
    ],
)
async def test_scalars_and_fields(client: Client, name: str, native: ChannelType, count: int, value: object) -> None:
    pv = client.pv(name)
    assert (await pv.get()).value == value
    assert (pv.native_type, pv.native_count) == (native, count)


@pytest.mark.parametrize(
    ("name", "written", "kept"),
    [
        ("C:doubles", [1.5, 2.5, 1e-20], array("d", [1.5, 2.5, 1e-20])),
        ("C:floats", [1.5, 2e10], array("f", [1.5, 2e10])),
        ("C:longs", [5, -7], array("i", [5, -7])),
        ("C:longs", [5.5, -7.5], array("i", [5, -7])),
        ("C:shorts", [3], array("h", [3])),
        ("C:strings", ["one", "two 2"], ["one", "two 2"]),
        ("C:chars", b"\x01\x02\xff", b"\x01\x02\xff"),
        ("C:short", 7, 7),
        ("C:float", 1.5, 1.5),
        ("C:char", 200, 200),
        ("C:ao", 4.5, 4.5),
        ("C:ao", "5.25", 5.25),
        ("C:ao", 99, 20.0),  # DRVH
        ("C:long", 7, 7),
        ("C:long", 3.7, 3),
        ("C:long", "12", 12),
        ("C:bo", "off", 0),
        ("C:bo", 1, 1),
        ("C:mbbo", "one two", 1),
        ("C:string", "other", "other"),
        ("C:string", 5, "5"),
    ],
)
async def test_what_is_written_is_there(client: Client, name: str, written: object, kept: object) -> None:
    await client.pv(name).put(written)
    assert (await client.pv(name).get()).value == kept


async def test_long_strings(client: Client) -> None:
    text = "a text of more than forty characters, in Zürich"
    await client.pv("C:chars").put(text)
    assert (await client.pv("C:chars").get()).text == text
    await client.pv("C:ao.DESC$").put("as characters")
    assert (await client.pv("C:ao.DESC$").get()).text == "as characters"
    assert (await client.pv("C:ao.DESC").get()).value == "as characters"


async def test_large_arrays(client: Client) -> None:
    values = array("d", map(float, range(200_000)))
    await client.pv("C:image").put(values, timeout=10.0)
    assert (await client.pv("C:image").get(timeout=10.0)).value == values


async def test_metadata(client: Client) -> None:
    await client.pv("C:ao").put(8.5)
    timed = await client.pv("C:ao").get()
    assert (timed.status, timed.severity) == (Status.HIGH, Severity.MINOR)
    assert timed.timestamp is not None
    control = await client.pv("C:ao").get("control")
    assert (control.units, control.precision) == ("mm", 2)
    meta = control.metadata
    assert (meta.lower_disp_limit, meta.upper_disp_limit) == (-10.0, 10.0)
    assert (meta.lower_ctrl_limit, meta.upper_ctrl_limit) == (-20.0, 20.0)
    assert (meta.upper_warning_limit, meta.upper_alarm_limit) == (8.0, 9.0)
    assert math.isnan(meta.lower_alarm_limit)  # no severity, no limit (get_alarm_double of ao)
    assert (await client.pv("C:mbbo").get("graphic")).enum_strings == ("zero", "one two", "three")
    assert (await client.pv("C:ao").get(ChannelType.CLASS_NAME)).value == "ao"
    undefined = await client.pv("C:undefined").get()
    assert (undefined.status, undefined.severity, undefined.timestamp) == (Status.UDF, Severity.INVALID, None)


async def test_precision_holds_for_text(client: Client) -> None:
    await client.pv("C:ao").put(3.14159)
    assert (await client.pv("C:ao").get(ChannelType.STRING)).value == "3.14"


@pytest.mark.parametrize(("name", "value"), [("C:locked", 3), ("C:ao", "abc"), ("C:bo", "perhaps")])
async def test_a_refused_write(client: Client, name: str, value: object) -> None:
    with pytest.raises(PutFailed, match=name) as caught:
        await client.pv(name).put(value)
    assert caught.value.eca is ECA.PUTFAIL


async def test_a_write_that_is_not_done_in_time(client: Client) -> None:
    with pytest.raises(Timeout, match="C:never"):
        await client.pv("C:never.PROC").put(1, timeout=0.2)


async def test_a_monitor_counts(client: Client) -> None:
    seen: list[float] = []
    async for update in client.pv("C:count").monitor():
        assert isinstance(update.value, float)
        seen.append(update.value)
        if len(seen) == 4:
            break
    assert [value - seen[0] for value in seen] == [0, 1, 2, 3]


async def test_a_monitor_of_alarms_only(client: Client) -> None:
    await client.pv("C:ao").put(0)
    seen: list[Update] = []
    with client.pv("C:ao").subscribe(seen.append, mask=4):
        await eventually(lambda: seen)
        await client.pv("C:ao").put(1)
        await client.pv("C:ao").put(9.5)
        await eventually(lambda: len(seen) == 2)
    assert seen[1].result is not None
    assert seen[1].result.severity is Severity.MAJOR


async def test_arrays_are_monitored_at_their_present_length(client: Client) -> None:
    await client.pv("C:doubles").put([1, 2])
    seen: list[Update] = []
    with client.pv("C:doubles").subscribe(seen.append):
        await eventually(lambda: seen)
        await client.pv("C:doubles").put([1, 2, 3, 4])
        await eventually(lambda: len(seen) == 2)
    assert [update.value for update in seen] == [array("d", [1, 2]), array("d", [1, 2, 3, 4])]


async def test_alarms_are_acknowledged(client: Client) -> None:
    pv = client.pv("C:ao")
    await pv.put(9.5)
    await pv.put(0)
    assert (await pv.get(ChannelType.STSACK_STRING)).metadata.acks == Severity.MAJOR
    await pv.put(Severity.MAJOR, dbr=ChannelType.PUT_ACKS)
    assert (await pv.get(ChannelType.STSACK_STRING)).metadata.acks == 0
