"""The reference library of RFC 9901 reads what medid writes, and back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.core.instant import Instant
from medid.keys import KeyKind
from medid.securing import jose
from medid.securing.sd_jwt import issue, parse, present, verify_key_binding
from tests.keys.strategies import key

pytest.importorskip("sd_jwt")
from jwcrypto.jwk import JWK
from sd_jwt.common import SDObj
from sd_jwt.holder import SDJWTHolder
from sd_jwt.issuer import SDJWTIssuer
from sd_jwt.verifier import SDJWTVerifier

from tests.support import examples

ISSUER, HOLDER = key(KeyKind.P256, b"issuer"), key(KeyKind.P256, b"holder")
ISSUER_JWK = JWK(**ISSUER.to_jwk())
HOLDER_JWK = JWK(**HOLDER.to_jwk())
NONCE, AUDIENCE = "1234567890", "https://hospital.example"
REGISTERED = {"iss": "https://board.example", "vct": "https://board.example/license"}
HEADER = {"kid": "1", "typ": "dc+sd-jwt"}

NAMES = st.text("abcdefg-_ é", min_size=1, max_size=6).filter(
    lambda name: name not in {"_sd", "_sd_alg"}
)
LEAVES = st.none() | st.booleans() | st.integers(-99, 99) | st.text(max_size=6)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3)
    ),
    max_leaves=6,
)
CLAIMS = st.dictionaries(NAMES, VALUES, min_size=1, max_size=5)


def marked(value: Any, hidden: set[str], place: str = "") -> Any:
    """``value`` with what ``hidden`` names marked for selective disclosure."""
    if isinstance(value, dict):
        return {
            SDObj(name) if f"{place}/{name}" in hidden else name: marked(
                member, hidden, f"{place}/{name}"
            )
            for name, member in value.items()
        }
    if isinstance(value, list):
        elements = [
            (f"{place}/{index}", element) for index, element in enumerate(value)
        ]
        return [
            SDObj(marked(element, hidden, where))
            if where in hidden
            else marked(element, hidden, where)
            for where, element in elements
        ]
    return value


def places(value: Any, place: str = "") -> list[str]:
    pairs: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        pairs = list(value.items())
    if isinstance(value, list):
        pairs = list(enumerate(value))
    found = []
    for name, member in pairs:
        found += [f"{place}/{name}", *places(member, f"{place}/{name}")]
    return found


def everything(value: Any) -> Any:
    """The peer's way to say: disclose all of it."""
    if isinstance(value, dict):
        return {name: everything(member) for name, member in value.items()} or True
    if isinstance(value, list):
        return [everything(element) for element in value] or True
    return True


def theirs(text: str, **expected: str) -> Any:
    return SDJWTVerifier(
        text, lambda _issuer, _header: ISSUER_JWK, **expected
    ).get_verified_payload()


@settings(max_examples=examples(40), deadline=None)
@given(CLAIMS, st.data())
def test_the_peer_reads_what_medid_presents(
    subject: dict[str, Any], data: st.DataObject
) -> None:
    options = st.lists(st.sampled_from(places(subject)), unique=True)
    chosen = data.draw(options)
    shown = data.draw(st.lists(st.sampled_from(chosen), unique=True)) if chosen else []
    text = issue(
        {**REGISTERED, **subject},
        ISSUER,
        disclosable=chosen,
        header=HEADER,
        holder_key=HOLDER.public_key,
    )
    presented = present(
        text,
        disclose=shown,
        holder=HOLDER,
        nonce=NONCE,
        audience=AUDIENCE,
        at=Instant.from_seconds(1_781_524_800),
    )
    payload = theirs(presented, expected_nonce=NONCE, expected_aud=AUDIENCE)
    assert payload == parse(presented).claims


@settings(max_examples=examples(40), deadline=None)
@given(CLAIMS, st.data(), st.booleans())
def test_medid_reads_what_the_peer_presents(
    subject: dict[str, Any], data: st.DataObject, decoys: bool
) -> None:
    chosen = set(data.draw(st.lists(st.sampled_from(places(subject)), unique=True)))
    issuer = SDJWTIssuer(
        {**REGISTERED, **marked(subject, chosen)},
        ISSUER_JWK,
        HOLDER_JWK,
        add_decoy_claims=decoys,
        extra_header_parameters=HEADER,
    )
    issued = parse(issuer.sd_jwt_issuance)
    jose.verify(issued.jws, ISSUER.public_key)
    cnf = {"cnf": {"jwk": HOLDER.public_key.to_jwk()}}
    assert issued.claims == {**REGISTERED, **subject, **cnf}
    holder = SDJWTHolder(issuer.sd_jwt_issuance)
    holder.create_presentation(everything(subject), NONCE, AUDIENCE, HOLDER_JWK)
    parsed = parse(holder.sd_jwt_presentation)
    assert parsed.claims == theirs(holder.sd_jwt_presentation)
    assert parsed.key_binding is not None
    made = json.loads(parsed.key_binding.payload)["iat"]
    verify_key_binding(
        parsed,
        HOLDER.public_key,
        nonce=NONCE,
        audience=AUDIENCE,
        at=Instant.from_seconds(made),
        max_age_seconds=0,
    )
