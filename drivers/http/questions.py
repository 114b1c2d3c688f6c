"""What to ask an HTTP/JSON instrument, as frozen data.

=====================  ==========================================================================================
`Get`                  read one value out of the JSON that a path answers
`Query`                the same, asked by POST with a JSON body
`Post`, `Put`, `Patch` write: a JSON body with `VALUE` where the value goes
`Command`              write to an instrument that takes its orders by GET, the value in the path or query
`Pushed`               a value that the instrument pushes, as the port's `Push` or `Events` describes
=====================  ==========================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, ClassVar, Final

from drivers.errors import UsageError
from drivers.options import check_scale

__all__ = ["VALUE", "Command", "Convert", "Events", "Get", "Patch", "Post", "Push", "Pushed", "Put", "Query"]

#: What a value goes through: `float`, `bool`, `"M104 S{:.0f}".format`, a table's `.get` ...
Convert = Callable[[Any], Any]


class _Value(Enum):
    VALUE = "VALUE"

    def __repr__(self) -> str:
        return "VALUE"


VALUE: Final = _Value.VALUE


@dataclass(frozen=True, slots=True)
class Get:
    """Read the value at the JSON pointer (RFC 6901) of what ``GET path`` answers.

    Points of one path share one request. `as_` converts the JSON value, then `scale` multiplies it. `push` is where
    the same value stands in what the instrument pushes: a pointer as in `Pushed`, or True if it is `pointer` itself.
    `select` is a JMESPath expression (jmespath.org) in place of the pointer, for what no pointer can name:
    ``Get("/api", select="sensors[?id=='t1'].value | [0]")``. It needs ``pip install 'iocbridge[jmespath]'``.
    """

    path: str
    pointer: str = ""
    scale: float | None = None
    as_: Convert | None = None
    push: str | bool = False
    select: str | None = None

    def __post_init__(self) -> None:
        _check(self)


@dataclass(frozen=True, slots=True)
class Query(Get):
    """Read the value out of what ``POST path`` with a JSON body answers: for JSON-RPC and its like.

    ``Query("/rpc", "/result/apower", body={"id": 1, "method": "Switch.GetStatus", "params": {"id": 0}})``. The rest is
    as in `Get`; points of one path and body share one request, which may be sent again when a connection breaks.
    """

    body: Any = field(default=None, hash=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Pushed:
    """The value at `pointer` in the frames that the instrument pushes, below one of the places `Push.under` names.

    `when` is what a frame must hold to be meant, pointers from its root: ``when={"/data/id": "sensor-temp"}``.
    """

    pointer: str
    scale: float | None = None
    as_: Convert | None = None
    when: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        _check(self)


@dataclass(frozen=True, slots=True)
class Post:
    """Write by ``POST path`` with a JSON body, in which the value replaces `VALUE` (as a JSON value, not as text).

    The value is divided by `scale`, then converted by `as_` (`bool` for instruments that want true and false). A body
    of None sends none. The path may hold the value too, as in `Command`. `expect` is a pointer into the answer and
    what must stand there, `VALUE` for the value that was sent: anything else counts as refused.
    """

    method: ClassVar[str] = "POST"

    path: str
    body: Any = field(default=None, hash=False)
    scale: float | None = None
    as_: Convert | None = None
    expect: tuple[str, Any] | None = field(default=None, hash=False)

    def __post_init__(self) -> None:
        _check(self)


@dataclass(frozen=True, slots=True)
class Put(Post):
    """Write by ``PUT path``; the rest is as in `Post`."""

    method: ClassVar[str] = "PUT"


@dataclass(frozen=True, slots=True)
class Patch(Post):
    """Write by ``PATCH path``; the rest is as in `Post`."""

    method: ClassVar[str] = "PATCH"


@dataclass(frozen=True, slots=True)
class Command:
    """Write by ``GET path``, for instruments that know no other way: ``Command("/cm?cmnd=Power%20{}")``.

    `{}` or `{:.1f}` is where the value goes, percent-encoded; a path without it sends the same order each time. It
    is never sent twice on its own account, although HTTP calls GET harmless. `scale`, `as_`, `expect` as in `Post`.
    """

    method: ClassVar[str] = "GET"

    path: str
    scale: float | None = None
    as_: Convert | None = None
    expect: tuple[str, Any] | None = field(default=None, hash=False)

    def __post_init__(self) -> None:
        _check(self)


@dataclass(frozen=True, slots=True)
class Push:
    """How an instrument speaks unasked, over a WebSocket at `path`.

    `hello` is sent once connected, JSON or text as it stands. One with an ``id`` is a JSON-RPC request: the channel is
    up when it was answered, after a log-in if that is asked for. The answer counts as a push, so asking for the full
    status brings every value up to date after each reconnect. Values are looked up below
    each of the `under` pointers, and last from the root of the frame. `heartbeat` (seconds) pings a silent
    instrument and finds a dead link after 1.5 times as long; None for one that does not answer pings. `sequence` is
    a pointer to a number that grows by one from frame to frame: where one is missing, the hello is sent again, and
    values that can be polled are polled.

    Shelly Gen2 (shelly-api-docs.shelly.cloud/gen2/General/Notifications)::

        Push("/rpc", {"id": 1, "src": "iocbridge", "method": "Shelly.GetStatus"}, under=("/params", "/result"))
    """

    path: str
    hello: Mapping[str, Any] | str | None = field(default=None, hash=False)
    under: tuple[str, ...] = ("/params", "/result")
    heartbeat: float | None = 20.0
    sequence: str | None = None


@dataclass(frozen=True, slots=True)
class Events:
    """How an instrument speaks unasked by server-sent events at `path`.

    A frame is ``{"event": name, "id": ..., "data": ...}``, the data decoded if it is JSON, else a text. After a
    reconnect the server is told the last id, so that it can send what was missed, and values that can be polled are
    polled. `silence` is after how many seconds without a byte the connection counts as dead (None: never); `under`
    and `sequence` are those of `Push`.

    ESPHome (esphome.io/web-api): ``Events("/events")`` with ``Pushed("/value", when={"/data/id": "sensor-temp"})``
    """

    path: str
    under: tuple[str, ...] = ("/data",)
    silence: float | None = 60.0
    sequence: str | None = None


def _check(question: Get | Pushed | Post | Command) -> None:
    """Raises UsageError for a conversion that could never be done."""
    what = question.pointer if isinstance(question, Pushed) else question.path
    where = f"{type(question).__name__}({what!r})"
    if question.scale is not None:
        check_scale(where, question.scale)
    if question.as_ is not None and not callable(question.as_):
        raise UsageError(f"{where}: as_ is a type or a function, such as float or bool, not {question.as_!r}")
