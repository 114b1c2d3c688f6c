"""std/rec/asyncproctest: puts to records that are busy, and loops of links. Chains 1 to 5, and puts with completion."""

from __future__ import annotations

import asyncio

from tests.records.base_tests.conftest import Loading, Peer
from tests.records.differential.iocs import our_ioc

CHAINS = """
record(calcout, "chain1") { field(CALC, "A:=A+1;B") field(ODLY, "0.1") field(FLNK, "done1") }
record(calc, "done1") { field(CALC, "VAL+1") }

record(calcout, "chain2:1") { field(CALC, "A:=A+1;B") field(OUT , "chain2:2.B PP") }
record(ai, "chain2:3") { field(INP, "chain2:1 CPP") field(FLNK, "chain2:2") }
record(calcout, "chain2:2") { field(CALC, "A:=A+1;B") field(ODLY, "0.5") field(FLNK, "done2") }
record(calc, "done2") { field(CALC, "VAL+1") }

record(calcout, "chain3") { field(CALC, "A:=A+1;B") field(ODLY, "0.1") field(FLNK, "done3") }
record(calc, "done3") { field(CALC, "VAL+1") field(FLNK, "chain3") }

record(calcout,"chain4_pos") { field(CALC, "E:=E+1;E") field(OUT,"chain4_rel.A PP") }
record(calc,"chain4_rel") { field(CALC, "E:=E+1;E") field(FLNK,"chain4_lim") }
record(calc,"chain4_lim") {
    field(CALC, "E:=E+1;E") field(INPA,"chain4_pos PP") field(INPB,"chain4_pos.HIGH PP") field(INPC,"chain4_pos.LOW PP")
    field(FLNK,"chain4_pos")
}
record(bo, "dummy") { }
record(calcout,"chain5_cnt") {
    field(CALC, "E:=E+1;E") field(INPA,"chain5_cnt.A PP") field(OUT,"chain5_cnt.A PP") field(FLNK,"chain5_cnt")
}
"""


async def test_a_put_to_a_busy_record_processes_it_again(loading: Loading) -> None:
    async with loading(CHAINS) as ioc:
        await ioc.put("chain1.B", 6)
        await ioc.put("chain1.B", 7)
        await ioc.until({"done1": 2.0, "chain1": 7.0, "chain1.A": 2.0, "chain1.PACT": 0})

        await ioc.put("chain3.B", 6)
        await ioc.put("chain3.B", 7)
        await ioc.until({"done3": 2.0, "chain3": 7.0, "chain3.A": 2.0, "chain3.PACT": 0})


async def test_a_busy_record_behind_one_that_is_not(loading: Loading) -> None:
    async with loading(CHAINS) as ioc:
        for value in (6, 7):
            await ioc.put("chain2:1.B", value)
        await ioc.until({"done2": 2.0, "chain2:1": 7.0, "chain2:2": 7.0, "chain2:1.A": 2.0, "chain2:2.A": 2.0})

        for value in (6, 7, 8):
            await ioc.put("chain2:1.B", value)
        await ioc.until({"done2": 4.0, "chain2:1": 8.0, "chain2:2": 8.0, "chain2:1.A": 5.0, "chain2:2.A": 4.0})


async def test_loops_end_without_processing_again(loading: Loading) -> None:
    async with loading(CHAINS) as ioc:
        for name, counts in (("chain4_pos", ("chain4_pos", "chain4_rel", "chain4_lim")), ("chain5_cnt", ())):
            await ioc.put(f"{name}.PROC", 0)
            await ioc.put("dummy.PROC", 1, wait=True)  # what is queued behind the put is done then
            for counted in counts or (name,):
                assert await ioc.get(counted) == 1.0, counted


SLOW = """
record(calcout, "slow") { field(CALC, "C:=C+1;A*10+B") field(ODLY, "0.5") field(FLNK, "after") }
record(calc, "after") { field(CALC, "VAL+1") }
record(ao, "first") { field(FLNK, "slow") }
record(ao, "gate") { field(OUT, "slow.B PP") }
"""


async def test_puts_with_completion_to_fields_of_one_busy_record_come_one_after_the_other(loading: Loading) -> None:
    async with loading(SLOW) as ioc:
        begun = asyncio.gather(*(ioc.put(f"slow.{name}", value, wait=True) for name, value in (("A", 1), ("B", 2))))
        await ioc.until({"slow.PACT": 1, "slow.A": 1.0})
        assert await ioc.get("slow.B") == 0.0
        await begun
        assert [await ioc.get(name) for name in ("slow", "slow.B", "slow.C", "after")] == [12.0, 2.0, 2.0, 2.0]


async def test_a_put_is_taken_while_what_the_one_before_has_set_going_is_busy(loading: Loading) -> None:
    async with loading(SLOW) as ioc:
        begun = asyncio.ensure_future(ioc.put("first", 1, wait=True))
        await ioc.until({"slow.PACT": 1, "first": 1.0})
        await ioc.put("first", 2)
        assert [await ioc.get(name) for name in ("first", "slow.PACT", "slow.RPRO")] == [2.0, 1, 1]
        assert not begun.done()
        await begun
        await ioc.until({"after": 2.0, "slow.C": 2.0, "slow.PACT": 0, "slow.RPRO": 0})


async def test_a_second_put_with_completion_does_not_wait_for_the_chain_of_the_first(loading: Loading) -> None:
    async with loading(SLOW) as ioc:
        begun = asyncio.ensure_future(ioc.put("first", 1, wait=True))
        await ioc.until({"slow.PACT": 1})
        await ioc.put("first.HIHI", 2, wait=True)  # done at once: slow is busy for another put, and told to come again
        assert await ioc.get("slow.PACT") == 1
        await begun
        await ioc.until({"after": 2.0, "slow.PACT": 0})


async def test_a_put_in_time_beats_those_that_wait(loading: Loading) -> None:
    """A STOP that is put plainly is not behind moves with completion to other fields."""
    async with loading(SLOW) as ioc:
        moves = [asyncio.ensure_future(ioc.put(f"slow.{name}", 7, wait=True)) for name in "ADE"]
        await ioc.until({"slow.PACT": 1})
        await ioc.put("slow.B", 5)
        assert [await ioc.get(f"slow.{name}") for name in ("B", "A", "D", "E", "RPRO")] == [5.0, 7.0, 0.0, 0.0, 1]
        await asyncio.gather(*moves)
        await ioc.until({"slow.D": 7.0, "slow.E": 7.0, "slow": 75.0, "slow.PACT": 0})


async def test_puts_of_one_pv_stay_in_order() -> None:
    """A plain put behind one with completion that waits is not written before it. (Base stops serving the client.)"""
    async with our_ioc(SLOW) as client:
        ioc = Peer(client)
        moves = [asyncio.ensure_future(ioc.put("slow.A", value, wait=True)) for value in (1, 2)]
        await ioc.until({"slow.PACT": 1, "slow.A": 1.0})
        await ioc.put("slow.A", 3)
        assert await ioc.get("slow.A") == 1.0
        await asyncio.gather(*moves)
        await ioc.until({"slow.A": 3.0, "slow": 30.0, "slow.PACT": 0})
