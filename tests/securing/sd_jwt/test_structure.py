"""RFC 9901 section 7.1: every rule, each broken once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.errors import (
    MalformedProof,
    MalformedValue,
    MedidError,
    ParsingError,
    TooLarge,
    WeakCryptography,
)
from medid.securing import jose
from medid.securing.sd_jwt import parse, verify_key_binding
from medid.securing.sd_jwt.processing import MAX_DEPTH, MAX_DISCLOSURES
from medid.securing.sd_jwt.serialization import MAX_CHARACTERS
from tests.securing.sd_jwt.tokens import (
    AT,
    AUDIENCE,
    ELEMENT,
    FAMILY,
    GIVEN,
    HOLDER,
    ISSUER,
    NONCE,
    bound,
    claims,
    digest,
    disclosure,
    encode,
    sd_jwt,
    token,
)


def refused(payload: Any, *shown: str, match: str) -> MalformedProof:
    for text in (sd_jwt(payload, *shown), bound(sd_jwt(payload, *shown))):
        with pytest.raises(MalformedProof, match=match) as caught:
            parse(text)
    return caught.value


# What is accepted


def test_disclosed_claims_take_their_places() -> None:
    inner = disclosure("city", "London")
    address = disclosure("address", {"_sd": [digest(inner)], "country": "UK"})
    payload = claims(
        *(GIVEN, address),
        roles=["nurse", {"...": digest(ELEMENT)}, {"...": digest("decoy")}],
        nested={"_sd": [digest(FAMILY), digest("decoy 2")]},
    )
    parsed = parse(sd_jwt(payload, ELEMENT, inner, address, GIVEN, FAMILY))
    jose.verify(parsed.jws, ISSUER.public_key)
    assert parsed.claims["given_name"] == "Ada"
    assert parsed.claims["address"] == {"country": "UK", "city": "London"}
    assert parsed.claims["roles"] == ["nurse", "surgeon"]
    assert parsed.claims["nested"] == {"family_name": "Byron"}
    assert not {"_sd", "_sd_alg", "..."} & parsed.claims.keys()
    assert parsed.trails[digest(inner)] == ("address", "city")
    assert parsed.trails[digest(ELEMENT)] == ("roles", 1)
    assert parsed.disclosures[0].text == ELEMENT


def test_what_is_withheld_is_gone() -> None:
    payload = claims(GIVEN, FAMILY, roles=[{"...": digest(ELEMENT)}])
    parsed = parse(sd_jwt(payload, FAMILY))
    assert "given_name" not in parsed.claims
    assert parsed.claims["roles"] == []


@pytest.mark.parametrize(
    ("name", "algorithm"),
    [("sha-256", "sha256"), ("sha-384", "sha384"), ("sha-512", "sha512")],
)
def test_each_hash_algorithm(name: str, algorithm: str) -> None:
    payload = claims(_sd_alg=name, _sd=[digest(GIVEN, algorithm)])
    parsed = parse(sd_jwt(payload, GIVEN))
    assert parsed.claims["given_name"] == "Ada"
    assert parsed.hash_alg == name
    text = sd_jwt(payload, GIVEN)
    kb = parse(bound(text, sd_hash=digest(text, algorithm)))
    verify_key_binding(
        kb,
        HOLDER.public_key,
        nonce=NONCE,
        audience=AUDIENCE,
        at=AT,
        max_age_seconds=0,
    )


def test_without_any_disclosure() -> None:
    parsed = parse(sd_jwt(claims(_sd=None)))
    assert parsed.claims == claims(_sd=None)
    assert parsed.disclosures == ()


def test_spaces_inside_of_a_disclosure_do_not_matter() -> None:
    text = encode(b'[ "salt" ,\n"role", "x" ]')
    assert parse(sd_jwt(claims(text), text)).claims["role"] == "x"


# Disclosures


@pytest.mark.parametrize(
    "form",
    [
        b"{}",
        b"[]",
        b"7",
        b'"ab"',
        b'{"0":"salt"}',
        b'["salt"]',
        b'["salt","a","b","c"]',
        b'["salt",7,"x"]',
        b'["salt",null,"x"]',
        b'["salt",["a"],"x"]',
        b'[7,"role","x"]',
        b'[null,"x"]',
    ],
)
def test_a_disclosure_of_another_form(form: bytes) -> None:
    text = encode(form)
    refused(claims(text), text, match="a disclosure is")


@pytest.mark.parametrize(
    "form",
    [
        b"",
        b"hello",
        b'["salt","role",NaN]',
        b'["salt","role",{"a":1,"a":2}]',
        b'["salt","role","\\ud800"]',
        b'["salt","role","\xff"]',
        b'["salt","role","x"] []',
        b'["salt","role",' + b"[" * 5000 + b"]" * 5001,
    ],
)
def test_a_disclosure_that_is_no_strict_json(form: bytes) -> None:
    text = encode(form)
    refused(claims(text), text, match="strict JSON")


@pytest.mark.parametrize("tail", ["=", " ", "\n", "!", "A"])
def test_a_disclosure_that_is_no_strict_base64url(tail: str) -> None:
    refused(claims(GIVEN + tail), GIVEN + tail, match="base64url|signed for")


@pytest.mark.parametrize("name", ["_sd", "...", "_sd_alg"])
def test_a_disclosure_that_names_a_reserved_claim(name: str) -> None:
    text = disclosure(name, "x")
    refused(claims(text), text, match="carries digests")


def test_a_disclosure_that_nobody_signed_for() -> None:
    refused(claims(GIVEN), GIVEN, disclosure("role", "admin"), match="not sign for")


def test_a_disclosure_given_twice() -> None:
    refused(claims(GIVEN), GIVEN, GIVEN, match="not sign for")


def test_a_disclosure_whose_container_is_withheld() -> None:
    inner = disclosure("city", "London")
    address = disclosure("address", {"_sd": [digest(inner)]})
    refused(claims(address), inner, match="not sign for")


def test_a_disclosure_hashed_by_another_algorithm() -> None:
    refused(claims(GIVEN, _sd_alg="sha-512"), GIVEN, match="not sign for")


def test_a_disclosure_that_would_overwrite() -> None:
    refused(claims(GIVEN, given_name="Eve"), GIVEN, match="overwrite")
    twins = disclosure("role", "a"), disclosure("role", "b")
    refused(claims(*twins), *twins, match="overwrite")
    inner = claims(inside={"_sd": [digest(GIVEN)], "given_name": None})
    refused(inner, GIVEN, match="overwrite")


def test_a_disclosure_of_the_wrong_kind_for_its_place() -> None:
    refused(claims(ELEMENT), ELEMENT, match="stands for a claim")
    error = refused(
        claims(roles=["x", {"...": digest(GIVEN)}]), GIVEN, match="array element"
    )
    assert error.path == "$.roles[1]"


# Digests


@pytest.mark.parametrize(
    "payload",
    [
        claims(GIVEN, GIVEN),
        claims(GIVEN, nested={"_sd": [digest(GIVEN)]}),
        claims(GIVEN, roles=[{"...": digest(GIVEN)}]),
        claims(roles=[{"...": digest(ELEMENT)}, {"...": digest(ELEMENT)}]),
        claims(_sd=["decoy", "decoy"]),
    ],
)
@pytest.mark.parametrize("shown", [(), (GIVEN,), (ELEMENT,)])
def test_a_digest_that_occurs_twice(payload: Any, shown: tuple[str, ...]) -> None:
    refused(payload, *shown, match="occurs twice|array element|not sign for")
    if not shown:
        refused(payload, match="occurs twice")


def test_a_digest_that_occurs_again_inside_of_a_disclosure() -> None:
    outer = disclosure("outer", {"_sd": [digest(GIVEN)]})
    refused(claims(outer, GIVEN), outer, match="occurs twice")


@pytest.mark.parametrize(
    "value", [None, "x", 7, True, {}, [7], [None], [["x"]], ["x", 7]]
)
def test_digests_are_an_array_of_strings(value: object) -> None:
    payload = {**claims(), "_sd": value}
    error = refused(payload, match="array of strings")
    assert error.path == "$"
    inner = {**claims(), "nested": {"_sd": value}}
    assert refused(inner, match="array of strings").path == "$.nested"


@pytest.mark.parametrize(
    "element",
    [
        {"...": digest(ELEMENT), "role": "x"},
        {"...": digest(ELEMENT), "_sd": []},
        {"...": 7},
        {"...": None},
        {"...": [digest(ELEMENT)]},
    ],
)
def test_an_element_digest_stands_alone(element: object) -> None:
    error = refused(claims(roles=[element]), match="stands alone")
    assert error.path == "$.roles[0]"


def test_an_element_digest_belongs_into_an_array() -> None:
    refused(claims(**{"...": digest(ELEMENT)}), match="does not belong")
    refused(claims(role={"...": digest(ELEMENT)}), match="does not belong")


def test_the_hash_algorithm_belongs_to_the_root() -> None:
    error = refused(claims(nested={"_sd_alg": "sha-256"}), match="does not belong")
    assert error.path == "$.nested"
    hidden = disclosure("nested", [{"_sd_alg": "sha-256"}])
    assert refused(claims(hidden), hidden, match="does not").path == "$.nested[0]"


@pytest.mark.parametrize(
    "name", ["md5", "sha-1", "SHA-256", "sha256", "", 7, None, ["sha-256"]]
)
def test_another_hash_algorithm(name: object) -> None:
    payload = {**claims(GIVEN), "_sd_alg": name}
    with pytest.raises(WeakCryptography, match="sha-256, sha-384, sha-512") as caught:
        parse(sd_jwt(payload, GIVEN))
    assert caught.value.path == "$._sd_alg"


# Limits


def chain(length: int) -> list[str]:
    links = [disclosure("end", "x")]
    for _ in range(length):
        links.append(disclosure("level", {"_sd": [digest(links[-1])]}))
    return links


def test_disclosures_inside_of_disclosures_end_somewhere() -> None:
    parsed = parse(sd_jwt(claims(chain(60)[-1]), *chain(60)))
    assert parsed.claims["level"]
    with pytest.raises(TooLarge, match="nested"):
        parse(sd_jwt(claims(chain(64)[-1]), *chain(64)))
    with pytest.raises(TooLarge, match="nested"):
        parse(sd_jwt(claims(chain(900)[-1]), *chain(900)))


def test_the_number_of_disclosures_is_limited() -> None:
    many = [disclosure(f"claim_{n}", n) for n in range(MAX_DISCLOSURES + 1)]
    parsed = parse(sd_jwt(claims(*many), *many[:-1]))
    assert len(parsed.disclosures) == MAX_DISCLOSURES
    with pytest.raises(TooLarge, match="1000 disclosures"):
        parse(sd_jwt(claims(*many), *many))
    protected, payload, signature = token(claims(*many)).split(".")
    form = {"protected": protected, "payload": payload, "signature": signature}
    with pytest.raises(TooLarge, match="1000 disclosures"):
        parse(json.dumps({**form, "header": {"disclosures": many}}))
    with pytest.raises(TooLarge):
        parse("~" * 50_000)


def test_the_claims_are_limited_as_a_whole() -> None:
    many = [disclosure(f"claim_{n}", [0] * 200) for n in range(60)]
    with pytest.raises(TooLarge, match="members"):
        parse(sd_jwt(claims(*many), *many))


def test_claims_may_be_as_deep_as_any_document() -> None:
    deep: Any = 7
    for _ in range(MAX_DEPTH - 1):
        deep = {"a": deep}
    assert parse(sd_jwt(claims(a=deep))).claims["a"] == deep
    with pytest.raises(TooLarge):
        parse(sd_jwt(claims(a={"a": deep})))


def test_a_text_just_within_its_limit_is_looked_at() -> None:
    with pytest.raises(ParsingError):
        parse("a" * MAX_CHARACTERS)
    with pytest.raises(TooLarge):
        parse("a" * (MAX_CHARACTERS + 1))


def test_the_text_is_limited() -> None:
    with pytest.raises(TooLarge, match="characters"):
        parse("a" * 1_600_000)


# Text


def test_damaged_texts_are_refused() -> None:
    jwt = token(claims(GIVEN))
    text = sd_jwt(claims(GIVEN), GIVEN)
    for damaged in (
        *("", "~", "~~", jwt, f"~{text}", f"{text}~", f" {text}", f"{text}\n"),
        *(text.replace("~", " ~", 1), text.replace("~", "~\n", 1), f"{jwt}~~"),
        *(f"{jwt}~{GIVEN}", bound(text) + "~", text.replace("~", "~~", 1)),
    ):
        with pytest.raises(MedidError):
            parse(damaged)


@pytest.mark.parametrize("payload", [b"[]", b'"x"', b"hello", b"", b'{"a":1,"a":2}'])
def test_a_payload_that_is_no_strict_json_object(payload: bytes) -> None:
    with pytest.raises(ParsingError):
        parse(sd_jwt(payload))


def test_bytes_are_read_as_text() -> None:
    text = sd_jwt(claims(GIVEN), GIVEN)
    assert parse(text.encode()) == parse(text)
    with pytest.raises(ParsingError):
        parse(b"\xff" + text.encode())


def test_errors_say_where_and_not_what() -> None:
    text = sd_jwt(claims(GIVEN, sub=["canary"]), GIVEN)
    with pytest.raises(MalformedValue) as caught:
        parse(text, path="$.verifiableCredential[0]")
    assert caught.value.path == "$.verifiableCredential[0].sub"
    assert "canary" not in str(caught.value)


# Properties


ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~= \n"
VALID = bound(sd_jwt(claims(GIVEN, FAMILY, roles=[{"...": digest(ELEMENT)}]), GIVEN))


def accept(text: str) -> None:
    parsed = parse(text)
    jose.verify(parsed.jws, ISSUER.public_key)
    verify_key_binding(
        parsed,
        HOLDER.public_key,
        nonce=NONCE,
        audience=AUDIENCE,
        at=AT,
        max_age_seconds=60,
    )


@given(st.integers(0, len(VALID) - 1), st.sampled_from(ALPHABET))
def test_any_changed_character_is_refused(place: int, other: str) -> None:
    accept(VALID)
    if VALID[place] != other:
        with pytest.raises(MedidError):
            accept(VALID[:place] + other + VALID[place + 1 :])


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=9)
    | st.sampled_from([digest(GIVEN), digest(ELEMENT)]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["_sd", "...", "_sd_alg", "jwk", "kid", "a"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
NAMES = ["_sd", "_sd_alg", "iss", "vct", "cnf", "exp", "status", "aud", "roles", "x"]


@given(st.sampled_from(NAMES), JSON, st.lists(JSON, max_size=3))
def test_only_medid_errors_escape_from_signed_payloads(
    name: str, value: Any, parts: list[Any]
) -> None:
    extra = encode(["salt", *parts])
    payload = {**claims(GIVEN, extra), name: value}
    error: MedidError | None = None
    try:
        accept(bound(sd_jwt(payload, GIVEN, extra)))
    except MedidError as caught:
        error = caught
    assert error is None or error.path.startswith("$")
