"""Log-in inside JSON-RPC frames, as Shelly Gen2 wants it over a WebSocket: Digest with SHA-256. Pure.

Source: shelly-api-docs.shelly.cloud, gen2/General/Authentication; the calculation is RFC 7616's with fixed words for
method and URI (mongoose-os-libs/rpc-common, mg_rpc.c).
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

__all__ = ["answer"]


def answer(error: Any, user: str, password: str, cnonce: int) -> dict[str, Any] | None:
    """The ``auth`` object for the next frame, or None if this ``error`` of a frame is no challenge that we know.

    The challenge is JSON within the error's message: ``{"auth_type": "digest", "nonce": 1625, "realm": ...}``.
    """
    if not isinstance(error, dict) or error.get("code") != 401:
        return None
    try:
        challenge = json.loads(error["message"])
        nonce, realm, count = challenge["nonce"], str(challenge["realm"]), challenge.get("nc", 1)
        if challenge.get("algorithm", "SHA-256") != "SHA-256":
            return None
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return None
    secret = _sha256(user, realm, password)
    response = _sha256(secret, str(nonce), str(count), str(cnonce), "auth", _sha256("dummy_method", "dummy_uri"))
    return {
        "realm": realm,
        "username": user,
        "nonce": nonce,
        "cnonce": cnonce,
        "response": response,
        "algorithm": "SHA-256",
    }


def _sha256(*parts: str) -> str:
    return hashlib.sha256(":".join(parts).encode()).hexdigest()
