"""IOCs written in YAML: what may stand in them, and a line for each mistake that says where it is."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from bridge.client import Client, ClientConfig
from bridge.runtime.loader import LoadError, load_file, pick
from devices import LakeShore336
from drivers import ModbusTcpPort
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
    (example,) = re.findall(r"```yaml\n(.*?)```", guide, re.S)
    groups = loaded(tmp_path, example)
    assert [*groups[0].pvdb, *groups[1].pvdb, *groups[3].pvdb] == [
        "POWER:POWER",
        "POWER:LIMIT",
        "PUMP:RUN",
        "CALC:EFFICIENCY",
    ]
    assert groups[0].services == groups[1].services


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
        ("port: {SerialPort: {devise: x}}\nrecords: {}\n", "lab.yaml:1: TypeError: "),
        ("port: {SerialPort: /dev/ttyS9}\nrecords:\n  X: {type: ai, inp: {Input: 3}}\n", "lab.X: inp=Input"),
        ("records:\n  X: {type: ai, inp: {Ask: 'KRDG?'}}\n", "lab.X: inp=Ask"),
        ("LakeShore336: {prefix: a}\n", "lab.yaml:1: "),
        ("\xff: 1\n", "lab.yaml:1:1: "),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(LoadError) as caught:
        loaded(tmp_path, text)
    assert told in str(caught.value)
    assert "lab.yaml" in str(caught.value)
    assert "\n" not in str(caught.value)


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
