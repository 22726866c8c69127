"""Credentials of issuers whom an authority certifies: did:x509, in every envelope."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from medid.core import base64url
from medid.core.instant import Instant
from medid.dids.methods.x509 import create
from medid.errors import EvidenceUnavailable, InvalidVerificationMethod
from medid.issuing import Controller, issue
from medid.verifying.checks import Outcome
from medid.verifying.resolving import resolve
from tests.dids.test_x509 import LEAF, MIDDLE, ROOT, SAN, uzi
from tests.keys.authorities import Holder, authority, signer, x5c
from tests.keys.strategies import rsa_private
from tests.securing.cose.naive import message
from tests.verifying.test_issuer_keys import signed_by
from tests.verifying.world import (
    BOARD,
    CHALLENGE,
    DOMAIN,
    MADE,
    NOW,
    P256,
    VCT,
    codes,
    enveloped,
    license_draft,
    plain,
    registry,
    results,
    verified,
)

DID: Final = str(create(ROOT.der, SAN))
METHOD: Final = f"{DID}#0"
CHAIN: Final = (LEAF, MIDDLE, ROOT)
EARLIER: Final = Instant.parse("2026-05-01T00:00:00Z")  # the certificates begin later
LATER: Final = Instant.parse("2026-10-01T00:00:00Z")  # and ended before
NO_KEY: Final = ("proof", "INVALID_VERIFICATION_METHOD", "$.x5c")
ISSUER: Final = Controller(verification_method=METHOD, signer=LEAF.key)


def jwt(
    payload: Any = None, *, by: Any = LEAF.key, chain: Any = CHAIN, **header: Any
) -> str:
    """A credential in a JWT; ``None`` removes a member of its header."""
    certificates = None if chain is None else x5c(*chain)
    members = {"kid": METHOD, "typ": "vc+jwt", "x5c": certificates, **header}
    return signed_by(by, plain(ISSUER) if payload is None else payload, **members)


def sd_jwt(**header: Any) -> str:
    claims = {"iss": DID, "vct": VCT}
    return f"{jwt(claims, **{'typ': 'dc+sd-jwt', **header})}~"


def older(**header: Any) -> str:
    """Version 1.1, as Dutch health care issues it."""
    issued = MADE.nanoseconds // 1_000_000_000
    credential = {
        "@context": ["https://www.w3.org/2018/credentials/v1"],
        "type": ["VerifiableCredential"],
        "issuer": DID,
        "issuanceDate": str(MADE),
        "credentialSubject": {"id": "did:example:care"},
    }
    claims = {"iss": DID, "sub": "did:example:care", "nbf": issued, "vc": credential}
    return jwt(claims, **{"typ": "JWT", **header})


def cose(x5chain: Any, *, kid: bytes | None = METHOD.encode()) -> bytes:
    header = {1: -7, 4: kid, 16: "application/vc+cose", 33: x5chain}
    kept = {label: value for label, value in header.items() if value is not None}
    return message(kept, json.dumps(plain(ISSUER)).encode(), by=LEAF.key)


DERS: Final = [one.der for one in CHAIN]


@pytest.mark.parametrize("kid", [METHOD, "#0", None])
def test_a_credential_verifies_in_every_envelope(kid: str | None) -> None:
    for document in (jwt(kid=kid), sd_jwt(kid=kid), older(kid=kid)):
        assert verified(document)
    assert verified(cose(DERS))


def rsa_jwt(alg: str) -> str:
    """What somebody signed who has an RSA key."""
    schemes: dict[str, padding.AsymmetricPadding] = {
        "RS256": padding.PKCS1v15(),
        "PS256": padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=32),
    }
    leaf = uzi(native=rsa_private())
    chain = x5c(leaf, MIDDLE, ROOT)
    header = {"alg": alg, "kid": METHOD, "typ": "vc+jwt", "x5c": chain}
    parts = [json.dumps(one).encode() for one in (header, plain(ISSUER))]
    signing_input = ".".join(map(base64url.encode, parts))
    signature = rsa_private().sign(
        signing_input.encode(), schemes[alg], hashes.SHA256()
    )
    return f"{signing_input}.{base64url.encode(signature)}"


@pytest.mark.parametrize("alg", ["RS256", "PS256"])
def test_a_credential_signed_with_rsa(alg: str) -> None:
    document = rsa_jwt(alg)
    assert verified(document)
    broken = f"{document[:-8]}{'A' * 8}"
    assert codes(verified(broken)) == [("proof", "PROOF_VERIFICATION_ERROR", "$")]


def test_certificates_count_as_of_the_time_asked_about() -> None:
    assert verified(jwt(), at=NOW)
    for at in (EARLIER, LATER):
        assert codes(verified(jwt(), at=at)) == [NO_KEY]


def test_a_registry_names_such_an_issuer_as_any_other() -> None:
    document = jwt(license_draft(ISSUER))
    answer = verified(document, trust=registry(BOARD, ISSUER))
    assert (results(answer, "proof"), results(answer, "trust")) == (["pass"], ["pass"])
    answer = verified(document, trust=registry(BOARD))
    assert "ISSUER_NOT_TRUSTED" in [code for _, code, _ in codes(answer)]


def test_without_certificates_the_answer_is_open() -> None:
    for document in (jwt(chain=None), jwt(chain=None, kid=None), cose(None)):
        answer = verified(document)
        assert answer.outcome is Outcome.UNDECIDED
        ((check, code, path),) = codes(answer)
        assert (check, code) == ("proof", "EVIDENCE_UNAVAILABLE")
        assert path in {"$.x5c", "$.protected[33]"}


@pytest.mark.parametrize(
    "chain",
    [
        (LEAF,),
        (LEAF, ROOT),
        (MIDDLE, ROOT),
        (LEAF, ROOT, MIDDLE),
        (LEAF, MIDDLE),  # the DID names the root
        (uzi(authority("other")), authority("other")),
        (signer("leaf", MIDDLE), MIDDLE, ROOT),  # who states no such name
    ],
)
def test_certificates_that_are_not_those_of_the_did(chain: tuple[Holder, ...]) -> None:
    assert codes(verified(jwt(chain=chain))) == [NO_KEY]


def test_the_key_of_somebody_else_under_the_right_certificates() -> None:
    other = MIDDLE.key
    assert codes(verified(jwt(by=other))) == [
        ("proof", "PROOF_VERIFICATION_ERROR", "$")
    ]


def test_somebody_else_whom_the_same_authority_certifies() -> None:
    stranger = signer("stranger", MIDDLE, dns=["care.example"])
    document = jwt(by=stranger.key, chain=(stranger, MIDDLE, ROOT))
    assert codes(verified(document)) == [NO_KEY]
    # His own DID does not make him the issuer.
    own = create(ROOT.der, ("san", "dns", "care.example"))
    document = jwt(by=stranger.key, chain=(stranger, MIDDLE, ROOT), kid=f"{own}#0")
    assert codes(verified(document)) == [("proof", "INVALID_RELATIONSHIP", "$.issuer")]


@pytest.mark.parametrize("certificates", [[], "MIIB", ["MIIB"], ["AA=="], [1], {}])
def test_a_header_that_holds_no_chain(certificates: Any) -> None:
    answer = verified(jwt(x5c=certificates))
    assert answer.outcome is Outcome.REFUSED
    ((check, _, path),) = codes(answer)
    assert check == "proof"
    assert path.startswith("$.x5c")


def test_nine_certificates_are_not_looked_at() -> None:
    answer = verified(jwt(chain=[LEAF, *[MIDDLE] * 7, ROOT]))
    assert codes(answer) == [("proof", "TOO_LARGE", "$.x5c")]


@pytest.mark.parametrize(
    "x5chain", [[], DERS[:1], [DERS], ["MIIB"], "MIIB", 1, [*DERS, 1]]
)
def test_a_message_that_holds_no_chain(x5chain: Any) -> None:
    answer = verified(cose(x5chain))
    assert codes(answer) == [("proof", "MALFORMED_VALUE_ERROR", "$.protected[33]")]
    assert answer.outcome is Outcome.REFUSED


def test_one_certificate_alone_is_no_chain() -> None:
    answer = verified(cose(LEAF.der))
    expected = ("proof", "INVALID_VERIFICATION_METHOD", "$.protected[33]")
    assert codes(answer) == [expected]


def test_a_message_without_kid_brings_its_own_key() -> None:
    answer = verified(cose(DERS, kid=None))
    assert codes(answer) == [("parse", "INVALID_VERIFICATION_METHOD", "$.protected[4]")]


def test_a_did_in_another_spelling_is_not_blamed_on_the_certificates() -> None:
    odd = DID.replace("san:", "s%61n:")
    document = plain(Controller(verification_method=f"{odd}#0", signer=LEAF.key))
    answer = verified(jwt(document, kid=f"{odd}#0"))
    assert codes(answer) == [("proof", "INVALID_DID", "$")]


def test_certificates_say_nothing_to_any_other_did() -> None:
    """A header with a chain, and an issuer whose DID has a key of its own."""
    document = plain(P256)
    sound = jwt(document, by=P256.signer, kid=P256.verification_method)
    assert verified(sound)
    forged = jwt(document, kid=P256.verification_method)
    assert codes(verified(forged)) == [("proof", "PROOF_VERIFICATION_ERROR", "$")]
    assert codes(verified(jwt(document, kid=None))) == [NO_KEY]


def test_a_proof_inside_a_document_brings_no_certificates() -> None:
    answer = verified(issue(plain(ISSUER), ISSUER, securing="ecdsa-jcs-2019", at=MADE))
    assert answer.outcome is Outcome.UNDECIDED


def test_a_presenter_whom_an_authority_certifies() -> None:
    draft = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiablePresentation"],
        "holder": DID,
        "verifiableCredential": [enveloped(jwt())],
        "nonce": CHALLENGE,
        "aud": DOMAIN,
    }
    shown = jwt(draft, typ="vp+jwt")
    assert verified(shown, challenge=CHALLENGE, domain=DOMAIN)
    assert not verified(shown, challenge="another", domain=DOMAIN)


def test_resolving_with_certificates() -> None:
    chain = tuple(DERS)
    assert str(resolve(DID, at=NOW, x509_chain=chain).id) == DID
    with pytest.raises(EvidenceUnavailable):
        resolve(DID, at=NOW)
    with pytest.raises(InvalidVerificationMethod):
        resolve(DID, x509_chain=chain)
