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
import codecs
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml

import drivers
from bridge.runtime.translated import LoadError, Translated
from bridge.runtime.yamlmistakes import Origins, Row, Spot, no_argument, takes
from records import PVGroup
from records.makers import RECORD_TYPES
from records.near import near

__all__ = ["compile_yaml"]

Made = TypeVar("Made", bound=ast.expr | ast.stmt)

KEYS: Final = ("name", "prefix", "port", "macros", "records")
PORT_LIKE: Final = "a port looks like `{SerialPort: [/dev/ttyUSB0, 9600]}`"
_TYPE: Final = "type"  # of a record
_PORTS: Final = tuple(name for name in drivers.__all__ if name.endswith("Port"))
_TYPES: Final = ("str", "int", "float", "bool")  # of Python: what a question's answer is, or its value becomes
# plain scalars that are no texts: YAML 1.2, section 10.3.2 (core schema)
_WORDS: Final = {"": None, "~": None, "null": None, "true": True, "false": False}
_WHOLE: Final = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL: Final = re.compile(r"([-+]?)\.(inf|nan)", re.IGNORECASE)


def compile_yaml(path: Path, source: bytes, prefix: str = "") -> Translated:
    """The code of a module with the groups of a YAML file. Raises LoadError, with line and column.

    `prefix` stands in place of the prefix of the file's only instrument, or in front of those of several.
    """
    try:
        root = yaml.compose(_text(path, source), Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = f":{mark.line + 1}:{mark.column + 1}" if mark is not None else ""
        hint = ': put a text with a colon in quotes, as in `prefix: "LAB:"`'
        said = f"{error.problem or error.context}"
        raise LoadError(f"{path}{at}: {said}{hint if said.startswith('mapping values') else ''}") from error
    except yaml.reader.ReaderError as error:  # a character that no YAML file may have
        before = _text(path, source)[: error.position]
        at = f":{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"
        raise LoadError(f"{path}{at}: the character U+{int(error.character):04X} cannot stand in YAML") from error
    except yaml.YAMLError as error:
        raise LoadError(f"{path}: {' '.join(str(error).split())}") from error
    translator = _Translator(path, prefix)
    module = translator.module(root)
    return Translated(compile(ast.fix_missing_locations(module), str(path), "exec"), translator.origins.told)


def _text(path: Path, source: bytes) -> str:
    """The file as text: UTF-8, or what its byte order mark says."""
    encoding = "utf-16" if source.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return source.decode(encoding)
    except UnicodeDecodeError as error:
        line = source.count(b"\n", 0, error.start) + 1
        column = error.start - source.rfind(b"\n", 0, error.start)
        latin = source[error.start : error.start + 1].decode("latin-1")
        raise LoadError(
            f"{path}:{line}:{column}: this is not UTF-8 ({latin!r} in Latin-1?): save the file as UTF-8"
        ) from error


class _Translator:
    """Makes Python of YAML's nodes. What an anchor names is made once."""

    def __init__(self, path: Path, prefix: str) -> None:
        self._path = path
        self._prefix = prefix
        self.origins = Origins(path)
        self._body: list[ast.stmt] = []
        self._ports: dict[yaml.Node, str] = {}  # names of the variables that hold them
        self._classes: set[str] = set()
        self._devices = import_module("devices")  # bridge does not stand on it, the file that is translated does
        instrument = self._devices.Instrument
        self._taken = {*dir(instrument), *PVGroup.__annotations__, "port"}  # attributes that no record may hide

    def module(self, root: yaml.Node | None) -> ast.Module:
        """One instrument, or a list of them."""
        if root is None:
            raise LoadError(f"{self._path}: there is nothing in it")
        for name in ("bridge", "devices", "drivers"):
            self._body.append(ast.Import([ast.alias(name)]))
        nodes = root.value if isinstance(root, yaml.SequenceNode) else [root]
        named: list[ast.expr] = []
        for number, node in enumerate(nodes):
            name, call = self._instrument(node)
            if self._prefix:
                _put_before(call, self._prefix, instead=len(nodes) == 1)
            variable = f"instrument_{number}"
            self._body.append(_at(node, ast.Assign([ast.Name(variable, ast.Store())], call)))
            line = ast.Constant(node.start_mark.line + 1)
            named.append(ast.Tuple([ast.Constant(name), line, ast.Name(variable, ast.Load())], ast.Load()))
        instruments = ast.Assign([ast.Name("__instruments__", ast.Store())], ast.List(named, ast.Load()))
        self._body.append(instruments)  # for `loader.pick`
        return ast.Module(self._body, [])

    def _instrument(self, node: yaml.Node) -> tuple[str, ast.Call]:
        """Its name, "" without one, and the call that makes it."""
        pairs = self._mapping(node, "an instrument")
        if len(pairs) == 1:
            ((key, argument),) = pairs.values()
            if key.value in self._devices.__all__ and key.value != "Instrument":
                self._check_options(argument)
                return key.value, self._call(key, argument, "devices")
        for name, (key, _) in pairs.items():
            if name not in KEYS:
                known = (*KEYS, *(one for one in self._devices.__all__ if one != "Instrument"))
                raise self._error(key, f"{name!r} means nothing here{near(name, known)}")
        if "records" not in pairs:
            raise self._error(node, "an instrument without `records`")
        self._check_options(node)
        options = {name: value for name, (_, value) in pairs.items() if name not in ("name", "records")}
        base = ast.Attribute(ast.Name("devices", ast.Load()), "Instrument", ast.Load())
        if "port" not in options:
            base = ast.Attribute(ast.Name("bridge", ast.Load()), "PVGroup", ast.Load())
        keywords = [ast.keyword(name, self._value(value)) for name, value in options.items()]
        name = self._text(pairs["name"][1]) if "name" in pairs else ""
        class_name = self._class(name or self._path.stem)
        body = list(self._record_lines(class_name, pairs["records"][1], "port" in options))
        self._body.append(_at(node, ast.ClassDef(class_name, [base], [], body or [ast.Pass()], [])))
        return name, _at(node, ast.Call(ast.Name(class_name, ast.Load()), [], keywords))

    def _check_options(self, node: yaml.Node) -> None:
        """Raise LoadError for a prefix, a port or macros that are of another kind."""
        if not isinstance(node, yaml.MappingNode):
            return
        for name, (_, value) in self._mapping(node, "an instrument").items():
            if name == "prefix" and not _is_text(value):
                raise self._error(value, 'the prefix is a text: put it in quotes, as in `prefix: "LAB:"`')
            if name == "macros":
                self._mapping(value, "`macros`")
            if name == "port" and not _is_port(value):
                key = value.value[0][0] if isinstance(value, yaml.MappingNode) and len(value.value) == 1 else None
                word = key.value if isinstance(key, yaml.ScalarNode) else ""
                raise self._error(key or value, f"{_no_such(word, _PORTS)}{PORT_LIKE}")

    def _class(self, name: str) -> str:
        """A name for a class that no other has."""
        found = re.sub(r"\W+", "_", name).strip("_") or "Instrument"
        while found in self._classes or not found.isidentifier():
            found = f"{found}_" if found[0].isalpha() else f"I{found}"
        self._classes.add(found)
        return found

    def _record_lines(self, class_name: str, node: yaml.Node, has_port: bool) -> Iterator[ast.stmt]:
        attributes: set[str] = set()
        for name, (key, value) in self._mapping(node, "`records`").items():
            attribute = re.sub(r"\W", "_", name)
            if attribute[:1].isdigit() or attribute in self._taken:
                attribute = f"R_{attribute}"
            while attribute in attributes:
                attribute += "_"
            attributes.add(attribute)
            given = self._mapping(value, f"the record {name}")
            self.origins.records[class_name, attribute] = Row(
                name, _spot(key), {option: _spot(its) for option, (its, _) in given.items()}
            )
            for link in ("inp", "out"):
                if link in given:
                    self._check_question(name, given[link][1], has_port)
            call = self._record(key, name, value)
            yield _at(key, ast.Assign([ast.Name(attribute, ast.Store())], call))

    def _check_question(self, record: str, node: yaml.Node, has_port: bool) -> None:
        """Raise LoadError for a mapping that is no question, and for a question that there is no port for."""
        if not isinstance(node, yaml.MappingNode):
            return
        key = node.value[0][0] if len(node.value) == 1 else node
        word = key.value if isinstance(key, yaml.ScalarNode) else ""
        if word not in drivers.__all__:
            said = _no_such(word, drivers.__all__)
            raise self._error(
                key, f'{record}: {said}a question looks like `{{Ask: "KRDG?"}}` or `{{Input: [0, INT16]}}`'
            )
        if not has_port:
            raise self._error(key, f"{record}: there is no `port` to ask: give the instrument one; {PORT_LIKE}")

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
                return self._port(node, key, argument) if key.value in _PORTS else self._call(key, argument)
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

    def _call(self, key: yaml.ScalarNode, argument: yaml.Node, package: str = "drivers") -> ast.Call:
        """``Name: value`` is Name(value), of a list Name(*list), of a mapping Name(**mapping)."""
        function = ast.Attribute(ast.Name(package, ast.Load()), key.value, ast.Load())
        called = getattr(drivers if package == "drivers" else self._devices, key.value)
        words = key.value in ("Ask", "Tell", "Hear")
        self.origins.calls[_spot(key)] = key.value, called
        if isinstance(argument, yaml.SequenceNode):
            return _at(key, ast.Call(function, [self._argument(one, words) for one in argument.value], []))
        if isinstance(argument, yaml.MappingNode):
            pairs = self._mapping(argument, key.value)
            if package == "drivers":
                self._check_names(key.value, called, pairs)
            keywords = [ast.keyword(name, self._argument(value, words)) for name, (_, value) in pairs.items()]
            return _at(key, ast.Call(function, [], keywords))
        given = [] if _is_empty(argument) else [self._argument(argument, words)]
        return _at(key, ast.Call(function, given, []))

    def _check_names(self, name: str, called: Any, pairs: Mapping[str, tuple[yaml.ScalarNode, yaml.Node]]) -> None:
        """Raise LoadError for an argument that it does not take, where that stands: Python tells of the call only."""
        known = takes(called)
        for word, (key, _) in pairs.items():
            if known and word not in known:
                raise self._error(key, no_argument(name, word, known))

    def _argument(self, node: yaml.Node, words: bool = False) -> ast.expr:
        """An argument of a call; what lies within it, such as the body of a request, is data and has no types.

        A list is a tuple if it is one of `words`.
        """
        if isinstance(node, yaml.ScalarNode) and node.style is None and node.value in _TYPES:
            return _at(node, ast.Name(node.value, ast.Load()))
        if isinstance(node, yaml.SequenceNode) and words:
            return _at(node, ast.Tuple([self._value(one, True) for one in node.value], ast.Load()))
        return self._value(node, True)

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


def _spot(node: yaml.Node) -> Spot:
    return Spot(node.start_mark.line + 1, node.start_mark.column)


def _is_text(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and (node.style is not None or isinstance(_plain(node.value), str))


def _is_port(node: yaml.Node) -> bool:
    """Whether it is the mapping `{SomePort: ...}`."""
    return isinstance(node, yaml.MappingNode) and len(node.value) == 1 and node.value[0][0].value in _PORTS


def _no_such(word: str, known: Sequence[str]) -> str:
    return f"there is no {word!r}{near(word, known)}: " if word else ""


def _put_before(call: ast.Call, prefix: str, instead: bool) -> None:
    """Put `prefix` before the one in the call of an instrument, or in its place."""
    given = next((keyword for keyword in call.keywords if keyword.arg == "prefix"), None)
    first = ast.Constant(prefix)
    old = given.value if given is not None else call.args[0] if call.args else None
    new: ast.expr = first if instead or old is None else ast.BinOp(first, ast.Add(), old)
    if given is not None:
        given.value = new
    elif call.args:
        call.args[0] = new
    else:
        call.keywords.append(ast.keyword("prefix", new))


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
