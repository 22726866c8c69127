"""Whose visas and passports count stands in the trust file, spelled out."""

from __future__ import annotations

from typing import Any

import pytest

from medid.core.instant import Instant
from medid.errors import ConfigurationError
from medid.keys import KeyKind, PrivateKey
from medid.trust import TrustRegistry
from medid.trust.visas import VISA_TYPES

KEY = PrivateKey.generate(KeyKind.P256)
JWK = {**KEY.public_key.to_jwk(), "kid": "key-1"}
ISSUER = "https://ega.example"
ENTRY: dict[str, Any] = {
    "issuer": ISSUER,
    "jwks": {"keys": [JWK]},
    "jku": ["https://ega.example/jwks"],
    "asserts": {"ControlledAccessGrants": ["https://ega.example/dacs/1"]},
    "maxAuthzTTL": 86_400,
    "validFrom": "2026-01-01T00:00:00Z",
    "validUntil": "2027-01-01T00:00:00Z",
}
BROKER: dict[str, Any] = {
    "issuer": ISSUER,
    "jwks": {"keys": [JWK]},
    "audience": ["medid-site"],
}


def trust(**members: Any) -> TrustRegistry:
    board: Any = {
        "did": "did:example:b",
        "jurisdictions": ["US"],
        "professions": ["MD"],
    }
    return TrustRegistry.from_json({"acceptedBoards": [board], **members})


def without(entry: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name not in names}


def test_an_issuer_of_visas() -> None:
    (found,) = trust(visaIssuers=[ENTRY]).settings.visa_issuers.values()
    assert found.signer.issuer == ISSUER
    assert found.signer.keys == {"key-1": KEY.public_key}
    assert found.signer.jku == ("https://ega.example/jwks",)
    assert found.asserts == {
        "ControlledAccessGrants": frozenset({"https://ega.example/dacs/1"})
    }
    assert found.max_authz_ttl == 86_400
    assert not found.signer.window.contains(Instant.parse("2027-01-01T00:00:00Z"))
    assert KEY.public_key.to_multikey() not in repr(found)


def test_a_broker() -> None:
    settings = trust(brokers=[BROKER]).settings
    assert settings.brokers[ISSUER].audience == {"medid-site"}
    assert not settings.visa_issuers


def test_nobody_is_trusted_by_default() -> None:
    settings = trust().settings
    assert not settings.visa_issuers
    assert not settings.brokers


def test_what_may_be_left_out() -> None:
    short = without(ENTRY, "jku", "maxAuthzTTL", "validFrom", "validUntil")
    found = trust(visaIssuers=[short]).settings.visa_issuers[ISSUER]
    assert found.max_authz_ttl is None
    assert not found.signer.jku
    assert trust(visaIssuers=[without(ENTRY, "jwks")]).settings.visa_issuers
    assert (
        trust(visaIssuers=[{**ENTRY, "maxAuthzTTL": 0}])
        .settings.visa_issuers[ISSUER]
        .max_authz_ttl
        == 0
    )
    every = {kind: [ISSUER] for kind in VISA_TYPES}
    assert trust(visaIssuers=[{**ENTRY, "asserts": every}]).settings.visa_issuers


PRIVATE = {**KEY.to_jwk(), "kid": "key-1"}


@pytest.mark.parametrize(
    ("entry", "path"),
    [
        (without(ENTRY, "issuer"), ".issuer"),
        (without(ENTRY, "jwks", "jku"), ""),
        (without(ENTRY, "asserts"), ".asserts"),
        ({**ENTRY, "asserts": {}}, ".asserts"),
        ({**ENTRY, "asserts": {"ResearcherStatus": []}}, ".asserts.ResearcherStatus"),
        ({**ENTRY, "asserts": {"ResearcherStatus": ["*"]}}, "asserts"),
        ({**ENTRY, "asserts": {"https://custom.example": [ISSUER]}}, ".asserts[?]"),
        ({**ENTRY, "jwks": {"keys": []}, "jku": []}, ""),
        ({**ENTRY, "jwks": [JWK]}, ".jwks"),
        ({**ENTRY, "jwks": {"keys": [JWK, JWK]}}, ".jwks.keys[1].kid"),
        ({**ENTRY, "jwks": {"keys": [without(JWK, "kid")]}}, ".jwks.keys[0].kid"),
        ({**ENTRY, "jwks": {"keys": [PRIVATE]}}, ".jwks.keys[0]"),
        (
            {**ENTRY, "jwks": {"keys": [{"kty": "oct", "k": "AA", "kid": "s"}]}},
            ".jwks.keys[0].kty",
        ),
        ({**ENTRY, "jwks": {"keys": [7]}}, ".jwks.keys[0]"),
        ({**ENTRY, "jku": ["http://ega.example/jwks"]}, ".jku[0]"),
        ({**ENTRY, "jku": "https://ega.example/jwks"}, ".jku"),
        ({**ENTRY, "jku": ["https://*.example/jwks"]}, ".jku[0]"),
        ({**ENTRY, "maxAuthzTTL": -1}, ".maxAuthzTTL"),
        ({**ENTRY, "maxAuthzTTL": "1"}, ".maxAuthzTTL"),
        ({**ENTRY, "assert": {}}, ".assert"),
        ({**ENTRY, "audience": ["x"]}, ".audience"),
        (7, ""),
    ],
)
def test_an_entry_is_read_strictly(entry: Any, path: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        trust(visaIssuers=[entry])
    assert caught.value.path.startswith("$.visaIssuers[0]")
    assert path in caught.value.path


@pytest.mark.parametrize(
    ("entry", "path"),
    [
        ({**BROKER, "asserts": {}}, ".asserts"),
        ({**BROKER, "audience": "medid-site"}, ".audience"),
        ({**BROKER, "audience": ["*"]}, ".audience[0]"),
        (without(BROKER, "jwks"), ""),
    ],
)
def test_a_broker_s_entry_is_read_strictly(entry: Any, path: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        trust(brokers=[entry])
    assert caught.value.path == f"$.brokers[0]{path}"


@pytest.mark.parametrize("name", ["visaIssuers", "brokers"])
def test_an_issuer_has_one_entry(name: str) -> None:
    entry = ENTRY if name == "visaIssuers" else BROKER
    with pytest.raises(ConfigurationError) as caught:
        trust(**{name: [entry, entry]})
    assert caught.value.path == f"$.{name}[1].issuer"


def test_whose_visas_count_is_a_part_of_the_digest() -> None:
    assert trust(visaIssuers=[ENTRY]).digest() != trust().digest()
