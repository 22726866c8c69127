"""Visas count for whom they are about, from whom they may come, while they last."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.access.passport import MAX_VISAS, Passport
from medid.access.visa_reading import MAX_LINKED, MAX_VISA_CHARACTERS, read_visa
from medid.access.visa_types import Visa, VisaIdentity
from medid.access.visas import needs, person
from medid.core import base64url
from medid.core.evidence import Evidence
from medid.core.fetch import Fetched
from medid.core.instant import Instant
from medid.errors import (
    ConfigurationError,
    FetchFailed,
    InvalidVerificationMethod,
    MedidError,
)
from medid.health import contexts
from medid.keys import KeyKind, PrivateKey
from medid.verifying.checks import Result
from medid.verifying.judging import Judgement
from tests.access.visa_world import (
    BROKER,
    DAC,
    DATASET,
    EGA,
    EVERYBODY,
    FACULTY,
    HOME,
    NOW,
    PRESENTER,
    REGISTERED,
    STRANGER,
    SUB,
    UNIVERSITY,
    Doc,
    Signer,
    claims,
    codes,
    grant,
    home,
    judged,
    linked,
    passport,
    trust,
    userinfo,
    visa,
    visa_issuers,
)
from tests.access.world import AT
from tests.keys.strategies import rsa_private, rsa_public
from tests.support import examples

GRANT = Visa(type="ControlledAccessGrants", value=DATASET, source=DAC, by="dac")


def test_a_visa_of_the_presenter_counts() -> None:
    verdict = judged(userinfo(visa()))
    assert verdict.facts.counted == (GRANT,)
    assert not verdict.facts.unchecked
    assert [one.result for one in verdict.visas] == [Result.PASS]
    assert verdict.visas[0].path == "$.passport.ga4gh_passport_v1[0]"
    assert verdict.visas[0].advisory
    assert len(verdict.digests) == 1
    assert verdict.expires == AT.plus(3600)


@pytest.mark.parametrize(
    ("kind", "value", "by"),
    [
        ("AffiliationAndRole", "faculty@med.stanford.edu", "so"),
        ("AffiliationAndRole", "ega.researcher@med.stanford.edu", None),
        ("AffiliationAndRole", "student@a@b", "peer"),
        ("AcceptedTermsAndPolicies", REGISTERED, "self"),
        ("ResearcherStatus", REGISTERED, "peer"),
        ("ResearcherStatus", REGISTERED, None),
    ],
)
@pytest.mark.parametrize("typ", [None, "JWT", "vnd.ga4gh.visa+jwt"])
def test_the_standard_types_count(
    kind: str, value: str, by: str | None, typ: str | None
) -> None:
    token = visa(home(kind, value, by), HOME, header={"typ": typ})
    (found,) = judged(userinfo(token)).facts.counted
    assert (found.type, found.value, found.by) == (kind, value, by)


def test_a_visa_of_a_custom_type_is_ignored() -> None:
    own = visa(grant(type="https://ras.nih.gov/visas/v1.1", value="x" * 9000))
    verdict = judged(userinfo(own, visa()))
    assert verdict.facts.counted == (GRANT,)
    assert [one.result for one in verdict.visas] == [Result.NOT_ASKED, Result.PASS]


def test_members_that_others_define_are_left() -> None:
    assert judged(userinfo(visa(grant(organisation="x")))).facts.counted == (GRANT,)


def test_a_visa_signed_with_rsa_counts() -> None:
    private = rsa_private()

    class Rsa(Signer):
        def jwt(self, payload: Doc | bytes, **header: Any) -> str:
            head = json.dumps({"alg": "RS256", "kid": "r", **header}).encode()
            body = json.dumps(payload).encode()
            covered = f"{base64url.encode(head)}.{base64url.encode(body)}"
            kind = padding.PKCS1v15()
            if header.get("alg") == "PS256":
                kind = padding.PSS(padding.MGF1(hashes.SHA256()), 32)  # type: ignore[assignment]
            signed = private.sign(covered.encode(), kind, hashes.SHA256())
            return f"{covered}.{base64url.encode(signed)}"

    keys = {"keys": [{**rsa_public(private).to_jwk(), "kid": "r"}]}
    registry = trust(visaIssuers=visa_issuers(jwks=keys))
    signer = Rsa(EGA.iss, EGA.key)
    assert judged(userinfo(visa(signer=signer)), registry=registry).facts.counted
    other = visa(signer=signer, header={"alg": "PS256"})
    assert codes(judged(userinfo(other), registry=registry)) == [
        "CRYPTOGRAPHIC_SECURITY_ERROR"
    ]


# What is not taken.

OTHER = Signer(EGA.iss, PrivateKey.generate(KeyKind.P256))
EDWARDS = Signer(EGA.iss, PrivateKey.generate(KeyKind.ED25519))


def unsigned(token: str, alg: str) -> str:
    head = base64url.encode(json.dumps({"alg": alg, "kid": "key-1"}).encode())
    return f"{head}.{token.split('.')[1]}."


def with_public_key_as_secret(token: str) -> str:
    """The old confusion: an HMAC whose secret is the issuer's public key."""
    import hashlib
    import hmac

    head = base64url.encode(json.dumps({"alg": "HS256", "kid": "key-1"}).encode())
    covered = f"{head}.{token.split('.')[1]}"
    secret = EGA.key.public_key.to_pem().encode()
    made = hmac.new(secret, covered.encode(), hashlib.sha256).digest()
    return f"{covered}.{base64url.encode(made)}"


def swapped(first: str, second: str) -> str:
    """The payload of ``second`` under header and signature of ``first``."""
    head, _, signature = first.split(".")
    return f"{head}.{second.split('.')[1]}.{signature}"


def twice(name: str, value: object) -> bytes:
    """A payload in which a member stands twice, first with another value."""
    text = json.dumps({**claims(), "ga4gh_visa_v1": grant()})
    return text.replace(
        f'"{name}":', f'"{name}": {json.dumps(value)}, "{name}":', 1
    ).encode()


ATTACKS: dict[str, tuple[str, str]] = {
    "alg none": (unsigned(visa(), "none"), "CRYPTOGRAPHIC_SECURITY_ERROR"),
    "no alg that is known": (unsigned(visa(), "None"), "CRYPTOGRAPHIC_SECURITY_ERROR"),
    "empty signature": (unsigned(visa(), "ES256"), "PROOF_VERIFICATION_ERROR"),
    "public key as a secret": (
        with_public_key_as_secret(visa()),
        "CRYPTOGRAPHIC_SECURITY_ERROR",
    ),
    "an algorithm of others": (
        visa(signer=EDWARDS, header={"alg": "EdDSA"}),
        "CRYPTOGRAPHIC_SECURITY_ERROR",
    ),
    "another's key": (visa(signer=OTHER), "PROOF_VERIFICATION_ERROR"),
    "another issuer's key": (
        HOME.jwt({**claims(EGA), "ga4gh_visa_v1": grant()}),
        "PROOF_VERIFICATION_ERROR",
    ),
    "a key in the header": (
        visa(signer=OTHER, header={"kid": "mine", "jwk": OTHER.jwk}),
        "INVALID_VERIFICATION_METHOD",
    ),
    "its own address of keys": (
        visa(signer=OTHER, header={"kid": "mine", "jku": "https://evil.example/k"}),
        "INVALID_VERIFICATION_METHOD",
    ),
    "no kid": (visa(header={"kid": None, "jku": None}), "INVALID_VERIFICATION_METHOD"),
    "another payload": (
        swapped(visa(), visa(grant(value=DATASET + "9"))),
        "PROOF_VERIFICATION_ERROR",
    ),
    "a header that contradicts": (
        visa(header={"sub": "other"}),
        "MALFORMED_VALUE_ERROR",
    ),
    "an unknown issuer": (visa(signer=STRANGER), "ISSUER_NOT_TRUSTED"),
    "a slash more": (visa(iss=EGA.iss + "/"), "ISSUER_NOT_TRUSTED"),
    "a source of others": (
        visa(grant(source="https://ega-archive.org/dacs/EGAC00001000206")),
        "ISSUER_NOT_AUTHORIZED_FOR_TYPE",
    ),
    "a source that begins alike": (
        visa(grant(source=DAC + "/x")),
        "ISSUER_NOT_AUTHORIZED_FOR_TYPE",
    ),
    "a type it may not assert": (
        visa(home("ResearcherStatus", REGISTERED)),
        "ISSUER_NOT_AUTHORIZED_FOR_TYPE",
    ),
    "a grant from whoever may say the rest": (
        visa(grant(source=UNIVERSITY), HOME),
        "ISSUER_NOT_AUTHORIZED_FOR_TYPE",
    ),
    "expired": (visa(exp=NOW), "EXPIRED"),
    "expired long ago": (visa(exp=1), "EXPIRED"),
    "not yet valid": (visa(nbf=NOW + 1), "NOT_YET_VALID"),
    "issued in the future": (visa(iat=NOW + 1), "NOT_YET_VALID"),
    "asserted in the future": (visa(grant(asserted=NOW + 1)), "NOT_YET_VALID"),
    "without exp": (visa(exp=None), "MALFORMED_VALUE_ERROR"),
    "without iat": (visa(iat=None), "MALFORMED_VALUE_ERROR"),
    "without sub": (visa(sub=None), "MALFORMED_VALUE_ERROR"),
    "without iss": (visa(iss=None), "MALFORMED_VALUE_ERROR"),
    "exp as text": (visa(exp=str(NOW + 9)), "MALFORMED_VALUE_ERROR"),
    "exp as true": (visa(exp=True), "MALFORMED_VALUE_ERROR"),
    "without asserted": (visa(grant(asserted=None)), "MALFORMED_VALUE_ERROR"),
    "asserted as text": (visa(grant(asserted="1")), "MALFORMED_VALUE_ERROR"),
    "without value": (visa(grant(value=None)), "MALFORMED_VALUE_ERROR"),
    "without source": (visa(grant(source=None)), "MALFORMED_VALUE_ERROR"),
    "without type": (visa(grant(type=None)), "MALFORMED_VALUE_ERROR"),
    "value as a list": (visa(grant(value=[DATASET])), "MALFORMED_VALUE_ERROR"),
    "value that is no URL": (visa(grant(value="x y")), "MALFORMED_VALUE_ERROR"),
    "value that is too long": (
        visa(grant(value="https://a/" + "x" * 246)),
        "TOO_LARGE",
    ),
    "no authority": (visa(grant(by=None)), "MALFORMED_VALUE_ERROR"),
    "an unknown authority": (visa(grant(by="pope")), "MALFORMED_VALUE_ERROR"),
    "an authority in capitals": (visa(grant(by="DAC")), "MALFORMED_VALUE_ERROR"),
    "an authority of its own": (visa(grant(by="")), "MALFORMED_VALUE_ERROR"),
    "granted to oneself": (visa(grant(by="self")), "MALFORMED_VALUE_ERROR"),
    "granted by a peer": (visa(grant(by="peer")), "MALFORMED_VALUE_ERROR"),
    "terms of nobody": (
        visa(home("AcceptedTermsAndPolicies", REGISTERED, None), HOME),
        "MALFORMED_VALUE_ERROR",
    ),
    "an unknown authority for a role": (
        visa(home("AffiliationAndRole", "faculty@a.example", "boss"), HOME),
        "MALFORMED_VALUE_ERROR",
    ),
    "a role without an affiliation": (
        visa(home("AffiliationAndRole", "faculty"), HOME),
        "MALFORMED_VALUE_ERROR",
    ),
    "a role that is none": (
        visa(home("AffiliationAndRole", "alum@med.stanford.edu"), HOME),
        "MALFORMED_VALUE_ERROR",
    ),
    "an access token": (visa(scope="openid profile"), "PROOF_VERIFICATION_ERROR"),
    "typ of an access token": (
        visa(header={"typ": "at+jwt"}),
        "PROOF_VERIFICATION_ERROR",
    ),
    "typ of a passport": (
        visa(header={"typ": "vnd.ga4gh.passport+jwt"}),
        "PROOF_VERIFICATION_ERROR",
    ),
    "a passport in its place": (
        visa(ga4gh_passport_v1=[]),
        "PROOF_VERIFICATION_ERROR",
    ),
    "an ID token": (EGA.jwt(claims()), "MALFORMED_VALUE_ERROR"),
    "made for others": (visa(aud="client-7"), "INVALID_DOMAIN_ERROR"),
    "sub twice": (EGA.jwt(twice("sub", "other")), "PARSING_ERROR"),
    "source twice": (EGA.jwt(twice("source", DAC)), "PARSING_ERROR"),
    "no JSON": (EGA.jwt(b"nothing"), "PARSING_ERROR"),
    "an array": (EGA.jwt(b"[]"), "PARSING_ERROR"),
    "NaN": (EGA.jwt(b'{"exp":NaN}'), "PARSING_ERROR"),
    "no JWT": ("canary-no-jwt", "PARSING_ERROR"),
    "not ASCII": ("\u00e9.\u00e9.\u00e9", "MALFORMED_VALUE_ERROR"),
    "huge": (visa(jti="x" * MAX_VISA_CHARACTERS), "TOO_LARGE"),
    "of somebody else": (visa(sub="canary-other"), "HOLDER_BINDING_ERROR"),
    "crit": (visa(header={"crit": ["b64"]}), "PROOF_VERIFICATION_ERROR"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_what_is_wrong_counts_for_nothing_and_leaves_the_others(name: str) -> None:
    token, code = ATTACKS[name]
    faculty = visa(FACULTY, HOME)
    verdict = judged(userinfo(token, faculty))
    assert codes(verdict) == [code, None]
    assert [one.type for one in verdict.facts.counted] == ["AffiliationAndRole"]
    assert not verdict.facts.unchecked
    error = verdict.visas[0].error
    assert error is not None
    assert error.path.startswith("$.passport.ga4gh_passport_v1[0]")
    assert "canary" not in str(error)


def test_the_same_visa_twice_counts_once() -> None:
    token = visa()
    verdict = judged(userinfo(token, visa(FACULTY, HOME), token))
    assert len(verdict.facts.counted) == len(verdict.digests) == 2


@settings(max_examples=examples(25))
@given(st.integers(-5, 5), st.integers(-5, 5), st.integers(-5, 5))
def test_a_visa_counts_from_when_it_was_issued_until_it_expires(
    issued: int, asserted: int, expires: int
) -> None:
    token = visa(grant(asserted=NOW + asserted), iat=NOW + issued, exp=NOW + expires)
    counts = bool(judged(userinfo(token)).facts.counted)
    assert counts is (issued <= 0 and asserted <= 0 < expires)


def test_a_trust_entry_counts_while_it_is_in_force() -> None:
    late = trust(visaIssuers=visa_issuers(validFrom="2027-01-01T00:00:00Z"))
    assert codes(judged(userinfo(visa()), registry=late)) == ["ISSUER_NOT_TRUSTED"]
    nobody = trust(visaIssuers=[], brokers=[])
    assert codes(judged(userinfo(visa()), registry=nobody)) == ["ISSUER_NOT_TRUSTED"]


@pytest.mark.parametrize(("seconds", "counts"), [(1000, False), (1001, True)])
def test_an_assertion_ages_where_its_trust_entry_says_so(
    seconds: int, counts: bool
) -> None:
    registry = trust(visaIssuers=visa_issuers(maxAuthzTTL=seconds))
    verdict = judged(userinfo(visa()), registry=registry)
    assert bool(verdict.facts.counted) is counts
    if counts:
        assert verdict.expires == AT.plus(1)
    else:
        assert codes(verdict) == ["EXPIRED"]


# Keys that are published.

JKU = f"{EGA.iss}/jwks"
PUBLISHED = trust(visaIssuers=visa_issuers(jwks={"keys": []}, jku=[JKU]))


def evidence(content: object = None, url: str = JKU) -> Evidence:
    body = json.dumps(EGA.jwks if content is None else content).encode()
    return Evidence({url: Fetched.of(url, body, fetched_at=AT)})


def wanted(handed: Passport, registry: Any = PUBLISHED) -> list[str]:
    judgement = Judgement(at=AT, contexts=contexts())
    return [one.url for one in needs(handed, judgement, registry)]


def test_keys_are_fetched_from_the_addresses_of_the_trust_entry_alone() -> None:
    assert wanted(userinfo(visa())) == [JKU]
    found = judged(userinfo(visa()), registry=PUBLISHED, evidence=evidence())
    assert found.facts.counted == (GRANT,)
    evil = "https://evil.example/jwks"
    for token in (
        visa(header={"jku": evil}),
        visa(header={"jku": JKU + "?"}),
        visa(header={"jku": [JKU]}),
        visa(header={"jku": None}),
        visa(signer=STRANGER),
        visa(exp=NOW),
        visa(grant(source=UNIVERSITY)),
        "no.visa",
        visa(grant(type="https://custom.example")),
    ):
        assert wanted(userinfo(token)) == []
        stolen = evidence(OTHER.jwks, evil)
        verdict = judged(userinfo(token), registry=PUBLISHED, evidence=stolen)
        assert not verdict.facts.counted
    assert wanted(userinfo(visa()), trust()) == []  # the key is at hand


def test_a_key_that_is_at_hand_is_not_fetched() -> None:
    both = trust(visaIssuers=visa_issuers(jku=[JKU]))
    assert wanted(userinfo(visa()), both) == []
    assert judged(userinfo(visa()), registry=both).facts.counted


def test_a_passport_s_own_key_is_fetched_likewise() -> None:
    jku = f"{BROKER.iss}/jwks"
    registry = trust(brokers=[{"issuer": BROKER.iss, "jku": [jku]}])
    handed = Passport.from_token(passport())
    assert wanted(handed, registry) == [jku]
    assert wanted(handed, trust(brokers=[])) == []
    assert wanted(Passport.from_token("no passport"), registry) == []
    judgement = Judgement(at=AT, contexts=contexts())
    assert not [*needs(None, judgement, registry)]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, None),
        ({"keys": []}, "MALFORMED_VALUE_ERROR"),
        ({"keys": [{**EGA.jwk, "kid": "key-2"}]}, "INVALID_VERIFICATION_METHOD"),
        ({"keys": [EGA.jwk, EGA.jwk]}, "INVALID_VERIFICATION_METHOD"),
        ({"keys": [OTHER.jwk]}, "PROOF_VERIFICATION_ERROR"),
        (
            {"keys": [EGA.jwk, {"kty": "oct", "k": "AA", "kid": "o"}]},
            "CRYPTOGRAPHIC_SECURITY_ERROR",
        ),
        ([], "PARSING_ERROR"),
    ],
)
def test_a_published_key_set_has_just_one_key_of_that_name(
    content: object, code: str | None
) -> None:
    found = judged(userinfo(visa()), registry=PUBLISHED, evidence=evidence(content))
    assert codes(found) == [code]
    assert not found.facts.unchecked


def test_a_key_set_out_of_reach_leaves_it_open() -> None:
    for known in (Evidence(), Evidence({JKU: FetchFailed("no answer")})):
        found = judged(userinfo(visa()), registry=PUBLISHED, evidence=known)
        assert found.visas[0].result is Result.UNKNOWN
        assert found.facts.unchecked
        assert not found.facts.counted


def test_a_link_out_of_reach_leaves_open_whose_a_passport_is() -> None:
    issuers = visa_issuers()
    issuers[2] |= {"jwks": {"keys": []}, "jku": [f"{BROKER.iss}/jwks"]}
    token = passport(visa(), linked((PRESENTER, PRESENTER)))
    handed = Passport.from_token(token)
    assert judged(handed).checks[0].result is Result.PASS
    (check,) = judged(handed, registry=trust(visaIssuers=issuers)).checks
    assert (check.result, check.path) == (Result.UNKNOWN, "$.passport.sub")


# Whose they are.


def test_nobody_is_known_by_a_visa_alone() -> None:
    assert codes(judged(userinfo(visa(), identities=()))) == ["HOLDER_BINDING_ERROR"]


def test_the_same_sub_at_another_issuer_is_another_person() -> None:
    only_ega = userinfo(visa(), visa(FACULTY, HOME), identities=[(EGA.iss, SUB)])
    assert codes(judged(only_ega)) == [None, "HOLDER_BINDING_ERROR"]


def test_identities_are_the_presenter_s_or_nobody_s() -> None:
    verdict = judged(userinfo(visa()), presenter="did:example:other")
    assert [one.code for one in verdict.checks] == ["HOLDER_BINDING_ERROR"]
    assert verdict.checks[0].path == "$.passport.presenter"
    assert not verdict.facts.counted
    assert not verdict.visas


def test_linked_identities_name_the_presenter_by_the_did() -> None:
    link = linked((PRESENTER, PRESENTER), (EGA.iss, SUB))
    handed = userinfo(visa(), link, identities=())
    assert codes(judged(handed)) == [None, None]
    other = judged(handed, presenter="did:example:other")
    assert codes(other) == ["HOLDER_BINDING_ERROR", "HOLDER_BINDING_ERROR"]
    # A DID is an identity only with itself as the issuer.
    for iss, sub in ((EGA.iss, PRESENTER), (PRESENTER, SUB)):
        odd = userinfo(visa(), linked((iss, sub), (EGA.iss, SUB)), identities=())
        assert not judged(odd).facts.counted


def test_links_form_chains_over_any_order() -> None:
    links = [
        linked((EGA.iss, SUB), sub="c"),
        linked((BROKER.iss, "c"), sub="b"),
        linked((BROKER.iss, "b"), sub="a"),
    ]
    start = [(BROKER.iss, "a")]
    assert None is codes(judged(userinfo(visa(), *links, identities=start)))[0]
    for missing in range(3):
        rest = [one for index, one in enumerate(links) if index != missing]
        broken = judged(userinfo(visa(), *rest, identities=start))
        assert codes(broken)[0] == "HOLDER_BINDING_ERROR"


LINK = [(PRESENTER, PRESENTER), (EGA.iss, SUB)]
GOOD = f"{PRESENTER},{PRESENTER};{SUB},{EGA.iss}"
MALFORMED = "MALFORMED_VALUE_ERROR"
BAD_LINKS: dict[str, tuple[Doc, str]] = {
    "asserted by oneself": ({"by": "self"}, MALFORMED),
    "asserted by a peer": ({"by": "peer"}, MALFORMED),
    "asserted by nobody": ({"by": "unknown"}, MALFORMED),
    "of another source": ({"source": UNIVERSITY}, "ISSUER_NOT_AUTHORIZED_FOR_TYPE"),
    "asserted in the future": ({"asserted": NOW + 1}, "NOT_YET_VALID"),
    "with conditions": (
        {"conditions": [[{"type": "AffiliationAndRole", "value": "pattern:*"}]]},
        "HOLDER_BINDING_ERROR",
    ),
    "an entry without an iss": ({"value": f"{GOOD};x"}, MALFORMED),
    "an entry without a sub": ({"value": f"{GOOD};,x"}, MALFORMED),
    "an entry that is empty": ({"value": f"{GOOD};"}, MALFORMED),
    "three parts": ({"value": f"{GOOD};a,b,c"}, MALFORMED),
    "broken encoding": ({"value": f"{GOOD};a%2,b"}, MALFORMED),
    "no UTF-8": ({"value": f"{GOOD};a%ff,b"}, MALFORMED),
    "too many": ({"value": f"{GOOD}{';a,b' * (MAX_LINKED - 1)}"}, "TOO_LARGE"),
}


@pytest.mark.parametrize("name", BAD_LINKS)
def test_a_link_that_does_not_hold_joins_nothing(name: str) -> None:
    stated, code = BAD_LINKS[name]
    link = linked(stated={"value": GOOD, **stated})
    handed = userinfo(visa(), link, visa(FACULTY, HOME), identities=())
    verdict = judged(handed)
    assert not verdict.facts.counted
    assert codes(verdict)[:2] == ["HOLDER_BINDING_ERROR", code]


def test_a_link_that_holds_joins_them() -> None:
    handed = userinfo(visa(), linked(stated={"value": GOOD}), identities=())
    assert codes(judged(handed)) == [None, None]


def test_a_link_lasts_as_long_as_its_visa() -> None:
    ended = userinfo(visa(), linked(*LINK, exp=NOW), identities=())
    assert codes(judged(ended)) == ["HOLDER_BINDING_ERROR", "EXPIRED"]


def test_only_a_source_of_links_links() -> None:
    stated = grant(type="LinkedIdentities", value=GOOD, by="system")
    handed = userinfo(visa(), visa(stated), identities=())
    assert not judged(handed).facts.counted


def test_so_many_identities_may_be_linked() -> None:
    many = [(HOME.iss, str(one)) for one in range(MAX_LINKED - 2)]
    verdict = judged(userinfo(visa(), linked(*LINK, *many), identities=()))
    assert codes(verdict) == [None, None]


NAMES = st.builds(VisaIdentity, st.just("i"), st.sampled_from("abcdefgh"))


@settings(max_examples=examples(25))
@given(
    st.frozensets(NAMES, max_size=2),
    st.lists(st.frozensets(NAMES, min_size=1, max_size=3), max_size=6),
)
def test_a_person_is_whatever_links_reach(
    known: frozenset[VisaIdentity], links: list[frozenset[VisaIdentity]]
) -> None:
    found = person(known, links)
    assert known <= found
    for link in links:
        assert link <= found or link.isdisjoint(found)
    # Nothing but what is linked: all that was reached without any one link is less.
    reached = set(known)
    for _ in links:
        for link in links:
            if reached & link:
                reached |= link
    assert found == reached


# The passport around them.


def test_a_passport_counts_with_its_visas() -> None:
    handed = Passport.from_token(
        passport(visa(), exp=NOW + 60), presenter=PRESENTER, identities=EVERYBODY
    )
    verdict = judged(handed)
    assert [one.result for one in verdict.checks] == [Result.PASS]
    assert verdict.facts.counted == (GRANT,)
    assert verdict.expires == AT.plus(60)
    assert not judged(
        Passport.from_token(
            passport(), presenter=PRESENTER, identities=[(BROKER.iss, SUB)]
        )
    ).facts.counted


PASSPORTS: dict[str, tuple[str, str, str]] = {
    "no JWT": ("canary", "PARSING_ERROR", "$.passport"),
    "typ of a visa": (
        passport(typ="vnd.ga4gh.visa+jwt"),
        "PROOF_VERIFICATION_ERROR",
        "$.passport.typ",
    ),
    "typ JWT": (passport(typ="JWT"), "PROOF_VERIFICATION_ERROR", "$.passport.typ"),
    "a visa too": (
        passport(ga4gh_visa_v1=grant()),
        "MALFORMED_VALUE_ERROR",
        "$.passport.ga4gh_visa_v1",
    ),
    "no visas": (
        passport(ga4gh_passport_v1=None),
        "MALFORMED_VALUE_ERROR",
        "$.passport.ga4gh_passport_v1",
    ),
    "one visa alone": (
        passport(ga4gh_passport_v1=visa()),
        "MALFORMED_VALUE_ERROR",
        "$.passport.ga4gh_passport_v1",
    ),
    "a number": (
        passport(ga4gh_passport_v1=[visa(), 7]),
        "MALFORMED_VALUE_ERROR",
        "$.passport.ga4gh_passport_v1[1]",
    ),
    "too many": (
        passport(*["x"] * (MAX_VISAS + 1)),
        "TOO_LARGE",
        "$.passport.ga4gh_passport_v1",
    ),
    "expired": (passport(exp=NOW), "EXPIRED", "$.passport.exp"),
    "issued in the future": (passport(iat=NOW + 1), "NOT_YET_VALID", "$.passport.iat"),
    "without exp": (passport(exp=None), "MALFORMED_VALUE_ERROR", "$.passport.exp"),
    "for others": (
        passport(aud=["client-7"]),
        "INVALID_DOMAIN_ERROR",
        "$.passport.aud",
    ),
    "of another broker": (
        passport(iss=HOME.iss),
        "ISSUER_NOT_TRUSTED",
        "$.passport.iss",
    ),
    "of somebody else": (
        passport(visa(), sub="canary-2"),
        "HOLDER_BINDING_ERROR",
        "$.passport.sub",
    ),
    "another's visas in it": (
        swapped(passport(), passport(visa())),
        "PROOF_VERIFICATION_ERROR",
        "$.passport",
    ),
    "alg none": (
        unsigned(passport(), "none"),
        "CRYPTOGRAPHIC_SECURITY_ERROR",
        "$.passport.alg",
    ),
    "huge": (
        passport(*["x" * 1000] * 499, jti="x" * 700_000),
        "TOO_LARGE",
        "$.passport",
    ),
}


@pytest.mark.parametrize("name", PASSPORTS)
def test_a_passport_that_fails_is_refused_with_all_it_holds(name: str) -> None:
    token, code, path = PASSPORTS[name]
    handed = Passport.from_token(token, presenter=PRESENTER, identities=EVERYBODY)
    verdict = judged(handed)
    (check,) = verdict.checks
    assert (check.code, check.path) == (code, path)
    assert not check.advisory
    assert not verdict.facts.counted
    assert not verdict.visas
    assert "canary" not in str(check.error)


def test_a_passport_for_this_site_may_name_others_too() -> None:
    token = passport(visa(), aud=["client-7", "medid-site"])
    handed = Passport.from_token(token, presenter=PRESENTER, identities=EVERYBODY)
    assert judged(handed).facts.counted


def test_a_broker_counts_while_its_entry_is_in_force() -> None:
    entry = {"issuer": BROKER.iss, "jwks": BROKER.jwks}
    ended = trust(brokers=[{**entry, "validUntil": "2026-01-01T00:00:00Z"}])
    handed = Passport.from_token(passport(), presenter=PRESENTER, identities=EVERYBODY)
    assert judged(handed, registry=ended).checks[0].code == "ISSUER_NOT_TRUSTED"


def test_another_s_visa_in_one_s_own_passport_counts_for_nobody() -> None:
    handed = Passport.from_token(
        passport(visa(sub="canary-other"), visa()),
        presenter=PRESENTER,
        identities=EVERYBODY,
    )
    assert codes(judged(handed)) == ["HOLDER_BINDING_ERROR", None]


# Handing one in.


@pytest.mark.parametrize(
    "stated",
    [
        {"identities": [("a", "b")]},
        {"identities": [("a",)], "presenter": PRESENTER},
        {"identities": [("a", "")], "presenter": PRESENTER},
        {"identities": [("a", 7)], "presenter": PRESENTER},
        {"identities": ["ab"], "presenter": PRESENTER},
    ],
)
def test_identities_are_pairs_of_somebody(stated: Any) -> None:
    with pytest.raises(ConfigurationError):
        Passport.from_token("x", **stated)
    with pytest.raises(ConfigurationError):
        Passport.from_userinfo({"ga4gh_passport_v1": []}, **stated)


def test_a_passport_is_a_string() -> None:
    with pytest.raises(ConfigurationError):
        Passport.from_token(b"x")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "answer",
    [
        *("", "[]", "{}", b"{", None, 7, [], '{"ga4gh_passport_v1": {}}'),
        '{"ga4gh_passport_v1": [], "ga4gh_passport_v1": []}',
        {"ga4gh_passport_v1": ["x"] * (MAX_VISAS + 1)},
        {"ga4gh_passport_v1": [""]},
    ],
)
def test_what_a_userinfo_endpoint_answers_is_read_strictly(answer: Any) -> None:
    with pytest.raises(MedidError) as caught:
        Passport.from_userinfo(answer)
    assert caught.value.path.startswith("$.passport")


def test_a_userinfo_answer_may_be_text_and_say_more() -> None:
    text = json.dumps({"sub": "x", "ga4gh_passport_v1": [visa()]})
    for answer in (text, text.encode()):
        handed = Passport.from_userinfo(
            answer, presenter=PRESENTER, identities=EVERYBODY
        )
        assert judged(handed).facts.counted == (GRANT,)
    assert SUB not in repr(handed)


def test_a_visa_without_a_kid_says_so() -> None:
    with pytest.raises(InvalidVerificationMethod, match="does not say which key"):
        read_visa(visa(header={"kid": None, "jku": None}))


def test_what_a_visa_hides_in_its_form_is_not_shown() -> None:
    opened = read_visa(visa())
    assert opened is not None
    assert SUB not in repr(opened)
    assert DATASET not in repr(opened)
    assert Instant.from_seconds(NOW - 1000) == opened.asserted
