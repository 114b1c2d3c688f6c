from __future__ import annotations

import json
from typing import Any

import pytest

from drivers.http.rpclogin import answer


def challenge(**changes: Any) -> dict[str, Any]:
    fields = {"auth_type": "digest", "nonce": 1625038762, "nc": 1, "realm": "shellypro4pm-f008d1d8b8b8"}
    return {"code": 401, "message": json.dumps({**fields, "algorithm": "SHA-256", **changes})}


def test_the_challenge_of_the_manual() -> None:
    # the parts by hand, as "Authentication" lists them:
    #   ha1 = SHA256("admin:shellypro4pm-f008d1d8b8b8:mypass"), ha2 = SHA256("dummy_method:dummy_uri")
    #   response = SHA256(ha1 ":1625038762:1:313273957:auth:" ha2)
    auth = answer(challenge(), "admin", "mypass", 313273957)
    assert auth is not None
    assert auth.pop("response") == "eab75cbbd7acdb7082164cb52148cfbe351f28bf80856f93a23387c6157dbb69"  # by sha256sum
    assert auth == {
        "realm": "shellypro4pm-f008d1d8b8b8",
        "username": "admin",
        "nonce": 1625038762,
        "cnonce": 313273957,
        "algorithm": "SHA-256",
    }


@pytest.mark.parametrize(
    "error",
    [
        None,
        7,
        [],
        {},
        {"code": 401},
        {"code": 500, "message": challenge()["message"]},
        {"code": 401, "message": None},
        {"code": 401, "message": "go away"},
        {"code": 401, "message": "7"},
        {"code": 401, "message": "[" * 100_000},
        {"code": 401, "message": "{}"},
        challenge(algorithm="MD5"),
    ],
)
def test_what_is_no_challenge(error: Any) -> None:
    assert answer(error, "admin", "x", 1) is None
