"""New versions of a did:webvh: create, update, rotate, move, deactivate.

What is made here is a log with one more entry. It is read again, as a verifier would
read it, before anybody gets it: what medid would refuse to read, it does not write.
Where witnesses have to approve the new entry, everything but their approval is read
again, and the log is not to be published before they have given it.

Nothing here writes files, and nothing generates keys: the Signer holds one of the keys
that may change the DID, and keys that are to be committed to may lie in a safe.

Spec: https://identity.foundation/didwebvh/v1.0/#create-register,
https://identity.foundation/didwebvh/v1.0/#update-rotate
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from medid.core import json as strict_json
from medid.core.evidence import NO_EVIDENCE, Evidence
from medid.core.fetch import Fetched
from medid.core.fields import required_str
from medid.core.instant import Instant
from medid.core.records import replace
from medid.dids import drafting, resolver
from medid.dids.document import DidDocument
from medid.dids.syntax import Did
from medid.dids.webvh import entries, hashing, history, signing, witnessing
from medid.dids.webvh.hashing import PLACEHOLDER
from medid.dids.webvh.location import NAME, locate
from medid.dids.webvh.parameters import METHOD
from medid.errors import ConfigurationError, MedidError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.core.json import JsonObject, JsonValue
    from medid.dids.webvh.entries import LogEntry
    from medid.dids.webvh.history import History
    from medid.keys import PublicKey, Signer


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessList:
    """Who has to approve new versions.

    Attributes:
        threshold: How many of them, at least 1.
        keys: Theirs, each once. They are Ed25519 keys.
    """

    threshold: int
    keys: tuple[PublicKey, ...]

    def as_json(self) -> JsonObject:
        """The ``witness`` parameter.

        Raises:
            WeakCryptography: A key is no Ed25519 key.
        """
        if not self.keys:
            return {}
        for key in self.keys:
            signing.check_kind(key)
        return {
            "threshold": self.threshold,
            "witnesses": [{"id": signing.did_key(key)} for key in self.keys],
        }


#: From the next version on, nobody has to approve.
NO_WITNESSES: Final = WitnessList(threshold=0, keys=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The parameters that a version states; ``None`` leaves one as it was.

    Attributes:
        update_keys: Who may sign the next version; with pre-rotation, this one. They
            are Ed25519 keys.
        next_key_hashes: The hashes of the keys that may be the ``update_keys`` of the
            next version: pre-rotation. Empty ends it.
        witness: Who has to approve from the next version on; the first witnesses of a
            DID approve the version that names them.
        watchers: The URLs of those who keep copies of the log.
        ttl: For how many seconds resolvers may keep the document.
        portable: Whether the DID may move to another host. Only its first version can
            say yes, and any later one can say no, for good.
        deactivated: Whether this is the last version. Only ``True`` is ever stated.
    """

    update_keys: tuple[PublicKey, ...] | None = None
    next_key_hashes: tuple[str, ...] | None = None
    witness: WitnessList | None = None
    watchers: tuple[str, ...] | None = None
    ttl: int | None = None
    portable: bool | None = None
    deactivated: bool = False

    def as_json(self) -> JsonObject:
        """The ``parameters`` of the log entry.

        Raises:
            WeakCryptography: A key is no Ed25519 key.
        """
        stated: dict[str, JsonValue] = {
            "updateKeys": _multikeys(self.update_keys),
            "nextKeyHashes": _list(self.next_key_hashes),
            "witness": None if self.witness is None else self.witness.as_json(),
            "watchers": _list(self.watchers),
            "ttl": self.ttl,
            "portable": self.portable,
            "deactivated": self.deactivated or None,
        }
        return {name: value for name, value in stated.items() if value is not None}


def _multikeys(keys: Sequence[PublicKey] | None) -> list[JsonValue] | None:
    if keys is None:
        return None
    for key in keys:
        signing.check_kind(key)
    return [key.to_multikey() for key in keys]


def _list(texts: Sequence[str] | None) -> list[JsonValue] | None:
    return None if texts is None else [*texts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What the host publishes of a did:webvh.

    Attributes:
        did: The DID.
        log: ``did.jsonl``.
        witnesses: ``did-witness.json``; ``None`` where there is none.
    """

    did: Did
    log: bytes
    witnesses: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A log with a new version at its end.

    Attributes:
        did: The DID, as of this version.
        version_id: The version.
        document: What the DID resolves to from this version on.
        log: ``did.jsonl``, all of it.
        waiting: Whether witnesses have to approve the version first: until then
            nobody accepts the log, and it is not to be published.
        deactivated: Whether it is the last one.
    """

    did: Did
    version_id: str
    document: JsonObject
    log: bytes
    waiting: bool
    deactivated: bool


def as_evidence(published: Published, *, at: Instant) -> Evidence:
    """The files as what a verifier fetches, to resolve the DID without a network.

    Args:
        published: The DID, and its files.
        at: When they count as fetched.
    """
    place = locate(published.did)
    files = [(place.log_url, published.log)]
    if published.witnesses is not None:
        files.append((place.witness_url, published.witnesses))
    return NO_EVIDENCE.with_answers(
        (url, Fetched.of(url, content, fetched_at=at)) for url, content in files
    )


def verified(published: Published) -> History:
    """The history that is published, approved by its witnesses.

    Raises:
        MedidError: It is not one that medid accepts.
    """
    found = history.read(published.log)
    approved = witnessing.witnessed(found, published.witnesses or witnessing.NO_PROOFS)
    approved.whole()
    return approved


def last(log: bytes) -> LogEntry:
    """The last entry of ``log``, as it stands there.

    Raises:
        MedidError: It is not of the form of one.
    """
    return entries.read(log.rstrip(b"\n").rpartition(b"\n")[2])


def did_of(log: bytes) -> Did:
    """The DID that the last entry of ``log`` describes.

    Raises:
        MedidError: It is not of the form of one, or describes none.
    """
    state = last(log).state
    did = Did.parse(required_str(state, "id", "$.state"), path="$.state.id")
    locate(did)
    return did


def states(log: bytes) -> list[JsonObject]:
    """The documents of all versions of a log, in their order."""
    return [entries.read(line).state for line in log.removesuffix(b"\n").split(b"\n")]


def latest(published: Published) -> JsonObject:
    """The document of the last version."""
    return last(published.log).state


def template(place: str) -> str:
    """The DID of a log to be published at ``place``, before there is one.

    A draft of its document spells the DID like that, and ``create`` fills it in.

    Args:
        place: Host and path as the DID spells them: ``board.example:boards:oh``.
    """
    return f"did:{NAME}:{PLACEHOLDER}:{place}"


def create(
    place: str,
    draft: Mapping[str, JsonValue],
    changes: Changes,
    *,
    signer: Signer,
    at: Instant,
) -> Draft:
    """The first version of a new DID.

    Args:
        place: As for ``template``.
        draft: The document, whose ``id`` is ``template(place)``.
        changes: Its parameters; without ``update_keys`` the signer's key is the one.
        signer: Holds one of the update keys.
        at: When the version begins, in whole seconds.

    Raises:
        ConfigurationError: medid, or others, would refuse to read it.
        WeakCryptography: A key is no Ed25519 key.
        SignerError: The key store refused, or could not be reached.
    """
    changes = _with_own_key(changes, signer)
    # Others look for the SCID in the values of an entry only, and lose the other name.
    _check_names(draft, PLACEHOLDER, "__proto__")
    entry: JsonObject = {
        "versionId": PLACEHOLDER,
        "versionTime": str(signing.whole(at)),
        "parameters": {"method": METHOD, "scid": PLACEHOLDER, **changes.as_json()},
        "state": {**draft},
    }
    scid = hashing.scid(entry)
    did = _did(scid, place)
    return _appended(
        Published(did=did, log=b""),
        hashing.with_scid(entry, scid),
        predecessor=scid,
        signer=signer,
    )


def update(
    published: Published,
    changes: Changes,
    *,
    document: Mapping[str, JsonValue] | None = None,
    signer: Signer,
    at: Instant,
) -> Draft:
    """The next version of a DID.

    With pre-rotation, every version takes new keys: without ``update_keys`` it is the
    signer's. It also says which may follow, or that pre-rotation ends.

    Args:
        published: The DID as it is.
        changes: What is otherwise from now on.
        document: The document from now on; ``None``: as it was. Another ``id`` moves
            the DID.
        signer: Holds a key that may sign this version.
        at: When the version begins, in whole seconds; later than the one before.

    Raises:
        ConfigurationError: medid would refuse to read it.
        MedidError: What is published is not a log that medid accepts.
        WeakCryptography: A key is no Ed25519 key.
        SignerError: The key store refused, or could not be reached.
    """
    before = verified(published).versions[-1]
    if before.parameters.next_key_hashes:
        changes = _with_own_key(changes, signer)
        if changes.next_key_hashes is None:
            message = "with pre-rotation, a version commits to the keys of the next"
            fix = "name the next keys, or say that there are none any more"
            raise ConfigurationError(message, fix=fix)
    if signing.whole(at) <= before.time:
        message = "a version begins later than the one before it"
        raise ConfigurationError(message, fix="wait a second, or name a later time")
    state = latest(published) if document is None else {**document}
    entry: JsonObject = {
        "versionId": before.version_id,
        "versionTime": str(signing.whole(at)),
        "parameters": changes.as_json(),
        "state": state,
    }
    did = Did.parse(str(state.get("id")), path="$.id")
    return _appended(
        replace(published, did=did), entry, predecessor=before.version_id, signer=signer
    )


def moved(published: Published, place: str) -> JsonObject:
    """The document of the DID as it is published at ``place``, for ``update``.

    Everything that it says of itself says so under its new name; the old one becomes
    an alias.

    Raises:
        InvalidDid: There is no did:webvh of such a place.
        MedidError: What is published is not a log that medid accepts.
    """
    document = latest(published)
    old = published.did
    new = _did(old.id.partition(":")[0], place)
    names = ((old, new), (locate(old).web, locate(new).web))
    for before, after in names:
        document = {
            name: drafting.renamed(value, str(before), str(after))
            for name, value in document.items()
        }
    return drafting.with_alias(document, str(old))


def deactivate(published: Published, *, signer: Signer, at: Instant) -> Draft:
    """The last version of a DID: no key of it may be used any more, and none follows.

    Raises:
        MedidError: As ``update`` says.
    """
    # With pre-rotation an update key is stated, and it is the one that signs. It has
    # no use afterwards.
    before = verified(published).versions[-1]
    committed = bool(before.parameters.next_key_hashes)
    changes = Changes(
        update_keys=(signer.public_key,) if committed else (),
        next_key_hashes=() if committed else None,
        deactivated=True,
    )
    return update(published, changes, signer=signer, at=at)


def _with_own_key(changes: Changes, signer: Signer) -> Changes:
    if changes.update_keys is not None:
        return changes
    return replace(changes, update_keys=(signer.public_key,))


def _check_names(state: Mapping[str, JsonValue], *texts: str) -> None:
    if hashing.in_names({**state}, texts):
        message = "the document has a name of a member that others read otherwise"
        fix = f"leave {' and '.join(texts)} out of the names of members"
        raise ConfigurationError(message, fix=fix)


def _did(scid: str, place: str) -> Did:
    did = Did(method=NAME, id=f"{scid}:{place}")
    locate(did)
    return did


def _appended(
    published: Published, entry: JsonObject, *, predecessor: str, signer: Signer
) -> Draft:
    """The log with ``entry``, hashed and signed, at its end, read again.

    Args:
        published: The log before, and the DID from now on.
        entry: Without its hash and its proof.
        predecessor: What it is chained to.
        signer: Who signs it.
    """
    before = published.log
    if before and not before.endswith(b"\n"):
        before += b"\n"
    number = before.count(b"\n") + 1
    version_id = f"{number}-{hashing.entry_hash(entry, predecessor)}"
    named = {**entry, "versionId": version_id}
    at = Instant.parse(str(entry["versionTime"]))
    signed: JsonObject = {**named, "proof": [signing.proof(named, signer, at=at)]}
    log = before + f"{strict_json.dumps(signed)}\n".encode()
    return _read_again(replace(published, log=log))


def _read_again(written: Published) -> Draft:
    """What was written, as a verifier would read it."""
    try:
        found = history.read(written.log).whole()[-1]
        document = DidDocument.parse(latest(written), expected=written.did)
        if found.witnesses is None:
            evidence = as_evidence(written, at=found.time)
            document = resolver.resolution(written.did, evidence).document
    except MedidError as error:
        message = f"this makes no version that medid would read: {error.message}"
        fix = "nothing was made: look at the keys and parameters again"
        raise ConfigurationError(message, path=error.path, fix=fix) from None
    return Draft(
        did=written.did,
        version_id=found.version_id,
        document=document.raw,
        log=written.log,
        waiting=found.witnesses is not None,
        deactivated=found.parameters.deactivated,
    )
