"""`iocbridge get`: read PVs, with the options and the output of caget."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bridge.ca import ChannelType
from bridge.cli.caformat import details, elements, long_string, name_column, shown_type, values
from bridge.cli.catool import FORMAT_HELP, FORMAT_LETTERS, WHOLE, Options, Usage, connected, fail, parse, problem, run
from bridge.cli.stamps import Stamps, absolute
from bridge.cli.wide import trouble, wide
from bridge.client import PV, Client, ConfigError, Result

__all__ = ["main"]

USAGE = f"""\
usage: iocbridge get [options] PV...

Read PVs and print "name value".

  -w SEC      wait at most SEC seconds (default 1; 0: for ever)
  -t          print values only
  -a          print name, time, value, alarm status and severity
  -d TYPE     read as a DBR type, by name or number: DOUBLE, TIME_LONG, CTRL_ENUM, 34 ...
  -# N        read at most N elements of an array
  -c          read as many elements as there are now (default: as many as there can be)
  -p PRIO     CA priority, 0..99
{FORMAT_HELP}

Exit code 1 if a PV was not found or not read."""

_ALIASES = {"SHORT": "INT"}  # one number, two names (db_access.h)


def main(argv: Sequence[str]) -> int:
    """Run the command."""
    try:
        options, rest, names = parse("get", argv, "tacd:", FORMAT_LETTERS)
        layout, dbr, dynamic = "plain", None, False
        for option, text in rest:
            match option:
                case "-h" | "--help":
                    print(USAGE)
                    return 0
                case "-t" | "-a" | "-d":
                    if layout not in ("plain", option):
                        raise Usage("options -t, -a and -d exclude each other")
                    layout = option
                    dbr = _dbr_type(text) if option == "-d" else dbr
                case "-c":
                    dynamic = True
        if not names:
            raise Usage("no PV name given")
        return run("get", _get(options, names, layout, dbr, dynamic))
    except (Usage, ConfigError) as err:
        return fail("get", f"{err} (-h for help)")


def _dbr_type(text: str) -> ChannelType:
    """A DBR type by number or name, with or without DBR_."""
    name = text.upper().removeprefix("DBR_")
    family, underscore, base = name.rpartition("_")
    name = family + underscore + _ALIASES.get(base, base)
    readable = {member.name: member for member in ChannelType if not member.name.startswith("PUT_")}
    numbers = {str(int(member)): member for member in readable.values()}
    found = readable.get(name, numbers.get(text))
    if found is None:
        raise Usage(f"{text!r} is no DBR type that can be read")
    return found


async def _get(options: Options, names: list[str], layout: str, dbr: ChannelType | None, dynamic: bool) -> int:
    async with Client(options.config) as client:
        pvs, complete = await connected(client, names, options.timeout)
        if not any(pv.connected for pv in pvs):
            return 1
        results = await asyncio.gather(*(_read(pv, options, dbr, dynamic) for pv in pvs), return_exceptions=True)
        stamps = Stamps()
        for pv, result in zip(pvs, results, strict=True):
            if isinstance(result, BaseException):
                complete = False
                print(_without_value(pv.name, problem(result), options, layout))
            elif layout == "-a":
                print(wide(result, options.style, stamps, options.count))
            elif layout == "-d":
                print(_in_full(result, pv.native_type, options))
            else:
                text = values(result, options.style, options.count)
                print(text if layout == "-t" else name_column(pv.name, result.count, options.style) + text)
    return 0 if complete else 1


async def _read(pv: PV, options: Options, dbr: ChannelType | None, dynamic: bool) -> Result:
    await pv.wait_connected(0.0)  # there was time enough
    wanted = options.time_type if dbr is None else dbr
    return await pv.get(wanted, options.count or (0 if dynamic else WHOLE), options.timeout)


def _without_value(name: str, text: str, options: Options, layout: str) -> str:
    if layout == "-t":
        return text
    if layout == "-d":
        return f"{name}\n    {text}"
    return trouble(name, text, options.style, stamped=layout == "-a")


def _in_full(result: Result, native: ChannelType | None, options: Options) -> str:
    lines = [result.name]
    if native is not None:
        lines.append(f"    Native data type: DBF_{shown_type(native)}")
    lines.append(f"    Request type:     DBR_{shown_type(result.dbr)}")
    if result.dbr is ChannelType.CLASS_NAME:
        return "\n".join(
            [*lines, f"    Class Name:       {options.style.separator.join(elements(result, options.style))}"]
        )
    text = long_string(result, options.style, options.count)
    if text is None:
        text = options.style.separator.join(elements(result, options.style))
    lines += [f"    Element count:    {result.count}", f"    Value:            {text}"]
    return "\n".join(lines + details(result, absolute(result.metadata.seconds, result.metadata.nanoseconds)))
