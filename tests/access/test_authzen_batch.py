"""A batch answers as its evaluations would one by one, and asks for less."""

from __future__ import annotations

import copy
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.access import authzen
from medid.access.audit_record import Kind
from medid.access.authzen_batch import MAX_COMPILATIONS, MAX_PRESENTATIONS
from medid.access.authzen_request import MAX_EVALUATIONS, Semantic, read_evaluations
from medid.access.decision import Outcome
from medid.access.site_policy import Narrowing, RulePolicy
from medid.adapters.audit import MemoryAuditLog
from medid.adapters.challenges import MemoryChallenges
from medid.errors import AuditUnavailable, MalformedValue, TooLarge
from tests.access.standing import shown, standing, world
from tests.access.world import AT, BLOOD, NOTE, World, controller
from tests.support import examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.access.verifier import AccessVerifier
    from medid.core.fetch import Fetched, FetchRequest
    from medid.core.instant import Instant
    from medid.errors import MedidError

HIV = "Observation/hiv-test"
YES, NO = {"resource": BLOOD}, {"resource": NOTE}


class Counted:
    """A challenge store that counts what is consumed."""

    def __init__(self) -> None:
        self.store = MemoryChallenges()
        self.consumed = 0

    def issue(self, *, lifetime_seconds: int = 300, at: Instant) -> str:
        return self.store.issue(lifetime_seconds=lifetime_seconds, at=at)

    def consume(self, challenge: str, *, at: Instant) -> None:
        self.consumed += 1
        self.store.consume(challenge, at=at)


def resource(name: str) -> Any:
    return world().asks("TREAT", name)["resource"]


def batch(*evaluations: Any, presentation: Any = None, **members: Any) -> Any:
    """A batch about one practitioner; names stand for resources."""
    request = world().asks()
    del request["resource"]
    given = presentation if presentation is not None else shown()
    request["subject"]["properties"]["presentation"] = given
    found = [
        {"resource": resource(one)} if isinstance(one, str) else one
        for one in evaluations
    ]
    return {**request, "evaluations": found, **members}


def ask(
    document: Any, verifier: AccessVerifier | None = None, **members: Any
) -> list[Any]:
    verifier = verifier if verifier is not None else standing()
    answer: Any = authzen.evaluations(document, verifier, **members)
    assert [*answer] == ["evaluations"]
    found: list[Any] = answer["evaluations"]
    return found


def decisions(document: Any, verifier: AccessVerifier | None = None) -> list[bool]:
    return [one["decision"] for one in ask(document, verifier)]


# The semantics.


@pytest.mark.parametrize(
    ("semantic", "asked", "answered"),
    [
        (None, "YNY", "YNY"),
        ("execute_all", "YNY", "YNY"),
        ("execute_all", "NNN", "NNN"),
        ("execute_all", "YYY", "YYY"),
        ("execute_all", "N", "N"),
        ("deny_on_first_deny", "YNY", "YN"),
        ("deny_on_first_deny", "NYY", "N"),
        ("deny_on_first_deny", "YYY", "YYY"),
        ("deny_on_first_deny", "YYN", "YYN"),
        ("deny_on_first_deny", "YEY", "YN"),
        ("permit_on_first_permit", "YNY", "Y"),
        ("permit_on_first_permit", "NYN", "NY"),
        ("permit_on_first_permit", "NNN", "NNN"),
        ("permit_on_first_permit", "NNY", "NNY"),
        ("permit_on_first_permit", "EYN", "NY"),
    ],
)
def test_a_semantic_says_how_far_a_batch_is_executed(
    semantic: str | None, asked: str, answered: str
) -> None:
    stands = {"Y": BLOOD, "N": NOTE, "E": {"resource": {"type": "x", "id": "y"}}}
    options = (
        {} if semantic is None else {"options": {"evaluations_semantic": semantic}}
    )
    document = batch(*(stands[letter] for letter in asked), **options)
    assert decisions(document) == [letter == "Y" for letter in answered]


def test_these_are_all_the_semantics() -> None:
    assert [*Semantic] == [
        "execute_all",
        "deny_on_first_deny",
        "permit_on_first_permit",
    ]


def test_what_comes_after_the_end_is_not_even_opened() -> None:
    fresh = World()
    net = fresh.net
    options = {"options": {"evaluations_semantic": "deny_on_first_deny"}}
    document = batch({"action": "x"}, BLOOD, **options)
    assert decisions(document, fresh.verifier()) == [False]
    assert net.asked == []


# The defaults.


def test_an_evaluation_replaces_a_whole_default() -> None:
    defaults: dict[str, Any] = {
        "subject": {"type": "a", "id": "1", "properties": {"profession": "x"}},
        "context": {"mode": "in-person", "time": "2026-01-01T00:00:00Z"},
    }
    (first, second) = read_evaluations(
        {
            **defaults,
            "options": {},
            "evaluations": [
                {},
                {"subject": {"type": "b", "id": "2"}, "context": {"mode": "remote"}},
            ],
        }
    )
    assert first == defaults
    assert second == {
        "subject": {"type": "b", "id": "2"},
        "context": {"mode": "remote"},
    }


def test_a_subject_of_its_own_brings_its_own_presentation() -> None:
    own = world().asks()["subject"]
    assert decisions(batch(BLOOD, {"resource": resource(BLOOD), "subject": own})) == [
        True,
        False,
    ]


def test_a_context_of_its_own_is_the_whole_context() -> None:
    # Where the patient is decides which license counts; it is not taken from elsewhere.
    one = {"resource": resource(BLOOD), "context": {"mode": "in-person"}}
    assert decisions(batch(BLOOD, one)) == [True, False]


def test_without_evaluations_it_is_a_single_one() -> None:
    nothing: tuple[dict[str, Any], ...] = ({}, {"evaluations": []})
    for none in nothing:
        document = {**batch(), "resource": resource(BLOOD)}
        del document["evaluations"]
        answer: Any = authzen.evaluations({**document, **none}, standing())
        assert [*answer] == ["decision", "context"]
        assert answer["decision"] is True
        del document["resource"]
        with pytest.raises(MalformedValue) as refused:
            authzen.evaluations({**document, **none}, standing())
        assert refused.value.path == "$.resource"


# The errors of one, and those of all.


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"resource": None},
        {"resource": []},
        {"resource": {"type": "Observation"}},
        {"resource": {"type": "Observation", "id": 1}},
        {"resource": {"type": "Observation", "id": "1"}},
        {"resource": {"type": "Observation", "id": "1", "properties": []}},
        {"resource": {"type": "x", "id": "y", "properties": {"patient": 1}}},
        {"resource": BLOOD, "subject": {"type": "x"}},
        {"resource": BLOOD, "action": {"name": "access"}},
        {"resource": BLOOD, "action": {"name": "unheard of"}},
        {"resource": BLOOD, "context": None},
        {"resource": BLOOD, "context": {"unheard": "of"}},
    ],
)
def test_what_is_wrong_with_one_answers_that_one(wrong: dict[str, Any]) -> None:
    if wrong.get("resource") == BLOOD:
        wrong = {**wrong, "resource": resource(BLOOD)}
    strange = copy.deepcopy(resource(BLOOD))
    strange["properties"]["securitylabel"] = []
    document = batch(wrong, {"resource": strange}, BLOOD, wrong, BLOOD)
    assert decisions(document) == [False, False, True, False, True]
    alike = {tuple(one["context"]) for one in ask(document) if not one["decision"]}
    assert alike == {("id",)}


@pytest.mark.parametrize(
    ("member", "value", "path"),
    [
        ("evaluations", {}, "$.evaluations"),
        ("evaluations", None, "$.evaluations"),
        ("evaluations", "x", "$.evaluations"),
        ("evaluations", [{}, 1], "$.evaluations[1]"),
        ("evaluations", [[]], "$.evaluations[0]"),
        ("subject", "alice", "$.subject"),
        ("subject", {"id": "x"}, "$.subject.type"),
        ("action", {}, "$.action.name"),
        ("resource", {"type": "x"}, "$.resource.id"),
        ("context", [], "$.context"),
        (
            "options",
            {"evaluation_semantic": "execute_all"},
            "$.options.evaluation_semantic",
        ),
        ("options", {"skipStatus": True}, "$.options.skipStatus"),
    ],
)
def test_what_is_wrong_with_the_whole_refuses_the_whole(
    member: str, value: Any, path: str
) -> None:
    with pytest.raises(MalformedValue) as refused:
        authzen.evaluations(batch(BLOOD, **{member: value}), standing())
    assert refused.value.path == path


def test_what_stands_beside_the_parts_is_ignored() -> None:
    one = {"resource": resource(BLOOD), "futureField": {"nested": True}}
    nested = {**one, "evaluations": [], "options": {"evaluations_semantic": 1}}
    document = batch(one, NOTE, {**one, "foo": "bar"}, nested, contxt={})
    assert decisions(document) == [True, False, True, True]


def test_too_many_evaluations_are_refused() -> None:
    document = batch(*[{}] * (MAX_EVALUATIONS + 1))
    with pytest.raises(TooLarge):
        authzen.evaluations(document, standing())


def test_as_many_as_may_be_are_answered_quickly_and_in_order() -> None:
    names = [BLOOD if number % 3 == 0 else NOTE for number in range(MAX_EVALUATIONS)]
    assert decisions(batch(*names)) == [name == BLOOD for name in names]


# One challenge, one verification.


def gateway() -> tuple[AccessVerifier, Counted]:
    store = Counted()
    return world().gateway(challenges=store), store


def test_a_batch_consumes_its_challenge_once() -> None:
    verifier, store = gateway()
    presented = world().shown(challenge=verifier.challenge())
    research = {"resource": resource(BLOOD), "action": world().asks("HRESCH")["action"]}
    payment = {"resource": resource(BLOOD), "action": world().asks("HPAYMT")["action"]}
    document = batch(BLOOD, NOTE, research, payment, BLOOD, presentation=presented)
    assert decisions(document, verifier) == [True, False, False, True, True]
    assert store.consumed == 1
    assert decisions(document, verifier) == [False] * 5
    assert store.consumed == 2


def test_two_presentations_answer_two_challenges() -> None:
    verifier, store = gateway()
    one, other = (world().shown(challenge=verifier.challenge()) for _ in range(2))
    subject = {**world().asks()["subject"]}
    subject["properties"] = {**subject["properties"], "presentation": other}
    second = {"resource": resource(BLOOD), "subject": subject}
    document = batch(BLOOD, second, BLOOD, second, presentation=one)
    assert decisions(document, verifier) == [True] * 4
    assert store.consumed == 2


def test_a_challenge_that_failed_fails_for_the_whole_batch() -> None:
    verifier, store = gateway()
    document = batch(
        BLOOD,
        {"resource": resource(BLOOD), "action": world().asks("HPAYMT")["action"]},
        presentation=world().shown(challenge="challenge-of-somebody-else"),
    )
    answers = ask({**document, "options": {"reasons": True}}, verifier, entitled=True)
    for one in answers:
        assert [reason["code"] for reason in one["context"]["reasons"]] == ["REPLAYED"]
    assert store.consumed == 1


def test_a_document_is_fetched_once_for_all() -> None:
    fresh = World()
    subject = fresh.asks()["subject"]
    subject["properties"]["presentation"] = fresh.shown()
    document = {**fresh.asks(), "subject": subject}
    document["evaluations"] = [
        {"action": fresh.asks(purpose)["action"]}
        for purpose in ("TREAT", "HPAYMT", "HRESCH")
    ]
    assert decisions(document, fresh.verifier()) == [True, True, False]
    assert len(fresh.net.asked) == len(set(fresh.net.asked)) > 0


class Losing:
    """A fetch adapter that answers one question too few."""

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        answers = world().web.fetch_all(requests, seconds=seconds)
        return answers[1:]


class Waiting:
    """A fetch adapter for asynchronous callers only."""

    async def afetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        return world().web.fetch_all(requests, seconds=seconds)


@pytest.mark.parametrize("fetch", [Losing(), Waiting()])
def test_a_fetch_adapter_that_is_of_no_use_permits_nothing(fetch: Any) -> None:
    assert decisions(batch(BLOOD, NOTE), world().verifier(fetch=fetch)) == [False] * 2


def test_an_obligation_that_is_not_supported_drops_its_own_result_only() -> None:
    context = world().asks()["context"] | {"supported_obligations": []}
    broken = {"declared": True, "authorised": True, "reason": "unconscious patient"}
    glass = {
        "resource": resource(HIV),
        "action": world().asks("BTG")["action"],
        "context": {**context, "breakGlass": broken},
    }
    document = batch(BLOOD, glass, BLOOD, context=context)
    assert decisions(document) == [True, False, True]
    del glass["context"]["supported_obligations"]
    answers = ask(batch(BLOOD, glass, BLOOD, context=context))
    assert [one["decision"] for one in answers] == [True, True, True]
    assert ["obligations" in one["context"] for one in answers] == [False, True, False]


# The bounds.


def test_no_more_presentations_than_may_be_are_opened() -> None:
    found: list[Any] = []
    for _ in range(MAX_PRESENTATIONS + 1):
        subject = world().asks()["subject"]
        subject["properties"]["presentation"] = world().shown(
            world().license, world().consent, challenge=f"c{len(found)}"
        )
        found.append({"resource": resource(BLOOD), "subject": subject})
    document = batch(*found, found[0])
    expected = [True] * MAX_PRESENTATIONS + [False, True]
    assert decisions(document) == expected


def test_no_more_questions_than_may_be_are_compiled() -> None:
    found = []
    for number in range(MAX_COMPILATIONS + 1):
        one = copy.deepcopy(resource(BLOOD))
        one["properties"]["patient"] = f"Patient/{number}"
        found.append({"resource": one})
    found[0] = {"resource": resource(BLOOD)}
    document = {**batch(*found, BLOOD), "options": {"reasons": True}}
    answers = ask(document, entitled=True)
    codes = [one["context"]["reasons"][0]["code"] for one in answers]
    assert codes.index("TOO_LARGE") == MAX_COMPILATIONS
    assert [answers[0]["decision"], answers[-1]["decision"]] == [True, True]


def test_equal_questions_are_one_also_where_each_is_written_out() -> None:
    whole = {**batch(), "resource": resource(BLOOD)}
    del whole["evaluations"]
    verifier, store = gateway()
    whole["subject"]["properties"]["presentation"] = world().shown(
        challenge=verifier.challenge()
    )
    document = {"evaluations": [copy.deepcopy(whole) for _ in range(5)]}
    assert decisions(document, verifier) == [True] * 5
    assert store.consumed == 1


def test_what_stands_beside_the_parts_makes_no_other_question(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("medid.access.authzen_batch.MAX_COMPILATIONS", 1)
    each = [{"resource": resource(BLOOD), "foo": number} for number in range(3)]
    assert decisions(batch(*each)) == [True, True, True]


def test_another_patient_is_another_question() -> None:
    other = copy.deepcopy(resource(BLOOD))
    other["properties"]["patient"] = "Patient/other"
    assert decisions(batch(BLOOD, {"resource": other}, BLOOD)) == [True, False, True]


# The law.


@cache
def pools() -> dict[str, list[Any]]:
    foreign = copy.deepcopy(resource(BLOOD))
    foreign["properties"]["patient"] = "Patient/other"
    nobodys = {"type": "x", "id": "y", "properties": {"patient": 1}}
    subject = world().asks()["subject"]
    subject["properties"]["presentation"] = world().shown(
        by=controller(), challenge="c"
    )
    misspelt = copy.deepcopy(world().asks()["context"])
    misspelt["patientlocation"] = "US-OH"
    glass = world().asks()["context"] | {
        "breakGlass": {"declared": True, "authorised": True, "reason": "x"}
    }
    return {
        "resource": [
            *map(resource, (BLOOD, NOTE, HIV)),
            foreign,
            nobodys,
            {"type": "x"},
        ],
        "action": [
            *(world().asks(one)["action"] for one in ("TREAT", "HRESCH", "BTG")),
            {"name": "unheard of"},
        ],
        "context": [
            misspelt,
            glass,
            {**glass, "supported_obligations": []},
            {**glass, "supported_obligations": ["custom"]},
        ],
        "subject": [subject, {"type": "x", "id": "y"}],
    }


def drawn() -> st.SearchStrategy[list[dict[str, Any]]]:
    one = st.fixed_dictionaries(
        {"resource": st.sampled_from(pools()["resource"])},
        optional={
            name: st.sampled_from(pools()[name])
            for name in ("action", "context", "subject")
        },
    )
    return st.lists(one, min_size=1, max_size=6)


def comparable(answer: Any) -> Any:
    """An answer without its name; of two mistakes, either may be told first."""
    context = {**answer["context"]}
    del context["id"]
    context["reasons"] = [
        {n: v for n, v in one.items() if n not in {"path", "message"}}
        for one in context["reasons"]
    ]
    return {**answer, "context": context}


@settings(max_examples=examples(12))
@given(st.data())
def test_a_batch_answers_as_one_by_one(data: st.DataObject) -> None:
    evaluations = data.draw(drawn())
    verifier = standing()
    document = {**batch(*evaluations), "options": {"reasons": True}}
    defaults = {n: v for n, v in document.items() if n != "evaluations"}
    answers = ask(document, verifier, entitled=True)
    assert len(answers) == len(evaluations)
    for one, answer in zip(evaluations, answers, strict=True):
        try:
            alone: Any = authzen.evaluation(
                {**defaults, **one}, verifier, entitled=True, at=AT
            )
        except MalformedValue:
            assert answer["decision"] is False
            continue
        assert comparable(answer) == comparable(alone)


# What stands behind each answer: the record, and the site's own policy.


class Full:
    """An audit log that takes so many records and no more."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.taken: list[Any] = []

    def record(self, record: Any) -> None:
        if len(self.taken) >= self.most:
            raise AuditUnavailable("the disk is full")
        self.taken.append(record)


def test_what_a_batch_permits_is_on_record_before_it_leaves() -> None:
    log = MemoryAuditLog()
    verifier = world().verifier(audit=log)
    found = ask(batch(BLOOD, NOTE, BLOOD), verifier)
    assert [one["decision"] for one in found] == [True, False, True]
    compilation, release, denial = log.records
    assert (compilation.kind, release.kind) == (Kind.COMPILATION, Kind.RELEASE)
    assert release.compilation == denial.compilation == compilation.id
    assert denial.asked is not None
    assert [one.id for one in denial.asked.resources] == [NOTE]
    assert (denial.kind, denial.outcome) == (Kind.DECISION, Outcome.DENY)
    assert found[1]["context"]["id"] == denial.id
    assert release.asked is not None
    assert [one.id for one in release.asked.resources] == [BLOOD, BLOOD]
    assert [one["context"]["id"] for one in found].count(release.id) == 2
    # Nothing is released where nothing is permitted.
    before = len(log.records)
    assert decisions(batch(NOTE), verifier) == [False]
    kinds = [one.kind for one in log.records[before:]]
    assert kinds == [Kind.COMPILATION, Kind.DECISION]


def test_what_a_batch_denies_is_on_record_once_for_each_reason() -> None:
    log = MemoryAuditLog()
    nameless = {"type": "Observation", "properties": {"patient": "Patient/p-9"}}
    found = ask(batch(NOTE, NOTE, {"resource": nameless}), world().verifier(audit=log))
    _, notes, unread = log.records
    assert notes.asked is not None
    assert [it.id for it in notes.asked.resources] == [NOTE, NOTE]
    assert unread.asked is not None
    assert unread.asked.resources == ()
    ids = [it["context"]["id"] for it in found]
    assert ids == [notes.id, notes.id, unread.id]
    # Without a presentation that can be read, too.
    asked = batch(BLOOD, NOTE)
    asked["subject"]["properties"]["presentation"] = "{}"
    found = ask(asked, world().verifier(audit=log))
    assert [it["context"]["id"] for it in found] == [log.records[-1].id] * 2
    assert log.records[-1].outcome is Outcome.DENY


@pytest.mark.parametrize("single", [True, False])
def test_an_evaluation_without_a_presentation_is_on_record(*, single: bool) -> None:
    log = MemoryAuditLog()
    asked: Any = batch(BLOOD)
    del asked["subject"]["properties"]["presentation"]
    if single:
        del asked["evaluations"]
        asked["resource"] = resource(BLOOD)
        found: Any = authzen.evaluation(asked, world().verifier(audit=log))
    else:
        (found,) = ask(asked, world().verifier(audit=log))
    (record,) = log.records
    assert (record.outcome, record.proven) == (Outcome.DENY, False)
    assert record.asked is not None
    assert [it.id for it in record.asked.resources] == [BLOOD]
    assert found["context"]["id"] == record.id


def test_what_denies_everything_is_one_record() -> None:
    log = MemoryAuditLog()
    verifier = world().verifier(audit=log, audience="https://other.example")
    found = ask(batch(BLOOD, NOTE), verifier)
    (only,) = log.records
    assert (only.kind, only.outcome) == (Kind.COMPILATION, Outcome.DENY)
    assert [it["context"]["id"] for it in found] == [only.id, only.id]


def test_a_batch_that_cannot_be_recorded_permits_nothing() -> None:
    asked = batch(BLOOD, NOTE, BLOOD)
    for most in (0, 1):
        verifier = world().verifier(audit=Full(most))
        found = ask({**asked, "options": {"reasons": True}}, verifier, entitled=True)
        assert [one["decision"] for one in found] == [False, False, False]
        reasons = found[0]["context"]["reasons"]
        assert [one["code"] for one in reasons][:1] == ["AUDIT_UNAVAILABLE"]
    assert decisions(asked, world().verifier(audit=Full(2))) == [True, False, True]


def test_more_than_one_record_holds_is_recorded_in_parts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("medid.access.authzen_batch.MAX_RELEASED", 2)
    # The compilation and two parts fit, the third does not.
    log = Full(3)
    found = decisions(batch(*[BLOOD] * 5), world().verifier(audit=log))
    assert found == [True, True, True, True, False]


def test_the_site_s_own_policy_is_asked_about_each() -> None:
    def only_blood(question: Any) -> Narrowing:
        return Narrowing(denied=question["resource"]["id"] != BLOOD)

    policy = RulePolicy(only_blood, version="1")
    plain = resource(BLOOD)
    other = {"resource": {**plain, "id": "Observation/other"}}
    assert decisions(batch(BLOOD, other)) == [True, True]
    verifier = world().verifier(policy=policy)
    assert decisions(batch(BLOOD, other), verifier) == [True, False]


def test_a_policy_that_has_to_be_waited_for_answers_no_batch() -> None:
    class Waiting:
        digest = "a" * 64
        pure = False

        def narrow(self, question: Any) -> Narrowing:
            return Narrowing()

    verifier = world().verifier(policy=Waiting())
    assert decisions(batch(BLOOD), verifier) == [False]
