"""BasicStatus: what an IOC can say of itself once and for all."""

from __future__ import annotations

import inspect
import logging
import os
import platform
import socket
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from bridge.runtime.view import IocView
from records import PV, PVGroup, pvproperty

__all__ = ["BasicStatus"]

log = logging.getLogger("iocbridge.status")

MAX_PATH = 255  # bytes of a path


class BasicStatus(PVGroup):
    """Process, host, version, place, and a way to end the IOC."""

    process_id = pvproperty(name="PROCESS_ID", value=0, record="ai", read_only=True, doc="Process ID")
    parent_pid = pvproperty(name="PARENT_ID", value=0, record="ai", read_only=True, doc="Parent process ID")
    cpu_count = pvproperty(name="CPU_CNT", value=0, record="longin", read_only=True, doc="Number of CPUs")
    kernel_version = pvproperty(name="KERNEL_VERS", value="", record="stringin", read_only=True, doc="OS version")
    version = pvproperty(name="EPICS_VERSION", value="", record="stringin", read_only=True, doc="iocbridge and Python")
    engineer = pvproperty(name="ENGINEER", value="", record="stringin", read_only=True, doc="Who is responsible")
    location = pvproperty(name="LOCATION", value="", record="stringin", read_only=True, doc="Where it is")
    hostname = pvproperty(name="HOSTNAME", value="", record="stringin", read_only=True, doc="Host name")
    application_directory = pvproperty(
        name="APP_DIR", value="", record="waveform", max_length=MAX_PATH, dtype=str, read_only=True, doc="Start folder"
    )
    source_filename = pvproperty(
        name="SOURCE_FILE", value="", record="waveform", max_length=MAX_PATH, dtype=str, read_only=True, doc="Program"
    )
    sysreset = pvproperty(name="SYSRESET", value=0, record="longout", doc="Write 1 to end the IOC")

    _ioc: IocView | None = None

    @process_id.startup
    async def _tell(self, instance: PV, async_lib: Any) -> None:
        self._ioc = async_lib.ioc
        self.process_id.post(os.getpid())
        self.parent_pid.post(os.getppid())
        self.cpu_count.post(os.cpu_count() or 0)
        self.kernel_version.post(f"{platform.system()} {platform.release()}")
        self.version.post(f"iocbridge {_own_version()} on Python {platform.python_version()}")
        self.hostname.post(socket.gethostname())
        self.application_directory.post(os.getcwd())
        self.source_filename.post(_source_of(self))
        if self._ioc is not None:
            self.engineer.post(self._ioc.site.engineer)
            self.location.post(self._ioc.site.location)

    @sysreset.putter
    async def _reset(self, instance: PV, value: int) -> int:
        if value == 1:
            log.warning("%s: a client asks the IOC to end", instance.name)
            if self._ioc is None or not self._ioc.exit():
                raise PermissionError("this IOC runs inside a program that it cannot end")
        return 0


def _own_version() -> str:
    try:
        return version("iocbridge")
    except PackageNotFoundError:
        return "(not installed)"


def _source_of(group: PVGroup) -> str:
    """The file of the group at the top, or of the program."""
    while group.parent is not None:
        group = group.parent
    try:
        return inspect.getsourcefile(type(group)) or sys.argv[0]
    except TypeError:  # of a program that was loaded by `iocbridge run`, or typed in
        return sys.argv[0]
