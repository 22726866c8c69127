"""did:webvh through the resolver: which version, with what said about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from medid.core.evidence import Evidence
from medid.core.fetch import Fetched
from medid.core.json import dumps
from medid.dids import resolver
from medid.dids.methods import webvh
from medid.dids.resolution import ResolutionOptions
from medid.dids.webvh.location import locate
from medid.dids.webvh.seen import MemorySeenVersions, Seen
from medid.errors import (
    DidDeactivated,
    DidLogAltered,
    DidNotFound,
    EvidenceUnavailable,
    FetchFailed,
    InvalidDid,
    InvalidDidDocument,
    InvalidDidLog,
    InvalidVerificationMethod,
    TooLarge,
)
from medid.verifying.gathering import gather
from tests.dids.webvh import logs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.fetch import FetchRequest
    from medid.core.instant import Instant
    from medid.core.json import JsonObject
    from medid.dids.syntax import Did
    from medid.errors import MedidError

ENTRIES = [logs.first("a")]
ENTRIES.append(
    logs.after(
        ENTRIES[0],
        updateKeys=logs.multikeys("b"),
        ttl=60,
        watchers=["https://watch.example"],
    )
)
ENTRIES.append(logs.after(ENTRIES[1], "b"))
DID = logs.did_of(ENTRIES)
PLACE = locate(DID)
APPROVED = logs.several(2, witness=logs.witnesses(1, "w"))


def at(hours: float) -> Instant:
    return logs.NOON.plus(hours * logs.HOUR)


def version(entries: Sequence[JsonObject], **asked: object) -> str:
    options = ResolutionOptions(**asked)  # type: ignore[arg-type]
    found = resolver.resolution(logs.did_of(entries), logs.published(entries), options)
    return str(found.metadata["versionId"])


def test_the_latest_version_is_the_answer_and_what_is_said_about_it() -> None:
    found = resolver.resolution(DID, logs.published(ENTRIES))
    assert found.document.id == DID
    assert found.document.raw == ENTRIES[2]["state"]
    assert found.metadata == {
        "versionId": ENTRIES[2]["versionId"],
        "versionTime": str(at(2)),
        "created": str(logs.NOON),
        "updated": str(at(2)),
        "scid": PLACE.scid,
        "portable": False,
        "deactivated": False,
        "ttl": "60",
        "watchers": ["https://watch.example"],
    }


def test_an_earlier_version_says_what_came_after_it() -> None:
    options = ResolutionOptions(version_number=1)
    found = resolver.resolution(DID, logs.published(ENTRIES), options)
    assert found.metadata["versionId"] == ENTRIES[0]["versionId"]
    assert found.metadata["versionTime"] == str(logs.NOON)
    assert found.metadata["updated"] == str(at(2))
    assert found.metadata["nextVersionId"] == ENTRIES[1]["versionId"]
    assert found.metadata["nextUpdate"] == str(at(1))


def test_times_in_metadata_are_in_utc_and_whole_seconds() -> None:
    one = logs.first(at="2026-06-01T12:00:00.987654321Z")
    two = logs.after(one, at="2026-06-01T13:00:00+00:00")
    three = logs.after(two, at="2026-06-01T14:00:00.5+00:00")
    did, known = logs.did_of([one]), logs.published([one, two, three])
    options = ResolutionOptions(version_number=2)
    metadata = resolver.resolution(did, known, options).metadata
    assert metadata["created"] == "2026-06-01T12:00:00Z"
    assert metadata["updated"] == metadata["nextUpdate"] == "2026-06-01T14:00:00Z"
    assert metadata["versionTime"] == two["versionTime"]


def test_a_version_is_found_by_each_of_its_names() -> None:
    for index, entry in enumerate(ENTRIES):
        name = entry["versionId"]
        assert version(ENTRIES, version_id=name) == name
        assert version(ENTRIES, version_number=index + 1) == name
        assert version(ENTRIES, version_time=at(index)) == name
        assert version(ENTRIES, version_time=at(index + 0.9)) == name
        both = {"version_id": name, "version_number": index + 1}
        assert version(ENTRIES, **both, version_time=at(index)) == name
    assert version(ENTRIES, version_time=at(99)) == ENTRIES[2]["versionId"]


@pytest.mark.parametrize(
    "asked",
    [
        {"version_id": "1-x"},
        {"version_id": "1"},
        {"version_id": str(ENTRIES[0]["versionId"])[:-1]},
        {"version_number": 0},
        {"version_number": 4},
        {"version_number": -1},
        {"version_time": at(-0.1)},
        {"version_number": 2, "version_id": str(ENTRIES[0]["versionId"])},
        {"version_number": 1, "version_time": at(1)},
        {"version_number": 2, "version_time": at(0)},
        {"version_number": 1, "version_time": at(-1)},
    ],
)
def test_a_version_that_is_not_there_is_not_found(asked: dict[str, object]) -> None:
    with pytest.raises(DidNotFound, match="no such version"):
        version(ENTRIES, **asked)


def test_a_deactivated_did_is_of_no_use_and_was_before() -> None:
    one = logs.first("a")
    entries = [one, logs.after(one, updateKeys=[], deactivated=True)]
    did, evidence = logs.did_of(entries), logs.published(entries)
    with pytest.raises(DidDeactivated):
        resolver.resolve(did, evidence)
    with pytest.raises(DidDeactivated):
        resolver.resolve(did, evidence, ResolutionOptions(version_time=at(1)))
    before = ResolutionOptions(version_time=at(0.9))
    assert resolver.resolve(did, evidence, before).raw == one["state"]
    found = resolver.resolution(did, evidence, before)
    assert found.metadata["deactivated"] is True
    assert not found.deactivated
    assert resolver.resolution(did, evidence).deactivated


def test_a_log_tells_the_past_whenever_it_was_fetched() -> None:
    evidence = logs.published(ENTRIES, at=at(10_000))
    options = ResolutionOptions(version_time=at(0))
    found = resolver.resolution(DID, evidence, options)
    assert found.metadata["versionId"] == ENTRIES[0]["versionId"]


def test_a_version_of_a_time_to_come_is_no_answer() -> None:
    evidence = logs.published(ENTRIES, at=at(1))
    with pytest.raises(InvalidDidLog, match="to come"):
        resolver.resolution(DID, evidence)
    with pytest.raises(InvalidDidLog, match="to come"):
        resolver.resolution(DID, logs.published(ENTRIES, at=at(-1)))


def test_behind_what_does_not_count_only_named_versions_are_answers() -> None:
    content = logs.lines(ENTRIES[:2]) + b'{"versionId":\n'
    evidence = logs.published(content, did=DID)
    cases: list[dict[str, Any]] = [
        {},
        {"version_time": at(0)},
        {"version_number": 3},
        {"version_id": str(ENTRIES[2]["versionId"])},
        {"version_number": 1, "version_time": at(0)},
    ]
    for asked in cases:
        options = ResolutionOptions(**asked)
        with pytest.raises(InvalidDidLog) as caught:
            resolver.resolution(DID, evidence, options)
        assert caught.value.path.startswith("$[2]")
    named = ResolutionOptions(version_id=str(ENTRIES[1]["versionId"]))
    found = resolver.resolution(DID, evidence, named)
    assert found.document.raw == ENTRIES[1]["state"]
    assert "nextVersionId" not in found.metadata


def test_a_log_of_another_did_is_refused() -> None:
    other = logs.several(1, "b")
    with pytest.raises(InvalidDidLog, match="SCID"):
        resolver.resolution(DID, logs.published(logs.lines(other), did=DID))
    elsewhere = [logs.first("a", document=logs.state("did:webvh:{SCID}:other.example"))]
    scid = locate(logs.did_of(elsewhere)).scid
    did = type(DID).parse(f"did:webvh:{scid}:board.example")
    with pytest.raises(InvalidDidLog, match="describes"):
        resolver.resolution(did, logs.published(logs.lines(elsewhere), did=did))


def moved() -> list[JsonObject]:
    one = logs.first("a", portable=True)
    before = str(logs.did_of([one]))
    document = logs.state(f"did:webvh:{before.split(':')[2]}:new.example")
    document["alsoKnownAs"] = [before]
    return [one, logs.after(one, document=document)]


def test_a_did_that_moved_is_found_at_both_places() -> None:
    entries = moved()
    old, new = logs.did_of(entries[:1]), logs.did_of(entries)
    content = logs.lines(entries)
    for did in (old, new):
        found = resolver.resolution(did, logs.published(content, did=did))
        assert found.document.id == new
        assert found.metadata["canonicalId"] == str(new)
        assert found.metadata["equivalentId"] == [str(old)]
        # Whoever names a key of the old DID names none of the new document.
        with pytest.raises(InvalidVerificationMethod):
            found.document.method_for(f"{old}#key-1", "assertionMethod")
    then = ResolutionOptions(version_time=at(0))
    found = resolver.resolution(old, logs.published(content, did=old), then)
    assert found.document.id == old
    assert found.metadata["equivalentId"] == [str(new)]
    method = found.document.method_for(f"{old}#key-1", "assertionMethod")
    assert method.controller == str(old)


def test_what_the_witnesses_did_not_approve_is_no_answer() -> None:
    did = logs.did_of(APPROVED)
    good = logs.published(APPROVED, logs.approval(APPROVED[1], "w"))
    found = resolver.resolution(did, good)
    witness = logs.witnesses("1", "w")
    assert found.metadata["witness"] == witness
    bad = logs.published(APPROVED, logs.approval(APPROVED[0], "w"))
    with pytest.raises(InvalidDidLog, match="threshold"):
        resolver.resolution(did, bad)
    with pytest.raises(EvidenceUnavailable):
        resolver.resolution(did, logs.published(APPROVED))


def test_a_document_of_another_form_is_refused() -> None:
    one = logs.first("a")
    state = one["state"]
    assert isinstance(state, dict)
    entries = [one, logs.after(one, document={**state, "assertionMethod": 7})]
    with pytest.raises(InvalidDidDocument):
        resolver.resolution(logs.did_of(entries), logs.published(entries))
    assert version(entries, version_number=1) == one["versionId"]


def test_a_method_without_a_controller_is_shown_and_of_no_use() -> None:
    document = logs.state()
    methods = document["verificationMethod"]
    assert isinstance(methods, list)
    assert isinstance(methods[0], dict)
    del methods[0]["controller"]
    entries = [logs.first("a", document=document)]
    did = logs.did_of(entries)
    found = resolver.resolve(did, logs.published(entries))
    assert found.raw == entries[0]["state"]
    with pytest.raises(InvalidVerificationMethod):
        found.method_for(f"{did}#key-1", "assertionMethod")


class Publisher:
    """Answers with what is published, and counts what it was asked for."""

    def __init__(self, evidence: Evidence) -> None:
        self.answers = evidence.answers
        self.asked: list[str] = []

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> list[Fetched | MedidError]:
        assert seconds > 0
        self.asked += [request.url for request in requests]
        absent = FetchFailed("no such document")
        absent.status = 404  # type: ignore[attr-defined]
        return [self.answers.get(request.url, absent) for request in requests]


def gathered(publisher: Publisher, did: Did) -> Evidence:
    return gather(Evidence(), lambda known: resolver.needs(did, known), publisher)


def test_the_proofs_of_witnesses_are_fetched_where_there_are_witnesses() -> None:
    publisher = Publisher(logs.published(ENTRIES))
    assert resolver.resolve(DID, gathered(publisher, DID)).id == DID
    assert publisher.asked == [PLACE.log_url]
    approval = logs.approval(APPROVED[1], "w")
    publisher = Publisher(logs.published(APPROVED, approval))
    did = logs.did_of(APPROVED)
    assert resolver.resolve(did, gathered(publisher, did)).id == did
    place = locate(did)
    assert publisher.asked == [place.log_url, place.witness_url]


def test_a_host_that_has_no_such_file_has_answered() -> None:
    publisher = Publisher(Evidence())
    with pytest.raises(DidNotFound):
        resolver.resolve(DID, gathered(publisher, DID))
    publisher = Publisher(logs.published(APPROVED))
    did = logs.did_of(APPROVED)
    evidence = gathered(publisher, did)
    with pytest.raises(InvalidDidLog, match="threshold"):
        resolver.resolve(did, evidence)
    with pytest.raises(InvalidDidLog, match="threshold"):
        resolver.resolve(did, Evidence.from_json(evidence.as_json()))


def test_proofs_that_are_older_than_the_log_are_asked_for_anew() -> None:
    one = logs.first("a", witness=logs.witnesses(1, "w"))
    two = logs.after(one, "a")
    did = logs.did_of([one])
    place = locate(did)

    def kind(seconds: float, *approvals: JsonObject | str) -> str:
        log = Fetched.of(place.log_url, logs.lines([one, two]), fetched_at=logs.LATER)
        proofs = Fetched.of(
            place.witness_url,
            dumps([*approvals]).encode(),
            fetched_at=logs.LATER.plus(seconds),
        )
        known = Evidence().with_answers([(log.url, log), (proofs.url, proofs)])
        return webvh.needs(did, known)[1].kind

    old, new = logs.approval(one, "w"), logs.approval(two, "w")
    assert kind(-1, old) == "witness-proofs"
    assert kind(-1, "no approval") == "witness-proofs"
    assert kind(0, old) == kind(1, old) == kind(-1, new) == "did-document"
    missing = FetchFailed("not there")
    known = logs.published([one, two]).with_answers([(place.witness_url, missing)])
    assert webvh.needs(did, known)[1].kind == "did-document"


def test_a_log_that_cannot_be_read_needs_nothing_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("medid.dids.webvh.history.MAX_ENTRIES", 1)
    evidence = logs.published(ENTRIES)
    assert [need.url for need in resolver.needs(DID, evidence)] == [PLACE.log_url]
    with pytest.raises(TooLarge):
        resolver.resolution(DID, evidence)


def test_nothing_is_asked_of_an_odd_spelling() -> None:
    did = type(DID).parse(f"did:webvh:{PLACE.scid}:127.0.0.1")
    with pytest.raises(InvalidDid):
        resolver.needs(did, Evidence())
    with pytest.raises(InvalidDid):
        resolver.resolution(did, Evidence())


def test_an_error_is_what_did_resolution_calls_it() -> None:
    result = resolver.resolution_result(str(DID), logs.published(b"{}\n", did=DID))
    told = result["didResolutionMetadata"]
    assert isinstance(told, dict)
    error = told["error"]
    assert isinstance(error, dict)
    assert error["type"] == "https://www.w3.org/ns/did#INVALID_DID"
    assert error["title"] == "INVALID_DID_LOG"


def test_a_log_must_continue_what_was_seen_of_it() -> None:
    # N-vh-truncate and N-vh-fork.
    store = MemorySeenVersions()
    webvh.check_seen(DID, logs.published(ENTRIES[:2]), store)
    webvh.check_seen(DID, logs.published(ENTRIES), store)
    assert store.newest(PLACE.scid) == Seen(
        number=3, entry_hash=str(ENTRIES[2]["versionId"])[2:]
    )
    with pytest.raises(DidLogAltered):
        webvh.check_seen(DID, logs.published(ENTRIES[:2]), store)
    fork = [*ENTRIES[:2], logs.after(ENTRIES[1], "b", ttl=0)]
    with pytest.raises(DidLogAltered):
        webvh.check_seen(DID, logs.published(fork), store)


def test_what_does_not_count_is_not_noted() -> None:
    store = MemorySeenVersions()
    did = logs.did_of(APPROVED)
    evidence = logs.published(APPROVED, logs.approval(APPROVED[0], "w"))
    with pytest.raises(InvalidDidLog):
        webvh.check_seen(did, evidence, store)
    assert store.newest(locate(did).scid) is None
