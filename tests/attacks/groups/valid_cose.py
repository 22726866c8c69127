"""Messages and token status lists that must be accepted."""

from __future__ import annotations

import base64
import zlib
from typing import Any, Final

import cbor2

from tests.attacks.case import Case, Doc, Group
from tests.attacks.documents import (
    BOARD,
    BOARD_256,
    BOARD_384,
    CANARIES,
    DOCTOR,
    NONCE,
    did_document,
    license_draft,
    plain,
    presentation,
    presented,
)
from tests.attacks.groups.token_status import (
    INDEX,
    URL,
    claims,
    in_json,
    list_cwt,
    list_jwt,
    named,
    statuses,
)
from tests.attacks.groups.valid import accepted
from tests.attacks.lists import LIST, draft_list, entry, status_list, with_status
from tests.attacks.messages import enveloped, labels, sign1, vc_cose, vp_cose
from tests.attacks.tokens import AUDIENCE, NOW_SECONDS, compact, vc_jwt

_ARGS: Final = ("--nonce", NONCE, "--audience", AUDIENCE, "--require-holder-binding")
_ANSWERS: Final = {3: AUDIENCE, 10: NONCE.encode()}


def cases() -> list[Case]:
    """Every case of this class."""
    group = Group(name="valid-cose", canaries=CANARIES)
    _messages(group)
    _presentations(group)
    _lists(group)
    return group.made


def _messages(group: Group) -> None:
    for party in (BOARD, BOARD_256, BOARD_384):
        name = party.kind.lower()
        accepted(group, f"message-{name}", vc_cose(plain(party.did), party))
        own = party.did_jwk
        jwk = vc_cose(plain(own), party, l4=f"{own}#0".encode())
        accepted(group, f"message-did-jwk-{name}", jwk)
    for name, alg, party in (
        ("ed25519", -19, BOARD),
        ("esp256", -9, BOARD_256),
        ("esp384", -51, BOARD_384),
    ):
        accepted(group, f"alg-{name}", vc_cose(plain(party.did), party, l1=alg))
    for party in (BOARD_256, BOARD_384):
        head = labels(party)
        body = plain(party.did)
        covered = cbor2.dumps(head)
        signed = cbor2.dumps(["Signature1", covered, b"", compact(body)])
        for high in (True, False):
            made = party.sign(signed, high_s=high)
            label = f"{party.kind.lower()}-{'high' if high else 'low'}-s"
            accepted(group, label, sign1(head, body, party, signature=made))
    fragment = f"#{BOARD.multikey}".encode()
    more: dict[str, dict[str, Any]] = {
        "kid-missing": {"l4": None},
        "kid-relative": {"l4": fragment},
        "content-type": {"l3": "application/vc"},
        "only-content-type": {"l16": None, "l3": "application/vc"},
        "short-typ": {"l16": "vc+cose"},
        "typ-case": {"l16": "Application/VC+COSE"},
        "claims": {"l15": {1: BOARD.did, 2: DOCTOR.did, 6: NOW_SECONDS - 60}},
        "exp": {"l15": {4: NOW_SECONDS + 1}},
        "exp-float": {"l15": {4: NOW_SECONDS + 0.5}},
        "unknown-label": {"l-70001": [1, {"a": None}]},
        "x5chain-beside-kid": {"l33": b"certificate"},
    }
    for name, members in more.items():
        accepted(group, f"header-{name}", vc_cose(plain(), **members))
    unordered = {16: "application/vc+cose", 4: BOARD.method.encode(), 1: -8}
    accepted(group, "header-any-order", sign1(unordered, plain()))
    bare = labels(l4=None)
    kid = {4: BOARD.method.encode()}
    accepted(group, "kid-unprotected", sign1(bare, plain(), unprotected=kid))
    counter = {11: [b"", {}, b"signature"]}
    accepted(group, "countersigned", sign1(labels(), plain(), unprotected=counter))
    content = vc_cose(plain())
    text = base64.b64encode(content).decode()
    accepted(group, "text", text)
    accepted(group, "text-newline", f"{text}\n")
    accepted(group, "text-no-padding", text.rstrip("="))
    good = enveloped(content)
    accepted(group, "envelope", good)
    # As the working group's own test suite sends it.
    accepted(group, "envelope-newline", {**good, "id": f"{good['id']}\n"})
    accepted(group, "license", vc_cose(license_draft()))
    web = "did:web:board.example"
    signed = vc_cose(plain(web), l4=f"{web}#key-1".encode())
    accepted(
        group,
        "did-web",
        signed,
        documents={
            "https://board.example/.well-known/did.json": did_document(web, BOARD)
        },
    )


def _presentations(group: Group) -> None:
    content = vc_cose(plain())
    shown = vp_cose(presentation(enveloped(content)), l15=_ANSWERS)
    accepted(group, "presentation", shown, args=_ARGS)
    accepted(group, "presentation-not-asked", vp_cose(presentation(enveloped(content))))
    wrapped = enveloped(shown, "vp+cose")
    wrapped["type"] = "EnvelopedVerifiablePresentation"
    accepted(group, "presentation-enveloped", wrapped, args=_ARGS)
    in_payload = {
        **presentation(enveloped(content)),
        "nonce": NONCE,
        "aud": AUDIENCE,
    }
    accepted(group, "presentation-claims-inside", vp_cose(in_payload), args=_ARGS)
    token = {
        "@context": "https://www.w3.org/ns/credentials/v2",
        "id": f"data:application/vc+jwt,{vc_jwt(plain())}",
        "type": "EnvelopedVerifiableCredential",
    }
    mixed = presentation(enveloped(content), token)
    accepted(group, "presentation-mixed", vp_cose(mixed, l15=_ANSWERS), args=_ARGS)
    embedded = presented(enveloped(content))
    args = ("--challenge", NONCE, "--domain", "hospital.example")
    accepted(group, "presentation-data-integrity", embedded, args=args)


def _lists(group: Group) -> None:
    listed = vc_cose(plain(credentialStatus=entry()))
    accepted(group, "status", listed, documents={LIST: status_list()})
    accepted(
        group,
        "status-list-in-cose",
        with_status(entry()),
        documents={LIST: vc_cose(draft_list())},
    )
    for bits in (1, 2, 4, 8):
        raw = statuses(INDEX - 1, INDEX + 1, bits=bits)
        found = list_jwt(claims(in_json(raw, bits)))
        accepted(group, f"token-list-{bits}", named(), documents={URL: found})
        packed = {"bits": bits, "lst": zlib.compress(raw)}
        cwt = list_cwt(packed)
        accepted(group, f"token-list-{bits}-cwt", named(), documents={URL: cwt})
    changes: dict[str, Doc] = {
        "no-exp": {"exp": None},
        "no-ttl": {"ttl": None},
        "iss": {"iss": BOARD.did},
        "more": {"jti": "1", "x": [1]},
        "aggregation": {"status_list": in_json(aggregation_uri="https://a.example")},
        "iat-slightly-ahead": {"iat": NOW_SECONDS + 30},
    }
    for name, change in changes.items():
        payload = {k: v for k, v in {**claims(), **change}.items() if v is not None}
        found = list_jwt(payload)
        accepted(group, f"token-list-{name}", named(), documents={URL: found})
    accepted(group, "token-list-no-kid", named(), documents={URL: list_jwt(kid=None)})
    text = base64.b64encode(list_cwt()).decode()
    accepted(group, "token-list-text", named(), documents={URL: text})
    required = ("--status", "required")
    found = list_jwt()
    accepted(
        group, "token-list-required", named(), documents={URL: found}, args=required
    )
    claim = {"status": {"status_list": {"idx": 7, "uri": URL}}}
    for make in (vc_jwt, vc_cose):
        document: Any = make({**plain(), **claim})
        label = f"token-list-in-{make.__name__}"
        accepted(group, label, document, documents={URL: found})
