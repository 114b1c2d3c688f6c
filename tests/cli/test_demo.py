"""`iocbridge demo` as a process, in a pipe and in a terminal."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
import termios
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest

from tests.cli.programs import IOCBRIDGE, environment, finished, program
from tests.clients import C_TOOLS, c_tool
from tests.waiting import AT_ONCE, eventually

needs_c_tools = pytest.mark.skipif(C_TOOLS is None, reason="base's client programs come as an x86_64 Linux wheel only")

DEMO = (*IOCBRIDGE, "demo", "--port", "0")
SHOWN = re.compile(r"^DEMO:(\S+) +(\S+) (\S*) +\d\d:\d\d:\d\d\.\d( +\S+ \S+)?$", re.MULTILINE)


async def test_prints_its_table_and_ends_by_itself() -> None:
    done = await finished(*DEMO, "--seconds", "7")  # two tables: in the second all instruments are there
    assert done.code == 0
    assert done.err == ""
    rows = {name: (value, unit, alarm) for name, value, unit, alarm in SHOWN.findall(done.out)}
    assert len(rows) == 15
    assert rows["LS336:LOOP1:SP"][:2] == ("310.000", "K")
    assert rows["LS336:LOOP1:RANGE"][0] == "High"
    assert rows["METER:FREQ"][1] == "Hz"
    assert rows["PLUG:RELAY"][0] == "Off"
    assert {name: row for name, row in rows.items() if row[2]} == {}  # nothing is in alarm
    assert "serving 49 PVs" in done.out
    assert done.out.endswith("iocbridge demo: ended.\n")


@needs_c_tools
async def test_what_it_tells_the_reader_to_try_works() -> None:
    async with program(*DEMO) as running:
        port = int((await running.until(r"serving \d+ PVs on 127\.0\.0\.1:(\d+)"))[1])
        await running.until("DEMO:PLUG:TEMP ")
        tried = re.findall(r"^  (caget|caput)( .*)$", running.out, re.MULTILINE)
        assert [name for name, _ in tried] == ["caget", "caput"]
        for name, words in tried:
            done = await c_tool(port, name, *words.split())
            assert done.code == 0, done.err
        assert "EPICS_CA_SERVER_PORT" in running.out
        done = await running.interrupt()
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_it_at_any_time(number: int) -> None:
    async with program(*DEMO) as running:
        await running.until("starting three simulated instruments")
        done = await running.interrupt(number)
    assert (done.code, done.err) == (0, "")
    assert "ended." in done.out


async def test_the_port_of_the_environment() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    env = environment(EPICS_CA_SERVER_PORT=str(number))
    del env["EPICS_CAS_SERVER_PORT"]
    async with program(*IOCBRIDGE, "demo", env=env) as running:
        port = (await running.until(r"serving \d+ PVs on 127\.0\.0\.1:(\d+)"))[1]
        assert port == str(number)
        assert (await running.interrupt()).code == 0


async def test_a_port_that_is_taken() -> None:
    async with program(*DEMO) as running:
        port = (await running.until(r"serving \d+ PVs on 127\.0\.0\.1:(\d+)"))[1]
        done = await finished(*IOCBRIDGE, "demo", "--port", port, "--seconds", "1")
    assert done.code == 1
    assert done.err.startswith("iocbridge demo: cannot listen")
    assert len(done.err.splitlines()) == 1


# --- in a terminal --------------------------------------------------------------------------------------------------

# The program becomes the leader of a session of its own, as a shell's child in a terminal window is: Ctrl-C reaches it.
LOGIN = "import os, sys; os.login_tty(os.open(sys.argv[1], os.O_RDWR)); os.execv(sys.argv[2], sys.argv[2:])"


class Screen:
    """The far side of a terminal."""

    def __init__(self, fd: int, process: asyncio.subprocess.Process) -> None:
        self.fd = fd
        self.process = process
        self.text = ""

    def read(self) -> None:
        """Take what the program has drawn."""
        try:
            self.text += os.read(self.fd, 65536).decode(errors="replace")
        except OSError:  # EIO: the program has closed its side
            asyncio.get_running_loop().remove_reader(self.fd)

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self.fd, keys.encode())

    async def shows(self, text: str, deadline: float = 10.0) -> None:
        """Wait for a text that was drawn after the call."""
        self.text = ""
        await eventually(lambda: text in self.text, deadline)


@contextmanager
def pty() -> Iterator[tuple[int, int]]:
    near, far = os.openpty()
    termios.tcsetwinsize(far, (24, 80))
    try:
        yield near, far
    finally:
        os.close(near)
        os.close(far)


@asynccontextmanager
async def in_terminal(*words: str) -> AsyncIterator[tuple[Screen, int]]:
    """The program in a terminal of 24 lines of 80 columns, and our own descriptor of that terminal."""
    with pty() as (near, far):
        words = (sys.executable, "-c", LOGIN, os.ttyname(far), *words)
        process = await asyncio.create_subprocess_exec(*words, env=environment(TERM="xterm"))
        screen = Screen(near, process)
        loop = asyncio.get_running_loop()
        loop.add_reader(near, screen.read)
        try:
            yield screen, far
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            loop.remove_reader(near)


async def ends(screen: Screen) -> int:
    begin = time.monotonic()
    async with asyncio.timeout(10):
        code = await screen.process.wait()
    assert time.monotonic() - begin < AT_ONCE
    return code


@pytest.mark.parametrize("key", ["\x03", "q"], ids=["Ctrl-C", "q"])
async def test_keys(key: str) -> None:
    async with in_terminal(*DEMO) as (screen, terminal):
        before = termios.tcgetattr(terminal)
        await screen.shows("Keys: 1 2 3 pull or plug a cable", 15.0)
        await eventually(lambda: termios.tcgetattr(terminal) != before)  # single keys, without echo
        screen.press("2")
        await screen.shows("cable pulled")
        await screen.shows("INVALID COMM")
        screen.press("2")
        await eventually(lambda: gone(screen, "cable pulled"), 5.0)
        screen.press(key)
        assert await ends(screen) == 0
        assert termios.tcgetattr(terminal) == before
        await eventually(lambda: "ended." in screen.text)
        assert "Traceback" not in screen.text


async def gone(screen: Screen, text: str) -> bool:
    """Whether the next pictures are without it."""
    await screen.shows("Keys:")
    await screen.shows("Keys:")
    return text not in screen.text
