"""std/rec asyncSoftTest: with Async Soft Channel a record waits for the one that its link processes."""

from __future__ import annotations

from tests.records.base_tests.conftest import Loading, Peer
from tests.waiting import eventually

#: In place of base's sub record, which the test sets going again, one that does so itself. `done` notes how many times
#: that has ended by then.
SLOW = """
record(calcout, "async") { field(CALC, "A:=A+1;A") field(ODLY, "0.05") field(FLNK, "ended") }
record(calc, "ended") { field(CALC, "VAL+1") }
record(calc, "done") { field(INPA, "ended") field(CALC, "VAL+1") }
"""
INPUTS = ("ai", "bi", "int64in", "longin", "mbbi", "mbbiDirect", "stringin")
OUTPUTS = ("ao", "bo", "int64out", "longout", "mbbo", "mbboDirect", "lso", "stringout")


def _database(records: tuple[str, ...], link: str) -> str:
    soft = 'field(DTYP, "Async Soft Channel") field(FLNK, "done")'
    return SLOW + "\n".join(f'record({name}, "{name}") {{ {soft} {link} }}' for name in records)


async def _process(ioc: Peer, name: str) -> None:
    before = await ioc.get("done")
    await ioc.put(f"{name}.PROC", 1, wait=True)
    assert [await ioc.get(counted) for counted in ("done", "ended", "done.A", f"{name}.PACT")] == [before + 1] * 3 + [0]


async def test_inputs_wait_for_what_they_read(loading: Loading) -> None:
    async with loading(_database(INPUTS, 'field(INP, "async")')) as ioc:
        for number, name in enumerate(INPUTS, 1):
            await _process(ioc, name)
            assert await ioc.get(name) == (str(number) if name == "stringin" else number)


async def test_inputs_are_given_another_link(loading: Loading) -> None:
    """Constants at first."""
    async with loading(_database(INPUTS, "field(INP, {const:1})")) as ioc:
        for name in INPUTS:
            assert await ioc.get(name) == ("1" if name == "stringin" else 1)
            await ioc.put(f"{name}.INP", "async", wait=True)
            await _process(ioc, name)


async def test_outputs_wait_for_what_they_write(loading: Loading) -> None:
    async with loading(_database(OUTPUTS, 'field(OUT, "async.PROC CA")')) as ioc:

        async def connected() -> bool:
            for name in OUTPUTS:
                await ioc.put(f"{name}.PROC", 1, wait=True)
            return "LINK" not in [await ioc.text(f"{name}.STAT") for name in OUTPUTS]

        await eventually(connected)
        await ioc.put("ended", 0)
        await ioc.put("done", 0)
        for name in OUTPUTS:
            await _process(ioc, name)
