"""Is a credential revoked or suspended? Read from status lists already verified.

Lists that are credentials: Bitstring Status List 1.0, and StatusList2021 before it.
Steps of the specification's validate algorithm, in this order:

1. the entry is of a type and purpose that can be judged
2. the list is the one the entry names, of the right type, by an accepted issuer
3. the list is valid at the time in question, and fresh
4. the bitstring is well formed, long enough, and has the entry
5. the bit decides, by its purpose

Left to the caller, and a MUST: the list's own proof, before this room sees the list;
fetching it; whether a credential without any status is acceptable. Everything that
cannot be settled raises: no answer ever means "not revoked".

Spec: https://www.w3.org/TR/vc-bitstring-status-list/#validate-algorithm
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol

from medid.core.evidence import Need
from medid.core.fields import as_list, optional, required_str, strings
from medid.core.memory import FORGETFUL, Known, Memory
from medid.credentials.status_entry import BITSTRING_ENTRY, STATUS_LIST_2021_ENTRY
from medid.errors import (
    MedidError,
    Refused,
    Revoked,
    StatusRetrievalError,
    StatusVerificationError,
    Suspended,
    child,
    located,
)
from medid.status import bitstring
from medid.status.freshness import believed_until, freshness
from medid.status.list import LIST_CREDENTIAL, LIST_SUBJECT, PURPOSES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from medid.core.instant import Instant
    from medid.core.json import JsonObject
    from medid.credentials import Credential, StatusEntry

MAX_LIST_DOCUMENT: Final = 1024 * 1024  # bytes, that of any document, docs/limits.md
LIST_MEDIA_TYPES: Final = (
    "application/vc, application/vc+jwt, application/vc+cose, application/vc+sd-jwt,"
    " application/ld+json, application/json"
)
_LONGEST_TTL: Final = 10**15  # milliseconds; any longer is as good as none


class _Decode(Protocol):
    def __call__(self, encoded_list: str, *, path: str) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """What a kind of entry needs its list to be."""

    credential: str
    subject: str
    purposes: tuple[str, ...]
    decode: _Decode


_FORMS: Final[Mapping[str, _Form]] = MappingProxyType(
    {
        BITSTRING_ENTRY: _Form(
            credential=LIST_CREDENTIAL,
            subject=LIST_SUBJECT,
            purposes=PURPOSES,
            decode=bitstring.decode,
        ),
        STATUS_LIST_2021_ENTRY: _Form(
            credential="StatusList2021Credential",
            subject="StatusList2021",
            purposes=("revocation", "suspension"),
            decode=bitstring.decode_2021,
        ),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusResult:
    """What one status entry said, and until when that can be relied on.

    Attributes:
        value: The entry's number in the list; 0 where the status is not set.
        message: The text of a ``message`` status, where the credential gives one.
        list_digest: SHA-256 (hex) of the ``encodedList`` that was read.
        valid_until: The first instant at which the list has to be fetched anew.
    """

    purpose: str
    index: int
    value: int
    message: str | None
    list_url: str
    list_digest: str
    valid_until: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedList:
    """A status list whose proof has been verified, and when it was fetched.

    Attributes:
        known: What follows from the credential alone.
    """

    credential: Credential
    fetched_at: Instant
    known: Known = field(default_factory=Known, compare=False, repr=False)


def needs(credential: Credential) -> tuple[Need, ...]:
    """The status lists that ``check_status`` will ask for, each once.

    Raises:
        StatusVerificationError: An entry of a type that cannot be judged.
    """
    found: dict[str, Need] = {}
    for entry in credential.status:
        url = _location(entry)[0]
        found.setdefault(
            url,
            Need(
                kind="status-list",
                url=url,
                accept=LIST_MEDIA_TYPES,
                max_bytes=MAX_LIST_DOCUMENT,
                path=child(entry.path, "statusListCredential"),
            ),
        )
    return tuple(found.values())


def check_status(
    credential: Credential,
    lists: Mapping[str, VerifiedList],
    *,
    at: Instant,
    max_age_seconds: float,
    list_issuers: Collection[str] = (),
) -> tuple[StatusResult, ...]:
    """Every status of ``credential``, none of which takes it back.

    All entries are checked, also behind one that fails, and a revocation is reported
    before any lesser trouble. A credential without a status gives ().

    Args:
        credential: Verified.
        lists: Verified, by URL.
        at: The time in question.
        max_age_seconds: For how long after its fetch a list is believed.
        list_issuers: Accepted as issuers of lists, besides the credential's own.

    Raises:
        Revoked: An entry says so.
        Suspended: An entry says so.
        StatusVerificationError: An entry or list cannot be relied on, or two entries
            share one place in one list.
        StatusStale: A list has ended, or is older than it or the caller allows.
        StatusListLengthError: A list is too short or too long.
        StatusRangeError: An index lies outside its list.
        MalformedValue: A list is not of the form its specification requires.
        StatusRetrievalError: A list is not at hand.
        ConfigurationError: ``max_age_seconds`` is negative.
    """
    check_distinct(credential.status)
    issuers = {credential.issuer.id, *list_issuers}
    results: list[StatusResult] = []
    errors: list[MedidError] = []
    for entry in credential.status:
        try:
            results.append(
                check_entry(
                    entry,
                    _list_of(entry, lists),
                    issuers=issuers,
                    at=at,
                    max_age_seconds=max_age_seconds,
                )
            )
        except MedidError as error:
            errors.append(error)
    if errors:
        raise min(errors, key=_gravity)
    return tuple(results)


def check_distinct(entries: tuple[StatusEntry, ...]) -> None:
    """Return if no two entries share one place in one list.

    Raises:
        StatusVerificationError: Two do.
    """
    seen: set[tuple[str | None, int | None]] = set()
    for entry in entries:
        place = (entry.list_url, entry.index)
        if entry.list_url is not None and place in seen:
            # One bit cannot mean two things, nor can one index be two bits wide.
            message = "two entries share one place in one list"
            raise StatusVerificationError(message, path=entry.path)
        seen.add(place)


def _list_of(entry: StatusEntry, lists: Mapping[str, VerifiedList]) -> VerifiedList:
    url, _, _ = _location(entry)
    if url not in lists:
        path = child(entry.path, "statusListCredential")
        raise StatusRetrievalError("the status list is not at hand", path=path)
    return lists[url]


def _gravity(error: MedidError) -> int:
    order = (Revoked, Suspended, Refused)
    return next((n for n, kind in enumerate(order) if isinstance(error, kind)), 3)


def check_entry(
    entry: StatusEntry,
    verified: VerifiedList,
    *,
    issuers: Collection[str],
    at: Instant,
    max_age_seconds: float,
    memory: Memory = FORGETFUL,
) -> StatusResult:
    """What the list in ``verified`` says about ``entry``.

    Args:
        entry: Of a verified credential.
        verified: The list.
        issuers: Who may publish this list; as a rule the credential's issuer only.
        at: The time in question.
        max_age_seconds: For how long after its fetch the list is believed.
        memory: Of lists that were unpacked before.

    Raises:
        Revoked: The entry says so.
        Suspended: The entry says so.
        StatusVerificationError: The entry or list cannot be relied on.
        StatusStale: The list has ended, or is older than it or the caller allows.
        StatusListLengthError: The list is too short or too long.
        StatusRangeError: The index lies outside the list.
        MalformedValue: The list is not of the form its specification requires.
        ConfigurationError: ``max_age_seconds`` is negative.
    """
    list_credential = verified.credential
    # 1. Type and purpose.
    url, index, purpose = _location(entry)
    form = _FORMS[entry.type]
    path = child(entry.path, "statusListCredential")
    # 2. The right list.
    _check_identity(list_credential, form, url, issuers, path=path)
    encoded, ttl = verified.known.once(
        ("list", entry.type, purpose),
        lambda: _read_subject(list_credential, form, purpose, path),
    )
    # 3. Valid and fresh.
    believed = believed_until(
        verified.fetched_at, max_age_seconds=max_age_seconds, ttl_seconds=ttl
    )
    valid_until = freshness(list_credential.validity, believed, at, path=path)
    # 4. The bitstring.
    bits, digest = memory.recall(
        ("bits", entry.type, encoded),
        lambda: _unpacked(form, encoded, path),
        size=lambda unpacked: len(unpacked[0]) + len(encoded),
    )
    bitstring.check_length(bits, entry.size, path=path)
    place = child(entry.path, "statusListIndex")
    value = bitstring.read(bits, index, size=entry.size, path=place)
    # 5. The bit.
    _judge(purpose, value, entry.path)
    return StatusResult(
        purpose=purpose,
        index=index,
        value=value,
        message=_message(entry, value),
        list_url=url,
        list_digest=digest,
        valid_until=valid_until,
    )


def _read_subject(
    found: Credential, form: _Form, purpose: str, path: str
) -> tuple[str, float]:
    """The packed bits of the list, and its time to live in seconds."""
    subject = _subject(found, form, purpose, path)
    with located(path):
        encoded = required_str(subject, "encodedList", "$.credentialSubject")
        return encoded, _ttl(subject)


def _unpacked(form: _Form, encoded: str, path: str) -> tuple[bytes, str]:
    """The bits, and the digest of the text that held them."""
    digest = hashlib.sha256(encoded.encode()).hexdigest()
    return form.decode(encoded, path=path), digest


def _location(entry: StatusEntry) -> tuple[str, int, str]:
    if (
        entry.type not in _FORMS
        or entry.list_url is None
        or entry.index is None
        or entry.purpose is None
    ):
        message = f"not a {BITSTRING_ENTRY}: this status cannot be judged"
        raise StatusVerificationError(message, path=child(entry.path, "type"))
    if entry.purpose not in _FORMS[entry.type].purposes:
        # A purpose that medid does not know may mean that the credential is void.
        message = "this status purpose cannot be judged"
        path = child(entry.path, "statusPurpose")
        raise StatusVerificationError(message, path=path)
    return entry.list_url, entry.index, entry.purpose


def _check_identity(
    found: Credential, form: _Form, url: str, issuers: Collection[str], *, path: str
) -> None:
    if found.id != url:
        message = "the list's id is not the URL that the entry names"
        raise StatusVerificationError(message, path=path)
    if form.credential not in found.types:
        raise StatusVerificationError(f"not a {form.credential}", path=path)
    if found.issuer.id not in issuers:
        message = "the list is by another issuer than the credential"
        raise StatusVerificationError(message, path=path)
    if found.status:
        # Its own status would have to be checked first, and so on without end.
        message = "the list is itself subject to a status"
        raise StatusVerificationError(message, path=path)


def _subject(found: Credential, form: _Form, purpose: str, path: str) -> JsonObject:
    if len(found.subjects) != 1:
        message = "a status list has exactly one subject"
        raise StatusVerificationError(message, path=path)
    subject = found.subjects[0].claims
    if form.subject not in as_list(subject.get("type")):
        message = f"the list's subject is not a {form.subject}"
        raise StatusVerificationError(message, path=path)
    with located(path):
        purposes = strings(
            subject.get("statusPurpose"), "$.credentialSubject.statusPurpose"
        )
    if purpose not in purposes:
        message = "the list is for another purpose than the entry"
        raise StatusVerificationError(message, path=path)
    return subject


def _ttl(subject: JsonObject) -> float:
    """The list's time to live in seconds; endless where it states none."""
    path = "$.credentialSubject"
    milliseconds = optional(subject, "ttl", int, path)
    if milliseconds is None:
        return float("inf")
    if milliseconds < 1:
        message = "the list's ttl is not positive"
        raise StatusVerificationError(message, path=child(path, "ttl"))
    return min(milliseconds, _LONGEST_TTL) / 1000


def _judge(purpose: str, value: int, path: str) -> None:
    if value and purpose == "revocation":
        raise Revoked("the issuer revoked this credential", path=path)
    if value and purpose == "suspension":
        raise Suspended("the issuer suspended this credential", path=path)


def _message(entry: StatusEntry, value: int) -> str | None:
    return entry.messages[value].message if entry.messages else None
