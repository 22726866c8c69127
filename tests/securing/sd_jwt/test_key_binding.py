"""RFC 9901 section 7.3: whose key, over what, for whom, when."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from medid.core import base64url
from medid.errors import (
    Expired,
    HolderBindingError,
    InvalidChallenge,
    InvalidDomain,
    InvalidSignature,
    InvalidVerificationMethod,
    MalformedProof,
    MalformedValue,
    MedidError,
    NotYetValid,
    ParsingError,
    WeakCryptography,
)
from medid.keys import KeyKind
from medid.securing.jose import sign_compact
from medid.securing.sd_jwt import parse, verify_key_binding
from tests.keys.strategies import key
from tests.securing.sd_jwt.tokens import (
    AT,
    AUDIENCE,
    FAMILY,
    GIVEN,
    HOLDER,
    ISSUER,
    NONCE,
    NOW,
    bound,
    claims,
    digest,
    key_binding,
    sd_jwt,
)

if TYPE_CHECKING:
    from medid.core.instant import Instant

TEXT = sd_jwt(claims(GIVEN, FAMILY), GIVEN)
STRANGER = key(KeyKind.P256, b"stranger")


def check(
    text: str,
    *,
    nonce: str | None = NONCE,
    audience: str | None = AUDIENCE,
    at: Instant = AT,
) -> None:
    parsed = parse(text)
    holder = parsed.holder_key
    assert holder == HOLDER.public_key
    verify_key_binding(
        parsed,
        HOLDER.public_key,
        nonce=nonce,
        audience=audience,
        at=at,
        max_age_seconds=300,
    )


def test_the_holder_may_present() -> None:
    check(bound(TEXT))
    check(bound(TEXT, aud=[AUDIENCE]))
    check(bound(TEXT, header={"typ": "application/KB+JWT"}))
    check(bound(TEXT), nonce=None, audience=None)
    check(bound(TEXT), at=AT.plus(300))
    check(bound(TEXT), at=AT.plus(-60))
    check(bound(TEXT, exp=NOW + 1, nbf=NOW))


def test_without_a_key_binding_nothing_is_shown() -> None:
    with pytest.raises(HolderBindingError, match="without key binding"):
        check(TEXT)


@pytest.mark.parametrize("by", [STRANGER, key(KeyKind.P256, b"other")])
def test_somebody_else_may_not(by: Any) -> None:
    with pytest.raises(InvalidSignature):
        check(bound(TEXT, by=by))


def test_a_key_of_another_kind_may_not() -> None:
    with pytest.raises(WeakCryptography):
        check(bound(TEXT, by=ISSUER))


def test_a_key_in_the_header_is_not_the_holders() -> None:
    header = {"typ": "kb+jwt", "jwk": STRANGER.public_key.to_jwk(), "kid": "1"}
    with pytest.raises(InvalidSignature):
        check(bound(TEXT, by=STRANGER, header=header))


@pytest.mark.parametrize("typ", [None, "JWT", "kb+jwt ", "dc+sd-jwt"])
def test_another_type_is_no_key_binding(typ: str | None) -> None:
    header = {"typ": typ} if typ else {"kid": "1"}
    with pytest.raises(MalformedProof) as caught:
        parse(bound(TEXT, header=header))
    assert caught.value.path == "$.kb_jwt.typ"


def raw(header: dict[str, Any]) -> str:
    """A key binding with a header that no honest signer would write."""
    head, body, signature = key_binding(TEXT).split(".")
    head = base64url.encode(json.dumps({"typ": "kb+jwt", **header}).encode())
    return f"{TEXT}{head}.{body}.{signature}"


@pytest.mark.parametrize(
    ("header", "error"),
    [
        ({"alg": "none"}, WeakCryptography),
        ({"alg": "HS256"}, WeakCryptography),
        ({"alg": "ES256", "crit": ["x"], "x": 1}, MalformedProof),
        ({"alg": "ES256", "jwk": {}}, InvalidVerificationMethod),
        ({}, MalformedValue),
    ],
)
def test_a_header_that_is_refused(
    header: dict[str, Any], error: type[MedidError]
) -> None:
    with pytest.raises(error) as caught:
        parse(raw(header))
    assert caught.value.path.startswith("$.kb_jwt")


def test_a_key_binding_needs_a_key_to_bind_to() -> None:
    text = sd_jwt(claims(GIVEN, cnf=None), GIVEN)
    with pytest.raises(HolderBindingError) as caught:
        parse(bound(text))
    assert caught.value.path == "$.cnf"


# What it covers


@pytest.mark.parametrize(
    "sd_hash",
    [
        digest("x"),
        digest(TEXT.split("~")[0]),
        digest(TEXT[:-1]),
        digest(TEXT, "sha512"),
        digest(TEXT) + "=",
        "é",
    ],
)
def test_a_hash_of_something_else(sd_hash: str) -> None:
    with pytest.raises(InvalidSignature, match="another presentation") as caught:
        check(bound(TEXT, sd_hash=sd_hash))
    assert caught.value.path == "$.kb_jwt.sd_hash"


def test_disclosures_are_neither_added_nor_removed_nor_moved() -> None:
    payload = claims(GIVEN, FAMILY)
    fewer, more = sd_jwt(payload, GIVEN), sd_jwt(payload, GIVEN, FAMILY)
    moved = sd_jwt(payload, FAMILY, GIVEN)
    for shown, covered in ((more, fewer), (fewer, more), (moved, more)):
        with pytest.raises(InvalidSignature):
            check(shown + key_binding(covered))


# For whom


@pytest.mark.parametrize("nonce", ["other", NONCE[:-1], NONCE.lower(), NONCE + " "])
def test_another_nonce(nonce: str) -> None:
    with pytest.raises(InvalidChallenge) as caught:
        check(bound(TEXT, nonce=nonce))
    assert caught.value.path == "$.kb_jwt.nonce"
    assert NONCE not in str(caught.value)


def test_an_empty_expectation_is_no_missing_one() -> None:
    with pytest.raises(InvalidChallenge):
        check(bound(TEXT), nonce="")
    with pytest.raises(InvalidDomain):
        check(bound(TEXT), audience="")


@pytest.mark.parametrize(
    "aud",
    [
        "https://evil.example",
        AUDIENCE + ".evil.example",
        AUDIENCE + "/",
        ["https://evil.example"],
        [AUDIENCE, "https://evil.example"],
        [AUDIENCE, AUDIENCE],
    ],
)
def test_another_audience(aud: Any) -> None:
    with pytest.raises(InvalidDomain) as caught:
        check(bound(TEXT, aud=aud))
    assert caught.value.path == "$.kb_jwt.aud"


@pytest.mark.parametrize("name", ["nonce", "aud", "iat", "sd_hash"])
@pytest.mark.parametrize("expected", [NONCE, None])
def test_a_missing_claim(name: str, expected: str | None) -> None:
    with pytest.raises(MalformedValue, match="missing"):
        check(bound(TEXT, **{name: None}), nonce=expected, audience=None)


@pytest.mark.parametrize("name", ["nonce", "aud", "iat", "sd_hash", "exp", "nbf"])
@pytest.mark.parametrize("value", [True, {}, [], [7], ""])
def test_a_claim_of_another_type(name: str, value: Any) -> None:
    with pytest.raises(MalformedValue):
        check(bound(TEXT, **{name: value}), nonce=None, audience=None)


@pytest.mark.parametrize("payload", [b"[]", b"x", b'{"iat":1,"iat":2}'])
def test_a_key_binding_without_claims(payload: bytes) -> None:
    text = TEXT + sign_compact(payload, HOLDER, {"typ": "kb+jwt"})
    with pytest.raises(ParsingError):
        check(text)


# When


def test_too_early_and_too_late() -> None:
    with pytest.raises(Expired, match="too long ago"):
        check(bound(TEXT), at=AT.plus(301))
    with pytest.raises(NotYetValid, match="future"):
        check(bound(TEXT), at=AT.plus(-61))
    with pytest.raises(Expired):
        check(bound(TEXT, exp=NOW))
    with pytest.raises(NotYetValid):
        check(bound(TEXT, nbf=NOW + 1))


def test_what_is_wrong_with_its_times_is_told_where_it_stands() -> None:
    with pytest.raises(NotYetValid) as early:
        check(bound(TEXT, nbf=NOW + 1))
    with pytest.raises(Expired) as late:
        check(bound(TEXT, exp=NOW))

    assert early.value.path == "$.kb_jwt.nbf"
    assert late.value.path == "$.kb_jwt.exp"
    assert late.value.fix == "present the SD-JWT again"  # no issuer has to renew it
