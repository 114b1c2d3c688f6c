"""repics: a server in Rust, with its PVs and their handlers in Python."""

from __future__ import annotations

import signal
from typing import Any

import numpy as np
from repics.ca.server import Server, SharedPV, StaticProvider

from benchmarks.servers.arguments import beats, parse


class Accept:
    """Takes every put."""

    def put(self, pv: Any, operation: Any) -> None:
        pv.post(operation.value())
        operation.done()


def main() -> None:
    arguments = parse()
    handler, provider = Accept(), StaticProvider("bench")
    pvs = [SharedPV(handler=handler, initial=0.0) for _ in arguments.names]
    for name, pv in zip(arguments.names, pvs, strict=True):
        provider.add(f"B:{name}", pv)
    provider.add("B:wf", SharedPV(initial=np.arange(arguments.elements, dtype=float)))
    server = Server([provider])  # it serves as long as it is referenced
    if arguments.tick:
        for value in beats(arguments.tick):
            for pv in pvs:
                pv.post(value)
    signal.pause()
    del server


if __name__ == "__main__":
    main()
