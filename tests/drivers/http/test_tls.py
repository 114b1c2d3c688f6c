"""HTTPS and tokens against a real server whose certificate only its own CA vouches for."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trustme
from aiohttp import web

from drivers.errors import BadReply, LinkDown, UsageError
from drivers.http.port import HttpPort
from drivers.http.questions import VALUE, Get, Post, Push, Pushed
from tests.waiting import eventually


@contextlib.asynccontextmanager
async def secure(name: str = "127.0.0.1") -> AsyncIterator[tuple[str, trustme.CA]]:
    """An HTTPS server on the loopback interface with a certificate for `name`; it wants a token, and pushes too."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)

    async def handle(request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != "Bearer s3cret":
            return web.Response(status=401)
        if request.path == "/ws":
            socket = web.WebSocketResponse()
            await socket.prepare(request)
            await socket.send_str('{"v": 5}')
            await socket.receive()
            return socket
        return web.json_response({"v": 1.5})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        yield f"https://127.0.0.1:{runner.addresses[0][1]}", authority
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("form", ["file", "context"])
async def test_an_own_ca_is_trusted_for_requests_and_pushes(form: str, tmp_path: Path) -> None:
    async with secure() as (url, authority):
        file = tmp_path / "ca.pem"
        authority.cert_pem.write_to_path(str(file))
        ca = str(file) if form == "file" else ssl.create_default_context(cafile=file)
        port = HttpPort(url, name="plug", ca=ca, token="s3cret", push=Push("/ws"), timeout=10)
        heard = port.point(Pushed("/v"))
        async with port:
            assert (await port.point(Get("/status", "/v")).read()).value == 1.5
            await port.point(Post("/set", {"v": VALUE})).write(1)
            await eventually(lambda: heard.fault is None and heard._last is not None)  # type: ignore[attr-defined]
            assert (await heard.read()).value == 5


async def test_a_certificate_that_nobody_vouches_for_is_refused() -> None:
    async with secure() as (url, _):
        port = HttpPort(url, name="plug", timeout=10)
        port.point(Get("/status"))
        with pytest.raises(LinkDown, match=r"^plug: GET /status: its certificate is not accepted: .*issuer"):
            async with port:
                pass


async def test_a_certificate_of_another_host_is_refused(tmp_path: Path) -> None:
    async with secure("192.0.2.1") as (url, authority):
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        port = HttpPort(url, name="plug", ca=str(tmp_path / "ca.pem"), timeout=10)
        port.point(Get("/status"))
        with pytest.raises(LinkDown, match=r"not accepted: .*127\.0\.0\.1"):
            async with port:
                pass


async def test_a_wrong_token(tmp_path: Path) -> None:
    async with secure() as (url, authority):
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        async with HttpPort(url, ca=str(tmp_path / "ca.pem"), token="tresor", timeout=10) as port:
            with pytest.raises(BadReply, match="401") as bad:
                await port.get("/status")
            assert "tresor" not in str(bad.value)


def test_what_does_not_fit_together(tmp_path: Path) -> None:
    (tmp_path / "not.pem").write_text("hello")
    for options in (
        {"ca": str(tmp_path / "not.pem")},
        {"ca": str(tmp_path / "missing.pem")},
        {"token": "x", "user": "y"},
        {"interval": -1},
        {"connections": 0},
    ):
        with pytest.raises(UsageError, match=r"^plug: "):
            HttpPort("https://plug", name="plug", **options)  # type: ignore[arg-type]
