"""Licenses and consents in every envelope that credentials travel in."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

import pytest

from medid.access.decision import Outcome
from medid.core import json as strict_json
from medid.health import contexts
from medid.issuing import (
    Controller,
    issue_sd_jwt,
    present,
    present_sd_jwt,
    set_status,
)
from medid.keys import KeyKind, PrivateKey
from medid.securing.data_integrity import sign
from medid.securing.jose import jwt_vc_1_1, sign_compact
from medid.trust import TrustRegistry
from medid.verifying.issuer_keys import metadata_url
from tests.access.world import (
    AT,
    START,
    World,
    as_doc,
    on_file,
)
from tests.keys.authorities import authority, signer, x5c

if TYPE_CHECKING:
    from medid.access.verifier import AccessVerifier

V1: Final = "https://www.w3.org/2018/credentials/v1"
CONDITION: Final = {"type": "LicenseCondition", "conditionKind": "supervision"}
BOARD_URL: Final = "https://board.example"
AUDIENCE: Final = "https://gateway.hospital.example"


@pytest.fixture
def world() -> World:
    return World()


def draft_of(credential: Any) -> dict[str, Any]:
    return {name: value for name, value in credential.items() if name != "proof"}


def selective(
    draft: dict[str, Any], issuer: Controller, *pointers: str, holder: Any = None
) -> str:
    key = holder.signer.public_key if holder is not None else None
    return issue_sd_jwt(draft, issuer, disclosable=pointers, holder_key=key, at=START)


def license_token(world: World, *pointers: str) -> str:
    draft = draft_of(world.license)
    return selective(draft, world.board, *pointers, holder=world.practitioner)


def consent_token(world: World, *pointers: str) -> str:
    return selective(draft_of(world.consent), world.patient, *pointers)


def cut(token: str, *disclose: str) -> str:
    """What is left of a token when only so much is disclosed."""
    return present_sd_jwt(token, None, disclose=disclose, nonce=None, audience=None)


def bound(world: World, token: str, challenge: str, **members: Any) -> str:
    given = {"audience": AUDIENCE, "at": AT, "disclose": [], **members}
    return present_sd_jwt(token, world.practitioner.signer, nonce=challenge, **given)


def decided(world: World, shown: Any, **members: Any) -> Any:
    return world.verifier(**members).decide(shown, world.asks())


# Licenses


@pytest.mark.parametrize("outer", ["eddsa-jcs-2022", "vp+jwt", "vp+sd-jwt"])
def test_a_license_in_an_sd_jwt_permits(world: World, outer: str) -> None:
    shown = world.shown(license_token(world), world.consent, securing=outer)
    found = decided(world, shown)
    assert found.outcome is Outcome.PERMIT, found.codes
    other = world.shown(license_token(world), world.consent, securing=outer, domain="x")
    assert decided(world, other).codes == ("INVALID_DOMAIN_ERROR",)


@pytest.mark.parametrize("outer", ["vp+jwt", "vp+sd-jwt"])
def test_a_presentation_as_a_token_is_accepted_once(world: World, outer: str) -> None:
    gateway = world.gateway()
    challenge = gateway.challenge()
    shown = world.shown(
        license_token(world), world.consent, securing=outer, challenge=challenge
    )
    assert gateway.decide(shown, world.asks())
    assert gateway.decide(shown, world.asks()).codes == ("REPLAYED",)


def test_a_key_binding_in_a_presentation_answers_the_same_challenge(
    world: World,
) -> None:
    gateway = world.gateway()
    for nonce, reason in ((None, "LICENSE_OK"), ("another", "INVALID_CHALLENGE_ERROR")):
        challenge = gateway.challenge()
        token = bound(world, license_token(world), nonce or challenge)
        shown = world.shown(token, world.consent, challenge=challenge)
        assert gateway.decide(shown, world.asks()).codes[0] == reason
        # Whoever expects no challenge at all is not told which one it answers.
        assert decided(world, shown).codes[0] == "LICENSE_OK"


def test_a_challenge_that_was_used_is_told_as_that_alone(world: World) -> None:
    gateway = world.gateway()
    shown = world.shown(license_token(world), world.consent, challenge="never issued")
    assert gateway.decide(shown, world.asks()).codes == ("REPLAYED",)
    none: Any = present(
        [world.license], world.practitioner, challenge=None, domain=AUDIENCE, at=AT
    )
    assert gateway.decide(none, world.asks()).codes == ("INVALID_CHALLENGE_ERROR",)
    broken = {**none, "proof": {**none["proof"], "created": "x"}}
    assert "PROOF_VERIFICATION_ERROR" in gateway.decide(broken, world.asks()).codes


def test_a_license_in_an_sd_jwt_presents_itself(world: World) -> None:
    gateway = world.gateway(consents=on_file(world.consent))
    challenge = gateway.challenge()
    shown = bound(world, license_token(world), challenge)
    found = gateway.decide(shown, world.asks())
    assert found.outcome is Outcome.PERMIT, found.codes
    checks = {one.check: one.result.value for one in found.checks}
    assert (checks["key-binding"], checks["replay"], checks["status"]) == ("pass",) * 3
    assert gateway.decide(shown, world.asks()).codes == ("REPLAYED",)
    other = bound(world, license_token(world), gateway.challenge(), audience="x")
    assert "INVALID_DOMAIN_ERROR" in gateway.decide(other, world.asks()).codes


def test_without_key_binding_it_opens_nothing(world: World) -> None:
    kept = on_file(world.consent)
    unbound = selective(draft_of(world.license), world.board)
    for token in (license_token(world), unbound):
        found = decided(world, token, consents=kept)
        assert found.outcome is Outcome.DENY
        assert set(found.codes) == {"HOLDER_BINDING_ERROR"}
    bare = decided(world, world.license, consents=kept)
    assert bare.codes == ("HOLDER_BINDING_ERROR",)


def license_as(world: World, typ: str, **claims: Any) -> str:
    """The license in a token that says ``claims`` beside it."""
    token = sign_compact(
        strict_json.dumps({**draft_of(world.license), **claims}).encode(),
        world.board.signer,
        {"typ": typ, "kid": world.board.verification_method},
    )
    return f"{token}~" if typ == "vc+sd-jwt" else token


@pytest.mark.parametrize("typ", ["vc+jwt", "vc+sd-jwt"])
@pytest.mark.parametrize(
    ("later", "codes"),
    [
        (0, ("LICENSE_OK", "CONSENT_PERMIT")),
        (1, ("LICENSE_NOT_YET_VALID", "CONSENT_PERMIT")),
        (86_400, ("LICENSE_NOT_YET_VALID", "CONSENT_PERMIT")),
    ],
)
def test_what_is_issued_later_is_not_valid_yet(
    world: World, typ: str, later: int, codes: tuple[str, ...]
) -> None:
    token = license_as(world, typ, iat=int(AT.seconds) + later)
    assert decided(world, world.shown(token, world.consent)).codes == codes


@pytest.mark.parametrize("later", [0, 1])
def test_a_consent_that_is_issued_later_permits_nothing_yet(
    world: World, later: int
) -> None:
    claims = {**draft_of(world.consent), "iat": int(AT.seconds) + later}
    token = sign_compact(
        strict_json.dumps(claims).encode(),
        world.patient.signer,
        {"typ": "vc+jwt", "kid": world.patient.verification_method},
    )
    assert bool(decided(world, world.shown(world.license, token))) is (later == 0)


@pytest.mark.parametrize("typ", ["vc+jwt", "vc+sd-jwt"])
def test_a_license_for_other_verifiers_permits_nothing_here(
    world: World, typ: str
) -> None:
    elsewhere = "https://other.example"
    for audience, reason in (
        (AUDIENCE, "LICENSE_OK"),
        ([elsewhere, AUDIENCE], "LICENSE_OK"),
        (elsewhere, "PROOF_INVALID"),
        ([elsewhere], "PROOF_INVALID"),
    ):
        shown = world.shown(license_as(world, typ, aud=audience), world.consent)
        assert decided(world, shown).codes[0] == reason, audience
        # Whoever does not say who asks is not told whether it was made for them.
        assert decided(world, shown, audience=None).codes[0] == "LICENSE_OK"


def test_a_license_whose_proof_is_for_another_domain_permits_nothing_here(
    world: World,
) -> None:
    cases: tuple[tuple[Any, str], ...] = (
        (AUDIENCE, "LICENSE_OK"),
        ("https://other.example", "PROOF_INVALID"),
        ([AUDIENCE, "https://other.example"], "PROOF_INVALID"),
    )
    for domain, reason in cases:
        made = sign(
            draft_of(world.license),
            world.board.signer,
            suite="eddsa-rdfc-2022",
            options={
                "created": str(START),
                "verificationMethod": world.board.verification_method,
                "proofPurpose": "assertionMethod",
                "domain": domain,
            },
            contexts=contexts(),
        )
        shown = world.shown(made, world.consent)
        assert decided(world, shown).codes[0] == reason, domain
        assert decided(world, shown, audience=None).codes[0] == "LICENSE_OK"


HEALTH: Final = "https://w3id.org/medid/health/v1"
EXAMPLES: Final = "https://www.w3.org/ns/credentials/examples/v2"


def in_other_words(world: World, how: str, *contexts_: str) -> Any:
    """The license, with ``contexts_`` beside the base context."""
    base = "https://www.w3.org/ns/credentials/v2"
    draft = {**draft_of(world.license), "@context": [base, *contexts_]}
    if how == "vc+jwt":
        header = {"typ": how, "kid": world.board.verification_method}
        return sign_compact(
            strict_json.dumps(draft).encode(), world.board.signer, header
        )
    options: dict[str, Any] = {
        "created": str(START),
        "verificationMethod": world.board.verification_method,
        "proofPurpose": "assertionMethod",
    }
    signer = world.board.signer
    return sign(draft, signer, suite=how, options=options, contexts=contexts())


@pytest.mark.parametrize("how", ["vc+jwt", "eddsa-jcs-2022", "eddsa-rdfc-2022"])
def test_a_license_means_what_its_contexts_say(world: World, how: str) -> None:
    for stated in ((HEALTH,), (EXAMPLES, HEALTH)):
        shown = world.shown(in_other_words(world, how, *stated), world.consent)
        assert decided(world, shown).codes[0] == "LICENSE_OK"
    shown = world.shown(in_other_words(world, how, EXAMPLES), world.consent)
    found = decided(world, shown)
    assert found.outcome is Outcome.DENY
    assert set(found.codes) >= {"NO_LICENSE", "CONTEXT_NOT_TRUSTED"}


def test_a_context_that_was_appended_defines_no_license(world: World) -> None:
    short = in_other_words(world, "eddsa-jcs-2022")
    longer = {**short, "@context": [*short["@context"], HEALTH]}
    shown = world.shown(longer, world.consent)
    assert "CONTEXT_NOT_TRUSTED" in decided(world, shown).codes
    whole = in_other_words(world, "eddsa-jcs-2022", HEALTH)
    longer = {**whole, "@context": [*whole["@context"], EXAMPLES]}
    assert decided(world, world.shown(longer, world.consent)).codes[0] == "LICENSE_OK"


@pytest.mark.parametrize("decision", ["permit", "deny"])
def test_a_consent_in_other_words_permits_nothing(world: World, decision: str) -> None:
    consent = copy.deepcopy(draft_of(world.consent))
    consent["credentialSubject"]["consent"]["provision"]["type"] = decision
    token = sign_compact(
        strict_json.dumps({**consent, "@context": consent["@context"][:1]}).encode(),
        world.patient.signer,
        {"typ": "vc+jwt", "kid": world.patient.verification_method},
    )
    filed = decided(world, world.shown(world.license), consents=on_file(token))
    presented = decided(world, world.shown(world.license, token))
    for found in (filed, presented):
        assert found.outcome is not Outcome.PERMIT
        assert "CONTEXT_NOT_TRUSTED" in found.codes


@pytest.mark.parametrize("decision", ["permit", "deny"])
def test_a_consent_for_others_permits_nothing_and_denies(
    world: World, decision: str
) -> None:
    consent = draft_of(world.consent)
    consent = copy.deepcopy(consent)
    consent["credentialSubject"]["consent"]["provision"]["type"] = decision
    found = {}
    for audience in (AUDIENCE, "https://other.example"):
        token = sign_compact(
            strict_json.dumps({**consent, "aud": audience}).encode(),
            world.patient.signer,
            {"typ": "vc+jwt", "kid": world.patient.verification_method},
        )
        presented = decided(world, world.shown(world.license, token))
        filed = decided(world, world.shown(world.license), consents=on_file(token))
        assert presented.codes[1:] == filed.codes[1:]
        found[audience] = filed.codes[1]
    if decision == "permit":
        assert found[AUDIENCE] == "CONSENT_PERMIT"
        assert found["https://other.example"] == "DEFAULT_POLICY_DENY"
    else:
        assert set(found.values()) == {"CONSENT_DENY"}


def test_a_license_bound_to_another_key_is_not_the_presenter_s(world: World) -> None:
    own = world.practitioner.signer.public_key.to_jwk()
    other = PrivateKey.generate(KeyKind.ED25519).public_key.to_jwk()
    found = {}
    for name, cnf in {
        "own": {"jwk": own},
        "kid": {"kid": world.practitioner.verification_method},
        "other": {"jwk": other},
        "board": {"kid": world.board.verification_method},
        "nobody": {"kid": "did:example:nobody#key"},
    }.items():
        token = license_as(world, "vc+sd-jwt", cnf=cnf)
        found[name] = decided(world, world.shown(token, world.consent)).codes[0]
    mismatch = dict.fromkeys(("other", "board", "nobody"), "HOLDER_MISMATCH")
    assert found == {"own": "LICENSE_OK", "kid": "LICENSE_OK", **mismatch}


def test_a_key_binding_makes_nobody_of_two_subjects(world: World) -> None:
    draft = draft_of(world.license)
    subject = draft["credentialSubject"]
    draft["credentialSubject"] = [subject, {**subject, "id": world.patient.did}]
    claims = {**draft, "cnf": {"jwk": world.practitioner.signer.public_key.to_jwk()}}
    token = sign_compact(
        strict_json.dumps(claims).encode(),
        world.board.signer,
        {"typ": "vc+sd-jwt", "kid": world.board.verification_method},
    )
    found = decided(world, bound(world, f"{token}~", "n"))
    assert found.outcome is Outcome.DENY
    assert "HOLDER_BINDING_ERROR" in found.codes


def test_a_revoked_license_in_an_sd_jwt_is_revoked() -> None:
    scene = World()
    entries: Any = scene.license["credentialStatus"]
    entry = as_doc(entries[0])
    url, index = str(entry["statusListCredential"]), int(str(entry["statusListIndex"]))
    listed = scene.web.documents[url]
    scene.web.documents[url] = as_doc(set_status(listed, index, scene.board, at=START))
    for outer in ("vp+jwt", "vp+sd-jwt"):
        shown = scene.shown(license_token(scene), scene.consent, securing=outer)
        found = decided(scene, shown)
        assert found.outcome is Outcome.DENY
        assert found.codes[0] == "CREDENTIAL_REVOKED"


def test_no_part_of_a_license_is_withheld(world: World) -> None:
    draft = draft_of(world.license)
    subject = draft["credentialSubject"]
    named = next(iter(subject["license"]))
    for claims, pointer in (
        (subject, f"/credentialSubject/license/{named}"),
        ([subject], f"/credentialSubject/0/license/{named}"),
    ):
        made = {**draft, "credentialSubject": claims}
        token = selective(made, world.board, pointer, holder=world.practitioner)
        whole = decided(world, world.shown(token, world.consent))
        assert whole.outcome is Outcome.PERMIT, whole.codes
        found = decided(world, world.shown(cut(token), world.consent))
        assert found.outcome is Outcome.DENY
        assert found.codes[0] == "NO_LICENSE"
        assert found.findings[-1].code == "MISSING_FACT"
        path = pointer.removesuffix(f"/{named}").replace("/0", "[0]").replace("/", ".")
        assert str(found.findings[-1].path).endswith(path)


def test_identifiers_may_be_withheld_and_the_holder_may_not(world: World) -> None:
    token = license_token(world, "/credentialSubject/practitionerIdentifier")
    assert decided(world, world.shown(cut(token), world.consent))
    nobody = license_token(world, "/credentialSubject/id")
    found = decided(world, world.shown(cut(nobody), world.consent))
    assert found.outcome is Outcome.DENY
    assert found.codes[0] == "NO_LICENSE"


# Consents


def test_a_consent_in_an_sd_jwt_permits_when_it_is_whole(world: World) -> None:
    token = consent_token(world, "/credentialSubject/consentProfile")
    whole = decided(world, world.shown(world.license, token))
    assert whole.outcome is Outcome.PERMIT, whole.codes
    for found in (
        decided(world, world.shown(world.license, cut(token))),
        decided(world, world.shown(world.license), consents=on_file(cut(token))),
        # Nor does another consent permit beside one that may be a refusal.
        decided(world, world.shown(world.license, world.consent, cut(token))),
    ):
        assert found.outcome is Outcome.INDETERMINATE
        assert [one.about for one in found.findings] == ["consent"]
        assert found.codes == ("MISSING_FACT",)


def test_a_consent_is_not_cut_to_what_it_permits(world: World) -> None:
    rule = "/credentialSubject/consent/provision/provision/0"
    token = consent_token(world, rule)
    assert decided(world, world.shown(world.license, token))
    found = decided(world, world.shown(world.license, cut(token)))
    assert found.outcome is Outcome.INDETERMINATE


# Version 1.1


def older(credential: Any) -> dict[str, Any]:
    draft = draft_of(credential)
    draft["@context"] = [V1, *draft["@context"][1:]]
    if isinstance(draft["issuer"], dict):
        draft["issuer"] = draft["issuer"]["id"]
    draft["issuanceDate"] = draft.pop("validFrom")
    draft["expirationDate"] = draft.pop("validUntil")
    return draft


def test_credentials_of_version_1_1_in_jwts(world: World) -> None:
    # Their status lists are of version 2.0, whose terms no context of theirs defines.
    license_, consent = (
        jwt_vc_1_1.write(
            older(credential), by.signer, kid=by.verification_method, claims={}
        )
        for credential, by in (
            (world.license, world.board),
            (world.consent, world.patient),
        )
    )
    shown = world.shown(license_, consent, securing="JWT")
    found = decided(world, shown)
    assert found.outcome is Outcome.PERMIT, found.codes
    late = world.verifier().decide(shown, world.asks(), at=AT.plus(366 * 86_400))
    assert not late


# Boards that are named by a web address


def web_license(world: World, private: PrivateKey, **header: Any) -> str:
    document = {**draft_of(world.license), "issuer": BOARD_URL}
    text = strict_json.dumps(document).encode()
    return sign_compact(text, private, {"typ": "vc+jwt", **header})


def web_verifier(world: World, **members: Any) -> AccessVerifier:
    source = as_doc(world.trust())
    entry = as_doc(source["acceptedBoards"][0])
    entry = {"issuer": BOARD_URL, **members, **entry}
    # The board's lists are still signed with its DID.
    entry["statusListIssuers"] = [entry.pop("did")]
    trust = TrustRegistry.from_json({**source, "acceptedBoards": [entry]})
    return world.verifier(trust=trust)


def test_a_board_that_publishes_its_keys(world: World) -> None:
    private = world.board.signer
    assert isinstance(private, PrivateKey)
    jwk = {**private.public_key.to_jwk(), "kid": "key-1"}
    scene = world
    scene.web.documents[metadata_url(BOARD_URL)] = {
        "issuer": BOARD_URL,
        "jwks": {"keys": [jwk]},
    }
    token = web_license(scene, private, kid="key-1")
    shown = scene.shown(token, scene.consent)
    found = web_verifier(scene).decide(shown, scene.asks())
    assert found.outcome is Outcome.PERMIT, found.codes
    assert scene.verifier().decide(shown, scene.asks()).outcome is Outcome.DENY


def test_a_board_that_signs_with_a_certificate(world: World) -> None:
    root = authority("health root")
    leaf = signer("board", root, uris=[BOARD_URL])
    token = web_license(world, leaf.key, x5c=x5c(leaf))
    shown = world.shown(token, world.consent)
    verifier = web_verifier(world, x509Anchors=[root.pem])
    found = verifier.decide(shown, world.asks())
    assert found.outcome is Outcome.PERMIT, found.codes
    other = web_verifier(world, x509Anchors=[authority("another").pem])
    assert other.decide(shown, world.asks()).outcome is Outcome.DENY
