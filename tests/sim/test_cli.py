"""The command in a process of its own."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sim.cli import main
from tests.sim.clients import line

ROOT = Path(__file__).parents[2]
CODE = "import sys; from sim.cli import main; sys.exit(main(sys.argv[1:]))"


@asynccontextmanager
async def command(*argv: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error", "-c", CODE, *argv,
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def first_line(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(10.0):
        return (await process.stdout.readline()).decode().strip()


async def ending(process: asyncio.subprocess.Process, number: int) -> tuple[int, bytes]:
    process.send_signal(number)
    async with asyncio.timeout(5.0):
        _out, errors = await process.communicate()
    assert process.returncode is not None
    return process.returncode, errors


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_says_where_it_is_and_ends_cleanly(number):
    async with command("lakeshore336") as process:
        said = await first_line(process)
        match = re.fullmatch(r"lakeshore336 listens on (127\.0\.0\.1:\d+)", said)
        assert match, said
        async with line(match[1]) as client:
            assert (await client.ask("*IDN?")).startswith("LSCI,MODEL336")
        assert await ending(process, number) == (0, b"")


async def test_a_tty_with_a_link_and_a_backdoor(tmp_path):
    link = tmp_path / "ttyMETER"
    async with command("sdm630", "--tty", "--link", str(link), "--backdoor", "0", "--seed", "5") as process:
        said = await first_line(process)
        match = re.fullmatch(rf"sdm630 listens on {link}, backdoor on (127\.0\.0\.1:\d+)", said)
        assert match, said
        assert link.is_symlink()
        async with line(match[1]) as client:
            client.writer.write(b'{"get": "serial"}\n')
            assert json.loads(await client.raw()) == {"value": 20_000_005}
        assert await ending(process, signal.SIGTERM) == (0, b"")
        assert not link.is_symlink()


def test_list(capsys):
    assert main(["--list"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert [text.split()[0] for text in out] == ["lakeshore336", "sdm630", "shellyplug"]


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["sdm630", "--host", "no.such.host.invalid"], "iocbridge sim: sdm630 cannot start: "),
        (["toaster"], "iocbridge sim: no simulator 'toaster', only lakeshore336, sdm630, shellyplug"),
        ([], "iocbridge sim: which one? lakeshore336, sdm630, shellyplug"),
        (["shellyplug", "--tty"], "iocbridge sim: shellyplug has no serial port: Shelly Plus Plug S"),
        (["sdm630", "--password", "x"], "iocbridge sim: sdm630 has no option 'password', only unit"),
        (["sdm630", "--port", "70000"], "iocbridge sim: a port is a number from 0 to 65535, not 70000"),
    ],
)
def test_what_cannot_be_is_one_line_and_exit_code_2(capsys, argv, says):
    assert main(argv) == 2
    errors = capsys.readouterr().err
    assert errors.startswith(says)
    assert errors.count("\n") == 1


def test_a_bad_option_is_exit_code_2_and_help_is_0(capsys):
    assert main(["lakeshore336", "--port", "many"]) == 2
    assert "invalid int value" in capsys.readouterr().err
    assert main(["--help"]) == 0
    assert "--reply-delay" in capsys.readouterr().out


async def test_a_taken_port_is_one_line_and_exit_code_2():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        async with command("lakeshore336", "--port", str(port)) as process:
            async with asyncio.timeout(10.0):
                out, errors = await process.communicate()
            assert (process.returncode, out) == (2, b"")
            expected = f"iocbridge sim: lakeshore336 cannot start: Address already in use (127.0.0.1:{port})\n"
            assert errors.decode() == expected


async def test_a_taken_link_is_one_line_and_exit_code_2(tmp_path):
    place = tmp_path / "precious"
    place.write_text("data")
    async with command("lakeshore336", "--link", str(place)) as process:
        async with asyncio.timeout(10.0):
            _out, errors = await process.communicate()
        assert process.returncode == 2
        assert errors.decode() == f"iocbridge sim: lakeshore336 cannot start: {place} is there already\n"


async def test_a_taken_backdoor_is_one_line_and_exit_code_2():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        async with command("lakeshore336", "--backdoor", str(port)) as process:
            async with asyncio.timeout(10.0):
                _out, errors = await process.communicate()
            assert process.returncode == 2
            assert errors.decode() == f"iocbridge sim: no backdoor on port {port}: Address already in use\n"
