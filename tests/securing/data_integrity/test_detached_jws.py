"""JsonWebSignature2020 and Ed25519Signature2018: signed by didkit, or by hand."""

from __future__ import annotations

import asyncio
import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from medid.core import base64url
from medid.errors import (
    InvalidSignature,
    MalformedProof,
    MedidError,
    ProofGenerationError,
    WeakCryptography,
)
from medid.jsonld import ContextStore, canonicalize
from medid.keys import KeyKind, PrivateKey, PublicKey
from medid.securing.catalogue import SUITES
from medid.securing.data_integrity import read_proofs, sign, verify_proof
from medid.securing.data_integrity.secure import covered_by
from tests.keys.strategies import key
from tests.support import sha256

if TYPE_CHECKING:
    from medid.core.json import JsonObject

V1 = "https://www.w3.org/2018/credentials/v1"
JWS_2020 = "https://w3id.org/security/suites/jws-2020/v1"
HEADER = {"alg": "EdDSA", "b64": False, "crit": ["b64"]}
STORE = ContextStore.bundled()
SIGNER = key(KeyKind.ED25519)


def _draft(*contexts: str) -> JsonObject:
    return {
        "@context": [V1, *contexts],
        "id": "urn:uuid:3f1c9a52-7d3e-4c55-9a0f-2c6e8d1b7a10",
        "type": ["VerifiableCredential"],
        "issuer": "did:example:board",
        "issuanceDate": "2026-01-01T00:00:00Z",
        "credentialSubject": {"id": "did:example:practitioner"},
    }


def _signed(
    suite: str, header: Any, signer: PrivateKey = SIGNER, **others: Any
) -> JsonObject:
    """A credential signed without medid's suite: hashes, header and key by hand."""
    document = _draft(*([JWS_2020] if suite == "JsonWebSignature2020" else []))
    options: JsonObject = {
        "type": suite,
        "created": "2026-01-01T00:00:00Z",
        "verificationMethod": "did:example:board#key",
        "proofPurpose": "assertionMethod",
    }
    config = {**options, "@context": document["@context"]}
    hashes = sha256(canonicalize(config, STORE)) + sha256(canonicalize(document, STORE))
    head = base64url.encode(json.dumps(header).encode())
    signature = signer.sign(head.encode() + b"." + hashes)
    jws = f"{head}..{base64url.encode(signature)}"
    return {**document, "proof": {**options, "jws": jws, **others}}


def _verify(document: JsonObject, public: PublicKey = SIGNER.public_key) -> None:
    (proof,) = read_proofs(document)
    verify_proof(document, proof, public, contexts=STORE)


@pytest.mark.parametrize("suite", ["Ed25519Signature2018", "JsonWebSignature2020"])
def test_what_didkit_signs(suite: str) -> None:
    didkit = pytest.importorskip("didkit")
    draft = _draft(*([JWS_2020] if suite == "JsonWebSignature2020" else []))

    async def issue() -> Any:
        jwk = didkit.generate_ed25519_key()
        draft["issuer"] = didkit.key_to_did("key", jwk)
        method = await didkit.key_to_verification_method("key", jwk)
        options = {
            "type": suite,
            "proofPurpose": "assertionMethod",
            "verificationMethod": method,
        }
        text = await didkit.issue_credential(
            json.dumps(draft), json.dumps(options), jwk
        )
        return json.loads(text), PublicKey.from_multikey(method.partition("#")[2])

    document, public = asyncio.run(issue())
    _verify(document, public)
    document["credentialSubject"]["id"] = "did:example:somebody"
    with pytest.raises(InvalidSignature):
        _verify(document, public)


@pytest.mark.parametrize(
    ("kind", "alg"),
    [
        (KeyKind.ED25519, "EdDSA"),
        (KeyKind.P256, "ES256"),
        (KeyKind.P384, "ES384"),
        (KeyKind.SECP256K1, "ES256K"),
    ],
)
def test_each_algorithm_with_its_key_only(kind: KeyKind, alg: str) -> None:
    signer = key(kind)
    good = _signed("JsonWebSignature2020", {**HEADER, "alg": alg}, signer)
    _verify(good, signer.public_key)
    other = "ES256" if alg != "ES256" else "ES384"
    with pytest.raises(WeakCryptography) as caught:
        _verify(
            _signed("JsonWebSignature2020", {**HEADER, "alg": other}, signer),
            signer.public_key,
        )
    assert caught.value.path == "$.proof.jws"


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "EdDSA"},
        {"alg": "EdDSA", "b64": False},
        {"alg": "EdDSA", "crit": ["b64"]},
        {**HEADER, "b64": True},
        {**HEADER, "b64": 0},
        {**HEADER, "crit": "b64"},
        {**HEADER, "crit": ["b64", "exp"]},
        {**HEADER, "crit": []},
        {**HEADER, "jwk": SIGNER.public_key.to_jwk()},
        {**HEADER, "kid": "did:example:board#key"},
        {**HEADER, "alg": None},
        {**HEADER, "alg": ["EdDSA"]},
        [],
        "EdDSA",
    ],
)
@pytest.mark.parametrize("suite", ["Ed25519Signature2018", "JsonWebSignature2020"])
def test_no_other_header(suite: str, header: Any) -> None:
    _verify(_signed(suite, HEADER))
    with pytest.raises(MalformedProof) as caught:
        _verify(_signed(suite, header))
    assert caught.value.path == "$.proof.jws"


@pytest.mark.parametrize("alg", ["none", "HS256", "RS512", "", "eddsa", "ML-DSA-44"])
def test_no_other_algorithm(alg: str) -> None:
    with pytest.raises(MedidError) as caught:
        _verify(_signed("JsonWebSignature2020", {**HEADER, "alg": alg}))
    assert isinstance(caught.value, WeakCryptography | MalformedProof)


def test_no_other_form_of_a_jws() -> None:
    good: Any = _signed("JsonWebSignature2020", HEADER)
    head, _, end = good["proof"]["jws"].partition("..")
    for jws in (
        None,
        5,
        "",
        "..",
        head,
        f"{head}..",
        f"..{end}",
        f"{head}.{base64url.encode(b'x')}.{end}",
        f"{head}..{end}=",
        f"{head}..{end}..{end}",
        f"{head} ..{end}",
        f"{head}..{end[:-2]}",
    ):
        bad = copy.deepcopy(good)
        bad["proof"]["jws"] = jws
        with pytest.raises(MalformedProof):
            _verify(bad)


@pytest.mark.parametrize(
    "jws", ["no dots", f"..{'A' * 2_049}", f"{'A' * 2_049}..", f"{'A' * 2_049}..AA"]
)
def test_what_is_no_detached_jws_is_not_decoded(jws: str) -> None:
    bad: Any = _signed("JsonWebSignature2020", HEADER)
    bad["proof"]["jws"] = jws
    with pytest.raises(MalformedProof, match="without payload"):
        _verify(bad)


def test_a_proof_with_two_values_is_refused() -> None:
    with pytest.raises(MalformedProof):
        _verify(_signed("JsonWebSignature2020", HEADER, proofValue="z1"))


@pytest.mark.parametrize("suite", ["Ed25519Signature2018", "JsonWebSignature2020"])
def test_medid_does_not_sign_with_older_suites(suite: str) -> None:
    with pytest.raises(ProofGenerationError):
        sign(_draft(), SIGNER, suite=suite, options={}, contexts=STORE)
    covered: Any = None
    with pytest.raises(ProofGenerationError):
        SUITES[suite].create(covered, SIGNER, covered)


def test_a_proof_of_another_hand_can_be_checked_as_if_just_made() -> None:
    header = {"alg": "EdDSA", "b64": False, "crit": ["b64"]}
    document = _signed("Ed25519Signature2018", header)
    (proof,) = read_proofs(document)
    suite, covered = SUITES["Ed25519Signature2018"], covered_by(document, proof, STORE)
    suite.check_created(covered, SIGNER.public_key)
    with pytest.raises(InvalidSignature):
        suite.check_created(covered, PrivateKey.generate(KeyKind.ED25519).public_key)
