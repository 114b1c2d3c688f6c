"""Guard for the import layout: the five packages must all come from this distribution.

``bridge``, ``records``, ``drivers``, ``devices`` and ``sim`` are plain words, so a folder of the same name beside
somebody's script can hide one of ours. Each package calls :func:`check` first thing, so that this shows as one
sentence instead of as a puzzling ``ImportError`` later on. docs/adr/0001-import-layout.md gives the reasons.
"""

from importlib.machinery import PathFinder
from importlib.util import find_spec
from pathlib import Path

__all__ = ["PACKAGES", "check"]

PACKAGES = ("bridge", "devices", "drivers", "records", "sim")
_HOME = Path(__file__).resolve().parent


def check(package: str) -> None:
    """Raise ImportError if a folder elsewhere hides a sibling of `package`.

    The message names the folder, what it hides, and what to do.
    """
    for sibling in PACKAGES:
        if sibling == package:
            continue
        try:
            spec = find_spec(sibling)
        except (ImportError, ValueError):
            spec = PathFinder.find_spec(sibling)
        places = list(spec.submodule_search_locations or ()) if spec else []
        if places and Path(places[0]).resolve().parent == _HOME:
            continue
        where = places[0] if places else (spec.origin if spec else None)
        if where is None:
            raise ImportError(f"iocbridge is not installed whole: its package {sibling!r} is missing; reinstall it")
        raise ImportError(
            f"{where} hides iocbridge's package {sibling!r}, which {package!r} needs: rename that folder or file, "
            f"or start your program with `iocbridge run FILE.py`, which does not put its folder first"
        )
