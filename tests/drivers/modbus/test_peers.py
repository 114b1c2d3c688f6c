"""Modbus peers that we did not write: libmodbus as the device, mbpoll as another master of our simulators."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import sim
from drivers.errors import Refused
from drivers.modbus.port import ModbusPort
from drivers.modbus.ports import ModbusRtuPort, ModbusTcpPort
from drivers.modbus.registers import FLOAT32, INT16, STRING, UINT32, Coil, Discrete, Holding, Input
from tests.drivers.modbus import libmodbus
from tests.drivers.modbus.servers import bridged

MBPOLL = shutil.which("mbpoll")


@contextlib.asynccontextmanager
async def device(*arguments: str) -> AsyncIterator[str]:
    """libmodbus's server; yields the first line that it prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(Path(libmodbus.__file__)), *arguments, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(20):
            line = await process.stdout.readline()
        yield line.decode().strip()
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@pytest.fixture(params=["tcp", "rtu"])
async def port(request: pytest.FixtureRequest) -> AsyncIterator[ModbusPort]:
    if libmodbus.library() is None:
        pytest.skip("libmodbus is not installed (apt-get install libmodbus5)")
    async with contextlib.AsyncExitStack() as stack:
        made: ModbusPort
        if request.param == "tcp":
            made = ModbusTcpPort("127.0.0.1", int(await stack.enter_async_context(device("tcp", "0"))), timeout=5)
        else:
            ours, theirs = stack.enter_context(bridged())
            await stack.enter_async_context(device("rtu", theirs))
            made = ModbusRtuPort(ours, 115200, timeout=5)
        yield await stack.enter_async_context(made)


async def test_libmodbus_answers(port: ModbusPort) -> None:
    questions = [Input(7), Holding(8, count=3), Coil(3), Discrete(4, count=3), Input(2, UINT32), Holding(5, bit=2)]
    readings = await asyncio.gather(*map(port.read, questions))
    assert [reading.value for reading in readings] == [7, [8, 9, 10], True, [False, False, True], 0x20003, True]
    for question, value in (
        (Holding(10, INT16, scale=0.1), -12.5),  # function 6
        (Holding(11, INT16, fc16=True), -7),  # 16
        (Holding(20, FLOAT32), 1.5),
        (Holding(30, STRING(4)), "libmodbus"[:8]),
        (Coil(10), True),  # 5
        (Coil(20, count=11), [True] * 10 + [False]),  # 15
        (Holding(40, bit=4), False),  # 3 and 6
        (Holding(40, mask=0x0F00, fc22=True), 5),  # 22
        (Holding(50, INT16, count=2, fc23=True), [-1, -2]),  # 23
    ):
        await port.write(question, value)
        assert (await port.read(question)).value == value
    assert (await port.exchange(Holding(60, count=2), Holding(61), 99)).value == [60, 99]
    assert (await port.read(Holding(40))).value == 40 | 0x0500
    with pytest.raises(Refused, match="exception 2"):
        await port.write(Holding(500), 1)
    assert (await port.read(Input(1))).value == 1


@pytest.mark.skipif(MBPOLL is None, reason="mbpoll is not installed (apt-get install mbpoll)")
async def test_mbpoll_reads_what_we_read() -> None:
    """Our simulator is a Modbus server for others too, so that what both agree on is not a shared mistake."""
    async with sim.serve("sdm630") as running:
        host, _, number = running.address.rpartition(":")
        process = await asyncio.create_subprocess_exec(
            str(MBPOLL), "-m", "tcp", "-p", number, "-a", "1", "-0", "-r", "70", "-c", "1",
            "-t", "3:float", "-B", "-1", host,
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        async with asyncio.timeout(20):
            out, _ = await process.communicate()
        shown = float(out.decode().rpartition("[70]:")[2].split()[0])
        async with ModbusTcpPort(host, int(number), timeout=5) as port:
            assert (await port.read(Input(70, FLOAT32))).value == pytest.approx(shown, abs=0.5)
        assert 45 < shown < 55
