"""At the edges of status lists, presentations and DID documents: just so, no more."""

from __future__ import annotations

import struct
import zlib
from typing import Any, Final

from tests.attacks.case import Case, Doc, Group
from tests.attacks.documents import (
    BOARD,
    CANARIES,
    DOCTOR,
    NONCE,
    STRANGER,
    did_document,
    enveloped,
    plain,
    presentation,
    presented,
)
from tests.attacks.groups.valid import accepted
from tests.attacks.honest import b58, b64, make_proof, proof_set, signed
from tests.attacks.lists import (
    INDEX,
    LIST,
    SECOND_LIST,
    SIZE,
    bits,
    draft_list,
    encoded,
    entry,
    packed,
    status_list,
    with_status,
)
from tests.attacks.tokens import vc_jwt, vp_jwt
from tests.attacks.worlds import EXAMPLES_V2, V2

_WEB: Final = "did:web:board.example"
_URL: Final = "https://board.example/.well-known/did.json"
_ARGS: Final = ("--challenge", NONCE, "--domain", "hospital.example")


def cases() -> list[Case]:
    """Every case of this class."""
    group = Group(name="edge-status", canaries=CANARIES)
    _entries(group)
    _packed(group)
    _lists(group)
    _presentations(group)
    _documents(group)
    return group.made


def messages(count: int, form: str = "0x{:x}") -> list[Doc]:
    """A message for each status code."""
    return [{"status": form.format(n), "message": "m"} for n in range(count)]


def _entries(group: Group) -> None:
    wide = encoded(bits(2 * 10 + 1, size=2 * SIZE))  # the tenth entry is 1
    of_two = {"statusSize": 2, "statusMessage": messages(4)}
    fine: dict[str, tuple[Doc, Doc]] = {
        "refresh-set": (
            entry(purpose="refresh"),
            status_list(INDEX, purpose="refresh"),
        ),
        "message-set": (
            entry(purpose="message", statusMessage=messages(2)),
            status_list(INDEX, purpose="message"),
        ),
        "message-of-two-bits": (
            entry("10", purpose="message", **of_two),
            status_list(purpose="message", encodedList=wide),
        ),
        "message-codes-padded": (
            entry(
                "10",
                purpose="message",
                statusSize=2,
                statusMessage=messages(4, "0x{:02x}"),
            ),
            status_list(purpose="message", encodedList=wide),
        ),
        "size-one": (entry(statusSize=1), status_list()),
        "type-in-array": (entry(type=["BitstringStatusListEntry"]), status_list()),
        "index-last": (entry(str(SIZE - 1)), status_list()),
    }
    for name, (one, listed) in fine.items():
        accepted(group, f"entry-{name}", with_status(one), documents={LIST: listed})
    wrong: dict[str, tuple[Doc, Doc]] = {
        "two-bits-revoked": (entry("10", **of_two), status_list(encodedList=wide)),
        "two-bits-short-list": (
            entry("10", purpose="message", **of_two),
            status_list(purpose="message"),
        ),
        "code-missing": (
            entry("10", statusSize=2, statusMessage=messages(3)),
            status_list(encodedList=wide),
        ),
        "size-true": (entry(statusSize=True), status_list()),
        "size-33": (entry(statusSize=33), status_list()),
        "index-thousands": (entry("94,567"), status_list()),
        "id-of-its-list": (entry(id=LIST), status_list()),
    }
    for name, (one, listed) in wrong.items():
        document = with_status(one)
        group.add(
            f"entry-{name}", document, expect="not-verified", documents={LIST: listed}
        )
    second = entry("7", statusListCredential=SECOND_LIST, id=f"{SECOND_LIST}#7")
    two = with_status(entry(), second)
    revoked: dict[str, Any] = {LIST: status_list(INDEX)}
    group.add("entry-one-list-absent", two, codes="REVOKED", documents=revoked)
    other = signed({**draft_list(7), "id": SECOND_LIST}, BOARD)
    both: dict[str, Any] = {LIST: status_list(), SECOND_LIST: other}
    group.add("entry-second-list-revokes", two, codes="REVOKED", documents=both)


def _gzip(data: bytes, flags: int, extra: bytes = b"", *, check: bool = False) -> bytes:
    """GZIP (RFC 1952) with optional parts in its header."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packer.compress(data) + packer.flush()
    head = b"\x1f\x8b\x08" + bytes([flags]) + bytes(4) + b"\x00\x03" + extra
    if check:
        head += struct.pack("<H", zlib.crc32(head) & 0xFFFF)
    return head + body + struct.pack("<II", zlib.crc32(data), len(data))


def _packed(group: Group) -> None:
    content = bits()
    fine = {
        "comment": _gzip(content, 0x10, b"comment\0"),
        "extra-field": _gzip(content, 0x04, b"\x02\x00ab"),
        "header-checksum": _gzip(content, 0x02, check=True),
    }
    wrong = {
        "reserved-flag": _gzip(content, 0x20),
        "another-method": b"\x1f\x8b\x07" + packed(content)[3:],
        "empty-member-behind": packed(content) + packed(b""),
        "in-two-members": packed(content[:8_000]) + packed(content[8_000:]),
        "one-byte-short": packed(content[:-1]),
    }
    for name, data in {**fine, **wrong}.items():
        listed: dict[str, Any] = {LIST: status_list(encodedList="u" + b64(data))}
        document = with_status(entry("5"))
        if name in fine:
            accepted(group, f"packed-{name}", document, documents=listed)
        else:
            group.add(
                f"packed-{name}", document, expect="not-verified", documents=listed
            )
    for letter, text in {
        "f": packed(content).hex(),
        "uu": b64(packed(content)),
    }.items():
        listed = {LIST: status_list(encodedList=f"{letter}{text}")}
        group.add(f"packed-multibase-{letter}", with_status(entry()), documents=listed)


def _lists(group: Group) -> None:
    draft = draft_list()
    subject = draft["credentialSubject"]
    fine: dict[str, Any] = {
        "two-purposes": status_list(purpose=["revocation", "suspension"]),
        "from-now": signed({**draft, "validFrom": "2026-06-15T12:00:00Z"}, BOARD),
        "of-a-millisecond": signed(draft_list(ttl=1), BOARD),
        "stranger-beside": proof_set(draft, BOARD, STRANGER),
        "in-envelope": enveloped(vc_jwt(draft)),
    }
    wrong: dict[str, Any] = {
        "until-now": signed({**draft, "validUntil": "2026-06-15T12:00:00Z"}, BOARD),
        "made-later": signed(draft, BOARD, created="2026-06-15T12:00:01Z"),
        "status-of-its-own": signed({**draft, "credentialStatus": entry()}, BOARD),
        "ttl-fraction": signed(draft_list(ttl=0.5), BOARD),
        "two-subjects": signed({**draft, "credentialSubject": [subject] * 2}, BOARD),
        "purpose-case": status_list(purpose="Revocation"),
        "in-a-presentation": presented(status_list()),
        "token-expired": vc_jwt({**draft, "exp": 1}),
        "token-of-a-stranger": vc_jwt(draft, STRANGER),
    }
    for name, listed in {**fine, **wrong}.items():
        document = with_status(entry())
        if name in fine:
            accepted(group, f"list-{name}", document, documents={LIST: listed})
        else:
            group.add(
                f"list-{name}",
                document,
                expect="not-verified",
                documents={LIST: listed},
            )


def _presentations(group: Group) -> None:
    inner = signed(plain(), BOARD)
    given = {
        "proofPurpose": "authentication",
        "challenge": NONCE,
        "domain": "hospital.example",
    }
    nothing = presentation()
    del nothing["verifiableCredential"]
    context = {"@context": [V2, EXAMPLES_V2]}
    holder = {"id": DOCTOR.did, "note": "x"}
    fine: dict[str, Doc] = {
        "of-nothing": signed(nothing, DOCTOR, **given),
        "same-twice": presented(inner, inner),
        "holder-more": signed(
            {**presentation(inner), **context, "holder": holder}, DOCTOR, **given
        ),
    }
    for name, document in fine.items():
        accepted(group, f"presentation-{name}", document, args=_ARGS)
    honest, old = presented(inner), presented(inner, challenge="old")
    silent = make_proof(presentation(inner), DOCTOR, proofPurpose="authentication")
    fresh = make_proof(presentation(inner), STRANGER, **given)
    envelope = enveloped(vc_jwt(plain()))
    token = vp_jwt(presentation(inner))
    wrapped = {
        "@context": V2,
        "id": f"data:application/vp+jwt,{token}",
        "type": "EnvelopedVerifiablePresentation",
    }
    wrong: dict[str, Doc] = {
        "domains": presented(inner, domain=["hospital.example", "b.example"]),
        "domain-port": presented(inner, domain="hospital.example:443"),
        "domain-dot": presented(inner, domain="hospital.example."),
        "holders": signed(
            {**presentation(inner), "holder": [DOCTOR.did, STRANGER.did]},
            DOCTOR,
            **given,
        ),
        "holder-null": signed({**presentation(inner), "holder": None}, DOCTOR, **given),
        "in-presentation": presented(presented(inner)),
        "in-envelope": presented(wrapped),
        "reference": presented({"id": "urn:x:1"}),
        "envelope-with-proof": presented({**envelope, "proof": inner["proof"]}),
        "envelope-types": presented(
            {**envelope, "type": ["EnvelopedVerifiableCredential", "X"]}
        ),
        "one-proof-unasked": {**honest, "proof": [honest["proof"], silent]},
        "old-with-fresh-stranger": {**old, "proof": [old["proof"], fresh]},
        "self-asserted": presented(plain(DOCTOR.did)),
    }
    for name, document in wrong.items():
        group.add(f"presentation-{name}", document, args=_ARGS)


def _documents(group: Group) -> None:
    base = did_document(_WEB, BOARD)
    method = base["verificationMethod"][0]
    second = {**method, "id": f"{_WEB}#key-2"}
    relative = {**method, "id": "#key-1"}
    secret = {"publicKeyJwk": {**STRANGER.jwk, "d": "AAAA"}, "type": "JsonWebKey"}
    private = {"id": second["id"], "controller": _WEB, **secret}
    fine: dict[str, Doc] = {
        "no-context": {k: v for k, v in base.items() if k != "@context"},
        "unknown-members": {**base, "foo": {"bar": [1]}},
        "service": {
            **base,
            "service": [
                {"id": "#s", "type": "X", "serviceEndpoint": "https://x.example"}
            ],
        },
        "another-controller": {**base, "controller": STRANGER.did},
        "also-known-as": {**base, "alsoKnownAs": [STRANGER.did]},
        "future-key-beside": {
            **base,
            "verificationMethod": [
                method,
                {"id": second["id"], "type": "Key2030", "controller": _WEB, "k": "x"},
            ],
        },
        "ends-in-a-second": {
            **base,
            "verificationMethod": [{**method, "expires": "2026-06-15T14:00:01+02:00"}],
        },
    }
    wrong: dict[str, Doc] = {
        "ends-now": {
            **base,
            "verificationMethod": [{**method, "expires": "2026-06-15T14:00:00+02:00"}],
        },
        "twin-by-relative-id": {
            **base,
            "verificationMethod": [
                method,
                {**relative, "publicKeyMultibase": STRANGER.multikey},
            ],
        },
        "twin-embedded": {
            **base,
            "assertionMethod": [{**method, "publicKeyMultibase": STRANGER.multikey}],
        },
        "private-beside": {**base, "verificationMethod": [method, private]},
        "id-query": {**base, "id": f"{_WEB}?x"},
        "secret-beside": {
            **base,
            "verificationMethod": [{**method, "secretKeyMultibase": b58(b"\x80\x26x")}],
        },
    }
    document = signed(plain(_WEB), BOARD, verificationMethod=f"{_WEB}#key-1")
    for name, published in {**fine, **wrong}.items():
        if name in fine:
            accepted(group, f"did-{name}", document, documents={_URL: published})
        else:
            group.add(f"did-{name}", document, documents={_URL: published})
