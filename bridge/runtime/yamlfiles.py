"""IOCs written in YAML: a file is translated into the Python that it stands for, line for line.

::

    prefix: "LAB:"
    port: {SerialPort: [/dev/ttyUSB0, 9600]}
    records:
      TEMP: {type: ai, inp: {Ask: "KRDG?"}, scan: 1 second, egu: K, hihi: 320, hhsv: MAJOR}

is a class with ``TEMP = ai(inp=Ask("KRDG?"), ...)``, and an object of it with the prefix and that port. So there is one
set of names to learn, and whatever a record, a question or a port has to say about a mistake names the line of the
YAML file. Scalars are those of YAML 1.2: `On`, `off` and `1:30` are texts.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import CodeType
from typing import Any, Final, TypeVar

import yaml

import drivers
from bridge.runtime.loader import LoadError
from records.makers import RECORD_TYPES
from records.near import near

__all__ = ["compile_yaml"]

Made = TypeVar("Made", ast.expr, ast.stmt)

KEYS: Final = ("name", "prefix", "port", "macros", "records")
_TYPE: Final = "type"  # of a record
# plain scalars that are no texts: YAML 1.2, section 10.3.2 (core schema)
_WORDS: Final = {"": None, "~": None, "null": None, "true": True, "false": False}
_WHOLE: Final = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL: Final = re.compile(r"([-+]?)\.(inf|nan)", re.IGNORECASE)


def compile_yaml(path: Path, source: bytes) -> CodeType:
    """The code of a module with the groups of a YAML file. Raises LoadError, with line and column."""
    try:
        root = yaml.compose(source, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = f":{mark.line + 1}:{mark.column + 1}" if mark is not None else ""
        raise LoadError(f"{path}{at}: {error.problem or error.context}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise LoadError(f"{path}: {' '.join(str(error).split())}") from error
    module = _Translator(path).module(root)
    return compile(ast.fix_missing_locations(module), str(path), "exec")


class _Translator:
    """Makes Python of YAML's nodes. What an anchor names is made once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._body: list[ast.stmt] = []
        self._ports: dict[yaml.Node, str] = {}  # names of the variables that hold them
        self._classes: set[str] = set()
        self._devices = import_module("devices")  # bridge does not stand on it, the file that is translated does

    def module(self, root: yaml.Node | None) -> ast.Module:
        """One instrument, or a list of them."""
        if root is None:
            raise LoadError(f"{self._path}: there is nothing in it")
        for name in ("bridge", "devices", "drivers"):
            self._body.append(ast.Import([ast.alias(name)]))
        for number, node in enumerate(root.value if isinstance(root, yaml.SequenceNode) else [root]):
            value = self._instrument(node)
            self._body.append(_at(node, ast.Assign([ast.Name(f"instrument_{number}", ast.Store())], value)))
        return ast.Module(self._body, [])

    def _instrument(self, node: yaml.Node) -> ast.expr:
        pairs = self._mapping(node, "an instrument")
        if len(pairs) == 1:
            ((key, argument),) = pairs.values()
            if key.value in self._devices.__all__ and key.value != "Instrument":
                return self._call(key, argument, "devices")
        for name, (key, _) in pairs.items():
            if name not in KEYS:
                known = (*KEYS, *(one for one in self._devices.__all__ if one != "Instrument"))
                raise self._error(key, f"{name!r} means nothing here{near(name, known)}")
        if "records" not in pairs:
            raise self._error(node, "an instrument without `records`")
        options = {name: value for name, (_, value) in pairs.items() if name not in ("name", "records")}
        base = ast.Attribute(ast.Name("devices", ast.Load()), "Instrument", ast.Load())
        if "port" not in options:
            base = ast.Attribute(ast.Name("bridge", ast.Load()), "PVGroup", ast.Load())
        keywords = [ast.keyword(name, self._value(value)) for name, value in options.items()]
        name = self._text(pairs["name"][1]) if "name" in pairs else self._path.stem
        class_name = self._class(name)
        body = list(self._record_lines(pairs["records"][1]))
        self._body.append(_at(node, ast.ClassDef(class_name, [base], [], body or [ast.Pass()], [])))
        return _at(node, ast.Call(ast.Name(class_name, ast.Load()), [], keywords))

    def _class(self, name: str) -> str:
        """A name for a class that no other has."""
        found = re.sub(r"\W+", "_", name).strip("_") or "Instrument"
        while found in self._classes or not found.isidentifier():
            found = f"{found}_" if found[0].isalpha() else f"I{found}"
        self._classes.add(found)
        return found

    def _record_lines(self, node: yaml.Node) -> Iterator[ast.stmt]:
        attributes: set[str] = set()
        for name, (key, value) in self._mapping(node, "`records`").items():
            attribute = re.sub(r"\W", "_", name)
            if attribute[:1].isdigit() or attribute in dir(self._devices.Instrument):
                attribute = f"R_{attribute}"
            while attribute in attributes:
                attribute += "_"
            attributes.add(attribute)
            call = self._record(key, name, value)
            yield _at(key, ast.Assign([ast.Name(attribute, ast.Store())], call))

    def _record(self, key: yaml.Node, name: str, node: yaml.Node) -> ast.expr:
        pairs = self._mapping(node, f"the record {name}")
        if _TYPE not in pairs:
            raise self._error(node, f"{name} has no `type`: say which type of record it is, as in `type: ai`")
        kind = self._text(pairs.pop(_TYPE)[1])
        if kind not in RECORD_TYPES:
            raise self._error(node, f"{name}: there is no record type {kind!r}{near(kind, RECORD_TYPES)}")
        keywords = [ast.keyword(option, self._value(value)) for option, (_, value) in pairs.items()]
        if "name" not in pairs:
            keywords.append(ast.keyword("name", ast.Constant(name)))
        maker = ast.Attribute(ast.Name("bridge", ast.Load()), kind, ast.Load())
        return _at(key, ast.Call(maker, [], keywords))

    # --- values -------------------------------------------------------------------------------------------------

    def _value(self, node: yaml.Node, within: bool = False) -> ast.expr:
        """A scalar, a list, a call of something in `drivers` (a mapping with its name), or any other mapping.

        Within a call the names of constants mean these.
        """
        if isinstance(node, yaml.SequenceNode):
            return _at(node, ast.List([self._value(one, within) for one in node.value], ast.Load()))
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, within)
        pairs = self._mapping(node, "a value")
        if len(pairs) == 1:
            ((key, argument),) = pairs.values()
            if key.value in drivers.__all__:
                return self._port(node, key, argument) if key.value.endswith("Port") else self._call(key, argument)
            if key.value[:1].isupper() and not isinstance(argument, yaml.ScalarNode):
                raise self._error(key, f"there is no {key.value!r}{near(key.value, drivers.__all__)}")
        keys: list[ast.expr | None] = [ast.Constant(name) for name in pairs]
        return _at(node, ast.Dict(keys, [self._value(value, within) for _, value in pairs.values()]))

    def _port(self, node: yaml.Node, key: yaml.ScalarNode, argument: yaml.Node) -> ast.expr:
        """A port is an object of its own: an alias of its node means the very same one."""
        name = self._ports.get(node)
        if name is None:
            name = self._ports[node] = f"port_{len(self._ports)}"
            value = self._call(key, argument)
            self._body.append(_at(key, ast.Assign([ast.Name(name, ast.Store())], value)))
        return _at(node, ast.Name(name, ast.Load()))

    def _call(self, key: yaml.ScalarNode, argument: yaml.Node, package: str = "drivers") -> ast.expr:
        """``Name: value`` is Name(value), of a list Name(*list), of a mapping Name(**mapping)."""
        function = ast.Attribute(ast.Name(package, ast.Load()), key.value, ast.Load())
        if isinstance(argument, yaml.SequenceNode):
            return _at(key, ast.Call(function, [self._value(one, True) for one in argument.value], []))
        if isinstance(argument, yaml.MappingNode):
            pairs = self._mapping(argument, key.value)
            return _at(
                key, ast.Call(function, [], [ast.keyword(n, self._value(v, True)) for n, (_, v) in pairs.items()])
            )
        given = [] if _is_empty(argument) else [self._value(argument, True)]
        return _at(key, ast.Call(function, given, []))

    def _scalar(self, node: yaml.ScalarNode, constants: bool) -> ast.expr:
        text = node.value
        if node.style is not None:
            return _at(node, ast.Constant(text))
        if constants and text.isupper() and text in drivers.__all__:  # such as FLOAT32
            return _at(node, ast.Attribute(ast.Name("drivers", ast.Load()), text, ast.Load()))
        return _at(node, ast.Constant(_plain(text)))

    def _text(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise self._error(node, "a text is wanted here")
        return str(node.value)

    def _mapping(self, node: yaml.Node, what: str) -> dict[str, tuple[yaml.ScalarNode, yaml.Node]]:
        """The pairs of a mapping, by their keys."""
        if not isinstance(node, yaml.MappingNode):
            raise self._error(node, f"{what} is a mapping: `name: value` lines")
        pairs: dict[str, tuple[yaml.ScalarNode, yaml.Node]] = {}
        for key, value in node.value:
            name = self._text(key)
            if name in pairs:
                raise self._error(key, f"{name!r} stands here twice")
            pairs[name] = (key, value)
        return pairs

    def _error(self, node: yaml.Node, text: str) -> LoadError:
        return LoadError(f"{self._path}:{node.start_mark.line + 1}:{node.start_mark.column + 1}: {text}")


def _at(node: yaml.Node, made: Made) -> Made:
    """`made`, at the place of `node`."""
    made.lineno = made.end_lineno = node.start_mark.line + 1
    made.col_offset = made.end_col_offset = node.start_mark.column
    return made


def _is_empty(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.style is None and node.value in ("", "~", "null")


def _plain(text: str) -> Any:
    """What a scalar without quotes is (YAML 1.2, core schema)."""
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.fullmatch(text):
        return int(text, 0 if text[:2] in ("0o", "0x") else 10)
    special = _SPECIAL.fullmatch(text)
    return float("".join(special.groups())) if special else float(text) if _FLOAT.fullmatch(text) else text
