"""Which servers there are, and which of them can run here."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

from benchmarks.machine import version_of

__all__ = ["CAPROTO", "C_SOFTIOC", "FLOOR", "OURS", "OURS_PUTTERS", "OURS_RECORDS", "SERVERS", "Server", "missing"]


@dataclass(frozen=True, slots=True)
class Server:
    """One measured server: the program, and what it needs."""

    name: str
    module: str  # below benchmarks.servers
    needs: str = ""  # package that must be importable
    distribution: str = ""
    options: tuple[str, ...] = ()
    exact: bool = True  # False: a reference that does not look at what it is asked

    @property
    def installed(self) -> bool:
        """Whether it can run with this interpreter."""
        return not self.needs or importlib.util.find_spec(self.needs) is not None

    @property
    def label(self) -> str:
        """Name and version."""
        return f"{self.name} ({self.distribution} {version_of(self.distribution)})" if self.distribution else self.name


OURS = Server("ours", "ours")
OURS_RECORDS = Server("ours, ao", "ours_records")
OURS_PUTTERS = Server("ours, async putter", "ours_putters")
OURS_UVLOOP = Server("ours, uvloop", "ours", "uvloop", "uvloop", options=("--uvloop",))
C_SOFTIOC = Server("C softIoc", "c_softioc", "epicscorelibs", "epicscorelibs")
CAPROTO = Server("caproto", "with_caproto", "caproto", "caproto")
SOFTIOC = Server("softioc", "with_softioc", "softioc", "softioc")
PCASPY = Server("pcaspy", "with_pcaspy", "pcaspy", "pcaspy")
REPICS = Server("repics", "with_repics", "repics", "repics")
FLOOR = Server("floor", "floor", exact=False)

SERVERS = (OURS, OURS_RECORDS, OURS_PUTTERS, OURS_UVLOOP, C_SOFTIOC, CAPROTO, SOFTIOC, PCASPY, REPICS, FLOOR)


def missing() -> list[Server]:
    """Those that cannot run here."""
    return [server for server in SERVERS if not server.installed]
