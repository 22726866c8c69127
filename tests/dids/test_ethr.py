"""did:ethr from its history: versions, times, metadata, and what a peer made of it."""

from __future__ import annotations

from typing import Any

import pytest

from medid.core.evidence import Evidence
from medid.core.instant import Instant
from medid.dids import resolver
from medid.dids.document import DidDocument
from medid.dids.ethr.identifier import parse
from medid.dids.methods import ethr
from medid.dids.resolution import LATEST, ResolutionOptions
from medid.dids.syntax import Did
from medid.errors import (
    DidDeactivated,
    DidNotFound,
    EvidenceUnavailable,
    FetchFailed,
    HistoryUnknown,
    InvalidDid,
    InvalidDidDocument,
)
from tests.dids.ethr.builders import (
    DID,
    IDENTITY,
    LIFE,
    OTHER,
    Told,
    as_of,
    at,
    evidence,
    resolved,
    time_of,
)
from tests.dids.ethr.told import as_told

NOBODY = bytes(20)
LIVED = Did.parse(LIFE["did"])


def names(told: Any, **asked: Any) -> tuple[str, ...]:
    found = resolved(told, as_of(**asked)).document.ids_for("assertionMethod")
    return tuple(name.partition("#")[2] for name in found if "controller" not in name)


def lived(**asked: Any) -> Any:
    return resolved(LIFE["history"], as_of(**asked), LIVED)


@pytest.mark.parametrize("version", LIFE["versions"])
def test_each_version_of_a_recorded_life_is_what_the_peer_told(version: str) -> None:
    theirs = LIFE["versions"][version]
    ours = lived(version_id=version)
    assert as_told(ours.document.raw) == as_told(theirs["didDocument"])
    assert dict(ours.metadata) == theirs["didDocumentMetadata"]


def test_the_recorded_life_ends() -> None:
    found = lived()
    assert found.deactivated
    raw = found.document.raw
    assert raw["verificationMethod"] == []
    assert raw["authentication"] == raw["assertionMethod"] == []
    with pytest.raises(DidDeactivated):
        resolver.resolve(LIVED, evidence(LIFE["history"], LIVED))
    last = max(LIFE["versions"], key=int)
    metadata = LIFE["versions"][last]["didDocumentMetadata"]
    assert found.metadata["versionId"] == last == metadata["versionId"]


def test_what_is_needed_is_the_history() -> None:
    (need,) = ethr.needs(DID, Evidence())
    assert need.url == parse(DID).url
    assert need.accept == "application/json"
    with pytest.raises(InvalidDid):
        ethr.needs(Did.parse("did:ethr:0x12"), Evidence())


def test_without_a_history_nothing_is_known() -> None:
    with pytest.raises(EvidenceUnavailable):
        ethr.resolve(DID, Evidence(), LATEST)
    failed = Evidence().with_answers([(parse(DID).url, FetchFailed("down"))])
    with pytest.raises(FetchFailed):
        ethr.resolve(DID, failed, LATEST)


def test_the_history_of_another_identity_is_no_evidence() -> None:
    document = Told().delegate().document(identity="0x" + "11" * 20)
    with pytest.raises(InvalidDidDocument):
        ethr.resolve(DID, evidence(document), LATEST)


def test_its_versions_have_no_numbers() -> None:
    known = evidence(LIFE["history"], LIVED)
    for options in (
        ResolutionOptions(version_number=1),
        ResolutionOptions(version_number=8, version_id="8"),
    ):
        with pytest.raises(DidNotFound, match="not counted"):
            ethr.resolve(LIVED, known, options)


def test_a_history_replays_from_sealed_evidence() -> None:
    found = evidence(LIFE["history"], LIVED)
    again = Evidence.from_json(found.as_json())
    options = as_of(version_id="8")
    ours, replayed = (ethr.resolve(LIVED, one, options) for one in (found, again))
    assert isinstance(replayed.document, DidDocument)
    assert ours.document.raw == replayed.document.raw


def test_the_latest_state_counts_what_is_over_by_when_it_was_read() -> None:
    document = Told().delegate(valid_to=time_of(4)).document(latest=3)
    assert resolved(document, seen=at(4)).document.ids_for("assertionMethod") == (
        f"{DID}#controller",
        f"{DID}#controllerKey",
        f"{DID}#delegate-1",
    )
    later = resolved(document, seen=at(4, 1)).document.ids_for("assertionMethod")
    assert f"{DID}#delegate-1" not in later


def test_a_time_takes_the_changes_up_to_it() -> None:
    told = Told().delegate(block=3).delegate(b"\2" * 20, block=5).owner(OTHER, block=9)
    document = told.document(latest=20)
    assert names(document, version_time=at(3, -0.001)) == ()
    assert names(document, version_time=at(3)) == ("delegate-1",)
    assert names(document, version_time=at(8)) == ("delegate-1", "delegate-2")
    before = resolved(document, as_of(version_time=at(8)))
    assert f"{DID}#controllerKey" in before.document.ids_for("assertionMethod")
    after = resolved(document, as_of(version_time=at(9)))
    assert f"{DID}#controllerKey" not in after.document.ids_for("assertionMethod")


def test_a_time_before_the_history_was_read_is_known_from_it() -> None:
    # Unlike a document that is published now, a history tells of all times before.
    document = Told().delegate(block=3).document(latest=20)
    found = resolved(document, as_of(version_time=at(4)), seen=at(900_000))
    assert f"{DID}#delegate-1" in found.document.ids_for("assertionMethod")


def test_the_metadata_names_this_version_and_the_next() -> None:
    told = Told().delegate(block=3).delegate(b"\2" * 20, block=5)
    document = told.document(latest=20)
    this, following = str(at(3)), str(at(5))
    assert resolved(document, as_of(version_time=at(4))).metadata == {
        "versionId": "3",
        "updated": this,
        "nextVersionId": "5",
        "nextUpdate": following,
    }
    assert resolved(document).metadata == {"versionId": "5", "updated": following}
    assert resolved(document, as_of(version_id="2")).metadata == {
        "nextVersionId": "3",
        "nextUpdate": this,
    }
    assert resolved(Told().document(latest=4)).metadata == {}


def test_a_block_between_changes_is_known_where_nothing_can_have_ended() -> None:
    told = Told().delegate(block=3, valid_to=time_of(6)).owner(OTHER, block=9)
    document = told.document(latest=20)
    assert names(document, version_id="3") == ("delegate-1",)
    for version in ("4", "8"):
        with pytest.raises(HistoryUnknown):
            resolved(document, as_of(version_id=version))
    for version in ("9", "15", "20"):
        assert names(document, version_id=version) == ()
    assert names(document, version_id="0") == ()


def test_the_block_up_to_which_is_told_has_a_time() -> None:
    told = Told().delegate(block=3, valid_to=time_of(6))
    assert names(told.document(latest=6), version_id="6") == ("delegate-1",)
    assert names(told.document(latest=7), version_id="7") == ()


@pytest.mark.parametrize(
    "version", ["21", "-1", "", "0x3", "03", "3.0", "latest", "9" * 17]
)
def test_there_is_no_other_version(version: str) -> None:
    document = Told().delegate(block=3).document(latest=20)
    with pytest.raises(DidNotFound, match="no such version"):
        resolved(document, as_of(version_id=version))


def test_a_version_and_a_time_exclude_each_other() -> None:
    document = Told().delegate(block=3).document(latest=20)
    with pytest.raises(DidNotFound, match="exclude"):
        resolved(document, as_of(version_id="3", version_time=at(3)))


def test_a_did_that_was_given_up_stays_given_up() -> None:
    told = Told().delegate(block=3).owner(NOBODY, block=5).owner(IDENTITY, block=7)
    document = told.document(latest=20)
    found = resolved(document)
    assert found.deactivated
    assert found.metadata == {
        "deactivated": True,
        "versionId": "5",
        "updated": str(at(5)),
    }
    assert found.document.ids_for("assertionMethod") == ()
    with pytest.raises(DidDeactivated):
        resolver.resolve(DID, evidence(document))
    with pytest.raises(DidDeactivated):
        resolver.resolve(DID, evidence(document), as_of(version_time=at(30)))


def test_before_it_was_given_up_it_counts() -> None:
    told = Told().delegate(block=3).owner(NOBODY, block=5)
    document = told.document(latest=20)
    found = resolved(document, as_of(version_time=at(5, -1)))
    assert not found.deactivated
    assert found.metadata["nextVersionId"] == "5"
    assert f"{DID}#delegate-1" in found.document.ids_for("assertionMethod")


def test_the_resolver_knows_the_method() -> None:
    document = Told().delegate(block=3).document(latest=20)
    result: Any = resolver.resolution_result(str(DID), evidence(document))
    assert result["didDocument"]["id"] == str(DID)
    assert result["didDocumentMetadata"]["versionId"] == "3"
    assert "ethr" in resolver.SUPPORTED
    assert Instant.from_seconds(time_of(3)) == at(3)
