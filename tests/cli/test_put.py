"""`iocbridge put`, beside base's caput."""

from __future__ import annotations

import asyncio
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


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client() -> AsyncIterator[Client]:
    async with softioc(DATABASE) as number, Client(only(number)) as running:
        yield running


INITIAL: dict[str, object] = {**FILLING, "T:ao": 3.14159, "T:long": -70000, "T:bo": 1, "T:mbbo": 2, "T:string": "old"}


@needs_c_tools
@module_loop
@pytest.mark.parametrize(
    "words",
    [
        ["T:ao", "2.5"],
        ["-t", "T:ao", "2.5"],
        ["-c", "T:ao", "2.5"],
        ["-w", "2", "T:ao", "-5"],
        ["T:ao", "99"],
        ["T:ao", "1e1"],
        ["T:long", "12"],
        ["T:long", "0x1f"],
        ["T:long", "3.7"],
        ["T:bo", "off"],
        ["T:bo", "0"],
        ["-n", "T:bo", "0"],
        ["-s", "T:mbbo", "one two"],
        ["T:mbbo", "one", "two"],
        ["T:mbbo", "1"],
        ["T:mbbo", "it's"],
        ["T:string", "a", "few", "words"],
        ["T:string", "with \\n escape \\x41"],
        ["-a", "T:doubles", "3", "1", "2.5", "-1e-3"],
        ["-a", "T:doubles", "9", "1"],
        ["-a", "-t", "T:longs", "2", "-7", "8"],
        ["-a", "T:shorts", "5", "1", "2", "3", "4", "5"],
        ["-a", "T:strings", "2", "x", "y z"],
        ["T:doubles", "7"],
        ["-S", "T:chars", "a long string of more than forty characters"],
        ["-S", "T:chars", "tab\\tand", "blank"],
        ["-F,", "T:ao", "1"],
        ["T:one", "4"],
        ["T:ao.EGU", "kg"],
        ["T:ao.SCAN", "1 second"],
        ["T:ao.SCAN", "Passive"],
        ["T:ao.DESC", "a description"],
    ],
    ids=" ".join,
)
async def test_prints_what_caput_prints(client: Client, words: list[str]) -> None:
    """Base's caput waits with -c; here that is the default."""
    ((_, port),) = client.config.addresses

    async def begin() -> None:
        for name, value in INITIAL.items():
            await client.pv(name).put(value)

    await begin()
    base = await c_tool(port, "caput", "-c", *words)
    kept = [(await client.pv(name).get()).value for name in INITIAL]
    await begin()
    if words[0].startswith("T:ao."):
        await client.pv(words[0]).put((await client.pv(words[0]).get()).value)
    found = await ours(port, "put", *words)
    if words[0].startswith("T:ao."):  # a field is as the first of the two has left it
        assert found.out.splitlines()[1:] == base.out.splitlines()[1:]
    else:
        assert found.out == base.out
    assert (found.code, found.err) == (base.code, "")
    assert [(await client.pv(name).get()).value for name in INITIAL] == kept


@needs_c_tools
@module_loop
async def test_long_mode(client: Client) -> None:
    ((_, port),) = client.config.addresses
    found = await ours(port, "put", "-l", "T:ao", "8.5")
    old, new = found.out.splitlines()
    assert old.startswith("Old : T:ao                           20")
    assert new.endswith(" 8.5 HIGH MINOR")


@needs_c_tools
@module_loop
async def test_what_a_c_server_refuses(client: Client) -> None:
    ((_, port),) = client.config.addresses
    for words in (("T:locked", "3"), ("T:ao", "abc")):
        found = await ours(port, "put", *words)
        assert found.code == 1
        assert found.err.startswith(f"iocbridge put: {words[0]}: 127.0.0.1:{port} refused")
        assert found.err.endswith("ECA_PUTFAIL: Channel write request failed\n")
        assert "New" not in found.out


@needs_c_tools
@module_loop
async def test_what_takes_too_long(client: Client) -> None:
    ((_, port),) = client.config.addresses
    found = await ours(port, "put", "-w", "0.3", "T:never.PROC", "1")
    assert found.code == 1
    assert found.err == f"iocbridge put: T:never.PROC: no answer from 127.0.0.1:{port} within 0.3 s\n"


async def fail(pv: PV, value: object) -> None:
    await asyncio.sleep(0)
    raise RuntimeError("no")


def database() -> dict[str, PV]:
    pvs = [
        PV("X:number", 1.0, metadata=Metadata(precision=2)),
        PV("X:state", 1, FieldType.ENUM, metadata=Metadata(states=("off", "on"))),
        PV("X:chars", "old", FieldType.CHAR, max_count=100),
        PV("X:string", "old", FieldType.STRING),
        PV("X:readonly", 1.0, writable=False),
        PV("X:fails", 1.0),
    ]
    found = {pv.name: pv for pv in pvs}
    found["X:fails"].putter = fail
    return found


async def test_our_server() -> None:
    pvs = database()
    async with serving(pvs, loopback()) as server:
        port = server.port
        assert (await ours(port, "put", "X:number", "2.5")).out.splitlines() == [
            "Old : X:number                       1",
            "New : X:number                       2.5",
        ]
        assert (await ours(port, "put", "-t", "X:state", "off")).out == "off\n"
        # text goes to characters as a long string without -S: base's caput would be refused
        assert (await ours(port, "put", "X:chars", "more than forty characters, without any option")).code == 0
        assert pvs["X:chars"].text == "more than forty characters, without any option"
        assert (await ours(port, "put", "-p", "3", "X:string", "")).code == 0
        assert pvs["X:string"].value == ""


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["X:fails", "5"], "refused '5': ECA_PUTFAIL: Channel write request failed"),
        (["X:readonly", "5"], "X:readonly: cannot be written: ECA_NOWTACCESS: Write access denied"),
        (["X:state", "perhaps"], "X:state: 'perhaps' is no state; there are 'off', 'on'"),
        (["-s", "X:state", "1"], "X:state: '1' is no state; there are 'off', 'on'"),
        (["-n", "X:state", "on"], "X:state: 'on' is no state"),
        (["X:string", "x" * 40], "has 40 bytes, a string holds 39"),
        (["-a", "X:number", "2", "1", "2"], "X:number: 2 elements for 1"),
        (["-S", "X:chars", "x" * 101], "X:chars: 102 elements for 100"),
        (["-w", "0.1", "NOBODY", "1"], "Channel connect timed out: 'NOBODY' not found."),
        ([], "no PV name given"),
        (["X:number"], "no value given"),
        (["-a", "X:number", "3"], "no value given"),
        (["-l", "-t", "X:number", "3"], "exclude each other"),
    ],
)
async def test_complaints(words: list[str], complaint: str) -> None:
    async with serving(database(), loopback()) as server:
        found = await ours(server.port, "put", *words)
    assert complaint in found.err
    assert found.err.count("\n") == 1
    assert found.code == 1
    assert "New" not in found.out


async def test_what_cannot_be_shown_is_written_all_the_same() -> None:
    async def unreadable(pv: PV) -> float:
        raise RuntimeError("not now")

    pvs = database()
    pvs["X:number"].getter = unreadable
    async with serving(pvs, loopback()) as server:
        found = await ours(server.port, "put", "X:number", "2.5")
    assert pvs["X:number"].value == 2.5
    assert found.out.startswith("Old : X:number                       ")
