"""A pulled cable and a silent instrument, as Channel Access clients see them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.clients import C_TOOLS
from tests.devices.witnesses import OUTPUTS
from tests.e2e.bench import PREFIX, Bench, bench
from tests.logs import logged
from tests.waiting import eventually

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(C_TOOLS is None, reason="base's client programs come as an x86_64 Linux wheel only"),
]

INSTRUMENTS = ("LS336:", "METER:", "PLUG:")
# Seconds: two scan periods and a time-out. A wire that hangs up is noticed at once; HTTP has no standing connection, so
# that what the plug does not push is found out by the next poll.
NOTICED = {"LS336:": 3.0, "METER:": 3.0, "PLUG:": 13.0}
BACK = 5.0
REFUSED = 5.0  # seconds within which a put to an instrument that is away has failed


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running() -> AsyncIterator[Bench]:
    async with bench(still=True) as one:
        await one.all_read()
        yield one


@pytest_asyncio.fixture(loop_scope="module")
async def lab(running: Bench) -> AsyncIterator[Bench]:
    yield running
    for instrument in running.instruments.values():  # one test's failure is no other's
        instrument.clear_faults()
        await instrument.plug()


async def all_have(lab: Bench, names: list[str], alarm: tuple[str, str], deadline: float) -> None:
    """Wait until caget shows this alarm for every one of `names`."""

    async def look() -> bool:
        found = await lab.caget(*names)
        assert {name: one.alarm for name, one in found.items() if one.alarm != alarm} == {}
        return True

    await eventually(look, deadline)


async def values(lab: Bench, names: list[str]) -> dict[str, str]:
    return {name: one.value for name, one in (await lab.caget(*names)).items()}


def asked(lab: Bench, instrument: str) -> int:
    """How often an instrument was asked the question that its fastest records ask."""
    words = {"LS336:": b"KRDG? A", "METER:": bytes((1, 4, 0, 0)), "PLUG:": b"Shelly.GetStatus"}[instrument]
    return sum(words in request for request in lab.instruments[instrument].requests)


async def scans_go_on(lab: Bench, instrument: str) -> None:
    """The instrument is still asked at its rate: twice more within three seconds (the plug is polled each 5 s)."""
    before, begin = asked(lab, instrument), time.monotonic()
    period = 5.0 if instrument == "PLUG:" else 1.0
    wanted = 1 if instrument == "PLUG:" else 2
    await eventually(lambda: asked(lab, instrument) >= before + wanted, (wanted + 1) * period)
    # one more than the periods that went by, and one for a scan that a busy machine made late
    assert asked(lab, instrument) - before <= (time.monotonic() - begin) / period + 2


async def news_come_through(lab: Bench, instrument: str) -> None:
    """A change of the instrument is shown within two scans."""
    device, clock = lab.instruments[instrument].device, lab.clocks[instrument]
    if instrument == "LS336:":
        name = "A:TEMP"
        device.set("input.A.kelvin", device.get("input.A.kelvin") + 1.0)
    elif instrument == "METER:":
        name = "FREQ"
        device.set("steady", True)
        device.set("hertz", device.get("hertz") + 0.1)
    else:
        name = "POWER"
        device.set("output", not device.get("output"))
        clock.advance(1.0)
    wanted = lab.expected(instrument)[f"{PREFIX}{instrument}{name}"]
    await eventually(lambda: lab.ioc.pvdb[f"{PREFIX}{instrument}{name}"].value == wanted, 2.5)


@pytest.mark.parametrize("pulled", INSTRUMENTS)
async def test_a_pulled_cable(lab: Bench, pulled: str) -> None:
    names = lab.names_of(pulled)
    outputs = [f"{PREFIX}{instrument}{name}" for instrument, name in OUTPUTS if instrument == pulled]
    await all_have(lab, names, ("", ""), BACK)
    kept = await values(lab, names)
    settings = {name: lab.expected(pulled)[name] for name in outputs}
    with logged() as log:
        await lab.instruments[pulled].unplug()
        await all_have(lab, names, ("COMM", "INVALID"), NOTICED[pulled])
        assert await values(lab, names) == kept

        for other in INSTRUMENTS:
            if other != pulled:
                await all_have(lab, lab.names_of(other), ("", ""), 0.0)
                await news_come_through(lab, other)
        await scans_go_on(lab, "METER:" if pulled == "LS336:" else "LS336:")

        for name in outputs:
            begin = time.monotonic()
            done = await lab.tool("caput", "-c", "-w", "10", name, "1")
            assert time.monotonic() - begin < REFUSED
            assert done.code != 0
            assert "rror" in done.err or "ERROR" in done.err
            shown = (await lab.caget(name))[name]
            assert (shown.value, shown.alarm) == (kept[name], ("WRITE", "INVALID"))
        assert {name: lab.expected(pulled)[name] for name in outputs} == settings

        await lab.instruments[pulled].plug()
        await all_have(lab, names, ("", ""), BACK)
    await eventually(lambda: {name: lab.ioc.pvdb[name].value for name in names} == lab.expected(pulled))
    # one line for each change of state; a channel that is part of the same wire has none of its own
    own = [line for port in ports(lab, pulled) for line in log.of(f"iocbridge.port.{port}")]
    assert len(own) == 2, own
    assert "connection lost" in own[0]
    assert own[1].endswith(": connected")
    assert log.about("Traceback") == []
    assert [line for line in log.lines if not line.startswith(address(lab, pulled))] == []


def address(lab: Bench, instrument: str) -> str:
    """What log lines about the instrument begin with."""
    return lab.instruments[instrument].address.removeprefix("http://")


def ports(lab: Bench, instrument: str) -> list[str]:
    """The ports of an instrument as the log calls them: the plug's WebSocket is a wire of its own."""
    own = address(lab, instrument)
    return [own, f"{own} push"] if instrument == "PLUG:" else [own]


async def test_a_cable_pulled_while_a_put_waits(lab: Bench) -> None:
    """The put fails at once, and not with the client's patience."""
    plug = lab.instruments["PLUG:"]
    await all_have(lab, lab.names_of("PLUG:"), ("", ""), BACK)
    plug.fault("silence", match="Switch.Set")
    before = lab.expected("PLUG:")[f"{PREFIX}PLUG:RELAY"]
    heard = len(plug.requests)

    async def pull() -> None:
        await eventually(lambda: any(b"Switch.Set" in request for request in plug.requests[heard:]))
        await plug.unplug()

    begin = time.monotonic()
    pulling = asyncio.create_task(pull())
    done = await lab.tool("caput", "-c", "-w", "10", f"{PREFIX}PLUG:RELAY", str(1 - before))
    await pulling
    assert done.code != 0
    assert time.monotonic() - begin < REFUSED
    plug.clear_faults()
    await plug.plug()
    await all_have(lab, lab.names_of("PLUG:"), ("", ""), BACK)
