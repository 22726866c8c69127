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
* did:pkh: as did:key, for the relationships. didkit checks neither the checksum nor the
  length of an account, and reads the forms from before CAIP-10.
* did:jwk: didkit lists every key under every relationship. The specification reads
  ``use``, and says that Ed25519 is for signatures only and X25519 for key agreement.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, cast

import pytest

from medid.core import base64url
from medid.dids.document import KEY_AGREEMENT, SIGNING, DidDocument
from medid.dids.methods import jwk, key, pkh
from medid.dids.resolver import SUPPORTED
from medid.dids.syntax import Did
from medid.errors import InvalidDid
from medid.keys import KeyKind, PrivateKey, PublicKey
from tests.adapters.hosts import listening, saying
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


# did:pkh.

TEZOS = "tezos:NetXdQprcVkpaWU"
SOLANA = "solana:4sGjMW1sUnHzSxGspuhpqLDx6wiyjNtZ"
ACCOUNTS = (
    "eip155:1:0xb9c5714089478a327f09197987f16f9e5d936e8a",
    "eip155:137:0x4e90e8a8191c1c23a24a598c3ab4fb47ce926ff5",
    "eip155:42220:0xA0ae58da58dfa46fa55c3b86545e7065f90ff011",
    "bip122:000000000019d6689c085ae165831e93:128Lkh3S7CkDTBZ8W7BbpsN3YYizJMp8p6",
    "bip122:1a91e3dace36e2be3bf030a65679fe82:DH5yaieqoZN36fDVciNyRueRGvGLR3mr7L",
    f"{SOLANA}:CKg5d12Jhpej1JqtmxLJgaFqqeYjxgPqToJ4LBdvG9Ev",
    f"{TEZOS}:tz1TzrmTBSuiVHV2VfMnGRMYvTEPCP42oSM8",
    f"{TEZOS}:tz2BFTyPeYRzxd5aiBchbXN3WCZhx7BqbMBq",
    f"{TEZOS}:tz3agP9LGe2cXmKQyYn6T68BHKjjktDbbSWX",
)


@pytest.mark.parametrize("account", ACCOUNTS)
def test_did_pkh_documents_are_equal_but_for_capabilities(account: str) -> None:
    did = Did(method="pkh", id=account)
    ours, theirs = pkh.expand(did), resolved_by_didkit(did)
    for name in ("capabilityInvocation", "capabilityDelegation"):
        assert name not in theirs
        assert ours.ids_for(name) == ours.ids_for("assertionMethod")
        theirs[name] = theirs["assertionMethod"]
    assert ours.raw == theirs
    # The other way round: what didkit wrote is a document of this DID to medid.
    read = DidDocument.parse(theirs, expected=did)
    for name in SIGNING:
        assert read.ids_for(name) == ours.ids_for(name)


@pytest.mark.parametrize(
    ("account", "theirs_too"),
    [
        ("eip155:1", True),
        (f"{SOLANA}:CKg5", True),
        (f"{TEZOS}:KT1ACXxefCq3zVG9cth4whZqS1XYK9Qsn8Gi", True),
        ("eip155:1:0xb9", False),
        (f"{TEZOS}:tz1TzrmTBSuiVHV2VfMnGRMYvTEPCP42oSM9", False),
        ("tz:tz1TzrmTBSuiVHV2VfMnGRMYvTEPCP42oSM8", False),
    ],
)
def test_medid_refuses_what_didkit_refuses_and_more(
    account: str, theirs_too: bool
) -> None:
    did = Did(method="pkh", id=account)
    with pytest.raises(InvalidDid):
        pkh.expand(did)
    if theirs_too:
        with pytest.raises(Exception):  # noqa: B017 - didkit raises its own
            resolved_by_didkit(did)
    else:
        assert resolved_by_didkit(did)["id"] == str(did)


# Why didkit is no helper for further methods: docs/adr/0028-didkit-is-an-oracle.md.

_ASK = """
import asyncio, json, os, sys
import didkit

async def ask(did):
    try:
        return json.loads(await didkit.resolve_did(did, "{}"))["id"]
    except didkit.DIDKitException as error:
        return str(error)

print(json.dumps([asyncio.run(ask(did)) for did in sys.argv[1:]]), flush=True)
os._exit(0)  # its threads may not outlive an interpreter that ends as usual
"""
OFFLINE = (
    "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
    "did:jwk:" + base64url.encode(json.dumps(fresh(KeyKind.P256).to_jwk()).encode()),
    f"did:pkh:{ACCOUNTS[0]}",
    "did:ethr:0xb9c5714089478a327f09197987f16f9e5d936e8a",
)


def asked_on_their_own(*dids: str) -> tuple[list[str], int]:
    """What didkit says in a process of its own, and how often it went out meanwhile.

    The environment names a proxy, and a helper for did:ion, that answer nothing.
    """
    with listening(saying(b""), None) as canary:
        away = f"http://127.0.0.1:{canary.port}/"
        names = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "DID_ION_API_URL")
        told = subprocess.run(
            [sys.executable, "-c", _ASK, *dids],
            env={**os.environ, **dict.fromkeys(names, away)},
            capture_output=True,
            check=True,
            timeout=60,
        )
        return json.loads(told.stdout), canary.connections


@pytest.mark.loopback
def test_what_didkit_resolves_without_a_network_medid_resolves_itself() -> None:
    told, connections = asked_on_their_own(*OFFLINE)
    assert (told, connections) == ([*OFFLINE], 0)
    assert {Did.parse(did).method for did in OFFLINE} <= set(SUPPORTED)


@pytest.mark.loopback
@pytest.mark.parametrize(
    "did",
    [
        "did:tz:tz1TzrmTBSuiVHV2VfMnGRMYvTEPCP42oSM8",
        "did:tz:tz2BFTyPeYRzxd5aiBchbXN3WCZhx7BqbMBq",
        "did:tz:KT1ACXxefCq3zVG9cth4whZqS1XYK9Qsn8Gi",
        "did:web:board.example",
        "did:ion:EiClkZMDxPKqC9c-umQfTkR8vvZ9JPhl_xLDI9Nfk38w5w",
    ],
)
def test_for_these_methods_didkit_goes_where_the_environment_sends_it(did: str) -> None:
    (told,), connections = asked_on_their_own(did)
    assert told != did
    assert connections > 0


@pytest.mark.parametrize(
    "did",
    [
        "did:sol:CKg5d12Jhpej1JqtmxLJgaFqqeYjxgPqToJ4LBdvG9Ev",
        "did:ens:board.eth",
        "did:peer:0z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH",
        "did:ebsi:board",
    ],
)
def test_these_methods_didkit_does_not_have(did: str) -> None:
    with pytest.raises(didkit.DIDKitException, match="methodNotSupported"):
        resolved_by_didkit(Did.parse(did))
