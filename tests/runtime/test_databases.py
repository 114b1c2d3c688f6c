"""Databases of any size and kind: ten thousand PVs, PVs that come and go, PVs made when they are asked for."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from bridge.client import Client, ClientConfig, NotConnected
from bridge.runtime.ioc import Ioc, running
from records import PV, PVGroup, pvproperty
from tests.server.serving import loopback


def client(ioc: Ioc) -> Client:
    return Client(ClientConfig(addresses=(("127.0.0.1", ioc.server.port),), auto_addr_list=False))


async def test_pvs_come_and_go_while_the_ioc_runs() -> None:
    class Few(PVGroup):
        x = pvproperty(value=1)

    group = Few("d:")
    async with running(group, config=loopback()) as ioc:
        late = pvproperty(name="d:late", value=7).create()
        group.pvdb["d:late"] = late
        async with client(ioc) as one:
            assert (await one.pv("d:late").get()).value == 7
        del group.pvdb["d:late"]
        async with client(ioc) as another:
            assert (await another.pv("d:x").get()).value == 1
            try:
                await another.pv("d:late").get(timeout=0.3)
            except NotConnected:
                pass
            else:
                raise AssertionError("it is still there")


async def test_pvs_that_are_made_when_they_are_asked_for() -> None:
    class Any_(defaultdict[str, Any]):
        def __missing__(self, name: str) -> PV:
            if not name.startswith("any:") or "." in name:
                raise KeyError(name)
            made = self[name] = pvproperty(name=name, value=len(name)).create()
            return made

    pvdb = Any_()
    async with running(pvdb, config=loopback()) as ioc, client(ioc) as one:
        assert (await one.pv("any:abc").get()).value == 7
        assert list(pvdb) == ["any:abc"]
