"""AuthZEN at the edge: its form, obligations, and who is told why."""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from medid.access import authzen
from medid.access.authzen_request import (
    MAX_EVALUATIONS,
    OBLIGATION_NOT_SUPPORTED,
    Semantic,
    read_evaluation,
    read_evaluations,
    read_options,
)
from medid.access.decision import Outcome
from medid.adapters.audit import MemoryAuditLog
from medid.cli.demo_world import REVOCATIONS, _index_in
from medid.core.json import dumps
from medid.errors import (
    MalformedValue,
    MedidError,
    MissingExtra,
    ParsingError,
    TooLarge,
)
from medid.issuing import set_status
from tests.access.world import (
    AT,
    BLOOD,
    NOTE,
    START,
    World,
    controller,
    fhir_consent,
    on_file,
)

if TYPE_CHECKING:
    from medid.access.verifier import AccessVerifier

HIV = "Observation/hiv-test"
GLASS = {"declared": True, "authorised": True, "reason": "unconscious patient"}


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@cache
def standing(world: World) -> AccessVerifier:
    """One verifier for the whole world; it remembers what it saw."""
    return world.verifier()


def asks(world: World, purpose: str = "TREAT", resource: str = BLOOD) -> dict[str, Any]:
    """A whole AuthZEN request, with its presentation."""
    request = world.asks(purpose, resource)
    request["subject"]["properties"]["presentation"] = world.shown()
    return request


def glass(world: World, **context: Any) -> dict[str, Any]:
    """A request whose permit has obligations."""
    request = asks(world, "BTG", HIV)
    request["context"] |= {"breakGlass": GLASS, **context}
    return request


def told(document: Any, verifier: AccessVerifier, **members: Any) -> Any:
    """The response with every reason."""
    asked = {**document, "options": {"reasons": True}}
    return authzen.evaluation(asked, verifier, entitled=True, **members)


def codes(answer: Any) -> list[str]:
    return [reason["code"] for reason in answer["context"]["reasons"]]


# One evaluation.


def test_a_permit_says_until_when_and_no_more(world: World) -> None:
    answer: Any = authzen.evaluation(asks(world), standing(world))
    assert answer["decision"] is True
    assert set(answer["context"]) == {"id", "expires"}


def test_a_denial_says_nothing_but_its_name(world: World) -> None:
    answer: Any = authzen.evaluation(asks(world, "HRESCH"), standing(world))
    assert answer["decision"] is False
    assert set(answer["context"]) == {"id"}
    assert answer["context"]["id"].startswith("urn:uuid:")


def test_the_answer_is_that_of_decide(world: World) -> None:
    verifier, shown = standing(world), world.shown()
    for purpose, resource in (("TREAT", BLOOD), ("TREAT", NOTE), ("HRESCH", BLOOD)):
        request = world.asks(purpose, resource)
        decided: Any = verifier.decide(shown, request).as_json()
        answer = told(request, verifier, presentation=shown)
        assert answer["context"].pop("id") != decided["context"].pop("id")
        assert answer == decided


@pytest.mark.parametrize("asked", [True, False, None])
@pytest.mark.parametrize("entitled", [True, False])
def test_reasons_are_for_who_asks_and_may_know(
    world: World, asked: bool | None, entitled: bool
) -> None:
    request = asks(world, "HRESCH")
    if asked is not None:
        request["options"] = {"reasons": asked}
    batch = {**request, "evaluations": [{}]}
    for call, document in (
        (authzen.evaluation, request),
        (authzen.evaluations, request),
        (authzen.evaluations, batch),
    ):
        answer: Any = call(document, standing(world), entitled=entitled)
        (one,) = answer.get("evaluations", [answer])
        assert ("reasons" in one["context"]) is (asked is True and entitled)


def test_the_time_is_the_verifiers_and_never_the_requests(world: World) -> None:
    request = asks(world)
    request["context"]["time"] = "2000-01-01T00:00:00Z"
    assert told(request, standing(world))["context"]["time"] == str(AT)
    years_later = AT.plus(86_400 * 400)
    late = told(request, standing(world), at=years_later)
    assert late["decision"] is False
    for document in (request, {**request, "evaluations": [{}]}):
        later: Any = authzen.evaluations(document, standing(world), at=years_later)
        (one,) = later.get("evaluations", [later])
        assert one["decision"] is False
    # Also of what is denied before anything is judged.
    request["subject"]["properties"]["presentation"] = []
    assert told(request, standing(world))["context"]["time"] == str(AT)


# The presentation.


def test_a_presentation_may_be_text(world: World) -> None:
    request = asks(world)
    shown = request["subject"]["properties"]["presentation"]
    request["subject"]["properties"]["presentation"] = dumps(shown)
    assert authzen.evaluation(request, standing(world))["decision"] is True
    token = world.shown(securing="vp+jwt")
    request["subject"]["properties"]["presentation"] = token
    assert isinstance(token, str)
    assert authzen.evaluation(request, standing(world))["decision"] is True


def test_a_presentation_may_come_beside_the_request(world: World) -> None:
    request = world.asks()
    answer = authzen.evaluation(request, standing(world), presentation=world.shown())
    assert answer["decision"] is True
    beside: Any = authzen.evaluations(
        {**request, "evaluations": [{}, {}]},
        standing(world),
        presentation=world.shown(),
    )
    assert [one["decision"] for one in beside["evaluations"]] == [True, True]


def test_two_presentations_are_none(world: World) -> None:
    answer = told(asks(world), standing(world), presentation=world.shown())
    assert (answer["decision"], codes(answer)) == (False, ["MALFORMED_VALUE_ERROR"])
    (reason,) = answer["context"]["reasons"]
    assert reason["path"] == "$.request.subject.properties.presentation"
    assert reason["about"] == "request"


@pytest.mark.parametrize("value", [None, 1, True, [], ["x"], "", "x", "a.b.c", {}])
def test_what_is_no_presentation_is_denied(world: World, value: Any) -> None:
    request = asks(world)
    request["subject"]["properties"]["presentation"] = value
    answer = told(request, standing(world))
    assert answer["decision"] is False
    assert answer["context"]["outcome"] == "deny"
    if not isinstance(value, str | dict):
        (reason,) = answer["context"]["reasons"]
        assert reason["path"] == "$.request.subject.properties.presentation"
    none = told(world.asks(), standing(world))
    assert (none["decision"], codes(none)) == (False, ["MALFORMED_VALUE_ERROR"])


@pytest.mark.parametrize(("levels", "read"), [(63, True), (70, False)])
def test_a_presentation_may_be_as_deep_as_a_document(
    world: World, levels: int, read: bool
) -> None:
    deep: Any = {}
    for _ in range(levels):
        deep = {"x": deep}
    request = asks(world)
    request["subject"]["properties"]["presentation"] = deep
    for call in (authzen.evaluation, authzen.evaluations):
        if read:
            assert call(request, standing(world))["decision"] is False
        else:
            with pytest.raises(TooLarge):
                call(request, standing(world))


def test_nothing_of_a_request_is_modified(world: World) -> None:
    request = glass(world, supported_obligations=["custom"])
    before = copy.deepcopy(request)
    authzen.evaluation(request, standing(world))
    authzen.evaluations({**request, "evaluations": [{}]}, standing(world))
    assert request == before


# The form.

GOOD: dict[str, Any] = {
    "subject": {"type": "practitioner", "id": "did:example:1"},
    "action": {"name": "access"},
    "resource": {"type": "Observation", "id": "1"},
}
NO_OBJECTS: tuple[Any, ...] = (None, "x", 1, True, [])
FORMLESS: list[tuple[str, Any, str]] = [
    *((f"no {name}", {name: ...}, f"$.{name}") for name in GOOD),
    *(
        (f"{name} is {value!r}", {name: value}, f"$.{name}")
        for name in (*GOOD, "context", "options")
        for value in NO_OBJECTS
    ),
    *(
        (
            f"no {name}.{member}",
            {name: {**GOOD[name], member: ...}},
            f"$.{name}.{member}",
        )
        for name, member in (
            *(("subject", "type"), ("subject", "id"), ("action", "name")),
            *(("resource", "type"), ("resource", "id")),
        )
    ),
    ("a number for a name", {"action": {"name": 123}}, "$.action.name"),
    (
        "properties that are none",
        {"subject": {**GOOD["subject"], "properties": []}},
        "$.subject.properties",
    ),
    ("an unknown option", {"options": {"checks": []}}, "$.options.checks"),
    (
        "an unknown semantic",
        {"options": {"evaluations_semantic": "all"}},
        "$.options.evaluations_semantic",
    ),
    (
        "a semantic that is none",
        {"options": {"evaluations_semantic": 1}},
        "$.options.evaluations_semantic",
    ),
    ("reasons that are none", {"options": {"reasons": "yes"}}, "$.options.reasons"),
]


def formless(changes: dict[str, Any]) -> dict[str, Any]:
    merged = {**GOOD, **changes}

    def kept(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {n: kept(v) for n, v in value.items() if v is not ...}

    found: dict[str, Any] = kept(merged)
    return found


@pytest.mark.parametrize(
    ("changes", "path"), [one[1:] for one in FORMLESS], ids=[one[0] for one in FORMLESS]
)
def test_what_has_not_the_form_of_authzen_is_refused(
    world: World, changes: dict[str, Any], path: str
) -> None:
    for call in (authzen.evaluation, authzen.evaluations):
        with pytest.raises(MalformedValue) as refused:
            call(formless(changes), standing(world))
        assert refused.value.path == path


@pytest.mark.parametrize("value", [b"[]", "x", [], None, 1, {1: 2}, {"subject": {1}}])
def test_what_is_no_json_object_is_refused(world: World, value: Any) -> None:
    for call in (authzen.evaluation, authzen.evaluations):
        with pytest.raises(ParsingError):
            call(value, standing(world))


def path_of(request: dict[str, Any], *names: str) -> Any:
    for name in names:
        request = request[name]
    return request


@pytest.mark.parametrize(
    ("names", "member", "value"),
    [
        (("subject",), "ids", "x"),
        (("subject", "properties"), "role", "admin"),
        (("subject",), "id", ""),
        (("action",), "purpose", "TREAT"),
        (("action", "properties"), "purposeOfUse", []),
        (("resource",), "securityLabel", []),
        (("resource", "properties"), "securitylabel", []),
        (("resource", "properties"), "patient", ""),
        (("resource", "properties"), "patient", ["Patient/p-9"]),
        (("context",), "now", "2000-01-01T00:00:00Z"),
        (("context",), "trustedIssuers", ["*"]),
        (("context",), "patientLocation", ["US-OH"]),
        (("context",), "supported_obligations", "custom"),
        (("context",), "supported_obligations", None),
        (("context",), "supported_obligations", ["custom", 1]),
    ],
)
def test_what_is_authzen_and_not_understood_is_denied(
    world: World, names: tuple[str, ...], member: str, value: Any
) -> None:
    request = asks(world)
    path_of(request, *names)[member] = value
    answer = told(request, standing(world))
    assert answer["decision"] is False
    assert codes(answer) == ["MALFORMED_VALUE_ERROR"]
    (reason,) = answer["context"]["reasons"]
    assert reason["path"].startswith("$.request" + "".join(f".{one}" for one in names))
    public: Any = authzen.evaluation(request, standing(world))
    assert (public["decision"], set(public["context"])) == (False, {"id"})


@pytest.mark.parametrize("member", ["contxt", "evaluations", "page", "decision"])
@pytest.mark.parametrize("value", [{}, [], "bar", {"nested": True}, None])
def test_what_stands_beside_the_four_parts_is_ignored(
    world: World, member: str, value: Any
) -> None:
    # AuthZEN has receivers ignore the members that they do not know.
    for purpose, permitted in (("TREAT", True), ("HRESCH", False)):
        request = {**asks(world, purpose), member: value}
        answer = told(request, standing(world))
        assert answer["decision"] is permitted, member


def test_a_context_under_another_name_is_none(world: World) -> None:
    request = asks(world)
    request["contxt"] = request.pop("context")
    answer = told(request, standing(world))
    assert (answer["decision"], "LOCATION_UNKNOWN" in codes(answer)) == (False, True)


def test_without_a_patient_nothing_is_permitted(world: World) -> None:
    without: tuple[dict[str, Any], ...] = ({}, {"properties": {}})
    for properties in without:
        request = asks(world)
        del request["resource"]["properties"]
        request["resource"] |= properties
        assert told(request, standing(world))["decision"] is False
        batch: Any = authzen.evaluations(
            {**request, "evaluations": [{}]}, standing(world)
        )
        assert [one["decision"] for one in batch["evaluations"]] == [False]


def test_a_package_that_is_missing_permits_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Lacking:
        def consents(self, patient: str) -> Any:
            raise MissingExtra("a package is missing")

    verifier = world.verifier(consents=Lacking())
    answer = told(asks(world), verifier)
    assert (answer["decision"], codes(answer)) == (False, ["MISSING_EXTRA"])
    assert answer["context"]["outcome"] == "indeterminate"


# Obligations.


def test_obligations_come_with_their_type_and_their_code(world: World) -> None:
    answer: Any = authzen.evaluation(glass(world), standing(world))
    assert answer["decision"] is True
    obligations = answer["context"]["obligations"]
    assert [one["id"] for one in obligations] == ["o1", "o2"]
    assert {one["type"] for one in obligations} == {"custom"}
    assert {one["properties"]["code"] for one in obligations} == {"AUDIT", "NOTIFY"}
    assert {one["properties"]["system"] for one in obligations} == {
        "http://terminology.hl7.org/CodeSystem/v3-ActCode",
        "https://w3id.org/medid/consent-evaluation/1",
    }


@pytest.mark.parametrize(
    ("supported", "permitted"),
    [
        (["custom"], True),
        (["step-up", "custom"], True),
        (["step-up", "notification", "session_termination"], False),
        (["CUSTOM"], False),
        (["*"], False),
        ([], False),
    ],
)
def test_a_permit_whose_obligations_the_caller_cannot_perform_is_a_denial(
    world: World, supported: list[str], permitted: bool
) -> None:
    request = glass(world, supported_obligations=supported)
    batch = {**request, "evaluations": [{}], "options": {"reasons": True}}
    several: Any = authzen.evaluations(batch, standing(world), entitled=True)
    for answer in (told(request, standing(world)), several["evaluations"][0]):
        assert answer["decision"] is permitted
        assert ("obligations" in answer["context"]) is permitted
        assert ("expires" in answer["context"]) is permitted
        assert (codes(answer)[0] == OBLIGATION_NOT_SUPPORTED) is not permitted
        assert answer["context"]["outcome"] == ("permit" if permitted else "deny")
    if not permitted:
        public: Any = authzen.evaluation(request, standing(world))
        assert set(public["context"]) == {"id"}


def test_what_the_caller_cannot_perform_is_on_record_as_the_denial_it_is(
    world: World,
) -> None:
    request = glass(world, supported_obligations=[])
    log = MemoryAuditLog()
    answer: Any = authzen.evaluation(request, world.verifier(audit=log))
    assert answer["decision"] is False
    (record,) = log.records
    assert (record.id, record.outcome) == (answer["context"]["id"], Outcome.DENY)
    assert record.codes[0] == OBLIGATION_NOT_SUPPORTED
    assert not record.obligations


def test_a_permit_without_obligations_needs_no_support(world: World) -> None:
    request = asks(world)
    request["context"]["supported_obligations"] = []
    assert authzen.evaluation(request, standing(world))["decision"] is True


def test_a_denial_stays_the_denial_it_is(world: World) -> None:
    request = asks(world, "HRESCH")
    request["context"]["supported_obligations"] = []
    assert OBLIGATION_NOT_SUPPORTED not in codes(told(request, standing(world)))


# What an outsider sees.


def denials(world: World, **shown: Any) -> dict[str, tuple[Any, Any, dict[str, Any]]]:
    """Presentation, request and settings of cases that must look alike."""
    elsewhere = world.asks()
    elsewhere["resource"]["properties"]["patient"] = "Patient/nobody"
    revoked = World()
    lists, url = revoked.web.documents, REVOCATIONS
    changed: Any = set_status(
        lists[url], _index_in(revoked.license, url), revoked.board, at=START
    )
    lists[url] = changed
    withdrawn = World()
    withdrawn.withdraw(START)
    permit = world.asks()
    return {
        "unknown patient": (world.shown(**shown), elsewhere, {}),
        "no consent": (world.shown(world.license, **shown), permit, {}),
        "refused consent": (
            world.shown(**shown),
            permit,
            {"consents": on_file(fhir_consent("deny"))},
        ),
        "withdrawn consent": (
            withdrawn.shown(**shown),
            withdrawn.asks(),
            {"world": withdrawn},
        ),
        "withheld label": (world.shown(**shown), world.asks("TREAT", HIV), {}),
        "withheld category": (world.shown(**shown), world.asks("TREAT", NOTE), {}),
        "revoked license": (revoked.shown(**shown), revoked.asks(), {"world": revoked}),
        "no license": (world.shown(world.consent, **shown), permit, {}),
        "another presenter": (world.shown(by=controller(), **shown), permit, {}),
        "another audience": (
            world.shown(domain="https://x.example", **shown),
            permit,
            {},
        ),
        "unreadable consent on file": (
            world.shown(**shown),
            permit,
            {"consents": on_file(b"{")},
        ),
        "no presentation to read": ("x", permit, {}),
    }


def test_every_denial_looks_the_same(world: World) -> None:
    seen, lengths = set(), set()
    for name, (shown, request, members) in denials(world).items():
        settings = dict(members)
        verifier = settings.pop("world", world).verifier(**settings)
        reasons = codes(told(request, verifier, presentation=shown))
        seen.add(tuple(reasons))
        single = authzen.evaluation(request, verifier, presentation=shown)
        batch = {**request, "evaluations": [{}]}
        several: Any = authzen.evaluations(batch, verifier, presentation=shown)
        for answer in (single, several["evaluations"][0]):
            lengths.add(len(json.dumps(answer)))
            context: Any = answer.pop("context")
            assert answer == {"decision": False}, name
            assert [*context] == ["id"], name
    assert len(seen) >= 9
    assert len(lengths) == 1


# The pieces.


def test_the_metadata_is_exactly_this() -> None:
    assert authzen.metadata("https://pdp.hospital.example") == {
        "policy_decision_point": "https://pdp.hospital.example",
        "access_evaluation_endpoint": (
            "https://pdp.hospital.example/access/v1/evaluation"
        ),
        "access_evaluations_endpoint": (
            "https://pdp.hospital.example/access/v1/evaluations"
        ),
        "supported_obligations": ["custom"],
    }
    searching = authzen.metadata(
        "https://pdp.hospital.example", searches=[authzen.SEARCH_ACTION]
    )
    assert {name for name in searching if "search" in name} == {
        "search_action_endpoint"
    }


def test_an_evaluation_does_not_show_what_it_holds(world: World) -> None:
    shown = repr(read_evaluation(asks(world)))
    assert "Patient/" not in shown
    assert "did:" not in shown


def test_options_have_defaults() -> None:
    options = read_options({})
    assert (options.semantic, options.reasons) == (Semantic.EXECUTE_ALL, False)


def test_evaluations_are_counted() -> None:
    most: Any = {"evaluations": [{}] * MAX_EVALUATIONS}
    assert len(read_evaluations(most)) == MAX_EVALUATIONS
    with pytest.raises(MedidError) as refused:
        read_evaluations({"evaluations": [{}] * (MAX_EVALUATIONS + 1)})
    assert (refused.value.code, refused.value.path) == ("TOO_LARGE", "$.evaluations")
