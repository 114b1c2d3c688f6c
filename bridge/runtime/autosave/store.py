"""Store: the save file with its older generations. Writes so that a good copy exists at every moment, reads the newest.

The files of ``ioc.sav``, all in one folder:

=========================  ==========================================================================================
``ioc.sav``                the last save
``ioc.savB``               the one before
``ioc.sav.new``            the next one, while it is being written
``ioc.sav_20260214-1015…`` dated copies: one of what each start found, then one an hour while something changes
``ioc.sav.bad_2026…``      a file at this place that was no good save file; kept for whoever wants to know why
=========================  ==========================================================================================

A write: ``.new`` is written, synced, read back and compared; ``ioc.sav``, if it is good, becomes ``ioc.savB``;
``.new`` becomes ``ioc.sav``; the folder is synced. Whenever that is cut short, ``ioc.sav``, ``.new`` or ``ioc.savB`` is
whole, and `load` looks at them in this order.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from bridge.runtime.autosave.disk import Disk, SystemDisk
from bridge.runtime.autosave.savfile import BadFile, Content, Snapshot, parse, render

__all__ = ["History", "Loaded", "Store"]

STAMP: Final = "%Y%m%d-%H%M%S"
LAST_RESORT: Final = 3  # dated copies that are kept however old they are


@dataclass(frozen=True, slots=True)
class History:
    """How many dated copies are kept: the newest `per_day` of each day, for `days` days; the newest three for ever."""

    period: float = 3600.0  # seconds between two of them, at least
    per_day: int = 5
    days: int = 30


class Loaded(NamedTuple):
    """What was found: `source` is the file it comes from, `rejected` says of each better one why it was not taken."""

    snapshot: Snapshot | None
    source: str
    rejected: tuple[str, ...]


class Store:
    """The generations of one save file. For one thread at a time, and not that of the event loop."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        history: History | None = None,
        disk: Disk | None = None,
        legacy: str | os.PathLike[str] | None = None,
        parse_legacy: Callable[[bytes], Snapshot] | None = None,
    ) -> None:
        """`legacy` is a file of another kind to begin with if there is none of ours; it is never written."""
        self.path = os.path.realpath(path)  # a link to another disk stays a link
        self.folder = os.path.dirname(self.path)
        self.history = history or History()
        self._disk = disk or SystemDisk()
        self._legacy = os.path.realpath(legacy) if legacy is not None else None
        self._parse_legacy = parse_legacy or parse
        self._serial = 0
        self._known_good: bytes | None = None  # what stands in `path`, as far as we know
        self._found: bytes | None = None  # what this start found there, until there is a dated copy of it
        self._last_copy: datetime | None = None

    # --- reading ------------------------------------------------------------------------------------------------

    def load(self) -> Loaded:
        """The newest good copy. Never raises for what is wrong with a file: `rejected` says it."""
        rejected: list[str] = []
        for sources in self._sources(rejected):
            found = [one for one in (self._read(source, rejected) for source in sources) if one is not None]
            if found:
                snapshot, source, data = max(found, key=lambda one: one[0].serial)
                self._serial = max(self._serial, snapshot.serial)
                self._found = data
                if source == self.path:
                    self._known_good = data
                return Loaded(snapshot, source, tuple(rejected))
        return Loaded(None, self.path, tuple(rejected))

    def _sources(self, rejected: list[str]) -> Iterator[list[str]]:
        """Files to try: the first good one of the first list with a good one; within a list the later save wins."""
        yield [self.path]
        yield [self._new, self._backup]
        try:
            names = self._disk.names(self.folder)
        except OSError as error:
            rejected.append(f"{self.folder}: {_why(error)}")
            return
        for name in sorted(self._dated(names), reverse=True):
            yield [os.path.join(self.folder, name)]
        base = os.path.basename(self.path)
        for name in (f"{base}{digit}" for digit in range(10)):  # the sequence files of synApps
            if name in names:
                yield [os.path.join(self.folder, name)]
        if self._legacy is not None:
            yield [self._legacy]

    def _read(self, source: str, rejected: list[str]) -> tuple[Snapshot, str, bytes] | None:
        try:
            data = self._disk.read(source)
            snapshot = self._parse_legacy(data) if source == self._legacy else parse(data)
        except FileNotFoundError:
            return None
        except OSError as error:
            rejected.append(f"{source}: {_why(error)}")
        except BadFile as error:
            rejected.append(f"{source}: {error}")
        else:
            return snapshot, source, data
        return None

    # --- writing ------------------------------------------------------------------------------------------------

    def save(self, values: Mapping[str, Content], now: datetime) -> list[str]:
        """Write the next generation. Raises OSError if that fails, and then the last one is as it was.

        Returns complaints about what is not essential: the dated copies.
        """
        data = render(values, serial=self._serial + 1, when=f"{now:%Y-%m-%d %H:%M:%S}")
        self._write(self._new, data)
        self._make_way(now)
        self._known_good = None
        self._disk.replace(self._new, self.path)
        self._known_good = data
        self._serial += 1
        self._disk.sync_folder(self.folder)
        try:
            self._copy(data, now)
        except OSError as error:
            return [f"no dated copy: {_why(error)}"]
        return []

    def _write(self, path: str, data: bytes) -> None:
        """Make `path` contain `data`, for good. Raises OSError; a half-written file is taken away, if possible."""
        disk = self._disk
        try:
            handle = disk.create(path)
            try:
                rest = memoryview(data)
                while rest:
                    rest = rest[disk.write(handle, bytes(rest)) :]
                disk.sync(handle)
            finally:
                disk.close(handle)
            # as synApps: network file systems have been seen to lose what they had acknowledged
            if disk.read(path) != data:
                raise OSError(errno.EIO, "what was read back is not what was written", path)
        except OSError:
            with contextlib.suppress(OSError):
                disk.remove(path)
            raise

    def _make_way(self, now: datetime) -> None:
        """Keep the last save as the backup if it is good; never put anything else in the place of a good backup."""
        try:
            present = self._disk.read(self.path)
            if present != self._known_good:
                parse(present)
        except FileNotFoundError:
            return
        except (IsADirectoryError, PermissionError):
            raise
        except (OSError, BadFile):
            self._disk.replace(self.path, f"{self.path}.bad_{now.strftime(STAMP)}")
        else:
            self._disk.replace(self.path, self._backup)

    def _copy(self, data: bytes, now: datetime) -> None:
        if self._found is not None:  # the state before this start's changes
            data, self._found = self._found, None
        elif self._last_copy is not None and abs(now - self._last_copy) < timedelta(seconds=self.history.period):
            return
        self._last_copy = now
        names = set(self._disk.names(self.folder))
        stem = f"{os.path.basename(self.path)}_{now.strftime(STAMP)}"
        name = next(name for name in (stem, *(f"{stem}-{n}" for n in range(2, 1000))) if name not in names)
        target = os.path.join(self.folder, name)
        self._write(self._new, data)
        self._disk.replace(self._new, target)
        self.prune({*names, name}, now)

    def prune(self, names: set[str], now: datetime) -> None:
        """Remove the dated copies among `names` that are too old or too many."""
        kept: dict[str, int] = {}
        dated = self._dated(names)
        for rank, name in enumerate(sorted(dated, reverse=True)):
            made = dated[name]
            day = f"{made:%Y%m%d}"
            kept[day] = kept.get(day, 0) + 1
            too_many = kept[day] > self.history.per_day
            too_old = now - made > timedelta(days=self.history.days)
            if (too_many or too_old) and rank >= LAST_RESORT:
                self._disk.remove(os.path.join(self.folder, name))

    def _dated(self, names: set[str] | list[str]) -> dict[str, datetime]:
        pattern = re.compile(re.escape(os.path.basename(self.path)) + r"_([0-9]{8}-[0-9]{6})(-[0-9]+)?")
        dated: dict[str, datetime] = {}
        for name in names:
            match = pattern.fullmatch(name)
            if match is not None:
                with contextlib.suppress(ValueError):  # looks like a date and is none
                    dated[name] = datetime.strptime(match[1], STAMP)
        return dated

    @property
    def _new(self) -> str:
        return f"{self.path}.new"

    @property
    def _backup(self) -> str:
        return f"{self.path}B"


def _why(error: OSError) -> str:
    return error.strerror or str(error)
