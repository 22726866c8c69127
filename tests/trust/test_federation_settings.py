"""Federations of a trust file: read strictly, and never as more than they say."""

from __future__ import annotations

from typing import Any

import pytest

from medid.errors import ConfigurationError
from medid.trust import TrustRegistry
from tests.trust.federations import ANCHOR, TYPE, anchor

MEANING: dict[str, Any] = {
    "type": TYPE,
    "credentialTypes": ["PractitionerLicenseCredential"],
    "jurisdictions": ["US-OH"],
    "professions": ["163W00000X"],
}
UNUSABLE = {"keys": [{"kty": "XX", "kid": "1"}]}


def meanings(count: int) -> list[Any]:
    return [{**MEANING, "type": f"https://mark-{one}.example"} for one in range(count)]


def entry(**members: Any) -> dict[str, Any]:
    return {
        "anchor": ANCHOR,
        "jwks": anchor.jwks,
        "trustMarks": [MEANING],
        **members,
    }


def read(*entries: Any) -> TrustRegistry:
    return TrustRegistry.from_json({"federations": list(entries)})


def test_a_federation_is_enough_for_a_trust_file() -> None:
    [found] = read(entry()).settings.federations
    assert found.anchor.entity == ANCHOR
    assert found.entity_type == "openid_credential_issuer"
    assert found.meaning(TYPE) is found.meanings[0]
    assert found.meaning("https://x.example") is None


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"anchor": "https://127.0.0.1"}, "$.federations[0].anchor"),
        ({"jwks": UNUSABLE}, "$.federations[0].jwks"),
        ({"jwks": {"keys": []}}, "$.federations[0].jwks.keys"),
        ({"entityType": ""}, "$.federations[0].entityType"),
        ({"trustMarks": []}, "$.federations[0].trustMarks"),
        ({"trustMarks": [MEANING] * 2}, "$.federations[0].trustMarks"),
        ({"trustMarks": meanings(65)}, "$.federations[0].trustMarks"),
        (
            {"trustMarks": [{**MEANING, "professions": []}]},
            "$.federations[0].trustMarks[0].professions",
        ),
        (
            {"trustMarks": [{**MEANING, "jurisdictions": []}]},
            "$.federations[0].trustMarks[0].jurisdictions",
        ),
        (
            {"trustMarks": [{**MEANING, "credentialTypes": []}]},
            "$.federations[0].trustMarks[0].credentialTypes",
        ),
        ({"intermediates": [ANCHOR] * 9}, "$.federations[0].intermediates"),
        ({"intermediates": ["x"]}, "$.federations[0].intermediates[0]"),
        ({"trustMark": []}, "$.federations[0].trustMark"),
    ],
)
def test_what_is_not_of_its_form_is_refused(members: Any, path: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(entry(**members))
    assert caught.value.path == path


def test_too_many_and_twice_the_same_are_refused() -> None:
    several = [entry(anchor=f"https://anchor-{one}.example") for one in range(5)]
    for entries, message in ((several[:1] * 2, "the same"), (several, "more than")):
        with pytest.raises(ConfigurationError, match=message):
            read(*entries)
    assert len(read(*several[:-1]).settings.federations) == 4


def test_as_many_as_are_allowed_are_read() -> None:
    hosts = [f"https://between-{one}.example" for one in range(8)]
    most = entry(trustMarks=meanings(64), intermediates=hosts)
    [found] = read(most).settings.federations
    assert (len(found.meanings), len(found.intermediates)) == (64, 8)
