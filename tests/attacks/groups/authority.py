"""A right signature by a key that may not speak for the issuer."""

from __future__ import annotations

from typing import Any, Final

from tests.attacks.case import Case, Doc, Group
from tests.attacks.documents import (
    BOARD,
    CANARIES,
    DOCTOR,
    STRANGER,
    did_document,
    license_draft,
    plain,
)
from tests.attacks.honest import make_proof, signed, signed_rdfc

WEB: Final = "did:web:board.example"
WEB_URL: Final = "https://board.example/.well-known/did.json"
_CODES: Final = (
    "INVALID_VERIFICATION_METHOD INVALID_RELATIONSHIP INVALID_DID_DOCUMENT "
    "INVALID_DID PROOF_VERIFICATION_ERROR MALFORMED_VALUE_ERROR "
    "DATA_LOSS_DETECTION_ERROR NOT_COMPACT"
)


def cases() -> list[Case]:
    """Every case of this class."""
    group = Group(name="authority", canaries=CANARIES)
    _other_issuers(group)
    _spellings(group)
    _issuer_shapes(group)
    _documents(group)
    _methods(group)
    _files(group)
    return group.made


def _other_issuers(group: Group) -> None:
    issuers: dict[str, Any] = {
        "stranger": STRANGER.did,
        "subject": DOCTOR.did,
        "web": WEB,
        "https": "https://board.example/issuer",
        "http": "http://board.example/issuer",
        "urn": "urn:uuid:5f0a6c2e-6f0b-4a55-9f0e-0d6a1d0b7c11",
        "verification-method": BOARD.method,
        "fragment-only": f"{BOARD.did}#",
        "query": f"{BOARD.did}?versionId=1",
        "path": f"{BOARD.did}/issuer",
        "prefix": BOARD.did[:-1],
        "longer": BOARD.did + "1",
        "object": {"id": STRANGER.did, "name": "Example State Medical Board"},
        "object-with-key": {"id": STRANGER.did, "controller": BOARD.did},
        "also-known-as": {"id": STRANGER.did, "alsoKnownAs": [BOARD.did]},
    }
    for name, issuer in issuers.items():
        for suite, sign in (("jcs", signed), ("rdfc", signed_rdfc)):
            group.add(
                f"issuer-{name}-{suite}",
                sign(plain(issuer), BOARD),
                expect="not-verified",
                why="the issuer is not who holds the key",
            )
    draft = license_draft({"id": BOARD.did, "name": "Board"})
    group.add("license-by-holder", signed_rdfc(draft, DOCTOR), codes=_CODES)
    both = [make_proof(draft, DOCTOR), make_proof(draft, STRANGER)]
    group.add("set-without-issuer", {**draft, "proof": both}, codes=_CODES)


def _spellings(group: Group) -> None:
    did = BOARD.did
    web = WEB
    spellings = {
        "upper-scheme": did.replace("did:", "DID:"),
        "upper-method": did.replace("key", "KEY"),
        "upper": did.upper(),
        "lower": did.lower(),
        "percent": did.replace("key", "k%65y"),
        "percent-z": did.replace(":z", ":%7A"),
        "slash": did + "/",
        "space-after": did + " ",
        "space-before": " " + did,
        "newline": did + "\n",
        "tab": did + "\t",
        "homoglyph": did.replace("key", "\u043aey"),
        "zero-width": did + "\u200b",
        "fullwidth-colon": did.replace(":", "\uff1a", 1),
        "soft-hyphen": did.replace("did:", "did:\u00ad"),
        "nul": did + "\x00",
        "right-to-left": "\u202e" + did,
    }
    for name, issuer in spellings.items():
        group.add(f"spelling-{name}", signed(plain(issuer), BOARD))
    hosts = {
        "upper": "did:web:BOARD.example",
        "dot": "did:web:board.example.",
        "slash": "did:web:board.example/",
        "port": "did:web:board.example%3A443",
        "percent": "did:web:bo%61rd.example",
        "punycode": "did:web:xn--bord-5na.example",
        "homoglyph": "did:web:bo\u0430rd.example",
        "colon": "did:web:board.example:",
        "subdomain": "did:web:evil.board.example",
        "suffix": "did:web:board.example.evil.example",
        "userinfo": "did:web:board.example%40evil.example",
        "well-known": "did:web:board.example:.well-known",
    }
    documents: dict[str, Doc | bytes | str] = {WEB_URL: did_document(web, BOARD)}
    for name, issuer in hosts.items():
        document = signed(plain(issuer), BOARD, verificationMethod=f"{web}#key-1")
        group.add(f"web-{name}", document, expect="not-verified", documents=documents)


def _issuer_shapes(group: Group) -> None:
    shapes: dict[str, Any] = {
        "array": [BOARD.did],
        "two": [BOARD.did, STRANGER.did],
        "number": 7,
        "empty-object": {},
        "empty-text": "",
        "id-null": {"id": None},
        "id-array": {"id": [BOARD.did]},
        "id-object": {"id": {"id": BOARD.did}},
        "at-id": {"@id": BOARD.did},
        "both-ids": {"@id": BOARD.did, "id": STRANGER.did},
        "value": {"@value": BOARD.did},
        "name-only": {"name": "Example State Medical Board"},
        "relative": "issuer",
        "blank": "_:b0",
        "true": True,
    }
    for name, issuer in shapes.items():
        group.add(f"shape-{name}", signed(plain(issuer), BOARD))
        group.add(f"shape-{name}-rdfc", signed_rdfc(plain(issuer), BOARD))
    draft = plain()
    del draft["issuer"]
    group.add("shape-missing", signed(draft, BOARD))
    group.add("shape-null", signed({**draft, "issuer": None}, BOARD))


def _by_web(fragment: str = "key-1", **members: Any) -> Doc:
    return signed(plain(WEB), BOARD, verificationMethod=f"{WEB}#{fragment}", **members)


def _documents(group: Group) -> None:
    key = f"{WEB}#key-1"
    other = did_document("did:web:other.example", BOARD)
    shapes: dict[str, Doc | bytes | str] = {
        "id-of-other": {**did_document(WEB, BOARD), "id": "did:web:other.example"},
        "of-other": other,
        "id-upper-case": {**did_document(WEB, BOARD), "id": WEB.upper()},
        "id-missing": {k: v for k, v in did_document(WEB, BOARD).items() if k != "id"},
        "id-url": {**did_document(WEB, BOARD), "id": f"{WEB}#"},
        "id-array": {**did_document(WEB, BOARD), "id": [WEB]},
        "only-authentication": did_document(WEB, BOARD, assertionMethod=None),
        "only-listed": did_document(
            WEB, BOARD, assertionMethod=None, authentication=None
        ),
        "only-agreement": did_document(
            WEB, BOARD, assertionMethod=None, keyAgreement=[key]
        ),
        "assertion-empty": did_document(WEB, BOARD, assertionMethod=[]),
        "assertion-of-other-key": did_document(
            WEB, BOARD, assertionMethod=[f"{WEB}#key-2"]
        ),
        "assertion-by-prefix": did_document(
            WEB, BOARD, assertionMethod=[f"{WEB}#key-10"]
        ),
        "assertion-number": did_document(WEB, BOARD, assertionMethod=[0]),
        "assertion-object": did_document(WEB, BOARD, assertionMethod={"id": key}),
        "methods-missing": did_document(WEB, BOARD, verificationMethod=None),
        "methods-object": did_document(WEB, BOARD, verificationMethod={"id": key}),
        "methods-text": did_document(WEB, BOARD, verificationMethod=[key]),
        "array": f"[{did_document(WEB, BOARD)}]".replace("'", '"'),
        "html": "<!doctype html><title>Sign in</title>",
        "empty": b"",
        "null": "null",
        "empty-object": {},
        "other-key": did_document(WEB, STRANGER),
        "too-large": {**did_document(WEB, BOARD), "padding": "a" * 300_000},
        "duplicate-id": '{"id": "did:web:other.example", ' + _text(WEB)[1:],
        "nan": _text(WEB)[:-1] + ', "x": NaN}',
    }
    for name, listed in shapes.items():
        group.add(
            f"document-{name}",
            _by_web(),
            expect="not-verified",
            documents={WEB_URL: listed},
            why="the controller's document does not allow this key",
        )
    group.add("document-absent", _by_web(), expect="undecided")
    elsewhere = {"https://board.example/did.json": did_document(WEB, BOARD)}
    group.add(
        "document-elsewhere", _by_web(), expect="undecided", documents={**elsewhere}
    )
    plain_http = {"http://board.example/.well-known/did.json": did_document(WEB, BOARD)}
    group.add(
        "document-by-http", _by_web(), expect="not-verified", documents={**plain_http}
    )


def _text(did: str) -> str:
    import json

    return json.dumps(did_document(did, BOARD))


def _methods(group: Group) -> None:
    listed = did_document(WEB, BOARD)["verificationMethod"][0]
    variants: dict[str, Any] = {
        "foreign-controller": {**listed, "controller": STRANGER.did},
        "controller-missing": {k: v for k, v in listed.items() if k != "controller"},
        "controller-array": {**listed, "controller": [WEB]},
        "controller-fragment": {**listed, "controller": f"{WEB}#key-1"},
        "controller-case": {**listed, "controller": WEB.upper()},
        "foreign-id": {**listed, "id": f"{STRANGER.did}#key-1"},
        "id-missing": {k: v for k, v in listed.items() if k != "id"},
        "id-case": {**listed, "id": f"{WEB}#KEY-1"},
        "revoked": {**listed, "revoked": "2026-06-10T00:00:00Z"},
        "revoked-before-created": {**listed, "revoked": "2026-05-01T00:00:00Z"},
        "revoked-not-a-time": {**listed, "revoked": "yes"},
        "revoked-true": {**listed, "revoked": True},
        "expired": {**listed, "expires": "2026-06-14T00:00:00Z"},
        "expired-now": {**listed, "expires": "2026-06-15T12:00:00Z"},
        "expires-not-a-time": {**listed, "expires": "soon"},
        "expires-null": {**listed, "expires": None},
    }
    for name, method in variants.items():
        document = did_document(WEB, BOARD, verificationMethod=[method])
        group.add(f"method-{name}", _by_web(), documents={WEB_URL: document})
    twice = did_document(WEB, BOARD)
    twice["verificationMethod"].append(
        {**listed, "publicKeyMultibase": STRANGER.multikey}
    )
    group.add("method-twice", _by_web(), documents={WEB_URL: twice})
    twice["verificationMethod"].reverse()
    group.add("method-twice-reversed", _by_web(), documents={WEB_URL: twice})
    embedded = did_document(WEB, BOARD, assertionMethod=None, keyAgreement=[listed])
    embedded["verificationMethod"] = []
    group.add("method-in-agreement-only", _by_web(), documents={WEB_URL: embedded})
    service = did_document(WEB, BOARD, verificationMethod=[], service=[listed])
    group.add("method-in-service", _by_web(), documents={WEB_URL: service})


def _files(group: Group) -> None:
    deactivated = did_document(WEB, BOARD, verificationMethod=[], assertionMethod=[])
    group.add("file-no-keys", _by_web(), documents={WEB_URL: deactivated})
    foreign = did_document(WEB, BOARD)
    foreign["assertionMethod"] = [f"{STRANGER.did}#{STRANGER.multikey}"]
    document = signed(plain(WEB), STRANGER)
    group.add("file-delegates-to-key", document, documents={WEB_URL: foreign})
    controlled = did_document(WEB, BOARD, controller=STRANGER.did)
    group.add("file-controller-signs", document, documents={WEB_URL: controlled})
    alias = did_document(WEB, BOARD, alsoKnownAs=[STRANGER.did])
    group.add("file-also-known-as", document, documents={WEB_URL: alias})
