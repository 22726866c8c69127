"""DID documents: what refuses the whole, what refuses a use, and what is kept."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.core.instant import Instant
from medid.core.multibase import to_base58btc
from medid.dids.document import MAX_BYTES, RELATIONSHIPS, DidDocument
from medid.dids.syntax import Did
from medid.errors import (
    InvalidDidDocument,
    InvalidKey,
    InvalidRelationship,
    InvalidVerificationMethod,
    MedidError,
    TooLarge,
    WeakCryptography,
)
from medid.keys import KeyKind, PrivateKey, PublicKey
from tests.dids.builders import (
    BOARD,
    ED25519,
    ML_DSA_44,
    ML_DSA_65,
    NOON,
    P256,
    P384,
    RSA,
    SECP256K1,
    X25519,
    board,
    multikey,
    with_method,
)
from tests.keys.strategies import PRIVATE

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue

KEY_1 = f"{BOARD}#key-1"
SECP256K1_2019 = "EcdsaSecp256k1VerificationKey2019"


def refused(document: JsonObject, path: str) -> InvalidDidDocument:
    with pytest.raises(InvalidDidDocument) as caught:
        DidDocument.parse(document)
    assert caught.value.path == path
    return caught.value


def test_a_document_gives_the_key_it_lists() -> None:
    found = DidDocument.parse(board(), expected=Did.parse(BOARD)).method_for(
        KEY_1, "assertionMethod"
    )
    assert (found.id, found.type, found.controller) == (KEY_1, "Multikey", BOARD)
    assert found.key == ED25519
    assert found.expires is found.revoked is None


def test_all_of_it_is_kept_and_nothing_of_it_can_be_changed() -> None:
    given_document = board(
        alsoKnownAs=["https://board.example/"], extra={"a": [1, None]}
    )
    before = copy.deepcopy(given_document)
    document = DidDocument.parse(given_document)
    assert document.raw == given_document == before
    document.raw.clear()
    document.raw["verificationMethod"] = []
    given_document.clear()
    assert document.raw == before
    assert document.method_for(KEY_1, "assertionMethod").key == ED25519


def test_bytes_and_objects_are_read_alike() -> None:
    assert DidDocument.from_bytes(json.dumps(board()).encode()).raw == board()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"<html><title>Sign in</title></html>",
        b'{"id":"did:web:board.example","id":"did:web:board.example"}',
        b'{"id":"did:web:board.example","x":NaN}',
        b"\xff\xfe",
    ],
)
def test_what_is_no_strict_json_object_is_no_document(data: bytes) -> None:
    with pytest.raises(InvalidDidDocument):
        DidDocument.from_bytes(data)


def test_the_size_limit_is_256_kib() -> None:
    document = board(note="")
    padding = MAX_BYTES - len(json.dumps(document))
    fits = json.dumps(board(note="x" * padding)).encode()
    assert len(fits) == MAX_BYTES
    DidDocument.from_bytes(fits)
    with pytest.raises(TooLarge):
        DidDocument.from_bytes(fits + b" ")


def test_a_decoded_document_is_held_to_the_same_limits() -> None:
    deep: JsonValue = None
    for _ in range(100):
        deep = [deep]
    with pytest.raises(TooLarge):
        DidDocument.parse(board(deep=deep))
    refused(board(number=float("nan")), "$.number")


@pytest.mark.parametrize(
    "other",
    [
        "did:web:evil.example",
        "did:web:board.example:units",
        "did:web:board.exampl",
        "did:web:board%2Eexample",
        "did:webvh:board.example",
    ],
)
def test_a_document_of_another_did_is_refused(other: str) -> None:
    with pytest.raises(InvalidDidDocument, match="another DID") as caught:
        DidDocument.parse(board(), expected=Did.parse(other))
    assert caught.value.path == "$.id"


@pytest.mark.parametrize("wrong", [None, 7, "", "https://board.example", BOARD + "#a"])
def test_the_id_must_be_a_did(wrong: JsonValue) -> None:
    refused(board(id=wrong), "$.id")
    document = board()
    del document["id"]
    refused(document, "$.id")


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"verificationMethod": {}}, "$.verificationMethod"),
        ({"verificationMethod": "x"}, "$.verificationMethod"),
        ({"verificationMethod": ["#key-1"]}, "$.verificationMethod[0]"),
        ({"assertionMethod": "#key-1"}, "$.assertionMethod"),
        ({"assertionMethod": [7]}, "$.assertionMethod[0]"),
        ({"assertionMethod": [""]}, "$.assertionMethod[0]"),
        ({"authentication": ["key-1"]}, "$.authentication[0]"),
        ({"keyAgreement": [{}]}, "$.keyAgreement[0].id"),
        ({"controller": 7}, "$.controller"),
        ({"controller": []}, "$.controller"),
        ({"controller": ["https://x.example"]}, "$.controller"),
        ({"alsoKnownAs": "https://x.example"}, "$.alsoKnownAs"),
        ({"alsoKnownAs": ["not a uri"]}, "$.alsoKnownAs[0]"),
        ({"alsoKnownAs": ["https://x.example\n"]}, "$.alsoKnownAs[0]"),
        ({"alsoKnownAs": [7]}, "$.alsoKnownAs[0]"),
        ({"service": {}}, "$.service"),
        ({"service": ["x"]}, "$.service[0]"),
        ({"service": [{"type": "T", "serviceEndpoint": "a:b"}]}, "$.service[0].id"),
        ({"service": [{"id": "x", "type": "T"}]}, "$.service[0].id"),
        ({"service": [{"id": "#x"}]}, "$.service[0].type"),
        ({"service": [{"id": "#x", "type": "T"}]}, "$.service[0].serviceEndpoint"),
        (
            {"service": [{"id": "#x", "type": "T", "serviceEndpoint": ["a:b", "c"]}]},
            "$.service[0].serviceEndpoint",
        ),
        (
            {"service": [{"id": "#x", "type": "T", "serviceEndpoint": []}]},
            "$.service[0].serviceEndpoint",
        ),
        (
            {"service": [{"id": "#x y", "type": "T", "serviceEndpoint": "a:b"}]},
            "$.service[0].id",
        ),
        (
            {"service": [{"id": "#x#y", "type": "T", "serviceEndpoint": "a:b"}]},
            "$.service[0].id",
        ),
        (
            {"service": [{"id": "#x", "type": "T", "serviceEndpoint": "a:b"}] * 2},
            "$.service",
        ),
        (
            {
                "service": [
                    {"id": name, "type": "T", "serviceEndpoint": "a:b"}
                    for name in ("#x", f"{BOARD}#x")
                ]
            },
            "$.service",
        ),
    ],
)
def test_a_malformed_member_refuses_the_document(
    members: JsonObject, path: str
) -> None:
    refused(board(**members), path)


def test_well_formed_members_are_accepted() -> None:
    members: JsonObject = {
        "@context": ["https://www.w3.org/ns/did/v1", {"x": "https://x.example/#"}],
        "controller": [BOARD, "did:web:parent.example"],
        "alsoKnownAs": ["https://board.example/", "urn:oid:2.16.840"],
        "service": [
            {"id": "#a", "type": "A", "serviceEndpoint": "https://board.example/a"},
            {"id": f"{BOARD}#b", "type": ["B"], "serviceEndpoint": {"uri": "x"}},
            {"id": "#c", "type": "C", "serviceEndpoint": ["a:b", {"uri": "x"}]},
            {"id": "/d?e#a", "type": "D", "serviceEndpoint": [{"uri": "x"}]},
            {"id": "https://x.example/#a", "type": "E", "serviceEndpoint": "a:b"},
        ],
    }
    document = DidDocument.parse(board(**members))
    assert document.raw == board(**members)


@pytest.mark.parametrize(
    ("members", "name"),
    [
        ({"id": None}, "id"),
        ({"id": 7}, "id"),
        ({"id": "key-1"}, "id"),
        ({"id": "did:web:Ümlaut#k"}, "id"),
        ({"type": None}, "type"),
        ({"type": ["Multikey"]}, "type"),
        ({"controller": None}, "controller"),
        ({"controller": "board.example"}, "controller"),
        ({"controller": [BOARD]}, "controller"),
    ],
)
def test_a_malformed_method_refuses_the_document(
    members: JsonObject, name: str
) -> None:
    for place in ("verificationMethod", "assertionMethod"):
        document = board(verificationMethod=[], assertionMethod=[])
        document[place] = [multikey(**members)]
        refused(document, f"$.{place}[0].{name}")


def test_two_methods_of_one_id_refuse_the_document() -> None:
    evil = multikey(P256)
    refused(board(verificationMethod=[multikey(), evil]), "$.verificationMethod[1].id")
    refused(
        board(verificationMethod=[multikey(), multikey(P256, id="#key-1")]),
        "$.verificationMethod[1].id",
    )
    refused(board(assertionMethod=[evil]), "$.assertionMethod[0].id")
    embedded = board(verificationMethod=[], authentication=[evil], keyAgreement=[evil])
    refused(embedded, "$.keyAgreement[0].id")


def test_a_method_that_shows_two_keys_refuses_the_document() -> None:
    two = multikey(publicKeyJwk=P256.to_jwk())
    refused(board(verificationMethod=[two]), "$.verificationMethod[0]")


@pytest.mark.parametrize(
    "leak",
    [
        {"publicKeyJwk": {**P256.to_jwk(), "d": "AA"}},
        {"publicKeyJwk": {"kty": "oct", "k": "AA"}},
        {"publicKeyJwk": {"kty": "RSA", "p": "AA"}},
        {"publicKeyJwk": {"kty": "AKP", "priv": "AA"}},
        {"secretKeyMultibase": "z3"},
        {"secretKeyJwk": {}},
        {"privateKeyMultibase": "z3"},
        {"privateKeyBase58": "3"},
        {"privateKeyJwk": {}},
        {"nested": [[{"deeper": {"kty": "EC", "d": "AA"}}]]},
    ],
)
def test_a_published_private_key_refuses_the_document_and_says_so(
    leak: JsonObject,
) -> None:
    for document in (
        board(verificationMethod=[multikey(), {**multikey(id="#other"), **leak}]),
        board(service=[{"id": "#s", "type": "T", "serviceEndpoint": [leak]}]),
    ):
        with pytest.raises(InvalidDidDocument, match="publishes a private key") as hit:
            DidDocument.parse(document)
        assert "AA" not in str(hit.value)


def test_a_member_called_d_outside_a_jwk_is_no_private_key() -> None:
    DidDocument.parse(board(d="x", other=[{"d": 1, "k": 2}, 7, None]))


# Purposes.


@pytest.mark.parametrize("used", RELATIONSHIPS)
@pytest.mark.parametrize("listed", RELATIONSHIPS)
def test_a_key_serves_the_purposes_it_is_listed_under_and_no_others(
    listed: str, used: str
) -> None:
    members: JsonObject = {name: [] for name in RELATIONSHIPS}
    members |= {"verificationMethod": [multikey(P256)], listed: [KEY_1]}
    document = DidDocument.parse(board(**members))
    assert document.ids_for(listed) == (KEY_1,)
    if listed == used:
        assert document.method_for(KEY_1, used).key == P256
        return
    assert document.ids_for(used) == ()
    with pytest.raises(InvalidRelationship) as caught:
        document.method_for(KEY_1, used, path="$.proof.proofPurpose")
    assert caught.value.path == "$.proof.proofPurpose"


def test_a_key_listed_under_nothing_serves_nothing() -> None:
    document = DidDocument.parse(board(assertionMethod=[]))
    for name in (*RELATIONSHIPS, "verificationMethod", "", "made-up secret"):
        with pytest.raises(InvalidRelationship) as caught:
            document.method_for(KEY_1, name)
        assert "made-up" not in str(caught.value)


def test_an_embedded_method_serves_its_own_purpose_only() -> None:
    document = DidDocument.parse(
        board(
            verificationMethod=[],
            assertionMethod=[multikey()],
            authentication=[KEY_1],
        )
    )
    assert document.method_for(KEY_1, "assertionMethod").key == ED25519
    with pytest.raises(InvalidRelationship):
        document.method_for(KEY_1, "authentication")


def test_fragments_alone_are_relative_to_the_document() -> None:
    document = DidDocument.parse(
        board(
            verificationMethod=[multikey(id="#key-1")],
            assertionMethod=["#key-1"],
            authentication=[KEY_1],
        )
    )
    for name in ("assertionMethod", "authentication"):
        assert document.method_for(KEY_1, name).id == KEY_1


def test_a_reference_to_a_method_elsewhere_gives_no_key() -> None:
    other = "did:web:other.example#key-1"
    document = DidDocument.parse(board(assertionMethod=[other, "#missing", KEY_1]))
    assert document.ids_for("assertionMethod") == (KEY_1,)
    for name in (other, f"{BOARD}#missing"):
        with pytest.raises(InvalidVerificationMethod):
            document.method_for(name, "assertionMethod")


def test_a_method_named_after_another_did_is_not_this_dids() -> None:
    other = "did:web:other.example#key-1"
    document = DidDocument.parse(
        board(verificationMethod=[multikey(id=other)], assertionMethod=[other])
    )
    with pytest.raises(InvalidVerificationMethod, match="lists no such"):
        document.method_for(other, "assertionMethod")


@pytest.mark.parametrize(
    "name",
    [
        "#key-1",
        "key-1",
        "",
        BOARD,
        f"{BOARD}#",
        f"{BOARD}#key-2",
        f"{BOARD}#KEY-1",
        f"{BOARD}#key-1 ",
        f"{BOARD}#key-1\n",
        f"{BOARD}#key%2D1",
        f"{BOARD}/#key-1",
        f"{BOARD}?#key-1",
        "did:web:Board.example#key-1",
        "did:web:board.example.evil#key-1",
        "https://board.example/#key-1",
    ],
)
def test_only_the_exact_name_finds_a_method(name: str) -> None:
    document = DidDocument.parse(board())
    with pytest.raises(InvalidVerificationMethod) as caught:
        document.method_for(name, "assertionMethod", path="$.proof")
    assert caught.value.path == "$.proof"


def test_a_method_whose_name_has_no_fragment_is_never_found() -> None:
    for written in (BOARD, f"{BOARD}/key", f"{BOARD}#", "/key", "?key", "#"):
        document = DidDocument.parse(
            board(verificationMethod=[multikey(id=written)], assertionMethod=[written])
        )
        (name,) = document.ids_for("assertionMethod")
        with pytest.raises(InvalidVerificationMethod, match="with a fragment"):
            document.method_for(name, "assertionMethod")


def test_a_method_that_another_did_controls_is_not_usable() -> None:
    document = with_method(controller="did:web:evil.example")
    with pytest.raises(InvalidVerificationMethod, match="another DID controls"):
        document.method_for(KEY_1, "assertionMethod")


# Time.


@pytest.mark.parametrize("member", ["expires", "revoked"])
@pytest.mark.parametrize(
    ("seconds", "usable"), [(-1, True), (-1e-9, True), (0, False), (1e-9, False)]
)
def test_a_key_ends_at_the_instant_stated(
    member: str, seconds: float, usable: bool
) -> None:
    document = with_method(**{member: str(NOON)})
    at = NOON.plus(seconds)
    if usable:
        found = document.method_for(KEY_1, "assertionMethod", at=at)
        assert getattr(found, member) == NOON
        return
    with pytest.raises(InvalidVerificationMethod, match=r"has expired|was revoked"):
        document.method_for(KEY_1, "assertionMethod", at=at)


@pytest.mark.parametrize("member", ["expires", "revoked"])
def test_a_key_that_was_used_before_ends_as_well(member: str) -> None:
    document = with_method(**{member: str(NOON)})
    for seconds, usable in ((-1, True), (0, False), (-1, True), (1, False)):
        if usable:
            document.method_for(KEY_1, "assertionMethod", at=NOON.plus(seconds))
            continue
        with pytest.raises(InvalidVerificationMethod, match=r"has expired|was revoked"):
            document.method_for(KEY_1, "assertionMethod", at=NOON.plus(seconds))


def test_the_key_of_a_method_that_is_over_is_not_looked_at() -> None:
    document = with_method(expires=str(NOON), publicKeyMultibase="z6Mk")
    with pytest.raises(InvalidVerificationMethod, match="has expired"):
        document.method_for(KEY_1, "assertionMethod", at=NOON)


def test_the_earlier_of_both_ends_counts() -> None:
    later = str(NOON.plus(10))
    for members in (
        {"expires": str(NOON), "revoked": later},
        {"expires": later, "revoked": str(NOON)},
    ):
        document = with_method(**members)
        with pytest.raises(InvalidVerificationMethod):
            document.method_for(KEY_1, "assertionMethod", at=NOON)


@pytest.mark.parametrize("member", ["expires", "revoked"])
def test_without_a_time_to_ask_for_a_key_that_ends_is_refused(member: str) -> None:
    document = with_method(**{member: "9999-01-01T00:00:00Z"})
    with pytest.raises(InvalidVerificationMethod, match="none was asked for"):
        document.method_for(KEY_1, "assertionMethod")


@pytest.mark.parametrize("member", ["expires", "revoked"])
@pytest.mark.parametrize("wrong", ["never", "2030-01-01", "", 7, None, ["x"]])
def test_an_end_that_is_no_date_time_makes_the_key_unusable(
    member: str, wrong: JsonValue
) -> None:
    document = with_method(**{member: wrong})
    with pytest.raises(InvalidVerificationMethod, match="not a date-time"):
        document.method_for(KEY_1, "assertionMethod", at=Instant(0))


# Key material.


def _bare_base58(key: PublicKey) -> str:
    return to_base58btc(key.raw)[1:]


@pytest.mark.parametrize(
    ("kind", "members", "key"),
    [
        ("Multikey", {"publicKeyMultibase": P384.to_multikey()}, P384),
        ("JsonWebKey", {"publicKeyJwk": ED25519.to_jwk()}, ED25519),
        ("JsonWebKey2020", {"publicKeyJwk": P256.to_jwk()}, P256),
        (
            "JsonWebKey2020",
            {"publicKeyJwk": {**P256.to_jwk(), "kid": "another-name"}},
            P256,
        ),
        (
            "Ed25519VerificationKey2020",
            {"publicKeyMultibase": ED25519.to_multikey()},
            ED25519,
        ),
        (
            "Ed25519VerificationKey2018",
            {"publicKeyBase58": _bare_base58(ED25519)},
            ED25519,
        ),
        ("Ed25519VerificationKey2018", {"publicKeyJwk": ED25519.to_jwk()}, ED25519),
        ("EcdsaSecp256r1VerificationKey2019", {"publicKeyJwk": P256.to_jwk()}, P256),
        (
            "EcdsaSecp256r1VerificationKey2019",
            {"publicKeyMultibase": P256.to_multikey()},
            P256,
        ),
        ("JsonWebKey", {"publicKeyJwk": RSA.to_jwk()}, RSA),
        ("JsonWebKey2020", {"publicKeyJwk": SECP256K1.to_jwk()}, SECP256K1),
        ("JsonWebKey", {"publicKeyJwk": ML_DSA_65.to_jwk()}, ML_DSA_65),
        ("Multikey", {"publicKeyMultibase": RSA.to_multikey()}, RSA),
        ("Multikey", {"publicKeyMultibase": ML_DSA_44.to_multikey()}, ML_DSA_44),
        (SECP256K1_2019, {"publicKeyJwk": SECP256K1.to_jwk()}, SECP256K1),
        (SECP256K1_2019, {"publicKeyMultibase": SECP256K1.to_multikey()}, SECP256K1),
        (SECP256K1_2019, {"publicKeyBase58": _bare_base58(SECP256K1)}, SECP256K1),
        ("RsaVerificationKey2018", {"publicKeyJwk": RSA.to_jwk()}, RSA),
        ("RsaVerificationKey2018", {"publicKeyPem": RSA.to_pem()}, RSA),
    ],
)
def test_every_way_to_write_a_signing_key_is_read(
    kind: str, members: JsonObject, key: PublicKey
) -> None:
    method = {**multikey(type=kind), **members}
    if "publicKeyMultibase" not in members:
        del method["publicKeyMultibase"]
    document = DidDocument.parse(board(verificationMethod=[method]))
    found = document.method_for(KEY_1, "assertionMethod")
    assert (found.key, found.type) == (key, kind)


@pytest.mark.parametrize(
    ("kind", "members"),
    [
        ("Multikey", {"publicKeyMultibase": X25519.to_multikey()}),
        ("X25519KeyAgreementKey2020", {"publicKeyMultibase": X25519.to_multikey()}),
        ("X25519KeyAgreementKey2019", {"publicKeyBase58": _bare_base58(X25519)}),
        ("JsonWebKey", {"publicKeyJwk": X25519.to_jwk()}),
    ],
)
def test_every_way_to_write_an_x25519_key_is_read(
    kind: str, members: JsonObject
) -> None:
    method: JsonObject = {"id": "#k", "type": kind, "controller": BOARD, **members}
    document = DidDocument.parse(board(keyAgreement=[method], assertionMethod=["#k"]))
    assert document.method_for(f"{BOARD}#k", "keyAgreement").key == X25519


@pytest.mark.parametrize(
    ("key", "relationship"),
    [
        (X25519, "assertionMethod"),
        (X25519, "authentication"),
        (ED25519, "keyAgreement"),
        (ML_DSA_44, "keyAgreement"),
        (ML_DSA_65, "keyAgreement"),
    ],
)
def test_a_key_is_not_used_for_what_its_curve_cannot_do(
    key: PublicKey, relationship: str
) -> None:
    document = with_method(relationship, publicKeyMultibase=key.to_multikey())
    with pytest.raises(InvalidVerificationMethod, match="of no use"):
        document.method_for(KEY_1, relationship)


@pytest.mark.parametrize(
    ("members", "error"),
    [
        ({"type": "RsaVerificationKey2018"}, InvalidVerificationMethod),
        ({"type": "multikey"}, InvalidVerificationMethod),
        ({"type": "JsonWebKey2020"}, InvalidVerificationMethod),
        ({"type": "Ed25519VerificationKey2018"}, InvalidVerificationMethod),
        ({"type": "X25519KeyAgreementKey2020"}, InvalidVerificationMethod),
        (
            {
                "type": "Ed25519VerificationKey2020",
                "publicKeyMultibase": P256.to_multikey(),
            },
            InvalidVerificationMethod,
        ),
        (
            {"type": SECP256K1_2019, "publicKeyMultibase": P256.to_multikey()},
            InvalidVerificationMethod,
        ),
        (
            {
                "type": "EcdsaSecp256r1VerificationKey2019",
                "publicKeyMultibase": SECP256K1.to_multikey(),
            },
            InvalidVerificationMethod,
        ),
        (
            {"type": "RsaVerificationKey2018", "publicKeyMultibase": RSA.to_multikey()},
            InvalidVerificationMethod,
        ),
        ({"publicKeyMultibase": None}, InvalidKey),
        ({"publicKeyMultibase": ""}, InvalidKey),
        ({"publicKeyMultibase": "z"}, InvalidKey),
        ({"publicKeyMultibase": "z6Mk"}, InvalidKey),
        ({"publicKeyMultibase": "u" + "A" * 46}, InvalidKey),
        (
            {"publicKeyMultibase": to_base58btc(b"\xe7\x01\x02" + bytes(32))},
            InvalidKey,
        ),
        (
            {"publicKeyMultibase": to_base58btc(b"\xed\x01\x01" + bytes(31))},
            WeakCryptography,
        ),
    ],
)
def test_a_method_medid_cannot_use_is_refused_when_asked_for_and_not_before(
    members: JsonObject, error: type[MedidError]
) -> None:
    bad = multikey(**{"id": "#bad", **members})
    document = DidDocument.parse(
        board(verificationMethod=[bad, multikey()], assertionMethod=["#bad", "#key-1"])
    )
    assert document.method_for(KEY_1, "assertionMethod").key == ED25519
    with pytest.raises(error) as caught:
        document.method_for(f"{BOARD}#bad", "assertionMethod", path="$.proof")
    assert caught.value.path.startswith("$.proof")


@pytest.mark.parametrize(
    "wrong",
    [None, 7, "", "-----BEGIN PUBLIC KEY-----", P256.to_pem(), ED25519.to_pem()],
)
def test_a_pem_that_is_no_rsa_key_makes_its_method_unusable(wrong: JsonValue) -> None:
    method: JsonObject = {
        "id": "#key-1",
        "type": "RsaVerificationKey2018",
        "controller": BOARD,
        "publicKeyPem": wrong,
    }
    document = DidDocument.parse(board(verificationMethod=[method]))
    with pytest.raises(InvalidVerificationMethod) as caught:
        document.method_for(KEY_1, "assertionMethod", path="$.kid")
    assert caught.value.path == "$.kid"


@pytest.mark.parametrize("wrong", [None, "x", [], {}, {"kty": "EC"}, 7])
def test_a_jwk_that_is_none_makes_its_method_unusable(wrong: JsonValue) -> None:
    method: JsonObject = {
        "id": "#key-1",
        "type": "JsonWebKey",
        "controller": BOARD,
        "publicKeyJwk": wrong,
    }
    document = DidDocument.parse(board(verificationMethod=[method]))
    with pytest.raises(InvalidKey):
        document.method_for(KEY_1, "assertionMethod")


@pytest.mark.parametrize("wrong", ["0OIl", "", "1" * 32, 7])
def test_base58_that_is_none_makes_its_method_unusable(wrong: JsonValue) -> None:
    method: JsonObject = {
        "id": "#key-1",
        "type": "Ed25519VerificationKey2018",
        "controller": BOARD,
        "publicKeyBase58": wrong,
    }
    document = DidDocument.parse(board(verificationMethod=[method]))
    with pytest.raises((InvalidKey, WeakCryptography)):
        document.method_for(KEY_1, "assertionMethod")


# Whatever comes.

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just(BOARD),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "type", "controller", "kty", "publicKeyJwk", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
_MEMBERS = st.sampled_from(
    [
        "id",
        "controller",
        "alsoKnownAs",
        "service",
        "verificationMethod",
        *RELATIONSHIPS,
    ]
)


@given(st.dictionaries(_MEMBERS, _JSON, max_size=3))
def test_whatever_a_document_says_only_medid_errors_escape(
    members: dict[str, JsonValue],
) -> None:
    code = None
    try:
        document = DidDocument.parse({**board(), **members})
        document.method_for(KEY_1, "assertionMethod", at=NOON)
    except MedidError as error:
        code = error.code
    assert code in {
        None,
        "INVALID_DID_DOCUMENT",
        "INVALID_VERIFICATION_METHOD",
        "INVALID_RELATIONSHIP",
    }


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "id",
                "type",
                "controller",
                "publicKeyMultibase",
                "publicKeyJwk",
                "expires",
            ]
        ),
        _JSON,
        min_size=1,
        max_size=3,
    )
)
def test_whatever_a_method_says_only_medid_errors_escape(
    members: dict[str, JsonValue],
) -> None:
    code = None
    try:
        document = DidDocument.parse(
            board(verificationMethod=[{**multikey(), **members}])
        )
        document.method_for(KEY_1, "assertionMethod", at=NOON)
    except MedidError as error:
        code = error.code
    assert code in {
        None,
        "INVALID_DID_DOCUMENT",
        "INVALID_VERIFICATION_METHOD",
        "CRYPTOGRAPHIC_SECURITY_ERROR",
    }


def test_fresh_keys_of_every_kind_are_found_again() -> None:
    fresh = [PrivateKey.generate(kind).public_key for kind in PRIVATE]
    for key in (*fresh, RSA):
        name = "keyAgreement" if key.kind is KeyKind.X25519 else "assertionMethod"
        document = with_method(name, publicKeyMultibase=key.to_multikey())
        assert document.method_for(KEY_1, name).key == key
