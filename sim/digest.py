"""Digest authentication with SHA-256 as a Gen2 Shelly asks for it. Pure.

Written from shelly-api-docs.shelly.cloud, "Authentication", and RFC 7616: over HTTP the usual header; in a JSON-RPC
frame an ``auth`` object whose method and URI are the fixed words ``dummy_method:dummy_uri``. User: always ``admin``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import deque
from collections.abc import Mapping
from typing import Any

__all__ = ["USER", "Digest"]

USER = "admin"
NONCES = 32  # nonces remembered; an older one is stale and gets a new challenge
FIELD = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))')


def _sha256(*parts: str) -> str:
    return hashlib.sha256(":".join(parts).encode()).hexdigest()


class Digest:
    """Guards one device. `realm` is the device's id."""

    def __init__(self, realm: str, password: str) -> None:
        self._realm = realm
        self._ha1 = _sha256(USER, realm, password)
        self._nonces: deque[int] = deque(maxlen=NONCES)

    def _nonce(self, now: float) -> int:
        nonce = int(now)
        if nonce not in self._nonces:
            self._nonces.append(nonce)
        return nonce

    def header_challenge(self, now: float) -> str:
        """WWW-Authenticate of a 401."""
        return f'Digest qop="auth", realm="{self._realm}", nonce="{self._nonce(now):x}", algorithm=SHA-256'

    def frame_challenge(self, now: float) -> str:
        """The message of error 401 in a frame: JSON within a JSON string, as the device sends it."""
        challenge = {"auth_type": "digest", "nonce": self._nonce(now), "nc": 1, "realm": self._realm}
        return json.dumps({**challenge, "algorithm": "SHA-256"})

    def header_fits(self, header: str, method: str) -> bool:
        """Whether an Authorization header proves the password."""
        given = {name: quoted or bare for name, quoted, bare in FIELD.findall(header)}
        if not header.lower().startswith("digest ") or given.get("username") != USER:
            return False
        parts = (given.get("nc", ""), given.get("cnonce", ""), given.get("qop", "auth"))
        ha2 = _sha256(method, given.get("uri", ""))
        wanted = _sha256(self._ha1, given.get("nonce", ""), *parts, ha2)
        return self._known(given.get("nonce", ""), 16) and given.get("response", "") == wanted

    def frame_fits(self, auth: Mapping[str, Any]) -> bool:
        """Whether the ``auth`` object of a frame proves the password."""
        nonce, nc = str(auth.get("nonce", "")), str(auth.get("nc", 1))
        ha2 = _sha256("dummy_method", "dummy_uri")
        wanted = _sha256(self._ha1, nonce, nc, str(auth.get("cnonce", "")), "auth", ha2)
        return auth.get("username") == USER and self._known(nonce, 10) and auth.get("response") == wanted

    def _known(self, nonce: str, base: int) -> bool:
        try:
            return int(nonce, base) in self._nonces
        except ValueError:
            return False
