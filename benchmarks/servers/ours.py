"""iocbridge with plain PVs. The array is a plain PV in all three variants."""

from __future__ import annotations

import asyncio
import gc
from array import array
from collections.abc import Iterable

from benchmarks.servers.arguments import Arguments, async_beats, parse
from bridge import ServerConfig, running
from bridge.cli.foreground import STARTING, settle
from bridge.server import ServerLoop
from records import PV

__all__ = ["serve", "with_array"]


def with_array(pvs: Iterable[PV], arguments: Arguments) -> dict[str, PV]:
    """A database of these and the array."""
    gc.set_threshold(STARTING)  # as `iocbridge run` does
    values = array("d", range(arguments.elements))
    wave = PV("B:wf", values, max_count=arguments.elements)
    return {pv.name: pv for pv in (*pvs, wave)}


async def _run(pvdb: dict[str, PV], arguments: Arguments) -> None:
    config = ServerConfig(interfaces=("127.0.0.1",), port=arguments.port, auto_beacon=False)
    async with running(pvdb, config=config):
        settle()
        if not arguments.tick:
            await asyncio.Event().wait()
        ticking = [pvdb[f"B:{name}"] for name in arguments.names]
        async for value in async_beats(arguments.tick, asyncio.sleep):
            for pv in ticking:
                pv.post(value)


def serve(pvdb: dict[str, PV], arguments: Arguments) -> None:
    """Serve until killed."""
    if arguments.uvloop:
        import uvloop

        uvloop.run(_run(pvdb, arguments))
    else:
        with asyncio.Runner(loop_factory=ServerLoop) as runner:  # as `iocbridge run` without uvloop
            runner.run(_run(pvdb, arguments))


def main() -> None:
    arguments = parse()
    serve(with_array([PV(f"B:{name}", 0.0) for name in arguments.names], arguments), arguments)


if __name__ == "__main__":
    main()
