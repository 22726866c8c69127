"""Type metadata: at hand it decides, pinned it is needed, otherwise it is told."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from medid.credentials.digests import sri
from medid.errors import EvidenceUnavailable, FetchBlocked, FetchFailed
from medid.issuing import issue_sd_jwt, present_sd_jwt
from medid.securing.sd_jwt.type_metadata import MAX_TYPES
from medid.verifying import type_metadata
from medid.verifying.verifier import Verifier
from tests.verifying import world
from tests.verifying.world import (
    BOARD,
    MADE,
    NOW,
    VCT,
    check,
    codes,
    refuse_clock,
    registry,
    results,
    verified,
)

BASE: Final = "https://credentials.example/base"
URN: Final = "urn:example:license"


def metadata(vct: str = VCT, *rules: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"vct": vct, "claims": list(rules), **members}


def given_name(**members: Any) -> dict[str, Any]:
    return {"path": ["given_name"], **members}


def issued(*disclosable: str, **claims: Any) -> str:
    payload = {"vct": VCT, "given_name": "Ada", "family_name": "Byron", **claims}
    return issue_sd_jwt(payload, BOARD, disclosable=disclosable, at=MADE)


def content(document: dict[str, Any]) -> bytes:
    return json.dumps(document).encode()


PLAIN: Final = issued()
HIDDEN: Final = issued("/given_name")


def test_at_hand_it_decides() -> None:
    rules = metadata(VCT, given_name(sd="always", mandatory=True))
    answer = verified(HIDDEN, known={VCT: rules})
    assert answer
    assert results(answer, "schema") == ["pass"]
    refused = verified(PLAIN, known={VCT: rules})
    assert codes(refused) == [("schema", "SCHEMA_VALIDATION_ERROR", "$.given_name")]
    assert refused.outcome == "refused"


def test_what_the_holder_withholds_is_not_missing() -> None:
    shown = present_sd_jwt(HIDDEN, None, disclose=[], nonce=None, audience=None)
    demanded = metadata(VCT, given_name(mandatory=True))
    assert verified(shown, known={VCT: demanded})
    never = metadata(VCT, given_name(mandatory=True, sd="never"))
    assert not verified(shown, known={VCT: never})


def test_a_type_that_nobody_looked_for_is_not_asked() -> None:
    for known in ({}, {VCT: EvidenceUnavailable("x")}, {BASE: metadata(BASE)}):
        answer = verified(PLAIN, known=known)
        assert answer
        assert results(answer, "schema") == ["not-asked"]


@pytest.mark.parametrize("error", [FetchFailed("x"), FetchBlocked("x")])
def test_where_it_cannot_be_had_the_reader_is_told(error: Any) -> None:
    answer = verified(PLAIN, known={VCT: error})
    assert answer
    [found] = check(answer, "schema")
    assert (found.code, found.path, found.advisory) == (
        "EVIDENCE_UNAVAILABLE",
        "$.vct",
        True,
    )
    assert any("$.vct" in warning for warning in answer.warnings)


@pytest.mark.parametrize(
    "page",
    [
        metadata(BASE),
        metadata(VCT, {"path": []}),
        metadata(VCT, given_name(sd="sometimes")),
        b"<html>",
        b"[]",
        b"",
    ],
)
def test_what_is_no_metadata_of_this_type(page: Any) -> None:
    answer = verified(PLAIN, known={VCT: page})
    assert answer.outcome == "refused"
    [(name, _, path)] = codes(answer)
    assert (name, path[:5]) == ("schema", "$.vct")


# Pinned

RULES: Final = content(metadata(VCT, given_name(sd="never")))


def test_pinned_metadata_has_its_digest() -> None:
    pinned = issued(**{"vct#integrity": sri(RULES, "sha256")})
    answer = verified(pinned, known={VCT: RULES})
    assert answer
    assert results(answer, "schema") == ["pass"]
    other = verified(pinned, known={VCT: RULES + b" "})
    assert codes(other) == [("schema", "MALFORMED_VALUE_ERROR", "$.vct")]


@pytest.mark.parametrize(
    "known", [{}, {VCT: FetchFailed("x")}, {VCT: EvidenceUnavailable("x")}]
)
def test_nothing_is_decided_without_what_the_issuer_pinned(known: Any) -> None:
    pinned = issued(**{"vct#integrity": sri(RULES, "sha256")})
    answer = verified(pinned, known=known)
    assert answer.outcome == "undecided"
    assert codes(answer) == [("schema", "EVIDENCE_UNAVAILABLE", "$.vct")]
    assert answer.warnings == verified(PLAIN).warnings


# Types that extend one another


def test_rules_are_inherited() -> None:
    chain = {
        VCT: metadata(VCT, extends=BASE),
        BASE: metadata(BASE, given_name(sd="always"), extends=URN),
        URN: metadata(URN, {"path": ["family_name"], "mandatory": True}),
    }
    assert verified(HIDDEN, known=chain)
    assert codes(verified(PLAIN, known=chain)) == [
        ("schema", "SCHEMA_VALIDATION_ERROR", "$.given_name")
    ]
    without = issued("/given_name", family_name="x")
    assert verified(without, known=chain)


def test_a_type_does_not_take_back_what_it_inherits() -> None:
    chain = {
        VCT: metadata(VCT, given_name(sd="always"), extends=BASE),
        BASE: metadata(BASE, given_name(sd="never")),
    }
    answer = verified(PLAIN, known=chain)
    assert codes(answer) == [("schema", "MALFORMED_VALUE_ERROR", "$.vct.given_name")]


def test_an_extended_type_may_be_pinned() -> None:
    base = content(metadata(BASE, given_name(sd="never")))
    pin = {"extends": BASE, "extends#integrity": sri(base, "sha512")}
    assert verified(PLAIN, known={VCT: metadata(**pin), BASE: base})
    answer = verified(PLAIN, known={VCT: metadata(**pin), BASE: base + b"\n"})
    assert codes(answer) == [("schema", "MALFORMED_VALUE_ERROR", "$.vct")]


def test_an_extended_type_that_cannot_be_had() -> None:
    known = {VCT: metadata(extends=BASE)}
    answer = verified(PLAIN, known=known)
    assert answer
    assert results(answer, "schema") == ["unknown"]
    page = content(known[VCT])
    pinned = issued(**{"vct#integrity": sri(page)})
    assert verified(pinned, known={VCT: page}).outcome == "undecided"


@pytest.mark.parametrize("last", [VCT, BASE])
def test_types_in_a_circle(last: str) -> None:
    known = {
        VCT: metadata(VCT, extends=BASE),
        BASE: metadata(BASE, extends=last),
    }
    answer = verified(PLAIN, known=known)
    assert codes(answer) == [("schema", "MALFORMED_VALUE_ERROR", "$.vct")]


def chain(length: int) -> dict[str, Any]:
    """A chain of so many types, of which the last extends nothing."""
    urls = [VCT, *(f"{BASE}/{number}" for number in range(1, length))]
    return {
        url: metadata(url, **({"extends": after} if after else {}))
        for url, after in zip(urls, [*urls[1:], None], strict=True)
    }


def test_a_chain_is_bounded() -> None:
    assert verified(PLAIN, known=chain(MAX_TYPES))
    answer = verified(PLAIN, known=chain(MAX_TYPES + 1))
    assert codes(answer) == [("schema", "TOO_LARGE", "$.vct")]


# Fetching


def asked(text: str, pages: dict[str, Any]) -> list[list[str]]:
    web = world.Web(pages)
    Verifier(fetch=web, clock=refuse_clock).verify(text, at=NOW)
    return web.batches


def test_of_a_chain_or_a_circle_each_type_is_needed_once_and_no_more() -> None:
    def needed(pages: dict[str, Any]) -> list[str]:
        claims: dict[str, Any] = {"vct": VCT}
        known = world.evidence(pages)
        return [one.url for one in type_metadata.needs(claims, known)]

    assert needed(
        {VCT: metadata(VCT, extends=BASE), BASE: metadata(BASE, extends=VCT)}
    ) == [VCT, BASE]
    long = chain(MAX_TYPES + 2)
    assert needed(long) == list(long)[:MAX_TYPES]


def test_types_are_fetched_one_round_after_the_other() -> None:
    pages = chain(5)
    urls = list(pages)
    assert asked(PLAIN, pages) == [[one] for one in urls[:4]]
    assert asked(PLAIN, {VCT: metadata(BASE, extends=URN)}) == [[VCT]]
    assert asked(PLAIN, {VCT: metadata(extends=VCT)}) == [[VCT]]
    assert asked(PLAIN, {VCT: metadata(extends=URN)}) == [[VCT]]


@pytest.mark.parametrize(
    "vct", [URN, "License", "http://credentials.example/license", f"{VCT}#part"]
)
def test_what_is_no_place_on_the_web_is_not_fetched(vct: str) -> None:
    text = issued(vct=vct)
    assert asked(text, {}) == []
    assert results(verified(text), "schema") == ["not-asked"]
    rules = metadata(vct, given_name(sd="always"))
    assert not verified(text, known={vct: rules})


def test_nothing_is_fetched_for_the_type_of_an_unknown_issuer() -> None:
    web = world.Web({VCT: metadata()})
    trust = registry(world.STRANGER)
    Verifier(fetch=web, clock=refuse_clock, trust=trust).verify(PLAIN, at=NOW)
    assert web.asked == []


# Further types


def test_a_further_type_answers_a_demand_and_needs_authority_as_well() -> None:
    text = issued(aka_vcts=[URN])
    assert verified(text, vct=VCT)
    assert verified(text, vct=URN)
    assert not verified(text, vct=BASE)
    both = registry(BOARD, credentialTypes=[VCT, URN])
    assert verified(text, trust=both)
    answer = verified(text, trust=registry(BOARD, credentialTypes=[VCT]))
    assert codes(answer) == [("trust", "ISSUER_NOT_AUTHORIZED_FOR_TYPE", "$.iss")]
