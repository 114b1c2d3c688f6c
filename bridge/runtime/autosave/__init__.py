"""Autosave: PVs that survive restarts and power cuts. docs/autosave.md says how; `autosaver.py` is where to begin."""

from bridge.runtime.autosave.autosaver import Autosave, Autosaver, AutosaveState, autosaving
from bridge.runtime.autosave.disk import Disk, SystemDisk
from bridge.runtime.autosave.helper import AutosaveHelper, RotatingFileManager, autosaved, autosaves_of
from bridge.runtime.autosave.savfile import BadFile, Snapshot, parse, render
from bridge.runtime.autosave.store import History, Store

__all__ = [
    "Autosave",  # where and how often to save
    "AutosaveHelper",  # the same as a subgroup, by caproto's name
    "AutosaveState",  # how it is going
    "Autosaver",  # what does it
    "BadFile",  # this is no save file, or not all of one
    "Disk",  # the file operations, for tests that break them
    "History",  # how many dated copies are kept
    "RotatingFileManager",  # the same, by caproto's name
    "Snapshot",  # the content of a save file
    "Store",  # a save file with its older generations
    "SystemDisk",  # the machine's own files
    "autosaved",  # caproto's mark on a pvproperty
    "autosaves_of",  # all save files of an IOC
    "autosaving",  # restores on the way in, saves on the way out
    "parse",  # a save file's content
    "render",  # a save file
]
