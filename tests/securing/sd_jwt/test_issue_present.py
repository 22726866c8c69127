"""Issue for a holder, present as the holder."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.errors import ProofGenerationError
from medid.keys import KeyKind
from medid.securing import jose
from medid.securing.sd_jwt import issue, parse, present, verify_key_binding
from tests.keys.strategies import key, seeded
from tests.securing.sd_jwt.tokens import (
    AT,
    AUDIENCE,
    GIVEN,
    HOLDER,
    ISSUER,
    NONCE,
    NOW,
    bound,
    claims,
    sd_jwt,
)
from tests.support import examples

HEADER = {"kid": "did:example:board#1"}
CLAIMS: dict[str, Any] = {
    "iss": "did:example:board",
    "vct": "https://credentials.example/license",
    "exp": NOW + 1,
    "given_name": "Ada",
    "address": {"city": "London", "street": "St James's Square"},
    "roles": ["nurse", "surgeon", ["a", "b"]],
    "a/b~c": True,
}
DISCLOSABLE = [
    *("/given_name", "/address", "/address/city", "/address/street"),
    *("/roles/1", "/roles/2/0", "/a~1b~0c"),
]


def issued(disclosable: list[str] = DISCLOSABLE, **changes: Any) -> str:
    draft = {**CLAIMS, **changes}
    return issue(
        {name: value for name, value in draft.items() if value is not None},
        ISSUER,
        disclosable=disclosable,
        header=HEADER,
        holder_key=HOLDER.public_key,
        entropy=seeded(b"salts"),
    )


# Issuing


def test_with_all_disclosures_the_claims_are_back() -> None:
    before = copy.deepcopy(CLAIMS)
    salts = iter(range(100))
    text = issue(
        CLAIMS,
        ISSUER,
        disclosable=DISCLOSABLE,
        header=HEADER,
        holder_key=HOLDER.public_key,
        entropy=lambda size: next(salts).to_bytes(size, "big"),
    )
    parsed = parse(text)
    jose.verify(parsed.jws, ISSUER.public_key)
    assert before == CLAIMS
    assert parsed.claims == {**CLAIMS, "cnf": {"jwk": HOLDER.public_key.to_jwk()}}
    assert len(parsed.disclosures) == len(DISCLOSABLE)
    assert parsed.jws.typ == "dc+sd-jwt"
    payload = json.loads(parsed.jws.payload)
    assert payload["_sd_alg"] == "sha-256"
    assert payload["_sd"] == sorted(payload["_sd"])
    assert "London" not in parsed.jws.payload.decode()


def test_salts_come_from_the_system_and_differ() -> None:
    texts = {
        issue(CLAIMS, ISSUER, disclosable=["/given_name"], header=HEADER)
        for _ in range(3)
    }
    assert len({text.split("~")[1] for text in texts}) == 3


def test_nothing_need_be_disclosable_and_nobody_the_holder() -> None:
    text = issue(CLAIMS, ISSUER, disclosable=[], header=HEADER)
    assert parse(text).claims == CLAIMS
    assert "_sd_alg" not in json.loads(parse(text).jws.payload)


def test_another_sd_jwt_has_its_own_rules() -> None:
    header = {**HEADER, "typ": "example+sd-jwt"}
    text = issue({"exp": 1}, ISSUER, disclosable=["/exp"], header=header)
    assert parse(text, profile=None).claims == {"exp": 1}


@pytest.mark.parametrize(
    "pointer",
    [
        *("", "given_name", "/none", "/given_name/x", "/roles/3", "/roles/01"),
        *("/roles/-", "/roles/-1", "/roles/+1", "/roles/٣", "/roles/1 ", "/roles/x"),
        *("/a~b", "/a~2", "/given_name/", "/", "/_sd", "/exp/0"),
    ],
)
def test_a_pointer_that_leads_nowhere(pointer: str) -> None:
    with pytest.raises(ProofGenerationError):
        issued([pointer])


def test_digests_are_no_claim_that_could_be_withheld() -> None:
    with pytest.raises(ProofGenerationError, match="leads to no claim"):
        issued(["/given_name", "/_sd"])


@pytest.mark.parametrize("pointer", ["x/given_name", "/a~2", "/a~"])
def test_a_text_that_is_no_pointer(pointer: str) -> None:
    with pytest.raises(ProofGenerationError, match="JSON pointer"):
        issued([pointer], **{"a~2": 1, "a~": 2})


def test_a_claim_named_twice() -> None:
    with pytest.raises(ProofGenerationError, match="twice"):
        issued(["/given_name", "/given_name"])


@pytest.mark.parametrize("name", ["iss", "vct", "exp", "cnf"])
def test_what_may_not_be_withheld_is_not_issued_so(name: str) -> None:
    with pytest.raises(ProofGenerationError, match="refuse") as caught:
        issued([f"/{name}"])
    assert caught.value.path == f"$.{name}"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": None},
        {"vct": None},
        {"exp": True},
        {"sub": 7},
        {"x": float("nan")},
        {"x": {1: 2}},
        {"_sd": []},
        {"x": [{"...": "y"}]},
        {"x": {"_sd_alg": "sha-256"}},
        {"cnf": {}},
    ],
)
def test_what_would_be_refused_is_not_issued(changes: dict[str, Any]) -> None:
    with pytest.raises(ProofGenerationError):
        issued([], **changes)


def test_a_confirmation_that_would_be_refused_is_not_issued() -> None:
    bad = {**CLAIMS, "cnf": {"jwk": {"kty": "RSA"}}}
    with pytest.raises(ProofGenerationError):
        issue(bad, ISSUER, disclosable=[], header=HEADER)


@pytest.mark.parametrize("header", [{"typ": 7}, {"typ": ["x"]}, {"crit": []}])
def test_a_header_that_would_be_refused(header: dict[str, Any]) -> None:
    with pytest.raises(ProofGenerationError):
        issue(CLAIMS, ISSUER, disclosable=[], header=header)


# Presenting


def shown(*pointers: str) -> dict[str, Any]:
    text = present(issued(), disclose=pointers)
    parsed = parse(text)
    jose.verify(parsed.jws, ISSUER.public_key)
    return dict(parsed.claims)


def test_only_what_was_chosen_is_shown() -> None:
    nothing = shown()
    assert nothing.keys() == {"iss", "vct", "exp", "roles", "cnf"}
    assert nothing["roles"] == ["nurse", ["b"]]
    assert shown("/given_name")["given_name"] == "Ada"
    assert "address" not in shown("/given_name")
    assert shown("/roles/1")["roles"] == ["nurse", "surgeon", ["b"]]
    assert shown("/roles/2/0")["roles"] == ["nurse", ["a", "b"]]
    assert shown("/a~1b~0c")["a/b~c"] is True


def test_what_contains_it_is_shown_as_well_and_nothing_else() -> None:
    assert shown("/address/city")["address"] == {"city": "London"}
    assert shown("/address")["address"] == {}
    assert shown("/address", "/address/street")["address"].keys() == {"street"}


@pytest.mark.parametrize(
    "pointer", ["", "/iss", "/none", "/address/none", "/roles", "/roles/0", "x"]
)
def test_a_pointer_to_nothing_that_can_be_disclosed(pointer: str) -> None:
    with pytest.raises(ProofGenerationError):
        present(issued(), disclose=[pointer])


def test_a_bound_presentation_verifies() -> None:
    text = present(
        issued(),
        disclose=["/given_name"],
        holder=HOLDER,
        nonce=NONCE,
        audience=AUDIENCE,
        at=AT.plus(0.9),
    )
    parsed = parse(text)
    assert parsed.holder_key == HOLDER.public_key
    assert parsed.kb_text is not None
    assert text == parsed.presented + parsed.kb_text
    verify_key_binding(
        parsed,
        HOLDER.public_key,
        nonce=NONCE,
        audience=AUDIENCE,
        at=AT,
        max_age_seconds=0,
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": None},
        {"nonce": ""},
        {"audience": None},
        {"audience": ""},
        {"at": None},
        {"holder": key(KeyKind.P256, b"another")},
        {"holder": None},
    ],
)
def test_a_key_binding_that_would_be_refused_is_not_made(changes: Any) -> None:
    options = {"holder": HOLDER, "nonce": NONCE, "audience": AUDIENCE, "at": AT}
    with pytest.raises(ProofGenerationError):
        present(issued(), disclose=[], **{**options, **changes})


def test_a_credential_bound_to_nobody_is_presented_without_key_binding() -> None:
    text = issue(CLAIMS, ISSUER, disclosable=[], header=HEADER)
    assert present(text, disclose=[]) == text
    with pytest.raises(ProofGenerationError, match="bound to no key"):
        present(text, disclose=[], holder=HOLDER, nonce=NONCE, audience=AUDIENCE, at=AT)


def test_a_named_holder_key_is_taken_on_trust() -> None:
    text = sd_jwt(claims(GIVEN, cnf={"kid": "1"}), GIVEN)
    shown = present(
        text, disclose=[], holder=HOLDER, nonce=NONCE, audience=AUDIENCE, at=AT
    )
    assert parse(shown).holder_kid == "1"


def test_a_presentation_is_not_presented_again() -> None:
    with pytest.raises(ProofGenerationError, match="already"):
        present(bound(sd_jwt(claims(GIVEN), GIVEN)), disclose=[])


# Any claims, any choice


NAMES = st.text("ab/~0é _", min_size=1, max_size=4).filter(
    lambda name: name not in {"_sd", "...", "_sd_alg"}
)
LEAVES = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3)
    ),
    max_leaves=8,
)


def pointers(value: Any, start: str = "") -> list[str]:
    """Every place inside of ``value``."""
    found: list[str] = []
    if isinstance(value, dict):
        for name, member in value.items():
            place = f"{start}/{name.replace('~', '~0').replace('/', '~1')}"
            found += [place, *pointers(member, place)]
    if isinstance(value, list):
        for index, element in enumerate(value):
            found += [f"{start}/{index}", *pointers(element, f"{start}/{index}")]
    return found


@settings(max_examples=examples(50))
@given(st.dictionaries(NAMES, VALUES, max_size=4), st.data())
def test_whatever_is_issued_can_be_presented(
    subject: dict[str, Any], data: st.DataObject
) -> None:
    document = {**CLAIMS, "subject": subject}
    places = pointers(subject, "/subject")
    chosen = data.draw(
        st.lists(st.sampled_from(places), unique=True) if places else st.just([])
    )
    text = issue(document, ISSUER, disclosable=chosen, header=HEADER)
    assert parse(text).claims == document
    shown = present(text, disclose=data.draw(st.permutations(chosen)))
    assert parse(shown).claims == document
    hidden = parse(present(text, disclose=[])).claims["subject"]
    assert isinstance(hidden, dict)
    tops = {place.split("/")[2] for place in chosen if place.count("/") == 2}
    kept = {name.replace("~", "~0").replace("/", "~1") for name in hidden}
    assert kept.isdisjoint(tops)
