"""caproto's threading client, pure Python."""

from __future__ import annotations

from typing import Any

from caproto.threading.client import Context
from talk import obey

DEADLINE = 10.0
context = Context()
pvs: dict[str, Any] = {}
latest: dict[str, Any] = {}
subscriptions: list[Any] = []  # callbacks are kept by weak references only


def plain(data: Any) -> Any:
    value = data[0]
    return value.decode() if isinstance(value, bytes) else value.item()


def connect(names: list[str]) -> list[str]:
    """Those of `names` that did not connect."""
    for pv in context.get_pvs(*names, timeout=DEADLINE):
        pv.wait_for_connection(timeout=DEADLINE)
        pvs[pv.name] = pv
    return [name for name in names if name not in pvs]


def read(names: list[str]) -> dict[str, Any]:
    return {name: plain(pvs[name].read(timeout=DEADLINE).data) for name in names}


def write(name: str, value: Any) -> bool:
    answer = pvs[name].write(value, wait=True, timeout=DEADLINE)
    return bool(answer.status.success)


def monitor(names: list[str]) -> None:
    for name in names:
        subscription = pvs[name].subscribe()

        def changed(_: Any, response: Any, name: str = name) -> None:
            latest[name] = plain(response.data)

        subscription.add_callback(changed)
        subscriptions.append((subscription, changed))


obey(connect=connect, read=read, write=write, monitor=monitor, seen=lambda: dict(latest))
