"""Consents in an SQLite file: of a patient's wallet, or of a custodian's many patients.

The file, and the two that SQLite puts beside it, can be read and written by their owner
only. Consents and events are only ever added; the database itself refuses to change or
to remove one. A withdrawal and the status list that says so are one transaction.

``KeptLists`` serves the status lists from the store, of which it is the origin, so that
a withdrawal counts at the next check and not when some cache ends.

Spec: https://www.w3.org/TR/vc-bitstring-status-list/#bitstringstatuslistcredential
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Final, TypeAlias

from medid.access.consent_store import ConsentEvent, KeptConsent, ListChange, NewConsent
from medid.access.consents_on_file import open_consents
from medid.adapters.sqlite_file import BUSY_SECONDS, SqliteFile, SqliteForm, stored
from medid.adapters.supplied import SuppliedFetch
from medid.core import json as strict_json
from medid.core.entropy import Entropy, system_entropy
from medid.core.evidence import NO_EVIDENCE
from medid.core.fetch import Fetched
from medid.core.instant import Clock, Instant, system_clock
from medid.core.records import replace
from medid.errors import (
    ConfigurationError,
    EvidenceUnavailable,
    MalformedValue,
    MedidError,
)
from medid.health.consent import ConsentRecord
from medid.health.recipients import as_named, recipients_named
from medid.health.references import namespace, unversioned
from medid.status import StatusList, allocate
from medid.verifying.opening import Securing, open_document

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from medid.access.consent_store import ConsentStore
    from medid.core.fetch import AsyncFetch, Fetch, FetchRequest
    from medid.core.json import JsonObject, JsonValue
    from medid.credentials import Credential

MAX_CONSENTS: Final = 1_000  # of one patient, or page; they are in memory together

_MICROSECOND: Final = 1_000  # nanoseconds
_ENTRIES: Final = StatusList(purpose="revocation").entries
_APPEND_ONLY: Final = tuple(
    f"CREATE TRIGGER IF NOT EXISTS {table}_{what.lower()} BEFORE {what} ON {table}"
    f" BEGIN SELECT RAISE(ABORT, 'append only'); END"
    for table in ("consent", "event", "named")
    for what in ("UPDATE", "DELETE")
)
# What is behind the last slash: an index finds by it whom other servers call the same.
_LAST: Final = "replace(patient, rtrim(patient, replace(patient, '/', '')), '')"
_FORM: Final = SqliteForm(
    name="consent store",
    application_id=0x4D444947,  # MDIG
    schema=(
        (
            "CREATE TABLE IF NOT EXISTS consent (number INTEGER PRIMARY KEY,"
            " id TEXT NOT NULL UNIQUE, patient TEXT NOT NULL, custodian TEXT NOT NULL,"
            " document TEXT NOT NULL, terms TEXT)"
        ),
        "CREATE INDEX IF NOT EXISTS consent_patient ON consent (patient)",
        f"CREATE INDEX IF NOT EXISTS consent_patient_last ON consent ({_LAST})",
        "CREATE INDEX IF NOT EXISTS consent_custodian ON consent (custodian)",
        (
            "CREATE TABLE IF NOT EXISTS named (consent INTEGER NOT NULL,"
            " recipient TEXT NOT NULL, PRIMARY KEY (consent, recipient)) WITHOUT ROWID"
        ),
        "CREATE INDEX IF NOT EXISTS named_recipient ON named (recipient, consent)",
        (
            "CREATE TABLE IF NOT EXISTS event (number INTEGER PRIMARY KEY,"
            " consent TEXT NOT NULL, kind TEXT NOT NULL, at INTEGER NOT NULL,"
            " UNIQUE (consent, kind))"
        ),
        (
            "CREATE TABLE IF NOT EXISTS list ("
            "url TEXT PRIMARY KEY, content TEXT NOT NULL) WITHOUT ROWID"
        ),
        (
            "CREATE TABLE IF NOT EXISTS taken (url TEXT NOT NULL,"
            " position INTEGER NOT NULL, PRIMARY KEY (url, position)) WITHOUT ROWID"
        ),
        *_APPEND_ONLY,
    ),
    # A withdrawal must stay one, even if the power fails.
    durable=True,
)
_KEPT: Final = (
    "SELECT consent.number, consent.id, patient, custodian, document, terms,"
    " (SELECT at FROM event WHERE consent = consent.id AND kind = 'granted'),"
    " (SELECT at FROM event WHERE consent = consent.id AND kind = 'withdrawn')"
    " FROM consent"
)
# Of few, or along the numbers: a plus keeps SQLite from searching by custodian.
# Older files may have a patient under a version, which begins so; 0 comes after /.
_OF_PATIENT: Final = (
    " WHERE (patient = :patient OR patient > :patient || '/_history/'"
    " AND patient < :patient || '/_history0')"
    " AND (:mine IS NULL OR +custodian = :mine)"
)
_ALIKE: Final = (
    f" WHERE {_LAST} = :last AND substr(patient, -length(:ending)) = :ending"
    " AND (:mine IS NULL OR +custodian = :mine)"
)
_ONE: Final = " WHERE {} = :which AND (:mine IS NULL OR +custodian = :mine)"
_NEWEST: Final = " ORDER BY consent.number DESC LIMIT :limit"
_BEHIND: Final = " WHERE consent.number > :after"
_NAMING: Final = (
    " JOIN named ON named.consent = consent.number"
    " WHERE named.recipient = :recipient AND named.consent > :after"
)
_MINE: Final = " AND {}custodian = :mine"
_EVENTS: Final = (
    "SELECT event.consent, kind, at FROM event JOIN consent ON id = event.consent"
    " WHERE (:mine IS NULL OR custodian = :mine){} ORDER BY event.number"
)
_MAX_DIGITS: Final = 18  # of a number; SQLite has none of 20
_MAX_NUMBER: Final = 2**63 - 1  # likewise
_NOBODY: Final = ""  # of a consent that names nobody, or whose rules cannot be read
# Of the columns of _KEPT.
_Row: TypeAlias = tuple[int, str, str, str, str, str | None, int, int | None]
_UNNAMED: Final = (
    "SELECT number, document FROM consent WHERE NOT EXISTS"
    " (SELECT 1 FROM named WHERE named.consent = consent.number) LIMIT ?"
)


class SqliteConsents:
    """A ``ConsentStore`` in a file. Safe to share between threads and processes.

    A custodian opens it in its own name, and neither sees nor keeps a consent for
    another one: two of them may call different patients the same.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        custodian: str | None = None,
        busy_seconds: float = BUSY_SECONDS,
    ) -> None:
        """Open the store at ``path``, or make it.

        Args:
            path: The database file; its folder must exist.
            custodian: Whose consents are seen; ``None`` for all, as a wallet does.
            busy_seconds: How long to wait for another process that writes.

        Raises:
            ConfigurationError: The file is another program's, or of a newer medid.
            EvidenceUnavailable: The file cannot be made, read or written.
        """
        self._file = SqliteFile(path, _FORM, busy_seconds=busy_seconds)
        self._custodian = custodian
        self._name_all()

    def consents(self, patient: str) -> Sequence[bytes | str | Mapping[str, JsonValue]]:
        """Every consent of ``patient`` on file, withdrawn and expired ones too.

        For an id of this server also those of whom another server calls the same: one
        of them may be a refusal of this patient.

        Raises:
            EvidenceUnavailable: The file cannot be used, or was tampered with, or
                several custodians have a patient of this name, and none is asked for.
        """
        found = self.kept(patient)
        if len({one.custodian for one in found}) > 1:
            message = "the consent store has a patient of this name for each of several"
            fix = "open it in the name of one custodian"
            raise EvidenceUnavailable(f"{message} custodians", fix=fix)
        here = unversioned(patient)
        if namespace(here) == "":
            last, ending = here.rpartition("/")[2], f"/{here}"
            found = [*found, *self._found(_ALIKE, last=last, ending=ending)]
        return [one.document for one in found]

    def keep(self, new: NewConsent, *, at: Instant) -> KeptConsent:
        """Keep a consent that was given.

        Raises:
            MalformedValue: Not a consent credential with an id.
            ConfigurationError: It is kept already, is for another custodian, or the
                patient has too many.
            EvidenceUnavailable: The file cannot be used.
        """
        if self._custodian not in {None, new.custodian}:
            message = "the consent is for another custodian than the store"
            raise ConfigurationError(message, fix="open the store in its name")
        # Whoever asks for the patient names no version of them.
        new = replace(new, patient=unversioned(new.patient))
        name, recipients = _credential_of(new)
        terms = None if new.grant is None else strict_json.dumps(new.grant)
        with self._file.writing() as database:
            _check_new(database, name, new)
            number = database.execute(
                "INSERT INTO consent (id, patient, custodian, document, terms)"
                " VALUES (?, ?, ?, ?, ?)",
                (name, new.patient, new.custodian, _text(new.document), terms),
            ).lastrowid
            _name(database, number, recipients)
            _add_event(database, name, "granted", at)
        return self.find(str(number))

    def withdraw(
        self, credential_id: str, change: ListChange | None, *, at: Instant
    ) -> KeptConsent:
        """Note that a consent was withdrawn, and keep the list that says so.

        Raises:
            ConfigurationError: There is no such consent, it was withdrawn before, or
                the list was changed meanwhile.
            EvidenceUnavailable: The file cannot be used.
        """
        with self._file.writing() as database:
            found = self._one(database, "consent.id", credential_id)
            if found.withdrawn is not None:
                raise ConfigurationError("the consent was withdrawn before")
            if change is not None:
                _put(database, change.url, change.after, before=change.before)
            _add_event(database, credential_id, "withdrawn", at)
        return self.find(credential_id)

    def find(self, which: str) -> KeptConsent:
        """The consent with this number or credential id.

        Raises:
            ConfigurationError: There is none.
            EvidenceUnavailable: The file cannot be used.
        """
        with self._file.reading() as database:
            if which.isascii() and which.isdigit() and len(which) <= _MAX_DIGITS:
                return self._one(database, "consent.number", int(which))
            return self._one(database, "consent.id", which)

    def kept(self, patient: str | None = None) -> Sequence[KeptConsent]:
        """The consents of a patient, or the newest of all, in the order of numbers.

        Args:
            patient: Whose; ``None`` gives at most ``MAX_CONSENTS`` of whomever.

        Raises:
            EvidenceUnavailable: The file cannot be used, or was tampered with.
        """
        if patient is not None:
            return self._found(_OF_PATIENT, patient=unversioned(patient))
        mine = _MINE.format("").replace(" AND", " WHERE", 1)
        where = "" if self._custodian is None else mine
        return self._found(where + _NEWEST, limit=MAX_CONSENTS)

    def page(
        self, *, recipient: str | None = None, after: int = 0, limit: int = MAX_CONSENTS
    ) -> Sequence[KeptConsent]:
        """Consents of whomever, in the order of their numbers, page by page.

        Args:
            recipient: Only those that name them: a DID, a reference, or a number as
                ``system|value``. It finds consents, and says nothing of who may see
                what.
            after: The number behind which they are.
            limit: For how many at most.

        Raises:
            ConfigurationError: More than ``MAX_CONSENTS`` are asked for.
            EvidenceUnavailable: The file cannot be used, or was tampered with.
        """
        if not 1 <= limit <= MAX_CONSENTS:
            message = f"a page has 1 to {MAX_CONSENTS} consents"
            raise ConfigurationError(message, path="$.limit")
        where = _BEHIND if recipient is None else _NAMING
        order = "consent.number" if recipient is None else "named.consent"
        if self._custodian is not None:
            where += _MINE.format("" if recipient is None else "+")
        behind = min(after, _MAX_NUMBER)
        named = None if recipient is None else as_named(recipient)
        asked = {"recipient": named, "after": behind, "limit": limit}
        return self._found(f"{where} ORDER BY {order} LIMIT :limit", **asked)

    def history(self, credential_id: str | None = None) -> Sequence[ConsentEvent]:
        """What happened, in its order: to one consent, or to all.

        Raises:
            EvidenceUnavailable: The file cannot be used.
        """
        of_one = "" if credential_id is None else " AND event.consent = :which"
        asked = {"which": credential_id, "mine": self._custodian}
        with self._file.reading() as database:
            rows = database.execute(_EVENTS.format(of_one), asked).fetchall()
        for row in rows:
            self._file.check(row, str, str, int)
        return [
            ConsentEvent(credential_id=name, kind=kind, at=_instant(at))
            for name, kind, at in rows
        ]

    def status_list(self, url: str) -> str | None:
        """The status list that is published at ``url``; ``None`` for none.

        Raises:
            EvidenceUnavailable: The file cannot be used.
        """
        with self._file.reading() as database:
            return _list(database, url)

    def put_list(self, url: str, content: str, *, before: str | None) -> None:
        """Keep a status list in the place of ``before``; ``None`` for a new one.

        Raises:
            ConfigurationError: Another one is kept than ``before``.
            EvidenceUnavailable: The file cannot be used.
        """
        with self._file.writing() as database:
            _put(database, url, content, before=before)

    def take_index(self, url: str, *, entropy: Entropy = system_entropy) -> int:
        """An index of the list at ``url`` that nobody took before, and takes after.

        Raises:
            ConfigurationError: None is left.
            EvidenceUnavailable: The file cannot be used.
        """
        with self._file.writing() as database:
            rows = database.execute("SELECT position FROM taken WHERE url = ?", (url,))
            taken = {position for (position,) in rows}
            free = [it for it in range(_ENTRIES) if it not in taken]
            index = allocate(free, entropy=entropy)
            database.execute("INSERT INTO taken VALUES (?, ?)", (url, index))
            return index

    def _found(self, where: str, **asked: object) -> Sequence[KeptConsent]:
        asked["mine"] = self._custodian
        with self._file.reading() as database:
            rows = database.execute(_KEPT + where, asked)
            return sorted(map(self._read, rows), key=lambda it: it.number)

    def _one(
        self, database: sqlite3.Connection, column: str, which: str | int
    ) -> KeptConsent:
        asked = {"which": which, "mine": self._custodian}
        with closing(database.execute(_KEPT + _ONE.format(column), asked)) as rows:
            row = rows.fetchone()
        if row is None:
            fix = "medid consent list shows the numbers and ids"
            raise ConfigurationError("there is no such consent", fix=fix)
        return self._read(row)

    def _read(self, row: _Row) -> KeptConsent:
        times = [one for one in row[6:] if one is not None]
        kinds = (int, str, str, str, *(int for _ in times))
        self._file.check((*row[:4], *times), *kinds)
        return _consent(row)

    def _name_all(self) -> None:
        """Note whom those consents name that an older medid has kept."""
        while True:
            with self._file.reading() as database:
                rows = database.execute(_UNNAMED, (MAX_CONSENTS,)).fetchall()
            if not rows:
                return
            with self._file.writing() as database:
                for number, document in rows:
                    _name(database, number, _recipients_in(document))


class KeptLists:
    """Another fetch, and the status lists of a store that is their origin.

    Args:
        fetch: Where everything else comes from.
        store: Asked anew each time, so that a list counts as soon as it is kept.
        clock: Says when a list was read.
    """

    def __init__(
        self,
        fetch: Fetch | AsyncFetch,
        store: ConsentStore,
        *,
        clock: Clock = system_clock,
    ) -> None:
        self._fetch: Final = fetch
        self._store: Final = store
        self._clock: Final = clock

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        """As of the other fetch, for what the store does not hold."""
        return self._supplied(requests).fetch_all(requests, seconds=seconds)

    async def afetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        """As ``fetch_all``; the store is read in the calling thread."""
        return await self._supplied(requests).afetch_all(requests, seconds=seconds)

    def _supplied(self, requests: Sequence[FetchRequest]) -> SuppliedFetch:
        answers: list[tuple[str, Fetched | MedidError]] = []
        for url in {one.url for one in requests}:
            try:
                content = self._store.status_list(url)
            except EvidenceUnavailable as error:
                # What the store may hold must not be taken from somewhere else.
                answers.append((url, error))
                continue
            if content is not None:
                answers.append((url, self._fetched(url, content)))
        return SuppliedFetch(self._fetch, NO_EVIDENCE.with_answers(answers))

    def _fetched(self, url: str, content: str) -> Fetched:
        media_type = "application/vc" if content.startswith("{") else ""
        return Fetched.of(
            url, content.encode(), fetched_at=self._clock(), media_type=media_type
        )


def _credential_of(new: NewConsent) -> tuple[str, frozenset[str]]:
    """The id of a consent credential, and whom it names."""
    try:
        credentials, _ = open_consents(new.patient, [new.document])
    except EvidenceUnavailable as error:
        raise MalformedValue(error.message, path=error.path) from None
    found = [
        one.credential
        for one in credentials
        if one.credential is not None and one.securing is not Securing.NONE
    ]
    if len(found) != 1 or found[0].id is None:
        message = "only a signed consent credential with an id can be kept"
        raise MalformedValue(message, path="$.id")
    return found[0].id, _recipients_of(found[0])


def _recipients_in(document: str) -> frozenset[str]:
    try:
        opened = open_document(str(document)).credential
    except MedidError:
        return frozenset()
    return frozenset() if opened is None else _recipients_of(opened)


def _recipients_of(credential: Credential) -> frozenset[str]:
    # What cannot be read is kept all the same: it may be a refusal.
    try:
        return recipients_named(ConsentRecord.from_credential(credential))
    except MedidError:
        return frozenset()


def _name(
    database: sqlite3.Connection, number: int | None, recipients: frozenset[str]
) -> None:
    query = "INSERT OR IGNORE INTO named (consent, recipient) VALUES (?, ?)"
    rows = [(number, one) for one in sorted(recipients) or [_NOBODY]]
    database.executemany(query, rows)


def _check_new(database: sqlite3.Connection, name: str, new: NewConsent) -> None:
    query = "SELECT count(*) FROM consent WHERE id = ?"
    if database.execute(query, (name,)).fetchone() != (0,):
        raise ConfigurationError("the consent is kept already")
    query = "SELECT count(*) FROM consent WHERE patient = ? AND +custodian = ?"
    (count,) = database.execute(query, (new.patient, new.custodian)).fetchone()
    if count >= MAX_CONSENTS:
        message = f"a patient has at most {MAX_CONSENTS} consents"
        raise ConfigurationError(message, fix="give fewer and wider ones")


def _add_event(database: sqlite3.Connection, name: str, kind: str, at: Instant) -> None:
    query = "INSERT INTO event (consent, kind, at) VALUES (?, ?, ?)"
    database.execute(query, (name, kind, stored(at)))


def _consent(row: _Row) -> KeptConsent:
    number, name, patient, custodian, document, terms, given, withdrawn = row
    try:
        grant = None if terms is None else strict_json.load_object(terms)
        return KeptConsent(
            number=number,
            credential_id=name,
            patient=patient,
            custodian=custodian,
            document=_document(document),
            grant=grant,
            given=_instant(given),
            withdrawn=None if withdrawn is None else _instant(withdrawn),
        )
    except (MedidError, AttributeError, TypeError) as error:
        raise EvidenceUnavailable("a consent on file cannot be read") from error


def _document(text: str) -> JsonObject | str:
    return strict_json.load_object(text) if text.startswith("{") else text


def _text(document: JsonObject | str) -> str:
    return document if isinstance(document, str) else strict_json.dumps(document)


def _instant(microseconds: int) -> Instant:
    return Instant(microseconds * _MICROSECOND)


def _list(database: sqlite3.Connection, url: str) -> str | None:
    row = database.execute("SELECT content FROM list WHERE url = ?", (url,)).fetchone()
    return None if row is None else str(row[0])


def _put(
    database: sqlite3.Connection, url: str, content: str, *, before: str | None
) -> None:
    """Keep a list, if nobody has changed it since ``before`` was read."""
    if _list(database, url) != before:
        fix = "read the list again, and change that one"
        raise ConfigurationError("the status list was changed meanwhile", fix=fix)
    query = "INSERT OR REPLACE INTO list (url, content) VALUES (?, ?)"
    database.execute(query, (url, content))
