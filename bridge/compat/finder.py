"""The import finder behind `iocbridge run --caproto`: `import caproto` gives what is written here, for this process.

Programs that come inside caproto's own package (`caproto.ioc_examples`) are taken from there if it is installed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple

__all__ = ["MODULES", "Given", "activate", "deactivate"]


class Given(NamedTuple):
    """What the command line brings: it alone reads arguments and the environment."""

    run: Callable[..., Any]
    ioc_arg_parser: Callable[..., Any]
    template_arg_parser: Callable[..., Any]
    config: Callable[..., Any]


#: Module of caproto -> the module here that has its names.
MODULES: Final = {
    "caproto": "bridge.compat.names_root",
    "caproto.server": "bridge.compat.names_server",
    "caproto.server.server": "bridge.compat.names_server",
    "caproto.server.common": "bridge.compat.names_common",
    "caproto.server.records": "bridge.compat.names_records",
    "caproto.server.menus": "bridge.compat.names_menus",
    "caproto.server.autosave": "bridge.compat.names_autosave",
    "caproto.server.stats": "bridge.compat.names_stats",
    "caproto.server.conversion": "bridge.compat.names_conversion",
    "caproto.asyncio": "bridge.compat.names_empty",
    "caproto.asyncio.server": "bridge.compat.names_aserver",
    "caproto.asyncio.client": "bridge.compat.names_aclient",
    "caproto.threading": "bridge.compat.names_empty",
    "caproto.threading.client": "bridge.compat.names_tclient",
    "caproto.threading.pyepics_compat": "bridge.compat.names_pyepics",
    "caproto.sync": "bridge.compat.names_empty",
    "caproto.sync.client": "bridge.compat.names_sync",
    "caproto._log": "bridge.compat.names_log",
}
_PACKAGES: Final = frozenset(("caproto", "caproto.server", "caproto.asyncio", "caproto.threading", "caproto.sync"))
_PROGRAMS: Final = "caproto.ioc_examples"
_OURS_OF_PROGRAMS: Final = {"caproto.ioc_examples.fake_motor_record": "bridge.compat.fake_motor"}


class _Loader(Loader):
    def __init__(self, ours: str, given: Given) -> None:
        self._ours = ours
        self._given = given

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        ours = import_module(self._ours)
        names = [*ours.__all__, *getattr(ours, "MADE", ())]  # MADE: classes that no source line names
        module.__doc__ = ours.__doc__
        for name in names:
            setattr(module, name, getattr(ours, name))
        for name in getattr(ours, "GIVEN", ()):
            setattr(module, name, getattr(self._given, name))
        module.__all__ = [*names, *getattr(ours, "GIVEN", ())]  # type: ignore[attr-defined]
        setattr(module, "__getattr__", lambda name: _missing(module.__name__, name))  # noqa: B010

    def get_code(self, name: str) -> None:
        """For `runpy`: there is nothing to run."""


def _missing(module: str, name: str) -> Any:
    if not name.startswith("__") and f"{module}.{name}" in MODULES:
        return import_module(f"{module}.{name}")
    raise AttributeError(f"iocbridge has no {module}.{name}")


class _Finder(MetaPathFinder):
    def __init__(self, given: Given) -> None:
        self._given = given
        self._home: list[str] | None = None

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != "caproto" and not fullname.startswith("caproto."):
            return None
        ours = MODULES.get(fullname)
        if ours is not None:
            return ModuleSpec(fullname, _Loader(ours, self._given), is_package=fullname in _PACKAGES)
        if fullname == _PROGRAMS or fullname.startswith(f"{_PROGRAMS}."):
            return self._program(fullname, path)
        raise ModuleNotFoundError(f"iocbridge has no {fullname}", name=fullname)

    def _program(self, fullname: str, path: Sequence[str] | None) -> ModuleSpec | None:
        """A program inside an installed caproto, which need not be there."""
        if fullname == _PROGRAMS:
            spec = PathFinder.find_spec("caproto")
            places = (spec.submodule_search_locations or ()) if spec is not None else ()
            made = ModuleSpec(fullname, _Loader("bridge.compat.names_empty", self._given), is_package=True)
            made.submodule_search_locations = [str(Path(place) / "ioc_examples") for place in places]
            return made
        found = PathFinder.find_spec(fullname, path)
        if found is not None:
            return found
        ours = _OURS_OF_PROGRAMS.get(fullname)
        if ours is not None:
            return ModuleSpec(fullname, _Loader(ours, self._given))
        raise ModuleNotFoundError(f"iocbridge has no {fullname}, and caproto is not installed", name=fullname)


def activate(given: Given) -> None:
    """Let `caproto` mean us from now on. Raises RuntimeError if caproto itself has been imported already."""
    loaded = sys.modules.get("caproto")
    if loaded is not None:
        raise RuntimeError(f"caproto is imported already, from {getattr(loaded, '__file__', '?')}")
    sys.meta_path.insert(0, _Finder(given))


def deactivate() -> None:
    """Undo `activate`, for tests."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _Finder)]
    for name in [name for name in sys.modules if name == "caproto" or name.startswith("caproto.")]:
        del sys.modules[name]
