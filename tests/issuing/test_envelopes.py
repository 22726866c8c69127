"""Issue and present in every envelope; what medid would refuse is not signed."""

from __future__ import annotations

from typing import Any, Final

import pytest

from medid.errors import ConfigurationError, ProofGenerationError
from medid.issuing import Controller, issue, issue_sd_jwt, present, present_sd_jwt
from medid.keys import KeyKind
from medid.securing import sd_jwt
from medid.securing.jose import jwt_vc_1_1, vc_jwt
from tests.keys.strategies import seeded
from tests.verifying import world
from tests.verifying.world import (
    BOARD,
    CHALLENGE,
    DOCTOR,
    DOMAIN,
    MADE,
    P256,
    P384,
    STRANGER,
    VCT,
    as_text,
    license_draft,
    lists,
    payload_of,
    plain,
    signed,
    verified,
)

EXAMPLES_V1: Final = "https://www.w3.org/2018/credentials/examples/v1"
HIDDEN: Final = "/credentialSubject/alumniOf"


def older(issuer: Any = BOARD, **members: Any) -> dict[str, Any]:
    draft = {
        "context": [world.V1, EXAMPLES_V1],
        "validFrom": None,
        "validUntil": None,
        "issuanceDate": "2026-01-01T00:00:00Z",
        "expirationDate": "2027-01-01T00:00:00Z",
    }
    return plain(issuer, **{**draft, **members})


def selective(draft: Any = None, *pointers: str, **options: Any) -> str:
    given = {"disclosable": pointers, "at": MADE, **options}
    return issue_sd_jwt(plain() if draft is None else draft, BOARD, **given)


def presented(*credentials: Any, securing: str, controller: Any = DOCTOR) -> Any:
    return present(
        credentials,
        controller,
        challenge=CHALLENGE,
        domain=DOMAIN,
        securing=securing,
        at=MADE,
    )


# Version 1.1


@pytest.mark.parametrize("controller", [BOARD, P256, P384])
def test_a_credential_of_version_1_1_is_signed_in_its_claim(controller: Any) -> None:
    draft = older(controller)
    text = as_text(issue(draft, controller, securing="JWT", at=MADE))
    assert payload_of(text)["vc"] == draft
    assert jwt_vc_1_1.read(text).document == draft
    assert verified(text)


def test_no_other_version_is_signed_in_it() -> None:
    with pytest.raises(ProofGenerationError) as caught:
        issue(plain(), BOARD, securing="JWT", at=MADE)
    assert caught.value.path == "$.@context"
    assert "vc+jwt" in caught.value.fix
    with pytest.raises(ProofGenerationError):
        issue(older(STRANGER), BOARD, securing="JWT", at=MADE)
    with pytest.raises(ProofGenerationError):
        issue(older(expirationDate="2027"), BOARD, securing="JWT", at=MADE)


@pytest.mark.parametrize("securing", ["vc+sd-jwt", "dc+sd-jwt", "jwt", "vp+jwt", ""])
def test_what_is_no_mechanism_of_issue(securing: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        issue(plain(), BOARD, securing=securing, at=MADE)
    by_holder = securing.endswith("c+sd-jwt")
    assert ("issue_sd_jwt" if by_holder else "JWT") in caught.value.fix


def test_a_presentation_of_version_1_1() -> None:
    first = as_text(issue(older(), BOARD, securing="JWT", at=MADE))
    second = as_text(issue(plain(), BOARD, securing="vc+jwt", at=MADE))
    text = presented(f" {first}\n", second, securing="JWT")
    read = jwt_vc_1_1.read(text)
    assert read.document["verifiableCredential"] == [first, second]
    assert read.document["holder"] == DOCTOR.did
    assert read.document["@context"] == [world.V1]
    assert (read.registered.nonce, read.registered.audience) == (CHALLENGE, (DOMAIN,))
    assert verified(text, challenge=CHALLENGE, domain=DOMAIN, holder_binding=True)


@pytest.mark.parametrize(
    ("entry", "securing"),
    [
        (selective(), "JWT"),
        (selective({"vct": VCT}), "JWT"),
        (presented(signed(plain()), securing="vp+jwt"), "JWT"),
        (presented(signed(plain()), securing="vp+sd-jwt"), "JWT"),
        (presented(signed(plain()), securing="vp+sd-jwt"), "vp+jwt"),
        (as_text(issue(older(), BOARD, securing="JWT", at=MADE)), "vp+jwt"),
        (as_text(issue(older(), BOARD, securing="JWT", at=MADE)), "vp+sd-jwt"),
        (as_text(issue(older(), BOARD, securing="JWT", at=MADE)), "eddsa-jcs-2022"),
        ("text", "JWT"),
        (older(), "JWT"),
    ],
)
def test_what_cannot_be_presented_in_it(entry: Any, securing: str) -> None:
    with pytest.raises(ProofGenerationError) as caught:
        presented(entry, securing=securing)
    assert caught.value.path.startswith("$.verifiableCredential[0]")


@pytest.mark.parametrize(
    ("entry", "securing", "fix"),
    [
        (as_text(issue(older(), BOARD, securing="JWT", at=MADE)), "vp+jwt", "JWT"),
        (issue(plain(), BOARD, securing="vc+cose", at=MADE), "JWT", "vp+jwt"),
        (selective(), "JWT", "vp+jwt"),
    ],
)
def test_where_it_can_be_presented_is_told(entry: Any, securing: str, fix: str) -> None:
    with pytest.raises(ProofGenerationError, match="has no place") as caught:
        presented(entry, securing=securing)
    assert caught.value.fix == f"present it as {fix}"


# Credentials whose holder chooses


def test_the_content_decides_what_is_issued() -> None:
    document = sd_jwt.parse(selective(None, HIDDEN), profile="credential")
    assert document.is_document
    assert document.jws.typ == "vc+sd-jwt"
    seconds = MADE.nanoseconds // 1_000_000_000
    assert document.claims == {**plain(), "iat": seconds}
    claims = sd_jwt.parse(selective({"vct": VCT}), profile="credential")
    assert not claims.is_document
    assert claims.jws.typ == "dc+sd-jwt"
    assert "issuer" not in claims.claims


@pytest.mark.parametrize("controller", [BOARD, P256, P384])
def test_what_is_issued_is_presented_and_verified(controller: Any) -> None:
    text = issue_sd_jwt(
        plain(controller),
        controller,
        disclosable=[HIDDEN],
        holder_key=DOCTOR.signer.public_key,
        at=MADE,
        entropy=seeded(b"salts"),
    )
    shown = present_sd_jwt(
        text, DOCTOR.signer, disclose=[], nonce=CHALLENGE, audience=DOMAIN, at=MADE
    )
    assert verified(shown, challenge=CHALLENGE, domain=DOMAIN, key_binding=True)
    assert "School" not in str(sd_jwt.parse(shown, profile="credential").claims)
    assert verified(text)


def test_a_license_is_issued_with_what_its_holder_may_keep_back() -> None:
    pointer = "/credentialSubject/practitionerIdentifier"
    text = selective(license_draft(), pointer)
    assert verified(text, known=lists())


@pytest.mark.parametrize(
    ("draft", "pointers"),
    [
        (plain(STRANGER), []),
        (plain(), ["/validUntil"]),
        (plain(), ["/credentialSubject"]),
        (plain(), ["/nothing"]),
        (plain(), [HIDDEN, HIDDEN]),
        ({**plain(), "vct": VCT}, []),
        (plain(context=[world.V2]), []),
        ({**plain(), "proof": {}}, []),
        ({**plain(), "validUntil": "tomorrow"}, []),
        ({**plain(), "cnf": {"jwk": {}}}, []),
        (license_draft(credentialStatus=[]), []),
        ({"@context": [world.V2]}, []),
        ({"vct": VCT, "iss": STRANGER.did}, []),
        ({}, []),
    ],
)
def test_what_would_be_refused_is_not_issued(
    draft: dict[str, Any], pointers: list[str]
) -> None:
    before = str(draft)
    with pytest.raises(ProofGenerationError):
        selective(draft, *pointers)
    assert str(draft) == before


def test_a_key_that_signs_nothing() -> None:
    signer = world.key("agreement", KeyKind.X25519)
    controller = Controller(
        verification_method=BOARD.verification_method, signer=signer
    )
    with pytest.raises(ConfigurationError):
        issue_sd_jwt(plain(), controller, disclosable=[], at=MADE)


def test_a_presentation_in_an_sd_jwt() -> None:
    entries = [signed(plain()), selective(), selective({"vct": VCT})]
    text = presented(*entries, securing="vp+sd-jwt")
    parsed = sd_jwt.parse(text, profile="credential")
    assert parsed.jws.typ == "vp+sd-jwt"
    media_types = [
        str(entry.get("id", "")).partition(",")[0]
        for entry in world.as_object({"x": parsed.claims["verifiableCredential"]})["x"]
    ]
    assert media_types[1:] == [
        "data:application/vc+sd-jwt",
        "data:application/dc+sd-jwt",
    ]
    assert verified(text, challenge=CHALLENGE, domain=DOMAIN)


def test_a_jwt_of_version_2_names_its_kind() -> None:
    text = as_text(issue(plain(), BOARD, securing="vc+jwt", at=MADE))
    shown = vc_jwt.read(presented(text, securing="vp+jwt")).document
    [entry] = world.as_object({"x": shown["verifiableCredential"]})["x"]
    assert entry["id"] == f"data:application/vc+jwt,{text}"
