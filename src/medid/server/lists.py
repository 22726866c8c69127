"""Hosted status lists: kept, changed, signed anew, and handed out.

A list is published under ``/status/`` and its name. It is signed by a key that this
server holds, and signed anew whenever a status changes, or when the published one has
grown old; nothing is ever handed out that was not written to the folder first. What is
read from the folder must carry a valid proof: otherwise whoever may write there could
have this server sign what he wrote.

Spec: https://www.w3.org/TR/vc-bitstring-status-list/#bitstringstatuslistcredential
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from medid.core import json as strict_json
from medid.core.entropy import Entropy, system_entropy
from medid.core.fetch import NoFetch
from medid.core.fields import as_list, as_object
from medid.core.instant import Instant
from medid.credentials import parse_credential
from medid.errors import ConfigurationError, MedidError, SignerError
from medid.issuing import new_list, renew_list, set_status
from medid.server.list_history import ListHistory, write_whole
from medid.status import StatusList, allocate
from medid.status.check import MAX_LIST_DOCUMENT
from medid.verifying.judging import Expectations, StatusPolicy
from medid.verifying.verifier import Verifier

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from medid.core.fetch import Fetch
    from medid.core.json import JsonObject
    from medid.issuing import Controller
    from medid.issuing.credential import Issued

PATH: Final = "/status/"
MAX_LISTS: Final = 1_000  # of one folder; each has room for 131,072 credentials
RENEW_AFTER: Final = 3_600  # seconds; verifiers take no list older than a day
MAX_AGE: Final = 86_400  # seconds for which a list that cannot be renewed still counts
MEDIA_TYPE: Final = "application/vc"

_LOG: Final = logging.getLogger("medid.server")
_NAME: Final = re.compile(r"[A-Za-z0-9_\-]{1,64}")
_PROOF_ONLY: Final = Expectations(status=StatusPolicy.OFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosted:
    """One list as it is published now.

    Attributes:
        name: The last part of its address.
        url: Its address, which is also its ``id``.
        issuer: The DID whose key signs it.
        securing: The cryptosuite it is signed with.
        purpose: What its bits mean.
        document: The signed credential.
        content: The same as bytes.
        signed_at: From when it holds.
    """

    name: str
    url: str
    issuer: str
    securing: str
    purpose: str
    document: JsonObject
    content: bytes
    signed_at: Instant


def etag_of(content: bytes) -> str:
    """A name for exactly these bytes (RFC 9110 section 8.8.3)."""
    return f'"{hashlib.sha256(content).hexdigest()}"'


def is_known(etag: str, if_none_match: str | None) -> bool:
    """Whether the caller has what ``etag`` names (RFC 9110 section 13.1.2)."""
    asked = if_none_match or ""
    return etag in asked or asked.strip() == "*"


class Lists:
    """The lists that one server hosts. Safe to share between threads."""

    def __init__(
        self,
        controllers: Sequence[Controller],
        *,
        base_url: str,
        folder: Path | None = None,
        history: Path | None = None,
        fetch: Fetch | None = None,
        entropy: Entropy = system_entropy,
    ) -> None:
        """Read the lists of ``folder``, which no other server may be using.

        Args:
            controllers: Whose lists may be hosted.
            base_url: Where the outside reaches this server.
            folder: Where lists are kept; without one they live as long as the server.
            history: Where every version is kept that is published from the folder;
                ``None`` keeps none.
            fetch: Where the DID documents of those who signed them come from.
            entropy: Where the indexes of new credentials come from.

        Raises:
            ConfigurationError: A file there is no list that a key here may sign.
        """
        self._controllers = {controller.did: controller for controller in controllers}
        self._base = base_url + PATH
        self._entropy = entropy
        self._folder = folder
        self._lock = threading.Lock()
        self._hosted: dict[str, Hosted] = {}
        self._used: dict[str, set[int]] = {}
        self._history = ListHistory(history) if history is not None else None
        self._held = _hold(folder) if folder is not None else None
        try:
            for path in _files(folder) if folder is not None else ():
                self._load(path, fetch if fetch is not None else NoFetch())
        except BaseException:
            # Whoever mends what is wrong may start again in this process.
            self.close()
            raise

    def get(self, name: str, *, at: Instant) -> Hosted | None:
        """The list ``name``, signed anew where it has grown old; ``None``: no such.

        Where it cannot be signed anew, or not be kept, what was published last counts
        for ``MAX_AGE``: no status has changed since.

        Raises:
            SignerError: It has to be signed, and the key cannot be used.
            OSError: It has to be signed, and cannot be kept.
        """
        with self._lock:
            found = self._hosted.get(name)
            # One from later than now is good for nobody: the clock was ahead.
            if found is None or 0 <= at.since(found.signed_at) < RENEW_AFTER:
                return found
            try:
                return self._renewed(found, at)
            except (OSError, SignerError) as error:
                if at.since(found.signed_at) >= MAX_AGE:
                    raise
                _LOG.error("%s", type(error).__name__)
                return found

    @property
    def keeps_history(self) -> bool:
        """Whether it is known what the lists said at earlier times."""
        return self._history is not None

    def find(self, name: str, *, at: Instant, now: Instant) -> bytes | None:
        """What the list ``name`` said ``at``; ``None`` where that is not known.

        Args:
            name: The last part of its address.
            at: The time that is asked about.
            now: The present; what a list will say is not known.
        """
        if self._history is None or at > now:
            return None
        with self._lock:
            return self._history.find(name, at=at) if name in self._hosted else None

    def at_url(self, url: str) -> Hosted | None:
        """The list whose address is ``url``; ``None`` where none is hosted there."""
        found = self._hosted.get(url.removeprefix(self._base))
        return found if found is not None and found.url == url else None

    def change(self, name: str, index: int, *, value: bool, at: Instant) -> Hosted:
        """Set or clear entry ``index`` of the list ``name``, and publish it.

        Raises:
            StatusRangeError: The index lies outside the list.
            ConfigurationError: A revocation would be taken back.
            SignerError: The key cannot be used.
        """
        with self._lock:
            found = self._hosted[name]
            document = set_status(
                found.document,
                index,
                self._controllers[found.issuer],
                value=value,
                at=at,
                securing=found.securing,
            )
            return self._publish(found, document)

    def entry(
        self, controller: Controller, purpose: str, *, securing: str, at: Instant
    ) -> JsonObject:
        """A status entry for a new credential, at an index that nobody has.

        What was given away is remembered as long as the server lives, and no longer.

        Raises:
            ConfigurationError: No such purpose, or no index is free.
            MedidError: The list cannot be signed.
        """
        with self._lock:
            name = f"{len(self._hosted) + 1}"
            for hosted in self._hosted.values():
                if (hosted.issuer, hosted.purpose) == (controller.did, purpose):
                    name = hosted.name
            if name not in self._hosted:
                self._create(name, controller, purpose, securing=securing, at=at)
            index = self._allocate(name)
        url = self._base + name
        return {
            "id": f"{url}#{index}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": purpose,
            "statusListIndex": str(index),
            "statusListCredential": url,
        }

    def close(self) -> None:
        """Let another server have the folder."""
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def _create(
        self,
        name: str,
        controller: Controller,
        purpose: str,
        *,
        securing: str,
        at: Instant,
    ) -> None:
        url = self._base + name
        document = new_list(url, purpose, controller, at=at, securing=securing)
        self._hosted[name] = _hosted(name, as_object(_object(document), "$"))

    def _allocate(self, name: str) -> int:
        known = parse_credential(self._hosted[name].document)
        used = self._used.setdefault(name, set())
        entries = StatusList.from_credential(known).entries
        free = [index for index in range(entries) if index not in used]
        index = allocate(free, entropy=self._entropy)
        used.add(index)
        return index

    def _renewed(self, found: Hosted, at: Instant) -> Hosted:
        controller = self._controllers[found.issuer]
        document = renew_list(
            found.document, controller, at=at, securing=found.securing
        )
        return self._publish(found, document)

    def _publish(self, found: Hosted, document: Issued) -> Hosted:
        changed = _hosted(found.name, as_object(_object(document), "$"))
        if self._folder is not None:
            self._write(self._folder / f"{found.name}.json", changed)
        self._hosted[found.name] = changed
        return changed

    def _write(self, file: Path, changed: Hosted) -> None:
        before = self._hosted[changed.name].signed_at
        self._remember(changed)
        try:
            write_whole(file, changed.content)
        except OSError:
            if self._history is not None:
                self._history.forget_after(changed.name, before)
            raise

    def _load(self, path: Path, fetch: Fetch) -> None:
        name = path.stem
        try:
            hosted = _hosted(name, strict_json.load_object(_read(path)))
            answer = Verifier(fetch=fetch, expect=_PROOF_ONLY).verify(
                hosted.document, at=hosted.signed_at
            )
            answer.raise_for_errors()
        except MedidError as error:
            message = f"the status list {name}: {error.message} ({error.code})"
            raise ConfigurationError(message, path=error.path, fix=error.fix) from None
        if hosted.issuer not in self._controllers:
            message = f"the status list {name} is of an issuer whose key is not here"
            raise ConfigurationError(message, path="$.issuer")
        if hosted.url != self._base + name:
            message = f"the status list {name} would be served at another address"
            fix = f"create it with --url {self._base}{name}, or serve it there"
            raise ConfigurationError(message, path="$.id", fix=fix)
        self._check_newest(hosted)
        # Published by another server, or by hand, it is what is handed out from now on.
        self._remember(hosted)
        if self._history is not None:
            # Of a server that stopped between keeping a version and publishing it.
            self._history.forget_after(name, hosted.signed_at)
        self._hosted[name] = hosted

    def _check_newest(self, hosted: Hosted) -> None:
        """Return if ``hosted`` sets what was set in the versions that came after it.

        Raises:
            ConfigurationError: It is an older copy, and would take something back.
        """
        if self._history is None:
            return
        later = self._history.published_after(hosted.name, hosted.signed_at)
        if later is None or not _statuses(hosted.content).lacks(_statuses(later)):
            return
        message = f"the list {hosted.name} is older than what was published of it"
        fix = "put the newest file of its --status-history over it"
        raise ConfigurationError(message, path="--status-lists", fix=fix)

    def _remember(self, hosted: Hosted) -> None:
        if self._history is not None:
            self._history.keep(hosted.name, hosted.content, signed_at=hosted.signed_at)


def _statuses(content: bytes) -> StatusList:
    known = parse_credential(strict_json.load_object(content))
    return StatusList.from_credential(known)


def _object(document: Issued) -> JsonObject:
    if not isinstance(document, dict):
        message = "a hosted status list is secured with a Data Integrity proof"
        raise ConfigurationError(message, path="$.securing")
    return document


def _hosted(name: str, document: JsonObject) -> Hosted:
    credential = parse_credential(document)
    proof = as_object(as_list(document.get("proof"))[0], "$.proof")
    start = credential.validity.start
    return Hosted(
        name=name,
        url=credential.id or "",
        issuer=credential.issuer.id,
        securing=str(proof.get("cryptosuite")),
        purpose=StatusList.from_credential(credential).purpose,
        document=document,
        content=strict_json.dumps(document).encode(),
        signed_at=start if start is not None else Instant(0),
    )


# The folder.


def _hold(folder: Path) -> int | None:
    """Keep every other server out of ``folder`` while this one runs.

    Two that change the same list would each undo what the other has revoked.
    """
    try:
        import fcntl
    except ImportError:
        return None  # not a Unix: nothing to hold it with
    try:
        held = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        message = f"cannot use the folder of status lists: {error.strerror}"
        raise ConfigurationError(message, path="--status-lists") from None
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(held)
        message = "another server is using the folder of status lists"
        raise ConfigurationError(message, path="--status-lists") from None
    return held


def _files(folder: Path) -> list[Path]:
    found = sorted(folder.glob("*.json"))
    if len(found) > MAX_LISTS:
        message = f"there are more than {MAX_LISTS} status lists"
        raise ConfigurationError(message, path="--status-lists")
    for path in found:
        if not _NAME.fullmatch(path.stem):
            message = "a status list is named by letters, digits, dashes and _"
            raise ConfigurationError(message, path="--status-lists")
    return found


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_LIST_DOCUMENT + 1)
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {error.strerror}") from None
