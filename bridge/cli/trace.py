"""`iocbridge trace`: what goes over an instrument's wire in a running IOC, read from the PVs of its PortStatus."""

from __future__ import annotations

import ast
import asyncio
import re
import sys
from collections.abc import Sequence
from typing import Final, NamedTuple

from bridge.cli.catool import Options, Usage, connected, fail, parse, run
from bridge.client import PV, Client, ConfigError, Update

__all__ = ["main"]

INTERRUPTED: Final = 130  # exit code of a program that Ctrl-C ended

USAGE = """\
usage: iocbridge trace [options] PREFIX

Show the bytes on the wire of an instrument, first the last that went over it, then live until Ctrl-C.
PREFIX is that of an instrument, LAB:BATH:, of an IOC started with --port-status, or that of a PortStatus of one's own,
LAB:BATH:LINE: for LAB:BATH:LINE:TRACE. Of instruments that share a port it is the first that the IOC serves.

  -x          bytes as hexadecimal numbers
  --last      only what went over it already
  -w SEC      wait at most SEC seconds for the IOC (default 1; 0: for ever)
  -p PRIO     CA priority, 0..99

Lines: time, > sent, < received, ! a request that failed, * what became of the link.
Exit code 1 if there are no such PVs."""

_LINE = re.compile(r"(\d+) (\S+) ([><!*]) (.*?)( \.\.\. \d+ bytes)?")


class _Line(NamedTuple):
    number: int
    text: str


def main(argv: Sequence[str]) -> int:
    """Run the command."""
    try:
        options, rest, names = parse("trace", argv, "x", words=("last",))
        flags = {option for option, _ in rest}
        if "-h" in flags or "--help" in flags:
            print(USAGE)
            return 0
        if len(names) != 1:
            raise Usage("one PREFIX is wanted")
        return run("trace", _trace(options, names[0], "-x" in flags, "--last" in flags))
    except (Usage, ConfigError) as err:
        return fail("trace", f"{err} (-h for help)")
    except KeyboardInterrupt:
        return INTERRUPTED


async def _trace(options: Options, prefix: str, hexadecimal: bool, last: bool) -> int:
    places = [prefix] if prefix.endswith("PORT:") else [prefix, f"{prefix}PORT:"]
    async with Client(options.config) as client:
        found = await _found(client, places, options.timeout)
        if found is None:
            missing = " and ".join(f"{place}TRACE" for place in places)
            print(
                f"iocbridge trace: {missing} not found. Only an IOC that was started with --port-status has them: "
                f"start it anew with `iocbridge run FILE --port-status`. Instruments that share a port have those of "
                f"the first.",
                file=sys.stderr,
            )
            return 1
        (switch, lines), complete = await connected(client, (f"{found}TRACE", f"{found}TRACE_LINES"), options.timeout)
        if not complete:
            return 1
        was_on = (await switch.get(timeout=options.timeout)).value
        await switch.put(1, timeout=options.timeout)
        try:
            await _show(lines, hexadecimal, last, options.timeout)
        finally:
            if not was_on:  # somebody else may be looking
                await switch.put(0, timeout=options.timeout)
    return 0


async def _found(client: Client, places: Sequence[str], patience: float) -> str | None:
    """The first of the prefixes where status PVs are found."""
    try:
        pvs = [client.pv(f"{place}TRACE") for place in places]
    except ValueError as err:
        raise Usage(str(err)) from None
    searches = {asyncio.create_task(pv.wait_connected(patience)): place for pv, place in zip(pvs, places, strict=True)}
    pending = set(searches)
    try:
        while pending:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for search in done:
                if search.exception() is None:
                    return searches[search]
    finally:
        for search in pending:
            search.cancel()
    return None


async def _show(lines: PV, hexadecimal: bool, last: bool, patience: float) -> None:
    news: asyncio.Queue[Update] = asyncio.Queue()
    shown = 0
    with lines.subscribe(news.put_nowait):
        while True:
            try:
                async with asyncio.timeout(patience if last else None):
                    update = await news.get()
            except TimeoutError:
                return
            if update.result is None:
                print("*** disconnected" if not update.connected else "*** no access", flush=True)
                continue
            for line in _parsed(update.result.text, hexadecimal):
                if shown and line.number > shown + 1:
                    print(f"... {line.number - shown - 1} lines went by unseen", flush=True)
                if line.number > shown or line.number == 1:  # the IOC may have been started anew
                    print(line.text, flush=True)
                    shown = line.number


def _parsed(text: str, hexadecimal: bool) -> list[_Line]:
    found = []
    for line in text.split("\n"):
        match = _LINE.fullmatch(line)
        if match is None:
            continue
        number, stamp, kind, what, more = match.groups()
        if kind in "<>":
            data = ast.literal_eval(what)  # the repr of bytes
            what = data.hex(" ") if hexadecimal else what[2:-1]
        found.append(_Line(int(number), f"{stamp} {kind} {what}{more or ''}"))
    return found
