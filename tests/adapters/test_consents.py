"""The consent store: append-only, whole, and shared between processes."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from medid.access.consent_store import ConsentStore, ListChange, NewConsent
from medid.adapters import consents
from medid.adapters.consents import KeptLists, SqliteConsents
from medid.core.entropy import system_entropy
from medid.core.fetch import Fetched, FetchRequest, NoFetch
from medid.core.instant import Instant
from medid.errors import ConfigurationError, EvidenceUnavailable, MalformedValue
from tests.health.documents import consent_document

if TYPE_CHECKING:
    from pathlib import Path

NOON = Instant.parse("2026-06-01T12:00:00Z")
URL = "https://wallet.example/status/1"
PATIENT = "Patient/p-9"
PROOF = {"type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022"}


def consent(number: int = 1, patient: str = PATIENT, **members: Any) -> NewConsent:
    document: Any = {
        **consent_document(),
        "id": f"urn:uuid:00000000-0000-4000-8000-{number:012d}",
        "proof": {
            **PROOF,
            "proofPurpose": "assertionMethod",
            "verificationMethod": "did:example:pat#key-1",
            "proofValue": "z1",
        },
        **members,
    }
    return NewConsent(
        patient=patient,
        custodian="Example Hospital",
        document=document,
        grant={"what": "everything"},
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "consents.db"


@pytest.fixture
def store(path: Path) -> SqliteConsents:
    return SqliteConsents(path)


def test_the_store_is_of_the_port(store: SqliteConsents) -> None:
    kept: ConsentStore = store
    assert kept.consents(PATIENT) == []


def test_what_is_kept_is_found_by_number_and_id(store: SqliteConsents) -> None:
    new = consent()
    kept = store.keep(new, at=NOON)
    assert (kept.number, kept.given, kept.withdrawn) == (1, NOON, None)
    assert kept.document == new.document
    assert kept.grant == new.grant
    assert store.find("1") == store.find(kept.credential_id) == kept
    assert store.consents(PATIENT) == [new.document]
    assert store.consents("Patient/other") == []


def test_a_second_opening_finds_what_the_first_kept(
    store: SqliteConsents, path: Path
) -> None:
    store.keep(consent(1), at=NOON)
    again = SqliteConsents(path)
    again.keep(consent(2), at=NOON.plus(1))
    assert [it.number for it in store.kept()] == [1, 2]
    assert [it.number for it in store.kept(PATIENT)] == [1, 2]


def test_a_consent_without_terms_and_a_token(store: SqliteConsents) -> None:
    new = NewConsent(
        patient=PATIENT,
        custodian="x",
        document=dict(consent().document),  # type: ignore[arg-type]
    )
    assert store.keep(new, at=NOON).grant is None


@pytest.mark.parametrize("which", ["7", "0", "", "urn:uuid:0", "-1", "9" * 40])
def test_what_is_not_kept_is_not_found(store: SqliteConsents, which: str) -> None:
    with pytest.raises((ConfigurationError, EvidenceUnavailable)):
        store.find(which)


def test_a_consent_is_kept_once(store: SqliteConsents) -> None:
    store.keep(consent(), at=NOON)
    with pytest.raises(ConfigurationError, match="kept already"):
        store.keep(consent(patient="Patient/other"), at=NOON)


@pytest.mark.parametrize(
    "members",
    [
        {"id": None},
        {"type": ["VerifiableCredential"]},
        {"proof": None},
        {"@context": None},
    ],
)
def test_only_a_consent_credential_with_an_id_is_kept(
    store: SqliteConsents, members: dict[str, Any]
) -> None:
    new = consent()
    assert isinstance(new.document, dict)
    for name in members:
        del new.document[name]
    if "type" in members:
        new.document["type"] = members["type"]
    with pytest.raises(MalformedValue):
        store.keep(new, at=NOON)
    assert store.kept() == []


def test_a_plain_consent_is_no_credential(store: SqliteConsents) -> None:
    new = NewConsent(
        patient=PATIENT, custodian="x", document={"resourceType": "Consent"}
    )
    with pytest.raises(MalformedValue):
        store.keep(new, at=NOON)


def test_a_patient_has_a_bounded_number(
    store: SqliteConsents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consents, "MAX_CONSENTS", 2)
    for number in (1, 2):
        store.keep(consent(number), at=NOON)
    with pytest.raises(ConfigurationError, match="at most 2"):
        store.keep(consent(3), at=NOON)
    store.keep(consent(3, patient="Patient/other"), at=NOON)
    # Of all of them the newest are shown, in their order.
    assert [it.number for it in store.kept()] == [2, 3]


def test_a_withdrawal_is_an_event_and_takes_nothing_away(
    store: SqliteConsents,
) -> None:
    kept = store.keep(consent(), at=NOON)
    store.put_list(URL, "one", before=None)
    change = ListChange(url=URL, before="one", after="two")
    done = store.withdraw(kept.credential_id, change, at=NOON.plus(60))
    assert done.withdrawn == NOON.plus(60)
    assert store.status_list(URL) == "two"
    assert store.consents(PATIENT) == [kept.document]
    assert [it.kind for it in store.history()] == ["granted", "withdrawn"]
    assert store.history(kept.credential_id) == store.history()
    assert store.history("urn:uuid:0") == []
    with pytest.raises(ConfigurationError, match="withdrawn before"):
        store.withdraw(kept.credential_id, None, at=NOON.plus(120))


def test_a_withdrawal_without_its_list_is_none(store: SqliteConsents) -> None:
    kept = store.keep(consent(), at=NOON)
    store.put_list(URL, "one", before=None)
    change = ListChange(url=URL, before="another", after="two")
    with pytest.raises(ConfigurationError, match="changed meanwhile"):
        store.withdraw(kept.credential_id, change, at=NOON)
    assert store.find("1").withdrawn is None
    assert store.status_list(URL) == "one"
    with pytest.raises(ConfigurationError, match="no such consent"):
        store.withdraw("urn:uuid:0", None, at=NOON)


def test_a_list_is_replaced_by_who_has_seen_it(store: SqliteConsents) -> None:
    assert store.status_list(URL) is None
    store.put_list(URL, "one", before=None)
    for before in (None, "another"):
        with pytest.raises(ConfigurationError):
            store.put_list(URL, "two", before=before)
    store.put_list(URL, "two", before="one")
    assert store.status_list(URL) == "two"


def test_an_index_is_taken_once(
    store: SqliteConsents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consents, "_ENTRIES", 3)
    found = {store.take_index(URL, entropy=system_entropy) for _ in range(3)}
    assert found == {0, 1, 2}
    with pytest.raises(ConfigurationError, match="no index"):
        store.take_index(URL)
    assert store.take_index(URL + "x") in found


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM consent",
        "UPDATE consent SET document = '{}'",
        "DELETE FROM event",
        "UPDATE event SET kind = 'granted'",
    ],
)
def test_the_database_itself_refuses_to_forget(
    store: SqliteConsents, path: Path, statement: str
) -> None:
    store.keep(consent(), at=NOON)
    with (
        closing(sqlite3.connect(path)) as database,
        pytest.raises(sqlite3.IntegrityError, match="append only"),
    ):
        database.execute(statement)


def test_the_file_is_its_owners_alone(store: SqliteConsents, path: Path) -> None:
    store.keep(consent(), at=NOON)
    for one in path.parent.iterdir():
        assert stat.S_IMODE(one.stat().st_mode) == 0o600


@pytest.mark.parametrize("column", ["document", "terms"])
def test_what_was_spoilt_is_no_answer(
    store: SqliteConsents, path: Path, column: str
) -> None:
    store.keep(consent(), at=NOON)
    with closing(sqlite3.connect(path)) as database:
        database.execute("DROP TRIGGER consent_update")
        database.execute(f"UPDATE consent SET {column} = '{{'")
        database.commit()
    with pytest.raises(EvidenceUnavailable):
        store.consents(PATIENT)


def test_a_file_that_is_gone_is_no_empty_store(
    store: SqliteConsents, path: Path
) -> None:
    store.keep(consent(), at=NOON)
    path.unlink()
    for call in (
        lambda: store.consents(PATIENT),
        store.kept,
        store.history,
        lambda: store.status_list(URL),
        lambda: store.find("1"),
    ):
        with pytest.raises(EvidenceUnavailable):
            call()


# The lists as evidence.


def fetched(store: Any, *urls: str) -> Any:
    requests = [FetchRequest(url=url, accept="", max_bytes=1_000) for url in urls]
    fetch = KeptLists(NoFetch(), store, clock=lambda: NOON)
    return fetch.fetch_all(requests, seconds=1)


def test_lists_come_from_the_store_and_all_else_from_elsewhere(
    store: SqliteConsents,
) -> None:
    store.put_list(URL, "{}", before=None)
    store.put_list(URL + "t", "token", before=None)
    listed, token, other = fetched(store, URL, URL + "t", "https://other.example/")
    assert isinstance(listed, Fetched)
    assert (listed.content, listed.media_type) == (b"{}", "application/vc")
    assert listed.fetched_at == NOON
    assert token.media_type == ""
    assert not isinstance(other, Fetched)


def test_a_store_that_is_gone_is_not_replaced_by_the_net(
    store: SqliteConsents, path: Path, tmp_path: Path
) -> None:
    net = SqliteConsents(tmp_path / "net.db")
    net.put_list(URL, "{}", before=None)
    fetch = KeptLists(KeptLists(NoFetch(), net), store)
    request = FetchRequest(url=URL, accept="", max_bytes=1_000)
    (answer,) = fetch.fetch_all([request], seconds=1)
    assert isinstance(answer, Fetched)
    path.unlink()
    (answer,) = fetch.fetch_all([request], seconds=1)
    assert isinstance(answer, EvidenceUnavailable)


def test_an_event_loop_gets_the_same(store: SqliteConsents) -> None:
    store.put_list(URL, "{}", before=None)
    request = FetchRequest(url=URL, accept="", max_bytes=1_000)
    fetch = KeptLists(NoFetch(), store, clock=lambda: NOON)
    (answer,) = asyncio.run(fetch.afetch_all([request], seconds=1))
    assert isinstance(answer, Fetched)
