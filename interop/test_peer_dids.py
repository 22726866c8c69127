"""did:peer 2 and 4 beside PyPI did-peer-2 and did-peer-4, in both directions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import did_peer_2
import did_peer_4

from medid.core.evidence import Evidence
from medid.core.instant import Instant
from medid.dids import resolver
from medid.dids.methods import peer
from medid.dids.methods.peer import PeerKey
from medid.dids.syntax import Did
from medid.keys import KeyKind, PrivateKey

if TYPE_CHECKING:
    from medid.core.json import JsonObject

SIGNING: Final = PrivateKey.generate(KeyKind.ED25519).public_key
READING: Final = PrivateKey.generate(KeyKind.X25519).public_key
SERVICE: Final[JsonObject] = {
    "type": "DIDCommMessaging",
    "serviceEndpoint": {
        "uri": "https://clinic.example/didcomm",
        "accept": ["didcomm/v2"],
        "routingKeys": ["did:example:123#key-1"],
    },
}
NOON: Final = Instant.parse("2026-06-01T12:00:00Z")


def _document() -> JsonObject:
    method: JsonObject = {
        "id": "#key-1",
        "type": "Multikey",
        "publicKeyMultibase": SIGNING.to_multikey(),
    }
    return {
        "@context": ["https://www.w3.org/ns/did/v1"],
        "verificationMethod": [method],
        "assertionMethod": ["#key-1"],
        "service": [{**SERVICE, "id": "#didcomm"}],
    }


def test_did_peer_2_of_either_reads_the_same_to_both() -> None:
    ours = peer.create_list(
        [
            PeerKey(key=SIGNING, relationship="authentication"),
            PeerKey(key=READING, relationship="keyAgreement"),
        ],
        [SERVICE, SERVICE],
    )
    theirs = did_peer_2.generate(
        [
            did_peer_2.KeySpec.verification(SIGNING.to_multikey()),
            did_peer_2.KeySpec.encryption(READING.to_multikey()),
        ],
        [dict(SERVICE), dict(SERVICE)],
    )
    for text in (str(ours), theirs):
        read = resolver.resolve(Did.parse(text), Evidence())
        other = cast("JsonObject", did_peer_2.resolve(text))
        # The hash of it, did:peer:3, is optional, and medid leaves it out.
        other.pop("alsoKnownAs", None)
        assert read.raw == other


def test_did_peer_4_of_either_reads_the_same_to_both() -> None:
    ours = str(peer.create_document(_document()))
    theirs = did_peer_4.encode(_document())
    for text in (ours, theirs):
        did = Did.parse(text)
        assert resolver.resolve(did, Evidence()).raw == did_peer_4.resolve(text)
        short = peer.short_form(did)
        told = Evidence().with_answers([peer.introduction(did, at=NOON)])
        found = resolver.resolve(short, told).raw
        assert found == did_peer_4.resolve_short(text)
