"""Status: revoked, suspended, unknown, stale; never taken for "not revoked"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from medid.core.instant import Instant
from medid.errors import FetchBlocked, FetchFailed
from medid.issuing import issue
from medid.verifying.checks import Outcome
from medid.verifying.credential import judge_credential
from medid.verifying.judging import Expectations, Judgement, StatusPolicy
from medid.verifying.opening import open_document
from medid.verifying.verifier import Verifier
from tests.verifying import world
from tests.verifying.world import (
    BOARD,
    INDEX,
    MADE,
    NOW,
    PATIENT,
    REVOCATIONS,
    STRANGER,
    SUSPENSIONS,
    VCT,
    WEB,
    WEB_URL,
    codes,
    entry,
    evidence,
    lists,
    plain,
    presented,
    registry,
    results,
    signed,
    status_list,
    token,
    verified,
    with_proof,
)

if TYPE_CHECKING:
    from medid.trust import TrustRegistry

PATH = "$.credentialStatus"
LICENSE = signed(world.license_draft())
ONE = signed(plain(credentialStatus=entry()))


def test_revoked_and_suspended_are_told_apart_and_both() -> None:
    assert verified(LICENSE, known=lists())
    revoked = ("status", "REVOKED", f"{PATH}[0]")
    suspended = ("status", "SUSPENDED", f"{PATH}[1]")
    assert codes(verified(LICENSE, known=lists(revoked=[INDEX]))) == [revoked]
    assert codes(verified(LICENSE, known=lists(suspended=[INDEX]))) == [suspended]
    both = verified(LICENSE, known=lists([INDEX], [INDEX]))
    assert codes(both) == [revoked, suspended]
    assert verified(LICENSE, known=lists([INDEX + 1], [INDEX - 1]))


@pytest.mark.parametrize("answer", [None, FetchFailed("503"), FetchBlocked("10.0.0.1")])
def test_a_list_that_cannot_be_had_leaves_the_question_open(answer: Any) -> None:
    known = {REVOCATIONS: answer} if answer is not None else {}
    found = verified(ONE, known=known)
    assert found.outcome is Outcome.UNDECIDED
    assert codes(found) == [("status", "STATUS_RETRIEVAL_ERROR", PATH)]
    assert results(found, "status") == ["pass", "unknown"]


@pytest.mark.parametrize("policy", list(StatusPolicy))
def test_each_policy_for_credentials_with_and_without_status(
    policy: StatusPolicy,
) -> None:
    revoked = {REVOCATIONS: status_list(INDEX)}
    found = verified(ONE, known=revoked, status=policy)
    assert found.verified is (policy is StatusPolicy.OFF)
    without = verified(signed(plain()), status=policy)
    assert without.verified is (policy is not StatusPolicy.REQUIRED)
    if policy is StatusPolicy.REQUIRED:
        assert codes(without) == [("status", "STATUS_VERIFICATION_ERROR", PATH)]
    else:
        assert results(without, "status") == ["not-asked"]
    assert bool(verified(ONE, known={REVOCATIONS: status_list()}, status=policy))


def test_each_presented_credential_needs_a_status_where_one_is_required() -> None:
    known = {REVOCATIONS: status_list()}
    shown = presented(ONE, signed(plain()))
    assert verified(shown, known=known)
    answer = verified(shown, known=known, status=StatusPolicy.REQUIRED)
    place = "$.verifiableCredential[1].credentialStatus"
    assert codes(answer) == [("status", "STATUS_VERIFICATION_ERROR", place)]


def test_a_status_of_an_unknown_type_is_never_passed_over() -> None:
    other = {"id": "https://example.org/s/1", "type": "RevocationList2020Status"}
    answer = verified(token(plain(credentialStatus=other)))
    assert codes(answer) == [("status", "STATUS_VERIFICATION_ERROR", f"{PATH}.type")]
    text = token({"vct": VCT, "iss": BOARD.did, "status": {}}, typ="dc+sd-jwt") + "~"
    assert codes(verified(text)) == [
        ("status", "STATUS_VERIFICATION_ERROR", "$.status")
    ]
    assert verified(text, status=StatusPolicy.OFF)
    without = token({"vct": VCT, "iss": BOARD.did}, typ="dc+sd-jwt") + "~"
    assert verified(without)
    assert not verified(without, status=StatusPolicy.REQUIRED)


def test_two_entries_at_one_place_contradict_each_other() -> None:
    doubled = [entry(), entry(statusPurpose="suspension")]
    answer = verified(token(plain(credentialStatus=doubled)), known=lists())
    assert codes(answer)[0] == ("status", "STATUS_VERIFICATION_ERROR", f"{PATH}[1]")


def unsigned(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "proof"}


def forged(document: dict[str, Any]) -> dict[str, Any]:
    document["validUntil"] = "2030-01-01T00:00:00Z"
    return document


BAD_LISTS: dict[str, Any] = {
    "not signed": unsigned(status_list()),
    "altered": forged(status_list()),
    "by another": status_list(controller=STRANGER),
    "signed by another": with_proof(unsigned(status_list()), STRANGER),
    "a presentation": presented(),
    "no document": b"<html>",
    "empty": b"",
    "a DID document": {"id": BOARD.did},
    "an SD-JWT": token({"vct": VCT, "iss": BOARD.did}, typ="dc+sd-jwt") + "~",
    "of another URL": status_list(url=SUSPENSIONS),
    "of another purpose": status_list(purpose="suspension"),
    "expired by its JWT": token(unsigned(status_list()) | {"exp": 1_781_524_800}),
    "of the JWT's future": token(unsigned(status_list()) | {"nbf": 1_781_524_801}),
}


@pytest.mark.parametrize("name", BAD_LISTS)
def test_a_list_that_does_not_verify_is_refused(name: str) -> None:
    answer = verified(ONE, known={REVOCATIONS: BAD_LISTS[name]})
    assert answer.outcome is Outcome.REFUSED
    [(check, code, path)] = codes(answer)
    assert (check, code) == ("status", "STATUS_VERIFICATION_ERROR")
    assert path.startswith(PATH)


@pytest.mark.parametrize(
    "members",
    [
        {"@context": [world.V2, "https://unknown.example/context"]},
        {"@context": [world.V2, {"encodedList": "https://a.example/list"}]},
        {f"{world.V1}#validUntil": "2020-01-01T00:00:00Z"},
        {"@nest": {"validUntil": "2020-01-01T00:00:00Z"}},
    ],
)
def test_the_contexts_of_a_list_are_those_that_may_be_used(members: Any) -> None:
    draft = {k: v for k, v in status_list().items() if k != "proof"}
    assert verified(ONE, known={REVOCATIONS: token(draft)})
    answer = verified(ONE, known={REVOCATIONS: token({**draft, **members})})
    assert codes(answer) == [("status", "STATUS_VERIFICATION_ERROR", PATH)]


def test_a_list_may_be_a_jwt() -> None:
    text = token(unsigned(status_list()) | {"exp": 1_781_524_801})
    assert verified(ONE, known={REVOCATIONS: text})


def test_a_delegates_unknown_key_leaves_the_status_open() -> None:
    trust = registry(
        BOARD,
        statusListIssuers=[WEB.did],
        credentialTypes=["VerifiableCredential"],
    )
    known = {REVOCATIONS: status_list(controller=WEB)}
    answer = verified(ONE, known=known, trust=trust)
    assert answer.outcome is Outcome.UNDECIDED
    assert codes(answer) == [("status", "EVIDENCE_UNAVAILABLE", PATH)]


def test_only_delegates_in_force_may_publish_a_boards_lists() -> None:
    known = {REVOCATIONS: status_list(controller=STRANGER)}

    def registry_of(**members: Any) -> TrustRegistry:
        return registry(BOARD, credentialTypes=["VerifiableCredential"], **members)

    accepted = registry_of(statusListIssuers=[STRANGER.did])
    assert verified(ONE, known=known, trust=accepted)
    other = registry_of(statusListIssuers=[PATIENT.did])
    ended = registry_of(statusListIssuers=[STRANGER.did], validUntil=str(NOW))
    for trust in (registry_of(), other, ended):
        answer = verified(ONE, known=known, trust=trust)
        assert ("status", "STATUS_VERIFICATION_ERROR") in [
            (check, code) for check, code, _ in codes(answer)
        ]
    assert not verified(ONE, known=known)


def test_the_delegates_of_one_board_publish_no_lists_of_another() -> None:
    trust = world.registry_of(
        {"did": BOARD.did, "credentialTypes": ["VerifiableCredential"]},
        {"did": WEB.did, "statusListIssuers": [STRANGER.did]},
    )
    foreign = {REVOCATIONS: status_list(controller=STRANGER)}
    [(check, code, _)] = codes(verified(ONE, known=foreign, trust=trust))
    assert (check, code) == ("status", "STATUS_VERIFICATION_ERROR")
    assert verified(ONE, known={REVOCATIONS: status_list()}, trust=trust)


def test_the_list_of_a_did_web_delegate_is_followed_to_its_key() -> None:
    trust = registry(
        BOARD, statusListIssuers=[WEB.did], credentialTypes=["VerifiableCredential"]
    )
    web = world.Web(
        {REVOCATIONS: status_list(controller=WEB), WEB_URL: world.web_document(WEB)}
    )
    assert Verifier(trust=trust, fetch=web).verify(ONE, at=NOW)
    assert web.batches == [[REVOCATIONS], [WEB_URL]]


# As of when.


def test_freshness_counts_from_the_fetch() -> None:
    known = {REVOCATIONS: status_list()}
    assert verified(ONE, known=known, at=NOW.plus(world.DAY - 1))
    stale = [("status", "STATUS_STALE", f"{PATH}.statusListCredential")]
    assert codes(verified(ONE, known=known, at=NOW.plus(world.DAY))) == stale
    assert verified(ONE, known=known, at=NOW.plus(59), status_max_age=60)
    at = NOW.plus(60)
    assert codes(verified(ONE, known=known, at=at, status_max_age=60)) == stale


def test_the_past_is_judged_by_the_list_of_that_time_or_not_at_all() -> None:
    known = {REVOCATIONS: status_list(INDEX)}
    before = MADE.plus(-3600)
    draft = plain(credentialStatus=entry())
    document = issue(draft, BOARD, at=before)
    later = verified(document, known=known, at=before)
    assert codes(later) == [("status", "STATUS_RETRIEVAL_ERROR", PATH)]
    assert "HISTORY_UNKNOWN" in str(later.checks)
    seen = evidence(known, before)
    then = Verifier().verify(document, at=before, evidence=seen)
    assert codes(then) == [("status", "STATUS_VERIFICATION_ERROR", PATH)]


def test_a_verdict_says_until_when_its_status_is_fresh() -> None:
    found = judge_credential(
        open_document(LICENSE),
        Judgement(at=NOW, contexts=world.contexts(), evidence=evidence(lists())),
    )
    assert found.verified
    assert [one.purpose for one in found.statuses] == ["revocation", "suspension"]
    assert found.fresh_until == NOW.plus(world.DAY)
    assert found.result_of("status") == "pass"
    assert found.result_of("no such question") == "not-asked"
    unknown = judge_credential(
        open_document(LICENSE), Judgement(at=NOW, contexts=world.contexts())
    )
    assert not unknown.verified
    assert unknown.fresh_until is None
    assert unknown.result_of("status") == "unknown"
    revoked = judge_credential(
        open_document(LICENSE),
        Judgement(at=NOW, contexts=world.contexts(), evidence=evidence(lists([INDEX]))),
    )
    assert revoked.result_of("status") == "fail"
    assert revoked.fresh_until == NOW.plus(world.DAY)


def test_a_list_lasts_no_longer_than_what_secures_it() -> None:
    unsigned = {name: v for name, v in status_list().items() if name != "proof"}
    soon, later = NOW.plus(10), NOW.plus(20)
    twice = with_proof(with_proof(unsigned, BOARD), BOARD, expires=str(soon))
    ending = {**unsigned, "exp": soon.nanoseconds // 10**9}
    for listed, until in (
        (token(unsigned), NOW.plus(world.DAY)),
        (token({**ending, "validUntil": str(later)}), soon),
        (twice, soon),
        (with_proof(unsigned, BOARD, expires=str(later)), later),
    ):
        known = evidence({REVOCATIONS: listed})
        now = Judgement(at=NOW, contexts=world.contexts(), evidence=known)
        found = judge_credential(open_document(ONE), now)
        assert found.verified
        assert found.fresh_until == until
    known = evidence({REVOCATIONS: token(ending)})
    for skew, at in ((0, NOW), (30, NOW), (30, soon.plus(5))):
        now = Judgement(
            at=at,
            contexts=world.contexts(),
            evidence=known,
            expect=Expectations(skew=skew),
        )
        found = judge_credential(open_document(ONE), now)
        assert found.verified
        assert found.fresh_until == soon.plus(skew)


def test_a_message_status_does_not_decide() -> None:
    url = "https://board.example.gov/status/9"
    draft = plain(credentialStatus=entry(url, "message"))
    known = {url: status_list(INDEX, url=url, purpose="message")}
    assert verified(signed(draft), known=known)


def test_the_epoch_is_an_instant_like_any_other() -> None:
    assert not verified(ONE, known={REVOCATIONS: status_list()}, at=Instant(0))
