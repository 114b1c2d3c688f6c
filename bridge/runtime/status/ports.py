"""Status PVs for ports whose instruments have none of their own."""

from __future__ import annotations

from bridge.runtime.database import Target, database
from bridge.runtime.ioc import groups_of
from bridge.runtime.status.port import Observed, PortStatus

__all__ = ["port_status"]

NAME = "PORT"


def port_status(*targets: Target) -> list[PortStatus]:
    """A PortStatus for each port of these groups that nobody shows yet, to be served beside them.

    It is called by the instrument with PORT: behind, ``LAB:BATH:PORT:CONNECTED``; a second port of one instrument has
    PORT2:. Of instruments that share a port it is the first.
    """
    groups = groups_of(database(*targets).values())
    known = {id(group.service) for group in groups if isinstance(group, PortStatus)}
    found = []
    for group in groups:
        ports = [one for one in group.services if isinstance(one, Observed)]
        for number, port in enumerate(ports, 1):
            if id(port) not in known:
                known.add(id(port))
                word = NAME if number == 1 else f"{NAME}{number}"
                found.append(PortStatus(f"{group.prefix}{word}:", service=port))
    return found
