"""`iocbridge demo`: three simulated instruments, one IOC, a live table."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from bridge.cli.demolab import simulated
from bridge.cli.demoscreen import SHOWN, Screen
from bridge.cli.logs import configure
from bridge.net.settings import port_number
from bridge.runtime.database import database
from bridge.runtime.ioc import running
from bridge.server import CannotListen, ConfigError, ServerConfig
from records import PV, Severity

__all__ = ["main"]

LOOPBACK = "127.0.0.1"
START_DEADLINE = 5.0  # seconds for the instruments to answer before the demo goes on without them
#: What makes the table move from the first second: the cryostat is told to warm up.
FIRST_PUTS = (("LS336:LOOP1:SP", 310.0), ("LS336:LOOP1:RANGE", "High"))


def main(argv: Sequence[str]) -> int:
    """Run the demo until Ctrl-C, q, or for --seconds. Returns an exit code."""
    about = "Three simulated instruments, one IOC, a live table."
    parser = argparse.ArgumentParser(prog="iocbridge demo", description=about)
    parser.add_argument("--prefix", default="DEMO:", help="put before every PV name (default %(default)s)")
    parser.add_argument("--seconds", type=float, help="end by itself after so long")
    usual = "EPICS_CA_SERVER_PORT or 5064; a free one if that is taken"
    parser.add_argument("--port", type=int, help=f"CA port (default {usual})")
    args = parser.parse_args(argv)
    configure(40)  # the table says what the log would
    try:
        asyncio.run(_demo(args.prefix, args.seconds, args.port))
    except (CannotListen, ConfigError, OSError) as error:
        print(f"iocbridge demo: {error}", file=sys.stderr)
        return 1
    return 0


async def _demo(prefix: str, seconds: float | None, port: int | None) -> None:
    wanted = port_number(os.environ, ("EPICS_CAS_SERVER_PORT", "EPICS_CA_SERVER_PORT"), 5064)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if seconds is not None:
        loop.call_later(seconds, stop.set)
    print("iocbridge demo: starting three simulated instruments ...", flush=True)
    async with contextlib.AsyncExitStack() as stack:
        cables = await stack.enter_async_context(simulated(prefix))
        for cable in cables:
            print(f"  {cable.key}  {cable.title}", flush=True)
        pvdb = database(*(cable.instrument for cable in cables))
        config = ServerConfig(
            interfaces=(LOOPBACK,),
            port=_port(wanted) if port is None else port,
            auto_beacon=False,
            beacon_addresses=((LOOPBACK, 5065),),
        )
        ioc = await stack.enter_async_context(running(pvdb, config=config))
        print(f"serving {len(pvdb)} PVs on {LOOPBACK}:{ioc.server.port}; waiting for the instruments ...", flush=True)
        await _warm_up(prefix, pvdb, stop)
        screen = Screen(prefix, cables, ioc.server.port, _command())
        with _keys(screen, stop):
            await screen.show(stop)
    print("iocbridge demo: ended.")


def _port(wanted: int) -> int:
    """The port that is wanted if no other server has it: two IOCs on one port of one address hide each other."""
    with contextlib.suppress(OSError), socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        tcp.bind((LOOPBACK, wanted))
        udp.bind((LOOPBACK, wanted))
        return wanted
    return 0


def _command() -> str:
    """How the reader of the screen calls this program again."""
    program = os.path.relpath(sys.argv[0])
    return program if program.startswith(("..", ".venv")) and not program.startswith("../..") else "iocbridge"


async def _warm_up(prefix: str, pvdb: Any, stop: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(START_DEADLINE):
            for name, value in FIRST_PUTS:
                await _put_when_there(pvdb[prefix + name], value, stop)
            shown = [pvdb[prefix + name] for names in SHOWN.values() for name in names]
            while not stop.is_set() and any(pv.alarm.severity is Severity.INVALID for pv in shown):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.05):
                        await stop.wait()


async def _put_when_there(pv: PV, value: object, stop: asyncio.Event) -> None:
    while not stop.is_set():
        try:
            work = pv.put(value)
            if work is not None:
                await work
        except Exception:  # not connected yet: the deadline above ends this
            await asyncio.sleep(0.1)
        else:
            return


@contextlib.contextmanager
def _keys(screen: Screen, stop: asyncio.Event) -> Iterator[None]:
    """Single keys while standard input is a terminal: 1 2 3 pull or plug a cable, q ends."""
    if not sys.stdin.isatty() or os.name != "posix":
        yield
        return
    import termios
    import tty

    loop = asyncio.get_running_loop()
    fd = sys.stdin.fileno()
    before = termios.tcgetattr(fd)
    tasks: set[asyncio.Task[None]] = set()

    def pressed() -> None:
        for key in os.read(fd, 64).decode(errors="ignore"):
            if key in "qQ":
                stop.set()
            elif key in screen.cables:
                task = loop.create_task(screen.toggle(key))
                tasks.add(task)
                task.add_done_callback(tasks.discard)

    tty.setcbreak(fd)
    loop.add_reader(fd, pressed)
    try:
        yield
    finally:
        loop.remove_reader(fd)
        termios.tcsetattr(fd, termios.TCSADRAIN, before)
