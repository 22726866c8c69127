"""SD-JWT: RFC 9901 sections 7.1 and 7.3, and what a holder may not do."""

from __future__ import annotations

import json
from typing import Any, Final

from tests.attacks.case import Case, Doc, Group
from tests.attacks.documents import BOARD, CANARIES, DOCTOR, NAME, NONCE, STRANGER
from tests.attacks.honest import b64, unb64
from tests.attacks.tokens import (
    AUDIENCE,
    NOW_SECONDS,
    VCT,
    bound,
    digest,
    disclosure,
    disclosures,
    header,
    jws,
    key_binding,
    sd_claims,
    sd_jwt,
)

_ARGS: Final = ("--nonce", NONCE, "--audience", AUDIENCE, "--require-key-binding")


_NO_ALGORITHM: Final = b'{"alg":"none","typ":"dc+sd-jwt"}'


def cases() -> list[Case]:
    """Every case of this class."""
    group = Group(name="sd-jwt", canaries=CANARIES)
    _disclosures(group)
    _payloads(group)
    _hidden(group)
    _issuers(group)
    _bindings(group)
    _texts(group)
    return group.made


def _shown(group: Group, name: str, claims: Doc, *shown: str) -> None:
    """Add the same token bare and with an honest key binding."""
    text = sd_jwt(claims, *shown)
    group.add(name, text)
    group.add(f"{name}-bound", bound(text), args=_ARGS)


def _disclosures(group: Group) -> None:
    one, two = disclosures()
    claims = sd_claims(one, two)
    _shown(group, "disclosure-unused", claims, one, disclosure("role", "admin"))
    _shown(group, "disclosure-replaced", claims, disclosure("given_name", "Mallory"))
    _shown(group, "disclosure-twice", claims, one, one)
    _shown(group, "disclosure-empty", claims, one, "")
    _shown(group, "disclosure-truncated", claims, one[:-4])
    _shown(group, "disclosure-padded", claims, one + "=")
    forms: dict[str, bytes] = {
        "object": b'{"salt": "x"}',
        "empty-array": b"[]",
        "one-element": b'["salt"]',
        "four-elements": b'["salt","a","b","c"]',
        "name-number": b'["salt",7,"x"]',
        "name-null": b'["salt",null,"x"]',
        "name-sd": b'["salt","_sd","x"]',
        "name-dots": b'["salt","...","x"]',
        "salt-number": b'[7,"role","x"]',
        "not-json": b"hello",
        "nan": b'["salt","dose",NaN]',
        "duplicate-members": b'["salt","role",{"a":1,"a":2}]',
        "surrogate": b'["salt","role","\\ud800"]',
        "invalid-utf-8": b'["salt","role","\xff"]',
        "trailing": b'["salt","role","x"] []',
        "deep": b'["salt","role",' + b"[" * 5000 + b"]" * 5001,
        "array-form-in-object": b'["salt","x"]',
    }
    for name, form in forms.items():
        text = b64(form)
        _shown(group, f"disclosure-{name}", sd_claims(text), text)
    array = {"roles": [{"...": digest(one)}, "nurse"]}
    _shown(group, "disclosure-object-form-in-array", sd_claims(**array), one)
    collision = disclosure("vct_name", "x")
    claims = sd_claims(collision, vct_name="y")
    _shown(group, "disclosure-collides", claims, collision)
    pair = [disclosure("role", "a"), disclosure("role", "b")]
    _shown(group, "disclosure-same-name", sd_claims(*pair), *pair)


def _payloads(group: Group) -> None:
    one, two = disclosures()
    element = disclosure(None, "surgeon")
    twice = [digest(one), digest(one)]
    payloads: dict[str, Doc] = {
        "digest-twice": sd_claims(_sd=twice),
        "digest-in-two-places": sd_claims(one, nested={"_sd": [digest(one)]}),
        "digest-in-array-too": sd_claims(one, roles=[{"...": digest(one)}]),
        "sd-text": sd_claims(_sd=digest(one)),
        "sd-number": sd_claims(_sd=[7]),
        "sd-object": sd_claims(_sd={"a": digest(one)}),
        "alg-unknown": sd_claims(one, _sd_alg="md5"),
        "alg-sha-1": sd_claims(one, _sd_alg="sha-1"),
        "alg-case": sd_claims(one, _sd_alg="SHA-256"),
        "alg-number": sd_claims(one, _sd_alg=7),
        "alg-empty": sd_claims(one, _sd_alg=""),
        "dots-in-object": sd_claims(one, **{"...": digest(two)}),
        "dots-with-more": sd_claims(one, roles=[{"...": digest(element), "role": "x"}]),
        "dots-number": sd_claims(one, roles=[{"...": 7}]),
    }
    for name, claims in payloads.items():
        extra = [element] if name == "dots-with-more" else []
        _shown(group, f"payload-{name}", claims, one, *extra)
    deep = _chain(200)
    _shown(group, "payload-disclosures-nested-200", sd_claims(deep[-1]), *deep)


def _chain(length: int) -> list[str]:
    chain = [disclosure("end", "x", "salt")]
    for number in range(length):
        inner = {"_sd": [digest(chain[-1])]}
        chain.append(disclosure(f"level{number}", inner, "salt"))
    return chain


def _hidden(group: Group) -> None:
    """Claims the verifier must see may not be left to the holder's choice."""
    values: dict[str, Any] = {
        "iss": BOARD.did,
        "nbf": NOW_SECONDS - 9,
        "exp": NOW_SECONDS - 9,
        "cnf": {"jwk": DOCTOR.jwk},
        "vct": VCT,
        "vct#integrity": "sha256-AAAA",
        "status": {"status_list": {"idx": 1, "uri": "https://board.example/t"}},
    }
    for name, value in values.items():
        hidden = disclosure(name, value)
        claims = sd_claims(hidden, **{name: None})
        _shown(group, f"hidden-{name.replace('#', '-')}-shown", claims, hidden)


def _issuers(group: Group) -> None:
    one, _two = disclosures()
    claims = sd_claims(one)
    payloads: dict[str, Doc] = {
        "expired": sd_claims(one, exp=NOW_SECONDS - 1),
        "exp-now": sd_claims(one, exp=NOW_SECONDS),
        "exp-true": sd_claims(one, exp=True),
        "exp-text": sd_claims(one, exp="2027"),
        "nbf-future": sd_claims(one, nbf=NOW_SECONDS + 3600),
        "iss-other": sd_claims(one, iss=STRANGER.did),
        "iss-missing": sd_claims(one, iss=None),
        "vct-missing": sd_claims(one, vct=None),
        "vct-number": sd_claims(one, vct=7),
        "vct-empty": sd_claims(one, vct=""),
    }
    for name, payload in payloads.items():
        _shown(group, f"issuer-{name}", payload, one)
    stranger = sd_jwt(claims, one, party=STRANGER)
    group.add("issuer-stranger", stranger)
    group.add(
        "issuer-stranger-kid", sd_jwt(claims, one, party=STRANGER, kid=BOARD.method)
    )
    headers: dict[str, Doc] = {
        "typ-jwt": {"typ": "JWT"},
        "typ-missing": {"typ": None},
        "typ-vc-jwt": {"typ": "vc+jwt"},
        "alg-none": {"alg": "none"},
        "alg-hs256": {"alg": "HS256"},
        "crit": {"crit": ["x"], "x": 1},
        "kid-fragment-other": {"kid": "#key-9"},
        "kid-stranger": {"kid": STRANGER.method},
    }
    for name, members in headers.items():
        text = sd_jwt(claims, one, **members)
        group.add(f"issuer-{name}", text)
    tampered = sd_jwt(claims, one).replace(".", ".A", 1)
    group.add("issuer-tampered", tampered)
    for name, wanted in {"other": "https://other.example", "prefix": VCT[:-1]}.items():
        group.add(f"vct-{name}", sd_jwt(claims, one), args=("--vct", wanted))


def _bindings(group: Group) -> None:
    one, two = disclosures()
    text = sd_jwt(sd_claims(one, two), one)
    claims: dict[str, Doc] = {
        "nonce-other": {"nonce": "canary-nonce-other"},
        "nonce-missing": {"nonce": None},
        "nonce-array": {"nonce": [NONCE]},
        "nonce-prefix": {"nonce": NONCE[:-1]},
        "aud-other": {"aud": "https://evil.example"},
        "aud-missing": {"aud": None},
        "aud-array-without": {"aud": ["https://evil.example"]},
        "aud-suffix": {"aud": AUDIENCE + ".evil.example"},
        "hash-other": {"sd_hash": digest("x")},
        "hash-missing": {"sd_hash": None},
        "hash-of-token": {"sd_hash": digest(text.split("~")[0])},
        "hash-without-tilde": {"sd_hash": digest(text[:-1])},
        "hash-padded": {"sd_hash": digest(text) + "="},
        "hash-number": {"sd_hash": 7},
        "iat-missing": {"iat": None},
        "iat-old": {"iat": NOW_SECONDS - 86_400},
        "iat-future": {"iat": NOW_SECONDS + 86_400},
        "iat-text": {"iat": str(NOW_SECONDS)},
        "iat-true": {"iat": True},
        "exp-past": {"exp": NOW_SECONDS - 1},
    }
    for name, members in claims.items():
        group.add(f"binding-{name}", bound(text, **members), args=_ARGS)
    heads: dict[str, Doc] = {
        "typ-missing": {"alg": "EdDSA"},
        "typ-jwt": {"alg": "EdDSA", "typ": "JWT"},
        "typ-case": {"alg": "EdDSA", "typ": "KB+JWT "},
        "alg-none": {"alg": "none", "typ": "kb+jwt"},
        "alg-hs256": {"alg": "HS256", "typ": "kb+jwt"},
        "alg-es256": {"alg": "ES256", "typ": "kb+jwt"},
        "crit": {"alg": "EdDSA", "typ": "kb+jwt", "crit": ["x"], "x": 1},
        "jwk": {"alg": "EdDSA", "typ": "kb+jwt", "jwk": STRANGER.jwk},
    }
    for name, head in heads.items():
        party = STRANGER if name == "jwk" else DOCTOR
        group.add(f"binding-{name}", bound(text, party, head=head), args=_ARGS)
    group.add("binding-missing", text, args=_ARGS)
    group.add("binding-missing-nonce-asked", text, args=("--nonce", NONCE))
    group.add("binding-stranger", bound(text, STRANGER), args=_ARGS)
    group.add("binding-issuer", bound(text, BOARD), args=_ARGS)
    unnamed = sd_jwt(sd_claims(one, two, cnf=None), one)
    group.add("binding-no-cnf", bound(unnamed), args=_ARGS)
    _moved_bindings(group, text)
    for number, cnf in enumerate(
        (
            {},
            {"jwk": {}},
            {"jwk": "x"},
            "x",
            7,
            [],
            {"kid": "x"},
            {"jku": "https://evil.example"},
        )
    ):
        odd = sd_jwt(sd_claims(one, cnf=cnf), one)
        group.add(
            f"binding-cnf-{number}", bound(odd), args=_ARGS, expect="not-verified"
        )
    private = {"jwk": {**DOCTOR.jwk, "d": b64(bytes(32))}}
    group.add(
        "binding-cnf-private",
        bound(sd_jwt(sd_claims(one, cnf=private), one)),
        args=_ARGS,
    )


def _moved_bindings(group: Group, text: str) -> None:
    one, two = disclosures()
    more = sd_jwt(sd_claims(one, two), one, two)
    group.add("binding-of-fewer", more + key_binding(text), args=_ARGS)
    none = sd_jwt(sd_claims(one, two))
    group.add("binding-of-more", none + key_binding(text), args=_ARGS)
    group.add("binding-twice", bound(text) + "~" + key_binding(text), args=_ARGS)
    group.add("binding-tilde-after", bound(text) + "~", args=_ARGS)
    group.add("binding-first", key_binding(text) + "~" + text, args=_ARGS)
    swapped = sd_jwt(sd_claims(one, two), two, one)
    group.add(
        "binding-order",
        swapped + key_binding(sd_jwt(sd_claims(one, two), one, two)),
        args=_ARGS,
    )
    cut = bound(text)[:-8]
    group.add("binding-cut", cut, args=_ARGS)


def _texts(group: Group) -> None:
    one, two = disclosures()
    claims = sd_claims(one, two)
    text = sd_jwt(claims, one)
    token = text.split("~")[0]
    head, body, signature = token.split(".")
    texts = {
        "no-tilde": token,
        "only-tilde": "~",
        "only-tildes": "~" * 50_000,
        "tilde-first": "~" + text,
        "double-tilde": text + "~",
        "space": text.replace("~", " ~", 1),
        "newline": text.replace("~", "~\n", 1),
        "alg-none": f"{b64(_NO_ALGORITHM)}.{body}.~{one}~",
        "unsigned": f"{head}.{body}.~{one}~",
        "payload-padded": f"{head}.{body}=.{signature}~{one}~",
        "many-disclosures": sd_jwt(claims, *[one] * 20_000),
        "huge-disclosure": sd_jwt(sd_claims(b64(b"[" * 900_000)), b64(b"[" * 900_000)),
    }
    for name, content in texts.items():
        group.add(f"text-{name}", content)
    flattened = {
        "payload": body,
        "protected": head,
        "signature": signature,
        "header": {"disclosures": [one, disclosure("role", "admin")]},
    }
    group.add("text-json-form", json.dumps(flattened))
    swapped = jws(header(typ="dc+sd-jwt"), unb64(body) + b" ", BOARD)
    group.add(
        "text-payload-trailing", f"{swapped.rpartition('.')[0]}.{signature}~{one}~"
    )
    group.add(
        "text-name-canary",
        sd_jwt(sd_claims(disclosure(NAME, 1)), disclosure("x", NAME)),
    )
