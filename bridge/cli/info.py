"""`iocbridge info`: where a PV is served, its type, count and access rights, as cainfo says it."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.ca import AccessRights
from bridge.cli.caformat import shown_type
from bridge.cli.catool import Options, Usage, connected, fail, parse, run
from bridge.client import PV, Client, ConfigError

__all__ = ["main"]

USAGE = """\
usage: iocbridge info [options] PV...

Print where PVs are served, their type, number of elements, and what they let us do.

  -w SEC      wait at most SEC seconds (default 1; 0: for ever)
  -p PRIO     CA priority, 0..99

Exit code 1 if a PV was not found."""


def main(argv: Sequence[str]) -> int:
    """Run the command."""
    try:
        options, rest, names = parse("info", argv, "")
        if rest:
            print(USAGE)
            return 0
        if not names:
            raise Usage("no PV name given")
        return run("info", _info(options, names))
    except (Usage, ConfigError) as err:
        return fail("info", f"{err} (-h for help)")


async def _info(options: Options, names: list[str]) -> int:
    async with Client(options.config) as client:
        pvs, complete = await connected(client, names, options.timeout)
        for pv in pvs:
            if pv.connected:
                print(_told(pv))
    return 0 if complete else 1


def _told(pv: PV) -> str:
    host, port = pv.address or ("", 0)
    kind = shown_type(pv.native_type) if pv.native_type is not None else ""
    rights = [
        f"{'' if pv.access & right else 'no '}{word}"
        for right, word in ((AccessRights.READ, "read"), (AccessRights.WRITE, "write"))
    ]
    rows = (
        ("State", "connected"),
        ("Host", f"{'localhost' if host == '127.0.0.1' else host}:{port}"),
        ("Access", ", ".join(rights)),
        ("Native data type", f"DBF_{kind}"),
        ("Request type", f"DBR_{kind}"),
        ("Element count", str(pv.native_count)),
    )
    return "\n".join([pv.name, *(f"    {title + ':':<18}{text}" for title, text in rows)])
