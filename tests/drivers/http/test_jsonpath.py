from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import UsageError
from drivers.http.jsonpath import MISSING, Missing, find, parse, resolve

# RFC 6901 section 5: the document and its table
DOCUMENT = {
    "foo": ["bar", "baz"],
    "": 0,
    "a/b": 1,
    "c%d": 2,
    "e^f": 3,
    "g|h": 4,
    "i\\j": 5,
    'k"l': 6,
    " ": 7,
    "m~n": 8,
}
RFC_TABLE: list[tuple[str, Any]] = [
    ("", DOCUMENT),
    ("/foo", ["bar", "baz"]),
    ("/foo/0", "bar"),
    ("/", 0),
    ("/a~1b", 1),
    ("/c%d", 2),
    ("/e^f", 3),
    ("/g|h", 4),
    ("/i\\j", 5),
    ('/k"l', 6),
    ("/ ", 7),
    ("/m~0n", 8),
]


@pytest.mark.parametrize(("pointer", "value"), RFC_TABLE)
def test_the_table_of_the_rfc(pointer: str, value: Any) -> None:
    assert resolve(DOCUMENT, parse(pointer)) == value
    assert find(DOCUMENT, parse(pointer)) == value


def test_an_escaped_escape_is_unescaped_once() -> None:
    # section 4: "~01" is "~1", never "/"
    assert parse("/~01") == ("~1",)


@pytest.mark.parametrize(
    ("document", "pointer", "value"),
    [
        ([{"t": 21.5}, {"t": 22.0}], "/1/t", 22.0),
        ([7], "/0", 7),
        (3.5, "", 3.5),
        ({"0": "a key"}, "/0", "a key"),
        ({"a": None}, "/a", None),
        ([list(range(11))], "/0/10", 10),
    ],
)
def test_arrays_scalars_and_null(document: Any, pointer: str, value: Any) -> None:
    assert resolve(document, parse(pointer)) == value


@pytest.mark.parametrize("index", ["-", "2", "00", "01", "-1", "+1", " 1", "1 ", "1.0", "", "x", "²", "١", "9" * 5000])
def test_what_is_no_index_of_an_array(index: str) -> None:
    tokens = parse("/foo/" + index)
    assert find(DOCUMENT, tokens) is MISSING
    with pytest.raises(Missing):
        resolve(DOCUMENT, tokens)


def test_an_error_names_the_keys_that_are_there() -> None:
    document = {"switch:0": {"id": 0, "output": False, "apower": 0.0}}
    with pytest.raises(Missing, match=r"no '/switch:0/apowr': /switch:0 has the keys id, output, apower$"):
        resolve(document, parse("/switch:0/apowr"))
    with pytest.raises(Missing, match=r"the answer has the keys switch:0$"):
        resolve(document, parse("/switch:1"))
    with pytest.raises(Missing, match=r"/switch:0/id is 0$"):
        resolve(document, parse("/switch:0/id/deeper"))
    with pytest.raises(Missing, match=r"the answer is an array of 2$"):
        resolve([1, 2], parse("/2"))
    with pytest.raises(Missing, match="is an empty object"):
        resolve({}, parse("/a"))


def test_an_error_stays_short_whatever_the_answer() -> None:
    for document in ({f"{n}" * 100: 0 for n in range(5000)}, "x" * 100_000, [0] * 100_000):
        with pytest.raises(Missing) as caught:
            resolve(document, parse("/a"))
        assert len(str(caught.value)) < 700


@pytest.mark.parametrize("pointer", ["foo", "#/foo", " /foo", "/~", "/a~2", "/a~", "/~~0", "/x/~/y"])
def test_what_is_no_pointer(pointer: str) -> None:
    with pytest.raises(UsageError):
        parse(pointer)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_every_place_of_a_document_has_a_pointer(document: Any) -> None:
    def walk(value: Any, pointer: str) -> None:
        assert resolve(document, parse(pointer)) is value
        if isinstance(value, dict):
            for key, item in value.items():
                walk(item, pointer + "/" + key.replace("~", "~0").replace("/", "~1"))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                walk(item, f"{pointer}/{index}")

    walk(document, "")


@given(JSON, st.text(max_size=12))
def test_any_pointer_gives_a_value_or_its_own_error(document: Any, text: str) -> None:
    try:
        tokens = parse("/" + text)
    except UsageError:
        return
    found = find(document, tokens)
    if found is MISSING:
        with pytest.raises(Missing):
            resolve(document, tokens)
    else:
        assert resolve(document, tokens) is found
