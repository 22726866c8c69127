"""The others that run in Python: pyld with OpenSSL, didkit, openvc-core."""

from __future__ import annotations

import asyncio
import hashlib
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import base58
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from pyld import jsonld

from benchmarks.rounds import Here
from benchmarks.work import HEALTH, NOW, contexts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from medid import PublicKey

_ED25519_PUB: Final = b"\xed\x01"  # multicodec


class Pyld:
    """eddsa-rdfc-2022 the short way: pyld canonicalizes, OpenSSL checks, no more."""

    def __init__(self) -> None:
        """Serve the contexts of the documents, and nothing else."""
        self._contexts = contexts()
        self._options = {
            "algorithm": "URDNA2015",
            "format": "application/n-quads",
            "documentLoader": self._load,
        }

    def _load(self, url: str, _options: object) -> dict[str, Any]:
        return {
            "contentType": "application/ld+json",
            "contextUrl": None,
            "documentUrl": url,
            "document": self._contexts[url],
        }

    def canonicalize(self, document: Mapping[str, Any]) -> bytes:
        """The canonical N-Quads of ``document``."""
        quads: str = jsonld.normalize(document, self._options)
        return quads.encode()

    def _hash(self, document: Mapping[str, Any]) -> bytes:
        return hashlib.sha256(self.canonicalize(document)).digest()

    def verify(self, document: Mapping[str, Any]) -> None:
        """Return if the proof of ``document`` is good; nothing else is looked at."""
        unsecured = {k: v for k, v in document.items() if k != "proof"}
        proof = {k: v for k, v in document["proof"].items() if k != "proofValue"}
        config = {**proof, "@context": document["@context"]}
        signature = base58.b58decode(document["proof"]["proofValue"][1:])
        message = self._hash(config) + self._hash(unsecured)
        key_of(proof["verificationMethod"]).verify(signature, message)

    def verify_presentation(self, document: Mapping[str, Any]) -> None:
        """Verify the proof of a presentation and those of its credentials."""
        self.verify(document)
        for credential in document["verifiableCredential"]:
            self.verify(credential)


def key_of(method: str) -> Ed25519PublicKey:
    """The key of a did:key verification method."""
    raw = base58.b58decode(method.rpartition("#")[2][1:])
    return Ed25519PublicKey.from_public_bytes(raw.removeprefix(_ED25519_PUB))


def openssl(*, signatures: int = 1) -> Callable[[], Here]:
    """Bare Ed25519 verifications through cryptography: what nobody can do without."""
    message = bytes(64)
    key = Ed25519PrivateKey.generate()
    signature, public = key.sign(message), key.public_key()

    def work() -> None:
        for _ in range(signatures):
            public.verify(signature, message)

    return lambda: Here(work)


def libsodium(*, signatures: int = 1) -> Callable[[], Here]:
    """The same through PyNaCl."""

    def make() -> Here:
        from nacl.signing import SigningKey

        key = SigningKey.generate()
        signed, public = key.sign(bytes(64)), key.verify_key

        def work() -> None:
            for _ in range(signatures):
                public.verify(signed)

        return Here(work)

    return make


def openvc(suite: str, document: Mapping[str, Any], key: PublicKey) -> Here:
    """openvc-core verifying the proof and the times of ``document``."""
    from openvc.proof.data_integrity import DataIntegrityProofSuite
    from openvc.proof.di_jcs import EddsaJcsProofSuite

    told: dict[str, Any] = {"public_key_jwk": key.to_jwk()}
    told["now"] = datetime.fromisoformat(str(NOW))
    verifier: Any = EddsaJcsProofSuite()
    if suite == "eddsa-rdfc-2022":
        verifier = DataIntegrityProofSuite()
        told["extra_contexts"] = {HEALTH: contexts()[HEALTH]}
    return Here(lambda: verifier.verify(document, **told))


def didkit(license_credential: Mapping[str, Any]) -> Here:
    """A verification by didkit of a credential with the same claims.

    didkit 0.3 reads VCDM 1.1 with the contexts that are built into it, so the claims
    go under a vocabulary of their own, with Ed25519Signature2018.
    """
    import didkit as peer

    loop = asyncio.new_event_loop()
    key = peer.generate_ed25519_key()
    credential = {
        "@context": [
            "https://www.w3.org/2018/credentials/v1",
            {"@vocab": "https://vocabulary.example/"},
        ],
        "id": license_credential["id"],
        "type": ["VerifiableCredential"],
        "issuer": peer.key_to_did("key", key),
        "issuanceDate": license_credential["validFrom"],
        "expirationDate": license_credential["validUntil"],
        "credentialSubject": license_credential["credentialSubject"],
    }

    async def issue() -> str:
        method = await peer.key_to_verification_method("key", key)
        options = {"proofPurpose": "assertionMethod", "verificationMethod": method}
        signed: str = await peer.issue_credential(
            json.dumps(credential), json.dumps(options), key
        )
        return signed

    async def check(signed: str) -> None:
        answer = await peer.verify_credential(
            signed, '{"proofPurpose": "assertionMethod"}'
        )
        if json.loads(answer)["errors"]:
            raise RuntimeError(answer)

    signed = loop.run_until_complete(issue())
    return Here(lambda: loop.run_until_complete(check(signed)))
