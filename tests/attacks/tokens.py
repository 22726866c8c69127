"""JWT and SD-JWT, made by hand."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from tests.attacks.documents import BOARD, DOCTOR, NAME, NONCE, NUMBER
from tests.attacks.honest import Party, b64

if TYPE_CHECKING:
    from tests.attacks.case import Doc

VCT: Final = "https://credentials.example/license"
AUDIENCE: Final = "https://hospital.example"
# 2026-06-15T12:00:00Z, in seconds since 1970.
NOW_SECONDS: Final = 1_781_524_800


def compact(value: Any) -> bytes:
    """JSON without spaces."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def jws(header: Doc | bytes, payload: Doc | bytes, party: Party) -> str:
    """A compact JWS: whatever the header says, ``party`` signs in its own way."""
    head = header if isinstance(header, bytes) else compact(header)
    body = payload if isinstance(payload, bytes) else compact(payload)
    signing_input = f"{b64(head)}.{b64(body)}"
    return f"{signing_input}.{b64(party.sign(signing_input.encode()))}"


def header(party: Party = BOARD, typ: str | None = "vc+jwt", **members: Any) -> Doc:
    """An ordinary protected header; ``None`` removes a member."""
    draft = {"alg": party.alg, "typ": typ, "kid": party.method, **members}
    return {name: value for name, value in draft.items() if value is not None}


def vc_jwt(payload: Doc, party: Party = BOARD, **members: Any) -> str:
    """A credential as application/vc+jwt."""
    return jws(header(party, **members), payload, party)


def vp_jwt(payload: Doc, party: Party = DOCTOR, **members: Any) -> str:
    """A presentation as application/vp+jwt."""
    return jws(header(party, **{"typ": "vp+jwt", **members}), payload, party)


def disclosure(name: str | None, value: Any, salt: str | None = None) -> str:
    """One disclosure: of a member, or of an array element without a name."""
    chosen = (
        salt
        if salt is not None
        else b64(sha256(f"{name}{value}".encode()).digest()[:16])
    )
    parts = [chosen, value] if name is None else [chosen, name, value]
    return b64(compact(parts))


def digest(text: str) -> str:
    """The digest of a disclosure, or of a presented SD-JWT."""
    return b64(sha256(text.encode()).digest())


def sd_claims(*disclosures: str, **members: Any) -> Doc:
    """An SD-JWT VC payload that names ``disclosures``; ``None`` removes a member."""
    draft = {
        "iss": BOARD.did,
        "vct": VCT,
        "sub": DOCTOR.did,
        "iat": NOW_SECONDS - 86_400,
        "exp": NOW_SECONDS + 86_400 * 365,
        "cnf": {"jwk": DOCTOR.jwk},
        "_sd_alg": "sha-256",
        "_sd": sorted(digest(text) for text in disclosures),
        **members,
    }
    return {name: value for name, value in draft.items() if value is not None}


def disclosures() -> list[str]:
    """Two ordinary disclosures that carry canaries."""
    return [
        disclosure("given_name", NAME),
        disclosure("license_number", NUMBER),
    ]


def sd_jwt(claims: Doc, *shown: str, party: Party = BOARD, **members: Any) -> str:
    """An SD-JWT without key binding: token, disclosures, final tilde."""
    options = {"typ": "dc+sd-jwt", **members}
    token = jws(header(party, **options), claims, party)
    return "~".join([token, *shown, ""])


def key_binding(
    presented: str, party: Party = DOCTOR, *, head: Doc | None = None, **members: Any
) -> str:
    """The key binding JWT for ``presented``; ``None`` removes a claim."""
    draft = {
        "iat": NOW_SECONDS,
        "aud": AUDIENCE,
        "nonce": NONCE,
        "sd_hash": digest(presented),
        **members,
    }
    claims = {name: value for name, value in draft.items() if value is not None}
    return jws(head or {"alg": party.alg, "typ": "kb+jwt"}, claims, party)


def bound(presented: str, party: Party = DOCTOR, **members: Any) -> str:
    """``presented`` with its key binding JWT."""
    return presented + key_binding(presented, party, **members)
