"""The others: pyld with OpenSSL, didkit, and @digitalbazaar/vc in a process of node."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import base58
import didkit
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from pyld import jsonld

from benchmarks.rounds import Contestant, here

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

INTEROP: Final = Path(__file__).resolve().parents[1] / "interop"
_ED25519_PUB: Final = b"\xed\x01"  # multicodec


class Pyld:
    """eddsa-rdfc-2022 the short way: pyld canonicalizes, OpenSSL checks, no more."""

    def __init__(self, contexts: Mapping[str, Any]) -> None:
        """Serve ``contexts`` by URL, and nothing else."""
        self._contexts = contexts
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

    def _hash(self, document: Mapping[str, Any]) -> bytes:
        quads: str = jsonld.normalize(document, self._options)
        return hashlib.sha256(quads.encode()).digest()

    def _message(self, document: Mapping[str, Any], proof: Mapping[str, Any]) -> bytes:
        config = {**proof, "@context": document["@context"]}
        return self._hash(config) + self._hash(document)

    def sign(
        self, document: Mapping[str, Any], key: Ed25519PrivateKey, options: Any
    ) -> dict[str, Any]:
        """``document`` with an eddsa-rdfc-2022 proof of ``key``."""
        proof = {
            "type": "DataIntegrityProof",
            "cryptosuite": "eddsa-rdfc-2022",
            **options,
            "verificationMethod": method_of(key.public_key()),
        }
        signature = key.sign(self._message(document, proof))
        value = "z" + base58.b58encode(signature).decode()
        return {**document, "proof": {**proof, "proofValue": value}}

    def verify(self, document: Mapping[str, Any]) -> None:
        """Return if the proof of ``document`` is good; nothing else is looked at."""
        unsecured = {k: v for k, v in document.items() if k != "proof"}
        proof = {k: v for k, v in document["proof"].items() if k != "proofValue"}
        signature = base58.b58decode(document["proof"]["proofValue"][1:])
        key = key_of(proof["verificationMethod"])
        key.verify(signature, self._message(unsecured, proof))

    def verify_presentation(self, document: Mapping[str, Any]) -> None:
        """Verify the proof of a presentation and those of its credentials."""
        self.verify(document)
        for credential in document["verifiableCredential"]:
            self.verify(credential)


def method_of(key: Ed25519PublicKey) -> str:
    """The verification method of the did:key of ``key``."""
    text = "z" + base58.b58encode(_ED25519_PUB + key.public_bytes_raw()).decode()
    return f"did:key:{text}#{text}"


def key_of(method: str) -> Ed25519PublicKey:
    """The key of a did:key verification method."""
    raw = base58.b58decode(method.rpartition("#")[2][1:])
    return Ed25519PublicKey.from_public_bytes(raw.removeprefix(_ED25519_PUB))


def didkit_work(license_credential: Mapping[str, Any]) -> Callable[[], None]:
    """A verification by didkit of a credential with the same claims.

    didkit 0.3 reads VCDM 1.1 with the contexts that are built into it, so the claims
    go under a vocabulary of their own, with Ed25519Signature2018.
    """
    loop = asyncio.new_event_loop()
    key = didkit.generate_ed25519_key()
    did = didkit.key_to_did("key", key)
    credential = {
        "@context": [
            "https://www.w3.org/2018/credentials/v1",
            {"@vocab": "https://vocabulary.example/"},
        ],
        "id": license_credential["id"],
        "type": ["VerifiableCredential"],
        "issuer": did,
        "issuanceDate": license_credential["validFrom"],
        "expirationDate": license_credential["validUntil"],
        "credentialSubject": license_credential["credentialSubject"],
    }

    async def issue() -> str:
        method = await didkit.key_to_verification_method("key", key)
        options = {"proofPurpose": "assertionMethod", "verificationMethod": method}
        signed: str = await didkit.issue_credential(
            json.dumps(credential), json.dumps(options), key
        )
        return signed

    async def check(signed: str) -> None:
        answer = await didkit.verify_credential(
            signed, '{"proofPurpose": "assertionMethod"}'
        )
        if json.loads(answer)["errors"]:
            raise RuntimeError(answer)

    signed = loop.run_until_complete(issue())
    return lambda: loop.run_until_complete(check(signed))


def node_contestant(name: str, work: Mapping[str, Any]) -> Contestant | None:
    """@digitalbazaar/vc doing ``work`` in a process of its own; None without node."""
    node = shutil.which("node")
    if node is None or not (INTEROP / "node_modules").is_dir():
        return None
    process = subprocess.Popen(
        [node, INTEROP / "contestant.mjs"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    say, hear = process.stdin, process.stdout
    if say is None or hear is None:
        raise RuntimeError("node did not start")
    say.write(json.dumps(work) + "\n")

    def times(calls: int) -> float:
        say.write(json.dumps({"calls": calls}) + "\n")
        say.flush()
        line = hear.readline()
        if not line:
            raise RuntimeError("node gave up; its reason is above")
        return float(json.loads(line)["microseconds"])

    return Contestant(name=name, times=times)


def openssl(message: bytes) -> Contestant:
    """One bare Ed25519 verification: what nobody can do without."""
    key = Ed25519PrivateKey.generate()
    signature, public = key.sign(message), key.public_key()
    return Contestant(
        name="one bare Ed25519 verification, OpenSSL",
        times=here(lambda: public.verify(signature, message)),
    )
