"""Loading a user's IOC file by its path, without putting its folder first on the import path.

So a lab's own `drivers/` or `records/` beside the file does no harm here (docs/adr/0001-import-layout.md).
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

from bridge.runtime.translated import LoadError
from records import PVGroup
from records.near import near

__all__ = [
    "DATABASES",
    "FOR_ITS_GROUPS",
    "SUBSTITUTIONS",
    "LoadError",
    "is_database",
    "is_yaml",
    "load_file",
    "pick",
    "program",
]

SUBSTITUTIONS: Final = (".substitutions", ".sub", ".subs")
YAML: Final = (".yaml", ".yml")
FOR_ITS_GROUPS: Final = "__ioc__"  # the name of a file that is executed for its groups and not to run by itself
DATABASES: Final = (".db", ".vdb", ".template", *SUBSTITUTIONS)


_Instrument: TypeAlias = tuple[str, int, PVGroup]  # of a YAML file: its name, "" without one, and its line


def is_database(file: str) -> bool:
    """Whether a file of this name is an EPICS database or a substitution file."""
    return file.lower().endswith(DATABASES)


def program(word: str) -> tuple[Path, str | None]:
    """``FILE.py:NAME`` taken apart; None if there is no name."""
    file, colon, attribute = word.rpartition(":")
    return (Path(file), attribute) if colon else (Path(word), None)


def is_yaml(path: Path) -> bool:
    """Whether a file of this name is an IOC in YAML."""
    return path.suffix.lower() in YAML


def load_file(path: Path, name: str, prefix: str = "") -> types.ModuleType:
    """Execute the file as module `name` ("__main__" to let its main part run). Raises LoadError.

    The file's folder goes to the end of the import path, so that it can import its neighbours. `prefix` is for
    instruments in YAML (`compile_yaml`): a program in Python says itself what its prefixes are.
    """
    try:
        source = path.read_bytes()
    except OSError as error:
        raise LoadError(f"{path}: {error.strerror}") from error
    module = types.ModuleType(name)
    module.__file__ = str(path)
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.append(folder)
    sys.modules[name] = module
    told: Callable[[Exception], LoadError] | None = None
    try:
        if is_yaml(path):
            from bridge.runtime.yamlfiles import compile_yaml  # brings the YAML library

            code, told = compile_yaml(path, source, prefix)
        else:
            code = compile(source, str(path), "exec")
        exec(code, module.__dict__)
    except LoadError:
        raise
    except SyntaxError as error:  # of this file, or of one that it imports
        raise LoadError(f"{error.filename or path}:{error.lineno}: {error.msg}") from error
    except Exception as error:
        if told is not None:
            raise told(error) from error
        why = " ".join(str(error).split())  # one line, whatever the error's author thought
        hint = _for_caproto(path) if isinstance(error, ModuleNotFoundError) and error.name == "caproto" else ""
        raise LoadError(f"{_where(path, error)}: {type(error).__name__}: {why}{hint}") from error
    return module


def pick(module: types.ModuleType, attribute: str | None) -> list[type[PVGroup] | PVGroup]:
    """What to serve: `attribute`, or else all group objects, or else the only group class of the file."""
    path = module.__file__
    instruments = getattr(module, "__instruments__", None)  # of a file in YAML
    if instruments is not None:
        return _instruments(path, instruments, attribute)
    if attribute is not None:
        found = getattr(module, attribute, None)
        if found is None:
            names = ", ".join(name for name, _ in _classes(module)) or "none"
            raise LoadError(f"{path}: there is no {attribute!r}; its PVGroup classes are: {names}")
        if isinstance(found, PVGroup) or (isinstance(found, type) and issubclass(found, PVGroup)):
            return [found]
        raise LoadError(f"{path}: {attribute!r} is no PVGroup but a {type(found).__name__}")
    objects = {id(value): value for value in vars(module).values() if isinstance(value, PVGroup)}  # each once
    if objects:
        return list(objects.values())
    classes = _classes(module)
    if not classes:
        homes = [getattr(value, "__module__", "") for value in vars(module).values()]
        hint = _for_caproto(path) if any(str(home).startswith("caproto.") for home in homes) else ""
        raise LoadError(f"{path}: there is no PVGroup to serve{hint}")
    if len(classes) > 1:
        names = ", ".join(name for name, _ in classes)
        raise LoadError(f"{path}: several groups ({names}): say which, as in {path}:{classes[0][0]}")
    return [classes[0][1]]


def _instruments(path: str | None, listed: Sequence[_Instrument], name: str | None) -> list[type[PVGroup] | PVGroup]:
    """All instruments of a YAML file, or those of the name. Raises LoadError for two PVs of one name, as `database`."""
    found = [one for one in listed if name in (None, one[0])]
    owners: dict[str, _Instrument] = {}
    for one in found:
        _, line, group = one
        for pv in group.pvdb:
            other = owners.setdefault(pv, one)
            if other is not one:
                raise LoadError(
                    f"{path}:{line}: two PVs are called {pv!r}: of {_called(*other)} and of {_called(*one)}"
                )
    if found:
        return [group for *_, group in found]
    names = list(dict.fromkeys(its for its, *_ in listed if its))
    known = f"its instruments are: {', '.join(names)}" if names else "give it a `name`, or serve the whole file"
    raise LoadError(f"{path}: there is no instrument {name!r}{near(name or '', names)}; {known}")


def _called(name: str, line: int, group: PVGroup) -> str:
    return f"{repr(name) if name else 'the instrument'} in line {line} (prefix {group.prefix!r})"


def _classes(module: types.ModuleType) -> list[tuple[str, type[PVGroup]]]:
    return [
        (name, value)
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, PVGroup) and value.__module__ == module.__name__
    ]


def _for_caproto(path: Path | str | None) -> str:
    """What to say of a program that is in caproto's words, as far as anybody can tell."""
    return f"; a program that imports caproto is served by: iocbridge run --caproto {path}"


def _where(path: Path, error: BaseException) -> str:
    """file:line of the innermost frame in the user's file."""
    line: Any = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return f"{path}:{line}" if line else str(path)
