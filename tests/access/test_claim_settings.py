"""What a payer configures, read strictly."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import Any

import pytest

from medid.access import ClaimSettings
from medid.access.claim_settings import RENDERING_ROLES, Service
from medid.errors import ConfigurationError
from medid.health.codes import Coding
from medid.health.fhir_claim_parties import Address
from tests.access.claim_world import CPT, ROLE, SETTINGS, Doc


def settings(**members: Any) -> ClaimSettings:
    return ClaimSettings.from_json({**SETTINGS, **members})


def test_text_and_objects_are_read_alike() -> None:
    text = json.dumps(SETTINGS)
    assert ClaimSettings.from_json(text) == ClaimSettings.from_json(text.encode())
    assert ClaimSettings.from_json(MappingProxyType(SETTINGS)) == settings()


def test_nothing_is_known_by_itself() -> None:
    bare = ClaimSettings.from_json({})
    assert bare.jurisdiction(Address(country="US", state="OH")) is None
    assert bare.service(frozenset({Coding(CPT, "99213")})) is None
    assert bare.rendering_roles == RENDERING_ROLES
    assert bare.consent_action == "disclose"
    assert not bare.payer.names


def test_a_country_with_configured_parts_needs_one_of_them() -> None:
    found = settings()
    assert found.jurisdiction(Address(country="DE", state="Bayern")) == "DE"
    assert found.jurisdiction(Address(country="US", state="Ohio")) == "US-OH"
    assert found.jurisdiction(Address(country="US")) is None
    assert found.jurisdiction(None) is None
    bare = settings(countryWhenAbsent="DE")
    assert bare.jurisdiction(Address()) == "DE"


def test_a_service_by_several_codes_has_to_ask_the_same() -> None:
    both = frozenset({Coding(CPT, "99213"), Coding(CPT, "99214")})
    found = settings().service(both)
    assert found == Service(professions=("208D00000X",), action="treat")
    assert settings().service(both | {Coding(CPT, "96372")}) is None
    assert settings().service(both | {Coding("urn:local", "visit")}) == found


def test_the_payer_and_the_roles_are_configured() -> None:
    payer = {"did": "did:example:plan", "references": ["Organization/plan"]}
    found = settings(
        payer=payer, renderingRoles=[f"{ROLE}|primary"], consentAction="use"
    )
    assert found.payer.names == {"did:example:plan", "Organization/plan"}
    assert found.rendering_roles == {Coding(ROLE, "primary")}
    assert found.consent_action == "use"


SERVICE: Doc = {"system": CPT, "codes": ["1"], "professions": ["MD"]}


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"cuontries": {}}, "$.cuontries"),
        ({"countries": []}, "$.countries"),
        ({"countries": {"USA": ["US"]}}, "$.countries.USA"),
        ({"countries": {"US-OH": ["OH"]}}, "$.countries.US-OH"),
        ({"countries": {"US": []}}, "$.countries.US"),
        ({"countries": {"US": ["x"], "DE": [" X"]}}, "$.countries.DE[0]"),
        ({"countries": {"US": ["x"], "DE": ["X"]}}, "$.countries.DE"),
        ({"subdivisions": {"US": ["x"]}}, "$.subdivisions.US"),
        ({"subdivisions": {"Ohio": ["x"]}}, "$.subdivisions.Ohio"),
        (
            {"subdivisions": {"US-OH": ["x"], "US-MI": ["x"]}},
            "$.subdivisions.US-MI",
        ),
        ({"countryWhenAbsent": "FR"}, "$.countryWhenAbsent"),
        ({"renderingRoles": []}, "$.renderingRoles"),
        ({"renderingRoles": ["primary"]}, "$.renderingRoles"),
        ({"renderingRoles": ["|primary"]}, "$.renderingRoles"),
        ({"renderingRoles": [f"{ROLE}|"]}, "$.renderingRoles"),
        ({"services": [{**SERVICE, "professions": []}]}, "$.services[0].professions"),
        ({"services": [{**SERVICE, "profession": 1}]}, "$.services[0].profession"),
        (
            {"services": [SERVICE, {**SERVICE, "action": "x"}]},
            "$.services[1].codes",
        ),
        ({"payer": {"names": []}}, "$.payer.names"),
        ({"payer": []}, "$.payer"),
        ({"consentAction": "pay"}, "$.consentAction"),
    ],
)
def test_what_is_wrong_is_told_with_its_path(members: Doc, path: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        settings(**members)
    assert caught.value.path == path


@pytest.mark.parametrize("source", [None, 3, [], "[]", "{", b"\xff"])
def test_what_are_no_settings_are_refused(source: Any) -> None:
    with pytest.raises(ConfigurationError):
        ClaimSettings.from_json(source)
