"""Who a patient is: for every custodian another key, and another DID.

What a custodian sees of a patient is a ``did:key`` of random bits: nothing of the
patient is in it, and two custodians cannot find out that they speak of one person. The
status list of each identity has a random name for the same reason. Keys are files that
a password opens; the folder, and each file in it, are their owner's alone.

Spec: https://www.w3.org/TR/did-core/#pairwise-dids
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from medid.adapters import urls
from medid.adapters.sqlite_file import SqliteFile, SqliteForm
from medid.core.entropy import Entropy, system_entropy
from medid.credentials.values import as_url
from medid.dids.syntax import DidUrl
from medid.errors import ConfigurationError, EvidenceUnavailable, MedidError
from medid.issuing import Controller
from medid.keys import KeyKind, PrivateKey, keyfile
from medid.keys.keyfile import FileSigner, Protection

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MAX_IDENTITIES: Final = 1_000  # keys of one wallet; a patient has some ten custodians

_PRIVATE: Final = 0o700
_OTHERS: Final = 0o077  # permission bits of group and world
_FORM: Final = SqliteForm(
    name="wallet",
    application_id=0x4D444957,  # MDIW
    schema=(
        (
            "CREATE TABLE IF NOT EXISTS identity (custodian TEXT PRIMARY KEY,"
            " method TEXT NOT NULL UNIQUE, key_file TEXT NOT NULL,"
            " list TEXT NOT NULL UNIQUE) WITHOUT ROWID"
        ),
    ),
    durable=True,
)
_COLUMNS: Final = "SELECT custodian, method, key_file, list FROM identity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who the patient is for one custodian.

    Attributes:
        custodian: As the wallet's owner calls it.
        verification_method: The DID URL of the key.
        key_file: Where the key is.
        status_list: Where the status list of its consents is published.
    """

    custodian: str
    verification_method: str = field(repr=False)
    key_file: Path
    status_list: str

    @property
    def did(self) -> str:
        """The DID by which the custodian knows the patient."""
        return str(DidUrl.parse(self.verification_method).did)


class Identities:
    """The identities in one folder. Safe to share between threads and processes."""

    def __init__(
        self,
        folder: str | Path,
        *,
        password: Callable[[], bytes],
        protection: Protection | None = None,
        entropy: Entropy = system_entropy,
    ) -> None:
        """Open the folder, or make it.

        Args:
            folder: Its parent must exist.
            password: Opens the keys; asked when one is needed.
            protection: How new key files are protected.
            entropy: Where names of files and lists come from; never keys.

        Raises:
            ConfigurationError: Others may use the folder, or a file in it is not of
                a wallet.
            EvidenceUnavailable: It cannot be made, read or written.
        """
        self.folder: Final = Path(folder)
        self.password: Final = password
        self._protection = protection
        self._entropy = entropy
        try:
            self.folder.mkdir(mode=_PRIVATE, exist_ok=True)
            self._keys.mkdir(mode=_PRIVATE, exist_ok=True)
            mode = self.folder.stat().st_mode
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "not a file name"
            message = f"the wallet cannot be made: {reason}"
            raise EvidenceUnavailable(message, fix="name a folder of yours") from None
        if os.name == "posix" and mode & _OTHERS:
            # Refused and not mended: it may be a folder that was named by mistake.
            message = "others may use the folder of the wallet"
            raise ConfigurationError(message, path="--wallet", fix="run: chmod 700")
        self._file = SqliteFile(self.folder / "wallet.db", _FORM)

    def all(self) -> Sequence[Identity]:
        """Every identity of the wallet, by the name of its custodian.

        Raises:
            EvidenceUnavailable: The wallet cannot be read.
        """
        with self._file.reading() as database:
            rows = database.execute(_COLUMNS + " ORDER BY custodian")
            return [self._identity(*row) for row in rows]

    def of(self, custodian: str, *, lists: str | None = None) -> Identity:
        """Who the patient is for ``custodian``; made where there is none.

        The key is random, and nothing of the patient is in it.

        Args:
            custodian: Whom it is shown to.
            lists: The https URL below which the status lists will be published;
                needed for a new one, and the same ever after.

        Raises:
            ConfigurationError: A new one has no such URL, or there are too many; or
                the lists of a known one are published elsewhere.
            SignerError: The key cannot be written.
            EvidenceUnavailable: The wallet cannot be used.
        """
        found = self._find(custodian)
        if found is not None:
            _check_place(found, lists)
            return found
        where = _list_url(lists, self._entropy)
        key = PrivateKey.generate(KeyKind.ED25519)
        method = Controller.did_key(key).verification_method
        path = self._keys / f"{self._entropy(16).hex()}.key"
        keyfile.save(path, key, password=self.password(), protection=self._protection)
        made = Identity(
            custodian=custodian,
            verification_method=method,
            key_file=path,
            status_list=where,
        )
        try:
            kept = self._remember(made)
        except MedidError:
            path.unlink(missing_ok=True)
            raise
        if kept != made:
            path.unlink(missing_ok=True)  # another process was quicker
        return kept

    def adopt(
        self, custodian: str, *, key_file: str | Path, method: str, lists: str
    ) -> Identity:
        """Use a key that is kept elsewhere, such as that of an accepted recorder.

        Args:
            custodian: Whom it is shown to.
            key_file: Opened by the wallet's password.
            method: The DID URL of the key.
            lists: As for ``of``; not needed where it is used already.

        Raises:
            ConfigurationError: There is another identity for this custodian.
            EvidenceUnavailable: The wallet cannot be used.
        """
        known = self._find(custodian)
        made = Identity(
            custodian=custodian,
            verification_method=Controller(
                verification_method=method, signer=self._signer(Path(key_file))
            ).verification_method,
            key_file=Path(key_file).absolute(),
            status_list=_list_url(lists, self._entropy)
            if known is None
            else known.status_list,
        )
        kept = self._remember(made)
        same = (kept.key_file, kept.verification_method)
        if same != (made.key_file, made.verification_method):
            message = "there is another identity for this custodian"
            raise ConfigurationError(message, fix="choose another name for one of them")
        return kept

    def controller(self, identity: Identity) -> Controller:
        """Who signs as ``identity``; the key is opened at the first signature."""
        return Controller(
            verification_method=identity.verification_method,
            signer=self._signer(identity.key_file),
        )

    @property
    def _keys(self) -> Path:
        return self.folder / "keys"

    def _find(self, custodian: str) -> Identity | None:
        with self._file.reading() as database:
            query = _COLUMNS + " WHERE custodian = ?"
            row = database.execute(query, (custodian,)).fetchone()
        return None if row is None else self._identity(*row)

    def _remember(self, made: Identity) -> Identity:
        """What is known of its custodian already; else ``made`` becomes known."""
        path = made.key_file
        inside = path.parent == self._keys
        with self._file.writing() as database:
            query = _COLUMNS + " WHERE custodian = ?"
            row = database.execute(query, (made.custodian,)).fetchone()
            if row is not None:
                return self._identity(*row)
            (count,) = database.execute("SELECT count(*) FROM identity").fetchone()
            if count >= MAX_IDENTITIES:
                message = f"a wallet has at most {MAX_IDENTITIES} identities"
                raise ConfigurationError(message)
            database.execute(
                "INSERT INTO identity VALUES (?, ?, ?, ?)",
                (
                    made.custodian,
                    made.verification_method,
                    path.name if inside else str(path),
                    made.status_list,
                ),
            )
        return made

    def _identity(
        self, custodian: str, method: str, key_file: str, status_list: str
    ) -> Identity:
        columns = (custodian, method, key_file, status_list)
        self._file.check(columns, str, str, str, str)
        return Identity(
            custodian=custodian,
            verification_method=method,
            # What is not absolute is in the wallet, which may have been moved.
            key_file=self._keys / key_file,
            status_list=status_list,
        )

    def _signer(self, path: Path) -> FileSigner:
        return FileSigner(path, password=self.password)


def _list_url(lists: str | None, entropy: Entropy) -> str:
    """A new URL below ``lists``; the lists of one patient must not show their owner."""
    if lists is None or not _is_place(lists):
        message = "a new identity needs to know where its status list is published"
        fix = "give an https URL that verifiers can fetch from, without a query"
        raise ConfigurationError(message, path="--lists", fix=fix)
    return f"{lists.rstrip('/')}/{entropy(16).hex()}"


def _check_place(known: Identity, lists: str | None) -> None:
    """Refuse another place than that which the consents so far name."""
    place, _, _ = known.status_list.rpartition("/")
    if lists is not None and lists.rstrip("/") != place:
        message = "the status list for this custodian is published elsewhere"
        fix = "leave it out: medid consent publish tells where the list has to be"
        raise ConfigurationError(message, path="--lists", fix=fix)


def _is_place(lists: str) -> bool:
    """Whether verifiers would fetch what lies below ``lists``.

    Asked before the identity is kept: it has this URL for good.
    """
    try:
        target = urls.parse(as_url(lists, "--lists")).target
    except MedidError:
        return False
    return "?" not in target  # what is put behind a query is no place of its own
