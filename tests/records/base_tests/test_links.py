"""ioc/db linkFilterTest, and std/link lnkCalcTest and lnkStateTest as far as CA sees them."""

from __future__ import annotations

from tests.records.base_tests.conftest import Loading

FILTERS = """
record(waveform, "src") { field(FTVL, "DOUBLE") field(NELM, "10") }
record(ai, "ai") { field(INP, "src.[2]") }
record(ai, "last") { field(INP, "src.VAL{\\"arr\\":{\\"s\\":-1}}") }
record(waveform, "wf") { field(INP, "src.[2:4]") field(FTVL, "DOUBLE") field(NELM, "10") }
record(stringin, "name") { field(INP, "src.EGU$") }
record(lsi, "long") { field(INP, "src.EGU$") }
"""


async def test_links_read_through_filters(loading: Loading) -> None:
    async with loading(FILTERS) as ioc:
        await ioc.put("src", [1.0, 2.0, 3.0, 4.0, 5.0], wait=True)
        for name, value in (("ai", 3.0), ("last", 5.0), ("wf", [3.0, 4.0, 5.0])):
            await ioc.put(f"{name}.PROC", 1, wait=True)
            assert [await ioc.get(name), await ioc.get(f"{name}.SEVR")] == [value, 0]


async def test_an_empty_range_is_an_alarm(loading: Loading) -> None:
    async with loading(FILTERS) as ioc:
        await ioc.put("src", [1.0, 2.0], wait=True)
        await ioc.put("ai.PROC", 1, wait=True)
        assert [await ioc.text(f"ai.{name}") for name in ("STAT", "SEVR")] == ["LINK", "INVALID"]


async def test_a_filter_is_put_at_run_time(loading: Loading) -> None:
    async with loading(FILTERS) as ioc:
        await ioc.put("src", [1.0, 2.0, 3.0, 4.0, 5.0], wait=True)
        for target, value in (("src.[1]", 2.0), ('src.{"arr":{"s":-2}}', 4.0), ("src.[4:4]", 5.0)):
            await ioc.put("ai.INP", target, wait=True)
            await ioc.put("ai.PROC", 1, wait=True)
            assert await ioc.get("ai") == value
            assert await ioc.get("ai.INP") == f"{target} NPP NMS"


JSON = """
record(ai, "state") { field(INP, {state:"red"}) }
record(ai, "inverted") { field(INP, {state:"!red"}) }
record(ao, "set") { field(OUT, {state:"red"}) }
record(ai, "sum") { field(INP, {calc:{expr:"A+B*2", args:[{state:"red"}, 3], prec:3}}) }
record(ao, "handed") { field(OUT, {calc:{expr:"VAL>5", out:{state:"red"}}}) }
record(ai, "traced") { field(INP, {debug:{state:"red"}}) }
record(ao, "level") { field(OUT, {calc:{out:{state:"level"}, major:"VAL>8", minor:"VAL>4"}}) }
"""


async def test_state_links(loading: Loading) -> None:
    async with loading(JSON) as ioc:
        for value in (1, 0, 5):
            await ioc.put("set", value, wait=True)
            for name, wanted in (("state", bool(value)), ("inverted", not value), ("traced", bool(value))):
                await ioc.put(f"{name}.PROC", 1, wait=True)
                assert await ioc.get(name) == float(wanted)


async def test_calc_links(loading: Loading) -> None:
    async with loading(JSON) as ioc:
        for value, wanted in ((6, 7.0), (5, 6.0)):
            await ioc.put("handed", value, wait=True)
            await ioc.put("sum.PROC", 1, wait=True)
            assert await ioc.get("sum") == wanted
        for value, alarm in ((9, ["LINK", "MAJOR"]), (5, ["LINK", "MINOR"]), (1, ["NO_ALARM", "NO_ALARM"])):
            await ioc.put("level", value, wait=True)
            assert [await ioc.text(f"level.{name}") for name in ("STAT", "SEVR")] == alarm
