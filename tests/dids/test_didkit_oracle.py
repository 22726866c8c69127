"""didkit, an independent implementation, resolves the same DIDs to the same keys.

Compared by meaning: same id, same method ids, same key material, same relationships.
What differs, and why:

* did:key, Ed25519 and P-256: didkit 0.3.3 writes the older types
  ``Ed25519VerificationKey2018`` and ``EcdsaSecp256r1VerificationKey2019`` around a JWK,
  with an inline context; the method's specification now asks for ``Multikey``.
* did:key: didkit lists the key under ``authentication`` and ``assertionMethod`` only,
  the specification also under both capability relationships.
* did:key: didkit knows neither P-384 nor X25519, and neither method with ML-DSA.
* did:key, secp256k1 and RSA: as P-256, under ``EcdsaSecp256k1VerificationKey2019`` and
  ``JsonWebKey2020``.
* did:jwk: didkit lists every key under every relationship. The specification reads
  ``use``, and says that Ed25519 is for signatures only and X25519 for key agreement.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, cast

import pytest

from medid.core import base64url
from medid.dids.document import KEY_AGREEMENT, SIGNING, DidDocument
from medid.dids.methods import jwk, key
from medid.dids.syntax import Did
from medid.keys import KeyKind, PrivateKey, PublicKey
from tests.keys.strategies import rsa_private, rsa_public

if TYPE_CHECKING:
    from medid.core.json import JsonObject

didkit = pytest.importorskip("didkit")

_ROUNDS = 20


def resolved_by_didkit(did: Did) -> JsonObject:
    async def ask() -> str:
        return cast("str", await didkit.resolve_did(str(did), "{}"))

    return cast("JsonObject", json.loads(asyncio.run(ask())))


def fresh(kind: KeyKind) -> PublicKey:
    if kind is KeyKind.RSA:
        return rsa_public(rsa_private())
    return PrivateKey.generate(kind).public_key


_SHARED = (KeyKind.ED25519, KeyKind.P256, KeyKind.SECP256K1, KeyKind.RSA)


@pytest.mark.parametrize("kind", _SHARED)
def test_did_key_documents_hold_the_same_key_for_the_same_purposes(
    kind: KeyKind,
) -> None:
    for _ in range(_ROUNDS):
        public = fresh(kind)
        did = key.create(public)
        ours = key.expand(did)
        theirs = DidDocument.parse(resolved_by_didkit(did), expected=did)
        for name in ("authentication", "assertionMethod"):
            assert theirs.ids_for(name) == ours.ids_for(name) == (f"{did}#{did.id}",)
            assert theirs.method_for(f"{did}#{did.id}", name).key == public
        assert theirs.ids_for(KEY_AGREEMENT) == ours.ids_for(KEY_AGREEMENT) == ()


@pytest.mark.parametrize("kind", _SHARED)
def test_did_key_documents_in_jwk_form_hold_the_same_jwk(kind: KeyKind) -> None:
    did = key.create(fresh(kind))
    ours = key.expand(did, public_key_format="JsonWebKey").raw
    theirs = resolved_by_didkit(did)
    for document in (ours, theirs):
        methods = cast("list[JsonObject]", document["verificationMethod"])
        assert len(methods) == 1
        methods[0].pop("type")
    assert ours["verificationMethod"] == theirs["verificationMethod"]


def _without_use(public: PublicKey) -> Did:
    text = json.dumps(public.to_jwk())
    return Did(method="jwk", id=base64url.encode(text.encode()))


@pytest.mark.parametrize(
    "kind", [KeyKind.P256, KeyKind.P384, KeyKind.SECP256K1, KeyKind.RSA]
)
def test_did_jwk_documents_without_use_are_equal_member_by_member(
    kind: KeyKind,
) -> None:
    for _ in range(_ROUNDS):
        did = _without_use(fresh(kind))
        assert jwk.expand(did).raw == resolved_by_didkit(did)


@pytest.mark.parametrize(
    ("kind", "purposes"),
    [
        (KeyKind.ED25519, SIGNING),
        (KeyKind.P256, SIGNING),
        (KeyKind.SECP256K1, SIGNING),
        (KeyKind.RSA, SIGNING),
        (KeyKind.X25519, (KEY_AGREEMENT,)),
    ],
)
def test_did_jwk_documents_hold_the_same_key(
    kind: KeyKind, purposes: tuple[str, ...]
) -> None:
    public = fresh(kind)
    did = jwk.create(public)
    ours = jwk.expand(did)
    raw = resolved_by_didkit(did)
    theirs = DidDocument.parse(raw, expected=did)
    assert ours.raw["verificationMethod"] == raw["verificationMethod"]
    assert ours.raw["@context"] == raw["@context"]
    for name in purposes:
        assert ours.ids_for(name) == theirs.ids_for(name) == (f"{did}#0",)
        assert theirs.method_for(f"{did}#0", name).key == public


@pytest.mark.parametrize(
    "text",
    ["did:key:z0", "did:key:6Mk", "did:jwk:e30", "did:jwk:a"],
)
def test_both_refuse_what_is_no_key(text: str) -> None:
    did = Did.parse(text)
    with pytest.raises(Exception):  # noqa: B017 - didkit raises its own
        resolved_by_didkit(did)
    with pytest.raises(Exception, match="at \\$"):
        (key if did.method == "key" else jwk).expand(did)
