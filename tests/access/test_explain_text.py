"""An explanation as text: what the JSON says, for a person at a terminal."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given

from medid.access.check_tree import Branch
from medid.access.consent_types import Obligation
from medid.access.decision import Basis
from medid.access.explain_checks import ANSWERS
from medid.access.explaining import (
    Explanation,
    as_json,
    as_text,
    explain,
)
from medid.core.shown import printable
from medid.verifying.checks import Result
from tests.access.decisions import (
    explanations,
    some,
)
from tests.access.explained import AT, few, finding, permit, refusal

LINE = re.compile(
    r"(?P<drawn>(?:\|   |    )*(?:\|-- |`-- )?)(?P<check>[a-z-]+)"
    r"(?: (?P<about>.+))?: (?P<answer>yes|NO|could not be checked|not asked)"
    r"(?: \((?P<codes>[A-Z0-9_, ]+)\))?"
)
HEADINGS = {
    "Why",
    "What has to be done",
    "Checks",
    "Believed on the word of others",
    "Other codes in the checks",
    "Stands on",
}


def parts(text: str) -> dict[str, list[str]]:
    """The lines below each heading."""
    found: dict[str, list[str]] = {}
    for block in text.split("\n\n")[1:]:
        title, *lines = block.split("\n")
        assert title in HEADINGS
        assert title not in found
        found[title] = lines
    return found


def tree_of(lines: list[str]) -> list[Any]:
    """The tree that the lines draw, as JSON has it."""
    results = {answer: result.value for result, answer in ANSWERS.items()}
    tops: list[Any] = []
    open_branches: list[list[Any]] = [tops]
    for line in lines:
        match = LINE.fullmatch(line)
        assert match, line
        depth = len(match["drawn"]) // 4
        found: dict[str, Any] = {
            "check": match["check"],
            "result": results[match["answer"]],
        }
        if match["about"]:
            found["about"] = match["about"]
        if match["codes"]:
            found["codes"] = match["codes"].split(", ")
        found["checks"] = []
        open_branches[depth].append(found)
        open_branches[depth + 1 :] = [found["checks"]]
    return tops


def plain(checks: list[Any]) -> list[Any]:
    """The tree of the JSON, as a terminal can show it."""
    return [
        {
            "check": one["check"],
            "result": one["result"],
            **({"about": printable(one["about"])} if "about" in one else {}),
            **({"codes": one["codes"]} if "codes" in one else {}),
            "checks": plain(one.get("checks", [])),
        }
        for one in checks
    ]


def check_text(shown: Explanation) -> None:
    text = as_text(shown)
    assert all(line.isprintable() for line in text.split("\n"))
    found = parts(text)
    written: Any = as_json(shown)
    assert tree_of(found.get("Checks", [])) == plain(written["checks"])
    numbers = [one for one in found.get("Why", []) if re.match(r" *[0-9]+\. ", one)]
    assert [one.split()[1] for one in numbers] == [
        one["code"] for one in written["reasons"]
    ]
    flat = " ".join(" ".join(found.get("Why", [])).split())
    for one in written["reasons"]:
        assert one["found"] in flat
        assert one.get("change", "") in flat
    told = " ".join(" ".join(found.get("Believed on the word of others", [])).split())
    for chain in shown.chains:
        for sentence in chain.sentences():
            assert " ".join(printable(sentence).split()) in told


def test_the_text_says_what_the_json_says() -> None:
    for decision in some():
        check_text(explain(decision))


@few
@given(shown=explanations)
def test_the_text_of_any_decision_says_what_its_json_says(shown: Explanation) -> None:
    check_text(shown)


def test_a_refusal_is_told_as_a_person_would_read_it() -> None:
    tree = (
        Branch(
            check="license",
            result=Result.FAIL,
            about="urn:uuid:1",
            codes=("LICENSE_EXPIRED",),
            children=(
                Branch(check="proof", result=Result.PASS),
                Branch(
                    check="dates", result=Result.FAIL, codes=("LICENSE_EXPIRED", "X")
                ),
                Branch(check="place", result=Result.UNKNOWN),
            ),
        ),
        Branch(check="consent", result=Result.NOT_ASKED),
    )
    shown = refusal(
        findings=(
            finding("LICENSE_EXPIRED", "license", credential="urn:uuid:1"),
            finding(
                "CONSENT_DENY",
                "consent",
                credential="urn:uuid:2",
                path="provision",
                rule="E7",
                message="a rule of the consent denies",
            ),
        ),
        tree=tree,
        id="urn:uuid:9",
        basis=Basis(
            presentation="p",
            evidence="e",
            trust="t",
            profile="f",
            library="0",
            overlays=("US-42CFR2 2024.1", "a\nb"),
        ),
    )
    assert (
        as_text(shown)
        == """\
deny: Access is not permitted: a check ran, and its answer is no.
As of 2026-06-15T12:00:00Z.
Decision urn:uuid:9.

Why
  1. LICENSE_EXPIRED (license urn:uuid:1)
     Found: The license has expired.
     Rule: license check dates, docs/reasons.md#license-check-dates
     To change it: The board would have to renew the license.
  2. CONSENT_DENY (consent urn:uuid:2)
     At: provision
     Found: The most specific rule of the consent that matches the request
       denies it.
     Rule: E7, docs/explanation/consent-profile.md#what-a-consent-says
     To change it: The patient would have to change or withdraw this consent; a
       second consent that permits does not outweigh it.
     In detail: a rule of the consent denies

Checks
license urn:uuid:1: NO (LICENSE_EXPIRED)
|-- proof: yes
|-- dates: NO (LICENSE_EXPIRED, X)
`-- place: could not be checked
consent: not asked

Other codes in the checks
  1. X
     Found: The decision gives a reason that this version has no words for.
     Rule: docs/errors.md
     To change it: The decision would have to be explained by the version that
       made it.

Stands on
  presentation: p
  evidence: e
  trust: t
  overlays: US-42CFR2 2024.1, a?b
  profile: f
  library: 0"""
    )


def test_a_permit_tells_its_end_and_its_duties() -> None:
    shown = permit(
        findings=(finding("LICENSE_OK", "license"),),
        expires=AT.plus(300),
        obligations=(Obligation("MINEC"),),
    )
    text = as_text(shown)
    assert "Ask again from 2026-06-15T12:05:00Z." in text
    assert "MINEC (http://terminology.hl7.org/CodeSystem/v3-ActCode)" in text
    assert "To change it: The license would have to fail a check" in text
    assert (
        as_text(shown.public())
        == """\
Access is permitted.
Ask again from 2026-06-15T12:05:00Z.
  1. MINEC (http://terminology.hl7.org/CodeSystem/v3-ActCode): Disclose only the
     minimum that is necessary for the purpose."""
    )
