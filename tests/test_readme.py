"""The README's own instrument, run as it stands there, but for the name of the serial port."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
import tty
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bridge.client import Client, ClientConfig
from tests.clients import without_epics
from tests.waiting import eventually

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


class T100:
    """Acme's thermostat on a pty: `KRDG?` and `SETP?` are answered, `SETP x` is obeyed."""

    def __init__(self) -> None:
        self.near, far = os.openpty()
        tty.setraw(far)
        self.path = os.ttyname(far)
        self._far = far
        self.setpoint = 4.2
        self._line = b""
        asyncio.get_running_loop().add_reader(self.near, self._read)

    def _read(self) -> None:
        self._line += os.read(self.near, 1000)
        while b"\r\n" in self._line:
            line, _, self._line = self._line.partition(b"\r\n")
            question, _, value = line.decode().partition(" ")
            if value:
                self.setpoint = float(value)
            else:
                answer = {"KRDG?": 293.15, "SETP?": self.setpoint}[question]
                os.write(self.near, f"{answer:+08.3f}\r\n".encode())

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self.near)
        os.close(self.near)
        os.close(self._far)


@pytest.fixture
def port() -> Iterator[int]:
    with socket.socket() as tcp:
        tcp.bind(("127.0.0.1", 0))
        yield tcp.getsockname()[1]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.S)


@pytest.mark.parametrize(("language", "command"), [("python", ()), ("yaml", ("-m", "bridge", "run"))])
async def test_the_instrument_of_the_readme(tmp_path: Path, port: int, language: str, command: tuple[str, ...]) -> None:
    thermostat = T100()
    program = next(block for block in blocks(language) if "KRDG?" in block)
    assert len(program.strip().splitlines()) <= 15 + 2  # two blank lines around the class are the formatter's
    assert "/dev/ttyUSB0" in program
    file = tmp_path / {"python": "thermostat.py", "yaml": "thermostat.yaml"}[language]
    file.write_text(program.replace("/dev/ttyUSB0", thermostat.path))
    environ = without_epics() | {
        "EPICS_CA_SERVER_PORT": str(port),
        "EPICS_CAS_INTF_ADDR_LIST": "127.0.0.1",
        "EPICS_CAS_AUTO_BEACON_ADDR_LIST": "NO",
    }
    ioc = await asyncio.create_subprocess_exec(sys.executable, *command, str(file), env=environ, cwd=ROOT)
    try:
        config = ClientConfig(addresses=(("127.0.0.1", port),), auto_addr_list=False)
        async with Client(config) as client, asyncio.timeout(30):
            temperature, setpoint = client.pv("LAB:TEMP"), client.pv("LAB:SP")
            await asyncio.gather(temperature.wait_connected(20), setpoint.wait_connected(20))
            while (await temperature.get()).value != 293.15:
                await asyncio.sleep(0.05)
            await setpoint.put(77.35)  # done when it is sent: `SETP` has no reply, so it may still be in the tty
            await eventually(lambda: thermostat.setpoint == 77.35)
            assert (await setpoint.get()).value == 77.35
    finally:
        with suppress(ProcessLookupError):
            ioc.send_signal(signal.SIGINT)
        assert await ioc.wait() == 0
        thermostat.close()


PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def test_every_page_is_found_from_the_readme() -> None:
    assert [page.name for page in (ROOT / "docs").glob("*.md") if f"docs/{page.name}" not in README] == []
