"""Instrument: questions bound to a port, macros filled in, the port started and stopped with the IOC."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bridge import PVGroup, SubGroup, ai, ao, running
from devices import Instrument, LakeShore336, ShellyPlug
from drivers import (
    INT16,
    STRING,
    VALUE,
    Ask,
    Coil,
    Command,
    Discrete,
    Get,
    Hear,
    Holding,
    HttpPort,
    Input,
    LinePort,
    MemoryTransport,
    ModbusTcpPort,
    Port,
    Post,
    Push,
    Pushed,
    Query,
    TcpPort,
    Tell,
)
from tests.drivers.http.servers import RawServer, response
from tests.server.serving import loopback
from tests.waiting import eventually


class Wire:
    """A port on a wire in memory, and what was said on it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._transport = MemoryTransport()
        self.port = LinePort("wire", self._transport)

    async def answer(self) -> None:
        """Be the instrument: 1.5 is the answer to every question."""
        while True:
            with contextlib.suppress(EOFError):
                for line in (await self._transport.far.receive()).decode().split():
                    self.asked.append(line)
                    if "?" in line:
                        self._transport.far.send(b"1.5\r\n")


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    made = Wire()
    answering = asyncio.create_task(made.answer())
    yield made
    answering.cancel()
    await asyncio.wait([answering])


class Channel(PVGroup):
    T = ai(inp=Ask("T?$(channel)"), pini="YES")
    SP = ao(out=Tell("SP$(channel),{:g}"), drvh=10)


class Box(Instrument):
    STATUS = ai(inp=Ask("ST?"), pini="YES")
    A = SubGroup(Channel, macros={"channel": "A"})
    B = SubGroup(Channel, macros={"channel": "B"})


async def test_questions_of_subgroups_go_to_the_port_with_their_macros(wire: Wire) -> None:
    box = Box("X:", port=wire.port)
    async with running(box, config=loopback()):
        await eventually(lambda: all(pv.value == 1.5 for name, pv in box.pvdb.items() if "SP" not in name))
        assert sorted(wire.asked) == ["ST?", "T?A", "T?B"]
        await box.B.SP.write(20)
        await eventually(lambda: wire.asked[-1] == "SPB,10")
    assert wire.port.fault is not None  # stopped with the IOC


def test_two_instruments_on_one_port() -> None:
    wire = Wire()
    one, two = Box("1:", port=wire.port), Box("2:", port=wire.port)
    assert one.services == two.services == [wire.port]


def test_without_a_port() -> None:
    with pytest.raises(TypeError, match=r"Box: say which port it is on: Box\(\.\.\., port=\.\.\.\)"):
        Box("X:")
    with pytest.raises(TypeError, match="LakeShore336: say which port"):
        LakeShore336("X:", macros={"a": "b"})
    with pytest.raises(
        TypeError, match=r"LakeShore336: there is no option 'devise' \(did you mean 'device'.*say which"
    ):
        LakeShore336(prefix="CRYO:", devise="/dev/ttyUSB0")
    with pytest.raises(TypeError, match=r"there is no option 'host'.*port=\.\.\.\), or by url, password$"):
        ShellyPlug("PLUG:", host="192.168.1.40")


def test_a_group_that_is_no_instrument() -> None:
    class Plain(PVGroup):
        T = ai(inp=Ask("T?"))

    with pytest.raises(TypeError, match=r"Plain has no port to ask an Ask; .* port=\.\.\., in YAML `port:`"):
        Plain("X:")


def test_a_question_of_another_kind_of_port() -> None:
    class Wrong(Instrument):
        X = ai(inp=Get("/x"))

    with pytest.raises(ValueError, match=r"Wrong\.X: inp=Get\(.*a line port takes Ask, Tell or Hear"):
        Wrong("X:", port=Wire().port)


LINE = LinePort("line", MemoryTransport())
MODBUS = ModbusTcpPort("plc")
HTTP = HttpPort("http://plug", push=Push("/rpc"))


@pytest.mark.parametrize(
    ("port", "question", "words"),
    [
        (LINE, Ask("T?"), "to write, use Tell"),
        (LINE, Hear("T"), "to write, use Tell"),
        (MODBUS, Input(0, INT16), "plc:502: Input.*can be read only; to write, use Holding"),
        (MODBUS, Discrete(0), "to write, use Coil"),
        (MODBUS, Holding(0, STRING(125)), "too long to be written"),
        (HTTP, Get("/a"), "to write, use Post"),
        (HTTP, Get("/a", "/b", push=True), "to write, use Post"),
        (HTTP, Pushed("/a"), "to write, use Post"),
    ],
)
def test_a_record_that_would_write_what_can_only_be_read(port: Port, question: Any, words: str) -> None:
    class Channel(PVGroup):
        SP = ao(out=question)

    class Wrong(Instrument):
        A = SubGroup(Channel)

    with pytest.raises(TypeError, match=rf"^Channel\.SP: out= of .*{words}.*test_instrument\.py:\d+"):
        Wrong("X:", port=port)


@pytest.mark.parametrize(
    ("port", "question", "words"),
    [(LINE, Tell("T"), "use Ask"), (HTTP, Post("/a", VALUE), "use Get"), (HTTP, Command("/a"), "use Get")],
)
def test_a_record_that_would_read_what_can_only_be_written(port: Port, question: Any, words: str) -> None:
    class Wrong(Instrument):
        T = ai(inp=question)

    with pytest.raises(TypeError, match=rf"^Wrong\.T: inp= of .*to read, {words}"):
        Wrong("X:", port=port)


def test_a_group_on_no_wire_is_told_as_well() -> None:
    class Plain(PVGroup):
        SP = ao(out=LINE.point(Ask("T?")))

    with pytest.raises(TypeError, match=r"^Plain\.SP: out= of .*to write, use Tell.*test_instrument\.py:\d+"):
        Plain("X:")
    with pytest.raises(TypeError, match=r"inp= of .*to read, use Ask"):
        ai(inp=LINE.point(Tell("T"))).create()


def test_what_can_be_read_and_written_may_be_both() -> None:
    class Both(Instrument):
        SP = ao(out=Holding(0, INT16), inp=Input(0, INT16))
        ON = ao(out=Coil(0), inp=Coil(0))
        LONG = ai(inp=Holding(0, STRING(125)))  # which could not be written, and is not

    assert len(Both("X:", port=MODBUS).pvdb) == 3


async def test_macros_in_the_body_of_a_request() -> None:
    asked: list[bytes] = []

    async def behave(_server: RawServer, request: bytes, writer: asyncio.StreamWriter) -> None:
        asked.append(request.partition(b"\r\n\r\n")[2])
        writer.write(response({"v": 1}))

    class Socket(PVGroup):
        V = ai(inp=Query("/rpc", "/v", body={"ask": ["$(ch)", 2]}))
        SP = ao(out=Post("/set", {"no": {"name": "$(ch)"}, "to": VALUE}))

    class Strip(Instrument):
        one = SubGroup(Socket, macros={"ch": "A"})

    async with RawServer(behave) as server:
        port = HttpPort(server.url, timeout=10)
        strip = Strip("S:", port=port)
        async with port:
            await strip.one.V.inp.read()
            await strip.one.SP.out.write(5)
    assert asked == [b'{"ask":["A",2]}', b'{"no":{"name":"A"},"to":5}']


async def test_macros_beside_the_braces_of_a_template() -> None:
    wire = Wire()

    class Unit(Instrument):
        T = ai(inp=Ask("T?$(u)", "$(n=1).{i}"))
        SP = ao(out=Tell("SP$(u){{{:.1f}}}"))

    unit = Unit("U:", port=wire.port, macros={"u": "A"})
    answering = asyncio.create_task(wire.answer())
    async with wire.port:
        assert (await unit.T.inp.read()).value == 5
        await unit.SP.out.write(2)
        await eventually(lambda: len(wire.asked) == 2)
    answering.cancel()
    assert wire.asked == ["T?A", "SPA{2.0}"]


def test_a_macro_for_the_unit_of_a_modbus_question() -> None:
    class Drive(PVGroup):
        SPEED = ai(inp=Holding(3, INT16, unit="$(u)"))

    class Line(Instrument):
        one = SubGroup(Drive, macros={"u": "3"})
        two = SubGroup(Drive, macros={"u": 4})

    line = Line("L:", port=MODBUS)
    assert [drive.SPEED.inp.unit for drive in (line.one, line.two)] == [3, 4]
    for wrong in ("x", "300", "-1", ""):
        with pytest.raises(ValueError, match=rf"a unit is one of 0 to 255, not '?{wrong}'?$"):
            MODBUS.point(Holding(3, unit=wrong))


def test_a_macro_for_the_address_of_a_modbus_question() -> None:
    class Loop(PVGroup):
        PV = ai(inp=Input("$(base)", INT16))
        SP = ao(out=Holding("$(base)+2", INT16), inp=Holding("$(base)+2", INT16))
        RUN = ao(out=Coil("$(base)+0x10"))

    class Oven(Instrument):
        one = SubGroup(Loop, macros={"base": 100})
        two = SubGroup(Loop, macros={"base": "0xC8"})

    oven = Oven("L:", port=MODBUS)
    for loop, base in ((oven.one, 100), (oven.two, 200)):
        assert [one.question.address for one in (loop.PV.inp, loop.SP.out, loop.SP.inp, loop.RUN.out)] == [
            base,
            base + 2,
            base + 2,
            base + 16,
        ]
    for wrong in ("x", "1-1", "1+", "", "1.5"):
        with pytest.raises(
            ValueError, match=r"Holding\(.*, UINT16\): an address is a whole number, or several with \+"
        ):
            MODBUS.point(Holding(wrong))
    with pytest.raises(ValueError, match="an address is one of 0 to 65535"):
        MODBUS.point(Holding("65535+1"))
    with pytest.raises(ValueError, match="reaches beyond address 65535"):
        MODBUS.point(Holding("65535", count=2))


async def test_what_was_heard_before_the_link_was_down_is_old() -> None:
    far: list[asyncio.StreamWriter] = []

    class Door(Instrument):
        OPEN = ai(inp=Hear(r"DOOR (\d)"), scan="I/O Intr")

    server = await asyncio.start_server(lambda _, writer: far.append(writer), "127.0.0.1", 0)
    door = Door("X:", port=TcpPort("127.0.0.1", server.sockets[0].getsockname()[1]))
    async with running(door, config=loopback()):
        await eventually(lambda: far)
        far[0].write(b"DOOR 1\r\n")
        await eventually(lambda: door.OPEN.value == 1 and door.OPEN.alarm.severity == 0)
        far[0].close()
        await eventually(lambda: len(far) == 2 and door.port.fault is None)
        await asyncio.sleep(0.05)
        assert (door.OPEN.alarm.status.name, door.OPEN.value) == ("COMM", 1)
        assert "nothing was heard since" in door.OPEN.amsg
        far[1].write(b"DOOR 1\r\n")  # the same, and now it is true again
        await eventually(lambda: door.OPEN.alarm.severity == 0)
        far[1].close()
    server.close()


def test_a_macro_that_nobody_defined() -> None:
    class Wrong(Instrument):
        X = ai(inp=Ask("T? $(chanel)"))

    with pytest.raises(ValueError, match="chanel"):
        Wrong("X:", port=Wire().port)


def test_objects_of_ones_own_stay_as_they_are() -> None:
    class Own:
        async def read(self) -> Any: ...

    own = Own()

    class Mixed(Instrument):
        X = ai(inp=own)

    assert Mixed("X:", port=Wire().port).X.inp is own
