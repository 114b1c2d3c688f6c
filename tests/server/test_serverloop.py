"""The loop that answers CA clients between its turns: whatever else asyncio has to do is done, and in time."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bridge.client import Client, ClientConfig
from bridge.server import CaServer, ServerLoop, serving
from records import PV
from tests.server.serving import loopback
from tests.waiting import AT_ONCE, eventually

Test = Callable[[CaServer], Awaitable[None]]


def served(test: Test) -> None:
    """Run `test` beside a server."""

    async def main() -> None:
        async with asyncio.timeout(30), serving({"L:x": PV("L:x", 1.0)}, loopback()) as server:
            await test(server)

    with asyncio.Runner(loop_factory=ServerLoop) as runner:
        runner.run(main())


def client_of(server: CaServer) -> Client:
    return Client(ClientConfig(addresses=(("127.0.0.1", server.port),), auto_addr_list=False, port=server.port))


def test_timers_and_other_sockets_have_their_turn_while_a_client_asks_without_end() -> None:
    async def test(server: CaServer) -> None:
        near, far = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=far)
        with near:
            async with client_of(server) as client:
                pv = client.pv("L:x")
                await pv.wait_connected(10)
                ended = asyncio.Event()

                async def ask() -> int:
                    count = 0
                    while not ended.is_set():
                        await pv.get()
                        count += 1
                    return count

                asking = asyncio.create_task(ask())
                for number in range(10):
                    near.send(b"%d" % number)
                    assert await reader.readexactly(1) == b"%d" % number
                    await asyncio.sleep(0.01)
                ended.set()
                assert await asking > 10
        writer.close()

    served(test)


def test_what_threads_processes_and_signals_say_is_heard() -> None:
    async def test(server: CaServer) -> None:
        loop = asyncio.get_running_loop()
        assert await loop.run_in_executor(None, sum, (1, 2)) == 3
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", "print(7)", stdout=asyncio.subprocess.PIPE)
        assert await process.communicate() == (b"7\n", None)
        come = asyncio.Event()
        loop.add_signal_handler(signal.SIGUSR1, come.set)
        os.kill(os.getpid(), signal.SIGUSR1)
        await come.wait()
        loop.remove_signal_handler(signal.SIGUSR1)

    served(test)


def test_a_put_wakes_those_who_wait_for_it() -> None:
    """The put is handled while the loop sleeps without end in sight; what it sets off must not wait for a timer."""

    async def test(server: CaServer) -> None:
        loop = asyncio.get_running_loop()
        come: asyncio.Queue[Any] = asyncio.Queue()
        later = asyncio.Event()

        def putter(pv: PV, value: Any) -> None:
            come.put_nowait(value)
            loop.call_later(0.01, later.set)

        server.hub.pvdb["L:x"].putter = putter
        code = (
            "import asyncio, sys\n"
            "from bridge.client import Client, ClientConfig\n"
            "async def main(port):\n"
            "    config = ClientConfig(addresses=(('127.0.0.1', port),), auto_addr_list=False, port=port)\n"
            "    async with Client(config) as client:\n"
            "        await client.pv('L:x').put(4.5)\n"
            "asyncio.run(main(int(sys.argv[1])))\n"
        )
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, str(server.port))
        assert await come.get() == 4.5
        began = loop.time()
        await later.wait()
        assert loop.time() - began < AT_ONCE
        assert await process.wait() == 0

    served(test)


def test_two_servers_share_a_loop_and_leave_nothing_behind() -> None:
    async def main() -> None:
        before = set(os.listdir("/proc/self/fd"))
        async with (
            asyncio.timeout(30),
            serving({"L:a": PV("L:a", 1.0)}, loopback()) as one,
            serving({"L:b": PV("L:b", 2.0)}, loopback()) as two,
            client_of(one) as first,
            client_of(two) as second,
        ):
            assert (await first.pv("L:a").get()).value == 1.0
            assert (await second.pv("L:b").get()).value == 2.0
        await eventually(lambda: set(os.listdir("/proc/self/fd")) == before)

    with asyncio.Runner(loop_factory=ServerLoop) as runner:
        runner.run(main())


def test_a_failure_of_the_server_is_reported_and_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(server: CaServer) -> None:
        loop = asyncio.get_running_loop()
        reported: list[dict[str, Any]] = []
        loop.set_exception_handler(lambda _, context: reported.append(context))
        flush = server.hub.flush

        def fail() -> None:
            flush()
            monkeypatch.undo()
            raise RuntimeError("a defect")

        async with client_of(server) as client:
            await client.pv("L:x").wait_connected(10)
            monkeypatch.setattr(server.hub, "flush", fail)
            assert (await client.pv("L:x").get()).value == 1.0
            assert str(reported[0]["exception"]) == "a defect"
            assert (await client.pv("L:x").get()).value == 1.0
        assert len(reported) == 1

    served(test)


def test_descriptors_are_watched_as_asyncio_wants_it() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        near, far = socket.socketpair()
        with near, far:
            near.setblocking(False)
            can_read, can_write = asyncio.Event(), asyncio.Event()
            loop.add_reader(near, can_read.set)
            watched = loop._selector.get_map()  # type: ignore[attr-defined]  # where asyncio looks, from Python 3.13 on
            assert watched.get(near) is watched[near.fileno()]
            assert watched.get(far) is None
            assert list(watched) == [key.fd for key in watched.values()]
            loop.add_writer(near, can_write.set)  # the same descriptor: its events change
            await can_write.wait()
            assert loop.remove_writer(near)
            assert not can_read.is_set()
            far.send(b"!")
            await can_read.wait()
            far.close()  # a hang-up, which readers and writers are told of
            loop.add_writer(near, can_write.set)
            can_write.clear()
            await can_write.wait()
            assert loop.remove_writer(near)
            assert loop.remove_reader(near)
            assert not loop.remove_reader(near)

    with asyncio.Runner(loop_factory=ServerLoop) as runner:
        runner.run(main())
