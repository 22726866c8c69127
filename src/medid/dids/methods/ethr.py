"""did:ethr: an account of an EVM chain, and what the ERC-1056 registry logged of it.

The whole history of the identity is one document of the evidence, so any version and
any time up to then can be told from it: the block that a version is named by, and the
times of the blocks. ``#controller`` is an account, which no key that medid knows can be
checked against. A DID that holds its key has ``#controllerKey`` too, as long as its own
account owns it; other keys are attributes of the registry.

Spec: https://github.com/decentralized-identity/ethr-did-resolver/blob/master/doc/did-method-spec.md
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core.evidence import Need
from medid.core.instant import Instant
from medid.dids.document import DidDocument
from medid.dids.ethr import address as addresses
from medid.dids.ethr import document as documents
from medid.dids.ethr import history as histories
from medid.dids.ethr import identifier as identifiers
from medid.dids.ethr.events import OwnerChanged
from medid.dids.resolution import Resolution
from medid.errors import DidNotFound, HistoryUnknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.evidence import Evidence
    from medid.core.json import JsonObject, JsonValue
    from medid.dids.ethr.events import Event
    from medid.dids.ethr.history import History
    from medid.dids.ethr.identifier import Identifier
    from medid.dids.resolution import ResolutionOptions
    from medid.dids.syntax import Did

NAME: Final = identifiers.METHOD
ACCEPT: Final = "application/json"

create = identifiers.create

_BLOCK: Final = re.compile(r"0|[1-9][0-9]{0,15}")


def needs(did: Did, evidence: Evidence) -> Sequence[Need]:
    """The history of the identity, which an adapter for EVM nodes collects.

    Raises:
        InvalidDid: Not a did:ethr.
        InvalidKey: Its key is no point of the curve.
    """
    del evidence
    return (
        Need(
            kind="did-document",
            url=identifiers.parse(did).url,
            accept=ACCEPT,
            max_bytes=histories.MAX_BYTES,
            tells_past=True,
        ),
    )


def resolve(did: Did, evidence: Evidence, options: ResolutionOptions) -> Resolution:
    """The document of ``did`` as of the block or the time asked for.

    1. Read the history, which must be whole.
    2. Take the events up to the block or the time.
    3. Leave out what has ended by then; without a time, by when the history was read.

    Raises:
        InvalidDid: Not a did:ethr.
        InvalidKey: Its key is no point of the curve.
        DidNotFound: No such block yet, or a block and a time are asked for.
        HistoryUnknown: The block lies between changes, and whether a key was still
            in force then is not known.
        InvalidDidDocument: The history is another identity's, or not whole.
        TooLarge: Longer than the limits.
        EvidenceUnavailable: It was neither supplied nor fetched.
        MedidError: What the fetch reported instead.
    """
    identifier = identifiers.parse(did)
    # A history tells of all times before it was read, so nothing is too late for it.
    fetched = evidence.get(identifier.url)
    history = histories.read(fetched.content, identifier)
    asked = _asked(history, options, fetched.fetched_at)
    return _resolution(did, identifier, history, asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """Up to which block, and the first and last instant that may be meant by it."""

    number: int
    earliest: Instant
    latest: Instant


def _asked(history: History, options: ResolutionOptions, read_at: Instant) -> _Asked:
    if options.version_number is not None:
        message = "versions of a did:ethr are named by their blocks, and not counted"
        raise DidNotFound(message, fix="ask for a versionId")
    if options.version_id is not None:
        if options.version_time is not None:
            message = "versionId and versionTime exclude each other"
            raise DidNotFound(message, fix="ask for one of them")
        return _at_block(history, options.version_id)
    at = options.version_time
    if at is None:
        return _Asked(number=history.latest.number, earliest=read_at, latest=read_at)
    before = [
        event.block.number
        for event in history.events
        if Instant.from_seconds(event.block.timestamp) <= at
    ]
    return _Asked(number=max(before, default=0), earliest=at, latest=at)


def _at_block(history: History, version_id: str) -> _Asked:
    named = _BLOCK.fullmatch(version_id)
    if named is None or int(version_id) > history.latest.number:
        message = "there is no such version: it is the number of a block up to now"
        raise DidNotFound(message, fix="take versionId from the metadata")
    number = int(version_id)
    blocks = [*(event.block for event in history.events), history.latest]
    before = [block.timestamp for block in blocks if block.number <= number]
    # The time of a block is told where something happened in it; of another one, only
    # between which two it lies.
    exact = any(block.number == number for block in blocks)
    after = [block.timestamp for block in blocks if block.number >= number]
    earliest = Instant.from_seconds(before[-1] if before else 0)
    latest = earliest if exact else Instant.from_seconds(after[0])
    return _Asked(number=number, earliest=earliest, latest=latest)


def _resolution(
    did: Did, identifier: Identifier, history: History, asked: _Asked
) -> Resolution:
    counted = list(
        takewhile(lambda event: event.block.number <= asked.number, history.events)
    )
    given_up = next((n for n, event in enumerate(counted) if _gives_up(event)), None)
    if given_up is not None:
        metadata = _metadata(counted[: given_up + 1], None)
        return Resolution(
            document=DidDocument.parse(documents.deactivated(did), expected=did),
            metadata=MappingProxyType({"deactivated": True, **metadata}),
        )
    following = history.events[len(counted) :]
    document = documents.document(did, identifier, counted, asked.earliest)
    # What is in force only ever gets less, so equal ends have nothing between them.
    if asked.latest != asked.earliest and document != documents.document(
        did, identifier, counted, asked.latest
    ):
        message = "whether all its keys were in force in that block is not known"
        fix = "ask for the version of a change, or for a time"
        raise HistoryUnknown(message, fix=fix)
    return Resolution(
        document=DidDocument.parse(document, expected=did),
        metadata=MappingProxyType(
            _metadata(counted, following[0] if following else None)
        ),
    )


def _gives_up(event: Event) -> bool:
    # The contract would let the first owner in again, and DID resolution does not.
    return isinstance(event, OwnerChanged) and event.owner == addresses.NOBODY


def _metadata(counted: Sequence[Event], following: Event | None) -> JsonObject:
    found: dict[str, JsonValue] = {}
    if counted:
        found["versionId"], found["updated"] = _named(counted[-1])
    if following is not None:
        found["nextVersionId"], found["nextUpdate"] = _named(following)
    return found


def _named(event: Event) -> tuple[str, str]:
    return str(event.block.number), str(Instant.from_seconds(event.block.timestamp))
