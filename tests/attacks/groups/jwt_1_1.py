"""JWTs of VCDM 1.1: claims and members that disagree, and documents that are two."""

from __future__ import annotations

import json
from typing import Any, Final

from tests.attacks.case import Case, Doc, Group
from tests.attacks.documents import (
    BOARD,
    BOARD_256,
    BOARD_384,
    CANARIES,
    DOCTOR,
    NAME,
    NONCE,
    STRANGER,
    edited,
    legacy,
    plain,
    presentation,
)
from tests.attacks.groups.valid import accepted
from tests.attacks.honest import Party, b64, signed
from tests.attacks.tokens import (
    AUDIENCE,
    NOW_SECONDS,
    compact,
    header,
    jws,
    vc_jwt,
)
from tests.attacks.worlds import V1, V2

_ARGS: Final = ("--nonce", NONCE, "--audience", AUDIENCE)
_HOLDER: Final = (*_ARGS, "--require-holder-binding")
_START: Final = 1_767_225_600  # 2026-01-01T00:00:00Z
_END: Final = 1_830_297_599  # 2027-12-31T23:59:59Z


def cases() -> list[Case]:
    """Every case of this class."""
    group = Group(name="jwt-1.1", canaries=CANARIES)
    _valid(group)
    _contradictions(group)
    _shapes(group)
    _headers(group)
    _presentations(group)
    _nested(group)
    return group.made


def content(issuer: Any = None, **members: Any) -> Doc:
    """A credential of version 1.1 without the context of a proof."""
    return legacy(issuer, **{"@context": [V1], **members})


def claims(**members: Any) -> Doc:
    """Every claim of ``content``; ``None`` removes one."""
    draft = {
        "iss": BOARD.did,
        "sub": DOCTOR.did,
        "jti": content()["id"],
        "nbf": _START,
        "exp": _END,
        **members,
    }
    return {name: value for name, value in draft.items() if value is not None}


def bare(**members: Any) -> Doc:
    """What is left of ``content`` when its claims stand for its members."""
    subject = {"ward": NAME}
    return {
        "@context": [V1],
        "type": ["VerifiableCredential"],
        "credentialSubject": subject,
        **members,
    }


def token(payload: Doc | bytes, party: Party = BOARD, **members: Any) -> str:
    """A JWT as version 1.1 has it; ``None`` removes a member of the header."""
    return jws(header(party, **{"typ": "JWT", **members}), payload, party)


def credential(inner: Any = None, party: Party = BOARD, **members: Any) -> str:
    """A credential as a JWT, with every claim."""
    document = content(party.did) if inner is None else inner
    return token({**claims(iss=party.did), "vc": document, **members}, party)


def shown(*entries: Any, party: Party = DOCTOR, **members: Any) -> str:
    """A presentation as a JWT; ``None`` removes a claim."""
    inner = presentation(*entries, **{"@context": [V1]})
    del inner["holder"]
    draft = {
        "iss": party.did,
        "nonce": NONCE,
        "aud": AUDIENCE,
        "vp": inner,
        **members,
    }
    payload = {name: value for name, value in draft.items() if value is not None}
    return token(payload, party)


def _valid(group: Group) -> None:
    for party in (BOARD, BOARD_256, BOARD_384):
        name = party.kind.lower()
        accepted(group, f"ok-both-{name}", credential(party=party))
        payload = {**claims(iss=party.did), "vc": bare()}
        accepted(group, f"ok-claims-{name}", token(payload, party))
    for typ in (None, "JWT", "jwt"):
        text = token({**claims(), "vc": bare()}, typ=typ)
        accepted(group, f"ok-typ-{typ}", text)
    accepted(group, "ok-members-only", token({"vc": content()}))
    payloads: dict[str, Doc] = {
        "fraction": {**claims(nbf=_START + 0.25), "vc": bare()},
        "float": {**claims(nbf=float(_START), exp=float(_END)), "vc": content()},
        # What most libraries make of a date with milliseconds.
        "whole": {**claims(), "vc": content(issuanceDate="2026-01-01T00:00:00.001Z")},
        "no-end": {**claims(exp=None), "vc": bare()},
        "issuer-object": {**claims(), "vc": bare(issuer={"id": BOARD.did})},
        "issuer-unnamed": {**claims(), "vc": bare(issuer={"name": "Board"})},
        "subject-array": {**claims(), "vc": bare(credentialSubject=[{"ward": NAME}])},
        "unknown-claims": {**claims(), "vc": bare(), "azp": "x", "nonce": "y"},
        "iat": {**claims(iat=NOW_SECONDS), "vc": bare()},
    }
    for name, payload in payloads.items():
        accepted(group, f"ok-{name}", token(payload))
    one = credential()
    accepted(group, "ok-presentation", shown(one), args=_HOLDER)
    accepted(
        group, "ok-presentation-two", shown(one, signed(legacy(), BOARD)), args=_HOLDER
    )
    accepted(group, "ok-presentation-mixed", shown(one, vc_jwt(plain())), args=_HOLDER)
    accepted(group, "ok-presentation-audiences", shown(one, aud=[AUDIENCE]), args=_ARGS)
    single = edited(
        {"vp": presentation(one, **{"@context": [V1]})},
        "vp",
        "verifiableCredential",
        value=one,
    )
    accepted(group, "ok-presentation-single", token(single, DOCTOR))


def _contradictions(group: Group) -> None:
    other = STRANGER.did
    members: dict[str, Doc] = {
        "issuer": {"issuer": other},
        "issuer-object": {"issuer": {"id": other}},
        "issuer-case": {"issuer": BOARD.did.upper()},
        "issuer-array": {"issuer": [BOARD.did]},
        "id": {"id": "urn:uuid:00000000-0000-4000-8000-000000000000"},
        "subject": {"credentialSubject": {"id": other}},
        "subject-array": {"credentialSubject": [{"id": other}]},
        "subject-two": {"credentialSubject": [{"id": DOCTOR.did}, {"id": other}]},
        "subject-twice": {"credentialSubject": [{"id": DOCTOR.did}] * 2},
        "subject-text": {"credentialSubject": DOCTOR.did},
        "start": {"issuanceDate": "2026-01-01T00:00:01Z"},
        "start-rounded": {"issuanceDate": "2025-12-31T23:59:59.999Z"},
        "start-zone": {"issuanceDate": "2026-01-01T00:00:00+01:00"},
        "start-day": {"issuanceDate": "2026-01-01"},
        "end-later": {"expirationDate": "2028-12-31T23:59:59Z"},
        "end-earlier": {"expirationDate": "2027-01-01T00:00:00Z"},
    }
    for name, changes in members.items():
        group.add(f"differs-{name}", credential(content(**changes)))
    signed_claims: dict[str, Doc] = {
        "iss": {"iss": other},
        "sub": {"sub": other},
        "jti": {"jti": "urn:x:y"},
        "nbf": {"nbf": _START - 1},
        "nbf-fraction": {"nbf": _START + 0.001},
        "exp": {"exp": _END + 1},
        "exp-past": {"exp": NOW_SECONDS - 1},
    }
    for name, changes in signed_claims.items():
        group.add(f"claim-differs-{name}", credential(**changes))
    header_claims: dict[str, Doc] = {
        "iss": {"iss": other},
        "sub": {"sub": other},
        "iss-alone": {"iss": other},
    }
    for name, extra in header_claims.items():
        payload = (
            {"vc": content()} if "alone" in name else {**claims(), "vc": content()}
        )
        group.add(f"header-differs-{name}", token(payload, **extra))
    stolen = token({**claims(iss=other), "vc": content()}, STRANGER)
    group.add("issuer-of-the-claim-signs", stolen)
    group.add("issuer-of-nothing-signs", token({"vc": content()}, STRANGER))
    forged = token({**claims(iss=other), "vc": bare()}, STRANGER, kid=BOARD.method)
    group.add("issuer-kid-of-the-board", forged)


def _shapes(group: Group) -> None:
    values: dict[str, Any] = {
        "null": None,
        "true": True,
        "number": 7,
        "text": json.dumps(content()),
        "token": vc_jwt(plain()),
        "array": [content()],
        "empty-array": [],
        "empty": {},
    }
    for name, value in values.items():
        group.add(f"vc-{name}", token({**claims(), "vc": value}))
        group.add(f"vp-{name}", token({"iss": DOCTOR.did, "vp": value}, DOCTOR))
    payloads: dict[str, Doc] = {
        "both-claims": {**claims(), "vc": bare(), "vp": presentation()},
        "no-claim": claims(),
        "document-only": content(),
        "document-beside": {**content(), "vc": content(STRANGER.did)},
        "document-around": {**plain(), "vc": bare()},
        "status-beside": {**claims(), "vc": bare(), "credentialStatus": {"type": "x"}},
        "end-beside": {
            **claims(exp=None),
            "vc": bare(),
            "expirationDate": "2026-01-02T00:00:00Z",
        },
        "token-status": {**claims(), "vc": bare(), "status": {"status_list": {}}},
        "vct-beside": {**claims(), "vc": bare(), "vct": "urn:x"},
        "sd-jwt-cut": {**claims(), "vc": bare(), "_sd_alg": "sha-256"},
        "sd-jwt-cut-inside": {**claims(), "vc": bare(credentialSubject={"_sd": ["x"]})},
        "second-proof": {**claims(), "vc": signed(legacy(), BOARD)},
        "version-2": {"iss": BOARD.did, "vc": plain()},
        "version-2-dates": {**claims(), "vc": bare(**{"@context": [V2]})},
        "version-both": {**claims(), "vc": bare(**{"@context": [V1, V2]})},
        "no-context": {**claims(), "vc": bare(**{"@context": []})},
        "inline-context": {
            **claims(),
            "vc": bare(**{"@context": [V1, {"x": "urn:x"}]}),
        },
        "presentation-as-credential": {**claims(), "vc": presentation()},
        "credential-as-presentation": {"iss": DOCTOR.did, "vp": content()},
        "no-start": {**claims(nbf=None), "vc": bare()},
        "iat-is-no-start": {**claims(nbf=None, iat=_START), "vc": bare()},
        "no-subject": {**claims(), "vc": {**bare(), "credentialSubject": None}},
        "no-type": {**claims(), "vc": {**bare(), "type": []}},
        "at-graph": {**claims(), "vc": bare(**{"@graph": []})},
    }
    for name, payload in payloads.items():
        group.add(f"shape-{name}", token(payload))
    dates: dict[str, Any] = {
        "true": True,
        "text": str(_END),
        "date": "2027-12-31T23:59:59Z",
        "array": [_END],
        "huge": 10**400,
        "far": 10**14,
    }
    for name, value in dates.items():
        group.add(f"exp-{name}", token({**claims(exp=value), "vc": bare()}))
        group.add(f"nbf-{name}", token({**claims(nbf=value), "vc": bare()}))
    times: dict[str, Any] = {
        "expired": {"exp": NOW_SECONDS - 1},
        "expires-now": {"exp": NOW_SECONDS},
        "not-yet": {"nbf": NOW_SECONDS + 1},
        "issued-later": {"iat": NOW_SECONDS + 1},
    }
    for name, extra in times.items():
        group.add(f"time-{name}", token({**claims(**extra), "vc": bare()}))
    twice = compact({**claims(), "vc": bare()})[:-1] + b',"vc":{}}'
    group.add("duplicate-vc", token(twice))
    escaped = compact({**claims(), "vc": bare()})[:-1] + b',"i\\u0073s":"x"}'
    group.add("duplicate-iss-escaped", token(escaped))


def _headers(group: Group) -> None:
    payload = {**claims(), "vc": bare()}
    members: dict[str, Doc] = {
        "typ-vc-jwt": {"typ": "vc+jwt"},
        "typ-vp-jwt": {"typ": "vp+jwt"},
        "typ-key-binding": {"typ": "kb+jwt"},
        "typ-access-token": {"typ": "at+jwt"},
        "typ-number": {"typ": 7},
        "cty-jwt": {"cty": "JWT"},
        "cty-vc": {"cty": "vc"},
        "crit": {"crit": ["exp"], "exp": _END},
        "b64": {"b64": False, "crit": ["b64"]},
        "alg-none": {"alg": "none"},
        "alg-hs256": {"alg": "HS256"},
        "alg-other": {"alg": "ES256"},
        "kid-stranger": {"kid": STRANGER.method},
    }
    for name, extra in members.items():
        group.add(f"header-{name}", token(payload, **extra))
    nobody = b64(compact({"alg": "none"}))
    group.add("unsigned", f"{nobody}.{b64(compact(payload))}.")
    head, body, signature = token(payload).split(".")
    other = b64(compact({**claims(), "vc": bare(credentialSubject={"ward": "x"})}))
    group.add("payload-swapped", f"{head}.{other}.{signature}")
    group.add("version-2-as-1.1", vc_jwt(plain(), typ="JWT"))
    group.add("version-2-without-typ", vc_jwt(plain(), typ=None))
    group.add("version-1.1-as-2", vc_jwt({**claims(), "vc": bare()}))
    group.add("with-tilde", f"{head}.{body}.{signature}~")


def _presentations(group: Group) -> None:
    one = credential()
    members: dict[str, Any] = {
        "nonce-other": {"nonce": "canary-nonce-other"},
        "nonce-missing": {"nonce": None},
        "nonce-array": {"nonce": [NONCE]},
        "aud-other": {"aud": "https://evil.example"},
        "aud-missing": {"aud": None},
        "aud-array-two": {"aud": [AUDIENCE, "https://evil.example"]},
        "aud-array-empty": {"aud": []},
        "aud-array-without": {"aud": ["https://evil.example"]},
        "aud-object": {"aud": {"0": AUDIENCE}},
        "aud-suffix": {"aud": AUDIENCE + ".evil.example"},
        "expired": {"exp": NOW_SECONDS},
        "not-yet": {"nbf": NOW_SECONDS + 1},
    }
    for name, changes in members.items():
        group.add(f"presentation-{name}", shown(one, **changes), args=_ARGS)
    inner = presentation(one, **{"@context": [V1]})
    others: dict[str, Any] = {
        "holder-other": {"holder": STRANGER.did},
        "holder-object": {"holder": {"id": STRANGER.did}},
        "id-other": {"id": "urn:x:other"},
    }
    for name, changes in others.items():
        payload: Doc = {"vp": {**inner, **changes}, "jti": "urn:x:y"}
        text = shown(one, **payload)
        group.add(f"presentation-{name}", text, args=_ARGS)
    group.add("presentation-stranger", shown(one, party=STRANGER), args=_HOLDER)
    stolen = token(
        {"iss": DOCTOR.did, "nonce": NONCE, "aud": AUDIENCE, "vp": inner}, STRANGER
    )
    group.add("presentation-signed-by-another", stolen, args=_ARGS)
    group.add("presentation-none", shown(), args=_HOLDER)
    empty: Doc = {"vp": {**inner, "verifiableCredential": []}}
    group.add("presentation-empty", shown(**empty), args=_ARGS)


def _nested(group: Group) -> None:
    one = credential()
    head, body, signature = one.split(".")
    foreign = credential(
        content(credentialSubject={"id": STRANGER.did}), sub=STRANGER.did
    )
    decoded = {**legacy(), "proof": {"type": "JwtProof2020", "jwt": one}}
    entries: dict[str, Any] = {
        "tampered": f"{head}.{body}.{signature[:-4]}AAAA",
        "unsigned": f"{head}.{body}.",
        "other-subject": foreign,
        "expired": token({**claims(exp=NOW_SECONDS - 1), "vc": bare()}),
        "stranger": credential(party=STRANGER) + "x",
        "decoded": decoded,
        "decoded-object": content(),
        "presentation": shown(one),
        "envelope": {
            "@context": V2,
            "id": f"data:application/vc+jwt,{one}",
            "type": "EnvelopedVerifiableCredential",
        },
        "text": "hello",
        "number": 7,
        "null": None,
        "array": [one],
        "spaced": f" {one}",
        "two-tokens": f"{one}.{one}",
        "in-quotes": f'"{one}"',
    }
    for name, entry in entries.items():
        group.add(f"nested-{name}", shown(one, entry), args=_HOLDER)
    group.add("nested-too-many", shown(*[one] * 33), args=_ARGS, codes="TOO_LARGE")
    group.add("decoded-alone", decoded)
    group.add("token-in-envelope-of-version-2", entries["envelope"])
    jwt = vc_jwt(plain())
    group.add(
        "text-in-version-2",
        jws(header(DOCTOR, typ="vp+jwt"), presentation(jwt, one), DOCTOR),
    )
