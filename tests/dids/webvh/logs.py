"""Logs of did:webvh as the tests of this room make them, honest or not.

Each entry is hashed and signed anew after it was changed, so that only what a test
changed is wrong with it.
"""

from __future__ import annotations

from hashlib import shake_256
from typing import TYPE_CHECKING

from medid.core.entropy import system_entropy
from medid.core.evidence import Evidence
from medid.core.fetch import Fetched
from medid.core.instant import Instant
from medid.core.json import dumps
from medid.dids.syntax import Did
from medid.dids.webvh import hashing
from medid.dids.webvh.location import locate
from medid.jsonld import ContextStore
from medid.keys import KeyKind, PrivateKey
from medid.securing.data_integrity import eddsa_jcs_2022
from medid.securing.data_integrity.cryptosuite import Creation
from medid.securing.data_integrity.proof import read_proofs
from medid.securing.data_integrity.secure import covered_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.json import JsonObject, JsonValue

NOON = Instant.parse("2026-06-01T12:00:00Z")
HOUR = 3_600.0
LATER = NOON.plus(1_000 * HOUR)
BOARD = "did:webvh:{SCID}:board.example"


def key(name: str) -> PrivateKey:
    """The same Ed25519 key for the same ``name``."""
    return PrivateKey.generate(KeyKind.ED25519, entropy=shake_256(name.encode()).digest)


def multikey(name: str) -> str:
    """The public key of ``name``."""
    return key(name).public_key.to_multikey()


def multikeys(*names: str) -> list[JsonValue]:
    """The public keys of ``names``."""
    return [multikey(name) for name in names]


def key_hashes(*names: str) -> list[JsonValue]:
    """What commits to the keys of ``names``."""
    return [hashing.key_hash(multikey(name)) for name in names]


def witnesses(threshold: JsonValue, *names: str) -> JsonObject:
    """The ``witness`` parameter of witnesses of these names."""
    listed: list[JsonValue] = [{"id": f"did:key:{multikey(name)}"} for name in names]
    return {"threshold": threshold, "witnesses": listed}


def state(did: str = BOARD, /, *, key_name: str = "signing") -> JsonObject:
    """A document of ``did`` with one key for assertions."""
    return {
        "@context": [
            "https://www.w3.org/ns/did/v1",
            "https://w3id.org/security/multikey/v1",
        ],
        "id": did,
        "verificationMethod": [
            {
                "id": f"{did}#key-1",
                "type": "Multikey",
                "controller": did,
                "publicKeyMultibase": multikey(key_name),
            }
        ],
        "assertionMethod": [f"{did}#key-1"],
    }


def proof(document: JsonObject, name: str, /, **options: JsonValue) -> JsonObject:
    """The proof of ``name`` over ``document``, some of its options replaced."""
    public = multikey(name)
    stated: JsonObject = {
        "type": "DataIntegrityProof",
        "cryptosuite": eddsa_jcs_2022.NAME,
        "verificationMethod": f"did:key:{public}#{public}",
        "created": "2026-06-01T00:00:00Z",
        "proofPurpose": "assertionMethod",
        **options,
    }
    unsigned = {**document, "proof": stated}
    covered = covered_by(unsigned, read_proofs(unsigned)[0], ContextStore.bundled())
    creation = Creation(entropy=system_entropy)
    return {**stated, **eddsa_jcs_2022.SUITE.create(covered, key(name), creation)}


def signed(entry: JsonObject, *names: str, **options: JsonValue) -> JsonObject:
    """``entry`` with proofs of ``names`` and no others."""
    bare = {name: value for name, value in entry.items() if name != "proof"}
    return {**bare, "proof": [proof(bare, name, **options) for name in names]}


def hashed(entry: JsonObject, predecessor: str, number: int) -> JsonObject:
    """``entry`` with the ``versionId`` that it has behind ``predecessor``."""
    return {**entry, "versionId": f"{number}-{hashing.entry_hash(entry, predecessor)}"}


def first(
    signer: str = "a",
    /,
    *,
    document: JsonObject | None = None,
    at: str = str(NOON),
    **parameters: JsonValue,
) -> JsonObject:
    """A first entry that the key of ``signer`` controls and signed."""
    preliminary: JsonObject = {
        "versionId": hashing.PLACEHOLDER,
        "versionTime": at,
        "parameters": {
            "method": "did:webvh:1.0",
            "scid": hashing.PLACEHOLDER,
            "updateKeys": multikeys(signer),
            **parameters,
        },
        "state": state() if document is None else document,
    }
    scid = hashing.scid(preliminary)
    return signed(hashed(hashing.with_scid(preliminary, scid), scid, 1), signer)


def number_of(entry: JsonObject) -> int:
    """The version number of ``entry``."""
    return int(str(entry["versionId"]).partition("-")[0])


def after(
    before: JsonObject,
    signer: str = "a",
    /,
    *,
    document: JsonValue = None,
    at: str | None = None,
    **parameters: JsonValue,
) -> JsonObject:
    """An entry behind ``before`` that ``signer`` signed, an hour later by default."""
    later = Instant.parse(str(before["versionTime"])).plus(HOUR)
    entry: JsonObject = {
        "versionTime": str(later) if at is None else at,
        "parameters": {**parameters},
        "state": before["state"] if document is None else document,
    }
    predecessor = str(before["versionId"])
    return signed(hashed(entry, predecessor, number_of(before) + 1), signer)


def several(
    count: int, /, signer: str = "a", **parameters: JsonValue
) -> list[JsonObject]:
    """A log of ``count`` entries, all of the key of ``signer``."""
    entries = [first(signer, document=None, at=str(NOON), **parameters)]
    while len(entries) < count:
        entries.append(after(entries[-1], signer))
    return entries


def did_of(entries: Sequence[JsonObject]) -> Did:
    """The DID that the last of ``entries`` describes."""
    document = entries[-1]["state"]
    assert isinstance(document, dict)
    return Did.parse(str(document["id"]))


def lines(entries: Sequence[JsonObject]) -> bytes:
    """``entries`` as a log."""
    return "".join(f"{dumps(entry)}\n" for entry in entries).encode()


def approval(entry: JsonObject, *names: str, **options: JsonValue) -> JsonObject:
    """The approvals of ``names`` of the version of ``entry``."""
    approved: JsonObject = {"versionId": entry["versionId"]}
    return {**approved, "proof": [proof(approved, name, **options) for name in names]}


def published(
    entries: Sequence[JsonObject] | bytes,
    *approvals: JsonObject,
    did: Did | None = None,
    at: Instant = LATER,
) -> Evidence:
    """Evidence of the log, and of the approvals where there are some."""
    if isinstance(entries, bytes):
        content = entries
    else:
        content, did = lines(entries), did or did_of(entries)
    assert did is not None
    place = locate(did)
    answers = {place.log_url: content}
    if approvals:
        answers[place.witness_url] = dumps([*approvals]).encode()
    return Evidence().with_answers(
        (url, Fetched.of(url, text, fetched_at=at)) for url, text in answers.items()
    )
