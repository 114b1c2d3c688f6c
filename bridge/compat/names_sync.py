"""The names of `caproto.sync.client`: one call, one answer."""

from __future__ import annotations

from typing import Any

from bridge.compat import names_aclient as inner
from bridge.compat.loopthread import shared

__all__ = ["read", "read_write_read", "write"]


async def _pv(context: inner.Context, name: str) -> inner.PV:
    (pv,) = await context.get_pvs(name)
    return pv


def read(pv_name: str, *, data_type: Any = None, timeout: float = 1.0, **_: Any) -> Any:
    """Read a PV."""

    async def work() -> Any:
        async with inner.Context(timeout=timeout) as context:
            return await (await _pv(context, pv_name)).read(data_type=data_type, timeout=timeout)

    return shared().run(work())


def write(
    pv_name: str, data: Any, *, notify: bool = False, data_type: Any = None, timeout: float = 1.0, **_: Any
) -> None:
    """Write a PV; with `notify`, return when that is done."""

    async def work() -> None:
        async with inner.Context(timeout=timeout) as context:
            pv = await _pv(context, pv_name)
            await pv.write(data, wait=notify, data_type=data_type, timeout=timeout)

    shared().run(work())


def read_write_read(pv_name: str, data: Any, *, notify: bool = False, timeout: float = 1.0, **_: Any) -> Any:
    """What was there, None, and what is there then."""
    before = read(pv_name, timeout=timeout)
    write(pv_name, data, notify=notify, timeout=timeout)
    return before, None, read(pv_name, timeout=timeout)
