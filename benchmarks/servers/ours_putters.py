"""iocbridge with PVs whose puts go through a coroutine of the user's."""

from __future__ import annotations

from typing import Any

from benchmarks.servers.arguments import parse
from benchmarks.servers.ours import serve, with_array
from records import PV


async def putter(pv: PV, value: Any) -> Any:
    """Takes what comes, without waiting for anything."""
    return value


def main() -> None:
    arguments = parse()
    pvs = [PV(f"B:{name}", 0.0) for name in arguments.names]
    for pv in pvs:
        pv.putter = putter
    serve(with_array(pvs, arguments), arguments)


if __name__ == "__main__":
    main()
