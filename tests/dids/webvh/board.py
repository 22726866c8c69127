"""A board that writes its log, version by version, and the witnesses that approve."""

from __future__ import annotations

from hashlib import shake_256
from typing import TYPE_CHECKING

from medid.core.instant import Instant
from medid.dids import drafting
from medid.dids.webvh import approving, hashing, writing
from medid.dids.webvh.writing import Changes, Published, WitnessList
from medid.keys import KeyKind, PrivateKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject, JsonValue
    from medid.keys import PublicKey

NOON = Instant.parse("2026-06-01T12:00:00Z")
HOUR = 3_600.0
PLACE = "board.example"


def key(name: str) -> PrivateKey:
    """The same Ed25519 key for the same ``name``."""
    return PrivateKey.generate(KeyKind.ED25519, entropy=shake_256(name.encode()).digest)


def public(name: str) -> PublicKey:
    return key(name).public_key


def commit(*names: str) -> tuple[str, ...]:
    return tuple(hashing.key_hash(public(name).to_multikey()) for name in names)


def asked(threshold: int, *names: str) -> WitnessList:
    return WitnessList(threshold=threshold, keys=tuple(map(public, names)))


def draft_document(place: str = PLACE, *names: str) -> JsonObject:
    keys = drafting.numbered([public(name) for name in names or ("licenses",)])
    return drafting.document(writing.template(place), keys)


class Board:
    """What the board publishes, an hour later with every version."""

    def __init__(
        self,
        changes: Changes | None = None,
        *,
        signer: str = "update",
        place: str = PLACE,
    ) -> None:
        self.now = NOON
        made = writing.create(
            place,
            draft_document(place),
            changes or Changes(),
            signer=key(signer),
            at=self.now,
        )
        self.published = Published(did=made.did, log=made.log)

    def update(
        self,
        changes: Changes | None = None,
        *,
        signer: str = "update",
        document: Mapping[str, JsonValue] | None = None,
    ) -> writing.Draft:
        """Write one more version, and publish it unless witnesses have to approve."""
        self.now = self.now.plus(HOUR)
        made = writing.update(
            self.published,
            changes or Changes(),
            document=document,
            signer=key(signer),
            at=self.now,
        )
        if not made.waiting:
            self.publish(made)
        return made

    def publish(self, made: writing.Draft, *witnesses: str) -> None:
        """Publish ``made`` with the approvals of ``witnesses``."""
        draft = Published(
            did=made.did, log=made.log, witnesses=self.published.witnesses
        )
        seen = b"" if made.version_id.startswith("1-") else self.published.log
        approvals = [
            approving.approve(draft, key(name), seen=seen, at=self.now)
            for name in witnesses
        ]
        if approvals:
            draft = approving.with_approvals(draft, approvals, seen=seen)
        writing.verified(draft)
        self.published = draft
