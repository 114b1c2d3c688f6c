"""The client against our own server."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from array import array
from collections.abc import AsyncIterator
from dataclasses import dataclass

import numpy as np
import pytest

from bridge.ca import ECA, AccessRights, ChannelType
from bridge.client import PV as ClientPV
from bridge.client import Client, ClientConfig, GetFailed, NotConnected, PutFailed, Refused, Timeout, Update
from bridge.server import serving
from records import PV, Alarm, FieldType, Metadata, Severity, Status
from tests.client.settings import only
from tests.logs import logged
from tests.server.serving import loopback
from tests.waiting import eventually

LARGE = 100_000


async def refuse(pv: PV, value: object) -> None:
    raise RuntimeError(f"the instrument does not like {value!r}")


async def never(pv: PV, value: object) -> None:
    await asyncio.Event().wait()


def database() -> dict[str, PV]:
    pvs = [
        PV("T:double", 3.14159, metadata=Metadata(units="mm", precision=2, display=(-10.0, 10.0))),
        PV("T:float", 1.5, FieldType.FLOAT),
        PV("T:long", 70_000, FieldType.LONG),
        PV("T:short", 5, FieldType.SHORT),
        PV("T:char", 65, FieldType.CHAR),
        PV("T:string", "hello", FieldType.STRING),
        PV("T:enum", 1, FieldType.ENUM, metadata=Metadata(states=("off", "on"))),
        PV("T:wave", [1.0, 2.0, 3.0], max_count=5),
        PV("T:longs", [1, -2], FieldType.LONG, max_count=3),
        PV("T:text", "a longer text", FieldType.CHAR, max_count=60),
        PV("T:strings", ["one", "two"], FieldType.STRING, max_count=3),
        PV("T:large", [0.0] * LARGE, max_count=LARGE),
        PV("T:readonly", 1.0, writable=False),
        PV("T:refuses", 1.0),
        PV("T:never", 1.0),
    ]
    found = {pv.name: pv for pv in pvs}
    found["T:refuses"].putter = refuse
    found["T:never"].putter = never
    return found


@dataclass
class Both:
    """A server and a client of it."""

    pvs: dict[str, PV]
    client: Client
    port: int

    def pv(self, name: str) -> ClientPV:
        return self.client.pv(name)


@pytest.fixture
async def both() -> AsyncIterator[Both]:
    pvs = database()
    async with serving(pvs, loopback()) as server, Client(only(server.port)) as client:
        yield Both(pvs, client, server.port)


# reading


@pytest.mark.parametrize(
    ("name", "native", "most", "value"),
    [
        ("T:double", ChannelType.DOUBLE, 1, 3.14159),
        ("T:float", ChannelType.FLOAT, 1, 1.5),
        ("T:long", ChannelType.LONG, 1, 70_000),
        ("T:short", ChannelType.INT, 1, 5),
        ("T:char", ChannelType.CHAR, 1, 65),
        ("T:string", ChannelType.STRING, 1, "hello"),
        ("T:enum", ChannelType.ENUM, 1, 1),
        ("T:wave", ChannelType.DOUBLE, 5, array("d", [1.0, 2.0, 3.0])),
        ("T:longs", ChannelType.LONG, 3, array("i", [1, -2])),
        ("T:strings", ChannelType.STRING, 3, ["one", "two"]),
    ],
)
async def test_every_type_is_read(both: Both, name: str, native: ChannelType, most: int, value: object) -> None:
    pv = both.pv(name)
    result = await pv.get()
    assert result.value == value
    assert (pv.native_type, pv.native_count) == (native, most)
    assert pv.access == AccessRights.READ | AccessRights.WRITE
    assert pv.address == ("127.0.0.1", both.port)
    assert pv.connected
    assert pv.reason == ""


async def test_a_long_string_is_text(both: Both) -> None:
    assert (await both.pv("T:text").get()).text == "a longer text"


async def test_metadata_comes_with_its_dbr_type(both: Both) -> None:
    both.pvs["T:double"].post_alarm(Alarm(Status.HIGH, Severity.MINOR), time_ns=1_700_000_000_250_000_000)
    pv = both.pv("T:double")
    timed = await pv.get()
    assert timed.dbr is ChannelType.TIME_DOUBLE
    assert (timed.status, timed.severity) == (Status.HIGH, Severity.MINOR)
    assert timed.timestamp == pytest.approx(1_700_000_000.25)
    control = await pv.get("control")
    assert (control.units, control.precision) == ("mm", 2)
    assert (control.metadata.lower_disp_limit, control.metadata.upper_disp_limit) == (-10.0, 10.0)
    assert (await pv.get(ChannelType.STRING)).value == "3.14"
    assert (await both.pv("T:enum").get("control")).text == "on"


async def test_counts(both: Both) -> None:
    pv = both.pv("T:wave")
    assert (await pv.get(count=2)).value == array("d", [1.0, 2.0])
    assert (await pv.get()).count == 3
    assert (await pv.get(count=999)).count == 5


async def test_large_arrays(both: Both) -> None:
    pv = both.pv("T:large")
    values = np.arange(LARGE, dtype=float)
    await pv.put(values)
    assert (await pv.get()).value == array("d", values)


async def test_an_array_above_our_limit_is_refused_by_name_and_nothing_else_suffers() -> None:
    async with serving(database(), loopback()) as server, Client(only(server.port, max_array_bytes=20_000)) as client:
        with pytest.raises(GetFailed, match="T:large") as caught:
            await client.pv("T:large").get()
        assert caught.value.eca is ECA.TOLARGE
        seen: list[Update] = []
        client.pv("T:large").subscribe(seen.append)
        await eventually(lambda: seen)
        assert (seen[0].connected, seen[0].result, seen[0].eca) == (True, None, ECA.TOLARGE)
        assert (await client.pv("T:long").get()).value == 70_000


async def test_what_cannot_be_read_as(both: Both) -> None:
    with pytest.raises(ValueError, match="no family"):
        await both.pv("T:double").get("everything")
    with pytest.raises(ValueError, match="writing only"):
        both.pv("T:double").subscribe(print, dbr=ChannelType.PUT_ACKT)
    with pytest.raises(GetFailed, match=r"T:string: 127\.0\.0\.1:\d+ could not read it") as caught:
        await both.pv("T:string").get(ChannelType.DOUBLE)
    assert caught.value.eca in (ECA.NOCONVERT, ECA.GETFAIL)
    assert isinstance(caught.value, Refused)


# writing


@pytest.mark.parametrize(
    ("name", "written", "kept"),
    [
        ("T:double", 2.5, 2.5),
        ("T:double", "7.25", 7.25),
        ("T:long", -3, -3),
        ("T:long", 3.7, 3),
        ("T:short", 12, 12),
        ("T:string", "other", "other"),
        ("T:enum", "off", 0),
        ("T:enum", 0, 0),
        ("T:wave", [4, 5.5], array("d", [4.0, 5.5])),
        ("T:wave", np.arange(3, dtype=np.float32), array("d", [0.0, 1.0, 2.0])),
        ("T:longs", (9, 8, 7), array("i", [9, 8, 7])),
        ("T:strings", ["x"], ["x"]),
    ],
)
async def test_every_type_is_written(both: Both, name: str, written: object, kept: object) -> None:
    await both.pv(name).put(written)
    assert both.pvs[name].value == kept
    assert (await both.pv(name).get()).value == kept


async def test_text_to_characters(both: Both) -> None:
    await both.pv("T:text").put("Grüße aus dem Labor, mehr als vierzig Zeichen")
    assert (await both.pv("T:text").get()).text == "Grüße aus dem Labor, mehr als vierzig Zeichen"


async def test_a_write_without_waiting_arrives_even_if_the_client_ends_at_once() -> None:
    pvs = database()
    async with serving(pvs, loopback()) as server:
        async with Client(only(server.port)) as client:
            await client.pv("T:double").wait_connected()
            await client.pv("T:double").put(-8.5, wait=False)
        await eventually(lambda: pvs["T:double"].value == -8.5)


async def test_a_refused_write_names_the_pv_and_the_reason(both: Both) -> None:
    with pytest.raises(PutFailed, match=r"T:refuses: 127\.0\.0\.1:\d+ refused 5: ECA_PUTFAIL") as caught:
        await both.pv("T:refuses").put(5)
    assert caught.value.eca is ECA.PUTFAIL
    assert caught.value.pv == "T:refuses"


async def test_a_write_that_is_never_done_ends_at_its_deadline(both: Both) -> None:
    with pytest.raises(Timeout, match=r"T:never: no answer from .* within 0\.1 s"):
        await both.pv("T:never").put(1, timeout=0.1)
    assert (await both.pv("T:double").get()).value == 3.14159


async def test_a_write_without_right_does_not_leave(both: Both) -> None:
    with pytest.raises(PutFailed) as caught:
        await both.pv("T:readonly").put(1)
    assert caught.value.eca is ECA.NOWTACCESS
    assert both.pv("T:readonly").access == AccessRights.READ


async def test_mistakes_of_the_caller(both: Both) -> None:
    with pytest.raises(ValueError, match="T:short"):
        await both.pv("T:short").put(70_000)
    with pytest.raises(ValueError, match="T:string"):
        await both.pv("T:string").put("x" * 60)
    with pytest.raises(ValueError, match="T:double"):
        await both.pv("T:double").put(object())
    with pytest.raises(PutFailed) as caught:
        await both.pv("T:wave").put(range(6))
    assert caught.value.eca is ECA.BADCOUNT


# monitors


async def test_a_monitor_gives_the_value_and_its_changes(both: Both) -> None:
    seen = []
    async for update in both.pv("T:double").monitor():
        seen.append(update.value)
        if len(seen) == 1:
            both.pvs["T:double"].post(1.0)
        elif len(seen) == 2:
            both.pvs["T:double"].post(2.0)
        else:
            break
    assert seen == [3.14159, 1.0, 2.0]
    (circuit,) = both.client._circuits.values()
    await eventually(lambda: not circuit._ca.subscriptions)  # leaving the loop ends it; the server has confirmed that


async def test_a_slow_reader_gets_the_newest(both: Both) -> None:
    monitor = both.pv("T:double").monitor(queue=2)
    async with contextlib.aclosing(monitor):
        assert (await anext(monitor)).value == 3.14159
        for number in range(50):
            both.pvs["T:double"].post(float(number))
            await asyncio.sleep(0)
        await both.pv("T:double").get()  # what was sent before the answer has arrived
        values = [(await anext(monitor)).value for _ in range(2)]
        assert values[-1] == 49.0


async def test_masks(both: Both) -> None:
    alarms: list[Update] = []
    values: list[Update] = []
    both.pv("T:double").subscribe(alarms.append, mask=4)
    both.pv("T:double").subscribe(values.append, mask=1)
    await eventually(lambda: alarms and values)
    both.pvs["T:double"].post(9.0)
    both.pvs["T:double"].post_alarm(Alarm(Status.COMM, Severity.INVALID))
    await eventually(lambda: len(alarms) == 2 and len(values) == 2)
    assert alarms[1].result is not None
    assert alarms[1].result.severity is Severity.INVALID
    assert values[1].value == 9.0


async def test_a_closed_subscription_is_silent(both: Both) -> None:
    seen: list[Update] = []
    subscription = both.pv("T:double").subscribe(seen.append)
    await eventually(lambda: seen)
    subscription.close()
    subscription.close()
    both.pvs["T:double"].post(9.0)
    await both.pv("T:double").get()
    assert len(seen) == 1


async def test_a_callback_that_fails_is_logged_and_called_again(both: Both) -> None:
    seen: list[Update] = []

    def fails(update: Update) -> None:
        seen.append(update)
        raise RuntimeError("mine")

    with logged(logging.ERROR) as log:
        both.pv("T:double").subscribe(fails)
        await eventually(lambda: len(seen) == 1)
        both.pvs["T:double"].post(9.0)
        await eventually(lambda: len(seen) == 2)
    assert log.about("T:double", "callback")
    assert (await both.pv("T:double").get()).value == 9.0


async def test_subscribing_before_there_is_a_connection(both: Both) -> None:
    seen: list[Update] = []
    with both.pv("T:enum").subscribe(seen.append, dbr="control"):
        await eventually(lambda: seen)
    assert seen[0].result is not None
    assert seen[0].result.text == "on"


async def test_a_subscription_may_close_itself_and_its_pv(both: Both) -> None:
    pv = both.pv("T:double")

    def once(update: Update) -> None:
        pv.close()

    pv.subscribe(once)
    await eventually(lambda: not both.pvs["T:double"].listeners and not pv.connected)
    assert (await both.pv("T:double").get()).value == 3.14159


# life


async def test_pvs_share_one_circuit_and_one_name_is_one_pv(both: Both) -> None:
    for name in both.pvs:
        await both.pv(name).wait_connected()
    assert both.pv("T:long") is both.pv("T:long")
    assert len(both.client._circuits) == 1


async def test_closing_the_last_pv_closes_the_circuit(both: Both) -> None:
    pv = both.pv("T:long")
    await pv.wait_connected()
    pv.close()
    assert not pv.connected
    with pytest.raises(NotConnected, match="was closed"):
        await pv.get()
    await eventually(lambda: not both.client._circuits)
    assert both.pv("T:long") is not pv
    assert (await both.pv("T:long").get()).value == 70_000


async def test_an_unknown_name(both: Both) -> None:
    with pytest.raises(NotConnected, match=r"NOBODY: not connected within 0\.1 s: no server has answered"):
        await both.pv("NOBODY").get(timeout=0.1)


@pytest.mark.parametrize("name", ["", "a\0b", "x" * 501])
async def test_what_is_no_name(both: Both, name: str) -> None:
    with pytest.raises(ValueError, match="no PV name"):
        both.pv(name)


async def test_a_client_that_is_not_open() -> None:
    client = Client()
    with pytest.raises(RuntimeError, match="async with"):
        client.pv("X")


async def test_the_end_of_the_client_ends_everything() -> None:
    async with serving(database(), loopback()) as server:
        async with Client(only(server.port)) as client:
            pv, missing = client.pv("T:double"), client.pv("NOBODY")
            seen = asyncio.Event()

            async def follow() -> None:
                async for _ in pv.monitor():
                    seen.set()

            following = asyncio.create_task(follow())
            waiting = asyncio.create_task(missing.wait_connected(60.0))
            putting = asyncio.create_task(client.pv("T:never").put(1, timeout=60.0))
            await seen.wait()
            await client.pv("T:never").wait_connected()
            await pv.get()
        await asyncio.wait_for(following, 1.0)
        for task in (waiting, putting):
            with pytest.raises(NotConnected, match="closed"):
                await asyncio.wait_for(task, 1.0)
        with pytest.raises(NotConnected):
            await pv.get(timeout=0.1)


async def test_a_cancelled_caller_leaves_nothing_behind(both: Both) -> None:
    putting = asyncio.create_task(both.pv("T:never").put(1, timeout=60.0))
    await eventually(lambda: both.pv("T:never").connected)
    await both.pv("T:double").get()
    putting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await putting
    assert (await both.pv("T:double").get()).value == 3.14159


async def test_a_host_that_does_not_exist() -> None:
    config = ClientConfig(addresses=(("no-such-host.invalid", 5064),), auto_addr_list=False)
    with pytest.raises(OSError, match=r"no-such-host\.invalid"):
        async with Client(config):
            pass


async def test_many_pvs_at_once() -> None:
    pvs = {f"MANY:{number}": PV(f"MANY:{number}", float(number)) for number in range(3000)}
    async with serving(pvs, loopback()) as server, Client(only(server.port)) as client:
        results = await asyncio.gather(*(client.pv(name).get(timeout=30.0) for name in pvs))
        assert [result.value for result in results] == [float(number) for number in range(3000)]
