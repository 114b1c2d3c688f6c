"""Log-in against a server that checks: Digest after RFC 7616, written from the RFC and not from the client."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import re
import secrets

import pytest
from aiohttp import web

from drivers.errors import BadReply, LinkDown, Refused
from drivers.http.port import HttpPort
from drivers.http.questions import VALUE, Command, Get, Post, Push
from tests.drivers.http.servers import RawServer, response, serving

USER, PASSWORD = "admin", "corr:ect hörse"
HASHES = {"SHA-256": hashlib.sha256, "MD5": hashlib.md5}


class DigestServer:
    """RFC 7616 section 3.4: every nonce of ours, every nonce count once, the digest over method and target."""

    def __init__(self, algorithm: str = "SHA-256", nonce_uses: int = 1000) -> None:
        self.algorithm = algorithm
        self.nonce_uses = nonce_uses
        self.counts: dict[str, int] = {}
        self.challenges = 0
        self.accepted: list[tuple[str, str, str]] = []

    @property
    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.handle)
        return app

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.text()
        if not self.allows(request):
            self.challenges += 1
            nonce = secrets.token_hex(8)
            self.counts[nonce] = 0
            challenge = f'Digest qop="auth", realm="relay-1", nonce="{nonce}", algorithm={self.algorithm}'
            return web.Response(status=401, text="go away", headers={"WWW-Authenticate": challenge})
        self.accepted.append((request.method, request.raw_path, body))
        if request.headers.get("Upgrade", "").lower() == "websocket":
            socket = web.WebSocketResponse()
            await socket.prepare(request)
            await socket.send_str('{"params":{"v":5}}')
            await socket.receive()
            return socket
        return web.json_response({"v": 1})

    def allows(self, request: web.Request) -> bool:
        scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Digest":
            return False
        given = {key: quoted or plain for key, quoted, plain in re.findall(r'(\w+)=(?:"([^"]*)"|([^,\s]*))', rest)}
        nonce, count = given["nonce"], int(given["nc"], 16)
        if nonce not in self.counts or count <= self.counts[nonce] or count > self.nonce_uses:
            return False
        self.counts[nonce] = count

        def digest(*parts: str) -> str:
            return HASHES[self.algorithm](":".join(parts).encode()).hexdigest()

        secret = digest(USER, "relay-1", PASSWORD)
        asked = digest(request.method, request.raw_path)
        expected = digest(secret, nonce, given["nc"], given["cnonce"], given["qop"], asked)
        return given["uri"] == request.raw_path and given["username"] == USER and given["response"] == expected


@pytest.mark.parametrize("algorithm", ["SHA-256", "MD5"])
async def test_digest(algorithm: str) -> None:
    server = DigestServer(algorithm)
    async with serving(server.app) as url, HttpPort(url, user=USER, password=PASSWORD) as port:
        assert (await port.point(Get("/rpc/Switch.GetStatus?id=0&x=%20", "/v")).read()).value == 1
        await port.point(Post("/set", {"v": VALUE})).write(7)
        await port.point(Command("/cm?cmnd=Power%20{}")).write("ON")
        assert await port.get("/again", "/v") == 1
        assert server.challenges == 1  # later requests bring their answer along, over new connections too
        assert server.accepted == [
            ("GET", "/rpc/Switch.GetStatus?id=0&x=%20", ""),
            ("POST", "/set", '{"v":7}'),
            ("GET", "/cm?cmnd=Power%20ON", ""),
            ("GET", "/again", ""),
        ]


async def test_a_write_that_was_let_in_is_not_sent_again_when_its_connection_drops() -> None:
    let_in = 0

    async def behave(_server: RawServer, request: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal let_in
        if b"Authorization: Digest" in request:
            let_in += 1
            writer.close()  # on the connection that the challenge came over, which counts as a kept one
        else:
            challenge = 'WWW-Authenticate: Digest qop="auth", realm="r", nonce="n"\r\n'
            writer.write(response({}, status="401 No", headers=challenge))

    async with RawServer(behave) as server, HttpPort(server.url, user=USER, password=PASSWORD) as port:
        with pytest.raises(LinkDown):
            await port.point(Command("/set?v={}")).write(1)
        assert (let_in, len(server.requests)) == (1, 2)


async def test_a_digest_that_has_gone_stale_is_renewed() -> None:
    server = DigestServer(nonce_uses=2)
    async with serving(server.app) as url, HttpPort(url, user=USER, password=PASSWORD) as port:
        for n in range(6):
            await port.point(Post("/set", {"v": VALUE})).write(n)
        assert [body for _, _, body in server.accepted] == [f'{{"v":{n}}}' for n in range(6)]
        assert server.challenges == 3


@pytest.mark.parametrize("keep_alive", [True, False])
async def test_a_wrong_password(keep_alive: bool, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server = DigestServer()
    async with (
        serving(server.app) as url,
        HttpPort(url, name="relay", user=USER, password="tresor", keep_alive=keep_alive) as port,
    ):
        with pytest.raises(
            BadReply, match="relay: GET /v: 401 Unauthorized: authentication failed: user 'admin'"
        ) as bad:
            await port.get("/v")
        with pytest.raises(Refused, match="authentication failed") as refused:
            await port.post("/v", 1)
        assert server.accepted == []
        assert port.fault is None
    assert "tresor" not in f"{bad.value}{refused.value}{caplog.text}"


async def test_no_password() -> None:
    async with serving(DigestServer().app) as url, HttpPort(url) as port:
        with pytest.raises(BadReply, match=r"authentication is needed \(Digest\)"):
            await port.get("/v")


async def test_an_unknown_scheme() -> None:
    async def behave(_server: RawServer, _request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(response({}, status="401 No", headers="WWW-Authenticate: Negotiate\r\n"))

    async with RawServer(behave) as server, HttpPort(server.url, user=USER, password=PASSWORD) as port:
        with pytest.raises(BadReply, match="authentication by 'Negotiate' is not supported"):
            await port.get("/v")


@pytest.mark.parametrize("closes", [True, False])
async def test_basic(closes: bool) -> None:
    token = base64.b64encode(f"{USER}:{PASSWORD}".encode())
    challenges = 0

    async def behave(_server: RawServer, request: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal challenges
        if b"Authorization: Basic " + token + b"\r\n" in request:
            writer.write(response({"v": 1}))
            return
        challenges += 1
        end = "Connection: close\r\n" if closes else ""
        writer.write(response("go away", status="401 No", headers=f'WWW-Authenticate: Basic realm="x"\r\n{end}'))
        if closes:
            await writer.drain()
            writer.close()

    async with RawServer(behave) as server:
        async with HttpPort(server.url, user=USER, password=PASSWORD) as port:
            assert await port.get("/v", "/v") == 1
            await port.point(Post("/v", VALUE)).write(3)
            assert await port.get("/v", "/v") == 1
            assert challenges == 1
        async with HttpPort(server.url, user=USER, password="wrong") as port:
            with pytest.raises(BadReply, match="authentication failed"):
                await port.get("/v")


async def test_a_challenge_may_come_with_a_long_page() -> None:
    async def behave(_server: RawServer, request: bytes, writer: asyncio.StreamWriter) -> None:
        if b"Authorization: Basic " in request:
            writer.write(response({"v": 1}))
        else:
            writer.write(response("x" * 2_000_000, status="401 No", headers="WWW-Authenticate: Basic\r\n"))

    async with RawServer(behave) as server, HttpPort(server.url, user=USER, password=PASSWORD) as port:
        assert await port.get("/v", "/v") == 1


async def test_the_push_channel_logs_in_too() -> None:
    server = DigestServer()
    async with (
        serving(server.app) as url,
        HttpPort(url, user=USER, password=PASSWORD, push=Push("/ws", heartbeat=None)) as port,
    ):
        heard: asyncio.Queue[float] = asyncio.Queue()
        point = port.point(Get("/v", "/v", push=True))
        point.subscribe(lambda reading: heard.put_nowait(reading.value))  # type: ignore[attr-defined]
        assert await asyncio.wait_for(heard.get(), 5) == 5


async def test_a_push_channel_that_is_not_let_in_says_so() -> None:
    server = DigestServer()
    async with serving(server.app) as url, HttpPort(url, name="relay", push=Push("/ws")) as port:
        told: asyncio.Queue[Exception | None] = asyncio.Queue()
        point = port.point(Get("/v", push=True))
        point.subscribe(lambda reading: None)  # type: ignore[attr-defined]
        point.watch(told.put_nowait)
        assert "relay push: no WebSocket at /ws: 401" in str(await asyncio.wait_for(told.get(), 5))


async def test_a_wrong_password_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    async with serving(DigestServer().app) as url, HttpPort(url, user=USER, password="wrong") as port:
        for pointer in ("/v", "/w"):
            with pytest.raises(BadReply, match="the password is wrong"):
                await port.point(Get("/", pointer)).read()
    assert caplog.text.count("the password is wrong") == 1
