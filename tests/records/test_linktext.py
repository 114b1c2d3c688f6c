"""Texts of links: what they mean, how they are shown, what is refused."""

import pytest

from records import PvLink, parse_link
from records.linktext import Constant, LinkKind, LinkSyntaxError, lost_mode


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("OTHER", "OTHER NPP NMS"),
        ("  OTHER.HIHI  ", "OTHER.HIHI NPP NMS"),
        ("OTHER.VAL CP MS", "OTHER.VAL CP MS"),
        ("OTHER CPP MSI", "OTHER CPP MSI"),
        ("OTHER PP MSS", "OTHER PP MSS"),
        ("OTHER NPP PP", "OTHER NPP NMS"),
        ("OTHER CA", "OTHER CA NMS"),
        ("OTHER QQCPPXMSITT", "OTHER CPP MSI"),  # the example of dbStaticLib.c
        ("5mm", "5mm NPP NMS"),
    ],
)
def test_links_to_pvs(text: str, shown: str) -> None:
    assert str(parse_link(text)) == shown


def test_modifiers_that_a_kind_has_not() -> None:
    assert str(parse_link("X CPP MS", LinkKind.OUT)) == "X NPP MS"
    assert str(parse_link("X PP MS", LinkKind.FORWARD)) == "X"
    assert str(parse_link("X CA", LinkKind.FORWARD)) == "X CA"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("   ", None),
        ("5", "5"),
        (" -1.5e3 ", "-1.5e3"),
        ("0x1F", "0x1F"),
        ("nan", "nan"),
        ("[1, 2, 3]", [1, 2, 3]),
        ('{const: "text"}', "text"),
        ('{"const": [1.5, 2]}', [1.5, 2]),
    ],
)
def test_constants(text: str, value: object) -> None:
    parsed = parse_link(text)
    assert isinstance(parsed, Constant)
    assert parsed.value == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("@asyn(PORT)", "column 1: '@asyn"),
        ("  #C0 S0", "column 3: '#C0 S0' is the address of hardware"),
        ("{const 5}", "column 2: bad JSON"),
        ("[1, 2", None),
        ('{"calc": 5}', "calc: a map is wanted"),
        ('{"pva": "x"}', "no JSON link of type 'pva'"),
        ("{calc: {args: [1]}}", "calc: there is no expression"),
        ('{calc: {expr: "A+"}}', "calc: expr: Incomplete expression"),
        ('{calc: {expr: "A", out: {}}}', "calc: unknown key 'out'"),
        ('{calc: {expr: "A", args: ["x"]}}', "calc: an argument is a number or a link, not 'x'"),
        ('{state: "!"}', "state: '!' is no name"),
        ("[1, oh]", "column 5: bad JSON"),
    ],
)
def test_what_is_no_link(text: str, message: str | None) -> None:
    if message is None:  # without its bracket it is a name, however odd
        assert str(parse_link(text)) == "[1, NPP NMS"
        return
    with pytest.raises(LinkSyntaxError, match=message.replace("[", r"\[")):
        parse_link(text)


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("X CA CP MS", LinkKind.IN, "CP has no effect beside CA, which counts: leave CA out"),
        ("X PP CP", LinkKind.IN, "CP has no effect beside PP, which counts: leave PP out"),
        ("X CP NPP", LinkKind.IN, "CP has no effect beside NPP, which counts: leave NPP out"),
        ("X CP", LinkKind.OUT, "CP has no effect here: only a link that is read has it"),
        ("X CPP CA", LinkKind.FORWARD, "CPP has no effect here: only a link that is read has it"),
        *(("X " + words, LinkKind.IN, "") for words in ("CP", "CPP CA", "CPP CP", "CA", "MS", "")),
        ("CP CA", LinkKind.IN, ""),
    ],
)
def test_modes_without_effect(text: str, kind: LinkKind, said: str) -> None:
    link = parse_link(text, kind)
    assert isinstance(link, PvLink)
    assert lost_mode(text, link) == said
