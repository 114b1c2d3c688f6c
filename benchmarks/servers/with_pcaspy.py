"""pcaspy: the portable CA server in C++, with a Python driver above it."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from pcaspy import Driver, SimpleServer

from benchmarks.servers.arguments import beats, parse


class Values(Driver):
    """Keeps what it is given. pcaspy takes subclasses for drivers, and only those."""


def main() -> None:
    arguments = parse()
    database: dict[str, Any] = {name: {"type": "float", "value": 0.0} for name in arguments.names}
    values = np.arange(arguments.elements, dtype=float)
    database["wf"] = {"type": "float", "count": arguments.elements, "value": values}
    server = SimpleServer()
    server.createPV("B:", database)
    driver = Values()

    def tick() -> None:
        for value in beats(arguments.tick):
            for name in arguments.names:
                driver.setParam(name, value)
            driver.updatePVs()

    if arguments.tick:
        threading.Thread(target=tick, daemon=True).start()
    while True:
        server.process(0.1)


if __name__ == "__main__":
    main()
