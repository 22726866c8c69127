"""Issuers named by a web address: published keys, certificates, and nothing else."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.core import base64url
from medid.core.instant import Instant
from medid.errors import FetchFailed, MedidError
from medid.issuing import present
from medid.keys import KeyKind
from medid.securing.jose import sign_compact
from medid.trust import TrustRegistry
from medid.verifying.issuer_keys import MAX_KEYS, MAX_METADATA_BYTES, metadata_url
from medid.verifying.judging import Expectations
from medid.verifying.verifier import Verifier
from tests.keys.authorities import Holder, authority, signer, x5c
from tests.verifying import world
from tests.verifying.world import (
    CHALLENGE,
    CODE,
    DOCTOR,
    DOMAIN,
    MADE,
    NOW,
    VCT,
    codes,
    enveloped,
    key,
    plain,
    presented,
    refuse_clock,
    signed,
    token,
    verified,
)

ISSUER: Final = "https://board.example/unit/7"
URL: Final = "https://board.example/.well-known/jwt-vc-issuer/unit/7"
KEYS_URL: Final = "https://keys.board.example/jwks.json"
BOARD: Final = key("web board", KeyKind.P256)
SECOND: Final = key("web board, second key")


def jwk(private: Any = BOARD, **members: Any) -> dict[str, Any]:
    return {"kid": "key-1", **private.public_key.to_jwk(), **members}


def key_set(*keys: Any) -> dict[str, Any]:
    return {"keys": list(keys)}


def metadata(*keys: Any, **members: Any) -> dict[str, Any]:
    """Issuer metadata with inline keys; ``None`` removes a member."""
    draft = {"issuer": ISSUER, "jwks": key_set(*(keys or [jwk()])), **members}
    return {name: value for name, value in draft.items() if value is not None}


def claims(**changes: Any) -> dict[str, Any]:
    draft = {"iss": ISSUER, "vct": VCT, **changes}
    return {name: value for name, value in draft.items() if value is not None}


def signed_by(private: Any, payload: dict[str, Any], **header: Any) -> str:
    full = {"kid": "key-1", "typ": "dc+sd-jwt", **header}
    kept = {name: value for name, value in full.items() if value is not None}
    return sign_compact(json.dumps(payload).encode(), private, kept)


def sd_jwt(private: Any = BOARD, *, payload: Any = None, **header: Any) -> str:
    return f"{signed_by(private, payload or claims(), **header)}~"


def answered(text: Any, page: Any = None, **more: Any) -> Any:
    known = {URL: metadata() if page is None else page, **more.pop("known", {})}
    return verified(text, known=known, **more)


# Where keys are


@pytest.mark.parametrize(
    ("issuer", "url"),
    [
        ("https://a.example", "https://a.example/.well-known/jwt-vc-issuer"),
        ("https://a.example/", "https://a.example/.well-known/jwt-vc-issuer"),
        ("https://a.example:8443", "https://a.example:8443/.well-known/jwt-vc-issuer"),
        (ISSUER, URL),
        (f"{ISSUER}/", URL),
        (
            "https://a.example/.x/b@c:d",
            "https://a.example/.well-known/jwt-vc-issuer/.x/b@c:d",
        ),
    ],
)
def test_where_an_issuer_publishes_its_keys(issuer: str, url: str) -> None:
    assert metadata_url(issuer) == url


@pytest.mark.parametrize(
    "issuer",
    [
        "http://a.example",
        "HTTPS://a.example",
        "https://A.example",
        "https://a.example?x=1",
        "https://a.example/b?x",
        "https://a.example#x",
        "https://user@a.example",
        "https://user:pw@a.example/",
        "https://127.0.0.1",
        "https://[::1]/",
        "https://localhost",
        "https://0x7f.1",
        "https://a.example.",
        "https://a..example",
        "https://a.example/../b",
        "https://a.example/./b",
        "https://a.example/b/..",
        "https://a.example/%2e%2e/b",
        "https://a.example/b\\c",
        "https://a.example/b c",
        "https://a.example/b\n",
        "https://a.example:",
        "https://a.example:123456",
        "https://",
        "https:///a",
        "https://a.example/\u00e4",
    ],
)
def test_names_that_no_keys_can_be_found_for(issuer: str) -> None:
    with pytest.raises(MedidError):
        metadata_url(issuer)
    answer = verified(sd_jwt(payload=claims(iss=issuer)), known={})
    [found] = codes(answer)
    assert found in {
        ("proof", "ISSUER_NOT_TRUSTED", "$.iss"),
        ("proof", "INVALID_VERIFICATION_METHOD", "$.kid"),
        ("proof", "INVALID_DID", "$.kid"),
    }


@given(
    st.sampled_from("/:?#@%~\\ \n"),
    st.text(alphabet="ab0./:?#@%-~\\ \n", max_size=40),
)
def test_every_name_stays_on_its_host(first: str, rest: str) -> None:
    try:
        url = metadata_url(f"https://a.example{first}{rest}")
    except MedidError:
        return
    port, found, path = url.removeprefix("https://a.example").partition(
        "/.well-known/jwt-vc-issuer"
    )
    assert found
    assert not port or (port[0] == ":" and port[1:].isdigit())
    assert not path or (path[0] == "/" and not {"..", "."} & set(path.split("/")))


# Published keys


def test_a_key_that_the_issuer_publishes() -> None:
    assert answered(sd_jwt())
    both = metadata(jwk(), jwk(SECOND, kid="key-2"))
    assert answered(sd_jwt(), both)
    assert answered(sd_jwt(SECOND, kid="key-2"), both)
    document = plain() | {"issuer": {"id": ISSUER, "name": "Board"}}
    assert answered(signed_by(BOARD, document, typ="vc+jwt"))
    assert answered(f"{signed_by(BOARD, document, typ='vc+sd-jwt')}~")
    older = {"iss": ISSUER, "vc": world_older()}
    assert answered(signed_by(BOARD, older, typ="JWT"))


def world_older() -> dict[str, Any]:
    draft = plain(validFrom=None, validUntil=None, context=[world.V1])
    del draft["issuer"]
    draft["credentialSubject"] = {"id": DOCTOR.did}
    return {**draft, "issuanceDate": "2026-01-01T00:00:00Z"}


def test_keys_may_stand_in_a_document_of_their_own() -> None:
    page = metadata(jwks=None, jwks_uri=KEYS_URL)
    assert answered(sd_jwt(), page, known={KEYS_URL: key_set(jwk())})
    absent = answered(sd_jwt(), page)
    assert codes(absent) == [("proof", "EVIDENCE_UNAVAILABLE", "$.iss")]
    assert absent.outcome == "undecided"
    failed = answered(sd_jwt(), page, known={KEYS_URL: FetchFailed("x")})
    assert codes(failed) == [("proof", "FETCH_FAILED", "$.iss")]


def test_a_key_set_may_be_full() -> None:
    keys = [jwk(kid=f"key-{number}") for number in range(MAX_KEYS)]
    assert answered(sd_jwt(), metadata(*keys))


def test_without_a_kid_there_is_one_key() -> None:
    assert answered(sd_jwt(kid=None))
    both = metadata(jwk(), jwk(SECOND, kid="key-2"))
    assert codes(answered(sd_jwt(kid=None), both)) == [
        ("proof", "INVALID_VERIFICATION_METHOD", "$.kid")
    ]


def test_what_could_not_be_had_is_not_decided() -> None:
    answer = verified(sd_jwt())
    assert codes(answer) == [("proof", "EVIDENCE_UNAVAILABLE", "$.iss")]
    assert answer.outcome == "undecided"
    answer = answered(sd_jwt(), FetchFailed("x"))
    assert codes(answer) == [("proof", "FETCH_FAILED", "$.iss")]


@pytest.mark.parametrize(
    "page",
    [
        metadata(issuer=None),
        metadata(issuer="https://board.example"),
        metadata(issuer=f"{ISSUER}/"),
        metadata(issuer=ISSUER.upper()),
        metadata(issuer=[ISSUER]),
        metadata(jwks=None),
        metadata(jwks_uri=KEYS_URL),
        metadata(jwks=None, jwks_uri="http://keys.board.example/jwks.json"),
        metadata(jwks=None, jwks_uri=7),
        metadata(jwks=None, jwks_uri=""),
        metadata(jwks=[jwk()]),
        metadata(jwks={}),
        metadata(jwks={"keys": {}}),
        metadata(jwks={"keys": []}),
        metadata(jwks={"keys": ["x"]}),
        metadata(jwks={"keys": [jwk(kid=f"key-{n}") for n in range(MAX_KEYS + 1)]}),
        metadata(jwk(), jwk(SECOND)),
        metadata(jwk(), jwk()),
        metadata(jwk(), jwk(SECOND, kid="key-2"), jwk(kid="key-2")),
        metadata(jwk(kid=7)),
        metadata({**jwk(), "d": BOARD.to_jwk()["d"]}),
        metadata(jwk(), {**jwk(SECOND, kid="key-2"), "d": "AAAA"}),
        metadata(jwk(), {"kty": "oct", "k": "AAAA", "kid": "key-2"}),
        metadata(jwk(), {"kty": "oct", "kid": "key-2"}),
        metadata({"kty": "oct", "k": "AAAA", "kid": "key-1"}),
        metadata(jwk(kid="key-2")),
        metadata(jwk(kid="KEY-1")),
        metadata(jwk(SECOND)),
        metadata(jwk(use="enc")),
        metadata(jwk(alg="ES384")),
        metadata(jwk(key_ops=["sign"])),
        metadata({"kty": "EC", "crv": "P-256", "kid": "key-1"}),
        metadata(padding="x" * MAX_METADATA_BYTES),
        b"<html>",
        b"[]",
        b'{"issuer":"a","issuer":"b"}',
        b"",
    ],
)
def test_what_an_issuer_must_not_publish(page: Any) -> None:
    answer = answered(sd_jwt(), page)
    [(name, _, path)] = codes(answer)
    assert name == "proof"
    assert path.startswith("$")
    assert answer.outcome == "refused"
    text = str(answer.errors)
    assert str(BOARD.to_jwk()["d"]) not in text
    assert "board.example" not in text


def test_a_private_key_in_a_key_set_of_its_own() -> None:
    page = metadata(jwks=None, jwks_uri=KEYS_URL)
    lost = key_set(jwk(), {**jwk(SECOND, kid="key-2"), "d": "AAAA"})
    answer = answered(sd_jwt(), page, known={KEYS_URL: lost})
    assert codes(answer) == [("proof", "INVALID_VERIFICATION_METHOD", "$.iss")]


def test_keys_that_medid_does_not_know_stand_in_nobodys_way() -> None:
    page = metadata({"kty": "XYZ", "kid": "key-2"}, jwk(), {"kty": "RSA", "kid": "r"})
    assert answered(sd_jwt(), page)


@pytest.mark.parametrize(
    "header",
    [
        {"jwk": SECOND.public_key.to_jwk()},
        {"jku": "https://evil.example/jwks.json"},
        {"x5u": "https://evil.example/chain.pem"},
        {"x5c": x5c(authority("evil"))},
    ],
)
def test_no_key_in_the_header_is_ever_followed(header: dict[str, Any]) -> None:
    web = world.Web({URL: metadata()})
    verifier = Verifier(fetch=web, clock=refuse_clock)
    answer = verifier.verify(sd_jwt(SECOND, **header), at=NOW)
    assert not answer
    assert set(web.asked) <= {URL, VCT}
    head = {"alg": "EdDSA", "typ": "dc+sd-jwt", **header}
    text = ".".join(
        base64url.encode(json.dumps(part).encode()) for part in (head, claims())
    )
    signature = base64url.encode(SECOND.sign(text.encode()))
    assert not verifier.verify(f"{text}.{signature}~", at=NOW)
    assert set(web.asked) <= {URL, VCT}


def test_a_certificate_without_an_anchor_is_no_key() -> None:
    leaf = certified_leaf()
    text = sd_jwt(leaf.key, kid=None, x5c=x5c(leaf, ROOT))
    found = [("proof", "INVALID_VERIFICATION_METHOD", "$.x5c")]
    assert codes(answered(text)) == found
    did = token(
        {"iss": world.BOARD.did, "vct": VCT}, kid=None, typ="dc+sd-jwt", x5c=["x"]
    )
    assert codes(verified(f"{did}~")) == found


def test_a_kid_of_somebody_else_is_somebody_elses_key() -> None:
    text = token(claims(), world.STRANGER, typ="dc+sd-jwt")
    assert codes(answered(f"{text}~")) == [("proof", "INVALID_RELATIONSHIP", "$.iss")]


def test_a_did_is_not_looked_up_like_a_web_address() -> None:
    document = plain() | {"issuer": ISSUER}
    embedded = world.with_proof(document, world.BOARD)
    found = [("proof", "INVALID_RELATIONSHIP", "$.issuer")]
    assert codes(answered(embedded)) == found


def test_a_holder_may_be_named_by_a_web_address_too() -> None:
    document = presented(signed(plain()))
    del document["proof"]
    payload = {**document, "holder": ISSUER, "nonce": CHALLENGE, "aud": DOMAIN}
    text = signed_by(BOARD, payload, typ="vp+jwt")
    assert answered(text, challenge=CHALLENGE, domain=DOMAIN)
    answer = answered(text, challenge=CHALLENGE, domain=DOMAIN, holder_binding=True)
    assert [code for _, code, _ in codes(answer)] == ["HOLDER_BINDING_ERROR"]


# Fetching


def web_trust(*anchors: Holder, **members: Any) -> TrustRegistry:
    entry = {
        "issuer": ISSUER,
        "jurisdictions": ["US-OH"],
        "professions": [CODE],
        "credentialTypes": [VCT, "VerifiableCredential"],
        **members,
    }
    if anchors:
        entry["x509Anchors"] = [one.pem for one in anchors]
    return TrustRegistry.from_json({"acceptedBoards": [entry]})


def test_keys_are_fetched_in_two_rounds_and_then_what_was_signed() -> None:
    page = metadata(jwks=None, jwks_uri=KEYS_URL)
    web = world.Web({URL: page, KEYS_URL: key_set(jwk())})
    verifier = Verifier(fetch=web, clock=refuse_clock, trust=web_trust())
    assert verifier.verify(sd_jwt(), at=NOW)
    assert web.batches == [[URL], [KEYS_URL], [VCT]]


def test_nothing_is_fetched_for_an_issuer_that_nobody_named() -> None:
    web = world.Web({URL: metadata()})
    trust = web_trust(issuer="https://other.example")
    verifier = Verifier(fetch=web, clock=refuse_clock, trust=trust)
    assert not verifier.verify(sd_jwt(), at=NOW)
    assert web.asked == []


def test_the_keys_of_a_list_are_fetched_as_well() -> None:
    document = plain(credentialStatus=world.entry()) | {"issuer": ISSUER}
    made = world.status_list()
    del made["proof"]
    listed = signed_by(BOARD, {**made, "issuer": ISSUER}, typ="vc+jwt")
    text = signed_by(BOARD, document, typ="vc+jwt")
    web = world.Web({URL: metadata(), world.REVOCATIONS: listed})
    answer = Verifier(fetch=web, clock=refuse_clock).verify(text, at=NOW)
    assert answer
    assert web.batches == [[URL, world.REVOCATIONS]]


def test_of_metadata_that_is_refused_nothing_is_followed() -> None:
    page = metadata(issuer="https://other.example", jwks=None, jwks_uri=KEYS_URL)
    web = world.Web({URL: page})
    assert not Verifier(fetch=web, clock=refuse_clock).verify(sd_jwt(), at=NOW)
    assert KEYS_URL not in web.asked
    bad = world.Web({})
    text = sd_jwt(payload=claims(iss="https://a.example/../b"))
    assert not Verifier(fetch=bad, clock=refuse_clock).verify(text, at=NOW)
    assert bad.asked == [VCT]


# Certificates

ROOT: Final = authority("root")
OTHER: Final = authority("other root")


def certified_leaf(*, by: Holder | None = ROOT, **options: Any) -> Holder:
    return signer("leaf", by, **{"uris": [ISSUER], **options})


def with_chain(leaf: Holder, *rest: Holder, payload: Any = None, **header: Any) -> str:
    full = {"kid": None, "x5c": x5c(leaf, *rest), **header}
    return sd_jwt(leaf.key, payload=payload, **full)


def certified(text: str, *anchors: Holder, **more: Any) -> Any:
    return verified(text, trust=web_trust(*(anchors or [ROOT])), **more)


def test_a_certificate_under_an_anchor_is_the_issuers_key() -> None:
    middle = authority("middle", ROOT)
    leaf = certified_leaf(by=middle)
    for text in (
        with_chain(certified_leaf()),
        with_chain(certified_leaf(), ROOT),
        with_chain(leaf, middle),
        with_chain(leaf, middle, kid="anything"),
    ):
        assert certified(text)
        assert certified(text, OTHER, ROOT)
    document = plain() | {"issuer": ISSUER}
    header = {"kid": None, "x5c": x5c(certified_leaf())}
    assert certified(signed_by(certified_leaf().key, document, typ="vc+jwt", **header))


def test_a_certificate_for_the_host_is_one_for_its_addresses() -> None:
    leaf = certified_leaf(uris=[], dns=["board.example"])
    assert certified(with_chain(leaf))


def test_a_certified_issuer_has_a_plain_name_as_any_other() -> None:
    issuer = f"{ISSUER}?unit=7"
    text = with_chain(certified_leaf(uris=[issuer]), payload=claims(iss=issuer))
    answer = verified(text, trust=web_trust(ROOT, issuer=issuer))
    assert codes(answer) == [("proof", "ISSUER_NOT_TRUSTED", "$.iss")]


@pytest.mark.parametrize(
    "names",
    [
        {"uris": ["https://board.example"]},
        {"uris": [f"{ISSUER}/"]},
        {"uris": [ISSUER.upper()]},
        {"uris": ["https://other.example"], "dns": ["other.example"]},
        {"uris": [], "dns": ["*.example"]},
        {"uris": [], "dns": ["unit.board.example"]},
        {"uris": [], "dns": ["example"]},
        {"uris": [], "dns": [ISSUER]},
    ],
)
def test_a_certificate_of_another_name(names: dict[str, Any]) -> None:
    answer = certified(with_chain(certified_leaf(**names)))
    assert codes(answer) == [("proof", "INVALID_VERIFICATION_METHOD", "$.x5c[0]")]


def test_a_port_is_not_covered_by_the_host() -> None:
    issuer = "https://board.example:8443"
    leaf = certified_leaf(uris=[], dns=["board.example"])
    text = with_chain(leaf, payload=claims(iss=issuer))
    answer = verified(text, trust=web_trust(ROOT, issuer=issuer))
    assert codes(answer) == [("proof", "INVALID_VERIFICATION_METHOD", "$.x5c[0]")]
    named = with_chain(certified_leaf(uris=[issuer]), payload=claims(iss=issuer))
    assert verified(named, trust=web_trust(ROOT, issuer=issuer))


@pytest.mark.parametrize(
    "text",
    [
        with_chain(certified_leaf(by=None)),
        with_chain(certified_leaf(by=OTHER), OTHER),
        with_chain(certified_leaf(by=OTHER), ROOT),
        with_chain(authority("authority", ROOT)),
        with_chain(certified_leaf(), *[ROOT] * 7),
        with_chain(certified_leaf(), x5c=x5c(*[ROOT] * 9)),
        with_chain(certified_leaf(), x5c=[]),
        with_chain(certified_leaf(), x5c="MIIB"),
        with_chain(certified_leaf(), x5c=["MIIB"]),
        with_chain(certified_leaf(), x5c=x5c(ROOT, certified_leaf())),
        with_chain(certified_leaf(), x5c=None),
    ],
)
def test_a_chain_that_proves_nothing(text: str) -> None:
    answer = certified(text)
    [(name, _, path)] = codes(answer)
    assert name in {"proof", "parse"}
    assert path.startswith("$")
    assert answer.outcome == "refused"


def test_a_chain_whose_key_did_not_sign() -> None:
    text = sd_jwt(SECOND, kid=None, x5c=x5c(certified_leaf()))
    [found] = codes(certified(text))
    assert found[0] == "proof"
    other = signer("twin", ROOT, uris=[ISSUER])
    text = sd_jwt(other.key, kid=None, x5c=x5c(certified_leaf()))
    assert codes(certified(text)) == [("proof", "PROOF_VERIFICATION_ERROR", "$")]


def test_a_certificate_counts_at_the_time_asked_about() -> None:
    text = with_chain(certified_leaf())
    later = Instant.parse("2026-08-01T00:00:00Z")
    assert codes(certified(text, at=later)) == [
        ("proof", "INVALID_VERIFICATION_METHOD", "$.x5c")
    ]


def test_where_there_are_anchors_published_keys_do_not_count() -> None:
    trust = web_trust(ROOT)
    answer = verified(sd_jwt(), known={URL: metadata()}, trust=trust)
    assert codes(answer) == [("proof", "INVALID_VERIFICATION_METHOD", "$.x5c")]
    web = world.Web({URL: metadata()})
    Verifier(fetch=web, clock=refuse_clock, trust=trust).verify(sd_jwt(), at=NOW)
    assert web.asked == []


def test_anchors_are_for_one_issuer() -> None:
    text = with_chain(certified_leaf(uris=["https://other.example"]))
    other = with_chain(
        certified_leaf(uris=["https://other.example"]),
        payload=claims(iss="https://other.example"),
    )
    assert not certified(text)
    answer = certified(other)
    assert ("proof", "INVALID_VERIFICATION_METHOD", "$.x5c") in codes(answer)


# An issuer that the certificate alone names


def test_the_certificate_may_name_the_issuer() -> None:
    text = with_chain(certified_leaf(), payload=claims(iss=None))
    answer = certified(text)
    assert answer
    assert world.results(answer, "trust") == ["pass"]
    # Without an anchor nobody vouches for that name.
    assert codes(verified(text)) == [("proof", "INVALID_VERIFICATION_METHOD", "$.x5c")]
    foreign = with_chain(
        certified_leaf(uris=["https://other.example"]), payload=claims(iss=None)
    )
    assert not certified(foreign)


@pytest.mark.parametrize(
    "text",
    [
        with_chain(
            certified_leaf(uris=[ISSUER, "https://other.example"]),
            payload=claims(iss=None),
        ),
        with_chain(
            certified_leaf(uris=[], dns=["board.example"]), payload=claims(iss=None)
        ),
        with_chain(certified_leaf(uris=["urn:x:y"]), payload=claims(iss=None)),
        with_chain(certified_leaf(), payload=claims(iss=None), x5c=[]),
        with_chain(certified_leaf(), payload=claims(iss=None), x5c=["AA=="]),
        with_chain(certified_leaf(uris=[]), payload=claims(iss=None)),
        sd_jwt(payload=claims(iss=None)),
    ],
)
def test_a_certificate_that_names_no_issuer(text: str) -> None:
    for answer in (verified(text), certified(text)):
        [(name, _, path)] = codes(answer)
        assert name == "parse"
        assert path in {"$.iss", "$.x5c", "$.x5c[0]"}


def test_it_is_presented_like_any_other() -> None:
    text = with_chain(certified_leaf(), payload=claims(iss=None))
    made = present(
        [text], DOCTOR, challenge=CHALLENGE, domain=DOMAIN, securing="vp+jwt", at=MADE
    )
    trust = web_trust(ROOT)
    expect = Expectations(challenge=CHALLENGE, domain=DOMAIN)
    assert Verifier(trust=trust, expect=expect, clock=refuse_clock).verify(made, at=NOW)
    assert enveloped(text, "application/dc+sd-jwt")["id"] in str(
        world.payload_of(str(made))
    )
