"""An explanation as text, JSON, HTML and FHIR: the same in each, and safe to show."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import settings as of_hypothesis
from hypothesis import strategies as st

from medid.access.check_tree import Branch
from medid.access.consent_types import Obligation
from medid.access.decision import Basis, Finding, Outcome
from medid.access.explain_checks import ANSWERS
from medid.access.explain_html import _COLUMNS
from medid.access.explaining import (
    Explanation,
    PublicAnswer,
    as_html_card,
    as_html_page,
    as_json,
    as_operation_outcome,
    as_text,
    explain,
)
from medid.core.instant import Instant
from medid.core.json import dumps
from medid.core.shown import printable
from medid.errors import codes
from medid.verifying.checks import Result
from tests.access.decisions import (
    ATTACKS,
    decision_of,
    explanations,
    of_the_world,
    permits,
    refusals,
    some,
)
from tests.access.test_verifier_robust import places, with_value, without
from tests.support import examples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SCHEMA = jsonschema.Draft202012Validator(
    json.loads(files("medid.access").joinpath("schemas/explanation.json").read_text())
)
Shown = Explanation | PublicAnswer
FORMS: dict[str, Callable[[Shown], str]] = {
    "text": as_text,
    "json": lambda shown: dumps(as_json(shown)),
    "card": as_html_card,
    "page": as_html_page,
    "fhir": lambda shown: dumps(as_operation_outcome(shown)),
}
AT = Instant.parse("2026-06-15T12:00:00Z")
few = of_hypothesis(max_examples=examples(25))


def refusal(**members: Any) -> Explanation:
    return Explanation(**{"outcome": Outcome.DENY, "at": AT, **members})


def permit(**members: Any) -> Explanation:
    return Explanation(**{"outcome": Outcome.PERMIT, "at": AT, **members})


def finding(code: str = "EXPIRED", about: str = "presentation", **members: Any) -> Any:
    return Finding(code=code, about=about, **members)


# Text.

LINE = re.compile(
    r"(?P<drawn>(?:\|   |    )*(?:\|-- |`-- )?)(?P<check>[a-z-]+)"
    r"(?: (?P<about>.+))?: (?P<answer>yes|NO|could not be checked|not asked)"
    r"(?: \((?P<codes>[A-Z0-9_, ]+)\))?"
)
HEADINGS = {
    "Why",
    "What has to be done",
    "Checks",
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
            presentation="p", evidence="e", trust="t", profile="f", library="0"
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


# JSON.


def test_every_explanation_meets_its_schema() -> None:
    for decision in some()[::2]:
        shown = explain(decision)
        SCHEMA.validate(as_json(shown))
        SCHEMA.validate(as_json(shown.public()))


@few
@given(shown=explanations, data=st.data())
def test_what_was_changed_does_not_meet_the_schema(
    shown: Explanation, data: st.DataObject
) -> None:
    form = shown.public() if data.draw(st.booleans()) else shown
    written: Any = as_json(form)
    SCHEMA.validate(written)
    place = data.draw(st.sampled_from(places(written)))
    assert not SCHEMA.is_valid(with_value(written, place, None))
    if isinstance(place[-1], str):
        more = with_value(written, (*place[:-1], "more"), "x")
        assert not SCHEMA.is_valid(more)
    assert not SCHEMA.is_valid({**written, "more": "x"})
    assert not SCHEMA.is_valid({**written, "decision": not written["decision"]})
    for name in ("decision", "summary"):
        assert not SCHEMA.is_valid(without(written, (name,)))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("outcome",), "maybe"),
        (("outcome",), "permit"),
        (("time",), "soon"),
        (("expires",), "2026-06-15T12:00:00Z"),
        (("obligations",), [{"system": "s", "code": "AUDIT"}]),
        (("reasons", 0, "code"), "expired"),
        (("reasons", 0, "kind"), "good"),
        (("reasons", 0, "found"), ""),
        (("reasons", 0, "about"), "patient"),
        (("checks",), [{"check": "Proof", "result": "pass"}]),
        (("checks",), [{"check": "proof", "result": "ok"}]),
        (("checks",), [{"check": "proof", "result": "pass", "checks": []}]),
        (("furtherCodes",), ["EXPIRED"]),
        (("basis",), {}),
    ],
)
def test_the_schema_is_strict(place: tuple[Any, ...], value: Any) -> None:
    written: Any = as_json(refusal(findings=(finding(),)))
    SCHEMA.validate(written)
    assert not SCHEMA.is_valid(with_value(written, place, value))


def test_the_json_of_a_public_refusal_has_two_members() -> None:
    assert as_json(refusal().public()) == {
        "decision": False,
        "summary": "Access is not permitted.",
    }


def test_the_questions_of_a_license_are_those_of_a_license() -> None:
    leaf = Branch(check="status", result=Result.PASS)
    one = Branch(check="license", result=Result.PASS, children=(leaf,))
    tree = (
        Branch(check="credential", result=Result.PASS, children=(leaf,)),
        Branch(check="license", result=Result.PASS, children=(one,)),
        Branch(check="later", result=Result.PASS),
    )
    written: Any = as_json(refusal(tree=tree))
    credential, licenses, later = written["checks"]
    assert credential["checks"][0]["question"] == "Is it neither revoked nor suspended?"
    assert licenses["question"] != licenses["checks"][0]["question"]
    assert "board" in licenses["checks"][0]["checks"][0]["question"]
    assert "question" not in later


# HTML.

CARD = {
    *("article", "h2", "h3", "p", "ol", "li", "dl", "dt", "dd", "code"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td"),
}
PAGE = CARD | {"html", "head", "meta", "title", "style", "body", "main", "h1"}
VOID = {"meta"}


class Seen(HTMLParser):
    """What a browser would see: elements that are closed in order, and their text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.other: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs)
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_comment(self, data: str) -> None:
        self.other.append(data)

    def handle_decl(self, decl: str) -> None:
        self.other.append(decl)

    handle_pi = unknown_decl = handle_comment

    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}


def card_of(shown: Shown) -> Seen:
    seen = Seen(as_html_card(shown))
    assert seen.tags() <= CARD
    assert seen.other == []
    for tag, attributes in seen.elements:
        allowed = {"article": {"lang", "style"}, "th": {"scope"}}.get(tag, set())
        assert set(attributes) == allowed
    assert all(one.replace("\n", "").isprintable() for one in seen.words)
    return seen


def check_html(shown: Explanation) -> None:
    seen = card_of(shown)
    said = "\n".join(seen.words)
    for text in texts_of(shown):
        assert printable(text) in said
    rows = [tag for tag, _ in seen.elements].count("tr")
    assert rows == (1 + len(list(every(shown.tree))) if shown.tree else 0)


def texts_of(shown: Explanation) -> Iterator[str]:
    """Every text of the decision's own."""
    yield from (it for it in (shown.id,) if it)
    for one in shown.findings:
        yield from (
            it for it in (one.code, one.message, one.path, one.credential) if it
        )
    for duty in shown.obligations:
        yield from (duty.code, duty.system)
    for branch in every(shown.tree):
        yield from (branch.check, *([branch.about] if branch.about else ()))
        yield from branch.codes
    if shown.basis is not None:
        yield from (str(it) for it in shown.basis.as_json().values())


def every(branches: tuple[Branch, ...]) -> Iterator[Branch]:
    for one in branches:
        yield one
        yield from every(one.children)


@few
@given(shown=explanations)
def test_no_text_of_any_decision_becomes_html(shown: Explanation) -> None:
    check_html(shown)
    card_of(shown.public())


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_shown_and_does_nothing(attack: str) -> None:
    shown = permit(
        id=attack,
        findings=(
            finding(attack, attack, message=attack, credential=attack, path=attack),
        ),
        obligations=(Obligation(attack, attack),),
        tree=(Branch(check=attack, result=Result.PASS, about=attack, codes=(attack,)),),
        basis=Basis(
            presentation=attack,
            evidence=attack,
            trust=attack,
            profile=attack,
            library=attack,
        ),
    )
    harmless = permit(
        id="x",
        findings=(finding("x", "x", message="x", credential="x", path="x"),),
        obligations=(Obligation("x", "x"),),
        tree=(Branch(check="x", result=Result.PASS, about="x", codes=("x",)),),
        basis=Basis(
            presentation="x", evidence="x", trust="x", profile="x", library="x"
        ),
    )
    check_html(shown)
    assert Seen(as_html_page(shown)).elements == Seen(as_html_page(harmless)).elements
    assert as_text(shown).count("\n\n") == as_text(harmless).count("\n\n")
    for form in ("text", "card", "page"):
        written = FORMS[form](shown)
        assert all(line.isprintable() for line in written.split("\n"))


def test_a_page_loads_nothing_and_runs_nothing() -> None:
    for decision in of_the_world():
        html = as_html_page(explain(decision))
        seen = Seen(html)
        assert seen.tags() <= PAGE
        assert html.startswith("<!DOCTYPE html>\n")
        assert seen.other == ["DOCTYPE html"]
        policies = [
            str(attributes["content"])
            for tag, attributes in seen.elements
            if tag == "meta" and attributes.get("http-equiv")
        ]
        assert policies == [
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'"
        ]
        for word in ("url(", "@import", "src=", "href=", "<script", "expression("):
            assert word not in html
        assert as_html_card(explain(decision)) in html


def test_a_page_can_be_read_without_colours_and_by_ear() -> None:
    seen = Seen(as_html_page(explain(of_the_world()[0])))
    tags = [tag for tag, _ in seen.elements]
    stated = dict(seen.elements)
    assert stated["html"]["lang"] == stated["article"]["lang"] == "en"
    assert tags.count("h1") == tags.count("h2") == tags.count("main") == 1
    assert tags.index("h1") < tags.index("h2") < tags.index("h3")
    assert tags.count("caption") == tags.count("table") == 1
    scopes = [one["scope"] for tag, one in seen.elements if tag == "th"]
    assert scopes.count("col") == len(_COLUMNS) == 6
    assert scopes.count("row") == len(scopes) - 6 > 20
    style = str(stated["article"]["style"])
    assert "color-scheme: light dark" in style
    # Only the system's own colours: no word for a colour, no number of one.
    assert re.findall(r"(?:background|color): ([^;]+)", style) == [
        "Canvas",
        "CanvasText",
    ]
    assert "#" not in style
    assert {"yes", "not asked"} <= set(seen.words)


# FHIR. https://hl7.org/fhir/R4/valueset-issue-type.html

ISSUE_TYPES = {
    "informational",
    "forbidden",
    "processing",
    "exception",
    "business-rule",
}
SEVERITIES = {"fatal", "error", "warning", "information"}
FHIR_CODE = re.compile(r"[^\s]+(\s[^\s]+)*")


def check_fhir(shown: Shown) -> list[Any]:
    found: Any = as_operation_outcome(shown)
    assert set(found) == {"resourceType", "issue"}
    assert found["resourceType"] == "OperationOutcome"
    assert found["issue"]
    for one in found["issue"]:
        members = {"severity", "code", "details", "diagnostics", "expression"}
        assert {"severity", "code", "details"} <= set(one) <= members
        assert one["severity"] in SEVERITIES
        assert one["code"] in ISSUE_TYPES
        assert one["details"]["text"]
        for coding in one["details"].get("coding", []):
            assert FHIR_CODE.fullmatch(coding["code"])
            assert not re.search(r"\s", coding["system"])
        for text in (one.get("diagnostics", "x"), *one.get("expression", ["x"])):
            assert text
            assert text.isprintable()
    return list(found["issue"])


def test_an_outcome_has_the_answer_first_and_an_issue_for_each_reason() -> None:
    for decision in some():
        issues = check_fhir(explain(decision))
        first = issues[0]["details"]["coding"][0]
        assert first["code"] == decision.outcome.value
        told = [one["details"]["coding"][0] for one in issues[1:]]
        assert [one["code"] for one in told] == [
            *decision.codes,
            *(one.code for one in decision.obligations),
        ]


@few
@given(shown=explanations)
def test_an_outcome_of_any_shape_is_one(shown: Explanation) -> None:
    issues = check_fhir(shown)
    severities = {one["severity"] for one in issues}
    assert shown.permitted is severities.isdisjoint({"fatal", "error"})
    check_fhir(shown.public())


@pytest.mark.parametrize(
    ("code", "about", "severity", "kind"),
    [
        ("LICENSE_OK", "license", "information", "informational"),
        ("LICENSE_EXPIRED", "license", "error", "forbidden"),
        ("CONSENT_INDETERMINATE", "consent", "error", "processing"),
        ("EXPIRED", "presentation", "fatal", "forbidden"),
        ("FETCH_FAILED", "presentation", "fatal", "processing"),
        ("CONFIGURATION_ERROR", "request", "fatal", "exception"),
        ("A_LATER_CODE", "consent", "error", "processing"),
    ],
)
def test_severity_and_type_tell_what_kind_of_no_it_is(
    code: str, about: str, severity: str, kind: str
) -> None:
    shown = refusal(findings=(finding(code, about, path="$.a[0]", credential="c"),))
    issue = check_fhir(shown)[1]
    assert (issue["severity"], issue["code"]) == (severity, kind)
    assert issue["expression"] == ["$.a[0]"]
    assert f"({about} c; " in issue["diagnostics"]
    assert issue["details"]["coding"] == [
        {"system": "https://w3id.org/medid/reasons", "code": code}
    ]
    again = check_fhir(permit(findings=shown.findings))[1]
    assert again["severity"] == ("information" if code == "LICENSE_OK" else "warning")


@pytest.mark.parametrize(
    ("outcome", "severity", "kind"),
    [
        (Outcome.PERMIT, "information", "informational"),
        (Outcome.DENY, "error", "forbidden"),
        (Outcome.NOT_APPLICABLE, "error", "forbidden"),
        (Outcome.INDETERMINATE, "error", "processing"),
    ],
)
def test_the_first_issue_is_the_answer(
    outcome: Outcome, severity: str, kind: str
) -> None:
    issue = check_fhir(refusal(outcome=outcome))[0]
    assert (issue["severity"], issue["code"]) == (severity, kind)


def test_the_public_outcome_says_that_it_is_forbidden_and_nothing_else() -> None:
    assert as_operation_outcome(refusal(findings=(finding(),)).public()) == {
        "resourceType": "OperationOutcome",
        "issue": [
            {
                "severity": "error",
                "code": "forbidden",
                "details": {"text": "Access is not permitted."},
            }
        ],
    }


# In public.


@pytest.mark.parametrize("form", FORMS)
def test_refusals_are_alike_in_public(form: str) -> None:
    refused = [explain(one) for one in some() if not one]
    assert len({one.outcome for one in refused}) == 3
    assert len({FORMS[form](one) for one in refused}) > 20
    assert len({FORMS[form](one.public()) for one in refused}) == 1


@few
@given(one=refusals, other=refusals, permitted=permits)
def test_any_two_refusals_are_alike_in_public(
    one: Explanation, other: Explanation, permitted: Explanation
) -> None:
    assert one.public() == other.public()
    for form in FORMS.values():
        assert form(one.public()) == form(other.public())
        public = form(permitted.public())
        assert public != form(one.public())
        assert public == form(
            permit(
                expires=permitted.expires, obligations=permitted.obligations
            ).public()
        )


def test_a_public_answer_names_no_reason() -> None:
    reasons = {code for one in some() for code in one.codes} | set(codes())
    for one in of_the_world():
        public = explain(one).public()
        for form in FORMS.values():
            written = form(public)
            assert not any(code in written for code in reasons)


# Whatever can be decided can be explained.


def test_every_decision_is_explained_in_every_form() -> None:
    for decision in some():
        shown = explain(decision)
        assert shown.permitted is decision.permitted
        for form in FORMS.values():
            assert decision.outcome.value in form(shown)


@few
@given(shown=explanations)
def test_a_decision_of_any_shape_is_explained(shown: Explanation) -> None:
    assert explain(decision_of(shown)) == shown
    for form in FORMS.values():
        assert form(shown)
