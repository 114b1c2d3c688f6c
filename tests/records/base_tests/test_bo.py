"""std/rec boTest: a bo and the bi that it writes to."""

from __future__ import annotations

from bridge.client import Update
from tests.records.base_tests.conftest import Loading
from tests.waiting import eventually

BO = """
record(bo, "bo") { field(OUT, "bi") }
record(bi, "bi") { }
"""


async def test_it_writes_its_output(loading: Loading) -> None:
    async with loading(BO) as ioc:
        await ioc.put("bo", 1, wait=True)
        assert await ioc.get("bi") == 1


async def test_high_is_a_pulse_that_monitors_see(loading: Loading) -> None:
    """Of VAL and of RVAL, which is one that the record tells of with it."""
    high = 0.2  # seconds
    told: dict[str, list[tuple[int, float]]] = {"bo": [], "bo.RVAL": []}

    def keep(update: Update) -> None:
        assert update.result is not None, update
        told[update.name].append(
            (int(update.result.data[0]), update.result.timestamp or 0.0)
        )  # none before it was processed

    async with loading(BO) as ioc:
        await ioc.put("bo.HIGH", high, wait=True)
        monitors = [ioc.client.pv(name).subscribe(keep) for name in told]
        await eventually(lambda: all(told.values()))
        await ioc.put("bo", 1, wait=True)
        await eventually(lambda: all(len(updates) == 3 for updates in told.values()))
        assert [await ioc.get(name) for name in ("bo", "bi")] == [0, 0]
        for monitor in monitors:
            monitor.close()
    for updates in told.values():
        assert [value for value, _ in updates] == [0, 1, 0]
        assert updates[2][1] - updates[1][1] >= high - 0.1  # base: timers may go off slightly early


async def test_states_have_names(loading: Loading) -> None:
    async with loading(BO) as ioc:
        for field, text in (("ZNAM", "ZNAM_TEST"), ("ONAM", "ONAM_TEST"), ("DESC", "DESC_TEST")):
            await ioc.put(f"bo.{field}", text, wait=True)
            assert await ioc.text(f"bo.{field}") == text
        assert await ioc.text("bo.NAME") == "bo"
        for value, text in ((1, "ONAM_TEST"), (0, "ZNAM_TEST")):
            await ioc.put("bo", value, wait=True)
            assert await ioc.text("bo") == text
            await ioc.put("bo", text, wait=True)
            assert await ioc.get("bo") == value


async def test_alarms_and_what_they_do_to_the_output(loading: Loading) -> None:
    async with loading(BO) as ioc:
        await ioc.put("bo", 0, wait=True)
        for field, value in (("ZSV", 0), ("OSV", 1), ("COSV", 3), ("IVOA", 2), ("IVOV", 0)):
            await ioc.put(f"bo.{field}", value, wait=True)
        assert await ioc.text("bo.SEVR") == "NO_ALARM"
        await ioc.put("bo.ZSV", "MAJOR", wait=True)
        assert await ioc.text("bo.SEVR") == "MAJOR"

        await ioc.put("bi", 1, wait=True)
        await ioc.put("bo", 1, wait=True)  # a change of state is INVALID: IVOV is written
        assert [await ioc.text("bo.SEVR"), await ioc.get("bi")] == ["INVALID", 0]

        await ioc.put("bo.IVOA", "Continue normally", wait=True)
        await ioc.put("bo", 1, wait=True)
        assert await ioc.get("bi") == 1

        await ioc.put("bo", 0, wait=True)
        await ioc.put("bo.IVOA", "Don't drive outputs", wait=True)
        await ioc.put("bo", 1, wait=True)
        assert [await ioc.text("bo.SEVR"), await ioc.get("bi")] == ["INVALID", 0]
