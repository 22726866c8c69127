"""Verifying by HTTP: the server's policy, and who is told the reasons."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from medid.errors import ConfigurationError
from medid.server import Reasons, Settings, Tokens
from medid.verifying.judging import Expectations, StatusPolicy
from tests.server.support import OTHER, READER, TOKENS, Pages, bearer, client
from tests.verifying import world
from tests.verifying.world import (
    BOARD,
    CHALLENGE,
    DOCTOR,
    DOMAIN,
    STRANGER,
    lists,
    plain,
    presented,
    registry,
    signed,
    token,
    with_proof,
)

CREDENTIAL, PRESENTATION = "/credentials/verify", "/presentations/verify"
REVOKED = signed(plain(credentialStatus=world.entry()))
UNBOUND = token({"vct": world.VCT, "iss": BOARD.did}, typ="dc+sd-jwt") + "~"


def asked(
    document: Any,
    path: str = CREDENTIAL,
    *,
    headers: Any = None,
    options: Any = None,
    **changes: Any,
) -> tuple[int, Any]:
    member = (
        "verifiablePresentation" if "presentations" in path else "verifiableCredential"
    )
    body = {member: document, **({} if options is None else {"options": options})}
    told = bearer(READER) if headers is None else headers
    answer = client(**changes).post(path, json=body, headers=told)
    return answer.status_code, answer.json()


def codes(body: Any) -> list[str]:
    return [error["code"] for error in body["errors"]]


def pages() -> Pages:
    found = lists(revoked=[world.INDEX])
    return Pages({url: json.dumps(page).encode() for url, page in found.items()})


def test_a_credential_that_verifies_is_200() -> None:
    status, body = asked(signed(plain()))
    assert (status, body["verified"], body["errors"]) == (200, True, [])
    assert body["warnings"]
    assert body["checks"]


def test_a_credential_that_does_not_is_400_with_its_reasons() -> None:
    forged = {**signed(plain()), "validUntil": "2099-01-01T00:00:00Z"}
    status, body = asked(forged)
    assert (status, body["verified"]) == (400, False)
    assert codes(body) == ["PROOF_VERIFICATION_ERROR"]


def test_a_token_is_verified_too() -> None:
    assert asked(token(plain()))[0] == 200
    below = f"/vc+jwt/Ed25519{CREDENTIAL}"
    assert asked(token(plain()), below)[0] == 200


def test_what_could_not_be_checked_is_not_verified_either() -> None:
    status, body = asked(REVOKED)
    assert (status, body["outcome"]) == (400, "undecided")
    assert codes(body) == ["STATUS_RETRIEVAL_ERROR"]


def test_a_kind_of_document_has_its_own_endpoint() -> None:
    for document, path in (
        (presented(), CREDENTIAL),
        (signed(plain()), PRESENTATION),
        (world.web_document(world.WEB), CREDENTIAL),
    ):
        status, body = asked(document, path)
        assert (status, body["verified"]) == (400, False)
        assert codes(body) == ["MALFORMED_VALUE_ERROR"]


def test_a_presentation_answers_what_the_caller_asked() -> None:
    options = {"challenge": CHALLENGE, "domain": DOMAIN}
    assert asked(presented(), PRESENTATION, options=options)[0] == 200
    for wrong in ({"challenge": "other"}, {"domain": "other"}, {"challenge": ""}):
        assert asked(presented(), PRESENTATION, options={**options, **wrong})[0] == 400
    status, body = asked(
        presented(signed(plain(credentialSubject={"id": BOARD.did}))),
        PRESENTATION,
        options={"requireHolderBinding": True},
    )
    assert (status, codes(body)) == (400, ["HOLDER_BINDING_ERROR"])


def test_an_unsigned_presentation_is_refused() -> None:
    bare = {
        "@context": [world.V2],
        "type": ["VerifiablePresentation"],
        "verifiableCredential": [signed(plain())],
    }
    status, body = asked(bare, PRESENTATION)
    assert (status, codes(body)) == (400, ["PROOF_VERIFICATION_ERROR"])


# The server's policy.


def test_the_policy_of_the_server_wins_over_the_caller() -> None:
    policy = Expectations(
        challenge="of-the-server", holder_binding=True, status=StatusPolicy.REQUIRED
    )
    options = {"challenge": CHALLENGE, "domain": DOMAIN, "requireHolderBinding": False}
    status, body = asked(
        presented(signed(plain(credentialSubject={"id": BOARD.did}))),
        PRESENTATION,
        options=options,
        expect=policy,
    )
    assert status == 400
    assert sorted(codes(body)) == [
        "HOLDER_BINDING_ERROR",
        "INVALID_CHALLENGE_ERROR",
        "STATUS_VERIFICATION_ERROR",
    ]


@pytest.mark.parametrize(
    ("option", "demand", "document", "path"),
    [
        ("requireKeyBinding", "key_binding", UNBOUND, CREDENTIAL),
        (
            "requireHolderBinding",
            "holder_binding",
            presented(signed(plain(credentialSubject={"id": BOARD.did}))),
            PRESENTATION,
        ),
    ],
)
def test_what_server_or_caller_demands_is_demanded(
    option: str, demand: str, document: Any, path: str
) -> None:
    assert asked(document, path)[0] == 200
    assert asked(document, path, options={option: False})[0] == 200
    policy = Expectations(**{demand: True})  # type: ignore[arg-type]
    for options, expect in (({option: True}, Expectations()), ({}, policy)):
        status, body = asked(document, path, options=options, expect=expect)
        assert (status, codes(body)) == (400, ["HOLDER_BINDING_ERROR"])


def test_domain_and_type_are_those_of_the_server_where_it_names_them() -> None:
    domain = Expectations(domain="https://other.example")
    status, body = asked(
        presented(), PRESENTATION, options={"domain": DOMAIN}, expect=domain
    )
    assert (status, codes(body)) == (400, ["INVALID_DOMAIN_ERROR"])
    other = Expectations(vct="https://other.example/type")
    status, body = asked(UNBOUND, options={"vct": world.VCT}, expect=other)
    assert (status, codes(body)) == (400, ["MALFORMED_VALUE_ERROR"])
    assert asked(UNBOUND, options={"vct": world.VCT})[0] == 200


def test_the_registry_of_the_server_is_asked() -> None:
    stranger = signed(plain(STRANGER), STRANGER)
    status, body = asked(stranger, trust=registry(BOARD))
    assert (status, codes(body)) == (400, ["ISSUER_NOT_TRUSTED"])


@pytest.mark.parametrize(
    "expect",
    [Expectations(issuer_signs=False), Expectations(unsigned_presentations=True)],
)
def test_the_default_profile_cannot_be_weakened(expect: Expectations) -> None:
    with pytest.raises(ConfigurationError, match="conformance profile only"):
        Settings(expect=expect)


def test_an_issuer_that_is_no_did_is_refused() -> None:
    foreign = with_proof({**plain(), "issuer": "https://board.example/1"}, BOARD)
    status, body = asked(foreign)
    assert (status, codes(body)) == (400, ["INVALID_RELATIONSHIP"])


# Who is told.


def refusals() -> dict[str, Any]:
    return {
        "unknown issuer": signed(plain(STRANGER), STRANGER),
        "revoked": REVOKED,
        "bad signature": {**signed(plain()), "id": "urn:uuid:other"},
        "another's key": with_proof(plain(), STRANGER),
        "expired": signed(plain(validUntil="2026-01-02T00:00:00Z")),
    }


@pytest.mark.parametrize("name", refusals())
@pytest.mark.parametrize("headers", [{}, bearer(OTHER)], ids=["nobody", "another"])
def test_outsiders_are_told_that_it_does_not_verify_and_no_more(
    name: str, headers: Any
) -> None:
    changes: dict[str, Any] = {"trust": registry(BOARD), "fetch": pages()}
    document = refusals()[name]
    _, told = asked(document, **changes)
    if headers:
        entries = [replace(one, operations=frozenset()) for one in TOKENS.entries]
        changes["tokens"] = Tokens(tuple(entries))
    status, body = asked(document, headers=headers, **changes)
    assert (status, body["outcome"]) == (400, "refused")
    assert codes(body) == ["REFUSED"]
    assert body["checks"] == body["warnings"] == []
    assert codes(told) != ["REFUSED"]


def test_outsiders_hear_one_word_when_it_could_not_be_checked() -> None:
    status, body = asked(REVOKED, headers={})
    assert (status, body["outcome"], codes(body)) == (400, "undecided", ["UNCHECKED"])


def test_outsiders_are_told_what_is_wrong_with_the_form() -> None:
    status, body = asked({"type": "VerifiableCredential"}, headers={})
    assert (status, codes(body)) == (400, ["MALFORMED_VALUE_ERROR"])


def test_what_verifies_tells_everybody_what_was_not_asked() -> None:
    status, body = asked(signed(plain()), headers={})
    assert (status, body["verified"]) == (200, True)
    assert body["warnings"]


def test_reasons_may_be_for_everyone() -> None:
    _, body = asked(REVOKED, headers={}, reasons=Reasons.EVERYONE)
    assert codes(body) == ["STATUS_RETRIEVAL_ERROR"]


def test_a_wrong_token_is_no_token() -> None:
    status, body = asked(signed(plain()), headers=bearer("x" * 40))
    assert (status, body["code"], body["verified"]) == (401, "UNAUTHENTICATED", False)


# Where evidence comes from.


def test_nothing_is_fetched_for_an_issuer_that_nobody_named() -> None:
    found = pages()
    foreign = signed(plain(STRANGER, credentialStatus=world.entry()), STRANGER)
    asked(foreign, trust=registry(BOARD), fetch=found)
    assert found.asked == []
    asked(REVOKED, trust=registry(BOARD), fetch=found)
    assert found.asked == [world.REVOCATIONS]


def test_a_license_that_was_revoked_is_refused() -> None:
    _, body = asked(REVOKED, fetch=pages())
    assert codes(body) == ["REVOKED"]
    assert DOCTOR.did not in str(body["errors"])
