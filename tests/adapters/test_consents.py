"""The consent store: append-only, whole, and shared between processes."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import stat
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from medid.access.consent_store import ConsentStore, ListChange, NewConsent
from medid.adapters import consents
from medid.adapters.consents import KeptLists, SqliteConsents
from medid.core.entropy import system_entropy
from medid.core.fetch import Fetched, FetchRequest, NoFetch
from medid.core.instant import Instant, stopwatch
from medid.errors import ConfigurationError, EvidenceUnavailable, MalformedValue
from tests.health.documents import consent_document

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOON = Instant.parse("2026-06-01T12:00:00Z")
URL = "https://wallet.example/status/1"
PATIENT = "Patient/p-9"
PROOF = {"type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022"}
ROLE = {
    "coding": [
        {
            "system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
            "code": "IRCP",
        }
    ]
}


def consent(
    number: int = 1,
    patient: str = PATIENT,
    custodian: str = "Example Hospital",
    **members: Any,
) -> NewConsent:
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
        custodian=custodian,
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


def test_what_is_kept_of_a_version_of_a_patient_is_kept_of_the_patient(
    store: SqliteConsents,
) -> None:
    kept = store.keep(consent(1, f"{PATIENT}/_history/2"), at=NOON)
    assert kept.patient == PATIENT
    for name in (PATIENT, f"{PATIENT}/_history/3"):
        assert [one.number for one in store.kept(name)] == [kept.number]
        assert len(store.consents(name)) == 1


def test_what_an_older_file_has_of_a_version_is_of_the_patient_as_well(
    store: SqliteConsents, path: Path
) -> None:
    for number, patient in enumerate((PATIENT, f"{PATIENT}0", f"{PATIENT}/x"), 1):
        store.keep(consent(number, patient), at=NOON)
    with closing(sqlite3.connect(path)) as database:
        database.execute("DROP TRIGGER consent_update")
        database.execute(
            "UPDATE consent SET patient = patient || '/_history/2' WHERE number <= 2"
        )
        database.commit()
    assert [one.number for one in SqliteConsents(path).kept(PATIENT)] == [1]
    assert [one.number for one in SqliteConsents(path).kept(f"{PATIENT}0")] == [2]


def test_whom_another_server_calls_the_same_may_be_the_patient(
    store: SqliteConsents, path: Path
) -> None:
    """One of them may be a refusal; which patient it is, the rules tell."""
    elsewhere = f"https://server.example/fhir/{PATIENT}"
    others = (f"{elsewhere}0", f"https://server.example/fhir/x{PATIENT}", "Patient/q")
    for number, patient in enumerate((PATIENT, elsewhere, *others), 1):
        store.keep(consent(number, patient), at=NOON)
    first, second = store.kept(PATIENT)[0], store.kept(elsewhere)[0]
    for asked in (PATIENT, f"{PATIENT}/_history/2"):
        assert store.consents(asked) == [first.document, second.document]
    # Of whom else is asked for, nobody else is given.
    assert store.consents(elsewhere) == [second.document]
    last = PATIENT.rpartition("/")[2]
    for asked in (last, f"/{PATIENT}", f"fhir/{PATIENT}", ""):
        assert store.consents(asked) == []
    # They are found by an index, however many there are.
    with closing(sqlite3.connect(path)) as database:
        plan = database.execute(
            f"EXPLAIN QUERY PLAN {consents._KEPT}{consents._ALIKE}",
            {"last": last, "ending": f"/{PATIENT}", "mine": None},
        ).fetchall()
    assert any("consent_patient_last" in row[3] for row in plan)


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


@pytest.mark.parametrize(
    "which", ["7", "0", "", "urn:uuid:0", "-1", "9" * 18, "9" * 40, "9" * 5_000]
)
def test_what_is_not_kept_is_not_found(store: SqliteConsents, which: str) -> None:
    with pytest.raises(ConfigurationError):
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


# Many patients, and several custodians.

MANY = 100_000
CHEN = "did:example:dr-chen"
NPI = "http://hl7.org/fhir/sid/us-npi|1679576722"


class Recording(sqlite3.Connection):
    """A connection that remembers what is asked of it."""

    asked: ClassVar[list[tuple[str, Any]]] = []

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        self.asked.append((sql, parameters))
        return super().execute(sql, parameters)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with as many consents as a large custodian has, of two custodians."""
    path = tmp_path_factory.mktemp("many") / "consents.db"
    store = SqliteConsents(path)
    document = store.keep(consent(1, "Patient/0"), at=NOON).document
    text = json.dumps(document)
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("BEGIN")
        database.executemany(
            "INSERT INTO consent (id, patient, custodian, document) VALUES (?,?,?,?)",
            (
                (f"urn:{n}", f"Patient/{n // 2}", f"Custodian {n % 2}", text)
                for n in range(2, MANY)
            ),
        )
        database.executemany(
            "INSERT INTO named SELECT number, ? FROM consent WHERE number % ? = 7",
            ((f"did:example:{every}", every) for every in (100, 50_000)),
        )
        database.execute(
            "INSERT INTO named SELECT number, '' FROM consent WHERE number NOT IN"
            " (SELECT consent FROM named)"
        )
        database.execute(
            "INSERT INTO event (consent, kind, at) SELECT id, 'granted', 0"
            " FROM consent WHERE number > 1"
        )
        database.execute("COMMIT")
    return path


QUESTIONS: dict[str, Callable[[SqliteConsents], Any]] = {
    "patient": lambda store: store.kept("Patient/31337"),
    "find by number": lambda store: store.find("62675"),
    "find by id": lambda store: store.find("urn:62675"),
    "history": lambda store: store.history("urn:62675"),
    "newest": lambda store: store.kept()[-10:],
    "page": lambda store: store.page(after=99_000, limit=10),
    "frequent": lambda store: store.page(recipient="did:example:100", limit=10),
    "rare": lambda store: store.page(recipient="did:example:50000", limit=10),
    "nobody": lambda store: store.page(recipient="did:example:x", limit=10) or [()],
}


@pytest.mark.parametrize("custodian", [None, "Custodian 1"])
def test_many_consents_are_found_in_milliseconds(
    many: Path, custodian: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = partial(sqlite3.connect, factory=Recording)
    monkeypatch.setattr("medid.adapters.sqlite_file.sqlite3.connect", connect)
    store = SqliteConsents(many, custodian=custodian)
    for name, ask in QUESTIONS.items():
        seconds = []
        for _ in range(5):
            begun = stopwatch()
            Recording.asked.clear()
            found = ask(store)
            seconds.append(stopwatch() - begun)
        assert found, name
        # A second, where it takes milliseconds, for machines that do much else.
        assert min(seconds) < (1 if name == "newest" else 0.25), (name, seconds)
        plans = [
            plan
            for sql, given in Recording.asked
            for plan in explained(many, sql, given)
        ]
        slow = ("SCAN",) if name == "history" else ("SCAN", "USE TEMP B-TREE")
        scans = [one for one in plans if one.startswith(slow)]
        # SQLite would walk along the other index of it, and call that a search.
        if name in {"frequent", "rare", "nobody"}:
            assert any("named_recipient" in one for one in plans), plans
        assert scans == (
            ["SCAN consent"] if (name, custodian) == ("newest", None) else []
        ), (
            name,
            plans,
        )


def explained(path: Path, sql: str, given: Any) -> list[str]:
    if not sql.startswith("SELECT"):
        return []
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute(f"EXPLAIN QUERY PLAN {sql}", given)
        return [str(row[3]) for row in rows]


def naming() -> dict[str, Any]:
    """The subject of a consent that names a physician in every way there is."""
    system, value = NPI.split("|")
    subject: dict[str, Any] = consent_document()["credentialSubject"]
    actors = [{"reference": "Practitioner/chen"}]
    actors += [{"identifier": {"system": system, "value": value}}]  # type: ignore[dict-item]
    named = [{"role": ROLE, "reference": one} for one in actors]
    subject["consent"]["provision"]["actor"] = named[:1]
    below = {"type": "deny", "actor": named[1:]}
    subject["consent"]["provision"]["provision"] = [below]
    subject["actorBinding"][0] |= {"reference": "Practitioner/chen", "did": CHEN}
    return subject


def test_consents_are_listed_page_by_page(store: SqliteConsents) -> None:
    for number in range(1, 8):
        who = "Clinic" if number == 4 else "Example Hospital"
        new = consent(number, f"Patient/{number % 2}", who, credentialSubject=naming())
        store.keep(new, at=NOON)

    def pages(store: SqliteConsents, **asked: Any) -> list[list[int]]:
        found: list[list[int]] = []
        after = 0
        while page := store.page(after=after, limit=3, **asked):
            found.append([one.number for one in page])
            after = page[-1].number
        return found

    named = CHEN
    assert pages(store) == pages(store, recipient=named) == [[1, 2, 3], [4, 5, 6], [7]]
    mine = SqliteConsents(store._file._path, custodian="Example Hospital")
    assert pages(mine) == pages(mine, recipient=named) == [[1, 2, 3], [5, 6, 7]]
    assert pages(store, recipient="did:example:nobody") == []
    assert list(store.page(after=10**20)) == []
    for limit in (0, -1, consents.MAX_CONSENTS + 1):
        with pytest.raises(ConfigurationError):
            store.page(limit=limit)


def test_whom_a_consent_names_is_found_by_any_spelling_of_the_system(
    store: SqliteConsents,
) -> None:
    value = NPI.partition("|")[2]
    by_oid = f"urn:oid:2.16.840.1.113883.4.6|{value}"
    text = json.dumps(naming())
    written = json.loads(text.replace(NPI.partition("|")[0], by_oid.partition("|")[0]))
    store.keep(consent(1, credentialSubject=naming()), at=NOON)
    store.keep(consent(2, credentialSubject=written), at=NOON)
    for asked in (NPI, by_oid):
        assert [one.number for one in store.page(recipient=asked)] == [1, 2]


def test_a_custodian_sees_nothing_of_another(path: Path, store: SqliteConsents) -> None:
    names = ("Hospital", "Clinic")
    hospital, clinic = (SqliteConsents(path, custodian=one) for one in names)
    kept = hospital.keep(consent(1, custodian="Hospital"), at=NOON)
    with pytest.raises(ConfigurationError, match="another custodian"):
        clinic.keep(consent(2, custodian="Hospital"), at=NOON)
    assert hospital.consents(PATIENT) == store.consents(PATIENT) == [kept.document]
    for which in ("1", kept.credential_id):
        assert hospital.find(which) == kept
        with pytest.raises(ConfigurationError, match="no such consent"):
            clinic.find(which)
        with pytest.raises(ConfigurationError, match="no such consent"):
            clinic.withdraw(which, None, at=NOON)
    for found in (
        *(clinic.consents(PATIENT), clinic.kept(), clinic.kept(PATIENT)),
        *(clinic.page(), clinic.history(), clinic.history(kept.credential_id)),
    ):
        assert found == []
    for found in (hospital.kept(), hospital.kept(PATIENT), hospital.page()):
        assert found == [kept]
    assert hospital.history() == hospital.history(kept.credential_id) != []
    # Both call a patient the same. Who does not say whose they are gets no answer.
    clinic.keep(consent(3, custodian="Clinic"), at=NOON)
    assert len(clinic.consents(PATIENT)) == len(hospital.consents(PATIENT)) == 1
    with pytest.raises(EvidenceUnavailable, match="several"):
        store.consents(PATIENT)
    assert len(store.kept(PATIENT)) == 2


def test_a_bound_is_each_custodians_own(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consents, "MAX_CONSENTS", 1)
    for number, name in enumerate(("Hospital", "Clinic")):
        SqliteConsents(path, custodian=name).keep(
            consent(number, custodian=name), at=NOON
        )
    with pytest.raises(ConfigurationError, match="at most"):
        SqliteConsents(path).keep(consent(9, custodian="Clinic"), at=NOON)


def test_whom_a_consent_names_is_noted_of_older_ones_too(
    path: Path, store: SqliteConsents, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.keep(consent(1, credentialSubject=naming()), at=NOON)
    everybody = consent_document()["credentialSubject"]
    everybody["consent"]["provision"].pop("actor", None)
    store.keep(consent(2, credentialSubject=everybody), at=NOON)
    unread = consent_document()["credentialSubject"]
    unread["consent"]["provision"] = {"type": "strange"}
    store.keep(consent(3, credentialSubject=unread), at=NOON)
    asked = ("Practitioner/chen", NPI, CHEN, "")
    before = [[one.number for one in store.page(recipient=who)] for who in asked]
    assert before == [[1], [1], [1], [2, 3]]
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("DROP TABLE named")
        database.execute(
            "INSERT INTO consent (id, patient, custodian, document)"
            " VALUES ('urn:4', 'Patient/1', 'x', 'spoilt'), ('urn:5', 'p', 'x', '{}')"
        )
    monkeypatch.setattr(consents, "MAX_CONSENTS", 2)
    again = SqliteConsents(path)
    named = "SELECT consent FROM named WHERE recipient = ?"
    with closing(sqlite3.connect(path)) as database:
        numbers = {
            who: [number for (number,) in database.execute(named, (who,))]
            for who in asked
        }
    assert list(numbers.values()) == [[1], [1], [1], [2, 3, 4, 5]]
    assert [one.number for one in again.page(recipient=CHEN, limit=2)] == [1]
