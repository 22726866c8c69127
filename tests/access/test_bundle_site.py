"""Bundles of decisions under a site's own policy, and on a GA4GH passport."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.access.bundle import read, write
from medid.access.bundle_site import digest_of
from medid.access.consent_types import Obligation
from medid.access.decision import Outcome
from medid.access.passport import MAX_VISAS, Passport
from medid.access.replay import replay
from medid.access.request import AccessRequest
from medid.access.site_policy import Narrowing, RulePolicy
from medid.adapters.policies.authzen import AuthzenPolicy
from medid.adapters.policies.cedar import CedarPolicy
from medid.core.json import dumps
from medid.errors import (
    ConfigurationError,
    EvidenceUnavailable,
    InvalidSignature,
    MalformedValue,
    MedidError,
    TooLarge,
)
from tests.access.test_bundle import KEY, SIGNER
from tests.access.test_visa_decisions import ALL, asks, registry
from tests.access.visa_world import EVERYBODY, passport
from tests.access.world import AT, World, controller

if TYPE_CHECKING:
    from collections.abc import Callable

    from medid.access.site_policy import SitePolicy
    from medid.core.json import JsonObject

LOGGED = Obligation("LOG-HERE", "https://hospital.example/duties")


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def bundled(
    world: World,
    *,
    policy: Any = None,
    content: bool = True,
    request: AccessRequest | None = None,
    **settings: Any,
) -> Any:
    """The bundle of what is decided, as a JSON object."""
    shown = dumps(world.shown()).encode()
    verifier = world.verifier(policy=policy, **settings)
    case = verifier.prepare(shown, request or world.asks(), at=AT)
    return write(
        case,
        verifier.conclude(case),
        presentation=shown,
        policy=policy if content else None,
        controller=SIGNER,
    )


def opened(document: Any) -> Any:
    return read(dumps(document))


def says(answer: Narrowing | Exception, version: str = "1") -> RulePolicy:
    """A policy that says the same about everything."""

    def rule(_question: JsonObject) -> Narrowing:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return RulePolicy(rule, version=version)


ANSWERS: dict[str, tuple[Narrowing | Exception, str]] = {
    "nothing": (Narrowing(), "permit"),
    "a duty": (Narrowing(obligations=(LOGGED,)), "permit"),
    "no": (Narrowing(denied=True), "deny"),
    "no, by name": (Narrowing(denied=True, reasons=("closed", "night")), "deny"),
    "no answer": (ValueError("down"), "indeterminate"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_a_policy_said_is_replayed(world: World, name: str) -> None:
    answer, outcome = ANSWERS[name]
    policy = says(answer)
    found = opened(bundled(world, policy=policy))
    found.check(KEY)
    assert found.policy.digest == policy.digest
    assert found.policy.content is None
    for again, told in (
        (replay(found), "as-recorded"),
        (replay(found, policy=policy), "asked-again"),
    ):
        assert again.differences == ()
        assert again.decision.outcome == outcome
        assert again.policy == told
        assert again.as_json()["policy"] == told


def test_a_policy_that_was_not_asked_has_nothing_to_say(world: World) -> None:
    """A denial is never shown to it, then and in the replay."""

    def never(_question: JsonObject) -> Narrowing:
        raise AssertionError("the policy was asked")

    policy = RulePolicy(never, version="1")
    asked = AccessRequest.from_json(world.asks("HMARKT"))
    document = bundled(world, policy=policy, request=asked)
    assert document["policy"] == {"digest": policy.digest}
    again = replay(opened(document), policy=policy)
    assert again
    assert not again.decision
    assert again.policy is None
    assert "policy" not in again.as_json()


def test_another_policy_cannot_stand_for_the_one_of_then(world: World) -> None:
    found = opened(bundled(world, policy=says(Narrowing())))
    with pytest.raises(EvidenceUnavailable) as caught:
        replay(found, policy=says(Narrowing(), version="2"))
    assert caught.value.path == "$.policy"


def test_a_policy_that_says_something_else_under_one_version_shows(
    world: World,
) -> None:
    found = opened(bundled(world, policy=says(Narrowing())))
    again = replay(found, policy=says(Narrowing(denied=True)))
    assert not again
    assert {"decision", "outcome", "reasons"} <= set(again.differences)
    more = replay(found, policy=says(Narrowing(obligations=(LOGGED,))))
    assert more.differences == ("obligations",)


CEDAR = """
@id("treatment-only") @obligation("https://hospital.example/duties|LOG-HERE")
permit(principal, action, resource);
@id("no-notes") forbid(principal, action, resource) when { resource.type == "Note" };
"""


def test_a_policy_in_cedar_is_written_down_and_asked_again(world: World) -> None:
    policy = CedarPolicy(CEDAR)
    document = bundled(world, policy=policy)
    assert document["policy"]["content"] == {"cedar": CEDAR, "schema": None}
    assert digest_of(document["policy"]["content"]) == policy.digest
    found = opened(document)
    again = replay(found, policy=CedarPolicy.of_content(found.policy.content))
    assert (again.differences, again.policy) == ((), "asked-again")
    assert LOGGED in again.decision.obligations
    bare = bundled(world, policy=policy, content=False)
    assert "content" not in bare["policy"]
    assert replay(opened(bare))


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"cedar": 1, "schema": None},
        {"cedar": CEDAR, "schema": 1},
        {"cedar": CEDAR, "schema": None, "more": 1},
        {"cedar": "permit(", "schema": None},
        {"cedar": CEDAR, "schema": "no schema"},
    ],
)
def test_what_is_no_policy_in_cedar_is_refused(content: Any) -> None:
    with pytest.raises((MalformedValue, ConfigurationError)):
        CedarPolicy.of_content(content)


def test_a_policy_with_a_schema_comes_back_with_it() -> None:
    schema = (
        "entity Practitioner; entity Resource;"
        ' action "read" appliesTo { principal: Practitioner, resource: Resource };'
    )
    text = "permit(principal, action, resource);"
    policy = CedarPolicy(text, schema=schema)
    assert CedarPolicy.of_content(policy.content).digest == policy.digest


def test_an_endpoint_is_known_by_its_word(world: World) -> None:
    policy = AuthzenPolicy("https://localhost:9/access", version="1", seconds=0.1)
    found = opened(bundled(world, policy=policy))
    assert found.policy.content is None
    again = replay(found)
    assert again
    assert again.decision.outcome is Outcome.INDETERMINATE


def test_the_policy_has_to_be_the_one_that_decided(world: World) -> None:
    shown = dumps(world.shown()).encode()
    policy = says(Narrowing())
    verifier = world.verifier(policy=policy)
    case = verifier.prepare(shown, world.asks(), at=AT)
    decision = verifier.conclude(case)

    class Lying:
        """Its content is not what its digest is of."""

        digest, pure, content = policy.digest, True, {"rule": "other"}

        def narrow(self, question: JsonObject) -> Narrowing:
            return policy.narrow(question)

    others: list[SitePolicy] = [says(Narrowing(), version="2"), Lying()]
    for other in others:
        with pytest.raises(ConfigurationError) as caught:
            write(case, decision, presentation=shown, policy=other, controller=SIGNER)
        assert caught.value.path == "$.policy"


def test_an_answer_counts_for_its_own_question_only(world: World) -> None:
    """Even who may sign cannot move an answer to another request unseen."""
    document = copy.deepcopy(bundled(world, policy=says(Narrowing())))
    document["policy"]["question"] = "0" * 64
    again = replay(opened(document))
    assert not again
    assert again.decision.outcome is Outcome.INDETERMINATE
    assert again.decision.codes == ("SITE_POLICY_UNAVAILABLE",)


def change_digest(document: Any) -> None:
    document["policy"]["digest"] = "0" * 64


def change_answer(document: Any) -> None:
    document["policy"]["answer"]["denied"] = False


def drop_answer(document: Any) -> None:
    del document["policy"]["answer"]


def drop_policy(document: Any) -> None:
    del document["policy"]


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (change_digest, "basis.policy"),
        (change_answer, "decision"),
        (drop_answer, "outcome"),
        (drop_policy, "basis.policy"),
    ],
)
def test_whatever_was_altered_shows_and_is_not_what_was_signed(
    world: World, change: Callable[[Any], None], difference: str
) -> None:
    document = copy.deepcopy(bundled(world, policy=says(Narrowing(denied=True))))
    change(document)
    found = opened(document)
    with pytest.raises((InvalidSignature, MalformedValue)):
        found.check(KEY)
    assert difference in replay(found).differences


# Passports.


@pytest.fixture(scope="module")
def researched(world: World) -> Any:
    return bundled(world, request=asks(world, *ALL), trust=registry(world))


def test_a_passport_is_judged_again(world: World, researched: Any) -> None:
    found = opened(researched)
    found.check(KEY)
    again = replay(found)
    assert again
    assert again.decision.permitted
    assert len(again.decision.basis.visas) == 3  # type: ignore[union-attr]
    assert researched["passport"]["presenter"] == world.practitioner.did


def test_a_passport_in_a_jwt_is_judged_again(world: World) -> None:
    treats = AccessRequest.from_json(world.asks())
    for exp, outcome in ((None, Outcome.PERMIT), (int(AT.seconds), Outcome.DENY)):
        changes: Any = {} if exp is None else {"exp": exp}
        handed = Passport.from_token(
            passport(**changes),
            presenter=world.practitioner.did,
            identities=EVERYBODY,
        )
        document = bundled(
            world, request=treats.with_passport(handed), trust=registry(world)
        )
        assert isinstance(document["passport"]["source"], str)
        again = replay(opened(document))
        assert again
        assert again.decision.outcome is outcome


def test_a_visa_that_was_taken_out_shows(researched: Any) -> None:
    document = copy.deepcopy(researched)
    document["passport"]["source"]["ga4gh_passport_v1"].pop()
    found = opened(document)
    with pytest.raises(InvalidSignature) as caught:
        found.check(KEY)
    assert caught.value.path == "$.passport"
    again = replay(found)
    assert {"decision", "basis.visas"} <= set(again.differences)


def test_other_identities_show(researched: Any) -> None:
    document = copy.deepcopy(researched)
    document["passport"]["identities"] = []
    assert "decision" in replay(opened(document)).differences
    document["passport"]["presenter"] = controller().did
    assert "outcome" in replay(opened(document)).differences


def test_both_at_once(world: World) -> None:
    policy = says(Narrowing(obligations=(LOGGED,)))
    document = bundled(
        world, policy=policy, request=asks(world, *ALL), trust=registry(world)
    )
    opened(document).check(KEY)
    again = replay(opened(document), policy=policy)
    assert again
    assert LOGGED in again.decision.obligations


BAD_POLICIES: list[Any] = [
    None,
    [],
    {},
    {"digest": 1},
    {"digest": ""},
    {"digest": "d", "more": 1},
    {"digest": "d", "content": []},
    {"digest": "d", "question": 1},
    {"digest": "d", "answer": None},
    {"digest": "d", "answer": {}},
    {"digest": "d", "answer": {"denied": 1, "reasons": [], "obligations": []}},
    {"digest": "d", "answer": {"denied": True, "reasons": [1], "obligations": []}},
    {"digest": "d", "answer": {"denied": True, "reasons": ["a b"], "obligations": []}},
    {"digest": "d", "answer": {"denied": True, "reasons": "ab", "obligations": []}},
    {"digest": "d", "answer": {"denied": True, "reasons": [], "obligations": [1]}},
    {"digest": "d", "answer": {"denied": True, "reasons": [], "obligations": [{}]}},
    {
        "digest": "d",
        "answer": {
            "denied": True,
            "reasons": [],
            "obligations": [{"system": "s", "code": "c", "more": 1}],
        },
    },
    {
        "digest": "d",
        "answer": {"denied": True, "reasons": [], "obligations": [], "more": 1},
    },
]
BAD_PASSPORTS: list[Any] = [
    None,
    [],
    {},
    {"source": 1, "presenter": None, "identities": []},
    {"source": None, "presenter": None, "identities": []},
    {"source": {}, "presenter": None, "identities": []},
    {"source": "x", "presenter": 1, "identities": []},
    {"source": "x", "presenter": None},
    {"source": "x", "presenter": None, "identities": {}},
    {"source": "x", "presenter": None, "identities": [["a", "b"]]},
    {"source": "x", "presenter": "d", "identities": [["a"]]},
    {"source": "x", "presenter": "d", "identities": [["a", 1]]},
    {"source": "x", "presenter": "d", "identities": ["ab"]},
    {"source": "x", "presenter": "d", "identities": [{}]},
    {"source": "x", "presenter": None, "identities": [], "more": 1},
    {"source": {"ga4gh_passport_v1": 1}, "presenter": None, "identities": []},
]


@pytest.mark.parametrize("value", BAD_POLICIES, ids=json.dumps)
def test_a_policy_of_another_form_is_refused(researched: Any, value: Any) -> None:
    with pytest.raises(MalformedValue) as caught:
        opened({**researched, "policy": value})
    assert caught.value.path.startswith("$.policy")


@pytest.mark.parametrize("value", BAD_PASSPORTS, ids=json.dumps)
def test_a_passport_of_another_form_is_refused(researched: Any, value: Any) -> None:
    found = opened({**researched, "passport": value})
    with pytest.raises(MalformedValue) as caught:
        replay(found)
    assert caught.value.path.startswith("$.request.passport") or (
        caught.value.path.startswith("$.passport")
    )


def test_a_passport_of_too_many_visas_is_refused(researched: Any) -> None:
    visas = {"ga4gh_passport_v1": ["x"] * (MAX_VISAS + 1)}
    value: Any = {"source": visas, "presenter": None, "identities": []}
    with pytest.raises(TooLarge):
        replay(opened({**researched, "passport": value}))


SCALARS: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=5)
)
JSON: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                (
                    *("digest", "content", "question", "answer", "denied", "reasons"),
                    *("obligations", "source", "presenter", "identities", "x"),
                )
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(name=st.sampled_from(["policy", "passport"]), value=JSON)
def test_only_errors_of_medid_come_of_any_value(
    researched: Any, name: str, value: Any
) -> None:
    try:
        again = replay(opened({**researched, name: value}))
    except MedidError:
        return
    # A policy that nobody asked then adds nothing, and no passport adds a permit.
    assert not again or again.decision.as_json() == researched["decision"]
