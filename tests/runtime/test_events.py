"""Events and the choices of PINI."""

from __future__ import annotations

import pytest

from bridge.runtime.events import event_name
from bridge.runtime.ioc import running
from records import PV, PVGroup, ai
from tests.server.serving import loopback
from tests.waiting import eventually


class Posted(PVGroup):
    later = ai(1.0, scan="Event", evnt="go", phas=1)
    first = ai(1.0, scan="Event", evnt="go", prio="HIGH", phas=2)
    numbered = ai(1.0, scan="Event", evnt="5.7")


class Begun(PVGroup):
    after = ai(1.0, pini="RUNNING")
    run = ai(1.0, pini="RUN")
    second = ai(1.0, pini="YES", phas=2)
    begin = ai(1.0, pini=True, phas=1)
    pausing = ai(1.0, pini="PAUSE")
    paused = ai(1.0, pini="PAUSED")
    never = ai(1.0)


def noted(group: PVGroup) -> list[str]:
    order: list[str] = []
    for record in group.records():
        record.mdel = -1.0  # type: ignore[attr-defined]  # all are ai

        def heard(pv: PV, changes: int) -> None:
            if changes:
                order.append(pv.name)

        record.listen(heard)
    return order


@pytest.mark.parametrize(
    ("text", "name"), [("go", "go"), (" go ", "go"), ("5.7", "5"), (5.0, "5"), ("0", ""), ("", ""), ("300", "300")]
)
def test_event_names(text: str | float, name: str) -> None:
    assert event_name(text) == name


async def test_events_process_by_priority_and_phase() -> None:
    group = Posted("")
    async with running(group, config=loopback()):
        order = noted(group)
        host = group.first.host
        assert host is not None
        host.post_event("go")
        await eventually(lambda: order == ["first", "later"])
        host.post_event(5)
        await eventually(lambda: order[2:] == ["numbered"])
        group.later.put_field("EVNT", "other")
        host.post_event("go")
        await eventually(lambda: order[3:] == ["first"])


async def test_pini() -> None:
    group = Begun("")
    order = noted(group)
    async with running(group, config=loopback()) as ioc:
        assert order == ["begin", "second", "run", "after"]
        await ioc.pause()
        assert order[4:] == ["pausing", "paused"]
        ioc.resume()
        assert order[6:] == ["run", "after"]
