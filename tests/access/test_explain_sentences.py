"""Every code that a decision can carry has a sentence, and the sentence a rule."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import medid
from medid.access.consent_standing import IN_FORCE
from medid.access.consent_types import PROFILE_URI, Obligation
from medid.access.explain_checks import LICENSE_QUESTIONS, QUESTIONS, question
from medid.access.explain_consent import CONSENT
from medid.access.explain_duties import DUTIES
from medid.access.explain_edge import EDGE
from medid.access.explain_errors import ERRORS
from medid.access.explain_license import LICENSE, STATUS_PREFIX
from medid.access.explain_sentences import UNKNOWN, UNKNOWN_DUTY, duty, sentence, told
from medid.access.explain_words import Kind
from medid.access.license_checks import CHECKS
from medid.access.overlays.found import OWN
from medid.errors import Misuse, Unchecked, codes
from medid.health.codes import OBO
from medid.health.words import STATUSES
from tests.access.decisions import everything, of_the_scenarios
from tests.support import each
from tools import reason_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.access.check_tree import Branch

SOURCE = Path(medid.__file__).parent
DOCS = Path(__file__).resolve().parents[2] / "docs"
TABLES = {"consent": CONSENT, "license": LICENSE, "edge": EDGE, "errors": ERRORS}
KNOWN = {code for table in TABLES.values() for code in table}
DUTY_CODES = {obligation.code for obligation in DUTIES}
CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")

# The rules, without the sentences about them, and what no decision carries: the codes
# of claims and of cohorts.
MODULES = {
    path.stem: ast.parse(path.read_text("utf-8"))
    for path in sorted((SOURCE / "access").rglob("*.py"))
    if not path.stem.startswith(("expla", "claim", "cohort"))
}


@cache
def nodes(prefix: str = "") -> list[ast.AST]:
    return [
        node
        for name, module in MODULES.items()
        if name.startswith(prefix)
        for node in ast.walk(module)
    ]


def text(node: ast.AST | None) -> str | None:
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) else None


@cache
def constants() -> dict[str, str]:
    """The names that the modules give to texts."""
    found = {}
    for node in nodes():
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            value = text(node.value)
            if value is not None:
                found[node.target.id] = value
    return found


def named(node: ast.AST | None) -> str | None:
    """The text that an expression is, also by the name of a constant."""
    if isinstance(node, ast.Name):
        return constants().get(node.id)
    return text(node)


def calls(*names: str) -> Iterator[ast.Call]:
    for node in nodes():
        if isinstance(node, ast.Call):
            called = getattr(node.func, "id", getattr(node.func, "attr", None))
            if called in names:
                yield node


def argument(call: ast.Call, position: int, name: str) -> ast.AST | None:
    stated = [one.value for one in call.keywords if one.arg == name]
    return stated[0] if stated else [*call.args, *[None] * 9][position]


def yielded() -> Iterator[ast.AST]:
    for node in nodes("license_"):
        if isinstance(node, ast.Yield) and node.value is not None:
            yield node.value


# Which codes there are.


def test_every_error_has_a_sentence_and_no_other() -> None:
    assert set(ERRORS) == {
        code for code, kind in codes().items() if kind.__module__ == "medid.errors"
    }


def test_every_code_that_the_rules_name_has_a_sentence() -> None:
    """Whoever adds a code to the rules adds a sentence, or this fails."""
    named_ones = {
        value for node in nodes() if CODE.fullmatch(value := text(node) or "")
    }
    assert {"CONSENT_DENY", "LICENSE_EXPIRED", IN_FORCE} <= named_ones
    assert named_ones - KNOWN - DUTY_CODES == set()


def makers() -> Iterator[ast.FunctionDef]:
    """The functions that make a reason or a finding."""
    for node in nodes():
        if isinstance(node, ast.FunctionDef) and any(
            isinstance(one, ast.Call)
            and getattr(one.func, "id", "") in {"Reason", "Finding", "_stop"}
            for one in ast.walk(node)
        ):
            yield node


def test_whoever_makes_a_reason_names_codes_that_have_a_sentence() -> None:
    """Also a code of one word: in such a function only clauses are written alike."""
    found = {
        value
        for maker in makers()
        for node in ast.walk(maker)
        if re.fullmatch(r"[A-Z][A-Z0-9_]+", value := text(node) or "")
    }
    clauses = {value for value in found if re.fullmatch(r"[A-Z]{1,2}[0-9]+", value)}
    assert {"E4", "CR1"} <= clauses
    assert {"CONSENT_IN_FORCE", "DEFAULT_POLICY_DENY", "LICENSE_OK"} <= found
    assert found - clauses - KNOWN == set()


def test_whatever_a_license_check_yields_has_a_sentence() -> None:
    """Also a code of one word, which no pattern would tell from other texts."""
    names = {one.id for one in yielded() if isinstance(one, ast.Name)}
    assert names == {"AUTHORITY_UNKNOWN", "LOCATION_UNKNOWN"}
    found = {value for one in yielded() if (value := named(one)) is not None}
    assert len(found) >= 25
    assert found - KNOWN == set()


def test_codes_that_are_put_together_are_of_two_families() -> None:
    heads = {
        str(text(one.values[0])) for one in yielded() if isinstance(one, ast.JoinedStr)
    }
    assert heads == {STATUS_PREFIX, "CREDENTIAL_"}
    assert {f"CREDENTIAL_{word}" for word in ("REVOKED", "SUSPENDED")} <= set(LICENSE)
    assert {f"{STATUS_PREFIX}{word.upper()}" for word in STATUSES} <= set(LICENSE)


def consent_reasons() -> set[tuple[str, str]]:
    """The codes and clauses that the consent rules give, by their source."""
    found: set[tuple[str, str]] = set()
    for call in calls("Reason", "_stop"):
        code = named(argument(call, 0, "code"))
        rule = named(argument(call, 1, "rule"))
        if code is not None and rule is not None:
            found.add((code, rule))
    return found


def test_a_consent_sentence_names_the_clause_that_the_rules_name() -> None:
    stated = consent_reasons()
    assert len(stated) >= 14
    produced = {
        (finding.code, finding.rule)
        for decision in everything()
        for finding in decision.findings
        if finding.rule is not None
    }
    for code, rule in stated | produced:
        if code.startswith("OVERLAY_"):
            # Which law, and which clause of it, the decision itself names.
            assert str(rule).split(" ")[0] in OWN, rule
        else:
            assert CONSENT[code].rule == rule, code


def test_every_consent_code_is_one_that_the_rules_name() -> None:
    assert set(CONSENT) <= {text(node) for node in nodes("consent_")}


def test_a_license_sentence_names_the_check_that_yields_the_code() -> None:
    seen = {}
    for decision in of_the_scenarios():
        questions = decision.questions
        assert questions is not None
        assert questions.license is not None
        for step in questions.license.trace:
            seen.update(dict.fromkeys(step.codes, step.check))
    assert len(seen) >= 30
    for code, check in seen.items():
        if code in ERRORS:
            assert code in {
                "ISSUER_NOT_TRUSTED",
                "ISSUER_NOT_AUTHORIZED_FOR_TYPE",
                "STATUS_STALE",
            }
        else:
            assert sentence(code).rule == f"license check {check}", code


def system(call: ast.Call) -> str:
    """The code system of an obligation."""
    stated = call.args[1]
    assert isinstance(stated, ast.Name)
    return {"PROFILE_URI": PROFILE_URI, "OBO": OBO}[stated.id]


def test_every_obligation_of_the_rules_has_a_duty() -> None:
    made = {
        Obligation(code, system(call)) if len(call.args) > 1 else Obligation(code)
        for call in calls("Obligation")
        if (code := named(argument(call, 0, "code"))) is not None
    }
    # What the licenses oblige to is made of names; they are the other two.
    licensed = {
        Obligation(code, PROFILE_URI)
        for name in ("SHOW_CONDITIONS", "REPORT_ADVERSE_ACTION")
        for code in [constants()[name]]
    }
    appended = {
        node.args[0].id
        for node in calls("append")
        if isinstance(node.args[0], ast.Name) and node.args[0].id.isupper()
    }
    assert appended == {"SHOW_CONDITIONS", "REPORT_ADVERSE_ACTION"}
    assert made | licensed == set(DUTIES)
    produced = {duty for decision in everything() for duty in decision.obligations}
    assert produced == set(DUTIES)


def test_no_decision_carries_a_code_without_a_sentence() -> None:
    found = everything()
    assert len(found) >= 400
    carried = {code for decision in found for code in decision.codes}
    carried |= {code for decision in found for code in _codes(decision.tree)}
    assert len(carried) >= 60
    for code in carried:
        assert sentence(code) is not UNKNOWN, code


def _codes(branches: tuple[Branch, ...]) -> Iterator[str]:
    for one in branches:
        yield from one.codes
        yield from _codes(one.children)


def test_every_check_of_a_tree_has_a_question() -> None:
    asked = {
        text(call.args[0])
        for path in (SOURCE / "verifying").glob("*.py")
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call)
        and getattr(call.func, "id", "") in {"ask", "ask_about", "not_asked"}
    }
    assert {"proof", "time", "schema"} <= asked
    assert asked - set(QUESTIONS) - {None} == set()
    assert {name for name, _ in CHECKS} <= set(LICENSE_QUESTIONS)
    for decision in everything():
        for branch in decision.tree:
            _check_questions(branch, None)


def _check_questions(branch: Branch, below: str | None) -> None:
    assert question(branch.check, below=below) is not None, branch.check
    for one in branch.children:
        _check_questions(one, branch.check)


# What the sentences are.


def test_no_code_has_two_sentences() -> None:
    assert len(KNOWN) == sum(len(table) for table in TABLES.values())


def test_a_sentence_is_one_plain_sentence() -> None:
    def check(sentences: tuple[str, str | None]) -> None:
        found, change = sentences
        assert change is not None
        for one in (found, change):
            assert re.fullmatch(r"[A-Z][^.<>&|{}\"]{10,160}\.", one), one
            assert one.isprintable()
            assert not re.search(r"[A-Z]{2,}_|  ", one), one
        assert "would have to" in change

    every: dict[str, tuple[str, str | None]] = {
        f"{name} {code}": (one.found, one.change)
        for name, table in TABLES.items()
        for code, one in table.items()
    }
    every |= {str(key): (one.duty, one.change) for key, one in DUTIES.items()}
    each(every, check)


def test_what_was_found_tells_codes_apart() -> None:
    for name, table in TABLES.items():
        told_of = [one.found for one in table.values()]
        assert len(set(told_of)) == len(told_of), name


def test_the_two_kinds_of_no_stay_apart() -> None:
    for code, told_of in ERRORS.items():
        wanted = Kind.REFUSED
        if issubclass(codes()[code], Misuse):
            wanted = Kind.MISUSE
        elif issubclass(codes()[code], Unchecked):
            wanted = Kind.UNCHECKED
        assert told_of.kind is wanted, code


def test_only_these_codes_are_good() -> None:
    good = {code for code in KNOWN if sentence(code).kind is Kind.GRANTED}
    assert good == {
        "LICENSE_OK",
        "SUPPORT_OK",
        "CONSENT_PERMIT",
        "CONSENT_IN_FORCE",
        "DEFAULT_POLICY_PERMIT",
    }


def test_what_is_good_need_not_change_in_a_refusal() -> None:
    assert told("LICENSE_OK", permitted=False).change is None
    assert told("LICENSE_OK", permitted=True).change is not None
    assert told("EXPIRED", permitted=False).change is not None
    assert told("CONSENT_DENY", permitted=False, rule="E14").rule == "E14"


@pytest.mark.parametrize("code", ["A_LATER_CODE", "X", "LICENSE", "<script>"])
def test_an_unknown_code_is_told_as_unknown_and_never_as_good(code: str) -> None:
    found = sentence(code)
    assert found is UNKNOWN
    assert (found.kind, found.rule) == (Kind.UNCHECKED, None)
    assert found.where == found.see


def test_a_status_in_words_of_nobody_is_told_without_them() -> None:
    assert sentence("LICENSE_STATUS_SUSPENDED").found.count("as suspended") == 1
    assert "under another status" in sentence("LICENSE_STATUS_EATEN_BY_A_DOG").found
    assert "dog" not in sentence("LICENSE_STATUS_EATEN_BY_A_DOG").found
    assert "no status" in sentence("LICENSE_STATUS_UNKNOWN").found


def test_an_unknown_obligation_is_none_that_may_be_passed_over() -> None:
    for one in (Obligation("AUDIT", "urn:other"), Obligation("LATER")):
        assert duty(one) is UNKNOWN_DUTY
    assert UNKNOWN_DUTY.where == UNKNOWN_DUTY.see
    assert "not disclose" in UNKNOWN_DUTY.duty


# Where the rules stand.


def sections(page: str) -> dict[str, str]:
    """What stands under each heading of a page, by the heading's anchor."""
    found = {}
    for part in re.split(r"^#+ ", (DOCS / page).read_text("utf-8"), flags=re.MULTILINE)[
        1:
    ]:
        title, _, body = part.partition("\n")
        found[re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")] = body
    return found


SEEN = sorted(
    {one.see for table in TABLES.values() for one in table.values()}
    | {one.see for one in DUTIES.values()}
)


@pytest.mark.parametrize("see", SEEN)
def test_the_section_that_a_sentence_names_is_there(see: str) -> None:
    page, _, anchor = see.removeprefix("docs/").partition("#")
    assert see.startswith("docs/")
    assert anchor in sections(page)


@pytest.mark.parametrize("code", sorted(CONSENT))
def test_the_clause_stands_in_the_section(code: str) -> None:
    page, _, anchor = CONSENT[code].see.removeprefix("docs/").partition("#")
    clause = re.escape(str(CONSENT[code].rule))
    assert re.search(rf"\b{clause}\b", sections(page)[anchor])


def test_the_steps_of_the_verification_are_those_of_the_path() -> None:
    path = (DOCS / "explanation/path.md").read_text("utf-8")
    for code, one in ERRORS.items():
        assert one.rule is not None
        if one.rule in {"any step", "check schema"}:
            continue
        step = re.fullmatch(r"step ([0-9]+), ([a-z]+)", one.rule)
        assert step, code
        row = re.search(rf"^\| {step[1]} \|.*$", path, re.MULTILINE)
        assert row
        assert step[2][:4] in row[0], (code, row[0])


def test_the_page_of_reasons_is_what_the_sentences_say() -> None:
    written = reason_page.PAGE.read_text("utf-8")
    assert written == reason_page.page(), "run python -m tools.reason_page"
    assert all(f"`{code}`" in written for code in KNOWN | DUTY_CODES)
