"""docs/drivers.md: every block of Python runs."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import drivers
from bridge import running
from drivers import Ask, LinkDown, Refused, TcpPort, Tell
from drivers.line.checksums import CHECKSUMS, Checksum
from tests.server.serving import loopback
from tests.waiting import eventually

TEXT = (Path(__file__).parents[2] / "docs" / "drivers.md").read_text()
TABLE = TEXT[TEXT.index("### Questions and their parameters") : TEXT.index("### Replies that are not one line")]
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


@contextlib.asynccontextmanager
async def instrument(answer: Callable[[str], str | None], banner: str = "") -> AsyncIterator[int]:
    """A TCP server that answers lines so; yields its port number."""
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        writer.write(banner.encode())
        while line := await reader.readline():
            writer.write((answer(line.decode().strip()) or "").encode())
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.close()


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_the_examples_run(block: str) -> None:
    names: dict[str, object] = {"__name__": "docs"}
    exec(compile(block, "docs/drivers.md", "exec"), names)
    if "Bath" in names:
        from drivers import LinePort, MemoryTransport

        group = names["Bath"]("T:", port=LinePort("bath", MemoryTransport()))  # type: ignore[operator]
        assert len(group.pvdb) == 8


def example(name: str) -> dict[str, Any]:
    """The names of the block that defines this one."""
    (block,) = [block for block in BLOCKS if re.search(rf"(class|def) {name}\b", block)]
    names: dict[str, Any] = {"__name__": "docs"}
    exec(compile(block, "docs/drivers.md", "exec"), names)
    return names


async def test_several_values_in_one_command() -> None:
    gains = ["50", "20", "0"]
    heard: list[str] = []

    def answer(line: str) -> str | None:
        heard.append(line)
        if line == "PID? 1":
            return ",".join(gains) + "\r\n"
        gains[:] = line.removeprefix("PID 1,").split(",")
        return None

    async with instrument(answer) as number:
        loop = example("Loop")["Loop"]("X:", port=TcpPort("127.0.0.1", number, name="loop"))
        async with running(loop, config=loopback()):
            await eventually(lambda: (loop.P.value, loop.I.value) == (50, 20))
            gains[2] = "7"  # at the front panel
            await asyncio.gather(loop.I.write(21), loop.P.write(61))
            await loop.port.ask("PID? 1")
            assert [float(gain) for gain in gains] == [61, 21, 7]
            loop.port.disconnect()
            with pytest.raises(LinkDown):
                await loop.P.write(5)
            assert (loop.P.alarm.status.name, loop.P.value) == ("WRITE", 61)
            assert loop.P.amsg == "loop: disconnected on purpose"


async def test_a_log_in_with_prompts() -> None:
    said = {"lab": "Password: ", "secret": "\r\nWelcome\r\n", "T?": "21.5\r\n"}
    async with instrument(said.get, "Acme 3000\r\nlogin: ") as number:
        greet = example("login")["login"]
        async with TcpPort("127.0.0.1", number, greet=greet) as port:
            assert await port.ask("T?") == "21.5"
        del said["secret"]
        with pytest.raises(LinkDown, match="no complete reply to 'secret'"):
            async with TcpPort("127.0.0.1", number, greet=greet, timeout=0.2):
                pass


async def test_a_banner_and_a_line_of_log_in() -> None:
    said = {"PASS secret": "OK\r\n", "T?": "21.5\r\n"}
    async with instrument(said.get, "Acme 3000\r\nready\r\n> ") as number:
        init = [("PASS secret", "OK")]
        async with TcpPort("127.0.0.1", number, wake_delay=0.2, init=init) as port:
            assert await port.ask("T?") == "21.5"
        async with TcpPort("127.0.0.1", number, wake_delay=0.2) as port:
            assert await port.ask("T?") == "21.5"
        with pytest.raises(LinkDown, match="'PASS wrong'"):
            async with TcpPort("127.0.0.1", number, wake_delay=0.2, init=[("PASS wrong", "OK")], timeout=0.2):
                pass


async def test_an_acknowledgement_without_an_end() -> None:
    said = {"SP 1": "\x06", "SP 2": "\x15", "T?": "21.5\r\n"}
    async with instrument(said.get) as number, TcpPort("127.0.0.1", number, in_terminator="") as port:
        sp = port.point(Tell("SP {}", reply="\x06"))
        await sp.write(1)
        with pytest.raises(Refused, match=r"'SP 2' was answered '\\x15', not '\\x06'"):
            await sp.write(2)
        assert (await port.point(Ask("T?")).read()).value == 21.5


async def test_an_answer_whatever_it_is_and_an_echo() -> None:
    async with instrument({"SP 1": "SP 1\r\n", "T?": "21.5\r\n", "X": "X\r\n"}.get) as number:
        async with TcpPort("127.0.0.1", number) as port:
            await port.point(Tell("SP {}", reply="SP {_}")).write(1)
            await port.point(Tell("SP {}", reply="{_}")).write(1)
            assert (await port.point(Ask("T?")).read()).value == 21.5
        async with TcpPort("127.0.0.1", number, echo=True) as port:
            await port.point(Tell("X")).write(1)


@pytest.mark.parametrize("name", CHECKSUMS)
def test_the_check_values_are_told(name: str) -> None:
    value = Checksum(name, "hex").of(b"123456789").decode()
    assert re.search(rf"\b{name}\b[a-z0-9\s]*\s{value}\b", TEXT)


@pytest.mark.parametrize(
    "name",
    [
        "Ask",
        "Tell",
        "Hear",
        "Input",
        "Holding",
        "Coil",
        "Discrete",
        "Get",
        "Query",
        "Post",
        "Put",
        "Patch",
        "Command",
        "Pushed",
    ],
)
def test_the_parameters_of_questions_are_told(name: str) -> None:
    (told,) = re.findall(rf"`{name}\((.*?)\)`", TABLE)
    told = told.replace('","', "")
    assert [one.strip().partition("=")[0] for one in told.split(",")] == [
        one.name for one in fields(getattr(drivers, name)) if one.name != "_"
    ]
