"""SD-JWTs made by hand, so that they can break every rule."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from medid.core import base64url
from medid.core.instant import Instant
from medid.keys import KeyKind, PrivateKey
from medid.securing.jose import sign_compact
from tests.keys.strategies import key

ISSUER = key(KeyKind.ED25519, b"issuer")
HOLDER = key(KeyKind.P256, b"holder")
NONCE = "n-0S6_WzA2Mj"
AUDIENCE = "https://hospital.example"
NOW = 1_781_524_800  # 2026-06-15T12:00:00Z
AT = Instant.from_seconds(NOW)


def encode(value: object) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64url.encode(data)


def digest(text: str, algorithm: str = "sha256") -> str:
    return base64url.encode(hashlib.new(algorithm, text.encode()).digest())


def disclosure(*parts: Any) -> str:
    """``[salt, name, value]`` or ``[salt, value]``, with a salt of its own."""
    return encode([digest(repr(parts))[:22], *parts])


GIVEN = disclosure("given_name", "Ada")
FAMILY = disclosure("family_name", "Byron")
ELEMENT = disclosure("surgeon")


def claims(*disclosures: str, **changes: Any) -> dict[str, Any]:
    """A payload with digests of ``disclosures``; ``None`` removes a claim."""
    draft = {
        "iss": "did:example:board",
        "vct": "https://credentials.example/license",
        "cnf": {"jwk": HOLDER.public_key.to_jwk()},
        "_sd": [digest(text) for text in disclosures],
        **changes,
    }
    return {name: value for name, value in draft.items() if value is not None}


def token(payload: Any, *, by: PrivateKey = ISSUER, **header: Any) -> str:
    """The issuer's JWT; ``None`` removes a header member."""
    members = {"kid": "did:example:board#1", "typ": "dc+sd-jwt", **header}
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return sign_compact(
        body, by, {name: value for name, value in members.items() if value is not None}
    )


def sd_jwt(payload: Any, *shown: str, **header: Any) -> str:
    """An SD-JWT without key binding."""
    return "~".join([token(payload, **header), *shown, ""])


def key_binding(
    presented: str,
    *,
    by: PrivateKey = HOLDER,
    header: dict[str, Any] | None = None,
    **changes: Any,
) -> str:
    """The key binding over ``presented``; ``None`` removes a claim."""
    draft = {
        "nonce": NONCE,
        "aud": AUDIENCE,
        "iat": NOW,
        "sd_hash": digest(presented),
        **changes,
    }
    payload = {name: value for name, value in draft.items() if value is not None}
    return sign_compact(json.dumps(payload).encode(), by, header or {"typ": "kb+jwt"})


def bound(presented: str, **changes: Any) -> str:
    return presented + key_binding(presented, **changes)
