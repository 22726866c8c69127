"""Schemas in credentials: verified, by somebody whose word counts, then applied."""

from __future__ import annotations

from typing import Any, Final

import pytest

from medid.core.json import load_object
from medid.credentials import CONTEXT_V2
from medid.credentials.digests import sri
from medid.errors import FetchFailed
from medid.issuing import (
    Controller,
    derive,
    issue,
    issue_sd_jwt,
    present_sd_jwt,
)
from medid.keys import KeyKind
from medid.trust import TrustRegistry
from medid.verifying.verifier import Verifier
from tests.support import agreed, vectors
from tests.verifying import world
from tests.verifying.world import (
    BOARD,
    MADE,
    NOW,
    STRANGER,
    check,
    codes,
    evidence,
    fetched,
    plain,
    refuse_clock,
    registry,
    results,
    signed,
    token,
    verified,
)

URL: Final = "https://board.example.gov/schemas/3734"
SCHEMA_ID: Final = "https://board.example.gov/schemas/school.json"
DRAFTS: Final = ("2020-12", "2019-09", "Draft-7")


def schema(required: str = "alumniOf") -> dict[str, Any]:
    return {
        "$id": SCHEMA_ID,
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "properties": {"credentialSubject": {"required": [required]}},
    }


def holding(
    issuer: Any = BOARD, required: str = "alumniOf", **members: Any
) -> dict[str, Any]:
    """The draft of a schema credential."""
    subject = {"id": SCHEMA_ID, "type": "JsonSchema", "jsonSchema": schema(required)}
    return plain(
        issuer,
        context=[CONTEXT_V2],
        **{
            "id": URL,
            "type": ["VerifiableCredential", "JsonSchemaCredential"],
            "credentialSubject": subject,
            **members,
        },
    )


def naming(**members: Any) -> dict[str, Any]:
    reference = {"id": URL, "type": "JsonSchemaCredential", **members}
    return signed(plain(credentialSchema=reference))


def answered(content: Any, document: Any = None, **more: Any) -> Any:
    return verified(document or naming(), known={URL: content}, **more)


# Whose schema it is


def test_the_schema_of_the_issuer_itself_decides() -> None:
    answer = answered(signed(holding()))
    assert answer
    assert results(answer, "schema") == ["pass"]
    refused = answered(signed(holding(required="degree")))
    assert codes(refused) == [
        ("schema", "SCHEMA_VALIDATION_ERROR", "$.credentialSubject")
    ]


@pytest.mark.parametrize("form", ["vc+jwt", "vc+sd-jwt"])
def test_it_may_travel_in_any_envelope(form: str) -> None:
    text = token(holding(), typ=form)
    assert answered(f"{text}~" if form == "vc+sd-jwt" else text)


def test_without_a_registry_nobody_elses_schema_counts() -> None:
    answer = answered(signed(holding(STRANGER), STRANGER))
    assert answer
    [found] = check(answer, "schema")
    assert (found.code, found.advisory) == ("EVIDENCE_UNAVAILABLE", True)
    assert found.path == "$.credentialSchema.issuer"


def test_with_a_registry_it_is_one_accepted_for_schemas() -> None:
    content = signed(holding(STRANGER), STRANGER)
    types: list[Any] = ["VerifiableCredential"]
    board: dict[str, Any] = {
        "did": BOARD.did,
        "jurisdictions": ["US-OH"],
        "professions": ["x"],
    }
    cases: list[tuple[list[Any], str]] = [
        (["JsonSchemaCredential"], "verified"),
        (["PractitionerLicenseCredential"], "refused"),
    ]
    for accepted, expected in cases:
        trust = TrustRegistry.from_json(
            {
                "acceptedBoards": [
                    {**board, "credentialTypes": types},
                    {**board, "did": STRANGER.did, "credentialTypes": accepted},
                ]
            }
        )
        assert answered(content, trust=trust).outcome == expected
    alone = registry(BOARD, credentialTypes=types)
    answer = answered(content, trust=alone)
    assert codes(answer) == [
        ("schema", "ISSUER_NOT_TRUSTED", "$.credentialSchema.issuer")
    ]
    # The issuer's own schema needs no entry for schemas.
    assert answered(signed(holding()), trust=alone)


# Its proof


@pytest.mark.parametrize(
    "content",
    [
        holding(),
        {**signed(holding()), "name": "altered"},
        signed(holding(STRANGER), STRANGER) | {"issuer": BOARD.did},
        token(holding(), STRANGER),
        token(holding() | {"@context": [CONTEXT_V2, "https://evil.example/v1"]}),
        schema(),
        world.presented(signed(holding())),
        world.web_document(world.WEB),
        b"<html>",
        b"",
    ],
)
def test_a_schema_credential_that_does_not_verify(content: Any) -> None:
    answer = answered(content)
    assert answer.outcome == "refused"
    [(name, _, path)] = codes(answer)
    assert name == "schema"
    assert path.startswith("$.credentialSchema")


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"validUntil": "2026-06-15T12:00:00Z"}, "EXPIRED"),
        ({"validFrom": "2026-06-15T12:00:01Z"}, "NOT_YET_VALID"),
    ],
)
def test_a_schema_credential_out_of_its_time(members: Any, code: str) -> None:
    answer = answered(token(holding(**members)))
    name = next(iter(members))
    assert codes(answer) == [("schema", code, f"$.credentialSchema.{name}")]
    claims = {**holding(), "exp": NOW.nanoseconds // 1_000_000_000}
    assert codes(answered(token(claims))) == [
        ("schema", "EXPIRED", "$.credentialSchema.exp")
    ]


def test_the_status_of_a_schema_credential_is_not_asked_and_told() -> None:
    answer = answered(signed(holding(credentialStatus=world.entry())))
    assert answer
    [found] = check(answer, "schema")
    assert (found.code, found.advisory) == ("METHOD_NOT_SUPPORTED", True)


def test_a_schema_is_shown_whole() -> None:
    text = issue_sd_jwt(
        holding(),
        BOARD,
        disclosable=["/credentialSubject/jsonSchema/properties"],
        at=MADE,
    )
    cut = present_sd_jwt(text, None, disclose=[], nonce=None, audience=None)
    assert answered(text)
    assert codes(answered(cut)) == [
        ("schema", "SCHEMA_VALIDATION_ERROR", "$.credentialSchema")
    ]


def test_a_derived_schema_is_no_schema() -> None:
    board = Controller.did_key(world.key("p256 board", KeyKind.P256))
    named = {"id": URL, "type": "JsonSchemaCredential"}
    text = token(plain(board, credentialSchema=named), board)
    draft = holding(board)
    assert answered(issue(draft, board, securing="ecdsa-rdfc-2019", at=MADE), text)
    base = issue(draft, board, securing="ecdsa-sd-2023", at=MADE)
    derived = derive(world.as_object(base), ["/credentialSubject"])
    assert codes(answered(derived, text)) == [
        ("schema", "SCHEMA_VALIDATION_ERROR", "$.credentialSchema")
    ]


@pytest.mark.parametrize(
    "members",
    [
        {"id": "https://board.example.gov/schemas/other"},
        {"type": ["VerifiableCredential"]},
    ],
)
def test_another_credential_than_the_one_that_is_named(members: Any) -> None:
    answer = answered(token(holding(**members)))
    assert codes(answer) == [
        ("schema", "SCHEMA_VALIDATION_ERROR", "$.credentialSchema")
    ]


def test_the_issuer_may_pin_its_bytes() -> None:
    content = token(holding()).encode()
    pinned = naming(digestSRI=sri(content))
    assert answered(content, pinned)
    answer = answered(token(holding(name="x")), pinned)
    assert codes(answer) == [("schema", "MALFORMED_VALUE_ERROR", "$.credentialSchema")]


def test_what_cannot_be_had_is_told() -> None:
    for known in ({}, {URL: FetchFailed("x")}):
        answer = verified(naming(), known=known)
        assert answer
        assert results(answer, "schema") == ["unknown"]


def test_a_type_beside_the_two_is_not_known() -> None:
    both = naming()
    both["credentialSchema"] = {
        "id": URL,
        "type": ["JsonSchemaCredential", "JsonSchema"],
    }
    answer = verified(signed({k: v for k, v in both.items() if k != "proof"}))
    [found] = check(answer, "schema")
    assert found.code == "METHOD_NOT_SUPPORTED"


# Fetching

WEB_BOARD: Final = world.WEB


def test_its_signer_is_fetched_in_the_next_round() -> None:
    document = signed(
        plain(WEB_BOARD, credentialSchema={"id": URL, "type": "JsonSchemaCredential"}),
        WEB_BOARD,
    )
    pages = {
        URL: token(holding(WEB_BOARD), WEB_BOARD),
        world.WEB_URL: world.web_document(WEB_BOARD),
    }
    web = world.Web(pages)
    assert Verifier(fetch=web, clock=refuse_clock).verify(document, at=NOW)
    assert web.batches == [[world.WEB_URL, URL]]


def foreign() -> dict[str, Any]:
    other = world.web_controller("schemas.example", "key-1")
    return {
        URL: token(holding(other), other),
        "https://schemas.example/.well-known/did.json": world.web_document(other),
        world.WEB_URL: world.web_document(WEB_BOARD),
    }


def test_the_keys_of_an_issuer_that_does_not_count_are_not_fetched() -> None:
    web = world.Web(foreign())
    Verifier(fetch=web, clock=refuse_clock).verify(naming(), at=NOW)
    assert web.asked == [URL]
    trust = registry(BOARD, credentialTypes=["VerifiableCredential"])
    web = world.Web(foreign())
    Verifier(fetch=web, clock=refuse_clock, trust=trust).verify(naming(), at=NOW)
    assert web.asked == [URL]


def test_the_keys_of_one_that_may_count_are() -> None:
    other = world.web_controller("schemas.example", "key-1")
    trust = registry(
        BOARD, other, credentialTypes=["VerifiableCredential", "JsonSchemaCredential"]
    )
    web = world.Web(foreign())
    verifier = Verifier(fetch=web, clock=refuse_clock, trust=trust)
    assert verifier.verify(naming(), at=NOW)
    assert web.batches == [[URL], ["https://schemas.example/.well-known/did.json"]]


def test_what_is_no_credential_leads_nowhere() -> None:
    for content in (world.presented(signed(holding())), b"<html>"):
        web = world.Web({URL: content})
        Verifier(fetch=web, clock=refuse_clock).verify(naming(), at=NOW)
        assert web.asked == [URL]


# The official inputs, all of them


def of_version_2(document: dict[str, Any]) -> dict[str, Any]:
    """An official input, by our board, with the validity of its own data model."""
    changed = {**document, "issuer": BOARD.did}
    changed["validFrom"] = changed.pop("issuanceDate")
    return changed


def outcome(document: dict[str, Any], content: bytes) -> str:
    [reference] = [document["credentialSchema"]]
    # Signed as JWTs, so that terms of the examples context need no definition.
    answer = Verifier(clock=refuse_clock).verify(
        token(of_version_2(document)),
        at=NOW,
        evidence=evidence({}).with_answers(
            [(reference["id"], fetched(reference["id"], content))]
        ),
    )
    [found] = check(answer, "schema")
    return found.code or found.result.value


@pytest.mark.parametrize("draft", DRAFTS)
def test_official_json_schemas(draft: str) -> None:
    folder = vectors(f"vc-json-schema-inputs/tests/input/jsonschema/{draft}")
    one, two = (
        dict(load_object((folder / f"{n}-credential.json").read_bytes()))
        for n in (1, 2)
    )
    files = sorted(folder.glob("*-schema.json"))
    found = {file.name.split("-")[0]: outcome(one, file.read_bytes()) for file in files}
    assert found == {
        "1": "pass",
        **dict.fromkeys("23456", "SCHEMA_VALIDATION_ERROR"),
        "7": "METHOD_NOT_SUPPORTED",
    }
    assert outcome(two, files[0].read_bytes()) == "METHOD_NOT_SUPPORTED"
    inputs = [path.relative_to(folder.parents[1]) for path in folder.glob("*.json")]
    agreed("vc-json-schema-inputs", *inputs)
    assert len(files) + 2 == 9


@pytest.mark.parametrize("draft", DRAFTS)
def test_official_json_schema_credentials(draft: str) -> None:
    folder = vectors(f"vc-json-schema-inputs/tests/input/jsonschemacredential/{draft}")
    one, two = (
        dict(load_object((folder / f"{n}-credential.json").read_bytes()))
        for n in (1, 2)
    )
    files = sorted(folder.glob("*-schema.json"))
    found = {
        file.name.split("-")[0]: outcome(
            one, token(of_version_2(dict(load_object(file.read_bytes())))).encode()
        )
        for file in files
    }
    assert found == {
        "1": "pass",
        **dict.fromkeys(["2", "4", "5", "6"], "MALFORMED_VALUE_ERROR"),
        **dict.fromkeys(["3", "7", "8", "9", "10"], "SCHEMA_VALIDATION_ERROR"),
        "11": "METHOD_NOT_SUPPORTED",
    }
    assert outcome(two, files[0].read_bytes()) == "METHOD_NOT_SUPPORTED"
    inputs = [path.relative_to(folder.parents[1]) for path in folder.glob("*.json")]
    agreed("vc-json-schema-inputs", *inputs)
    # Nine and thirteen inputs for each of three drafts, and SOURCE.
    assert 3 * (9 + len(files) + 2) + 1 == 67
