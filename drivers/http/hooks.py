"""What aiohttp calls for a request of ours: how far it came, once only, with which credentials."""

from __future__ import annotations

import base64
import ssl
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from drivers.transports.tcp import no_connection

__all__ = ["Dropped", "Stage", "connected", "first_line", "login", "once", "reused"]


class Dropped(Exception):
    """The connection failed. Not one of aiohttp's errors, so that aiohttp does not send the request again."""


@dataclass(slots=True)
class Stage:
    """How far a request came: whether it had a connection, and whether that was a kept one."""

    connected: bool = False
    reused: bool = False


def first_line(error: BaseException) -> str:
    """What went wrong, in words for an operator."""
    cause = getattr(error, "certificate_error", None) or getattr(error, "os_error", None)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted: {cause.verify_message} (ca= names whom to trust)"
    if isinstance(cause, OSError) and not isinstance(cause, ssl.SSLError):
        return no_connection(getattr(error, "host", ""), getattr(error, "port", 0), cause)
    text = str(getattr(error, "message", "") or error) or type(error).__name__
    return text.splitlines()[0][:160]


async def connected(_session: Any, context: SimpleNamespace, _params: Any) -> None:
    if context.trace_request_ctx is not None:
        context.trace_request_ctx.connected = True


async def reused(_session: Any, context: SimpleNamespace, _params: Any) -> None:
    if context.trace_request_ctx is not None:
        context.trace_request_ctx.connected = context.trace_request_ctx.reused = True


async def once(request: Any, handler: Any) -> Any:
    """Keep aiohttp from sending a request again when its connection breaks.

    It does so for GET, PUT and DELETE, on a new connection as well as on a kept one, and has no public switch for it
    (client.py IDEMPOTENT_METHODS; aio-libs/aiohttp issue 10790). What it does not know, it does not retry.
    """
    import aiohttp

    try:
        return await handler(request)
    except (aiohttp.ClientConnectionError, OSError) as error:
        raise Dropped(first_line(error)) from error


def login(user: str | None, password: str) -> list[Any]:
    """Middlewares that answer a challenge (status 401): Digest, and Basic if the server asks for that."""
    if user is None:
        return []
    from aiohttp import DigestAuthMiddleware

    token = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    asked = False

    async def basic(request: Any, handler: Any) -> Any:
        nonlocal asked
        if not asked:
            response = await handler(request)
            if response.status != 401 or not response.headers.get("WWW-Authenticate", "").lower().startswith("basic"):
                return response
            response.release()
            asked = True
        request.headers["Authorization"] = token
        return await handler(request)

    return [DigestAuthMiddleware(user, password), basic]
