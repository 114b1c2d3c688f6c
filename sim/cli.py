"""``iocbridge sim``: a simulator in a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack

from sim.backdoor import Backdoor
from sim.serving import describe, names, serve

__all__ = ["main"]

PROG = "iocbridge sim"


def main(argv: Sequence[str] | None = None) -> int:
    """Run until Ctrl-C or SIGTERM. Returns the exit code: 0, or 2 with one line on stderr if it cannot start."""
    try:
        options = _parser().parse_args(argv)
    except SystemExit as leaving:  # --help, or argparse has already said what is wrong
        return leaving.code if isinstance(leaving.code, int) else 2
    if options.list:
        for name in names():
            print(f"{name:14} {describe(name)}")
        return 0
    if options.name is None:
        return _complain(f"which one? {', '.join(names())}")
    for port in (options.port, options.backdoor or 0):
        if not 0 <= port <= 65_535:
            return _complain(f"a port is a number from 0 to 65535, not {port}")
    try:
        asyncio.run(_run(options))
    except KeyboardInterrupt:
        return 0
    except ValueError as error:
        return _complain(str(error))
    except OSError as error:
        return _complain(f"{options.name} cannot start: {_reason(error, options)}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=PROG, description="Simulate an instrument for tests and demonstrations.")
    parser.add_argument("name", nargs="?", help="which instrument: see --list")
    parser.add_argument("--list", action="store_true", help="list the instruments and leave")
    parser.add_argument("--tty", action="store_true", help="on a pseudo terminal instead of a TCP port")
    parser.add_argument("--link", metavar="PATH", help="on a pseudo terminal that PATH links to")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this computer only)")
    parser.add_argument("--port", type=int, default=0, help="TCP port (default: any free one)")
    parser.add_argument("--seed", type=int, default=1, help="seed of noise and faults (default: 1)")
    parser.add_argument("--reply-delay", type=float, default=0.0, metavar="S", help="seconds before each reply")
    parser.add_argument("--backdoor", type=int, metavar="PORT", help="JSON lines on this port of loopback (0: any)")
    parser.add_argument("--password", help="ask for this password (shellyplug)")
    return parser


async def _run(options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    extra = {"password": options.password} if options.password else {}
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(
            serve(
                options.name,
                tty=options.tty,
                link=options.link,
                host=options.host,
                port=options.port,
                seed=options.seed,
                reply_delay=options.reply_delay,
                **extra,
            )
        )
        line = f"{options.name} listens on {running.address}"
        if options.backdoor is not None:
            backdoor = Backdoor(running, options.backdoor)
            try:
                await backdoor.start()
            except OSError as error:
                raise ValueError(f"no backdoor on port {options.backdoor}: {_strerror(error)}") from error
            stack.push_async_callback(backdoor.stop)
            line += f", backdoor on {backdoor.address}"
        print(line, flush=True)
        await stop.wait()


def _reason(error: OSError, options: argparse.Namespace) -> str:
    if isinstance(error, FileExistsError):
        return f"{options.link} is there already"
    where = f" ({options.host}:{options.port})" if options.link is None and not options.tty else ""
    return f"{_strerror(error)}{where}"


def _strerror(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)  # below 0: getaddrinfo's own


def _complain(sentence: str) -> int:
    print(f"{PROG}: {sentence}", file=sys.stderr)
    return 2
