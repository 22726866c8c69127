"""The least that verifying a token takes, written by hand: no limits, no reasons.

Split, decode, read the JSON, one OpenSSL signature, compare the claims. These are
floors to measure from; every attack that the specifications name gets past them.
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from secrets import token_bytes
from typing import TYPE_CHECKING, Any, Final

import base58
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256

from benchmarks.work import DOMAIN, FROM, NOW, UNTIL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cryptography.hazmat.primitives.asymmetric.ec import (
        EllipticCurvePrivateKey,
        EllipticCurvePublicKey,
    )
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_ES256: Final = ECDSA(SHA256())
_NOW: Final = str(NOW)
_SECONDS: Final = int(NOW.seconds)


def _decode(text: bytes) -> bytes:
    return urlsafe_b64decode(text + b"==")


def _encode(content: bytes) -> bytes:
    return urlsafe_b64encode(content).rstrip(b"=")


def _require(condition: bool) -> None:  # noqa: FBT001
    if not condition:
        raise InvalidSignature


def vc_jwt(token: bytes, keys: Mapping[str, Ed25519PublicKey]) -> None:
    """Verify a vc+jwt under EdDSA: signature, issuer and times."""
    signed, _, signature = token.rpartition(b".")
    head, _, body = signed.partition(b".")
    header, claims = json.loads(_decode(head)), json.loads(_decode(body))
    _require(header["alg"] == "EdDSA" and header["typ"] == "vc+jwt")
    keys[header["kid"]].verify(_decode(signature), signed)
    _require(claims["issuer"]["id"] == header["kid"].partition("#")[0])
    _require(claims["validFrom"] <= _NOW < claims["validUntil"])


def _jcs(document: Mapping[str, Any]) -> bytes:
    text = json.dumps(
        document, sort_keys=True, ensure_ascii=False, separators=(",", ":")
    )
    return hashlib.sha256(text.encode()).digest()


def eddsa_jcs(document: bytes, keys: Mapping[str, Ed25519PublicKey]) -> None:
    """Verify a credential under eddsa-jcs-2022: proof, issuer and times."""
    found = json.loads(document)
    proof = found.pop("proof")
    signature = base58.b58decode(proof.pop("proofValue")[1:])
    method = proof["verificationMethod"]
    keys[method].verify(signature, _jcs(proof) + _jcs(found))
    _require(found["issuer"]["id"] == method.partition("#")[0])
    _require(FROM <= found["validFrom"] <= _NOW < found["validUntil"] <= UNTIL)


@dataclass(frozen=True, slots=True, kw_only=True)
class SdJwt:
    """SD-JWTs with flat claims and key binding under ES256."""

    nonce: str
    now: int = _SECONDS

    def issue(
        self,
        claims: Mapping[str, Any],
        header: Mapping[str, Any],
        *,
        hidden: Mapping[str, Any],
        key: EllipticCurvePrivateKey,
    ) -> bytes:
        """Hide each of ``hidden`` behind a digest, and sign."""
        disclosures = [
            _encode(json.dumps([_encode(token_bytes(16)).decode(), *pair]).encode())
            for pair in hidden.items()
        ]
        digests = sorted(_digest(disclosure) for disclosure in disclosures)
        payload = {**claims, "_sd": digests, "_sd_alg": "sha-256"}
        return b"~".join([_signed(header, payload, key), *disclosures, b""])

    def present(
        self, issued: bytes, shown: Sequence[str], key: EllipticCurvePrivateKey
    ) -> bytes:
        """Keep what is shown, and sign a key binding."""
        token, *disclosures, _ = issued.split(b"~")
        kept = [one for one in disclosures if json.loads(_decode(one))[1] in shown]
        text = b"~".join([token, *kept, b""])
        payload = {
            "iat": self.now,
            "aud": DOMAIN,
            "nonce": self.nonce,
            "sd_hash": _digest(text),
        }
        return text + _signed({"alg": "ES256", "typ": "kb+jwt"}, payload, key)

    def verify(
        self, presented: bytes, keys: Mapping[str, EllipticCurvePublicKey]
    ) -> dict[str, Any]:
        """Both signatures, each digest, the binding; the claims that are shown."""
        text, _, binding = presented.rpartition(b"~")
        token, *disclosures = text.split(b"~")
        header, claims = _read(token)
        _verify(token, keys[header["kid"]])
        _require(claims["iss"] == header["kid"].partition("#")[0])
        digests = set(claims.pop("_sd"))
        for disclosure in disclosures:
            digests.remove(_digest(disclosure))
            _salt, name, value = json.loads(_decode(disclosure))
            _require(name not in claims)
            claims[name] = value
        bound_header, bound = _read(binding)
        _require(bound_header["typ"] == "kb+jwt" and bound["aud"] == DOMAIN)
        _require(bound["nonce"] == self.nonce)
        _require(bound["sd_hash"] == _digest(text + b"~"))
        _verify(binding, _public(claims["cnf"]["jwk"]))
        return dict(claims)


def _digest(content: bytes) -> str:
    return _encode(hashlib.sha256(content).digest()).decode()


def _read(token: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    head, body, _ = token.split(b".")
    return json.loads(_decode(head)), json.loads(_decode(body))


def _signed(
    header: Mapping[str, Any], payload: Mapping[str, Any], key: EllipticCurvePrivateKey
) -> bytes:
    parts = (header, payload)
    text = b".".join(_encode(json.dumps(part).encode()) for part in parts)
    r, s = decode_dss_signature(key.sign(text, _ES256))
    return text + b"." + _encode(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


def _verify(token: bytes, key: EllipticCurvePublicKey) -> None:
    signed, _, encoded = token.rpartition(b".")
    raw = _decode(encoded)
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    key.verify(encode_dss_signature(r, s), signed, _ES256)


def _public(jwk: Mapping[str, str]) -> EllipticCurvePublicKey:
    x, y = (int.from_bytes(_decode(jwk[name].encode()), "big") for name in "xy")
    return EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()
