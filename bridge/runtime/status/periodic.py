"""PeriodicStatus: clients, load, memory, descriptors and time of an IOC, as iocStats shows them."""

from __future__ import annotations

import threading
import time
from datetime import datetime
from typing import Any

from bridge.runtime.status.machine import Machine
from bridge.runtime.status.shown import show
from records import PV, PVGroup, pvproperty

__all__ = ["PeriodicStatus"]

ACCESS = ("Running", "Maintenance", "Test", "OFFLINE")
PERCENT: dict[str, Any] = {"units": "%", "lopr": 0.0, "hopr": 100.0, "precision": 1}


class PeriodicStatus(PVGroup):
    """Renewed every UPD_TIME seconds; time, heartbeat and client counts every second."""

    access = pvproperty(name="ACCESS", record="mbbo", value=0, enum_strings=ACCESS, doc="For displays; has no effect")
    start_tod = pvproperty(name="STARTTOD", value="", record="stringin", read_only=True, doc="When it was started")
    time_of_day = pvproperty(name="TOD", value="", record="stringin", read_only=True, doc="Time and date")
    heartbeat = pvproperty(
        name="HEARTBEAT", value=0, record="longin", read_only=True, doc="Seconds counted since start"
    )
    start_count = pvproperty(
        name="START_CNT", value=0, record="longin", read_only=True, autosave=True, doc="Starts, if autosave is on"
    )
    ca_client_count = pvproperty(
        name="CA_CLNT_CNT", value=0, record="longin", read_only=True, doc="CA clients that are connected"
    )
    ca_connection_count = pvproperty(
        name="CA_CONN_CNT", value=0, record="longin", read_only=True, doc="PVs that they are connected to"
    )
    record_count = pvproperty(name="RECORD_CNT", value=0, record="ai", read_only=True, doc="Number of PVs")
    fd_max = pvproperty(name="FD_MAX", value=0, record="ai", read_only=True, doc="File descriptors allowed")
    fd_count = pvproperty(name="FD_CNT", value=0, record="ai", read_only=True, doc="File descriptors in use")
    fd_free = pvproperty(name="FD_FREE", value=0, record="ai", read_only=True, doc="File descriptors left")
    sys_cpu_load = pvproperty(
        name="SYS_CPU_LOAD", value=0.0, record="ai", read_only=True, doc="Load of all CPUs", **PERCENT
    )
    ioc_cpu_load = pvproperty(
        name="IOC_CPU_LOAD", value=0.0, record="ai", read_only=True, doc="Load of one CPU by the IOC", **PERCENT
    )
    susp_task_count = pvproperty(
        name="SUSP_TASK_CNT", value=0, record="longin", read_only=True, doc="Always 0: a failed task is in the log"
    )
    mem_used = pvproperty(name="MEM_USED", value=0, record="ai", units="KByte", read_only=True, doc="Memory of the IOC")
    mem_free = pvproperty(
        name="MEM_FREE", value=0, record="ai", units="KByte", read_only=True, doc="Memory and swap left"
    )
    mem_max = pvproperty(name="MEM_MAX", value=0, record="ai", units="KByte", read_only=True, doc="Memory and swap")
    uptime = pvproperty(name="UPTIME", value=0, record="longin", units="s", read_only=True, doc="Time since start")
    num_threads = pvproperty(name="NumThreads", value=0, record="longin", read_only=True, doc="Number of threads")
    update_period = pvproperty(
        name="UPD_TIME",
        value=15.0,
        record="ao",
        units="s",
        precision=1,
        drvl=1.0,
        drvh=60.0,
        doc="Time between updates",
    )

    @start_count.startup
    async def _count_start(self, instance: PV, async_lib: Any) -> None:
        # autosave has restored the count of the last time before any hook runs
        instance.post(instance.value + 1)  # type: ignore[operator]  # a longin
        self.start_tod.post(_now())

    @heartbeat.scan(period=1.0)
    async def _beat(self, instance: PV, async_lib: Any) -> None:
        instance.post((instance.value + 1) % 2**31)  # type: ignore[operator]  # a longin
        self.time_of_day.post(_now())
        ioc = async_lib.ioc
        if ioc is not None:
            show(self.ca_client_count, ioc.clients)
            show(self.ca_connection_count, ioc.channels)

    @update_period.startup
    async def _update(self, instance: PV, async_lib: Any) -> None:
        machine, begin = Machine(), time.monotonic()
        while True:
            figures = machine.look()
            used, allowed = figures.descriptors, figures.descriptors_max
            for pv, value in (
                (self.ioc_cpu_load, figures.ioc_load),
                (self.sys_cpu_load, figures.host_load),
                (self.mem_used, figures.memory_used),
                (self.mem_free, figures.memory_free),
                (self.mem_max, figures.memory_total),
                (self.fd_count, used),
                (self.fd_max, allowed),
                (self.fd_free, allowed - used if allowed is not None and used is not None else None),
                (self.record_count, len(async_lib.ioc.pvdb) if async_lib.ioc is not None else None),
                (self.num_threads, threading.active_count()),
                (self.uptime, int(time.monotonic() - begin)),
            ):
                if value is not None:
                    show(pv, value)
            await async_lib.sleep(instance.value)


def _now() -> str:
    return f"{datetime.now():%Y-%m-%d %H:%M:%S}"
