"""IOCs written in YAML: what may stand in them, and a line for each mistake that says where it is."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from bridge.client import Client, ClientConfig
from bridge.runtime.ioc import running
from bridge.runtime.loader import LoadError, load_file, pick
from bridge.server import ServerConfig
from devices import LakeShore336
from drivers import HttpPort, ModbusTcpPort, SerialPort
from records import PVGroup, Record
from tests.cli.programs import IOCBRIDGE, finished, program


def loaded(tmp_path: Path, text: str) -> list[PVGroup]:
    """The groups of a YAML file."""
    path = tmp_path / "lab.yaml"
    path.write_text(text)
    groups: list[Any] = pick(load_file(path, "__yaml__"), None)
    return groups


def record(group: PVGroup, name: str) -> Record:
    found = group.pvdb[name]
    assert isinstance(found, Record)
    return found


TWO = """\
- name: Meter
  prefix: "M:"
  port: &bus {ModbusTcpPort: {host: 127.0.0.1, port: 1502}}
  macros: {unit: mA}
  records:
    POWER: {type: ai, inp: {Input: [0x34, FLOAT32]}, scan: .1 second, egu: W, prec: 1}
    LOOP-1:SP: {type: ao, out: {Holding: {address: 7, type: FLOAT32}}, egu: 10, value: 1e3}
    port: {type: longin, value: -3}
- name: Meter
  prefix: "N:"
  port: *bus
  records:
    SHUTTER: {type: bo, value: off, znam: off, onam: On, desc: 1:30}
    SPECTRUM: {type: waveform, ftvl: STRING, nelm: 4}
- LakeShore336: {prefix: "CRYO:", device: /dev/ttyS9}
"""


def test_one_description_of_several_blocks_of_registers(tmp_path: Path) -> None:
    text = """\
- prefix: "A:"
  port: &bus {ModbusTcpPort: 127.0.0.1}
  macros: {base: 100}
  records: &loop
    SP: {type: ao, out: {Holding: ["$(base)+2", INT16]}}
- {prefix: "B:", port: *bus, macros: {base: 200}, records: *loop}
"""
    loops = loaded(tmp_path, text)
    points: list[Any] = [record(loop, f"{loop.prefix}SP").out for loop in loops]  # type: ignore[attr-defined]
    assert [point.question.address for point in points] == [102, 202]


def test_a_file_is_a_list_of_instruments(tmp_path: Path) -> None:
    meter, _other, cryo = loaded(tmp_path, TWO)
    assert [*meter.pvdb] == ["M:POWER", "M:LOOP-1:SP", "M:port"]
    power = record(meter, "M:POWER")
    assert (power.record_type, power.period, power.metadata.units, power.metadata.precision) == ("ai", 0.1, "W", 1)
    assert meter.macros == {"unit": "mA"}
    assert record(meter, "M:LOOP-1:SP").value == 1000.0
    assert record(meter, "M:LOOP-1:SP").metadata.units == "10"
    assert record(meter, "M:port").value == -3
    assert isinstance(cryo, LakeShore336)


def test_an_alias_of_a_port_is_the_same_wire(tmp_path: Path) -> None:
    meter, other, _ = loaded(tmp_path, TWO)
    assert isinstance(meter.services[0], ModbusTcpPort)
    assert other.services == meter.services
    assert other.services[0] is meter.services[0]


def test_words_are_what_yaml_1_2_says(tmp_path: Path) -> None:
    _, other, _ = loaded(tmp_path, TWO)
    shutter = record(other, "N:SHUTTER")
    assert shutter.metadata.states == ("off", "On")
    assert shutter.value == 0
    assert str(getattr(shutter, "desc", "")) == "1:30"
    assert getattr(record(other, "N:SPECTRUM"), "ftvl", None) == 0  # STRING, the type of field, not that of registers


def test_the_example_of_the_guide(tmp_path: Path) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "yaml.md").read_text()
    example, several = re.findall(r"```yaml\n(.*?)```", guide, re.S)
    one, two = loaded(tmp_path, several)
    assert [*one.pvdb, *two.pvdb] == [f"MFC:{u}:{name}" for u in "AB" for name in ("FLOW", "SP", "LACK")]
    assert one.services == two.services
    assert record(two, "MFC:B:LACK").link_text("INPA") == "MFC:B:SP CP MS"
    groups = loaded(tmp_path, example)
    assert [*groups[0].pvdb, *groups[1].pvdb, *groups[3].pvdb] == [
        "POWER:POWER",
        "POWER:LIMIT",
        "PUMP:RUN",
        "CALC:EFFICIENCY",
    ]
    assert groups[0].services == groups[1].services


def test_the_framing_of_the_guide_to_drivers(tmp_path: Path) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "drivers.md").read_text()
    (port,) = re.findall(r"```yaml\n(.*?)```", guide, re.S)
    (box,) = loaded(tmp_path, port + 'records:\n  X: {type: ai, inp: {Ask: ["\\x01", "\\x81{i16be}"]}}\n')
    assert isinstance(box.services[0], SerialPort)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "lab.yaml: there is nothing in it"),
        ("records: [1,\n", "lab.yaml:2:1: "),
        ("records: {X: {type: ao, type: ai}}\n", "lab.yaml:1:25: 'type' stands here twice"),
        ("records:\n  X: {type: aio}\n", "lab.yaml:2:6: X: there is no record type 'aio' (did you mean"),
        ("records:\n  X: {value: 1}\n", "lab.yaml:2:6: X has no `type`"),
        ("records:\n  X: {type: ao,\n      egus: V}\n", "ao has no field 'egus' (did you mean"),
        ("prefx: a\nrecords: {}\n", "lab.yaml:1:1: 'prefx' means nothing here (did you mean 'prefix'?)"),
        ("prefix: a\n", "lab.yaml:1:1: an instrument without `records`"),
        ("- 5\n", "lab.yaml:1:3: an instrument is a mapping"),
        (
            "port: {SerialPrt: [/dev/ttyS9]}\nrecords: {}\n",
            "lab.yaml:1:8: there is no 'SerialPrt' (did you mean 'SerialPort'",
        ),
        ("port: {SerialPort: {devise: x}}\nrecords: {}\n", "lab.yaml:1:21: SerialPort has no 'devise'"),
        ("port: {SerialPort: /dev/ttyS9}\nrecords:\n  X: {type: ai, inp: {Input: 3}}\n", "lab.yaml:3:17: X: inp=Input"),
        ("records:\n  X: {type: ai, inp: {Ask: 'KRDG?'}}\n", "lab.yaml:2:23: X: there is no `port` to ask"),
        ("LakeShore336: {prefix: a}\n", "lab.yaml:1:1: LakeShore336: say which port"),
        ("\xff: 1\n", "lab.yaml:1:1: "),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(LoadError) as caught:
        loaded(tmp_path, text)
    assert told in str(caught.value)
    assert "lab.yaml" in str(caught.value)
    assert "\n" not in str(caught.value)


BUS = "port: {ModbusTcpPort: 127.0.0.1}\nrecords:\n"
LINE = "port: {SerialPort: /dev/ttyS9}\nrecords:\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        # found when the object is made: the line is that of the record, or of what it says
        (
            BUS + "  A: {type: ai}\n  T: {type: ai,\n      inp: {Ask: 'T?'}}\n",
            ":5:7: T: inp=Ask('T?'): 127.0.0.1:502: a Mod",
        ),
        (LINE + "  T: {type: ao, out: {Tell: 'SP {:.2f'}}\n", ":3:17: T: out=Tell("),
        (
            "port: {HttpPort: 'http://127.0.0.1'}\nrecords:\n  P: {type: ai, inp: {Get: [/a, no]}}\n",
            ":3:17: P: inp=Get(",
        ),
        (
            "records:\n  A: {type: ao}\n  B: {type: bo, znam: Off, onam: On, value: Onn}\n",
            ":3:38: B: value='Onn': 'Onn'",
        ),
        ("records: {A: {type: ao}, C: {type: calc, calc: A+}}\n", ":1:26: C: Incomplete expression"),
        ("records: {A: {type: ao}, C: {type: ai, scan: 3 second}}\n", ":1:26: C: there is no scan '3 second'"),
        ("records:\n  A: {type: ao}\n  R-1: {type: ai, name: A}\n", ":3:3: R-1: two PVs are called 'A': A and R-1 ("),
        # values of another kind
        ("port: /dev/ttyUSB0\nrecords: {}\n", ":1:7: a port looks like `{SerialPort: [/dev/ttyUSB0, 9600]}`"),
        ("LakeShore336: {prefix: 'A:', port: 7}\n", ":1:36: a port looks like"),
        ("prefix: 5\nrecords: {}\n", ":1:9: the prefix is a text: put it in quotes"),
        ("LakeShore336: {prefix: 5, device: /dev/ttyS9}\n", ":1:24: the prefix is a text"),
        ("macros: 5\nrecords: {}\n", ":1:9: `macros` is a mapping"),
        # names that are nearly right
        (
            BUS + "  A: {type: ai, inp: {Input: {adress: 0}}}\n",
            ":3:31: Input has no 'adress' (did you mean 'address'?)",
        ),
        (
            "port: {SerialPort: {device: a, baudrat: 3}}\nrecords: {}\n",
            ":1:32: SerialPort has no 'baudrat' (did you mean",
        ),
        (
            "port: {ModbusTcpPort: {host: a, timout: 3}}\nrecords: {}\n",
            ":1:33: ModbusTcpPort has no 'timout' (did you mean",
        ),
        ("port: {SerialPort: }\nrecords: {}\n", ":1:8: SerialPort wants 'device'; SerialPort takes device, baud"),
        ("port: {SerialPort: [a, 1, 2]}\nrecords: {}\n", ":1:8: SerialPort was given too much; it takes device,"),
        ("records: {A: {type: ai, autosav: true}}\n", ":1:25: A: ai has no field 'autosav' (did you mean 'autosave'"),
        (
            f"records:\n  A: {{type: ai,\n      desc: {'D' * 41}}}\n",
            f":3:7: A: ai: desc='{'D' * 41}': '{'D' * 41}' has 41 bytes; DESC holds 40",
        ),
        (BUS + "  A: {type: ai, inp: {Inputt: 0}}\n", ":3:23: A: there is no 'Inputt' (did you mean 'Input'"),
        (BUS + "  A: {type: ai, inp: {input: [0, INT16]}}\n", ":3:23: A: there is no 'input' (did you mean 'Input'"),
        # what YAML itself says
        ("prefix: M:\nrecords: {}\n", ":1:10: mapping values are not allowed here: put a text with a colon in quotes"),
        ("prefix: A\nname: \x07\n", ":2:7: the character U+0007 cannot stand in YAML"),
    ],
)
def test_a_mistake_is_told_where_it_stands_in_the_words_of_the_file(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(LoadError) as caught:
        loaded(tmp_path, text)
    said = str(caught.value)
    assert f"lab.yaml{told}" in said
    assert "Error" not in said
    assert "lab." not in said.replace("lab.yaml", "")  # no class that nobody wrote
    assert "None)" not in said.partition("Get(")[0]


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "lab.yaml"
    path.write_bytes("records:\n  A: {type: ai, egu: °C}\n".encode("latin-1"))
    with pytest.raises(
        LoadError, match=r"lab\.yaml:2:22: this is not UTF-8 \('°' in Latin-1\?\): save the file as UTF-8"
    ):
        load_file(path, "__yaml__")


def test_types_of_python_are_arguments_of_questions_and_texts_elsewhere(tmp_path: Path) -> None:
    text = """\
port: {SerialPort: /dev/ttyS9}
records:
  A: {type: stringin, inp: {Ask: ["SP?", str]}, desc: str}
  B: {type: longin, inp: {Ask: {text: "N?", as_: int}}, egu: "bool"}
  C: {type: bo, out: {Tell: {text: "OUT {}", words: [Off, On]}}, inp: {Ask: ["OUT?", [Off, On]]}}
"""
    (group,) = loaded(tmp_path, text)
    assert [str(getattr(record(group, "A"), "desc", "")), record(group, "B").metadata.units] == ["str", "bool"]


async def test_the_guides_relay_sends_true(tmp_path: Path) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "yaml.md").read_text()
    (line,) = re.findall(r"^  RELAY: .*$", guide, re.M)
    asked = b""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        while b"}" not in asked.partition(b"POST")[2] and (some := await reader.read(1000)):
            asked += some
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        host = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        line = re.sub(r" inp: {Get: [^}]*},", "", line)
        (group,) = loaded(tmp_path, f"port: {{HttpPort: '{host}'}}\nrecords:\n{line}\n")
        async with asyncio.timeout(30), running(group, config=ServerConfig(interfaces=("127.0.0.1",), port=0)):
            (port,) = group.services
            assert isinstance(port, HttpPort)
            await port.wait_up(10)
            work = record(group, "RELAY").put(1)
            assert work is not None
            await work
    assert re.search(rb"POST /relay .*{\"on\": ?true}", asked, re.S), asked


def test_a_record_may_have_any_name(tmp_path: Path) -> None:
    names = ["port", "prefix", "pvdb", "services", "groups", "9", "a-b", "a_b"]
    (group,) = loaded(tmp_path, LINE + "".join(f"  {name}: {{type: ai, inp: {{Ask: 'T?'}}}}\n" for name in names))
    assert [*group.pvdb] == names


def test_pvs_of_one_name_in_two_instruments(tmp_path: Path) -> None:
    twice = "- {prefix: 'M:', records: {A: {type: ai}}}\n- {prefix: 'M:', name: Second one, records: {A: {type: ai}}}\n"
    said = (
        r"lab.yaml:2: two PVs are called 'M:A': of the instrument in line 1 \(prefix 'M:'\) "
        r"and of 'Second one' in line 2 \(prefix 'M:'\)$"
    )
    with pytest.raises(LoadError, match=said):
        loaded(tmp_path, twice)
    device = "- LakeShore336: {prefix: 'C:', device: /dev/ttyS9}\n"
    with pytest.raises(
        LoadError, match=r"called 'C:\w+': of 'LakeShore336' in line 1 .* and of 'LakeShore336' in line 2"
    ):
        loaded(tmp_path, device * 2)


def test_an_instrument_is_chosen_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "lab.yaml"
    path.write_text(TWO.replace('- name: Meter\n  prefix: "N:"', '- name: 2nd meter\n  prefix: "N:"'))
    module = load_file(path, "__yaml__")
    assert [group.prefix for group in pick(module, "2nd meter")] == ["N:"]  # type: ignore[union-attr]
    assert [type(group) for group in pick(module, "LakeShore336")] == [LakeShore336]
    with pytest.raises(LoadError) as caught:
        pick(module, "Metre")
    names = "its instruments are: Meter, 2nd meter, LakeShore336"
    assert (
        str(caught.value) == f"{path}: there is no instrument 'Metre' (did you mean 'Meter' or '2nd meter'?); {names}"
    )


@pytest.mark.parametrize(
    ("text", "prefixes"),
    [
        ("prefix: 'A:'\nrecords: {X: {type: ai}}\n", ["ZZ:"]),
        ("records: {X: {type: ai}}\n", ["ZZ:"]),
        ("LakeShore336: {prefix: 'A:', device: /dev/ttyS9}\n", ["ZZ:"]),
        (
            "- prefix: 'A:'\n  records: {}\n- records: {}\n- LakeShore336: {prefix: 'C:', device: x}\n",
            ["ZZ:A:", "ZZ:", "ZZ:C:"],
        ),
    ],
)
def test_a_prefix_from_outside(tmp_path: Path, text: str, prefixes: list[str]) -> None:
    path = tmp_path / "lab.yaml"
    path.write_text(text)
    groups: list[Any] = pick(load_file(path, "__yaml__", "ZZ:"), None)
    assert [group.prefix for group in groups] == prefixes


async def test_the_command_takes_a_name_and_a_prefix(tmp_path: Path) -> None:
    path = tmp_path / "th.yaml"
    path.write_text('name: Transmitter\nprefix: "Y:"\nrecords:\n  A: {type: ao}\n')
    async with program(*IOCBRIDGE, "run", f"{path}:Transmitter", "--prefix", "ZZ:", "--list-pvs") as ioc:
        await ioc.until(r"PVs available:\n    ZZ:A\n")
        assert (await ioc.interrupt()).code == 0
    done = await finished(*IOCBRIDGE, "run", f"{path}:Foo")
    said = f"iocbridge: {path}: there is no instrument 'Foo'; its instruments are: Transmitter\n"
    assert (done.code, done.err) == (2, said)


async def test_iocbridge_serves_it_or_says_in_a_line_why_not(tmp_path: Path) -> None:
    path = tmp_path / "soft.yaml"
    path.write_text(
        'prefix: "Y:"\nrecords:\n  A: {type: ao, value: 2.5}\n  B: {type: calc, inpa: "Y:A CP", calc: A*2}\n'
    )
    async with program(*IOCBRIDGE, "run", str(path), "--list-pvs") as ioc:
        await ioc.until(r"PVs available:\n    Y:A\n    Y:B\n")
        config = ClientConfig(addresses=(("127.0.0.1", await ioc.port()),), auto_addr_list=False)
        async with asyncio.timeout(30), Client(config) as client:
            await client.pv("Y:A").put(3.5)
            assert (await client.pv("Y:B").get()).value == 7.0
        assert (await ioc.interrupt()).code == 0
    path.write_text("prefix: [\n")
    done = await finished(*IOCBRIDGE, "run", str(path))
    assert done.code == 2
    assert done.err.count("\n") == 1
    assert f"{path}:2:1: " in done.err
