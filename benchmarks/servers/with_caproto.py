"""caproto, asyncio server."""

from __future__ import annotations

from typing import Any

import numpy as np
from caproto.asyncio.server import run
from caproto.server import PVGroup, pvproperty

from benchmarks.servers.arguments import async_beats, parse


def main() -> None:
    arguments = parse()
    members: dict[str, Any] = {name: pvproperty(value=0.0) for name in arguments.names}
    values = np.arange(arguments.elements, dtype=float)
    members["wf"] = pvproperty(value=values, dtype=float, max_length=arguments.elements)
    group = type("Bench", (PVGroup,), members)("B:")

    async def tick(async_lib: Any) -> None:
        ticking = [group.pvdb[f"B:{name}"] for name in arguments.names]
        async for value in async_beats(arguments.tick, async_lib.sleep):
            for pv in ticking:
                await pv.write(value)

    run(group.pvdb, interfaces=["127.0.0.1"], startup_hook=tick if arguments.tick else None)


if __name__ == "__main__":
    main()
