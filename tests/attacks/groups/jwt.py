"""JWTs: the header is the attacker's, the key decides."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from tests.attacks.case import Case, Doc, Group
from tests.attacks.documents import (
    BOARD,
    BOARD_256,
    BOARD_384,
    CANARIES,
    DOCTOR,
    STRANGER,
    did_document,
    legacy,
    plain,
)
from tests.attacks.honest import Party, b64, unb64
from tests.attacks.tokens import NOW_SECONDS, compact, header, jws, vc_jwt

_FORM: Final = "PARSING_ERROR MALFORMED_VALUE_ERROR TOO_LARGE"


def cases() -> list[Case]:
    """Every case of this class."""
    group = Group(name="jwt", canaries=CANARIES)
    _algorithms(group)
    _headers(group)
    _claims(group)
    _texts(group)
    _signatures(group)
    return group.made


def _unsigned(head: Doc, signature: bytes = b"") -> str:
    return f"{b64(compact(head))}.{b64(compact(plain()))}.{b64(signature)}"


def _hmac(head: Doc, secret: bytes) -> str:
    text = f"{b64(compact(head))}.{b64(compact(plain()))}"
    return f"{text}.{b64(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"


def _algorithms(group: Group) -> None:
    for name in ("none", "None", "NONE", "nOnE", ""):
        group.add(f"alg-{name or 'empty'}", _unsigned(header(alg=name)))
        group.add(f"alg-{name or 'empty'}-signed", vc_jwt(plain(), alg=name))
    secrets = {
        "raw": BOARD.raw,
        "jwk": compact(BOARD.jwk),
        "multikey": BOARD.multikey.encode(),
        "did": BOARD.did.encode(),
        "empty": b"",
    }
    for name, secret in secrets.items():
        group.add(f"hmac-{name}", _hmac(header(alg="HS256"), secret))
    others: tuple[Any, ...] = (
        "RS256",
        "PS256",
        "ES256K",
        "ES512",
        "ES521",
        "HS512",
        "eddsa",
        "EdDSA ",
        "ES256",
        "ES384",
        "Ed448",
        "dir",
        "https://example.org/alg",
        7,
        True,
        ["EdDSA"],
        {"alg": "EdDSA"},
    )
    for number, alg in enumerate(others):
        group.add(f"alg-other-{number}", vc_jwt(plain(), alg=alg))
    missing = vc_jwt(plain(), alg=None)
    group.add("alg-missing", missing)
    crossed = {
        "p256-says-eddsa": (BOARD_256, "EdDSA"),
        "p256-says-es384": (BOARD_256, "ES384"),
        "p384-says-es256": (BOARD_384, "ES256"),
        "p384-says-eddsa": (BOARD_384, "Ed25519"),
    }
    for name, (party, alg) in crossed.items():
        group.add(f"crossed-{name}", vc_jwt(plain(party.did), party, alg=alg))


def _headers(group: Group) -> None:
    kid = STRANGER.method
    members: dict[str, Doc] = {
        "crit-empty": {"crit": []},
        "crit-unknown": {"crit": ["urn:x"], "urn:x": 1},
        "crit-registered": {"crit": ["alg"]},
        "crit-exp": {"crit": ["exp"], "exp": NOW_SECONDS + 9},
        "crit-b64": {"crit": ["b64"], "b64": True},
        "crit-b64-false": {"crit": ["b64"], "b64": False},
        "crit-text": {"crit": "exp"},
        "crit-null-text": {"crit": {}},
        "b64-false": {"b64": False},
        "zip": {"zip": "DEF"},
        "typ-missing": {"typ": None},
        "typ-jwt": {"typ": "JWT"},
        "typ-presentation": {"typ": "vp+jwt"},
        "typ-key-binding": {"typ": "kb+jwt"},
        "typ-access-token": {"typ": "at+jwt"},
        "typ-number": {"typ": 7},
        "typ-array": {"typ": ["vc+jwt"]},
        "cty-presentation": {"cty": "vp"},
        "cty-jwt": {"cty": "JWT"},
        "kid-stranger": {"kid": kid},
        "kid-fragment-other": {"kid": "#key-9"},
        "kid-fragment-only": {"kid": "#"},
        "kid-did-only": {"kid": BOARD.did},
        "kid-other-fragment": {"kid": f"{BOARD.did}#key-9"},
        "kid-empty": {"kid": ""},
        "kid-number": {"kid": 7},
        "kid-array": {"kid": [BOARD.method]},
        "kid-path": {"kid": "../../../../dev/null"},
        "kid-sql": {"kid": "' UNION SELECT 'secret"},
        "kid-https": {"kid": "https://evil.example/key"},
        "kid-space": {"kid": BOARD.method + " "},
        "iss-other": {"iss": STRANGER.did},
    }
    for name, extra in members.items():
        group.add(f"header-{name}", vc_jwt(plain(), **extra))
    _ambiguous(group)
    forged: dict[str, Doc] = {
        "jwk": {"jwk": STRANGER.jwk, "kid": None},
        "jwk-and-kid": {"jwk": STRANGER.jwk, "kid": BOARD.method},
        "jku": {"jku": "https://evil.example/jwks.json"},
        "x5u": {"x5u": "https://evil.example/cert.pem"},
        "x5c": {"x5c": ["MIIB"]},
        "kid-stranger": {"kid": kid},
    }
    for name, extra in forged.items():
        token = jws(header(BOARD, **extra), plain(), STRANGER)
        group.add(f"embedded-{name}", token, expect="not-verified")
    group.add("header-20-kib", vc_jwt(plain(), padding="a" * 20_480), codes="TOO_LARGE")
    double = compact(header())[:-1] + b',"alg":"EdDSA"}'
    group.add("header-duplicate-alg", jws(double, plain(), BOARD), codes=_FORM)
    escaped = compact(header())[:-1] + b',"\\u0061lg":"none"}'
    group.add("header-duplicate-escaped", jws(escaped, plain(), BOARD), codes=_FORM)
    for name, head in {
        "array": b"[]",
        "text": b'"x"',
        "null": b"null",
        "empty": b"",
        "not-json": b"alg",
        "nan": compact(header())[:-1] + b',"x":NaN}',
        "bom": b"\xef\xbb\xbf" + compact(header()),
        "trailing": compact(header()) + b"{}",
        "deep": b'{"a":' * 5000 + b"1" + b"}" * 5000,
        "invalid-utf-8": compact(header())[:-1] + b',"x":"\xff"}',
    }.items():
        group.add(f"header-form-{name}", jws(head, plain(), BOARD), codes=_FORM)


def _ambiguous(group: Group) -> None:
    """Without a kid, or with a wrong one, nobody says which of two keys it was."""
    web = "did:web:board.example"
    url = "https://board.example/.well-known/did.json"
    listed = did_document(web, BOARD)
    second = {**listed["verificationMethod"][0], "id": f"{web}#key-2"}
    second["publicKeyMultibase"] = STRANGER.multikey
    listed["verificationMethod"].append(second)
    listed["assertionMethod"].append(second["id"])
    for name, kid in {"missing": None, "second": "#key-2", "third": "#key-3"}.items():
        token = vc_jwt(plain(web), kid=kid)
        group.add(f"two-keys-kid-{name}", token, documents={url: listed})
    neither = did_document(web, BOARD, assertionMethod=[])
    token = vc_jwt(plain(web), kid=None)
    group.add("no-key-kid-missing", token, documents={url: neither})


def _claims(group: Group) -> None:
    claims: dict[str, Doc] = {
        "vc-claim": {"vc": plain()},
        "vp-claim": {"vp": {}},
        "vc-claim-empty": {"vc": {}},
        "exp-past": {"exp": NOW_SECONDS - 1},
        "exp-now": {"exp": NOW_SECONDS},
        "exp-true": {"exp": True},
        "exp-text": {"exp": str(NOW_SECONDS + 3600)},
        "exp-null-array": {"exp": []},
        "exp-negative": {"exp": -1},
        "exp-zero": {"exp": 0},
        "exp-object": {"exp": {}},
        "exp-huge": {"exp": 10**400},
        "nbf-future": {"nbf": NOW_SECONDS + 1},
        "nbf-true": {"nbf": True},
        "nbf-text": {"nbf": "0"},
        "nbf-array": {"nbf": [0]},
        "iat-text": {"iat": "now"},
        "iss-other": {"iss": STRANGER.did},
        "iss-case": {"iss": BOARD.did.upper()},
        "iss-array": {"iss": [BOARD.did]},
        "iss-number": {"iss": 7},
        "issuer-other": {"issuer": STRANGER.did},
        "jti-other": {"jti": "urn:uuid:00000000-0000-4000-8000-000000000000"},
        "sub-other": {"sub": STRANGER.did},
        "valid-until-past": {"validUntil": "2026-06-15T11:59:59Z"},
        "context-inline": {"@context": plain()["@context"] + [{"x": "urn:x"}]},
        "context-missing": {"@context": []},
        "type-presentation": {"type": ["VerifiablePresentation"]},
        "subject-array-empty": {"credentialSubject": []},
        "at-graph": {"@graph": []},
    }
    for name, extra in claims.items():
        group.add(f"claim-{name}", vc_jwt({**plain(), **extra}))
    only = {"iss": BOARD.did, "sub": DOCTOR.did, "vc": plain()}
    group.add("claims-only-vc", vc_jwt(only))
    old = {"iss": BOARD.did, "vc": legacy(), "nbf": NOW_SECONDS - 9}
    group.add("claims-1.1-as-vc-jwt", vc_jwt(old))
    overflow = compact(plain())[:-1] + b',"exp":1e999}'
    group.add("claims-overflow", jws(header(), overflow, BOARD))
    twice = compact(plain())[:-1] + b',"issuer":"' + BOARD.did.encode() + b'"}'
    group.add("claims-duplicate", jws(header(), twice, BOARD), codes=_FORM)
    for name, body in {
        "array": b"[]",
        "text": b'"x"',
        "empty": b"",
        "not-json": b"hello",
        "nan": compact(plain())[:-1] + b',"x":NaN}',
        "bom": b"\xef\xbb\xbf" + compact(plain()),
        "nested-jwt": vc_jwt(plain()).encode(),
    }.items():
        group.add(f"claims-form-{name}", jws(header(), body, BOARD))


def _texts(group: Group) -> None:
    token = vc_jwt(plain())
    head, body, signature = token.split(".")
    texts: dict[str, Doc | str] = {
        "padding-header": f"{head}=.{body}.{signature}",
        "padding-payload": f"{head}.{body}=.{signature}",
        "padding-signature": f"{token}==",
        "trailing-bits": f"{head}.{body}.{signature[:-1]}{_other_bits(signature[-1])}",
        "space-inside": f"{head} .{body}.{signature}",
        "newline-inside": f"{head}.\n{body}.{signature}",
        "newline-in-signature": f"{head}.{body}.{signature[:9]}\n{signature[9:]}",
        "four-parts": f"{token}.{signature}",
        "two-parts": f"{head}.{body}",
        "one-part": head,
        "five-parts": f"{head}.{body}.{signature}.{body}.{signature}",
        "empty-header": f".{body}.{signature}",
        "empty-payload": f"{head}..{signature}",
        "empty-signature": f"{head}.{body}.",
        "only-dots": "..",
        "base64-letters": f"{head}.{body}.{signature}".replace("-", "+").replace(
            "_", "/"
        ),
        "junk-in-signature": f"{head}.{body}.{signature[:4]}!{signature[4:]}",
        "bearer": f"Bearer {token}",
        "quoted": f'"{token}"',
        "unicode-dot": token.replace(".", "\uff0e"),
        "bom": "\ufeff" + token,
        "nul": token + "\x00",
        "flattened": {"protected": head, "payload": body, "signature": signature},
        "general": {
            "payload": body,
            "signatures": [{"protected": head, "signature": signature}],
        },
        "general-empty": {"payload": body, "signatures": []},
        "many-dots": "." * 100_000,
        "very-long": "a" * 1_100_000,
        "jwe": f"{head}.{body}.{signature}.{head}.{body}",
        "two-tokens": f"{token}\n{token}",
    }
    for name, text in texts.items():
        group.add(f"text-{name}", text)


def _other_bits(letter: str) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return alphabet[alphabet.index(letter) ^ 1]


def _signatures(group: Group) -> None:
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    token = vc_jwt(plain(BOARD_256.did), BOARD_256)
    text, _, signature = token.rpartition(".")
    raw = unb64(signature)
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    forms = {
        "der": encode_dss_signature(r, s),
        "zero": bytes(64),
        "r-zero": bytes(32) + raw[32:],
        "s-zero": raw[:32] + bytes(32),
        "r-order": order.to_bytes(32, "big") + raw[32:],
        "s-order": raw[:32] + order.to_bytes(32, "big"),
        "one-one": (1).to_bytes(32, "big") * 2,
        "short": raw[:-1],
        "long": raw + b"\x00",
        "leading-zero": b"\x00" + raw,
        "swapped": raw[32:] + raw[:32],
        "all-ones": b"\xff" * 64,
        "p384-size": raw[:32].rjust(48, b"\x00") + raw[32:].rjust(48, b"\x00"),
        "empty": b"",
    }
    for name, form in forms.items():
        group.add(f"signature-{name}", f"{text}.{b64(form)}")
    edwards = vc_jwt(plain())
    text, _, signature = edwards.rpartition(".")
    raw = unb64(signature)
    for name, form in {
        "zero": bytes(64),
        "short": raw[:-1],
        "long": raw + b"\x00",
        "flipped": raw[:-1] + bytes([raw[-1] ^ 1]),
        "other-key": Party("twin").sign(text.encode()),
    }.items():
        group.add(f"signature-ed-{name}", f"{text}.{b64(form)}")
