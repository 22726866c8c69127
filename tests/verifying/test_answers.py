"""What an answer is: three results, three outcomes, and only one that is truthy."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.errors import EvidenceUnavailable, Expired, MedidError, Revoked, Unchecked
from medid.verifying.checks import (
    Check,
    Outcome,
    Result,
    Verification,
    ask,
    not_asked,
)
from medid.verifying.credential import CredentialVerdict
from medid.verifying.judging import Expectations, StatusPolicy
from medid.verifying.opening import open_document
from medid.verifying.verifier import verify
from tests.verifying import world
from tests.verifying.world import NOW, STRANGER, WEB, plain, presented, signed, verified


def one(result: Result, *, advisory: bool = False) -> Check:
    errors: dict[Result, MedidError] = {
        Result.FAIL: Revoked("r", path="$.a"),
        Result.UNKNOWN: EvidenceUnavailable("u", path="$.b"),
    }
    return Check(
        check="time", result=result, error=errors.get(result), advisory=advisory
    )


checks = st.lists(
    st.builds(one, st.sampled_from(list(Result)), advisory=st.booleans()), max_size=6
).map(tuple)


@given(checks)
def test_only_verified_is_truthy_and_silent(asked: tuple[Check, ...]) -> None:
    answer = Verification(kind="credential", checks=asked)
    results = [check.result for check in asked if not check.advisory]
    good = set(results) <= {Result.PASS, Result.NOT_ASKED} and Result.PASS in results
    assert bool(answer) is answer.verified is good
    assert (answer.outcome is Outcome.VERIFIED) is good
    assert (answer.outcome is Outcome.REFUSED) is (Result.FAIL in results)
    if good:
        answer.raise_for_errors()
        assert answer.errors == ()
        return
    with pytest.raises(MedidError) as caught:
        answer.raise_for_errors()
    assert not answer.errors or caught.value is answer.errors[0]


@given(checks)
def test_a_credential_verdict_is_as_strict(asked: tuple[Check, ...]) -> None:
    opened = open_document(plain())
    verdict = CredentialVerdict(secured=opened, checks=asked)
    answer = Verification(kind="credential", checks=asked)
    assert verdict.verified is answer.verified


def test_of_what_is_forged_nothing_else_is_asked() -> None:
    forged = {**signed(plain(credentialStatus=world.entry())), "name": "forged"}
    answer = verified(forged, known={})
    for name in ("time", "status", "schema", "trust"):
        assert world.results(answer, name) == ["not-asked"]
    assert answer.outcome is Outcome.REFUSED


def test_nothing_asked_is_not_yes() -> None:
    empty = Verification(kind="credential", checks=())
    assert empty.outcome is Outcome.UNDECIDED
    assert not empty
    with pytest.raises(Unchecked):
        empty.raise_for_errors()


def test_one_call_takes_every_setting_of_a_verifier() -> None:
    document, plainly = signed(plain(WEB), WEB), signed(plain())
    page = {world.WEB_URL: world.web_document(WEB)}
    assert verify(document, at=NOW, fetch=world.Web(page))
    assert verify(document, at=NOW, evidence=world.evidence(page))
    assert not verify(document, at=NOW)
    assert verify(plainly, at=NOW)
    assert not verify(plainly, at=NOW.plus(2 * 366 * world.DAY))
    assert not verify(plainly, at=NOW, trust=world.registry(STRANGER))
    required = Expectations(status=StatusPolicy.REQUIRED)
    assert not verify(plainly, at=NOW, expect=required)


def test_a_question_passes_by_returning_whatever_it_returns() -> None:
    assert ask("time", "$.x", lambda: False) == Check(
        check="time", result=Result.PASS, path="$.x"
    )
    assert not_asked("time", "$.x").result is Result.NOT_ASKED


def test_checked_and_false_differs_from_could_not_be_checked() -> None:
    def expired() -> None:
        raise Expired("e", path="$.validUntil")

    def unavailable() -> None:
        raise EvidenceUnavailable("u", path="$.issuer")

    failed, unknown = ask("time", "$", expired), ask("proof", "$", unavailable)
    assert (failed.result, failed.code, failed.path) == (
        "fail",
        "EXPIRED",
        "$.validUntil",
    )
    assert (unknown.result, unknown.code, unknown.path) == (
        "unknown",
        "EVIDENCE_UNAVAILABLE",
        "$.issuer",
    )


def test_what_is_no_refusal_of_medids_is_not_swallowed() -> None:
    def defect() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask("time", "$", defect)


def test_an_answer_in_json_says_everything_and_no_claim() -> None:
    document = presented(signed(plain(credentialStatus=world.entry())))
    answer = verified(document, challenge="another")
    shown = json.loads(json.dumps(answer.as_json()))
    assert set(shown) == {
        "kind",
        "verified",
        "outcome",
        "errors",
        "warnings",
        "checks",
    }
    assert (shown["kind"], shown["verified"], shown["outcome"]) == (
        "presentation",
        False,
        "refused",
    )
    assert [error["code"] for error in shown["errors"]] == [
        "INVALID_CHALLENGE_ERROR",
        "STATUS_RETRIEVAL_ERROR",
    ]
    assert all(
        set(error) == {"code", "message", "path", "fix"} for error in shown["errors"]
    )
    assert shown["checks"][0] == {
        "check": "parse",
        "result": "pass",
        "code": None,
        "path": "$",
    }
    text = json.dumps(shown)
    for secret in ("School", world.CHALLENGE, world.DOCTOR.did, world.REVOCATIONS):
        assert secret not in text


def test_answers_cannot_be_changed() -> None:
    answer = verified(plain())
    with pytest.raises(AttributeError):
        answer.checks = ()  # type: ignore[misc]
