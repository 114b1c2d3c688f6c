"""What the demo shows: a live table in a terminal, plain lines elsewhere."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from bridge.cli.demolab import Cable
from records import PV, Severity, text_of

__all__ = ["SHOWN", "Screen"]

REFRESH = 4  # times a second
PLAIN_PERIOD = 5.0  # seconds between blocks of plain lines
STYLES = {Severity.NO_ALARM: "", Severity.MINOR: "yellow", Severity.MAJOR: "bold red", Severity.INVALID: "magenta"}
#: Width and justification of name, value, unit, time and alarm.
COLUMNS: tuple[tuple[int, Literal["left", "right"]], ...] = (
    *((28, "left"), (12, "right"), (4, "left")),
    *((10, "left"), (16, "left")),
)
#: What of each instrument is shown; all PVs are served.
SHOWN = {
    "1": ("LS336:A:TEMP", "LS336:B:TEMP", "LS336:LOOP1:SP", "LS336:LOOP1:RANGE", "LS336:LOOP1:HEATER"),
    "2": ("METER:V1", "METER:I1", "METER:POWER", "METER:FREQ", "METER:ENERGY"),
    "3": ("PLUG:RELAY", "PLUG:POWER", "PLUG:VOLTAGE", "PLUG:ENERGY", "PLUG:TEMP"),
}


class Screen:
    """The demo's PVs, and the lines to try in a second terminal."""

    def __init__(self, prefix: str, cables: Sequence[Cable], port: int, command: str) -> None:
        self.prefix = prefix
        self.cables = {cable.key: cable for cable in cables}
        self.port = port
        self._command = command
        self._pulled: set[str] = set()
        self._console = Console()

    async def toggle(self, key: str) -> None:
        """Pull the cable of an instrument, or plug it in again."""
        cable = self.cables[key]
        if key in self._pulled:
            await cable.running.plug()
            self._pulled.discard(key)
        else:
            self._pulled.add(key)
            await cable.running.unplug()

    async def show(self, stop: asyncio.Event) -> None:
        """Keep the screen up to date until `stop` is set."""
        # Printed once, not drawn again and again: they can be marked and copied, and the table fits into 24 lines.
        print("\n".join(self._lines_to_try()), flush=True)
        if not self._console.is_terminal:
            await self._show_plain(stop)
            return
        print()
        with Live(self._render(), console=self._console, auto_refresh=False) as live:
            while not await _within(stop, 1.0 / REFRESH):
                live.update(self._render(), refresh=True)

    async def _show_plain(self, stop: asyncio.Event) -> None:
        while True:
            for pv in self._shown():
                alarm = "" if not pv.alarm.severity else f"  {pv.alarm.severity.name} {pv.alarm.status.name}"
                print(f"{pv.name:<24} {_value(pv):>14} {pv.metadata.units:<5} {_time(pv)}{alarm}", flush=True)
            if await _within(stop, PLAIN_PERIOD):
                return

    def _shown(self) -> list[PV]:
        return [self._pv(key, name) for key, names in SHOWN.items() for name in names]

    def _pv(self, key: str, name: str) -> PV:
        return self.cables[key].instrument.pvdb[self.prefix + name]

    def _render(self) -> RenderableType:
        blocks: list[RenderableType] = []
        for key, names in SHOWN.items():
            pulled = Text("cable pulled  ", style="magenta") if key in self._pulled else Text()
            blocks.append(Text.assemble((f"{key}  ", "bold"), pulled, (self.cables[key].title, "bold"), no_wrap=True))
            table = Table.grid(padding=(0, 2))
            for width, justify in COLUMNS:
                table.add_column(width=width, justify=justify, no_wrap=True)
            for name in names:
                table.add_row(*_row(self._pv(key, name)))
            blocks += [table, Text()]
        keys = "Keys: 1 2 3 pull or plug a cable, q or Ctrl-C end." if sys.stdin.isatty() else "Ctrl-C ends."
        return Group(*blocks, Text(keys, style="dim"))

    def _lines_to_try(self) -> list[str]:
        prefix, command = self.prefix, self._command
        usual = self.port == 5064 and os.environ.get("EPICS_CA_SERVER_PORT", "5064") == "5064"
        port = "" if usual else f"EPICS_CA_SERVER_PORT={self.port} "
        return [
            "In a second terminal, with our own tools or with EPICS base's:",
            f"  {port}{command} get {prefix}LS336:A:TEMP {prefix}METER:POWER {prefix}PLUG:RELAY",
            f"  {port}{command} put {prefix}PLUG:RELAY On",
            f"  {port}{command} monitor {prefix}LS336:A:TEMP",
            f"  export {port}EPICS_CA_AUTO_ADDR_LIST=NO EPICS_CA_ADDR_LIST=127.0.0.1",
            f"  caget {prefix}LS336:A:TEMP {prefix}METER:POWER",
            f"  caput -c {prefix}LS336:LOOP1:SP 290",
            f"  camonitor {prefix}LS336:A:TEMP {prefix}PLUG:POWER",
        ]


def _row(pv: PV) -> tuple[RenderableType, ...]:
    alarm = pv.alarm
    style = STYLES[alarm.severity]
    said = f"{alarm.severity.name} {alarm.status.name}" if alarm.severity else ""
    return (f"   {pv.name}", Text(_value(pv), style=style), pv.metadata.units, _time(pv), Text(said, style=style))


def _value(pv: PV) -> str:
    return text_of(pv.value, pv.field_type, pv.metadata)


def _time(pv: PV) -> str:
    return datetime.fromtimestamp(pv.timestamp).strftime("%H:%M:%S.%f")[:-5] if pv.time_ns else ""


async def _within(event: asyncio.Event, seconds: float) -> bool:
    """Whether the event is set within so many seconds."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
