"""The command line: `iocbridge COMMAND ...`. Arguments are read in this package and nowhere else."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

__all__ = ["COMMANDS", "main"]

#: command -> (module with `main(argv) -> exit code`, what it does). Imported when used: `iocbridge get` stays quick.
COMMANDS = {
    "run": ("bridge.cli.run", "serve an IOC: a file of Python or YAML, or EPICS database files"),
    "check": ("bridge.cli.check", "look for mistakes in EPICS database files"),
    "demo": ("bridge.cli.demo", "three simulated instruments, one IOC, a live table"),
    "sim": ("sim.cli", "simulate an instrument on a tty, a TCP port or HTTP"),
    "get": ("bridge.cli.get", "read PVs"),
    "put": ("bridge.cli.put", "write a PV, and wait until that is done"),
    "monitor": ("bridge.cli.monitor", "print PVs whenever they change"),
    "info": ("bridge.cli.info", "where a PV is served, its type, count and access rights"),
    "trace": ("bridge.cli.trace", "show what goes over an instrument's wire in a running IOC"),
    "repeater": ("bridge.cli.repeater", "pass beacons on to all CA clients of this machine"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] in ("-h", "--help"):
        print(_usage())
        return 0 if words else 2
    if words[0] in ("-V", "--version"):
        from importlib.metadata import version

        print(f"iocbridge {version('iocbridge')}")
        return 0
    if words[0] not in COMMANDS:
        print(f"iocbridge: no command {words[0]!r}\n\n{_usage()}", file=sys.stderr)
        return 2
    module = importlib.import_module(COMMANDS[words[0]][0])
    try:
        code: int = module.main(words[1:])
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `iocbridge monitor ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what Python still has to write
        return 0
    return code


def _usage() -> str:
    lines = ["usage: iocbridge COMMAND ...", ""]
    lines += [f"  {name:<8} {text}" for name, (_, text) in COMMANDS.items()]
    lines += ["", "iocbridge COMMAND --help says more."]
    return "\n".join(lines)
