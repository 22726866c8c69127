"""A search tells what is permitted, as evaluations would, and nothing of the rest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.access import authzen, authzen_search
from medid.access.audit_record import Kind
from medid.access.authzen_pages import SEARCH_LIFETIME, Pages
from medid.access.authzen_search import action_search, resource_search
from medid.access.catalogue import Actions, MemoryCatalogue
from medid.access.consent_types import Obligation
from medid.access.site_policy import Narrowing, RulePolicy
from medid.adapters.audit import MemoryAuditLog
from medid.cli.demo_world import WITHDRAWALS, data
from medid.errors import EvidenceUnavailable, MalformedValue, MissingFact, ParsingError
from tests.access.standing import shown, standing, world
from tests.access.test_authzen import GOOD, NO_OBJECTS, denials, formless
from tests.access.test_authzen_batch import Counted, Full
from tests.access.world import AT, BLOOD, NOTE, World
from tests.support import examples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.access.verifier import AccessVerifier

PATIENT = "Patient/p-9"
PAGES = Pages(key=b"k" * 32, caller="gateway")
REDACT = Obligation("REDACT")
REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
NOTHING = {"page": {"next_token": ""}, "results": []}


def resource(name: str, like: str, **changes: Any) -> Any:
    known: Any = data("observations")
    properties = {"patient": PATIENT, **known[like], **changes}
    return {"type": "Observation", "id": name, "properties": properties}


def pattern(letters: str) -> MemoryCatalogue:
    """A resource for each letter, in their order: Y is permitted, N withheld."""
    likes = {"Y": BLOOD, "N": NOTE}
    return MemoryCatalogue(
        resource(f"{place:04}", likes[letter]) for place, letter in enumerate(letters)
    )


def asks(purpose: str = "TREAT", presentation: Any = None, **members: Any) -> Any:
    request = world().asks(purpose)
    request["resource"] = {"type": "Observation", "properties": {"patient": PATIENT}}
    given = presentation if presentation is not None else shown()
    request["subject"]["properties"]["presentation"] = given
    return {**request, **members}


def search(
    request: Any = None,
    found: Any = None,
    verifier: AccessVerifier | None = None,
    **members: Any,
) -> Any:
    settings: dict[str, Any] = {"pages": PAGES, **members}
    return resource_search(
        request if request is not None else asks(),
        verifier if verifier is not None else standing(),
        catalogue=found if found is not None else pattern("YNY"),
        **settings,
    )


def pages(
    request: Any, found: Any, verifier: AccessVerifier | None = None
) -> list[list[str]]:
    """The ids of every page."""
    read: list[list[str]] = []
    while True:
        answer = search(request, found, verifier)
        read.append([one["id"] for one in answer["results"]])
        token = answer["page"]["next_token"]
        if not token:
            return read
        request = {**request, "page": {**request.get("page", {}), "token": token}}


def nothing(answer: Any) -> bool:
    """Whether it is the answer of whoever may see nothing."""
    assert set(answer["context"]) == {"id"}
    return {name: answer[name] for name in answer if name != "context"} == NOTHING


# What is found.


def test_a_search_finds_what_is_permitted_and_shows_type_and_id() -> None:
    answer = search()
    assert [*answer] == ["page", "context", "results"]
    assert answer["page"] == {"next_token": ""}
    assert answer["results"] == [
        {"type": "Observation", "id": "0000"},
        {"type": "Observation", "id": "0002"},
    ]
    assert set(answer["context"]) == {"id", "expires"}
    assert answer["context"]["expires"] == "2026-06-15T12:06:00Z"


def test_what_is_found_is_permitted_when_it_is_asked_for() -> None:
    found = pattern("YNNYY")
    kept = {one["id"]: one for one in found.resources(PATIENT, "Observation", after="")}
    ids = {one["id"] for one in search(found=found)["results"]}
    for name, one in kept.items():
        answer: Any = authzen.evaluation(asks(resource=one), standing())
        assert answer["decision"] is (name in ids)


def test_the_id_of_what_is_sought_is_ignored() -> None:
    names: tuple[Any, ...] = ("0001", "", 1, None, {})
    for name in names:
        request = asks()
        request["resource"]["id"] = name
        assert len(search(request)["results"]) == 2


def test_nothing_that_is_handed_in_is_modified() -> None:
    request = asks(page={"limit": 1})
    before = json.dumps(request)
    search(request)
    assert json.dumps(request) == before


def test_the_sites_own_policy_narrows_a_search() -> None:
    policy = RulePolicy(lambda _asked: Narrowing(denied=True), version="1")
    assert nothing(search(verifier=world().verifier(policy=policy)))


# Its form.


SOUGHT: list[tuple[str, Any]] = [
    *((name, {}) for name in ("subject", "action", "resource")),
    *((name, wrong) for name in GOOD for wrong in NO_OBJECTS),
    ("context", []),
    ("subject", {"type": "x"}),
    ("subject", {"id": "x"}),
    ("action", {"properties": {}}),
    ("resource", {"id": "x"}),
    ("resource", {"type": 1}),
    ("resource", {"type": "x", "properties": []}),
    ("page", []),
    ("page", {"limit": -1}),
    ("page", {"token": "x"}),
]


@pytest.mark.parametrize(("member", "value"), SOUGHT)
def test_what_has_not_the_form_of_a_search_is_refused(member: str, value: Any) -> None:
    with pytest.raises(MalformedValue) as refused:
        search({**asks(), member: value})
    assert refused.value.path.startswith(f"$.{member}")


@pytest.mark.parametrize("member", [*GOOD])
def test_what_is_missing_is_refused(member: str) -> None:
    with pytest.raises(MalformedValue) as refused:
        search(formless({member: ...}))
    assert refused.value.path == f"$.{member}"


@pytest.mark.parametrize("value", [b"[]", "x", [], None])
def test_what_is_no_json_object_is_refused(value: Any) -> None:
    with pytest.raises(ParsingError):
        resource_search(value, standing(), catalogue=pattern(""), pages=PAGES)
    with pytest.raises(ParsingError):
        action_search(value, standing(), actions=actions("TREAT"))


@pytest.mark.parametrize(
    "changes",
    [
        {"resource": {"type": "Observation"}},
        {"resource": {"type": "Observation", "properties": {}}},
        {"resource": {"type": "Observation", "properties": {"patient": ""}}},
        {"resource": {"type": "Observation", "properties": {"patient": ["*"]}}},
        {"resource": {"type": "", "properties": {"patient": PATIENT}}},
        {"resource": {"type": "*", "properties": {"patient": PATIENT}}},
        {"resource": {"type": "Observation", "patient": PATIENT}},
        # What would be a filter, and is not heeded.
        {
            "resource": {
                "type": "Observation",
                "properties": {"patient": PATIENT, "code": []},
            }
        },
        {
            "resource": {
                "type": "Observation",
                "properties": {"patient": PATIENT},
                "securityLabel": [],
            }
        },
        {"action": {"name": "access"}},
        {"action": {"name": "unheard of"}},
        {"subject": {"type": "practitioner", "id": "did:example:1"}},
        {"context": {"unheard": "of"}},
        {"context": {"supported_obligations": "custom"}},
    ],
)
def test_what_is_not_understood_finds_nothing(changes: dict[str, Any]) -> None:
    assert nothing(search({**asks(), **changes}))


def test_what_stands_beside_the_parts_is_ignored() -> None:
    members: Any = {"foo": "bar", "evaluations": 1, "options": {"unheard": "of"}}
    assert len(search(asks(**members))["results"]) == 2


# What an outsider sees.


def test_nothing_to_see_looks_the_same_whatever_the_reason() -> None:
    seen = set()
    for name, (presented, request, members) in denials(world()).items():
        changes = dict(members)
        verifier = changes.pop("world", world()).verifier(**changes)
        patient = request["resource"]["properties"]["patient"]
        request["resource"] = {
            "type": "Observation",
            "properties": {"patient": patient},
        }
        request["subject"]["properties"]["presentation"] = presented
        # Of the world's resources; of which some would be permitted, some would not.
        withheld = "withheld" in name
        answer = search(request, pattern("N" if withheld else "YN"), verifier)
        assert nothing(answer), name
        seen.add(len(json.dumps(answer)))
    for found in (pattern(""), pattern("NNN")):
        answer = search(found=found)
        assert nothing(answer)
        seen.add(len(json.dumps(answer)))
    assert len(seen) == 1


def test_neither_counts_nor_labels_are_told() -> None:
    text = json.dumps(search(found=pattern("YNNNNY")))
    for word in ("count", "total", "securityLabel", "code", "patient", PATIENT):
        assert word not in text


class Watched:
    """A catalogue that counts what is taken of it."""

    def __init__(self, found: MemoryCatalogue) -> None:
        self.found = found
        self.asked: list[tuple[str, str, str | None]] = []
        self.taken = 0

    def resources(self, patient: str, kind: str, *, after: str | None) -> Iterator[Any]:
        self.asked.append((patient, kind, after))
        for one in self.found.resources(patient, kind, after=after):
            self.taken += 1
            yield one


def test_where_nothing_can_be_permitted_no_candidate_is_looked_at() -> None:
    unlicensed = asks(presentation=world().shown(world().consent))
    for request, verifier in (
        (asks(presentation=world().shown(domain="https://x.example")), standing()),
        (unlicensed, standing()),
        (asks(presentation="x"), standing()),
        (asks(), world().verifier(audit=Full(0))),
    ):
        watched = Watched(pattern("YYY"))
        assert nothing(search(request, watched, verifier))
        # The first is taken for everybody, so that an outage is one for everybody.
        assert (watched.taken, len(watched.asked)) == (1, 1)


# Pages.


@pytest.mark.parametrize(
    ("letters", "limit", "sizes"),
    [
        ("", 2, [0]),
        ("NNNN", 2, [0]),
        ("YY", 2, [2]),
        ("YYNNNN", 2, [2]),
        ("NNYYNN", 2, [2]),
        ("YYY", 2, [2, 1]),
        ("YNYNYN", 2, [2, 1]),
        ("NNYNNYNNYNN", 1, [1, 1, 1]),
        ("YYYY", 2, [2, 2]),
        ("YYYY", 5, [4]),
    ],
)
def test_pages_are_those_of_what_is_permitted_alone(
    letters: str, limit: int, sizes: list[int]
) -> None:
    read = pages(asks(page={"limit": limit}), pattern(letters))
    assert [len(page) for page in read] == sizes
    permitted = [f"{n:04}" for n, letter in enumerate(letters) if letter == "Y"]
    assert [name for page in read for name in page] == permitted


@given(letters=st.text("YN", max_size=14), limit=st.integers(1, 4))
@settings(max_examples=examples(15), deadline=None)
def test_pages_do_not_depend_on_what_is_withheld(letters: str, limit: int) -> None:
    request = asks(page={"limit": limit})
    read = [len(page) for page in pages(request, pattern(letters))]
    bare = pages(request, pattern(letters.replace("N", "")))
    assert read == [len(page) for page in bare]


def test_a_page_of_no_results_goes_on_where_it_is() -> None:
    request = asks(page={"limit": 0})
    for found, more in ((pattern("NYY"), True), (pattern("N"), False)):
        answer = search(request, found)
        assert answer["results"] == []
        assert bool(answer["page"]["next_token"]) is more
        assert set(answer["context"]) == {"id"}
        if more:
            page = {"limit": 0, "token": answer["page"]["next_token"]}
            again = search({**request, "page": page}, found)
            assert (again["results"], bool(again["page"]["next_token"])) == ([], True)


def test_without_a_limit_a_page_has_as_many_as_may_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("medid.access.authzen_pages.MAX_RESULTS", 3)
    for page in ({}, {"limit": 50}):
        read = pages(asks(page=page), pattern("YYYYYNYY"))
        assert [len(one) for one in read] == [3, 3, 1]


def test_a_page_looks_at_so_many_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authzen_search, "MAX_EXAMINED", 4)
    watched = Watched(pattern("NNNNNNYNYNN"))
    read = pages(asks(page={"limit": 5}), watched)
    assert read == [[], ["0006"], ["0008"]]
    assert [after for _, _, after in watched.asked] == [None, "0003", "0007"]
    # Nobody saw a result behind such a page, so the next may be empty.
    assert pages(asks(), pattern("NNNNNN")) == [[], []]
    # Where exactly so many are there, nothing is to come.
    assert pages(asks(), pattern("NNYN")) == [["0002"]]


def test_what_was_added_or_removed_meanwhile_breaks_no_search() -> None:
    request = asks(page={"limit": 2})
    first = search(request, pattern("YYNY"))
    request["page"]["token"] = first["page"]["next_token"]
    others = MemoryCatalogue(
        [
            resource(name, BLOOD)
            for name in ("0000", "0002a", "0002b")  # 0001 to 0003 are gone
        ]
    )
    second = search(request, others)
    assert [one["id"] for one in second["results"]] == ["0002a", "0002b"]


def test_a_token_ends_and_is_for_its_caller() -> None:
    request = asks(page={"limit": 1})
    first = search(request)
    request["page"]["token"] = first["page"]["next_token"]
    assert search(request)["results"] == [{"type": "Observation", "id": "0002"}]
    with pytest.raises(MalformedValue):
        search(request, pages=Pages(key=b"k" * 32, caller="another"))
    with pytest.raises(MalformedValue):
        search(request, at=AT.plus(SEARCH_LIFETIME))
    with pytest.raises(MalformedValue):
        search({**request, "context": {}})


def test_a_search_consumes_its_challenge_once_for_all_its_pages() -> None:
    store = Counted()
    verifier = world().verifier(challenges=store)
    given = world().shown(challenge=verifier.challenge())
    request = asks(presentation=given, page={"limit": 1})
    assert pages(request, pattern("YNYY"), verifier) == [["0000"], ["0002"], ["0003"]]
    assert store.consumed == 1
    # Without a token it is another search, and a replay.
    assert nothing(search(request, verifier=verifier))
    assert store.consumed == 2


def test_no_token_comes_without_a_challenge_that_passed() -> None:
    verifier = world().gateway()
    request = asks(presentation=world().shown(challenge="made-up"), page={"limit": 1})
    assert nothing(search(request, pattern("YYY"), verifier))


def test_a_page_is_verified_anew() -> None:
    own = World()
    verifier = own.verifier()
    request = own.asks()
    request["resource"] = {"type": "Observation", "properties": {"patient": PATIENT}}
    request["subject"]["properties"]["presentation"] = own.shown()
    request["page"] = {"limit": 1}
    first = search(request, verifier=verifier)
    request["page"]["token"] = first["page"]["next_token"]
    own.suspend(AT)
    # An empty page would pass for the end, and the first one for all there is.
    with pytest.raises(MalformedValue) as refused:
        search(request, verifier=verifier)
    assert refused.value.path == "$.page.token"
    del request["page"]
    assert nothing(search(request, verifier=verifier))


@pytest.mark.parametrize("down", [False, True])
def test_a_page_that_was_promised_is_not_empty(*, down: bool) -> None:
    own = World()
    verifier = own.verifier()
    request = own.asks()
    request["resource"] = {"type": "Observation", "properties": {"patient": PATIENT}}
    request["subject"]["properties"]["presentation"] = own.shown()
    request["page"] = {"limit": 1}
    first = search(request, verifier=verifier)
    request["page"]["token"] = first["page"]["next_token"]
    # The license still stands; the consent was withdrawn, or nobody can tell.
    if down:
        own.net.down.add(WITHDRAWALS)
    else:
        own.withdraw(AT)
    with pytest.raises(MalformedValue) as refused:
        search(request, verifier=verifier)
    assert refused.value.path == "$.page.token"


def test_a_later_page_that_cannot_be_recorded_is_no_end() -> None:
    # Two records for each page: what was compiled, and what was released.
    for most in (2, 3):
        verifier = world().verifier(audit=Full(most))
        request = asks(page={"limit": 1})
        first = search(request, verifier=verifier)
        request["page"]["token"] = first["page"]["next_token"]
        with pytest.raises(MalformedValue):
            search(request, verifier=verifier)


# Obligations.


def urgent(**context: Any) -> Any:
    request = asks("BTG")
    request["context"]["breakGlass"] = {
        "declared": True,
        "authorised": True,
        "reason": "unconscious",
    }
    request["context"] |= context
    return request


def test_obligations_come_with_each_result() -> None:
    answer = search(urgent())
    assert answer["results"]
    for one in answer["results"]:
        assert [duty["type"] for duty in one["obligations"]] == ["custom"] * 2
        told = {duty["properties"]["code"] for duty in one["obligations"]}
        assert told == {"AUDIT", "NOTIFY"}
        assert [duty["id"] for duty in one["obligations"]] == ["o1", "o2"]
    assert "obligations" not in answer["context"]


def test_a_result_whose_obligations_the_caller_cannot_perform_is_left_out() -> None:
    assert len(search(urgent(supported_obligations=["custom"]))["results"]) > 0
    assert nothing(search(urgent(supported_obligations=[])))

    def narrow(asked: Any) -> Narrowing:
        marked = asked["resource"]["id"] == "0000"
        return Narrowing(obligations=(REDACT,) if marked else ())

    policy = RulePolicy(narrow, version="1")
    verifier = world().verifier(policy=policy)
    request = asks()
    for supported, found in ((["custom"], ["0000", "0002"]), (["step-up"], ["0002"])):
        request["context"]["supported_obligations"] = supported
        answer = search(request, verifier=verifier)
        assert [one["id"] for one in answer["results"]] == found


# On record.


def test_what_a_page_shows_is_on_record_before_it_leaves() -> None:
    log = MemoryAuditLog()
    verifier = world().verifier(audit=log)
    answer = search(asks(page={"limit": 1}), verifier=verifier)
    compilation, release = log.records
    assert (compilation.kind, release.kind) == (Kind.COMPILATION, Kind.RELEASE)
    assert answer["context"]["id"] == release.id
    assert release.asked is not None
    # What was only looked at, to see whether there is more, was not released.
    assert [one.id for one in release.asked.resources] == ["0000"]
    assert nothing(search(found=pattern("N"), verifier=verifier))
    assert [one.kind for one in log.records[2:]] == [Kind.COMPILATION]


def test_a_page_that_cannot_be_recorded_shows_nothing() -> None:
    for most in (0, 1):
        verifier = world().verifier(audit=Full(most))
        assert nothing(search(asks(page={"limit": 1}), verifier=verifier))
    assert search(verifier=world().verifier(audit=Full(2)))["results"]


# The catalogue.


class Broken:
    """A catalogue that fails after ``good`` resources, or holds ``wrong``."""

    def __init__(self, good: int, wrong: Any = None, error: Any = None) -> None:
        self.good, self.wrong, self.error = good, wrong, error

    def resources(self, patient: str, kind: str, *, after: str | None) -> Iterator[Any]:
        del patient, kind, after
        for number in range(self.good):
            yield resource(f"{number:04}", BLOOD)
        if self.error is not None:
            raise self.error
        yield self.wrong


@pytest.mark.parametrize("good", [0, 2])
@pytest.mark.parametrize(
    "wrong",
    [
        None,
        [],
        {},
        {**resource("9", BLOOD), "type": "Condition"},
        {**resource("9", BLOOD), "id": 9},
        {**resource("9", BLOOD), "id": ""},
        {**resource("9", BLOOD), "id": "x" * 257},
        {**resource("9", BLOOD), "properties": {"patient": "Patient/another"}},
        {**resource("9", BLOOD), "properties": None},
    ],
)
def test_a_catalogue_that_holds_what_is_none_is_an_outage(
    good: int, wrong: Any
) -> None:
    with pytest.raises(EvidenceUnavailable) as refused:
        search(found=Broken(good, wrong))
    assert refused.value.path == "$.catalogue"
    assert "Patient" not in str(refused.value)


def test_a_catalogue_that_cannot_be_read_is_an_outage_for_everybody() -> None:
    down = EvidenceUnavailable("the store is down")
    for request in (asks(), asks("HRESCH"), asks(presentation="x")):
        with pytest.raises(EvidenceUnavailable):
            search(request, Broken(0, error=down))
    with pytest.raises(EvidenceUnavailable):
        search(found=Broken(0, error=MissingFact("x")))


def test_a_label_that_nobody_can_read_is_withheld() -> None:
    strange = resource("0001", BLOOD, securityLabel="N")
    found = Broken(1, strange)
    assert [one["id"] for one in search(found=found)["results"]] == ["0000"]


# Actions.


def action(code: str) -> Any:
    purposes = [{"system": REASON, "code": code}]
    return {"name": "access", "properties": {"purposeOfUse": purposes}}


def actions(*found: str) -> Actions:
    return Actions(tuple(action(code) for code in found))


ALL = actions("TREAT", "HRESCH", "BTG", "ETREAT")


def may(name: str = BLOOD, presentation: Any = None, **context: Any) -> Any:
    request = world().asks("TREAT", name)
    del request["action"]
    given = presentation if presentation is not None else shown()
    request["subject"]["properties"]["presentation"] = given
    request["context"] |= context
    return request


def test_an_action_search_finds_what_is_permitted() -> None:
    answer: Any = action_search(may(), standing(), actions=ALL)
    assert [*answer] == ["context", "results"]
    assert action("TREAT") in answer["results"]
    assert action("HRESCH") not in answer["results"]
    assert set(answer["context"]) == {"id", "expires"}
    for one in ALL.entries:
        request = {**may(), "action": one}
        decided: Any = authzen.evaluation(request, standing())
        assert decided["decision"] is (one in answer["results"])


def test_an_action_of_the_request_is_ignored() -> None:
    for stated in ({"name": "unheard of"}, action("HRESCH"), None, "x"):
        request = {**may(), "action": stated, "page": {"limit": 1}}
        answer: Any = action_search(request, standing(), actions=actions("TREAT"))
        assert answer["results"] == [action("TREAT")]


def test_no_action_looks_the_same_whatever_the_reason() -> None:
    seen = set()
    for name, (presented, request, members) in denials(world()).items():
        changes = dict(members)
        verifier = changes.pop("world", world()).verifier(**changes)
        request.pop("action", None)
        request["subject"]["properties"]["presentation"] = presented
        answer: Any = action_search(
            request, verifier, actions=actions("TREAT", "HRESCH")
        )
        assert (answer["results"], set(answer["context"])) == ([], {"id"}), name
        seen.add(len(json.dumps(answer)))
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("subject", ...),
        ("resource", ...),
        ("subject", {"type": "x"}),
        ("resource", {"type": "x"}),
        ("resource", {"id": "x"}),
        ("context", []),
    ],
)
def test_what_has_not_the_form_of_an_action_search_is_refused(
    member: str, value: Any
) -> None:
    with pytest.raises(MalformedValue) as refused:
        action_search(formless({member: value}), standing(), actions=ALL)
    assert refused.value.path.startswith(f"$.{member}")


def test_an_action_search_consumes_its_challenge_once() -> None:
    store = Counted()
    verifier = world().verifier(challenges=store)
    given = world().shown(challenge=verifier.challenge())
    answer: Any = action_search(may(presentation=given), verifier, actions=ALL)
    assert answer["results"]
    assert store.consumed == 1


def test_obligations_come_with_each_action() -> None:
    glass = {"declared": True, "authorised": True, "reason": "unconscious"}
    request = may(breakGlass=glass)
    answer: Any = action_search(request, standing(), actions=actions("BTG"))
    (found,) = answer["results"]
    assert (found["name"], len(found["obligations"])) == ("access", 2)
    request["context"]["supported_obligations"] = []
    answer = action_search(request, standing(), actions=actions("BTG"))
    assert answer["results"] == []


def test_actions_that_cannot_be_recorded_are_not_told() -> None:
    log = MemoryAuditLog()
    verifier = world().verifier(audit=log)
    assert action_search(may(), verifier, actions=actions("TREAT", "HRESCH"))["results"]
    kinds = [one.kind for one in log.records]
    assert kinds == [Kind.COMPILATION, Kind.COMPILATION, Kind.RELEASE]
    for most in (0, 1):
        full = world().verifier(audit=Full(most))
        answer: Any = action_search(may(), full, actions=actions("TREAT"))
        assert answer["results"] == []
