"""The Model 336 over TCP and over a pty, by plain clients; the physics by a clock moved by hand."""

from __future__ import annotations

import asyncio
import re

import pytest
import serial

import sim
from tests.sim.clients import line

FORMATS = [
    ("*IDN?", r"LSCI,MODEL336,\w{7}/#{7},\d\.\d+"),
    ("KRDG? A", r"[+-]\d{3}\.\d{3}"),
    ("KRDG? d", r"[+-]\d{3}\.\d{3}"),
    ("CRDG? A", r"[+-]\d{3}\.\d{3}"),
    ("SRDG? A", r"[+-]\d\.\d{5}"),
    ("RDGST? A", r"000"),
    ("INNAME? A", r"Sample         "),
    ("INTYPE? A", r"1,0,0,0,1"),
    ("INCRV? A", r"\d\d"),
    ("TLIMIT? A", r"\+400\.000"),
    ("SETP? 1", r"\+100\.000"),
    ("RANGE? 1", r"0"),
    ("HTR? 1", r"\+000\.0"),
    ("HTRST? 1", r"0"),
    ("HTRSET? 1", r"2,2,\+1\.000,2"),
    ("MOUT? 1", r"\+000\.000"),
    ("AOUT? 3", r"\+000\.000"),
    ("PID? 1", r"\+0050\.0,\+0020\.0,\+0000\.0"),
    ("RAMP? 1", r"0,\+005\.000"),
    ("RAMPST? 1", r"0"),
    ("OUTMODE? 1", r"1,1,0"),
    ("MODE?", r"1"),
    ("*TST?", r"0"),
    ("*OPC?", r"1"),
    ("krdg? a", r"[+-]\d{3}\.\d{3}"),
]


@pytest.mark.parametrize(("question", "pattern"), FORMATS)
async def test_replies_look_as_in_the_manual(question, pattern):
    async with sim.serve("lakeshore336") as running, line(running.address) as client:
        reply = await client.ask(question)
        assert re.fullmatch(pattern, reply), reply


@pytest.mark.parametrize(
    ("command", "question", "reply"),
    [
        ("SETP 1,80.5", "SETP? 1", "+080.500"),
        ("RANGE 1,2", "RANGE? 1", "2"),
        ("RANGE 3,1", "RANGE? 3", "1"),
        ("PID 2,12.5,30,10", "PID? 2", "+0012.5,+0030.0,+0010.0"),
        ("RAMP 1,1,7.5", "RAMP? 1", "1,+007.500"),
        ("OUTMODE 1,3,2,1", "OUTMODE? 1", "3,2,1"),
        ("MOUT 2,22.45", "MOUT? 2", "+022.450"),
        ('INNAME B,"Cold, inner"', "INNAME? B", "Cold, inner    "),
        ("INTYPE C,2,1,4,1,2", "INTYPE? C", "2,1,4,1,2"),
        ("INCRV A,21", "INCRV? A", "21"),
        ("TLIMIT B,310", "TLIMIT? B", "+310.000"),
        ("HTRSET 1,1,4,1.5,1", "HTRSET? 1", "1,4,+1.500,1"),
        ("MODE 2", "MODE?", "2"),
    ],
)
async def test_set_commands_are_kept_and_get_no_reply(command, question, reply):
    async with sim.serve("lakeshore336") as running, line(running.address) as client:
        client.tell(command)
        assert await client.ask(question) == reply
        assert await client.ask("*ESR?") == "128"
        assert await client.ask("*ESR?") == "0"


@pytest.mark.parametrize(
    ("command", "bit"),
    [
        ("NONSENSE?", 32),
        ("KRDG? Z", 32),
        ("KRDG?", 32),
        ("SETP 1", 32),
        ("SETP 1,hot", 32),
        ("SETP 9,1", 32),
        ("RANGE 1,4", 16),
        ("RANGE 3,2", 16),
        ("PID 1,0,1,1", 16),
        ("HTR? 3", 16),
        ("OUTMODE 1,1,9,0", 16),
        ("INTYPE A,9,0,0,0,1", 16),
    ],
)
async def test_what_it_does_not_understand_gets_no_reply_but_a_bit(command, bit):
    async with sim.serve("lakeshore336") as running, line(running.address) as client:
        client.tell("*CLS", command)
        assert await client.ask("*ESR?") == str(bit)
        assert await client.ask("OUTMODE? 1") == "1,1,0"


async def test_lf_alone_and_chained_commands_are_understood():
    async with sim.serve("lakeshore336") as running, line(running.address) as client:
        client.writer.write(b"SETP 1,90;SETP? 1;RANGE? 1\n")
        assert await client.raw() == b"+090.000;0\r\n"


async def test_readings_are_the_backdoors():
    async with sim.serve("lakeshore336", clock=sim.HandClock()) as running, line(running.address) as client:
        for letter in "ABCD":
            kelvin = running.device.get(f"input.{letter}.kelvin")
            assert await client.ask(f"KRDG? {letter}") == f"{kelvin:+08.3f}"
            assert await client.ask(f"CRDG? {letter}") == f"{kelvin - 273.15:+08.3f}"
        running.device.set("input.A.kelvin", 4.2)
        assert await client.ask("KRDG? A") == "+004.200"
        assert await client.ask("SRDG? A") == "+1.62600"


async def test_it_heats_to_the_setpoint_and_cools_when_switched_off():
    clock = sim.HandClock()
    async with sim.serve("lakeshore336", clock=clock) as running, line(running.address) as client:
        assert float(await client.ask("KRDG? A")) == pytest.approx(77.35, abs=0.02)
        client.tell("SETP 1,100", "RANGE 1,2")
        assert await client.ask("RANGE? 1") == "2"
        clock.advance(5.0)
        assert 77.5 < float(await client.ask("KRDG? A")) < 95.0
        clock.advance(600.0)
        assert float(await client.ask("KRDG? A")) == pytest.approx(100.0, abs=0.03)
        # 0.1 W/K times 22.6 K above the cold finger is 2.26 W of Medium's 10 W
        assert float(await client.ask("HTR? 1")) == pytest.approx(22.6, abs=1.0)
        assert float(await client.ask("KRDG? C")) > 77.36
        assert float(await client.ask("KRDG? B")) == pytest.approx(77.4, abs=0.05)
        client.tell("RANGE 1,0")
        assert await client.ask("RANGE? 1") == "0"
        clock.advance(1000.0)
        assert float(await client.ask("KRDG? A")) == pytest.approx(77.35, abs=0.02)
        assert await client.ask("HTR? 1") == "+000.0"


async def test_the_low_range_is_too_weak_for_it():
    clock = sim.HandClock()
    async with sim.serve("lakeshore336", clock=clock) as running, line(running.address) as client:
        client.tell("SETP 1,100", "RANGE 1,1")
        assert await client.ask("RANGE? 1") == "1"
        clock.advance(2000.0)
        assert await client.ask("HTR? 1") == "+100.0"
        assert float(await client.ask("KRDG? A")) == pytest.approx(87.4, abs=0.1)  # 1 W over 0.1 W/K


async def test_without_integral_an_offset_stays():
    clock = sim.HandClock()
    async with sim.serve("lakeshore336", clock=clock) as running, line(running.address) as client:
        client.tell("PID 1,5,0,0", "SETP 1,100", "RANGE 1,2")
        assert await client.ask("PID? 1") == "+0005.0,+0000.0,+0000.0"
        clock.advance(2000.0)
        offset = 100.0 - float(await client.ask("KRDG? A"))
        assert offset == pytest.approx(float(await client.ask("HTR? 1")) / 5.0, abs=0.05)
        assert offset > 3.0


async def test_the_setpoint_ramps():
    clock = sim.HandClock()
    async with sim.serve("lakeshore336", clock=clock) as running, line(running.address) as client:
        client.tell("RAMP 1,1,6", "SETP 1,112")
        assert await client.ask("RAMPST? 1") == "1"
        clock.advance(60.0)
        assert await client.ask("SETP? 1") == "+106.000"
        clock.advance(61.0)
        assert await client.ask("SETP? 1;RAMPST? 1") == "+112.000;0"


async def test_open_loop_puts_out_what_it_is_told():
    clock = sim.HandClock()
    async with sim.serve("lakeshore336", clock=clock) as running, line(running.address) as client:
        client.tell("OUTMODE 2,3,2,0", "MOUT 2,50", "RANGE 2,1")
        assert await client.ask("RANGE? 2") == "1"
        clock.advance(1000.0)
        assert await client.ask("HTR? 2") == "+050.0"
        assert float(await client.ask("KRDG? B")) == pytest.approx(77.35 + 0.25 / 0.05, abs=0.1)
        client.tell("HTRSET 2,2,2,1,1")  # in percent of current: the root
        assert await client.ask("HTR? 2") == "+070.7"


async def test_the_temperature_limit_switches_all_heaters_off():
    clock = sim.HandClock()
    async with sim.serve("lakeshore336", clock=clock) as running, line(running.address) as client:
        client.tell("TLIMIT A,90", "SETP 1,120", "RANGE 1,3", "RANGE 2,1")
        assert await client.ask("RANGE? 2") == "1"
        clock.advance(60.0)
        assert await client.ask("RANGE? 1;RANGE? 2;HTR? 1") == "0;0;+000.0"


@pytest.mark.parametrize(
    ("path", "value", "status", "reading"),
    [
        ("input.A.broken", True, "128", "+000.000"),
        ("input.A.sensor.0", None, "001", "+000.000"),
        ("input.A.pinned", 600.0, "032", "+600.000"),
        ("input.A.pinned", 1.0, "016", "+001.000"),
        ("input.A.pinned", 77.5, "000", "+077.500"),
    ],
)
async def test_the_reading_status_tells_a_bad_sensor(path, value, status, reading):
    clock = sim.HandClock()
    async with sim.serve("lakeshore336", clock=clock) as running, line(running.address) as client:
        if value is None:
            client.tell("INTYPE A,0,0,0,0,1")
        else:
            running.device.set(path, value)
        assert await client.ask("*OPC?") == "1"
        clock.advance(0.1)
        assert await client.ask("RDGST? A") == status
        assert await client.ask("KRDG? A") == reading


async def test_a_heater_without_its_sensor_stays_off():
    clock = sim.HandClock()
    async with sim.serve("lakeshore336", clock=clock) as running, line(running.address) as client:
        client.tell("SETP 1,100", "RANGE 1,2")
        assert await client.ask("RANGE? 1") == "2"
        clock.advance(5.0)
        assert float(await client.ask("HTR? 1")) > 50.0
        running.device.set("input.A.broken", True)
        clock.advance(1.0)
        assert await client.ask("HTR? 1") == "+000.0"


def test_the_seed_decides_the_noise():
    def readings(seed: int) -> list[float]:
        clock = sim.HandClock()
        from sim.lakeshore336 import Lakeshore336

        device, found = Lakeshore336(clock=clock, seed=seed), []
        for _ in range(10):
            clock.advance(0.1)
            found.append(device.get("input.A.kelvin"))
        return found

    assert readings(1) == readings(1)
    assert readings(1) != readings(2)


async def test_a_serial_client_finds_it_on_a_pty():
    async with sim.serve("lakeshore336", tty=True, clock=sim.HandClock()) as running:
        assert running.address.startswith("/dev/")

        def talk() -> list[bytes]:
            with serial.Serial(running.address, 57600, bytesize=7, parity="O", timeout=2.0, exclusive=True) as port:
                port.write(b"SETP 2,55.5\r\nSETP? 2\r\nKRDG? D\r\n")
                return [port.read_until(b"\r\n"), port.read_until(b"\r\n")]

        kelvin = running.device.get("input.D.kelvin")
        assert await asyncio.to_thread(talk) == [b"+055.500\r\n", f"{kelvin:+08.3f}\r\n".encode()]
