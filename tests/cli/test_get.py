"""`iocbridge get`, beside base's caget."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bridge.client import Client
from bridge.server import serving
from records import PV, FieldType, Metadata
from tests.ca.softioc import softioc
from tests.cli.records import DATABASE, FILLING
from tests.cli.tool import ours
from tests.client.settings import only
from tests.clients import C_TOOLS, c_tool
from tests.server.serving import loopback

needs_c_tools = pytest.mark.skipif(C_TOOLS is None, reason="base's programs come as an x86_64 Linux wheel only")
module_loop = pytest.mark.asyncio(loop_scope="module")

EVERYTHING = "T:ao T:high T:long T:bo T:mbbo T:string T:doubles T:floats T:longs T:shorts T:chars T:strings T:one"
#: DBR types by name and number
NUMBERS = """
    0 1 3 34 37 38 SHORT DBR_FLOAT CHAR LONG STS_STRING STS_SHORT STS_DOUBLE TIME_STRING TIME_SHORT TIME_FLOAT TIME_LONG
    TIME_DOUBLE GR_STRING GR_SHORT GR_FLOAT GR_CHAR GR_LONG GR_DOUBLE CTRL_STRING CTRL_SHORT CTRL_FLOAT CTRL_CHAR
    CTRL_LONG CTRL_DOUBLE STSACK_STRING CLASS_NAME
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def port() -> AsyncIterator[int]:
    async with softioc(DATABASE) as number:
        async with Client(only(number)) as client:
            for name, value in FILLING.items():
                await client.pv(name).put(value)
        yield number


@needs_c_tools
@module_loop
@pytest.mark.parametrize(
    "words",
    [
        EVERYTHING,
        f"-t {EVERYTHING}",
        f"-a {EVERYTHING} T:undefined",
        f"-a -n -s {EVERYTHING}",
        f"-n -s {EVERYTHING}",
        f"-c {EVERYTHING}",
        f"-c -a {EVERYTHING}",
        f"-# 2 {EVERYTHING}",
        f"-#2 -a {EVERYTHING}",
        f"-# 1 -S {EVERYTHING}",
        f"-S {EVERYTHING}",
        f"-S -a {EVERYTHING}",
        f"-F, {EVERYTHING}",
        f"-F; -a {EVERYTHING}",
        "-e3 T:ao T:doubles",
        "-f 4 T:ao T:floats",
        "-g 12 T:ao T:floats T:doubles",
        "-lx T:ao T:high T:floats",
        "-lo T:ao T:floats",
        "-lb T:ao T:floats",
        "-0x T:long T:longs T:shorts T:one",
        "-0o T:long T:longs T:shorts T:one",
        "-0b T:long T:longs T:shorts T:one",
        "T:ao.EGU T:ao.PREC T:ao.SCAN T:ao.DESC$ T:ao.FLNK",
        "-w 2 T:ao",
        "T:ao -t",
        "-p 20 T:ao",
        *(f"-d {name} T:ao" for name in NUMBERS.split()),
        *(f"-d {name} T:mbbo" for name in ("0", "ENUM", "STS_ENUM", "TIME_ENUM", "GR_ENUM", "CTRL_ENUM", "DOUBLE")),
        "-n -d CTRL_ENUM T:mbbo",
        "-d CTRL_LONG T:long",
        "-d CTRL_CHAR -S T:chars",
        "-d TIME_STRING T:strings",
        "-# 2 -d GR_DOUBLE T:doubles",
    ],
)
async def test_prints_what_caget_prints(port: int, words: str) -> None:
    base = await c_tool(port, "caget", *words.split())
    found = await ours(port, "get", *words.split())
    assert found.out == base.out
    assert (found.code, found.err) == (base.code, "")


@needs_c_tools
@module_loop
async def test_not_found_is_said_as_caget_says_it(port: int) -> None:
    base = await c_tool(port, "caget", "-w", "0.2", "NOBODY")
    found = await ours(port, "get", "-w", "0.2", "NOBODY")
    assert found == base
    assert found.code == 1
    assert found.err == "Channel connect timed out: 'NOBODY' not found.\n"


@needs_c_tools
@module_loop
@pytest.mark.parametrize(("ours_takes", "base_takes"), [("INT", "SHORT"), ("time_int", "TIME_SHORT"), ("double", "6")])
async def test_types_have_more_spellings(port: int, ours_takes: str, base_takes: str) -> None:
    base = await c_tool(port, "caget", "-d", base_takes, "T:ao")
    assert (await ours(port, "get", "-d", ours_takes, "T:ao")).out == base.out


def database() -> dict[str, PV]:
    pvs = [
        PV("X:angle", 0.5, metadata=Metadata(units="°", precision=2)),
        PV("X:state", 1, FieldType.ENUM, metadata=Metadata(states=("off", "on"))),
        PV("X:chars", "café", FieldType.CHAR, max_count=20),
    ]
    return {pv.name: pv for pv in pvs}


async def test_what_is_there_is_printed_beside_what_is_not() -> None:
    async with serving(database(), loopback()) as server:
        found = await ours(server.port, "get", "-w", "0.2", "X:angle", "NOBODY", "X:state", "NOTHING")
        terse = await ours(server.port, "get", "-t", "-w", "0.2", "NOBODY", "X:state")
        wide = await ours(server.port, "get", "-a", "-w", "0.2", "NOBODY", "X:state")
        full = await ours(server.port, "get", "-d", "LONG", "-w", "0.2", "NOBODY", "X:state")
    assert found.out.splitlines() == [
        "X:angle                        0.5",
        "NOBODY                         *** not connected",
        "X:state                        on",
        "NOTHING                        *** not connected",
    ]
    assert found.err == "Channel connect timed out: 'NOBODY', 'NOTHING' not found.\n"
    assert terse.out.splitlines() == ["*** not connected", "on"]
    assert wide.out.splitlines()[0].endswith(" *** not connected")
    assert full.out.splitlines()[:2] == ["NOBODY", "    *** not connected"]
    assert {found.code, terse.code, wide.code, full.code} == {1}


async def test_text_is_printed_as_text_where_base_prints_bytes() -> None:
    async with serving(database(), loopback()) as server:
        found = await ours(server.port, "get", "-S", "X:chars")
        units = await ours(server.port, "get", "-d", "GR_DOUBLE", "X:angle")
    assert found.out == "X:chars café\n"
    assert "    Units:            °\n" in units.out


async def test_what_cannot_be_read_stands_in_place_of_the_value() -> None:
    async with serving({"X": PV("X", "text", FieldType.STRING)}, loopback()) as server:
        found = await ours(server.port, "get", "-d", "DOUBLE", "X")
    assert found.out.splitlines()[0] == "X"
    assert found.out.splitlines()[1].startswith("    *** CA error ")
    assert found.code == 1


async def test_a_server_on_this_machine_is_found_with_no_settings_but_the_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.client.finder.broadcast_addresses", lambda interfaces: [])  # tests stay on loopback
    async with serving(database(), loopback()) as server:
        unset = {"EPICS_CA_ADDR_LIST": "", "EPICS_CA_AUTO_ADDR_LIST": ""}
        assert (await ours(server.port, "get", "-t", "X:angle", env=unset)).out == "0.5\n"


async def test_alarms_have_a_colour_on_a_terminal() -> None:
    from records import Alarm, Severity, Status

    pvs = database()
    pvs["X:angle"].post_alarm(Alarm(Status.HIHI, Severity.MAJOR))
    async with serving(pvs, loopback()) as server:
        bright = await ours(server.port, "get", "-a", "X:angle", "X:state", terminal=True)
        plain = await ours(server.port, "get", "-a", "X:angle", terminal=True, env={"NO_COLOR": "1"})
        piped = await ours(server.port, "get", "-a", "X:angle")
    assert bright.out.splitlines()[0].endswith("\x1b[31mHIHI MAJOR\x1b[0m")
    assert "\x1b" not in bright.out.splitlines()[1]
    assert plain.out.endswith(" HIHI MAJOR\n")
    assert plain.out == piped.out


async def test_the_timeout_comes_from_the_environment() -> None:
    async with serving(database(), loopback()) as server:
        found = await ours(server.port, "get", "NOBODY", env={"EPICS_CLI_TIMEOUT": "0.05"}, deadline=0.9)
    assert found.code == 1


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([], "no PV name given"),
        (["-Z", "X"], "option -Z not recognized"),
        (["-w"], "option -w requires argument"),
        (["-w", "soon", "X"], "'soon' is no time in seconds"),
        (["-w", "-1", "X"], "'-1' is no time in seconds"),
        (["-#", "x", "X"], "option -# wants a number"),
        (["-p", "100", "X"], "option -p wants a number from 0 to 99"),
        (["-e", "19", "X"], "option -e wants a number from 0 to 18"),
        (["-lq", "X"], "option -l wants x, o or b"),
        (["-d", "COMPLEX", "X"], "'COMPLEX' is no DBR type"),
        (["-d", "35", "X"], "'35' is no DBR type"),
        (["-d", "PUT_ACKT", "X"], "no DBR type"),
        (["-t", "-a", "X"], "exclude each other"),
        (["x" * 600], "is no PV name"),
    ],
)
async def test_words_that_make_no_sense(words: list[str], complaint: str) -> None:
    found = await ours(1, "get", *words)
    assert found.err.startswith("iocbridge get: ")
    assert complaint in found.err
    assert (found.code, found.out) == (1, "")


async def test_settings_that_make_no_sense() -> None:
    found = await ours(1, "get", "X", env={"EPICS_CA_CONN_TMO": "ever"})
    assert "EPICS_CA_CONN_TMO='ever'" in found.err
    assert found.code == 1
    found = await ours(1, "get", "X", env={"EPICS_CA_ADDR_LIST": "no-such-host.invalid"})
    assert "no-such-host.invalid" in found.err
    assert found.code == 1


@pytest.mark.parametrize("command", ["get", "put", "monitor", "info"])
async def test_help(command: str) -> None:
    for option in ("-h", "--help"):
        found = await ours(1, command, option)
        assert found.code == 0
        assert found.out.startswith(f"usage: iocbridge {command}")
