"""Documents and evidence that the tests of this room share."""

from __future__ import annotations

import json
from hashlib import shake_256
from typing import TYPE_CHECKING

from medid.core.evidence import Evidence
from medid.core.fetch import Fetched
from medid.core.instant import Instant
from medid.dids.document import DidDocument
from medid.dids.syntax import Did
from medid.keys import KeyKind, PrivateKey, PublicKey
from tests.keys.strategies import public

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue

BOARD = "did:web:board.example"
NOON = Instant.parse("2026-06-01T12:00:00Z")


def _fixed(kind: KeyKind) -> PublicKey:
    # The same keys in every process, because the tests are named after them.
    entropy = shake_256(kind.value.encode()).digest
    return PrivateKey.generate(kind, entropy=entropy).public_key


ED25519 = _fixed(KeyKind.ED25519)
P256 = _fixed(KeyKind.P256)
P384 = _fixed(KeyKind.P384)
X25519 = _fixed(KeyKind.X25519)
SECP256K1 = _fixed(KeyKind.SECP256K1)
ML_DSA_44 = _fixed(KeyKind.ML_DSA_44)
ML_DSA_65 = _fixed(KeyKind.ML_DSA_65)
RSA = public(KeyKind.RSA)
KEYS = (ED25519, P256, P384, SECP256K1, RSA, ML_DSA_44, ML_DSA_65, X25519)


def multikey(key: PublicKey = ED25519, /, **members: JsonValue) -> JsonObject:
    """A Multikey method of the board, some members replaced."""
    return {
        "id": f"{BOARD}#key-1",
        "type": "Multikey",
        "controller": BOARD,
        "publicKeyMultibase": key.to_multikey(),
        **members,
    }


def board(**members: JsonValue) -> JsonObject:
    """A board's document with one key for assertions, some members replaced."""
    return {
        "@context": "https://www.w3.org/ns/did/v1",
        "id": BOARD,
        "verificationMethod": [multikey()],
        "assertionMethod": [f"{BOARD}#key-1"],
        **members,
    }


def with_method(
    relationship: str = "assertionMethod", /, **members: JsonValue
) -> DidDocument:
    """A board's document whose one key has some members replaced."""
    method = multikey(**members)
    return DidDocument.parse(
        board(verificationMethod=[method], **{relationship: [method["id"]]})
    )


def published(
    document: JsonObject | bytes,
    *,
    did: str = BOARD,
    media_type: str = "application/did",
) -> Evidence:
    """Evidence that ``document`` stands where ``did`` says."""
    from medid.dids.resolver import document_url

    url = document_url(Did.parse(did))
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    fetched = Fetched.of(url, content, fetched_at=NOON, media_type=media_type)
    return Evidence().with_answers([(url, fetched)])
