"""What every second-generation Shelly has: remote procedure calls over HTTP and WebSocket, and notifications.

Written from shelly-api-docs.shelly.cloud/gen2: "RPC Protocol", "RPC Channels", "Notifications", "Common Errors" and
"Authentication". ``GET /rpc/<Method>?id=0`` and ``POST /rpc/<Method>`` answer with the bare result or error object,
``POST /rpc`` and ``ws://<host>/rpc`` with whole frames. Over WebSocket, after the first frame with a ``src``, changes
are pushed as NotifyStatus.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from sim.clock import Clock
from sim.digest import Digest
from sim.hosts.http import Request, Response, Session
from sim.simulator import Simulator

__all__ = ["INVALID_ARGUMENT", "NOT_FOUND", "Gen2Device", "Method", "Params", "RpcError", "require"]

INVALID_ARGUMENT, NOT_FOUND, NO_HANDLER, UNAUTHORIZED = -103, -105, 404, 401  # "Common Errors"
OPEN_TO_ALL = frozenset(("Shelly.GetDeviceInfo",))  # "all communication is protected except"
# What a metered value has to move by until it is worth a notification; the documentation leaves that open.
WORTH_TELLING = {"apower": 1.0, "voltage": 2.0, "current": 0.01}  # W, V, A

Params = Mapping[str, Any]
Method = Callable[[Any, Params, str], dict[str, Any]]  # device, parameters, source of the command -> result


class RpcError(Exception):
    """The error object of a response."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.document = {"code": code, "message": message}


class Gen2Device(Simulator):
    """A Shelly. Subclasses say which `methods` there are, their `status`, and which `component` is notified."""

    component = "switch:0"

    def __init__(self, *, clock: Clock | None, seed: int, model: str, mac: str, password: str) -> None:
        super().__init__(clock=clock, seed=seed)
        self.mac = mac
        self.id = f"{model}-{mac.lower()}"
        self.digest = Digest(self.id, password) if password else None
        self.announcements = 0

    @property
    def methods(self) -> Mapping[str, Method]:
        """Method name -> what it does."""
        raise NotImplementedError

    def status(self) -> dict[str, Any]:
        """Shelly.GetStatus: every component."""
        raise NotImplementedError

    def device_info(self) -> dict[str, Any]:
        """Shelly.GetDeviceInfo."""
        raise NotImplementedError

    def announce(self) -> None:
        """Push a NotifyFullStatus to every client.

        Over an outbound socket or MQTT a device does so when it connects ("Outbound Websocket"); over the inbound
        socket that is simulated here it has no occasion to, but a client should understand one.
        """
        self.announcements += 1

    def call(self, method: str, params: Params, source: str) -> dict[str, Any]:
        """The result of one method. Raises RpcError."""
        self.advance()
        if method not in self.methods:
            raise RpcError(NO_HANDLER, f"No handler for {method}")
        return self.methods[method](self, params, source)

    # --- HTTP -----------------------------------------------------------------------------------------------------

    def respond(self, request: Request) -> Response:
        """Answer an HTTP request."""
        if request.path == "/shelly":
            return Response(200, self.device_info())
        if request.path == "/rpc" and request.method == "POST":
            return self._post_frame(request)
        if request.path.startswith("/rpc/") and request.method in ("GET", "POST"):
            return self._call_method(request)
        return Response(404, {"code": 404, "message": "Not Found"})

    def _call_method(self, request: Request) -> Response:
        method = request.path.removeprefix("/rpc/")
        if not self._allowed(method, request):
            return self._unauthorized()
        try:
            return Response(200, self.call(method, _parameters(request), "HTTP_in"))
        except RpcError as error:
            return Response(404 if error.code == NO_HANDLER else 500, error.document)

    def _post_frame(self, request: Request) -> Response:
        frame = _json_object(request.body.decode("utf-8", "replace"))
        if frame is None:
            return Response(500, {"code": INVALID_ARGUMENT, "message": "invalid frame"})
        if not self._allowed(str(frame.get("method")), request) and not self._proven(frame):
            return self._unauthorized()
        return Response(200, self._frame(frame, "HTTP_in"))

    def _allowed(self, method: str, request: Request) -> bool:
        if self.digest is None or method in OPEN_TO_ALL:
            return True
        return self.digest.header_fits(request.headers.get("authorization", ""), request.method)

    def _unauthorized(self) -> Response:
        assert self.digest is not None
        challenge = self.digest.header_challenge(self.clock.now())
        return Response(401, {"code": 401, "message": "Unauthorized"}, {"WWW-Authenticate": challenge})

    # --- frames ---------------------------------------------------------------------------------------------------

    def _proven(self, frame: Params) -> bool:
        if self.digest is None or frame.get("method") in OPEN_TO_ALL:
            return True
        auth = frame.get("auth")
        return isinstance(auth, dict) and self.digest.frame_fits(auth)

    def _frame(self, frame: Params, source: str) -> dict[str, Any]:
        head = {"id": frame.get("id", 0), "src": self.id}
        if frame.get("src"):
            head["dst"] = frame["src"]
        params = frame.get("params") or {}
        try:
            return {**head, "result": self.call(str(frame.get("method")), params, source)}
        except RpcError as error:
            return {**head, "error": error.document}

    def hear(self, session: Session, text: str) -> dict[str, Any] | None:
        """Answer one frame of a WebSocket client."""
        frame = _json_object(text)
        if frame is None:
            return None
        if not self._proven(frame):
            assert self.digest is not None
            error = {"code": UNAUTHORIZED, "message": self.digest.frame_challenge(self.clock.now())}
            return {"id": frame.get("id", 0), "src": self.id, "dst": frame.get("src", ""), "error": error}
        if frame.get("src") and not session.src:
            self.advance()
            session.src = str(frame["src"])
            session.known = self.status()[self.component]
            session.announcements = self.announcements
        return self._frame(frame, "WS_in")

    def news(self, session: Session) -> list[Any]:
        """What a WebSocket client does not know yet: NotifyStatus with the changes since the last one."""
        if not session.src:
            return []
        self.advance()
        status = self.status()
        if session.announcements != self.announcements:
            session.announcements, session.known = self.announcements, status[self.component]
            return [self._notification("NotifyFullStatus", session, status)]
        changes = _changes(session.known, status[self.component])
        if not changes:
            return []
        known = {**session.known, **changes}
        session.known = {name: value for name, value in known.items() if value is not None}
        part = {"id": status[self.component]["id"], **changes}
        return [self._notification("NotifyStatus", session, {self.component: part})]

    def _notification(self, method: str, session: Session, params: Params) -> dict[str, Any]:
        stamped = {"ts": round(self.clock.now(), 2), **params}
        return {"src": self.id, "dst": session.src, "method": method, "params": stamped}


def require(params: Params, name: str, kind: type | tuple[type, ...]) -> Any:
    """A parameter that has to be there and of a type. Raises RpcError."""
    if name not in params:
        raise RpcError(INVALID_ARGUMENT, f"Missing required '{name}'")
    value = params[name]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise RpcError(INVALID_ARGUMENT, f"Bad {name}={json.dumps(value)}")
    return value


def _changes(known: Params, now: Params) -> dict[str, Any]:
    """Keys that changed enough; a key that is gone is told as null ("Notifications")."""
    changes = {name: value for name, value in now.items() if _worth_telling(name, known.get(name), value)}
    return {**changes, **{name: None for name in known if name not in now}}


def _worth_telling(name: str, old: Any, new: Any) -> bool:
    if name in WORTH_TELLING and old is not None:
        return abs(float(old) - float(new)) >= WORTH_TELLING[name]
    if name == "aenergy" and old is not None:
        return bool(old["minute_ts"] != new["minute_ts"])
    if name == "temperature" and old is not None:
        return abs(float(old["tC"]) - float(new["tC"])) >= 0.5
    return bool(old != new)


def _json_object(text: str) -> dict[str, Any] | None:
    try:
        document = json.loads(text)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _parameters(request: Request) -> Params:
    """From the query string, numbers and booleans bare ("GET with query string"), or from a JSON body."""
    if request.method == "POST":
        return _json_object(request.body.decode("utf-8", "replace")) or {}
    found: dict[str, Any] = {}
    for name, text in request.query.items():
        try:
            found[name] = json.loads(text)
        except ValueError:
            found[name] = text
    return found
