"""At the edges of JOSE and SD-JWT: headers, claims, disclosures, bindings just so."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from tests.attacks.case import Case, Doc, Expect, Group
from tests.attacks.documents import (
    BOARD,
    CANARIES,
    DOCTOR,
    NONCE,
    PATIENT,
    STRANGER,
    enveloped,
    plain,
    presented,
)
from tests.attacks.groups.valid import accepted
from tests.attacks.honest import b58, b64, signed
from tests.attacks.messages import vc_cose
from tests.attacks.tokens import (
    AUDIENCE,
    NOW_SECONDS,
    bound,
    digest,
    disclosure,
    disclosures,
    header,
    jws,
    key_binding,
    sd_claims,
    sd_jwt,
    vc_jwt,
    vp_jwt,
)

_ARGS: Final = ("--nonce", NONCE, "--audience", AUDIENCE, "--require-key-binding")
# Nobody is asked for an answer; what the answer is over has to be right all the same.
_UNASKED: Final[dict[str, Expect]] = {
    "stranger": "refused",
    "another-hash": "refused",
    "another-nonce": "verified",
    "another-audience": "verified",
    "old": "refused",
}


def cases() -> list[Case]:
    """Every case of this class."""
    group = Group(name="edge-token", canaries=CANARIES)
    _headers(group)
    _claims(group)
    _texts(group)
    _disclosures(group)
    _elements(group)
    _bindings(group)
    _inside(group)
    _confirmations(group)
    return group.made


def _headers(group: Group) -> None:
    fine: dict[str, Doc] = {
        "typ-media-type": {"typ": "application/vc+jwt"},
        "typ-upper": {"typ": "VC+JWT"},
        "cty-media-type": {"cty": "application/vc"},
        "thumbprint": {"x5t#S256": "abc"},
        "own-key-beside-kid": {"jwk": BOARD.jwk},
        "address-of-keys-beside-kid": {"jku": "https://board.example/jwks"},
        "prototype": {"__proto__": {"alg": "none"}},
    }
    for name, members in fine.items():
        accepted(group, f"header-{name}", vc_jwt(plain(), **members))
    wrong: dict[str, Doc] = {
        "typ-parameters": {"typ": "vc+jwt;x=1"},
        "cty-empty": {"cty": ""},
        "cty-older": {"cty": "vc+ld+json"},
        "b64-true": {"b64": True},
        "crit-typ": {"crit": ["typ"]},
        "alg-lower": {"alg": "eddsa"},
        "alg-array": {"alg": ["EdDSA"]},
        "kid-percent": {"kid": BOARD.method.replace("#", "%23")},
        "kid-two-fragments": {"kid": f"{BOARD.method}#x"},
        "kid-long": {"kid": BOARD.method + "a" * 9_000},
    }
    for name, members in wrong.items():
        group.add(f"header-{name}", vc_jwt(plain(), **members))
    null = {**header(), "kid": None}
    group.add("header-kid-null", jws(null, plain(), BOARD))


def _claims(group: Group) -> None:
    two = [{"id": DOCTOR.did}, {"id": PATIENT.did}]
    fine: dict[str, Doc] = {
        "aud": {"aud": "https://x.example"},
        "cnf": {"cnf": {"jwk": DOCTOR.jwk}},
        "exp-in-half-a-second": {"exp": NOW_SECONDS + 0.5},
        "exp-exponent": {"exp": 1e12},
        "iat-text": {"iat": "2026-06-01T00:00:00Z"},
    }
    for name, members in fine.items():
        accepted(group, f"claim-{name}", vc_jwt({**plain(), **members}))
    accepted(group, "claim-jti-alone", vc_jwt({**plain(id=None), "jti": "urn:x:1"}))
    wrong: dict[str, Doc] = {
        "exp-half-a-second-ago": {"exp": NOW_SECONDS - 0.5},
        "exp-far": {"exp": 1e300},
        "exp-digits": {"exp": str(NOW_SECONDS + 5)},
        "exp-day": {"exp": "2027-06-01T00:00:00Z"},
        "exp-outlives-the-document": {
            "exp": NOW_SECONDS + 9,
            "validUntil": "2026-06-15T11:00:00Z",
        },
        "nbf-after-exp": {"nbf": NOW_SECONDS + 5, "exp": NOW_SECONDS - 5},
        "iss-object": {"iss": {"id": BOARD.did}},
        "sub-of-two": {"sub": DOCTOR.did, "credentialSubject": two},
        "sub-of-nobody": {"sub": DOCTOR.did, "credentialSubject": {"name": "x"}},
    }
    for name, members in wrong.items():
        group.add(f"claim-{name}", vc_jwt({**plain(), **members}))
    inside = enveloped(vc_jwt(plain()))
    group.add("claim-envelope-inside", vc_jwt(inside))


def _texts(group: Group) -> None:
    token = vc_jwt(plain())
    head, body, signature = token.split(".")
    accepted(group, "text-carriage-return", f"{token}\r\n")
    body_of = json.dumps(plain(), indent=2).encode()
    accepted(group, "text-pretty", jws(header(), b" \n" + body_of + b"\n", BOARD))
    group.add("text-tilde", f"{token}~")
    group.add("text-in-array", json.dumps([token]))
    unprotected = {"alg": "EdDSA", "kid": BOARD.method}
    loose = {"protected": b64(b"{}"), "header": unprotected, "payload": body}
    group.add("text-unprotected", json.dumps({**loose, "signature": signature}))
    flipped = f"{head[:-1]}{chr(ord(head[-1]) + 1)}.{body}.{signature}"
    group.add("text-trailing-bits-of-header", flipped)


def _disclosures(group: Group) -> None:
    one, _two = disclosures()
    subject = disclosure("sub", DOCTOR.did)
    issued = disclosure("iat", NOW_SECONDS - 10)
    # draft-ietf-oauth-sd-jwt-vc section 2.2.2.2: these two may be withheld.
    accepted(group, "sd-sub", sd_jwt(sd_claims(subject, sub=None), subject))
    accepted(group, "sd-iat", sd_jwt(sd_claims(issued, iat=None), issued))
    later = disclosure("iat", NOW_SECONDS + 99_999)
    group.add("sd-iat-later", sd_jwt(sd_claims(later, iat=None), later))
    for name in ("iss", "exp", "cnf", "vct", "status", "aka_vcts"):
        hidden = disclosure(name, NOW_SECONDS if name == "exp" else "x")
        deeper = sd_claims(info={"_sd": [digest(hidden)]})
        accepted(group, f"sd-{name}-deeper", sd_jwt(deeper, hidden))
        group.add(f"sd-{name}-over", sd_jwt(sd_claims(hidden), hidden))
    fine = {
        "empty-name": disclosure("", "v"),
        "empty-salt": disclosure("x", "v", salt=""),
        "great-number": disclosure("n", 10**30),
        "prototype": disclosure("__proto__", {"exp": 1}),
        "decoy-inside": disclosure("c", {"_sd": [digest("x")]}),
    }
    for name, text in fine.items():
        accepted(group, f"sd-{name}", sd_jwt(sd_claims(text), text))
    both = sd_claims(one, info={"_sd": [digest(one)]})
    group.add("sd-two-levels", sd_jwt(both, one))
    decoys = [digest(one), digest("decoy"), digest("decoy")]
    group.add("sd-decoy-twice", sd_jwt(sd_claims(_sd=decoys), one))
    own = disclosure("_sd_alg", "sha-512")
    group.add("sd-alg-disclosed", sd_jwt(sd_claims(own), own))
    group.add("sd-nested-null", sd_jwt(sd_claims(one, info={"_sd": None}), one))
    group.add("sd-more-tildes", sd_jwt(sd_claims(one), one) + "~~~")


def _elements(group: Group) -> None:
    inner = disclosure(None, "a")
    outer = disclosure(None, ["b", {"...": digest(inner)}])
    claims = sd_claims(roles=[{"...": digest(outer)}])
    accepted(group, "element-in-element", sd_jwt(claims, outer, inner))
    group.add("element-without-its-outer", sd_jwt(claims, inner))
    nothing = disclosure(None, None)
    null = sd_claims(roles=[{"...": digest(nothing)}])
    accepted(group, "element-null", sd_jwt(null, nothing))
    one, _two = disclosures()
    member = disclosure(None, {"_sd": [digest(one)]})
    object_in = sd_claims(roles=[{"...": digest(member)}])
    accepted(group, "element-object", sd_jwt(object_in, member, one))
    group.add(
        "element-and-member",
        sd_jwt(sd_claims(one, roles=[{"...": digest(one)}]), one),
    )
    more = sd_claims(one, roles=[{"...": digest("z"), "x": 1}])
    group.add("element-with-more", sd_jwt(more, one))


def _bindings(group: Group) -> None:
    one, two = disclosures()
    text = sd_jwt(sd_claims(one, two), one)
    longer = b64(hashlib.sha512(one.encode()).digest())
    other = sd_jwt(sd_claims(one, _sd_alg="sha-512", _sd=[longer]), one)
    right = b64(hashlib.sha512(other.encode()).digest())
    accepted(group, "binding-sha-512", bound(other, sd_hash=right), args=_ARGS)
    accepted(group, "binding-one-audience", bound(text, aud=[AUDIENCE]), args=_ARGS)
    accepted(group, "binding-exp", bound(text, exp=NOW_SECONDS + 9), args=_ARGS)
    hint = {"alg": "EdDSA", "typ": "kb+jwt", "kid": STRANGER.method}
    accepted(group, "binding-kid", text + key_binding(text, head=hint), args=_ARGS)
    wrong: dict[str, str] = {
        "sha-256-of-sha-512": bound(other),
        "sha-512-of-sha-256": bound(
            text, sd_hash=b64(hashlib.sha512(text.encode()).digest())
        ),
        "not-yet": bound(text, nbf=NOW_SECONDS + 999),
        "audience-slash": bound(text, aud=f"{AUDIENCE}/"),
        "audience-case": bound(text, aud=AUDIENCE.upper()),
        "audiences": bound(text, aud=[AUDIENCE, "https://b.example"]),
        "disclosure-added": bound(sd_jwt(sd_claims(one, two))).replace(
            "~", f"~{one}~", 1
        ),
    }
    for name, token in wrong.items():
        group.add(f"binding-{name}", token, args=_ARGS)


def _inside(group: Group) -> None:
    """What is inside of an envelope or a presentation has to hold as well."""
    one, _two = disclosures()
    text = sd_jwt(sd_claims(one), one)

    def shown(token: str) -> Doc:
        return presented(enveloped(token, "application/dc+sd-jwt"))

    given: dict[str, Any] = {"aud": "hospital.example"}
    asked = ("--challenge", NONCE, "--domain", "hospital.example")
    accepted(group, "inside-bound", shown(bound(text, **given)), args=asked)
    wrong: dict[str, str] = {
        "stranger": bound(text, STRANGER, **given),
        "another-hash": bound(text, **given, sd_hash=digest("x")),
        "another-nonce": bound(text, **given, nonce="other"),
        "another-audience": bound(text, aud="b.example"),
        "old": bound(text, **given, iat=NOW_SECONDS - 99_999),
    }
    for name, token in wrong.items():
        group.add(f"inside-bound-{name}", shown(token), args=asked)
        group.add(f"inside-bound-{name}-unasked", shown(token), expect=_UNASKED[name])
    honest = signed(plain(), BOARD)
    broken = {**honest["proof"], "proofValue": b58(bytes(64))}
    inside: dict[str, Doc] = {
        "broken": {**honest, "proof": broken},
        "broken-beside": {**honest, "proof": [honest["proof"], broken]},
        "expired": signed(plain(), BOARD, expires="2026-01-01T00:00:00Z"),
        "login": signed(plain(), BOARD, proofPurpose="authentication"),
        "empty": {**plain(), "proof": []},
        "text": {**plain(), "proof": "x"},
    }
    for name, document in inside.items():
        group.add(f"inside-jwt-{name}", vc_jwt(document))
        group.add(f"inside-cose-{name}", vc_cose(document))
        group.add(f"inside-sd-jwt-{name}", sd_jwt(document, typ="vc+sd-jwt"))
    accepted(group, "inside-jwt", vc_jwt(honest))
    accepted(group, "inside-cose", vc_cose(honest))
    # In a set of claims of its own it is a claim like any other.
    accepted(group, "inside-claim", sd_jwt(sd_claims(one, proof="of residence"), one))
    # Around what the board signed, and signed by somebody else.
    group.add("inside-jwt-of-a-stranger", vc_jwt(honest, STRANGER))
    old = presented(honest, challenge="old")
    fresh = {**old, "nonce": NONCE, "aud": "hospital.example"}
    group.add("inside-old-presentation", vp_jwt(fresh, STRANGER), args=asked)


def _confirmations(group: Group) -> None:
    one, _two = disclosures()
    fine: dict[str, Any] = {
        "kid": {"kid": DOCTOR.method},
        "more-members": {"jwk": {**DOCTOR.jwk, "kid": "1", "foo": "x"}},
    }
    wrong: dict[str, Any] = {
        "kid-of-another": {"kid": STRANGER.method},
        "thumbprint": {"jkt": "x"},
        "jwk-of-another": {"jwk": STRANGER.jwk, "kid": DOCTOR.method},
        "for-encryption": {"jwk": {**DOCTOR.jwk, "use": "enc"}},
        "certificate": {"x5c": ["MIIB"]},
        "array": [{"jwk": DOCTOR.jwk}],
    }
    for name, cnf in {**fine, **wrong}.items():
        token = bound(sd_jwt(sd_claims(one, cnf=cnf), one))
        if name in fine:
            accepted(group, f"cnf-{name}", token, args=_ARGS)
        else:
            group.add(f"cnf-{name}", token, expect="not-verified", args=_ARGS)
    document = sd_jwt(signed(plain(), STRANGER), typ="vc+sd-jwt", party=STRANGER)
    group.add("document-of-a-stranger-with-proof", document)
