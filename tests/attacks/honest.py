"""Keys, identifiers and proofs, made with ``cryptography``, ``pyld`` and ``json``.

The signers are naive on purpose: they sign whatever they are given, so an attack
carries a signature that a verifier without further checks finds valid. All keys
come from fixed seeds, and ECDSA is deterministic: every run makes the same bytes.
"""

from __future__ import annotations

import base64
import copy
import functools
import json
from dataclasses import dataclass
from hashlib import sha256, sha384
from typing import TYPE_CHECKING, Any, Final, Literal

import base58
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, x25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.attacks.worlds import V2, document_loader

if TYPE_CHECKING:
    from tests.attacks.case import Doc

CREATED: Final = "2026-06-01T09:00:00Z"
KeyKind = Literal["Ed25519", "P-256", "P-384", "X25519"]
_PREFIX: Final = {
    "Ed25519": b"\xed\x01",
    "X25519": b"\xec\x01",
    "P-256": b"\x80\x24",
    "P-384": b"\x81\x24",
}
_ORDER: Final = {
    "P-256": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "P-384": int(
        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF"
        "581A0DB248B0A77AECEC196ACCC52973",
        16,
    ),
}


def b64(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """The bytes of base64url text."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def b58(data: bytes) -> str:
    """Base58btc with its multibase letter."""
    return "z" + base58.b58encode(data).decode()


@functools.cache
def _multikey(party: Party) -> str:
    return b58(_PREFIX[party.kind] + party.raw)


@dataclass(frozen=True, slots=True)
class Party:
    """A key pair from a seed, and the identifiers that carry it."""

    name: str
    kind: KeyKind = "Ed25519"

    @property
    def _secret(self) -> bytes:
        return sha384(self.name.encode()).digest()

    @property
    def _edwards(self) -> ed25519.Ed25519PrivateKey:
        return ed25519.Ed25519PrivateKey.from_private_bytes(self._secret[:32])

    @property
    def _curve_key(self) -> ec.EllipticCurvePrivateKey:
        curve = ec.SECP256R1() if self.kind == "P-256" else ec.SECP384R1()
        number = int.from_bytes(self._secret, "big") % (_ORDER[self.kind] - 1) + 1
        return ec.derive_private_key(number, curve)

    @property
    def raw(self) -> bytes:
        """The public key: 32 bytes, or the compressed point."""
        if self.kind == "Ed25519":
            return self._edwards.public_key().public_bytes_raw()
        if self.kind == "X25519":
            secret = x25519.X25519PrivateKey.from_private_bytes(self._secret[:32])
            return secret.public_key().public_bytes_raw()
        public = self._curve_key.public_key()
        return public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)

    @property
    def multikey(self) -> str:
        """``publicKeyMultibase``."""
        return _multikey(self)

    @property
    def did(self) -> str:
        """The did:key identifier."""
        return f"did:key:{self.multikey}"

    @property
    def method(self) -> str:
        """The verification method of ``did``."""
        return f"{self.did}#{self.multikey}"

    @property
    def jwk(self) -> Doc:
        """The public key as a JSON Web Key."""
        if self.kind in {"Ed25519", "X25519"}:
            return {"kty": "OKP", "crv": self.kind, "x": b64(self.raw)}
        numbers = self._curve_key.public_key().public_numbers()
        size = 32 if self.kind == "P-256" else 48
        return {
            "kty": "EC",
            "crv": self.kind,
            "x": b64(numbers.x.to_bytes(size, "big")),
            "y": b64(numbers.y.to_bytes(size, "big")),
        }

    @property
    def did_jwk(self) -> str:
        """The did:jwk identifier; its key is ``#0``."""
        return did_jwk(self.jwk)

    @property
    def alg(self) -> str:
        """The JOSE algorithm of this kind of key."""
        return {"Ed25519": "EdDSA", "P-256": "ES256", "P-384": "ES384"}[self.kind]

    def sign(self, message: bytes, *, high_s: bool | None = None) -> bytes:
        """A raw signature; ``high_s`` picks one of the two forms ECDSA allows."""
        if self.kind in {"Ed25519", "X25519"}:
            return self._edwards.sign(message)
        digest = hashes.SHA256() if self.kind == "P-256" else hashes.SHA384()
        algorithm = ec.ECDSA(digest, deterministic_signing=True)
        r, s = decode_dss_signature(self._curve_key.sign(message, algorithm))
        order = _ORDER[self.kind]
        if high_s is not None and (s > order // 2) != high_s:
            s = order - s
        size = 32 if self.kind == "P-256" else 48
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def did_jwk(jwk: Doc) -> str:
    """The did:jwk of any object, a key or not."""
    return "did:jwk:" + b64(json.dumps(jwk, separators=(",", ":")).encode())


def jcs(value: object) -> bytes:
    """RFC 8785 for what this corpus signs: ASCII names, integers, short decimals."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()


def rdfc(document: Doc) -> bytes:
    """N-Quads as pyld sees them: what pyld drops is not signed."""
    from pyld import jsonld

    options = {
        "algorithm": "URDNA2015",
        "format": "application/n-quads",
        "base": None,
        "rdfDirection": "i18n-datatype",
        "documentLoader": document_loader,
    }
    return str(jsonld.normalize(copy.deepcopy(document), options)).encode()


@functools.lru_cache(maxsize=4096)
def _rdf_digest(text: str) -> bytes:
    from pyld.jsonld import JsonLdError

    # Contexts that cannot be loaded are a fault here, not in the document.
    document_loader(V2)
    document = json.loads(text)
    try:
        return sha256(rdfc(document)).digest()
    except JsonLdError:
        # What no JSON-LD processor reads has no RDF; any signature will do.
        return sha256(jcs(document)).digest()


def digest(document: Doc, suite: str) -> bytes:
    """What a suite signs of ``document``: over its JSON, or over its RDF."""
    if "jcs" in suite:
        return sha256(jcs(document)).digest()
    return _rdf_digest(json.dumps(document))


def proof_options(party: Party, **members: Any) -> Doc:
    """The options of an ordinary assertion proof; ``None`` removes a member."""
    options = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "created": CREATED,
        "verificationMethod": party.method,
        "proofPurpose": "assertionMethod",
        **members,
    }
    return {name: value for name, value in options.items() if value is not None}


def make_proof(document: Doc, party: Party, **members: Any) -> Doc:
    """A proof over ``document`` as it stands, its own ``proof`` left out."""
    options = proof_options(party, **members)
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    return finish_proof(unsecured, party, options)


def finish_proof(unsecured: Doc, party: Party, options: Doc) -> Doc:
    """Sign exactly ``unsecured`` and ``options``, whatever they say."""
    suite = str(options.get("cryptosuite"))
    context = unsecured.get("@context")
    config = {"@context": context, **options} if context is not None else options
    message = digest(config, suite) + digest(unsecured, suite)
    shown = config if "jcs" in suite else options
    return {**shown, "proofValue": b58(party.sign(message))}


def signed(document: Doc, party: Party, **members: Any) -> Doc:
    """``document`` with one proof by ``party`` (eddsa-jcs-2022 unless told)."""
    return {**document, "proof": make_proof(document, party, **members)}


def signed_rdfc(document: Doc, party: Party, **members: Any) -> Doc:
    """``document`` with one eddsa-rdfc-2022 proof by ``party``."""
    return signed(document, party, cryptosuite="eddsa-rdfc-2022", **members)


def proof_set(document: Doc, *parties: Party, **members: Any) -> Doc:
    """``document`` with one independent proof by each of ``parties``."""
    proofs = [make_proof(document, party, **members) for party in parties]
    return {**document, "proof": proofs}


def proof_chain(document: Doc, *parties: Party, suite: str = "eddsa-jcs-2022") -> Doc:
    """``document`` with proofs that each cover the proof before."""
    proofs: list[Doc] = []
    for number, party in enumerate(parties):
        options = proof_options(party, cryptosuite=suite)
        options["id"] = f"urn:uuid:00000000-0000-4000-8000-00000000000{number}"
        covered = dict(document)
        if proofs:
            options["previousProof"] = proofs[-1]["id"]
            covered["proof"] = [proofs[-1]]
        proofs.append(finish_proof(covered, party, options))
    return {**document, "proof": proofs}
