"""DID documents: resolved from their DID or the evidence, and held to it."""

from __future__ import annotations

from typing import Any

import pytest

from medid.core import base64url
from medid.core.evidence import Evidence
from medid.core.json import dumps
from medid.dids import resolver
from medid.dids.syntax import Did
from medid.errors import (
    DidNotFound,
    EvidenceUnavailable,
    FetchBlocked,
    FetchFailed,
    HistoryUnknown,
    InvalidDid,
    MalformedValue,
    MethodNotSupported,
)
from medid.keys import KeyKind, PrivateKey
from medid.verifying.checks import Outcome
from medid.verifying.resolving import dereference, resolve
from tests.verifying import world
from tests.verifying.world import (
    BOARD,
    JWK,
    NOW,
    STRANGER,
    WEB,
    WEB_URL,
    Web,
    codes,
    evidence,
    verified,
)


def of_did(did: str) -> dict[str, Any]:
    return resolver.resolve(Did.parse(did), Evidence()).raw


@pytest.mark.parametrize("did", [BOARD.did, JWK.did])
def test_a_did_that_holds_its_key_is_resolved_without_the_web(did: str) -> None:
    web = Web()
    assert str(resolve(did, fetch=web).id) == did
    assert web.batches == []


def test_a_did_web_is_fetched_unless_it_is_at_hand() -> None:
    page = world.web_document(WEB)
    web = Web({WEB_URL: page})
    assert resolve(WEB.did, fetch=web).raw == page
    assert web.batches == [[WEB_URL]]
    assert resolve(WEB.did, evidence=evidence({WEB_URL: page})).raw == page
    with pytest.raises(EvidenceUnavailable):
        resolve(WEB.did)


def test_what_cannot_be_resolved_raises() -> None:
    with pytest.raises(InvalidDid):
        resolve("did")
    with pytest.raises(MethodNotSupported):
        resolve("did:unknown:1")


@pytest.mark.parametrize("did", [BOARD.did, JWK.did])
def test_a_document_that_says_what_its_did_says_passes_and_is_told(did: str) -> None:
    answer = verified(of_did(did))
    assert answer
    assert answer.kind == "did-document"
    assert answer.warnings == (
        "who published this DID document is not shown by the document",
    )


@pytest.mark.parametrize(
    ("expected", "check", "code"),
    [
        ({"challenge": "c"}, "challenge", "INVALID_CHALLENGE_ERROR"),
        ({"domain": "d"}, "domain", "INVALID_DOMAIN_ERROR"),
        ({"holder_binding": True}, "holder", "HOLDER_BINDING_ERROR"),
        ({"key_binding": True}, "key-binding", "HOLDER_BINDING_ERROR"),
        ({"vct": "https://types.example/1"}, "vct", "MALFORMED_VALUE_ERROR"),
        ({"hybrid_proofs": True}, "proof", "CRYPTOGRAPHIC_SECURITY_ERROR"),
    ],
)
def test_a_did_document_is_not_what_a_presenter_was_asked_for(
    expected: dict[str, Any], check: str, code: str
) -> None:
    """Anybody can hand in a DID document in place of a presentation."""
    answer = verified(of_did(BOARD.did), **expected)
    assert answer.outcome is Outcome.REFUSED
    assert codes(answer) == [(check, code, "$")]


def forged(did: str, **members: Any) -> dict[str, Any]:
    return {**of_did(did), **members}


@pytest.mark.parametrize("relationship", ["assertionMethod", "authentication"])
def test_a_document_with_a_key_that_its_did_does_not_stand_for_is_refused(
    relationship: str,
) -> None:
    document = of_did(BOARD.did)
    mine = {
        "id": f"{BOARD.did}#mine",
        "type": "Multikey",
        "controller": BOARD.did,
        "publicKeyMultibase": STRANGER.signer.public_key.to_multikey(),
    }
    document["verificationMethod"].append(mine)
    document[relationship].append(mine["id"])
    answer = verified(document)
    assert answer.outcome is Outcome.REFUSED
    assert codes(answer) == [
        ("did-document", "INVALID_DID_DOCUMENT", f"$.{relationship}")
    ]


@pytest.mark.parametrize("relationship", ["authentication", "keyAgreement"])
@pytest.mark.parametrize("name", [STRANGER.verification_method, "#unlisted"])
def test_a_document_names_no_method_of_others_that_its_did_does_not_name(
    relationship: str, name: str
) -> None:
    document = of_did(BOARD.did)
    document[relationship] = [*document.get(relationship, []), name]
    refusal = [("did-document", "INVALID_DID_DOCUMENT", f"$.{relationship}")]
    assert codes(verified(document)) == refusal
    plain = world.web_document(WEB)
    page = {**plain, relationship: [name]}
    assert codes(verified(page, known={WEB_URL: plain})) == refusal
    # As published, or named where the published document holds the method itself.
    assert verified(page, known={WEB_URL: page})
    method = of_did(STRANGER.did)["verificationMethod"][0] | {"id": name}
    holding = {**plain, relationship: [method]}
    assert verified(page, known={WEB_URL: holding})


def test_a_document_shows_no_key_for_no_purpose_that_is_not_published() -> None:
    document = of_did(BOARD.did)
    mine = {
        "id": "#mine",
        "type": "Multikey",
        "controller": BOARD.did,
        "publicKeyMultibase": STRANGER.signer.public_key.to_multikey(),
    }
    for method in (mine, {**mine, "type": "Other"}):
        copy = {
            **document,
            "verificationMethod": [*document["verificationMethod"], method],
        }
        assert codes(verified(copy)) == [
            ("did-document", "INVALID_DID_DOCUMENT", "$.verificationMethod")
        ]
    plain = world.web_document(WEB)
    shown = {
        **plain,
        "verificationMethod": [*plain["verificationMethod"], {**mine, "type": "Other"}],
    }
    assert verified(shown, known={WEB_URL: shown})


def test_a_did_web_document_is_held_to_the_published_one() -> None:
    page = world.web_document(WEB)
    assert verified(page, known={WEB_URL: page})
    other = world.web_document(world.web_controller(WEB.did[8:], "key-2"))
    answer = verified(other, known={WEB_URL: page})
    assert codes(answer) == [
        ("did-document", "INVALID_DID_DOCUMENT", "$.assertionMethod")
    ]


ACCOUNT = "did:pkh:eip155:1:0xb9c5714089478a327f09197987f16f9e5d936e8a"
P256 = PrivateKey.generate(KeyKind.P256).public_key.to_jwk()
ENCRYPTS = base64url.encode(dumps({**P256, "use": "enc"}).encode())


@pytest.mark.parametrize("did", [ACCOUNT, f"did:jwk:{ENCRYPTS}"])
def test_a_method_that_cannot_be_used_is_no_fault_of_a_document(did: str) -> None:
    document = of_did(did)
    assert verified(document)
    (method,) = document["verificationMethod"]
    method["note"] = "another"
    assert not verified(document)


@pytest.mark.parametrize(
    "members",
    [
        {"type": "EcdsaSecp256k1RecoveryMethod2020"},
        {"revoked": "2020-01-01T00:00:00Z"},
        {"controller": "did:web:other.example"},
        {"publicKeyJwk": {**P256, "use": "enc"}},
        {"publicKeyJwk": {**P256, "x": "AA"}},
    ],
)
def test_a_published_method_that_cannot_be_used_may_stand_in_a_copy(
    members: Any,
) -> None:
    plain = world.web_document(WEB)
    name = f"{WEB.did}#other"
    method = {
        "id": name,
        "type": "JsonWebKey",
        "controller": WEB.did,
        "publicKeyJwk": P256,
        **members,
    }
    page = {
        **plain,
        "verificationMethod": [*plain["verificationMethod"], method],
        "assertionMethod": [*plain["assertionMethod"], name],
    }
    assert verified(page, known={WEB_URL: page})
    embedded = {**plain, "assertionMethod": [*plain["assertionMethod"], method]}
    assert verified(embedded, known={WEB_URL: page})
    # One that is not published, or not so, and one that could be used then, may not.
    usable = {**method, "type": "JsonWebKey", "controller": WEB.did}
    usable = {**usable, "publicKeyJwk": P256}
    usable.pop("revoked", None)
    for published, shown in ((plain, method), (page, {**method, "note": "x"})):
        copy = {**plain, "assertionMethod": [*plain["assertionMethod"], shown]}
        assert not verified(copy, known={WEB_URL: published})
    copy = {**plain, "assertionMethod": [*plain["assertionMethod"], usable]}
    answer = verified(copy, known={WEB_URL: page})
    assert codes(answer) == [
        ("did-document", "INVALID_DID_DOCUMENT", "$.assertionMethod")
    ]


@pytest.mark.parametrize("page", [None, FetchFailed("503"), FetchBlocked("10.0.0.1")])
def test_a_document_whose_published_form_is_not_at_hand_keeps_its_form(
    page: Any,
) -> None:
    known = {} if page is None else {WEB_URL: page}
    assert verified(world.web_document(WEB), known=known)


@pytest.mark.parametrize("page", [b"{", {"id": "did:web:other.example"}])
def test_a_published_form_that_is_none_contradicts_the_document(page: Any) -> None:
    answer = verified(world.web_document(WEB), known={WEB_URL: page})
    assert [code for _, code, _ in codes(answer)] == ["INVALID_DID_DOCUMENT"]


def test_a_document_that_is_gone_contradicts_its_copy() -> None:
    answer = verified(world.web_document(WEB), known={WEB_URL: DidNotFound("gone")})
    assert [code for _, code, _ in codes(answer)] == ["DID_NOT_FOUND"]


def test_a_document_of_an_unknown_method_is_held_to_its_form() -> None:
    assert verified({"id": "did:unknown:1"})
    answer = verified({"id": "did:unknown:1", "verificationMethod": [7]})
    assert codes(answer) == [
        ("did-document", "INVALID_DID_DOCUMENT", "$.verificationMethod[0]")
    ]


def test_a_did_that_is_none_is_refused() -> None:
    answer = verified({"id": "did:key:zzz"})
    assert answer.outcome is Outcome.REFUSED
    assert [check for check, _, _ in codes(answer)] == ["did-document"]


@pytest.mark.parametrize(
    "members",
    [
        {"issuer": BOARD.did},
        {"proof": {}},
        {"credentialSubject": {"id": BOARD.did}},
        {"holder": BOARD.did},
        {"verifiableCredential": []},
        {"type": "VerifiableCredential"},
    ],
)
def test_a_credential_does_not_pass_as_a_did_document(members: Any) -> None:
    answer = verified(forged(BOARD.did, **members))
    assert answer.outcome is Outcome.REFUSED
    assert [check for check, _, _ in codes(answer)] == ["parse"]


def test_a_did_url_is_dereferenced() -> None:
    page = {
        "id": WEB.did,
        "service": [
            {"id": "#files", "type": "Files", "serviceEndpoint": "https://a.example/x/"}
        ],
    }
    resource = "https://a.example/x/a.txt"
    web = Web({WEB_URL: page, resource: "hello"})
    url = f"{WEB.did}?service=files&relativeRef=a.txt"
    assert dereference(url, fetch=web, uri_list=True).content == [resource]
    assert web.batches == [[WEB_URL]]
    found = dereference(f"{url}&resource=true", fetch=web).content
    assert isinstance(found, bytes)
    assert b"hello" in found
    with pytest.raises(HistoryUnknown):
        dereference(WEB.did, fetch=web, at=NOW.plus(-world.DAY))
    with pytest.raises(MalformedValue, match="twice"):
        dereference(f"{WEB.did}?versionTime=2026-01-01T00:00:00Z", at=NOW)
    with pytest.raises(EvidenceUnavailable):
        dereference(url)
