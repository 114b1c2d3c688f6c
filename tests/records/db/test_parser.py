"""Database files: what they define, and what is said of mistakes in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.db import Builder, Definitions, Kind, Parser, Position, Problem, check_links, substitutions

FILES = {
    "part.db": 'field(EGU, "K")\nfield(PREC, "3")\n',
    "whole.db": 'record(bo, "$(P)bo") {}',
    "loop.db": 'include "loop.db"',
}


def read(name: str, position: Position) -> tuple[str, str]:
    """What `include` finds."""
    if name not in FILES:
        raise FileNotFoundError("no such file")
    return name, FILES[name]


def parse(text: str, **macros: str) -> tuple[Definitions, list[str]]:
    """Definitions and messages."""
    definitions, problems = Definitions(), list[Problem]()
    Parser(definitions, problems, read).parse("x.db", text, macros)
    return definitions, [str(problem) for problem in problems]


def check(text: str, **macros: str) -> list[str]:
    """All messages, after records were made."""
    definitions, problems = Definitions(), list[Problem]()
    Parser(definitions, problems, read).parse("x.db", text, macros)
    check_links(definitions, Builder(definitions, problems).build(), problems)
    return [str(problem).removeprefix("x.db:") for problem in problems]


def values(text: str, **macros: str) -> dict[str, str]:
    """The fields of the only record."""
    definitions, messages = parse(text, **macros)
    assert messages == []
    (record,) = definitions.records.values()
    return {name: field.value.text for name, field in record.fields.items()}


def test_words_quotes_and_comments() -> None:
    assert values(
        """
        # a comment with a quote " and a $(MACRO)
        record(ai,$(P)x){field(EGU,mm)field(DESC,"a # b")  # field(PREC, "9")
        field(HIHI,-1.5e3) field(INP,"other.VAL PP MS")}""",
        P="LAB:",
    ) == {"EGU": "mm", "DESC": "a # b", "HIHI": "-1.5e3", "INP": "other.VAL PP MS"}


def test_escapes() -> None:
    assert values(r'record(ai, "x") { field(DESC, "a\"b\\c\x41\t\0") }') == {"DESC": 'a"b\\cA\t\0'}


@pytest.mark.parametrize(
    ("json", "text"),
    [
        ("{const: 5}", "{const:5}"),
        ('{ "const" : [1, 2.5e3,\n -0x10,] }', '{"const":[1,2.5e3,-0x10,]}'),
        ("{pva:{pv:'it\\'s \"x\"'}}", r'{pva:{pv:"it' + "'" + r's \"x\""}}'),
        ("[1, [true, null], {}]", "[1,[true,null],{}]"),
    ],
)
def test_json(json: str, text: str) -> None:
    if json.startswith("["):
        text = text.replace(",{}", ",{}")
    assert values(f'record(ai, "x") {{ field(INP, {json}) }}') == {"INP": text}


def test_a_record_without_a_body_and_one_that_is_added_to() -> None:
    definitions, messages = parse(
        'record(ai, "x") record(*, "x") { field(EGU, K) } grecord(bo, "y") {} record("#", "y")'
    )
    assert messages == ["x.db:1:24: error: invalid character '*'"]
    definitions, messages = parse(
        'record(ai, "x") record("*", "x") { field(EGU, K) } grecord(bo, "y") {} record("#", "y")'
    )
    assert messages == []
    assert list(definitions.records) == ["x"]
    assert definitions.records["x"].fields["EGU"].value.text == "K"


def test_include_between_records_and_within_one() -> None:
    definitions, messages = parse('include "whole.db"\nrecord(ai, "x") { include "part.db" field(LOPR, 1) }', P="A:")
    assert messages == []
    assert list(definitions.records) == ["A:bo", "x"]
    assert list(definitions.records["x"].fields) == ["EGU", "PREC", "LOPR"]


def test_infos_aliases_and_tables() -> None:
    definitions, messages = parse(
        'record(ai, "x") { info(autosaveFields, "VAL") info(Q:group, {a: 1}) alias("y") }\n'
        'alias("x", "z")\nbreaktable(typeX) { 0 0, 10 5  20 "30" }'
    )
    assert messages == []
    record = definitions.records["x"]
    assert {name: info.value.text for name, info in record.infos.items()} == {
        "autosaveFields": "VAL",
        "Q:group": "{a:1}",
    }
    assert [alias.text for alias in record.aliases] == ["y"]
    assert [(alias.record.text, alias.name.text) for alias in definitions.aliases] == [("x", "z")]
    assert [number.text for number in definitions.tables["typeX"].numbers] == ["0", "0", "10", "5", "20", "30"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('record(ai, "x") { field(VAL "1") }', "1:29: error: x: ',' is wanted here, not '1'"),
        ('record(ai, "x") { field(DESC, "a) }', "1:31: error: x: the closing quote is missing on this line"),
        ('record(ai, "x") { field(DESC, "a\tb") }', "1:33: error: x: a bad character in the text: '\\t'"),
        ('record(ai, "x") { field(DESC, "a\\1") }', "1:33: error: x: a bad escape in the text: '\\\\1'"),
        ('record(ai, "x") {\n field(EGU, a)\n', "2:15: error: x: the '}' of the record is missing"),
        ('record(ai, "a b") {}', "1:14: error: a b: a name cannot contain ' '"),
        ('record(ai, "") {}', "1:12: error: the name of a record cannot be empty"),
        ('record(ai, "$(P)x") {}', "1:13: error: macro 'P' is not defined"),
        ('record(ai, "x") { field(INP, {const 5}) }', "1:37: error: x: ':' is wanted here, not '5'"),
        ('record(ai, "x") { fild(VAL, 1) }', "1:19: error: x: field, info, alias or '}' is wanted here, not 'fild'"),
        ("menu(x) { choice(a, b) }", "1:1: error: 'menu' belongs into a .dbd file; ours are built in"),
        ("hello", "1:1: error: record, alias, breaktable or include is wanted here, not 'hello'"),
        ('include "no.db"', "1:9: error: include 'no.db': no such file"),
        ('record(ai, "x") {} record(bi, "x") {}', "1:31: error: x: is a record of type ai already, at x.db:1:12"),
        ('record("*", "x") {}', "1:13: error: x: there is no such record to add to"),
    ],
)
def test_mistakes_of_syntax(text: str, message: str) -> None:
    _, messages = parse(text)
    assert [message] == [one.removeprefix("x.db:") for one in messages]


def test_a_file_that_includes_itself() -> None:
    _, messages = parse('include "loop.db"')
    assert len(messages) == 1
    assert "more than 20 deep" in messages[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('record(aj, "x") {}', "1:8: error: x: there is no record type 'aj' (did you mean "),
        (
            'record(ai, "x") { field(EUG, a) }',
            "1:25: error: x.EUG: a record of type ai has no field 'EUG' (did you mean",
        ),
        ('record(ai, "x") { field(NAME, a) }', "1:25: error: x.NAME: this field follows from the record"),
        ('record(ai, "x") { field(HIHI, "3 K") }', "1:31: error: x.HIHI: '3 K' is no number"),
        ('record(ai, "x") { field(PREC, "1.5") }', "1:31: error: x.PREC: '1.5' is no whole number"),
        ('record(ai, "x") { field(PREC, "40000") }', "1:31: error: x.PREC: 40000 is out of the range of SHORT"),
        ('record(ai, "x") { field(EGU, "0123456789abcdef") }', "1:30: error: x.EGU: '0123456789abcdef' has 16 bytes"),
        ('record(ai, "x") { field(SCAN, "1 minute") }', "1:31: error: x.SCAN: '1 minute' is none of the choices"),
        ('record(ai, "x") { field(HSV, 4) }', "1:30: error: x.HSV: '4' is none of the choices"),
        ('record(waveform, "x") { field(VAL, 4) }', "1:31: error: x.VAL: an array cannot be given here"),
        ('record(ai, "x") { info(autosaveFields, "VAL NO") }', "1:40: error: x.autosaveFields: a record of type ai"),
        ('record(ai, "x") { info(autosaveFields, "VAL FLNK") }', "1:40: warning: x.autosaveFields: FLNK is not saved"),
        ('record(ai, "x") {} record(ai, "x") {}', "1:31: error: x: is defined already, at x.db:1:12; to add fields"),
        ('alias("x", "y")', "1:7: error: y: there is no record 'x' for an alias"),
        ('record(ai, "x") { alias("x") }', "1:25: error: x: there is a record or an alias 'x' already"),
        ('record(ai, "x") { field(FLNK, "y") }', "1:31: warning: x.FLNK: no record 'y' in these files"),
        ('record(ai, "x") { field(FLNK, "x.NO") }', "1:31: error: x.FLNK: x is a record of type ai and has no field"),
        ("breaktable(b) { 0 0 1 }", "1:21: error: breaktable b: a raw value without its engineering value"),
        ("breaktable(b) { 0 0 1 1 2 x }", "1:27: error: breaktable b: 'x' is no number"),
        ("breaktable(b) { 0 0 1 1 2 0 }", "1:25: error: breaktable b: the slope changes its sign"),
    ],
)
def test_mistakes_of_meaning(text: str, message: str) -> None:
    (said,) = check(text)
    assert said.startswith(message)


@pytest.mark.parametrize(
    "field",
    [
        *("field(PREC, 0x0A)", "field(PREC, 010)", 'field(PREC, "")', 'field(HIHI, "")', "field(HIHI, inf)"),
        *("field(SCAN, .5 second)", 'field(SCAN, "6")', 'field(HSV, "MINOR")', "field(UDF, 0)", "field(DISP, -1)"),
        *('field(FLNK, "x.PROC CA")', 'field(INP, "5")', 'field(INP, "far:away CP")', 'field(INP, "x.DESC$")'),
    ],
)
def test_what_is_right(field: str) -> None:
    if ".5" in field:
        field = 'field(SCAN, ".5 second")'
    assert check(f'record(ai, "x") {{ {field} }}') == []


def test_all_mistakes_are_told_in_one_go() -> None:
    said = check(
        """record(ai, "a") {
            field(VAL "1")
            field(EGU, "ok")
            field(HIHI, "x")
        }
        record(nothing, "b") { field(VAL, 1) }
        rekord(ai, "c") { field(VAL, 1) }
        record(ai, "d") { field(SCAN, "now") }"""
    )
    assert sorted(int(one.split(":")[0]) for one in said) == [2, 4, 6, 7, 8]


@given(st.text(alphabet="record(ai,\"x){field$()'\\#*:;[]\n\t 0.{}&é", max_size=200))
def test_whatever_stands_there_is_told_not_raised(text: str) -> None:
    check(text)
    check(f'record(ai, "x") {{ {text}')
    substitutions("x.sub", text, {}, [])


# --- substitutions ----------------------------------------------------------------------------------------------------


def templates(text: str, **macros: str) -> tuple[list[tuple[str, dict[str, str]]], list[str]]:
    """Files with their macros, and messages."""
    problems: list[Problem] = []
    found = substitutions("x.sub", text, macros, problems)
    return [(one.file, one.macros) for one in found], [str(problem) for problem in problems]


def test_patterns_and_definitions() -> None:
    found, messages = templates(
        """# comment
        global { G=1, S = "a b" }
        file "$(DIR)one.template" { pattern { P, R }
            { A:, "x y" }
            { B: , z }
            global { G=2 }
            { C: }
        }
        file two.db { { P=D:, R="$(G)" } { } }""",
        DIR="sub/",
        P="outside",
    )
    base = {"DIR": "sub/", "P": "outside", "G": "1", "S": '"a b"'}
    assert messages == []
    assert found == [
        ("sub/one.template", base | {"P": "A:", "R": '"x y"'}),
        ("sub/one.template", base | {"P": "B:", "R": "z"}),
        ("sub/one.template", base | {"P": "C:", "G": "2"}),
        ("two.db", base | {"P": "D:", "R": '"$(G)"', "G": "2"}),
        ("two.db", base | {"G": "2"}),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file x.db { pattern { A } { 1, 2 } }", "1:32: warning: more values than the pattern has names (1)"),
        ("file x.db { pattern { A } extra { 1 } }", "1:27: warning: 'extra' means nothing here"),
        ("file x.db { { A } }", "1:17: error: = is wanted here, not '}'"),
        ("file x.db { { A=1 }", "1:20: error: word or { or } is wanted here, not 'the end of the file'"),
        ("files x.db", "1:1: error: 'file' or 'global' is wanted here, not 'files'"),
        ("file x.db { ? }", "1:13: error: word or { or } is wanted here, not '?'"),
    ],
)
def test_mistakes_in_substitutions(text: str, message: str) -> None:
    _, messages = templates(text)
    assert len(messages) == 1
    assert messages[0].removeprefix("x.sub:").startswith(message)


def test_kinds_say_what_can_be_loaded() -> None:
    definitions, problems = Definitions(), list[Problem]()
    Parser(definitions, problems, read).parse("x.db", 'record(ai, "x") {} record(ai, "x") {}', {})
    assert [problem.kind for problem in problems] == [Kind.MISTAKE]
