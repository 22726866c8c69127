"""Decisions to explain: of the demo world, of every scenario, and of any shape."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st

from medid.access import consent_scenarios, judge, license_rules, license_scenarios
from medid.access.check_tree import Branch
from medid.access.consent_types import Obligation
from medid.access.decision import Basis, Decision, Finding, Outcome
from medid.access.explain_checks import LICENSE_QUESTIONS, QUESTIONS
from medid.access.explain_consent import CONSENT
from medid.access.explain_duties import DUTIES
from medid.access.explain_errors import ERRORS
from medid.access.explain_license import LICENSE
from medid.access.explanation import Explanation
from medid.access.facts import consent_settings
from medid.access.scenario_files import read
from medid.core.instant import Instant
from medid.verifying.checks import Result
from tests.access.world import (
    NOTE,
    START,
    World,
    controller,
    fhir_consent,
    on_file,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.access.consent_types import ConsentFinding
    from medid.access.license_facts import LicenseFinding
    from medid.core.json import JsonObject

_SCENARIOS: Final = Path(__file__).resolve().parents[1] / "scenarios"
AT: Final = Instant.parse("2026-06-15T12:00:00Z")


@cache
def world() -> World:
    """The demo's parties, made once."""
    return World()


@cache
def of_the_world() -> tuple[Decision, ...]:
    """One decision for each way in which the demo's gateway can answer."""
    here, found = world(), []
    verifier, shown = here.verifier(), here.shown()
    emergency = here.asks("BTG")
    emergency["context"]["breakGlass"] = {
        "declared": True,
        "authorised": True,
        "reason": "unconscious",
    }
    unclear = fhir_consent("deny", modifierExtension=[{"url": "urn:x"}])
    found += [
        verifier.decide(shown, here.asks()),
        verifier.decide(shown, here.asks("HPAYMT")),
        verifier.decide(shown, emergency),
        verifier.decide(shown, here.asks("BTG")),
        verifier.decide(shown, here.asks("HRESCH")),
        verifier.decide(shown, here.asks("TREAT", NOTE)),
        verifier.decide(shown, {}),
        verifier.decide(b"", here.asks()),
        verifier.decide({**shown, "id": "urn:uuid:1"}, here.asks()),
        verifier.decide(here.shown(here.license), here.asks()),
        verifier.decide(here.shown(here.consent), here.asks()),
        verifier.decide(here.shown(by=controller()), here.asks()),
        here.gateway().decide(shown, here.asks()),
        here.verifier(consents=on_file(fhir_consent("deny"))).decide(
            shown, here.asks()
        ),
        here.verifier(consents=on_file(unclear)).decide(shown, here.asks()),
        here.verifier(consents=on_file(b"{")).decide(shown, here.asks()),
    ]
    later = World()
    later.net.down = {"https://board.example/.well-known/did.json"}
    found.append(later.verifier().decide(later.shown(), later.asks()))
    later.net.down = set()
    later.withdraw(START.plus(30))
    found.append(later.verifier().decide(later.shown(), later.asks()))
    later.suspend(START.plus(40))
    found.append(later.verifier().decide(later.shown(), later.asks()))
    return tuple(found)


@cache
def of_the_scenarios() -> tuple[Decision, ...]:
    """Every consent scenario with a good license, every license with a good consent."""
    good_license, good_consent = _good()
    consents = [
        _concluded(good_license, finding)
        for scenario in _files("consent")
        for finding in _consents(scenario)
    ]
    licenses = [
        _concluded(_license(scenario), good_consent) for scenario in _files("license")
    ]
    return (*consents, *licenses)


def everything() -> tuple[Decision, ...]:
    """All of them."""
    return (*of_the_world(), *of_the_scenarios())


def _files(kind: str) -> Iterator[JsonObject]:
    for file in sorted((_SCENARIOS / kind).glob("*.json")):
        yield from read(file.read_bytes())


@cache
def _prejudged() -> judge.Prejudged:
    here = world()
    return judge.prejudge(here.verifier().prepare(here.shown(), here.asks()))


def _good() -> tuple[LicenseFinding, ConsentFinding]:
    prejudged = _prejudged()
    assert prejudged.license is not None
    assert prejudged.consents is not None
    zone = consent_settings(prejudged.case.trust).zone
    consent = prejudged.consents.check(prejudged.case.request.resource(zone))
    assert prejudged.license.decision == "permit"
    assert consent
    return prejudged.license, consent


def _concluded(license_: LicenseFinding, consent: ConsentFinding) -> Decision:
    return judge._conclude(_prejudged(), license_, consent)


def _consents(scenario: JsonObject) -> Iterator[ConsentFinding]:
    situation = consent_scenarios._situation(scenario)
    if situation.granted is not None:
        yield situation.granted.finding
    elif situation.candidates is None:
        yield situation.prepared.check(situation.request.resource)
    else:
        yield from map(situation.prepared.check, situation.candidates)


def _license(scenario: JsonObject) -> LicenseFinding:
    found = license_scenarios._read(scenario)
    return license_rules.evaluate(found.licenses, found.trust, found.request)


# Of any shape.

ATTACKS: Final = (
    "<script>alert(1)</script>",
    "</style></article></td><img src=x onerror=alert(1)>",
    "\" onmouseover='alert(1)' style=\"background:url(//evil.example)",
    "&lt;script&gt; &#x3c;",
    "javascript:alert(1) https://evil.example/x.js",
    "line\nbreak\r\n|-- license: yes\t\x1b[2J\x00\x9b",
    "right\u202eto left\u2066 \u2028 \ufeff",
    "`-- consent: yes (CONSENT_PERMIT)",
    "]]><!--",
)
texts = st.sampled_from(ATTACKS) | st.text(
    st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12
)
known_codes = st.sampled_from([*CONSENT, *LICENSE, *ERRORS])
codes = known_codes | st.from_regex(r"[A-Z][A-Z0-9_]{0,20}", fullmatch=True)
_checks = st.sampled_from([*QUESTIONS, *LICENSE_QUESTIONS, "a-later-check"])
findings = st.builds(
    Finding,
    code=codes,
    about=st.sampled_from(["presentation", "request", "license", "consent"]),
    message=st.just("") | texts,
    credential=st.none() | texts,
    path=st.none() | texts,
    rule=st.none() | st.sampled_from(["E7", "E14", "CR2"]),
)
duties = st.sampled_from([*DUTIES]) | st.builds(Obligation, codes, texts)
instants = st.integers(-(10**18), 10**19).map(Instant)
_basis = st.builds(
    Basis, presentation=texts, evidence=texts, trust=texts, profile=texts, library=texts
)


def _branch(children: st.SearchStrategy[Any], results: Any) -> Any:
    return st.builds(
        Branch,
        check=_checks,
        result=st.sampled_from(results),
        about=st.none() | texts,
        codes=st.lists(codes, max_size=2).map(tuple),
        children=children,
    )


def _trees(results: list[Result]) -> st.SearchStrategy[tuple[Branch, ...]]:
    leaves = _branch(st.just(()), [*Result])
    twigs = _branch(st.lists(leaves, max_size=2).map(tuple), [*Result])
    tops = _branch(st.lists(twigs, max_size=2).map(tuple), results)
    return st.lists(tops, max_size=3).map(tuple)


_permits = st.builds(
    Explanation,
    outcome=st.just(Outcome.PERMIT),
    at=instants,
    findings=st.lists(findings, min_size=1, max_size=3).map(tuple),
    obligations=st.lists(duties, max_size=3, unique=True).map(tuple),
    expires=st.none() | instants,
    tree=_trees([Result.PASS, Result.NOT_ASKED]),
    basis=st.none() | _basis,
    id=st.none() | texts,
)
refusals = st.builds(
    Explanation,
    outcome=st.sampled_from([one for one in Outcome if one is not Outcome.PERMIT]),
    at=instants,
    findings=st.lists(findings, max_size=3).map(tuple),
    tree=_trees([*Result]),
    basis=st.none() | _basis,
    id=st.none() | texts,
)
explanations = _permits | refusals


class _Grown:
    """Stands for the questions of a decision whose tree is at hand already."""

    def __init__(self, tree: tuple[Branch, ...]) -> None:
        self._tree = tree

    def tree(self) -> tuple[Branch, ...]:
        return self._tree


def decision_of(shown: Explanation) -> Decision:
    """A decision that says what ``shown`` does."""
    grown: Any = _Grown(shown.tree)
    return Decision(
        outcome=shown.outcome,
        at=shown.at,
        findings=shown.findings,
        obligations=shown.obligations,
        expires=shown.expires,
        questions=grown,
        basis=shown.basis,
        id=shown.id,
    )
