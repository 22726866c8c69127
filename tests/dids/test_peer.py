"""did:peer: what the identifier holds comes out, and nothing that it does not."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.core import base64url
from medid.core.evidence import Evidence
from medid.core.fetch import Fetched
from medid.core.multibase import to_base58btc
from medid.dids import resolver
from medid.dids.document import KEY_AGREEMENT, RELATIONSHIPS, SIGNING
from medid.dids.methods import key as did_key
from medid.dids.methods import peer
from medid.dids.methods.peer import PeerKey
from medid.dids.resolution import LATEST, ResolutionOptions
from medid.dids.syntax import Did
from medid.errors import (
    ConfigurationError,
    DidNotFound,
    EvidenceUnavailable,
    InvalidDid,
    InvalidDidDocument,
    InvalidKey,
    InvalidVerificationMethod,
    MedidError,
    WeakCryptography,
)
from tests.dids.builders import ED25519, KEYS, ML_DSA_44, ML_DSA_65, NOON, P256, X25519

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue
    from medid.keys import PublicKey

NOTHING = Evidence()
SERVICE: JsonObject = {
    "type": "DIDCommMessaging",
    "serviceEndpoint": {
        "uri": "https://clinic.example/didcomm",
        "accept": ["didcomm/v2"],
        "routingKeys": ["did:example:123#key-1"],
    },
}
DOCUMENT: JsonObject = {
    "@context": ["https://www.w3.org/ns/did/v1"],
    "verificationMethod": [
        {
            "id": "#key-1",
            "type": "Multikey",
            "publicKeyMultibase": ED25519.to_multikey(),
        },
        {
            "id": "#key-2",
            "type": "Multikey",
            "controller": "did:example:other",
            "publicKeyMultibase": P256.to_multikey(),
        },
    ],
    "assertionMethod": ["#key-1", "#key-2"],
    "keyAgreement": [
        {
            "id": "#key-3",
            "type": "Multikey",
            "publicKeyMultibase": X25519.to_multikey(),
        }
    ],
}
SHORT_KEYS = [one for one in KEYS if one not in {ML_DSA_44, ML_DSA_65}]


def listing(identifier: str) -> Did:
    return Did(method="peer", id=identifier)


def element(service: object) -> str:
    return f".S{base64url.encode(json.dumps(service).encode())}"


def sealed(data: bytes) -> Did:
    """A did:peer:4 whose hash is right, whatever its document is."""
    encoded = to_base58btc(data)
    digest = hashlib.sha256(encoded.encode()).digest()
    return listing(f"4{to_base58btc(bytes([0x12, 0x20]) + digest)}:{encoded}")


def as_json(document: object) -> bytes:
    return b"\x80\x04" + json.dumps(document).encode()


SIGNER = PeerKey(key=ED25519, relationship="assertionMethod")
VERIFIER = PeerKey(key=P256, relationship="authentication")
READER = PeerKey(key=X25519, relationship=KEY_AGREEMENT)
TWO = peer.create_list([SIGNER])


# Numalgo 0.


@pytest.mark.parametrize("public", SHORT_KEYS, ids=lambda public: str(public.kind))
def test_a_did_peer_0_lists_its_key_as_did_key_does(public: PublicKey) -> None:
    did = peer.create(public)
    assert not resolver.needs(did, NOTHING)
    document = resolver.resolve(did, NOTHING)
    theirs = did_key.expand(did_key.create(public))
    for name in RELATIONSHIPS:
        ours = [document.method_for(m, name).key for m in document.ids_for(name)]
        assert ours == [theirs.method_for(m, name).key for m in theirs.ids_for(name)]


@pytest.mark.parametrize(
    ("identifier", "error"),
    [
        ("0", InvalidDid),
        ("06MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK", InvalidDid),
        ("0uAAA", InvalidDid),
        ("0zZZZ", InvalidKey),
        (f"0{to_base58btc(bytes([0xED, 1]) + bytes(32))}", WeakCryptography),
        (f"1{ED25519.to_multikey()}", InvalidDid),
        (f"3{ED25519.to_multikey()}", InvalidDid),
        ("zQm", InvalidDid),
    ],
)
def test_what_is_no_did_peer_of_one_key_is_refused(
    identifier: str, error: type[MedidError]
) -> None:
    for ask in (peer.needs, resolver.resolution):
        with pytest.raises(error):
            ask(listing(identifier), NOTHING)


# Numalgo 2.


def test_a_did_peer_2_lists_each_key_for_its_purpose_only() -> None:
    others = [
        PeerKey(key=ED25519, relationship=name)
        for name in SIGNING
        if name != "assertionMethod"
    ]
    did = peer.create_list([READER, SIGNER, *others])
    document = resolver.resolve(did, NOTHING)
    assert document.ids_for(KEY_AGREEMENT) == (f"{did}#key-1",)
    assert document.ids_for("assertionMethod") == (f"{did}#key-2",)
    assert document.method_for(f"{did}#key-1", KEY_AGREEMENT).key == X25519
    for name in SIGNING:
        (method,) = document.ids_for(name)
        assert document.method_for(method, name).key == ED25519
    assert "service" not in document.raw


def test_services_are_shortened_in_the_identifier_and_whole_in_the_document() -> None:
    named: JsonObject = {
        "id": "#files",
        "type": "LinkedDomains",
        "serviceEndpoint": "https://clinic.example/",
    }
    did = peer.create_list([SIGNER], [SERVICE, named, SERVICE, SERVICE])
    short = json.loads(base64url.decode(did.id.split(".")[2][1:]))
    assert short["t"] == "dm"
    assert sorted(short["s"]) == ["a", "r", "uri"]
    assert peer.expand(did).raw["service"] == [
        {**SERVICE, "id": "#service"},
        named,
        {**SERVICE, "id": "#service-1"},
        {**SERVICE, "id": "#service-2"},
    ]


def test_members_are_shortened_in_each_of_several_endpoints() -> None:
    endpoints: list[JsonValue] = [
        {"uri": "https://a.example/", "routingKeys": ["did:example:a#1"]},
        {"uri": "https://b.example/", "accept": ["didcomm/v2"]},
    ]
    service: JsonObject = {"type": "DIDCommMessaging", "serviceEndpoint": endpoints}
    did = peer.create_list([SIGNER], [service])
    short = json.loads(base64url.decode(did.id.split(".")[2][1:]))
    assert [sorted(one) for one in short["s"]] == [["r", "uri"], ["a", "uri"]]
    services = peer.expand(did).raw["service"]
    assert services == [{**service, "id": "#service"}]


def test_the_word_for_a_type_is_a_word_elsewhere() -> None:
    endpoint: JsonObject = {"uri": "https://clinic.example/", "name": "dm"}
    service: JsonObject = {"type": ["dm"], "serviceEndpoint": endpoint}
    raw = peer.expand(peer.create_list([SIGNER], [service])).raw
    assert raw["service"] == [{**service, "id": "#service"}]


@pytest.mark.parametrize(
    "identifier",
    [
        "2",
        "2.",
        TWO.id.replace("2.", "2", 1),
        TWO.id.replace("2.", "2x.", 1),
        f"{TWO.id}.",
        f"{TWO.id}.Xz6Mk",
        f"{TWO.id}.v{ED25519.to_multikey()}",
        f"{TWO.id}.V{ED25519.to_multikey()[1:]}",
        f"{TWO.id}.Vz",
        f"{TWO.id}.Vz0OIl",
        f"{TWO.id}.VuAAA",
        f"{TWO.id}.S",
        f"{TWO.id}.Se30-",
        f"{TWO.id}{element([SERVICE])}",
        f"{TWO.id}{element({'t': 'dm', 'type': 'dm', 's': 'https://a.example/'})}",
        f"{TWO.id}{element({'id': 'https://a.example/', 't': 'dm', 's': 'a:b'})}",
    ],
)
def test_an_element_that_is_none_refuses_the_whole_did_peer(identifier: str) -> None:
    for ask in (resolver.needs, resolver.resolution):
        with pytest.raises(InvalidDid):
            ask(listing(identifier), NOTHING)


@pytest.mark.parametrize(
    "service",
    [{}, {"t": "dm"}, {"t": "dm", "s": "no URI"}, {"id": "#a", "s": "a:b"}],
)
def test_a_service_that_no_document_can_have_is_refused(service: object) -> None:
    with pytest.raises(InvalidDidDocument):
        peer.expand(listing(f"{TWO.id}{element(service)}"))


def test_a_key_of_an_unknown_kind_stands_in_nobodys_way() -> None:
    ed448 = to_base58btc(b"\x83\x24" + bytes(57))
    did = listing(f"{TWO.id}.A{ed448}")
    document = peer.expand(did)
    assert document.method_for(f"{did}#key-1", "assertionMethod").key == ED25519
    with pytest.raises(InvalidKey):
        document.method_for(f"{did}#key-2", "assertionMethod")


def test_a_did_peer_of_ten_thousand_keys_is_refused_unread() -> None:
    # N-peer-bomb.
    bomb = f"did:peer:2{f'.V{ED25519.to_multikey()}' * 10_000}"
    with pytest.raises(InvalidDid, match="characters"):
        Did.parse(bomb)
    with pytest.raises(InvalidDid, match="at most 64"):
        peer.needs(listing(f"2{f'.V{ED25519.to_multikey()}' * 65}"), NOTHING)
    with pytest.raises(ConfigurationError, match="at most 64"):
        peer.create_list([SIGNER] * 65)
    assert peer.expand(peer.create_list([SIGNER] * 64)).ids_for("assertionMethod")


def test_what_would_be_refused_is_not_made() -> None:
    with pytest.raises(ConfigurationError, match="without keys"):
        peer.create_list([])
    with pytest.raises(ConfigurationError, match="no such"):
        peer.create_list([PeerKey(key=ED25519, relationship="assertion")])
    with pytest.raises(ConfigurationError, match="of no use"):
        peer.create_list([PeerKey(key=X25519, relationship="authentication")])
    for service in ({}, {"type": {1}}):
        with pytest.raises(ConfigurationError, match="makes no did:peer"):
            peer.create_list([SIGNER], [cast("JsonObject", service)])
    with pytest.raises(ConfigurationError, match="characters"):
        peer.create_list(
            [SIGNER] * 5 + [PeerKey(key=ML_DSA_65, relationship=SIGNING[0])] * 3
        )


# Numalgo 4.


def test_a_did_peer_4_is_its_document() -> None:
    did = peer.create_document(DOCUMENT)
    short = peer.short_form(did)
    assert not resolver.needs(did, NOTHING)
    document = resolver.resolve(did, NOTHING)
    raw = document.raw
    assert (raw["id"], raw["alsoKnownAs"]) == (str(did), [str(short)])
    assert document.method_for(f"{did}#key-1", "assertionMethod").key == ED25519
    assert document.method_for(f"{did}#key-3", KEY_AGREEMENT).key == X25519
    with pytest.raises(InvalidVerificationMethod, match="another DID controls"):
        document.method_for(f"{did}#key-2", "assertionMethod")


def test_a_short_form_is_known_to_those_who_saw_the_long_one() -> None:
    did = peer.create_document({**DOCUMENT, "alsoKnownAs": ["https://clinic.example/"]})
    short = peer.short_form(did)
    assert peer.short_form(short) == short
    assert not resolver.needs(short, NOTHING)
    with pytest.raises(EvidenceUnavailable, match="long one"):
        resolver.resolve(short, NOTHING)
    with pytest.raises(EvidenceUnavailable, match="not hold"):
        peer.expand(short)
    evidence = NOTHING.with_answers([peer.introduction(did, at=NOON)])
    document = resolver.resolve(short, evidence)
    assert document.id == short
    assert document.raw["alsoKnownAs"] == ["https://clinic.example/", str(did)]
    assert document.method_for(f"{short}#key-1", "assertionMethod").key == ED25519


def test_nobody_is_introduced_as_somebody_else() -> None:
    mine = peer.create_document(DOCUMENT)
    short = peer.short_form(mine)
    other = peer.create_document({**DOCUMENT, "alsoKnownAs": ["a:b"]})
    for content in (str(other), str(short), "a" * 7_000):
        answer = Fetched.of(str(short), content.encode(), fetched_at=NOON)
        evidence = NOTHING.with_answers([(str(short), answer)])
        with pytest.raises((InvalidDid, InvalidDidDocument)):
            resolver.resolve(short, evidence)
    elsewhere = Did(method="key", id=mine.id)
    for did in (TWO, elsewhere):
        with pytest.raises(InvalidDid, match="not a did:peer:4"):
            peer.introduction(did, at=NOON)


@pytest.mark.parametrize(
    "did",
    [
        listing("4"),
        listing("4zQm"),
        listing(f"{peer.create_document(DOCUMENT).id}:z6"),
        listing(peer.create_document(DOCUMENT).id.replace(":z", ":u")),
        sealed(b"\x80\x04"),
        sealed(b"\x55" + as_json(DOCUMENT)[2:]),
        sealed(as_json([DOCUMENT])),
        sealed(as_json({**DOCUMENT, "id": "did:web:board.example"})),
    ],
)
def test_what_holds_no_document_is_no_did_peer_4(did: Did) -> None:
    with pytest.raises(InvalidDid):
        resolver.resolve(did, NOTHING)


@pytest.mark.parametrize(
    "document",
    [
        {**DOCUMENT, "alsoKnownAs": "a:b"},
        {**DOCUMENT, "alsoKnownAs": 7},
        {**DOCUMENT, "verificationMethod": {}},
        {**DOCUMENT, "privateKeyMultibase": "z"},
    ],
)
def test_a_did_peer_4_of_a_malformed_document_is_refused(document: JsonObject) -> None:
    with pytest.raises(InvalidDidDocument):
        peer.expand(sealed(as_json(document)))
    with pytest.raises(ConfigurationError):
        peer.create_document(document)


def test_a_document_with_an_id_or_too_long_makes_no_did_peer_4() -> None:
    for document in ({**DOCUMENT, "id": "did:a:b"}, {"long": "a" * 5_000}):
        with pytest.raises(ConfigurationError):
            peer.create_document(cast("JsonObject", document))
    with pytest.raises(ConfigurationError):
        peer.create_document(cast("JsonObject", {"a": {1}}))


def test_a_hash_of_another_document_is_refused() -> None:
    did = peer.create_document(DOCUMENT)
    other = peer.create_document({**DOCUMENT, "alsoKnownAs": ["a:b"]})
    swapped = listing(f"{other.id.partition(':')[0]}:{did.id.partition(':')[2]}")
    for ask in (resolver.needs, resolver.resolution):
        with pytest.raises(InvalidDid, match="hash"):
            ask(swapped, NOTHING)


def test_a_did_peer_has_no_versions() -> None:
    for did in (TWO, peer.create(ED25519), peer.create_document(DOCUMENT)):
        found = peer.resolve(did, NOTHING, ResolutionOptions(version_time=NOON))
        assert found.document.id == did
        with pytest.raises(DidNotFound):
            peer.resolve(did, NOTHING, ResolutionOptions(version_id="1"))


@given(st.data())
def test_one_other_character_never_gives_the_same_keys(data: st.DataObject) -> None:
    did = data.draw(
        st.sampled_from([peer.create_document(DOCUMENT), TWO, peer.create(P256)])
    )
    index = data.draw(st.integers(0, len(did.id) - 1))
    character = data.draw(st.sampled_from("0123456789abcdefXYZz._-:"))
    text = did.id[:index] + character + did.id[index + 1 :]
    try:
        changed = listing(text)
        document = peer.resolve(changed, NOTHING, LATEST).document
        (method,) = document.ids_for("assertionMethod")
        key = document.method_for(method, "assertionMethod").key
    except (MedidError, ValueError):
        return
    assert changed == did or key not in {ED25519, P256}
