"""SD-JWT VC: what must be said, and may not be left to the holder."""

from __future__ import annotations

from typing import Any

import pytest

from medid.core.instant import Instant, Window
from medid.errors import (
    Expired,
    InvalidKey,
    MalformedProof,
    MalformedValue,
    MedidError,
    ProofGenerationError,
)
from medid.keys import KeyKind
from medid.securing.sd_jwt import issue, parse
from tests.keys.strategies import key
from tests.securing.sd_jwt.tokens import (
    AT,
    GIVEN,
    HOLDER,
    NOW,
    bound,
    claims,
    digest,
    disclosure,
    sd_jwt,
)


@pytest.mark.parametrize(
    "typ", ["dc+sd-jwt", "vc+sd-jwt", "application/dc+sd-jwt", "DC+SD-JWT"]
)
def test_the_types_of_an_sd_jwt_vc(typ: str) -> None:
    parsed = parse(sd_jwt(claims(GIVEN), GIVEN, typ=typ))
    assert parsed.holder_key == HOLDER.public_key
    assert parsed.holder_kid is None


@pytest.mark.parametrize("typ", [None, "JWT", "vc+jwt", "kb+jwt", "example+sd-jwt"])
def test_other_types_are_refused_unless_asked_for(typ: str | None) -> None:
    text = sd_jwt(claims(GIVEN), GIVEN, typ=typ)
    with pytest.raises(MalformedProof, match="typ") as caught:
        parse(text)
    assert caught.value.path == "$.typ"
    assert parse(text, profile=None).claims["given_name"] == "Ada"


VALUES: dict[str, Any] = {
    "iss": "did:example:board",
    "nbf": NOW,
    "exp": NOW,
    "cnf": {"jwk": HOLDER.public_key.to_jwk()},
    "vct": "https://credentials.example/license",
    "vct#integrity": "sha256-AAAA",
    "status": {"status_list": {"idx": 1, "uri": "https://board.example/t"}},
}


@pytest.mark.parametrize("name", VALUES)
def test_what_decides_validity_is_not_left_to_the_holder(name: str) -> None:
    hidden = disclosure(name, VALUES[name])
    text = sd_jwt(claims(hidden, **{name: None}), hidden)
    with pytest.raises(MalformedProof, match="selectively") as caught:
        parse(text)
    assert caught.value.path.startswith("$")


def test_nor_is_its_absence() -> None:
    hidden = disclosure("status", None)
    with pytest.raises(MalformedProof, match="selectively"):
        parse(sd_jwt(claims(hidden), hidden))


@pytest.mark.parametrize("name", ["cnf", "status"])
@pytest.mark.parametrize("shown", [True, False])
def test_nor_is_a_part_of_it(name: str, shown: bool) -> None:
    hidden = disclosure("part", "x")
    payload = claims(**{name: {**VALUES[name], "_sd": [digest(hidden)]}})
    with pytest.raises(MalformedProof, match="selectively"):
        parse(sd_jwt(payload, *([hidden] if shown else [])))


@pytest.mark.parametrize(
    "name", ["credentialStatus", "expirationDate", "validFrom", "validUntil"]
)
def test_no_limit_of_a_document_goes_unread(name: str) -> None:
    """Who reads a document sees its end; who reads the claims would see none."""
    document = {"@context": ["https://www.w3.org/ns/credentials/v2"], name: "x"}
    with pytest.raises(MalformedProof, match="data model") as caught:
        parse(sd_jwt(claims(**document)))
    assert caught.value.path == f"$.{name}"
    hidden = disclosure(name, "x")
    text = sd_jwt(claims(hidden, **{**document, name: None}), hidden)
    with pytest.raises(MalformedProof, match="data model"):
        parse(text)
    for harmless in ({name: "x"}, {"@context": document["@context"], "type": "x"}):
        assert harmless.items() <= parse(sd_jwt(claims(**harmless))).claims.items()


def test_of_an_audience_single_names_may_be_withheld() -> None:
    """A holder who could keep back all of it could show a credential to anybody."""
    for audience in ("https://a.example", ["https://a.example"]):
        hidden = disclosure("aud", audience)
        with pytest.raises(MalformedProof, match="selectively") as caught:
            parse(sd_jwt(claims(hidden), hidden))
        assert caught.value.path == "$.aud"
    element = disclosure("https://b.example")
    payload = claims(aud=["https://a.example", {"...": digest(element)}])
    for shown in ([], [element]):
        assert "https://a.example" in parse(sd_jwt(payload, *shown)).registered.audience
    draft = {"iss": "did:x:y", "vct": "urn:x", "aud": "https://a.example"}
    with pytest.raises(ProofGenerationError, match="selectively"):
        issue(draft, HOLDER, disclosable=["/aud"], header={})


@pytest.mark.parametrize("name", ["iss", "vct"])
@pytest.mark.parametrize("value", [None, "", 7, ["x"], {}])
def test_issuer_and_type_are_required(name: str, value: object) -> None:
    payload = claims(GIVEN, **{name: value})
    with pytest.raises(MalformedValue) as caught:
        parse(sd_jwt(payload, GIVEN))
    assert caught.value.path == f"$.{name}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("vct#integrity", 7),
        ("status", "x"),
        ("cnf", "x"),
        ("cnf", {"kid": 7}),
        ("sub", 7),
        ("aud", {}),
        ("exp", True),
        ("exp", "2027"),
        ("nbf", [0]),
        ("iat", "now"),
    ],
)
def test_a_claim_of_another_type(name: str, value: object) -> None:
    with pytest.raises(MalformedValue):
        parse(sd_jwt(claims(**{name: value})))


def test_a_header_that_contradicts_a_claim() -> None:
    assert parse(sd_jwt(claims(), iss="did:example:board")).claims == claims(_sd=None)
    with pytest.raises(MalformedValue, match="contradicts"):
        parse(sd_jwt(claims(), iss="did:example:other"))


def test_validity_is_read_after_the_disclosures() -> None:
    hidden = disclosure("iat", NOW)
    parsed = parse(sd_jwt(claims(hidden, nbf=NOW - 1, exp=NOW), hidden))
    assert parsed.registered.issued_at == AT
    assert parsed.window == Window(Instant.from_seconds(NOW - 1), AT)
    with pytest.raises(Expired):
        parsed.window.check(AT)


# cnf


def test_a_holder_may_be_named_instead_of_shown() -> None:
    parsed = parse(sd_jwt(claims(cnf={"kid": "did:example:doctor#1"})))
    assert (parsed.holder_key, parsed.holder_kid) == (None, "did:example:doctor#1")


@pytest.mark.parametrize("cnf", [{}, {"jku": "https://evil.example"}])
def test_a_confirmation_that_medid_cannot_use_names_nobody(cnf: Any) -> None:
    parsed = parse(bound(sd_jwt(claims(cnf=cnf))))
    assert (parsed.holder_key, parsed.holder_kid) == (None, None)


@pytest.mark.parametrize("other", ["jwe", "jku"])
def test_a_confirmation_is_by_one_key(other: str) -> None:
    jwk = HOLDER.public_key.to_jwk()
    for cnf in ({"jwk": jwk, other: "x"}, {"jwe": "x", "jku": "x", other: "x"}):
        with pytest.raises(MalformedValue) as caught:
            parse(sd_jwt(claims(cnf=cnf)))
        assert caught.value.path == "$.cnf"
    named = parse(sd_jwt(claims(cnf={"jwk": jwk, "kid": "x", "jkt": "x"})))
    assert (named.holder_key, named.holder_kid) == (HOLDER.public_key, "x")


@pytest.mark.parametrize(
    "jwk",
    [
        "x",
        {},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
        HOLDER.to_jwk(),
        {**HOLDER.public_key.to_jwk(), "use": "enc"},
        {**HOLDER.public_key.to_jwk(), "y": "AAAA"},
    ],
)
def test_a_holder_key_that_is_none(jwk: Any) -> None:
    with pytest.raises(InvalidKey) as caught:
        parse(sd_jwt(claims(cnf={"jwk": jwk})))
    assert caught.value.path.startswith("$.cnf.jwk")
    assert str(HOLDER.to_jwk()["d"]) not in str(caught.value)


def test_outside_of_the_profile_cnf_is_read_with_a_key_binding_only() -> None:
    rsa = {"jwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}}
    text = sd_jwt(claims(cnf=rsa), typ="example+sd-jwt")
    assert parse(text, profile=None).holder_key is None
    with pytest.raises(InvalidKey):
        parse(bound(text), profile=None)


def test_a_small_order_holder_key_is_refused() -> None:
    jwk = {**key(KeyKind.ED25519).public_key.to_jwk(), "x": "AQ" + "A" * 41}
    with pytest.raises(MedidError, match="small order"):
        parse(sd_jwt(claims(cnf={"jwk": jwk})))


# Further types, and an issuer that a certificate names


def test_further_types_are_read_and_never_hidden() -> None:
    further = ["urn:example:license"]
    assert parse(sd_jwt(claims(aka_vcts=further))).claims["aka_vcts"] == further
    hidden = disclosure("aka_vcts", further)
    with pytest.raises(MalformedProof, match="selectively"):
        parse(sd_jwt(claims(hidden), hidden))
    element = disclosure("urn:example:other")
    for shown in ([], [element]):
        with pytest.raises(MalformedProof, match="selectively"):
            parse(sd_jwt(claims(aka_vcts=[{"...": digest(element)}, "x"]), *shown))


@pytest.mark.parametrize(
    "value", ["urn:x", [], [7], [""], {}, ["https://credentials.example/license"]]
)
def test_what_further_types_cannot_be(value: object) -> None:
    with pytest.raises(MalformedValue) as caught:
        parse(sd_jwt(claims(aka_vcts=value)))
    assert caught.value.path.startswith("$.aka_vcts")


def test_an_issuer_may_be_left_to_the_certificate_in_the_header() -> None:
    text = sd_jwt(claims(iss=None), x5c=["AA=="])
    assert "iss" not in parse(text).claims
    for value in ("", 7):
        with pytest.raises(MalformedValue) as caught:
            parse(sd_jwt(claims(iss=value), x5c=["AA=="]))
        assert caught.value.path == "$.iss"
    hidden = disclosure("iss", "did:example:board")
    with pytest.raises(MalformedProof, match="selectively"):
        parse(sd_jwt(claims(hidden, iss=None), hidden, x5c=["AA=="]))


def test_where_something_may_be_withheld_is_told() -> None:
    city, element = disclosure("city", "London"), disclosure("x")
    address = disclosure("address", {"_sd": [digest(city)]})
    payload = claims(GIVEN, address, roles=["y", {"...": digest(element)}])
    assert parse(sd_jwt(payload, GIVEN, address, city, element)).withheld == frozenset()
    hidden = {("roles", 1), ("address",)}
    assert parse(sd_jwt(payload, GIVEN, address)).withheld == hidden
    assert parse(sd_jwt(payload, element)).withheld == {()}
