"""aai, aao, subArray, compress, histogram, mbbiDirect and mbboDirect in a group, with instruments, and alone."""

import asyncio
from array import array

import pytest

from records import PVGroup, SubGroup, aai, aao, compress, histogram, mbbiDirect, mbboDirect, pvproperty, subArray
from records.rec.aao import AaoRecord
from records.rec.ao import AoRecord
from records.rec.compress import CompressRecord
from records.rec.histogram import HistogramRecord
from records.rec.mbbidirect import MbbiDirectRecord
from records.rec.mbbodirect import MbboDirectRecord
from records.rec.subarray import SubArrayRecord
from tests.records.fakes import Instrument, R, said
from tests.records.hosts import Hosting


class Arrays(PVGroup):
    spectrum = aai([1.0, 2.0], nelm=4)
    shape = aao(ftvl="LONG", nelm=3)
    part = subArray(ftvl="DOUBLE", malm=10, nelm=2, indx=1)
    trend = compress(nsam=10, alg="Circular Buffer")
    counts = histogram(nelm=10, ulim=5)
    bits_in = mbbiDirect(5)
    bits = mbboDirect(6)
    plain = pvproperty(value=[1, 2, 3], record="aao")


def test_in_a_group() -> None:
    group = Arrays("T:")
    assert {pv.record_type for pv in group.pvdb.values()} == {
        *("aai", "aao", "subArray", "compress", "histogram", "mbbiDirect", "mbboDirect")
    }
    assert (group.spectrum.value, group.plain.value) == (array("d", [1, 2]), array("i", [1, 2, 3]))
    assert (group.bits_in.b0, group.bits_in.b1, group.bits.b2) == (1, 0, 1)


async def test_array_output_to_an_instrument() -> None:
    instrument = Instrument()
    record = AaoRecord("T:o", ftvl="DOUBLE", nelm=4, out=instrument)
    work = record.put([1.0, 2.0])
    assert work is not None
    await work
    assert list(instrument.written[0]) == [1.0, 2.0]
    assert (record.value, record.nord, said(record)[0]) == (array("d", [1, 2]), 2, "NO_ALARM")


def test_part_of_what_an_instrument_says() -> None:
    record = SubArrayRecord("T:p", ftvl="LONG", malm=5, nelm=2, indx=1, inp=Instrument())
    record.process(R([1, 2, 3, 4]))
    assert (record.value, record.nord) == (array("i", [2, 3]), 2)


async def test_compress_averages_two_readings() -> None:
    source = AoRecord("T:s", 1.0)
    record = CompressRecord("T:c", nsam=3, n=2, alg="N to 1 Average", links={"INP": "T:s"})
    Hosting(source, record)
    for value in (1.0, 3.0, 5.0, 6.0):
        source.post(value)
        record.process()
    assert (record.value, record.nuse) == (array("d", [2.0, 5.5]), 2)
    record.put_field("RES", 1)
    assert (record.value, record.nuse) == (array("d"), 0)


def test_histogram_counts_signals() -> None:
    record = HistogramRecord("T:h", nelm=5, llim=0, ulim=10)
    for signal in (0.5, 2.0, 2.5, 9.9, 10.0, -1.0, float("nan")):
        record.put_field("SGNL", signal)
    assert (record.value, record.mcnt) == (array("I", [2, 1, 0, 0, 1]), 4)
    record.put_field("CMD", "Stop")
    record.put_field("SGNL", 1.0)
    assert (record.csta, record.value) == (0, array("I", [2, 1, 0, 0, 1]))
    record.put_field("EGU" if "EGU" in record.fields else "PREC", 1)
    assert record.value == array("I", [2, 1, 0, 0, 1])


async def test_histogram_tells_at_intervals() -> None:
    record = HistogramRecord("T:h", nelm=2, ulim=2, mdel=100, sdel=0.01)
    told = asyncio.Event()
    Hosting(record)
    record.listen(lambda pv, changes: told.set() if changes else None)
    record.put_field("SGNL", 0.5)
    assert not told.is_set()
    await asyncio.wait_for(told.wait(), 10)
    record.detach()


def test_bits_from_an_instrument() -> None:
    record = MbbiDirectRecord("T:b", nobt=3, shft=1, inp=Instrument())
    record.mask = 0b1110
    record.process(R(0xFF))
    assert (record.value, record.rval, record.b0, record.b2, record.b3) == (7, 14, 1, 1, 0)


async def test_bits_to_an_instrument() -> None:
    instrument = Instrument()
    record = MbboDirectRecord("T:b", out=instrument, shft=4)
    work = record.put(3)
    assert work is not None
    await work
    assert (instrument.written, record.b1, record.value) == ([0x30], 1, 3)


def test_bits_one_by_one() -> None:
    record = MbboDirectRecord("T:b")
    record.put_field("B4", 1)
    record.put_field("B1F", 1)
    assert record.value == -(1 << 31) + 16
    record.put_field("OMSL", "closed_loop")
    with pytest.raises(PermissionError, match="closed loop"):
        record.put_field("B4", 0)
    assert (record.value, record.b4) == (-(1 << 31) + 16, 1)


class Outer(PVGroup):
    inner = SubGroup(Arrays)


def test_groups_share_nothing() -> None:
    one, other = Outer("A:"), Outer("B:")
    one.inner.counts.put_field("SGNL", 1.0)
    assert sum(other.inner.counts.value) == 0
