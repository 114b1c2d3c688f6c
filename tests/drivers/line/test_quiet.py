from __future__ import annotations

import asyncio

from drivers.line.quiet import CHATTER, Quiet


async def took(quiet: Quiet) -> tuple[float, bool]:
    loop = asyncio.get_running_loop()
    begin = loop.time()
    settled = await quiet.wait()
    return loop.time() - begin, settled


async def test_over_after_silence() -> None:
    seconds, settled = await took(Quiet(0.05))
    assert seconds >= 0.045
    assert not settled


async def test_the_late_reply_ends_it_soon() -> None:
    quiet = Quiet(5.0)
    quiet.noise()
    quiet.reply()
    seconds, settled = await took(quiet)
    assert seconds < 1.0
    assert settled


async def test_chatter_cannot_hold_it_open() -> None:
    quiet = Quiet(0.05)
    chatter = asyncio.get_running_loop().create_task(talk(quiet))
    seconds, _ = await took(quiet)
    assert 0.05 * CHATTER - 0.01 <= seconds < 1.0
    chatter.cancel()


async def talk(quiet: Quiet) -> None:
    while True:
        quiet.noise()
        await asyncio.sleep(0.005)


async def test_it_can_be_ended() -> None:
    quiet = Quiet(60.0)
    quiet.end()
    quiet.noise()
    assert await took(quiet) < (1.0, True)
