"""Get(select=...): JMESPath, for values that no JSON pointer can name."""

from __future__ import annotations

import sys

import pytest

from drivers.errors import BadReply, UsageError
from drivers.http.port import HttpPort
from drivers.http.questions import Get
from tests.drivers.http.servers import answering

SENSORS = {"sensors": [{"id": "t0", "value": 20.5}, {"id": "t1", "value": 21.5}], "empty": None}


async def test_a_value_is_selected_by_what_stands_beside_it() -> None:
    async with answering(SENSORS) as url, HttpPort(url, name="hub", timeout=5) as port:
        assert (await port.point(Get("/", select="sensors[?id=='t1'].value | [0]")).read()).value == 21.5
        assert (await port.point(Get("/", select="sensors[].value")).read()).value == [20.5, 21.5]
        assert (await port.point(Get("/", select="max(sensors[].value)", scale=2)).read()).value == 43.0
        with pytest.raises(BadReply, match=r"hub: GET /: .*finds nothing"):
            await port.point(Get("/", select="sensors[?id=='t9'].value | [0]")).read()
        with pytest.raises(BadReply, match=r"hub: GET /: "):
            await port.point(Get("/", select="abs(sensors)")).read()


def test_what_cannot_be_selected(monkeypatch: pytest.MonkeyPatch) -> None:
    port = HttpPort("http://hub", name="hub")
    with pytest.raises(UsageError, match="no JMESPath expression"):
        port.point(Get("/", select="sensors[?"))
    with pytest.raises(UsageError, match="not both"):
        port.point(Get("/", "/a", select="a"))
    monkeypatch.setitem(sys.modules, "jmespath", None)
    with pytest.raises(UsageError, match="pip install"):
        port.point(Get("/", select="a"))
