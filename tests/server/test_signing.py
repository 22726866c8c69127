"""Signing by HTTP in the default profile: for whom, under which DID, and what."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from medid.core import base64
from medid.errors import SignerError
from medid.issuing import Controller, derive, issue
from medid.server.signing import mechanisms
from medid.server.tokens import Operation, Token, Tokens
from tests.server.support import BASE, OTHER, READER, SECRET, TOKENS, bearer, client
from tests.verifying.world import (
    BOARD,
    DOCTOR,
    MADE,
    P256,
    PATIENT,
    STRANGER,
    V2,
    plain,
    signed,
    verified,
)

if TYPE_CHECKING:
    from medid.keys import PublicKey

ISSUE, DERIVE, PRESENT = "/credentials/issue", "/credentials/derive", "/presentations"
STATUS = "/credentials/status"
SIGNING = [ISSUE, DERIVE, PRESENT, STATUS]


def issued(draft: Any, path: str = ISSUE, **changes: Any) -> Any:
    answer = client(**changes).post(path, json={"credential": draft}, headers=bearer())
    return answer.status_code, answer.json()


def test_a_credential_is_signed_by_its_own_issuer() -> None:
    status, body = issued(plain())
    assert status == 201, body
    credential = body["verifiableCredential"]
    assert credential["issuer"] == BOARD.did
    assert verified(credential)


def test_an_issuer_that_is_an_object_is_kept() -> None:
    issuer = {"id": BOARD.did, "name": "Board"}
    status, body = issued({**plain(), "issuer": issuer})
    assert (status, body["verifiableCredential"]["issuer"]) == (201, issuer)


@pytest.mark.parametrize("securing", ["eddsa-rdfc-2022", "eddsa-jcs-2022"])
def test_the_path_may_name_the_mechanism(securing: str) -> None:
    for path in (f"/{securing}{ISSUE}", f"/{securing}/Ed25519{ISSUE}"):
        status, body = issued(plain(), path)
        assert status == 201
        assert body["verifiableCredential"]["proof"]["cryptosuite"] == securing


def test_a_jwt_travels_in_an_envelope() -> None:
    status, body = issued(plain(), f"/vc+jwt{ISSUE}")
    envelope = body["verifiableCredential"]
    assert status == 201
    assert envelope["type"] == "EnvelopedVerifiableCredential"
    assert envelope["id"].startswith("data:application/vc+jwt,")
    assert verified(envelope["id"].partition(",")[2])


def test_a_cose_message_travels_in_an_envelope() -> None:
    status, body = issued(plain(), f"/vc+cose{ISSUE}")
    envelope = body["verifiableCredential"]
    assert status == 201
    assert envelope["type"] == "EnvelopedVerifiableCredential"
    assert envelope["id"].startswith("data:application/vc+cose;base64,")
    assert verified(base64.decode(envelope["id"].partition(",")[2]))


def test_without_a_name_the_key_signs_what_it_can() -> None:
    token = replace(TOKENS.entries[0], dids=frozenset({P256.did}))
    tokens = type(TOKENS)((token,))
    status, body = issued(plain(P256), controllers=(P256,), tokens=tokens)
    assert status == 201, body


@pytest.mark.parametrize("path", [f"/no-such{ISSUE}", f"/vc+jwt/no-such{ISSUE}"])
def test_an_unknown_mechanism_or_kind_is_not_found(path: str) -> None:
    status, body = issued(plain(), path)
    assert (status, body["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize("path", [f"/vc+jwt/P-256{ISSUE}", f"/vc+jwt/X25519{ISSUE}"])
def test_a_mechanism_without_a_fitting_key_is_refused(path: str) -> None:
    status, body = issued(plain(), path)
    assert (status, body["code"]) == (400, "CONFIGURATION_ERROR")


def test_what_medid_refuses_to_sign_is_a_problem_with_its_path() -> None:
    subject = {"id": DOCTOR.did, "nobodyDefinesThis": 1}
    draft = plain(context=[V2], credentialSubject=subject)
    status, body = issued(draft)
    assert (status, body["code"]) == (400, "PROOF_GENERATION_ERROR")
    assert body["path"].startswith("$.credential.credentialSubject")
    assert body["type"] == "https://w3id.org/medid/problems#PROOF_GENERATION_ERROR"
    assert body["status"] == 400
    assert body["title"]
    assert body["detail"]
    assert body["fix"]


@pytest.mark.parametrize(
    ("issuer", "status"),
    [
        (PATIENT.did, 403),  # the server has this key, for another token
        (STRANGER.did, 403),  # nobody here has it; the answer is the same
        (f"{BOARD.did}#", 403),
        (BOARD.did.upper(), 403),
        ({"id": PATIENT.did}, 403),
        ([BOARD.did], 403),
        ({}, 403),
        (None, 403),
        (7, 403),
    ],
)
def test_a_token_signs_under_its_own_dids_only(issuer: Any, status: int) -> None:
    found, body = issued({**plain(), "issuer": issuer})
    assert found == status
    assert body["code"] == "FORBIDDEN"
    assert body["path"] == "$.credential.issuer"


def test_mandatory_pointers_need_selective_disclosure() -> None:
    body = {"credential": plain(), "options": {"mandatoryPointers": ["/issuer"]}}
    answer = client().post(ISSUE, json=body, headers=bearer())
    assert answer.status_code == 400
    assert answer.json()["path"] == "$.options.mandatoryPointers"


def test_what_only_the_suites_may_ask_for_is_not_passed_over() -> None:
    wanted = {"type": "BitstringStatusListEntry", "statusPurpose": "revocation"}
    body = {"credential": plain(), "options": {"credentialStatus": wanted}}
    answer = client().post(ISSUE, json=body, headers=bearer())
    assert (answer.status_code, answer.json()["path"]) == (
        400,
        "$.options.credentialStatus",
    )
    checked = {"verifiableCredential": signed(plain()), "options": {"checks": []}}
    answer = client().post("/credentials/verify", json=checked)
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (
        400,
        "$.options.checks",
    )


class Broken:
    """A key store that went away."""

    @property
    def public_key(self) -> PublicKey:
        return BOARD.signer.public_key

    def sign(self, message: bytes) -> bytes:
        raise SignerError("PIN of slot 7 is locked", path="$.slot", fix="unlock slot 7")


def test_a_key_store_that_fails_is_not_the_callers_fault() -> None:
    controller = Controller.did_key(Broken())
    status, body = issued(plain(), controllers=(controller,))
    assert (status, body["code"]) == (503, "SIGNER_ERROR")
    assert "slot" not in str(body)
    assert body["path"] == "$"


# Who asks.


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEARER"])
def test_the_scheme_of_a_token_is_one_in_any_case(scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {SECRET}"}
    answer = client().post("/credentials/issue", json={}, headers=headers)
    assert answer.status_code == 400


@pytest.mark.parametrize("path", SIGNING)
@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        f"Basic {SECRET}",
        f"Bearer {SECRET[:-1]}",
        f"Bearer {SECRET} {SECRET}",
        f"Bearer {SECRET}, Bearer {OTHER}",
        SECRET,
        f"Bearer\t{SECRET}",
    ],
)
def test_nobody_signs_without_a_token(path: str, header: str | None) -> None:
    headers = {"Authorization": header} if header is not None else {}
    answer = client().post(path, json={}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHENTICATED")
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", SIGNING)
def test_a_token_allows_what_it_names(path: str) -> None:
    answer = client().post(path, json={}, headers=bearer(READER))
    assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")


@pytest.mark.parametrize("path", SIGNING)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_no_other_method_reaches_an_operation(path: str, method: str) -> None:
    answer = client().request(method, path, headers=bearer())
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


def test_a_token_in_the_query_or_in_the_body_is_none() -> None:
    answer = client().post(f"{ISSUE}?access_token={SECRET}", json={"token": SECRET})
    assert answer.status_code == 401


# Presentations.


def shown(*credentials: Any, holder: Any = BOARD.did, **members: Any) -> Any:
    presentation = {"holder": holder, "verifiableCredential": [*credentials], **members}
    body = {
        "presentation": presentation,
        "options": {"challenge": "c" * 20, "domain": "gateway.example"},
    }
    answer = client().post(PRESENT, json=body, headers=bearer())
    return answer.status_code, answer.json()


def test_a_presentation_is_signed_by_its_holder() -> None:
    status, body = shown(signed(plain()))
    assert status == 201, body
    presentation = body["verifiablePresentation"]
    assert presentation["holder"] == BOARD.did
    assert verified(presentation, challenge="c" * 20, domain="gateway.example")


def test_a_presentation_may_be_a_jwt() -> None:
    body = {
        "presentation": {
            "@context": [V2],
            "type": ["VerifiablePresentation"],
            "holder": BOARD.did,
            "verifiableCredential": [signed(plain())],
        },
        "options": {"challenge": "c" * 20},
    }
    answer = client().post(f"/vc+jwt{PRESENT}", json=body, headers=bearer())
    envelope = answer.json()["verifiablePresentation"]
    assert answer.status_code == 201
    assert envelope["type"] == "EnvelopedVerifiablePresentation"
    assert verified(envelope, challenge="c" * 20)


@pytest.mark.parametrize("holder", [PATIENT.did, STRANGER.did])
def test_a_token_presents_for_its_own_dids_only(holder: str) -> None:
    status, body = shown(signed(plain()), holder=holder)
    assert (status, body["path"]) == (403, "$.presentation.holder")


def test_what_is_no_credential_is_not_presented() -> None:
    status, body = shown({"type": "VerifiableCredential"})
    assert status == 400
    assert body["path"].startswith("$.presentation.")
    assert shown(plain())[0] == 400
    assert shown()[0] == 400


# Selective disclosure.


def selective() -> Any:
    """A credential from which its holder derives others."""
    return issue(
        plain(P256),
        P256,
        securing="ecdsa-sd-2023",
        mandatory_pointers=["/credentialSubject/id"],
        at=MADE,
    )


def derived(credential: Any, *pointers: str) -> Any:
    body = {
        "verifiableCredential": credential,
        "options": {"selectivePointers": [*pointers]},
    }
    answer = client().post(DERIVE, json=body, headers=bearer())
    return answer.status_code, answer.json()


def test_a_part_is_derived() -> None:
    status, body = derived(selective())
    assert status == 201, body
    part = body["verifiableCredential"]
    assert part["credentialSubject"] == {"id": DOCTOR.did}
    assert verified(part)
    status, body = derived(selective(), "/credentialSubject")
    assert body["verifiableCredential"]["credentialSubject"]["alumniOf"] == "School"


@pytest.mark.parametrize("pointer", ["/nothing", "/proof", "/credentialSubject/0"])
def test_what_cannot_be_shown_is_not_derived(pointer: str) -> None:
    status, body = derived(selective(), pointer)
    assert (status, body["code"]) == (400, "PROOF_GENERATION_ERROR")
    assert body["path"].startswith("$.verifiableCredential")


def test_what_lets_nobody_choose_is_not_derived_from() -> None:
    status, body = derived(signed(plain()), "/credentialSubject")
    assert status == 400, body
    assert body["path"] == "$.verifiableCredential.proof"


def test_what_the_caller_makes_mandatory_comes_beside_the_rest() -> None:
    body = {
        "credential": plain(P256),
        "options": {"mandatoryPointers": ["/credentialSubject/id"]},
    }
    token = Token.of("p256", SECRET, frozenset(Operation), frozenset({P256.did}))
    answer = client(controllers=(P256,), tokens=Tokens((token,))).post(
        f"/ecdsa-sd-2023{ISSUE}", json=body, headers=bearer()
    )
    assert answer.status_code == 201, answer.json()
    part = derive(answer.json()["verifiableCredential"], [])
    assert isinstance(part, dict)
    assert part["credentialSubject"] == {"id": DOCTOR.did}
    assert part["validUntil"] == plain()["validUntil"]


def test_every_mechanism_has_a_path() -> None:
    described = client().get("/openapi.json").json()
    operation = described["paths"][f"/{{securing}}{ISSUE}"]["post"]
    (parameter,) = operation["parameters"]
    assert parameter["schema"]["enum"] == [*mechanisms()]
    assert described["servers"] == [{"url": BASE}]
