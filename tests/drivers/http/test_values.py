from __future__ import annotations

import math
from array import array
from typing import Any

import numpy as np
import pytest

from drivers.errors import UsageError
from drivers.http.questions import VALUE
from drivers.http.values import PathTemplate, encode, encode_path, fill, incoming, outgoing


@pytest.mark.parametrize(
    ("path", "wire"),
    [
        ("/rpc/Shelly.GetStatus", "/rpc/Shelly.GetStatus"),
        ("/cm?cmnd=Status%208", "/cm?cmnd=Status%208"),
        ("/cm?cmnd=Status 8", "/cm?cmnd=Status%208"),
        ("/a?x=1&y=2%2B3", "/a?x=1&y=2%2B3"),
        ("/größe", "/gr%C3%B6%C3%9Fe"),
        ("/a#b", "/a%23b"),
        ("/printer/objects/query?extruder=target,temperature", "/printer/objects/query?extruder=target,temperature"),
        ("/a\r\nX: y", "/a%0D%0AX:%20y"),
    ],
)
def test_paths_are_encoded_once(path: str, wire: str) -> None:
    assert encode_path(path) == wire
    assert encode_path(wire) == wire


@pytest.mark.parametrize("path", ["", "status", "http://elsewhere/", "?a=1", "/50%", "/%zz"])
def test_what_is_no_path(path: str) -> None:
    with pytest.raises(UsageError):
        encode_path(path)


@pytest.mark.parametrize(
    ("template", "value", "wire"),
    [
        ("/cm?cmnd=Power%20{}", "ON", "/cm?cmnd=Power%20ON"),
        ("/cm?cmnd=Power%20{}", 1, "/cm?cmnd=Power%201"),
        ("/set?t={:.1f}", 21.25, "/set?t=21.2"),
        ("/set?t={:+d}", 5, "/set?t=%2B5"),
        ("/say?text={}", "a&b=c d/é", "/say?text=a%26b%3Dc%20d%2F%C3%A9"),
        ("/twice/{}/{:03d}", 7, "/twice/7/007"),
        ("/reboot", 1, "/reboot"),
        ("/braces{{}}", 1, "/braces%7B%7D"),
    ],
)
def test_templates(template: str, value: Any, wire: str) -> None:
    assert PathTemplate(template).fill(value) == wire


@pytest.mark.parametrize("template", ["cm?{}", "/{name}", "/{0}", "/{!r}", "/{", "/}", "/{}%"])
def test_what_is_no_template(template: str) -> None:
    with pytest.raises(UsageError):
        PathTemplate(template)


def test_a_value_that_does_not_fit_its_format() -> None:
    with pytest.raises(UsageError, match="cannot hold 'ON'"):
        PathTemplate("/set?t={:.1f}").fill("ON")


def test_the_value_goes_in_as_json_and_not_as_text() -> None:
    template = {"id": 0, "on": VALUE, "list": [VALUE, {"deep": VALUE}], "text": "VALUE"}
    assert fill(template, True) == {"id": 0, "on": True, "list": [True, {"deep": True}], "text": "VALUE"}
    assert encode(fill({"s": VALUE}, 'a","x":"b')) == b'{"s":"a\\",\\"x\\":\\"b"}'
    assert fill(VALUE, 3) == 3


@pytest.mark.parametrize("body", [math.nan, math.inf, {"v": -math.inf}, object(), {1, 2}, b"bytes"])
def test_what_json_cannot_say(body: Any) -> None:
    with pytest.raises(UsageError, match="is not JSON"):
        encode(body)


@pytest.mark.parametrize(
    ("raw", "as_", "scale", "value"),
    [
        (21.5, None, None, 21.5),
        (215, None, 0.1, 21.5),
        ("21.5", float, None, 21.5),
        ("215", float, 0.1, 21.5),
        (True, None, None, True),
        ("ON", {"ON": 1, "OFF": 0}.get, None, 1),
        ("text", None, None, "text"),
        ([1, 2.5], None, 2.0, [2, 5.0]),
        ({"a": 1}, len, None, 1),
        (None, lambda raw: 0.0 if raw is None else raw, None, 0.0),
    ],
)
def test_values_on_their_way_in(raw: Any, as_: Any, scale: float | None, value: Any) -> None:
    assert incoming(raw, as_, scale) == value


@pytest.mark.parametrize(
    ("raw", "as_", "scale"),
    [
        (None, None, None),
        ({"a": 1}, None, None),
        ([1, None], None, None),
        ([[1]], None, None),
        ("warm", float, None),
        ("warm", None, 2.0),
        ("NEITHER", {"ON": 1}.get, None),
        ("x", lambda raw: raw.nonsense, None),
    ],
)
def test_values_that_cannot_come_in(raw: Any, as_: Any, scale: float | None) -> None:
    with pytest.raises(ValueError, match=r"is no|does not convert"):
        incoming(raw, as_, scale)


@pytest.mark.parametrize(
    ("value", "as_", "scale", "out"),
    [
        (1, bool, None, True),
        (21.5, int, 0.1, 215),
        (220.0, "M104 S{:.0f}".format, None, "M104 S220"),
        (array("d", [1.0, 2.0]), None, 2.0, [0.5, 1.0]),
        (np.float32(0.5), None, None, 0.5),
        (np.array([1, 2]), None, None, [1, 2]),
        (b"\x01\x02", None, None, [1, 2]),
    ],
)
def test_values_on_their_way_out(value: Any, as_: Any, scale: float | None, out: Any) -> None:
    converted = outgoing(value, as_, scale)
    assert converted == out
    assert type(converted) is type(out)


def test_values_that_cannot_go_out() -> None:
    with pytest.raises(UsageError, match="does not convert"):
        outgoing("warm", float, None)
    with pytest.raises(UsageError, match="does not convert"):
        outgoing(1.0, None, 0.0)
