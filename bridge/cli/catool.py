"""What the client commands share: options with the letters of base's tools, connecting, and complaints."""

from __future__ import annotations

import asyncio
import getopt
import math
import os
import sys
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bridge.ca import ECA, ChannelType
from bridge.ca.header import MAX_PRIORITY
from bridge.cli.caformat import Style
from bridge.client import PV, Client, ClientConfig, ClientError, NotConnected, Refused

__all__ = [
    "FORMAT_HELP",
    "FORMAT_LETTERS",
    "WHOLE",
    "Options",
    "Usage",
    "connected",
    "fail",
    "paint",
    "parse",
    "problem",
    "run",
]

WHOLE = 0xFFFFFFFF  # elements; a PV gives as many as it can have
FOREVER = 10 * 365 * 86400.0  # seconds; what -w 0 means, as in base
FORMAT_HELP = """\
  -n          print enumerations as numbers
  -S          print arrays of char as text (long strings)
  -s          get floating point values as strings, with the server's precision
  -e N, -f N, -g N   print floating point values with %e, %f, %g and N digits
  -lx, -lo, -lb      round floating point values, print hexadecimal, octal, binary
  -0x, -0o, -0b      print integers hexadecimal, octal, binary
  -F C        separate fields with the character C"""
FORMAT_LETTERS = "#:nSse:f:g:l:0:F:"
DIGITS = 18  # base's VALID_DOUBLE_DIGITS


class Usage(Exception):
    """The words of the command line make no sense; the message says which and why."""


@dataclass(slots=True)
class Options:
    """What the command line says that all client commands understand."""

    command: str
    style: Style = field(default_factory=Style)
    timeout: float = 1.0  # seconds
    timeout_given: bool = False
    count: int = 0
    config: ClientConfig = field(default_factory=ClientConfig)

    def take(self, option: str, text: str) -> None:
        """Understand one option. Raises Usage."""
        style = self.style
        match option:
            case "-w":
                self.timeout = _seconds(text)
                self.timeout_given = True
            case "-#":
                self.count = _number(option, text, 0, 0xFFFFFFFF)
            case "-p":
                self.config = replace(self.config, priority=_number(option, text, 0, MAX_PRIORITY))
            case "-n":
                style.enum_as_number = True
            case "-S":
                style.long_strings = True
            case "-s":
                style.float_as_string = True
            case "-e" | "-f" | "-g":
                style.float_format = f"%.{_number(option, text, 0, DIGITS)}{option[1]}"
            case "-l":
                style.float_base = _base(option, text)
            case "-0":
                style.int_base = _base(option, text)
            case "-F":
                style.separator = text[:1] or " "

    def time_type(self, native: ChannelType) -> ChannelType:
        """The DBR type that is read for printing: with time stamp, enumerations as text."""
        style = self.style
        if native is ChannelType.ENUM:
            return ChannelType.TIME_INT if style.enum_as_number else ChannelType.TIME_STRING
        if style.float_as_string and native in (ChannelType.FLOAT, ChannelType.DOUBLE):
            return ChannelType.TIME_STRING
        return ChannelType(native + ChannelType.TIME_STRING)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < math.inf:
        raise Usage(f"{text!r} is no time in seconds")
    return value or FOREVER


def _number(option: str, text: str, low: int, high: int) -> int:
    if not text.isdecimal() or not low <= int(text) <= high:
        raise Usage(f"option {option} wants a number from {low} to {high}, not {text!r}")
    return int(text)


def _base(option: str, text: str) -> str:
    if text[:1] not in ("x", "o", "b"):
        raise Usage(f"option {option} wants x, o or b, not {text!r}")
    return text[0]


def parse(
    command: str,
    argv: Sequence[str],
    own: str,
    common: str = "",
    words: Sequence[str] = (),
    *,
    values_follow: bool = False,
) -> tuple[Options, list[tuple[str, str]], list[str]]:
    """Return the common options, the other ones, and the arguments.

    `own` and `common` are letters as getopt wants them; -w and -p are always common. With `values_follow` the first
    argument ends the options, so that -5 can be a value. Raises Usage, ConfigError.
    """
    common = "w:p:" + common
    options = Options(command, config=ClientConfig.from_environment(os.environ))
    if os.environ.get("EPICS_CLI_TIMEOUT"):
        options.timeout = _seconds(os.environ["EPICS_CLI_TIMEOUT"])
    reader = getopt.getopt if values_follow else getopt.gnu_getopt
    try:
        pairs, arguments = reader(list(argv), "h" + own + common, ["help", *words])
    except getopt.GetoptError as err:
        raise Usage(str(err)) from None
    rest = []
    for option, text in pairs:
        if option[1] in common and not option.startswith("--"):
            options.take(option, text)
        else:
            rest.append((option, text))
    return options, rest, arguments


def run(command: str, work: Coroutine[Any, Any, int]) -> int:
    """Run the client part of a command."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")  # units may hold what the terminal's encoding has not
    try:
        return asyncio.run(work)
    except ClientError as err:
        return fail(command, str(err))
    except OSError as err:
        if isinstance(err, BrokenPipeError):
            raise
        return fail(command, err.strerror or str(err))


def fail(command: str, text: str) -> int:
    """Complain on standard error; returns the exit code of base's tools for anything that went wrong."""
    print(f"iocbridge {command}: {text}", file=sys.stderr)
    return 1


async def connected(client: Client, names: Iterable[str], timeout: float) -> tuple[list[PV], bool]:
    """Connect to all names within `timeout` seconds; complain of those that are not there. Returns PVs, all there?"""
    try:
        pvs = [client.pv(name) for name in names]
    except ValueError as err:
        raise Usage(str(err)) from None
    results = await asyncio.gather(*(pv.wait_connected(timeout) for pv in pvs), return_exceptions=True)
    missing = [pv for pv, result in zip(pvs, results, strict=True) if isinstance(result, NotConnected)]
    if missing:
        sys.stdout.flush()
        print(f"Channel connect timed out: {', '.join(map(_missing, missing))} not found.", file=sys.stderr)
    return pvs, not missing


def _missing(pv: PV) -> str:
    hint = "" if pv.reason.startswith("no server") else f" ({pv.reason})"
    return f"'{pv.name}'{hint}"


def problem(error: BaseException) -> str:
    """What stands in place of a value, as base's tools write it."""
    if isinstance(error, Refused):
        if error.eca == ECA.NORDACCESS:
            return "*** no read access"
        return f"*** CA error {error.eca.message if isinstance(error.eca, ECA) else error.eca}"
    if isinstance(error, NotConnected):
        return "*** not connected"
    return "*** no data available (timeout)"


_COLOURS = {1: "\x1b[33m", 2: "\x1b[31m", 3: "\x1b[35m"}  # MINOR, MAJOR, INVALID


def paint(text: str, severity: int) -> str:
    """Colour for the eye, where standard output is a terminal and NO_COLOR is not set (https://no-color.org)."""
    colour = _COLOURS.get(severity)
    if colour is None or os.environ.get("NO_COLOR") or not sys.stdout.isatty():
        return text
    return f"{colour}{text}\x1b[0m"
