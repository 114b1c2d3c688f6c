"""`iocbridge monitor`: print PVs whenever they change, with the options and the output of camonitor."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Final

from bridge.ca import SubscriptionType
from bridge.cli.catool import FORMAT_HELP, FORMAT_LETTERS, Options, Usage, fail, parse, problem, run
from bridge.cli.stamps import Stamps
from bridge.cli.wide import trouble, wide
from bridge.client import PV, Client, ConfigError, Refused, Update

__all__ = ["main"]

BACKLOG: Final = 10_000  # lines; printing holds the loop up, so more than one chunk's worth never waits
INTERRUPTED: Final = 130  # exit code of a program that Ctrl-C ended

USAGE = f"""\
usage: iocbridge monitor [options] PV...

Print "name time value alarm" now and whenever a PV changes, until Ctrl-C.

  -w SEC      say which PVs are not found after SEC seconds (default 1)
  -m MASK     events of interest: v value, a alarm, l log/archive, p property (default va)
  -t KEY      time stamps: s server, c client (in brackets), n none; with r since the start, i since the last
              update, I since the last update of this PV (default s)
  -# N        at most N elements of an array
  -p PRIO     CA priority, 0..99
  --maximum N end after N updates
{FORMAT_HELP}"""

_MASK: Final = {
    "v": SubscriptionType.DBE_VALUE,
    "a": SubscriptionType.DBE_ALARM,
    "l": SubscriptionType.DBE_LOG,
    "p": SubscriptionType.DBE_PROPERTY,
}


def main(argv: Sequence[str]) -> int:
    """Run the command."""
    try:
        options, rest, names = parse("monitor", argv, "m:t:", FORMAT_LETTERS, ("maximum=",))
        mask, key, maximum = int(_MASK["v"] | _MASK["a"]), "s", 0
        for option, text in rest:
            match option:
                case "-h" | "--help":
                    print(USAGE)
                    return 0
                case "-m":
                    mask = _mask(text)
                case "-t":
                    key = _key(text)
                case "--maximum":
                    maximum = _maximum(text)
        if not names:
            raise Usage("no PV name given")
        return run("monitor", _Monitor(options, names, mask, Stamps(key), maximum).run())
    except (Usage, ConfigError) as err:
        return fail("monitor", f"{err} (-h for help)")
    except KeyboardInterrupt:
        return INTERRUPTED


def _mask(text: str) -> int:
    mask = 0
    for letter in text:
        if letter not in _MASK:
            raise Usage(f"option -m wants letters of {''.join(_MASK)}, not {text!r}")
        mask |= _MASK[letter]
    return mask


def _key(text: str) -> str:
    wrong = Stamps.wrong_letters(text)
    if wrong:
        raise Usage(f"option -t wants letters of scnriI, not {wrong!r}")
    return text


def _maximum(text: str) -> int:
    if not text.isdecimal() or text == "0":
        raise Usage(f"option --maximum wants a number from 1 on, not {text!r}")
    return int(text)


class _Monitor:
    """One run: lines in the order in which the updates came."""

    def __init__(self, options: Options, names: Sequence[str], mask: int, stamps: Stamps, maximum: int) -> None:
        self._options = options
        self._names = names
        self._mask = mask
        self._stamps = stamps
        self._left = maximum or -1
        self._lines: deque[Update | str] = deque(maxlen=BACKLOG)
        self._wake = asyncio.Event()

    async def run(self) -> int:
        async with Client(self._options.config) as client:
            try:
                pvs = [client.pv(name) for name in self._names]
            except ValueError as err:
                return fail("monitor", str(err))
            for pv in pvs:
                pv.subscribe(self._add, self._mask, self._options.time_type, self._options.count)
            timer = asyncio.get_running_loop().call_later(self._options.timeout, self._name_missing, pvs)
            try:
                await self._print()
            finally:
                timer.cancel()
        return 0

    def _add(self, update: Update | str) -> None:
        self._lines.append(update)
        self._wake.set()

    def _name_missing(self, pvs: Sequence[PV]) -> None:
        for pv in pvs:
            if not pv.connected:
                self._add(trouble(pv.name, "*** Not connected (PV not found)", self._options.style, stamped=False))

    async def _print(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._lines:
                update = self._lines.popleft()
                print(update if isinstance(update, str) else self._line(update), flush=True)
                self._left -= isinstance(update, Update) and update.result is not None
                if self._left == 0:
                    return

    def _line(self, update: Update) -> str:
        style = self._options.style
        if update.result is not None:
            return wide(update.result, style, self._stamps, self._options.count)
        if not update.connected:
            return trouble(update.name, "*** disconnected", style)
        return trouble(update.name, problem(Refused(update.name, "", update.eca)), style)
