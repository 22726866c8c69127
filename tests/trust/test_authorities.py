"""The authorities of a trust file, read strictly."""

from __future__ import annotations

from typing import Any

import pytest

from medid.errors import ConfigurationError, IssuerNotTrusted, MedidError
from medid.trust import LICENSE_TYPE, TrustRegistry
from medid.trust.authorities import MAX_AUTHORITIES, MAX_DEPTH, MAX_LISTS

SCOPE: dict[str, Any] = {"jurisdictions": ["US-OH"], "professions": ["MD"]}
ROOT = "did:web:root.example"


def read(**members: Any) -> TrustRegistry:
    one: dict[str, Any] = {"did": ROOT, "mayRecognize": SCOPE, **members}
    return TrustRegistry.from_json({"authorities": [one]})


def test_an_authority_is_enough_and_passes_nothing_on_by_default() -> None:
    trust = read(name="State")
    (found,) = trust.settings.authorities
    assert (found.did, found.name, found.delegable) == (ROOT, "State", 0)
    assert found.credential_types == (LICENSE_TYPE,)
    assert found.require_output_validation
    trust.admit(ROOT)
    with pytest.raises(IssuerNotTrusted):
        trust.admit("did:web:ROOT.example")


@pytest.mark.parametrize(("stated", "depth"), [(False, 0), (0, 0), (3, 3)])
def test_how_often_it_may_be_passed_on_is_a_number(stated: object, depth: int) -> None:
    assert read(delegable=stated).settings.authorities[0].delegable == depth


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"delegable": True}, "$.authorities[0].delegable"),
        ({"delegable": -1}, "$.authorities[0].delegable"),
        ({"delegable": MAX_DEPTH}, "$.authorities[0].delegable"),
        ({"delegable": "all"}, "$.authorities[0].delegable"),
        ({"mayRecognise": {}}, "$.authorities[0].mayRecognise"),
        ({"mayRecognize": None}, "$.authorities[0].mayRecognize"),
        ({"did": "root"}, "$.authorities[0].did"),
        ({"mayRecognize": {**SCOPE, "jurisdictions": []}}, None),
        ({"mayRecognize": {**SCOPE, "professions": ["*"]}}, None),
        ({"mayRecognize": {**SCOPE, "credentialTypes": []}}, None),
    ],
)
def test_what_is_not_understood_stops_it(
    members: dict[str, Any], path: str | None
) -> None:
    with pytest.raises(MedidError) as caught:
        read(**members)
    assert path is None or caught.value.path == path


def test_there_are_bounds_to_authorities_and_lists() -> None:
    one: dict[str, Any] = {"did": ROOT, "mayRecognize": SCOPE}
    many: dict[str, Any] = {"authorities": [one] * (MAX_AUTHORITIES + 1)}
    with pytest.raises(ConfigurationError):
        TrustRegistry.from_json(many)
    urls: list[Any] = [f"https://root.example/{n}" for n in range(MAX_LISTS)]
    trust = TrustRegistry.from_json({"authorities": [one], "recognizedEntities": urls})
    assert trust.settings.lists == tuple(urls)
    refused: list[list[Any]] = [[*urls, urls[0]], ["http://root.example/list"]]
    for wrong in refused:
        with pytest.raises(ConfigurationError):
            TrustRegistry.from_json({"authorities": [one], "recognizedEntities": wrong})


def test_types_are_those_it_lists() -> None:
    trust = read(mayRecognize={**SCOPE, "credentialTypes": ["Other"]})
    assert trust.settings.authorities[0].credential_types == ("Other",)
