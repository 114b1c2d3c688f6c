"""EPICS base: its database and its server rsrv, both in C, from the epicscorelibs wheel. Python only starts them."""

from __future__ import annotations

import shutil
import signal
import tempfile
from pathlib import Path

from epicscorelibs import ioc

from benchmarks.servers.arguments import Arguments, parse

BASE_RATES = {10000.0, 5000.0, 2000.0, 1000.0, 500.0, 200.0, 100.0}  # milliseconds, menuScan.dbd


def _definitions(folder: Path, scan: str, known: bool) -> None:
    """Base's definitions, with one more scan rate if need be, as sites do it."""
    shutil.copytree(ioc.DEFAULT_DBD_PATH, folder)
    if not known:
        menu = folder / "menuScan.dbd"
        head, brace, tail = menu.read_text().rpartition("}")
        menu.write_text(f'{head}\tchoice(menuScanBenchmark, "{scan}")\n{brace}{tail}')
    ioc.DEFAULT_DBD_PATH = str(folder)


def _database(arguments: Arguments, scan: str) -> str:
    if arguments.tick:
        body = f'{{ field(SCAN, "{scan}") field(CALC, "VAL+1") }}'
        records = [f'record(calc, "B:{name}") {body}' for name in arguments.names]
    else:
        records = [f'record(ao, "B:{name}") {{ }}' for name in arguments.names]
    records.append(f'record(waveform, "B:wf") {{ field(FTVL, "DOUBLE") field(NELM, "{arguments.elements}") }}')
    return "\n".join(records) + "\n"


def main() -> None:
    arguments = parse()
    seconds = arguments.tick / 1000
    scan = f"{seconds:g} second" if seconds >= 1 or not seconds else f"{seconds:g}".removeprefix("0") + " second"
    with tempfile.TemporaryDirectory() as folder:
        _definitions(Path(folder) / "dbd", scan, not seconds or arguments.tick in BASE_RATES)
        records = Path(folder) / "bench.db"
        records.write_text(_database(arguments, scan))
        ioc.start_ioc(str(records))
    signal.pause()


if __name__ == "__main__":
    main()
