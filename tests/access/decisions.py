"""Decisions to explain: of the demo world, of every scenario, and of any shape."""

from __future__ import annotations

import os
import random
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
from medid.core.instant import Instant, Window
from medid.trust import ToldChain, ToldLink, ToldMark
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
# The first reading of the rules yields every code; a soak takes the second one, too.
_SECOND: Final = "second-reading"
_SOAK: Final = bool(os.environ.get("MEDID_SOAK"))


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


def some() -> tuple[Decision, ...]:
    """A part of them, of every kind; in a soak, all."""
    step = 1 if _SOAK else 16
    return (*of_the_world(), *of_the_scenarios()[::step])


def _files(kind: str) -> Iterator[JsonObject]:
    for file in sorted((_SCENARIOS / kind).glob("*.json")):
        if _SOAK or not file.name.startswith(_SECOND):
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
SYSTEMS: Final = ("urn:other", "https://x.example/\"'><b>&amp;")
_ALPHABET: Final = "aZ9 .:/#<>&'\"\\$[]{}()|-`\t\n\x7f\xe4\u2603\u202e\U0001f469\ue000"
_CODES: Final = (*CONSENT, *LICENSE, *ERRORS, "A_LATER_CODE", "X")
_CHECKS: Final = (*QUESTIONS, *LICENSE_QUESTIONS, "a-later-check")
_ABOUT: Final = ("presentation", "request", "license", "consent")
_GOOD: Final = (Result.PASS, Result.NOT_ASKED)
_REFUSALS: Final = tuple(one for one in Outcome if one is not Outcome.PERMIT)


class _Maker:
    """Makes explanations of any shape from one seed, fifty times as fast as drawing."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def _pick(self, items: Any) -> Any:
        return self._random.choice(items)

    def _many(self, make: Any, least: int = 0, most: int = 3) -> tuple[Any, ...]:
        return tuple(make() for _ in range(self._random.randint(least, most)))

    def text(self) -> str:
        if self._random.randrange(2):
            return str(self._pick(ATTACKS))
        length = self._random.randint(1, 12)
        return "".join(self._random.choices(_ALPHABET, k=length))

    def perhaps(self, make: Any) -> Any:
        return make() if self._random.randrange(3) else None

    def instant(self) -> Instant:
        return Instant(self._random.randint(-(10**18), 10**19))

    def finding(self) -> Finding:
        return Finding(
            code=self._pick(_CODES),
            about=self._pick(_ABOUT),
            message=self.perhaps(self.text) or "",
            credential=self.perhaps(self.text),
            path=self.perhaps(self.text),
            rule=self._pick([None, "E7", "CR2"]),
        )

    def duty(self) -> Obligation:
        odd = Obligation(self._pick(_CODES), self._pick(SYSTEMS))
        return self._pick([*DUTIES, odd]) if self._random.randrange(2) else odd

    def window(self) -> Window:
        return Window(self.perhaps(self.instant), self.perhaps(self.instant))

    def chain(self) -> ToldChain:
        mark = ToldMark(
            type=self.text(),
            issuer=self.text(),
            digest="0a" * 32,
            window=self.window(),
        )
        told = self.perhaps(lambda: mark)
        return ToldChain(
            authority=self.text(),
            links=self._many(self.link, least=int(told is None)),
            mark=told,
            credential_types=self._many(self.text, least=1),
            jurisdictions=self._many(self.text, least=1),
            professions=self._many(self.text, least=1),
            window=self.window(),
        )

    def link(self) -> ToldLink:
        return ToldLink(
            entity=self.text(),
            recognized_by=self.text(),
            digest="b1" * 32,
            url=self.perhaps(self.text),
            window=self.window(),
        )

    def branch(self, depth: int, results: Any = tuple(Result)) -> Branch:
        most = 2 if depth else 0
        return Branch(
            check=self._pick(_CHECKS),
            result=self._pick(results),
            about=self.perhaps(self.text),
            codes=self._many(lambda: self._pick(_CODES), most=2),
            chains=self._many(self.chain, most=1),
            children=self._many(lambda: self.branch(depth - 1), most=most),
        )

    def basis(self) -> Basis:
        return Basis(
            presentation=self.text(),
            evidence=self.text(),
            trust=self.text(),
            profile=self.text(),
            library=self.text(),
            policy=self.perhaps(self.text),
            overlays=self._many(self.text, most=2),
            visas=self._many(self.text, most=2),
        )

    def explanation(self, *, permits: bool) -> Explanation:
        results = _GOOD if permits else tuple(Result)
        return Explanation(
            outcome=Outcome.PERMIT if permits else self._pick(_REFUSALS),
            at=self.instant(),
            findings=self._many(self.finding, least=int(permits)),
            obligations=self._many(self.duty) if permits else (),
            expires=self.perhaps(self.instant) if permits else None,
            tree=self._many(lambda: self.branch(2, results)),
            basis=self.perhaps(self.basis),
            id=self.perhaps(self.text),
        )


_seeds = st.integers(0, 2**32)
permits = _seeds.map(lambda seed: _Maker(seed).explanation(permits=True))
refusals = _seeds.map(lambda seed: _Maker(seed).explanation(permits=False))
explanations = permits | refusals


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
