"""Trust, schemas and related resources: what else a credential stands or falls with."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from medid.credentials.digests import multihash
from medid.errors import FetchFailed
from medid.trust import TrustRegistry
from medid.verifying.checks import Outcome, Result
from tests.verifying import world
from tests.verifying.world import (
    BOARD,
    DOCTOR,
    MADE,
    NOW,
    PATIENT,
    STRANGER,
    V2,
    VCT,
    codes,
    lists,
    plain,
    presented,
    registry,
    results,
    signed,
    token,
    verified,
)

if TYPE_CHECKING:
    from medid.core.instant import Instant

LICENSE = signed(world.license_draft())


def trusting(document: Any, *boards: Any, at: Instant = NOW, **members: Any) -> Any:
    trust = registry(*boards, **members)
    return verified(document, trust=trust, known=lists(), at=at)


def test_without_a_registry_trust_is_not_asked_and_told() -> None:
    answer = verified(LICENSE, known=lists())
    assert results(answer, "trust") == ["not-asked"]
    assert answer.warnings == (
        "no trust registry was given: who may issue what was not asked",
    )


def test_where_the_proof_does_not_hold_nobody_says_that_a_registry_is_missing() -> None:
    """The trust file was given; what nobody stands behind is asked no more of it."""
    changed = {**LICENSE, "validUntil": "2199-01-01T00:00:00Z"}
    for document in (changed, world.presented(changed)):
        answer = verified(document, trust=registry(BOARD), known=lists())
        assert results(answer, "trust") == ["not-asked"]
        assert not any("registry" in one for one in answer.warnings)


@pytest.mark.parametrize(("stated", "asked"), [(3_600, 86_400), (86_400, 3_600)])
def test_a_status_counts_as_long_as_both_the_caller_and_the_trust_file_say(
    stated: int, asked: int
) -> None:
    document: Any = {**registry(BOARD).document, "statusMaxAgeSeconds": stated}
    trust = TrustRegistry.from_json(document)
    for seconds, outcome in ((3_599, Outcome.VERIFIED), (3_600, Outcome.REFUSED)):
        answer = verified(
            LICENSE,
            trust=trust,
            known=lists(),
            seen=NOW.plus(-seconds),
            status_max_age=asked,
        )
        assert answer.outcome is outcome, codes(answer)


def test_a_listed_board_may_issue_what_it_is_listed_for() -> None:
    answer = trusting(LICENSE, BOARD)
    assert answer
    assert results(answer, "trust") == ["pass"]
    assert answer.warnings == ()


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"credentialTypes": ["Other"]}, "ISSUER_NOT_AUTHORIZED_FOR_TYPE"),
        ({"validUntil": str(NOW)}, "ISSUER_NOT_TRUSTED"),
        ({"validFrom": str(NOW.plus(1))}, "ISSUER_NOT_TRUSTED"),
    ],
)
def test_a_listed_board_may_issue_nothing_else_and_not_at_any_time(
    members: dict[str, Any], code: str
) -> None:
    answer = trusting(LICENSE, BOARD, **members)
    assert answer.outcome is Outcome.REFUSED
    assert codes(answer) == [("trust", code, "$.issuer")]


def test_an_issuer_that_is_not_listed_is_refused_wherever_it_stands() -> None:
    assert codes(trusting(LICENSE, STRANGER)) == [
        ("trust", "ISSUER_NOT_TRUSTED", "$.issuer")
    ]
    place = "$.verifiableCredential[0].issuer"
    assert codes(trusting(presented(LICENSE), STRANGER)) == [
        ("trust", "ISSUER_NOT_TRUSTED", place)
    ]


def test_an_issuer_listed_for_licenses_is_not_believed_without_a_type() -> None:
    """No type to ask about is no reason to ask about none."""
    answer = trusting(signed(plain()), BOARD)
    refused = [("trust", "ISSUER_NOT_AUTHORIZED_FOR_TYPE", "$.issuer")]
    assert codes(answer) == refused
    assert trusting(signed(plain()), BOARD, credentialTypes=["VerifiableCredential"])


def test_a_delegate_for_status_lists_issues_no_credentials() -> None:
    document = signed(plain(STRANGER), STRANGER)
    answer = trusting(document, BOARD, statusListIssuers=[STRANGER.did])
    assert codes(answer) == [("trust", "ISSUER_NOT_TRUSTED", "$.issuer")]


def test_a_patient_may_be_trusted_for_consents_alone() -> None:
    consent = signed(world.consent_draft(), PATIENT)
    known = {world.CONSENTS: world.status_list(url=world.CONSENTS, controller=PATIENT)}
    board: dict[str, Any] = {
        "did": BOARD.did,
        "jurisdictions": ["US-OH"],
        "professions": ["MD"],
    }
    trust = TrustRegistry.from_json(
        {
            "acceptedBoards": [board],
            "consent": {"patientDids": {"Patient/1": PATIENT.did}},
        }
    )
    assert verified(consent, known=known, trust=trust)
    assert not verified(consent, known=known, trust=registry(BOARD))


def test_an_sd_jwt_is_trusted_by_its_vct() -> None:
    text = token({"vct": VCT, "iss": BOARD.did}, typ="dc+sd-jwt") + "~"
    assert trusting(text, BOARD, credentialTypes=[VCT])
    answer = trusting(text, BOARD)
    assert codes(answer) == [("trust", "ISSUER_NOT_AUTHORIZED_FOR_TYPE", "$.iss")]
    assert codes(trusting(text, STRANGER)) == [("trust", "ISSUER_NOT_TRUSTED", "$.iss")]


def test_trust_is_not_asked_of_words_that_nobody_stands_behind() -> None:
    document = {**LICENSE, "validUntil": "2030-01-01T00:00:00Z"}
    answer = trusting(document, STRANGER)
    assert results(answer, "trust") == ["not-asked"]
    assert answer.outcome is Outcome.REFUSED


# Schemas.

SCHEMA_URL = "https://board.example.gov/schema.json"
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": SCHEMA_URL,
    "type": "object",
    "required": ["validUntil"],
}
PATH = "$.credentialSchema"


def with_schema(**members: Any) -> dict[str, Any]:
    schema = {"id": SCHEMA_URL, "type": "JsonSchema"}
    return signed(plain(credentialSchema=schema, **members))


def test_a_schema_at_hand_decides() -> None:
    known = {SCHEMA_URL: SCHEMA}
    good = verified(with_schema(), known=known)
    assert good
    assert results(good, "schema") == ["pass"]
    answer = verified(with_schema(validUntil=None), known=known)
    assert answer.outcome is Outcome.REFUSED
    assert codes(answer) == [("schema", "SCHEMA_VALIDATION_ERROR", "$")]


def test_the_schemas_of_a_document_share_a_number_of_steps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each was run in full, and nothing said how many a stranger may name."""
    monkeypatch.setattr("medid.verifying.judging.MAX_SCHEMA_STEPS", 5_000)
    doubling = {
        f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(8)
    }
    names = [f"https://board.example.gov/{number}.json" for number in range(4)]
    known = {
        name: {
            **SCHEMA,
            "$id": name,
            "$defs": {**doubling, "d8": {}},
            "$ref": "#/$defs/d0",
        }
        for name in names
    }
    schemas = [{"id": name, "type": "JsonSchema"} for name in names]
    assert verified(signed(plain(credentialSchema=schemas[:1])), known=known)
    answer = verified(signed(plain(credentialSchema=schemas)), known=known)
    assert {code for _, code, _ in codes(answer)} == {"SCHEMA_VALIDATION_ERROR"}
    assert results(answer, "schema")[0] == "pass"


@pytest.mark.parametrize(
    ("page", "code"),
    [
        (b"{", "PARSING_ERROR"),
        (b"[]", "PARSING_ERROR"),
        ({**SCHEMA, "$id": "https://example.org/other"}, "SCHEMA_VALIDATION_ERROR"),
    ],
)
def test_a_schema_at_hand_that_cannot_be_used_decides_too(page: Any, code: str) -> None:
    answer = verified(with_schema(), known={SCHEMA_URL: page})
    assert answer.outcome is Outcome.REFUSED
    assert [(check, found) for check, found, _ in codes(answer)] == [("schema", code)]


@pytest.mark.parametrize("known", [{}, {SCHEMA_URL: FetchFailed("503")}])
def test_a_schema_that_cannot_be_had_is_told_and_does_not_decide(known: Any) -> None:
    answer = verified(with_schema(), known=known)
    assert answer
    [found] = world.check(answer, "schema")
    assert (found.result, found.advisory, found.path) == ("unknown", True, PATH)
    assert answer.errors == ()
    assert answer.warnings[0] == (
        f"{found.code} at {PATH}: could not be checked, and does not decide"
    )


def test_a_schema_of_an_unknown_type_is_told_and_does_not_decide() -> None:
    schema = {"id": SCHEMA_URL, "type": "ShaclSchema"}
    context = [world.V2, world.EXAMPLES]
    answer = verified(signed(plain(context=context, credentialSchema=schema)))
    assert answer
    [found] = world.check(answer, "schema")
    assert (found.code, found.advisory) == ("METHOD_NOT_SUPPORTED", True)


# Related resources.

IMAGE_URL = "https://board.example.gov/seal.png"
IMAGE = b"\x89PNG"


def related(url: str = IMAGE_URL, content: bytes = IMAGE) -> dict[str, Any]:
    resource = {"id": url, "digestMultibase": multihash(content)}
    return world.with_proof(plain(relatedResource=resource), BOARD)


def test_a_related_resource_at_hand_must_have_its_digest() -> None:
    assert verified(related(), known={IMAGE_URL: IMAGE})
    answer = verified(related(), known={IMAGE_URL: IMAGE + b"\x00"})
    assert codes(answer) == [("schema", "MALFORMED_VALUE_ERROR", "$.relatedResource")]
    absent = verified(related())
    assert absent
    assert results(absent, "schema") == ["unknown"]


def test_a_context_named_as_resource_must_be_the_one_that_medid_uses() -> None:
    content = world.contexts().content(V2)
    assert results(verified(related(V2, content)), "schema") == ["pass"]
    answer = verified(related(V2, content + b" "))
    assert codes(answer) == [("schema", "MALFORMED_VALUE_ERROR", "$.relatedResource")]


def test_what_names_no_schema_is_not_asked_for_one() -> None:
    assert results(verified(signed(plain())), "schema") == ["not-asked"]
    text = token({"vct": VCT, "iss": BOARD.did}, typ="dc+sd-jwt") + "~"
    assert results(verified(text), "schema") == ["not-asked"]


# Empty arrays.


def test_an_empty_array_is_told_where_it_is_not_signed() -> None:
    draft = plain(credentialSubject={"id": DOCTOR.did, "alumniOf": []})
    document = world.with_proof(draft, BOARD, suite="eddsa-jcs-2022")
    path = "$.credentialSubject.alumniOf: an empty array is not signed"
    assert path in verified(document).warnings
    shown = f"$.verifiableCredential[0].{path[2:]}"
    inner = verified(presented(document, securing="eddsa-jcs-2022")).warnings
    assert shown in inner
    assert path not in inner
    signed_too = verified(token(draft)).warnings
    assert not any("empty array" in warning for warning in signed_too)


def test_what_cannot_be_expanded_has_no_warnings_of_that_kind() -> None:
    subject = {"@id": DOCTOR.did, "alumniOf": []}
    document = {**signed(plain()), "credentialSubject": subject}
    answer = verified(document, at=MADE)
    assert answer.outcome is Outcome.REFUSED
    assert not any("empty array" in warning for warning in answer.warnings)


@pytest.mark.parametrize(
    "document", [signed(plain()), token(plain()), plain(), {**plain(), "proof": {}}]
)
def test_only_of_a_derived_credential_a_part_may_be_kept_back(document: Any) -> None:
    told = verified(document).warnings
    assert not any("kept back" in warning for warning in told)


V1 = "https://www.w3.org/2018/credentials/v1"
# SHA-256 of the context documents as their Recommendations list them.
LISTED = {
    V1: "ab4ddd9a531758807a79a5b450510d61ae8d147eab966cc9a200c07095b0cdcc",
    V2: "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",
}


def pinned(url: str, digest: bytes, algorithm: str = "sha256") -> Any:
    text = base64.b64encode(digest).decode()
    resource = {"id": url, "digestSRI": f"{algorithm}-{text}"}
    return world.with_proof(plain(relatedResource=resource), BOARD)


@pytest.mark.parametrize("url", list(LISTED))
def test_a_bundled_context_has_the_digest_that_its_recommendation_lists(
    url: str,
) -> None:
    answer = verified(pinned(url, bytes.fromhex(LISTED[url])))
    assert answer
    assert results(answer, "schema") == ["pass"]
    answer = verified(pinned(url, bytes(32)))
    assert codes(answer) == [("schema", "MALFORMED_VALUE_ERROR", "$.relatedResource")]


def test_another_digest_of_published_bytes_needs_the_bytes() -> None:
    answer = verified(pinned(V1, bytes(48), "sha384"))
    assert answer
    [check] = [one for one in answer.checks if one.check == "schema"]
    assert (check.result, check.code) == (Result.UNKNOWN, "EVIDENCE_UNAVAILABLE")
    published = b'{"@context": {}}'
    digest = hashlib.sha384(published).digest()
    assert verified(pinned(V1, digest, "sha384"), known={V1: published})
    answer = verified(pinned(V1, bytes(48), "sha384"), known={V1: published})
    assert codes(answer) == [("schema", "MALFORMED_VALUE_ERROR", "$.relatedResource")]
