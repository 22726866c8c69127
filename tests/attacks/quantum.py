"""ML-DSA-44 keys and proofs, made by hand: the second key of a board with two."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.asymmetric import mldsa

from tests.attacks.documents import BOARD, plain
from tests.attacks.honest import b58, b64, digest, proof_options

if TYPE_CHECKING:
    from tests.attacks.case import Doc

WEB: Final = "did:web:board.example"
WEB_URL: Final = "https://board.example/.well-known/did.json"
CLASSICAL: Final = f"{WEB}#key-1"
QUANTUM: Final = f"{WEB}#key-2"
RDFC: Final = "mldsa44-rdfc-2024"
JCS: Final = "mldsa44-jcs-2024"
ASKED: Final = ("--require-hybrid-proofs",)


@cache
def _secret(name: str) -> mldsa.MLDSA44PrivateKey:
    return mldsa.MLDSA44PrivateKey.from_seed_bytes(sha256(name.encode()).digest())


@dataclass(frozen=True, slots=True)
class Quantum:
    """An ML-DSA-44 key pair from a seed."""

    name: str

    @property
    def multikey(self) -> str:
        """The public key as Multikey."""
        return b58(b"\x90\x24" + _secret(self.name).public_key().public_bytes_raw())

    @property
    def did(self) -> str:
        """The did:key identifier."""
        return f"did:key:{self.multikey}"

    @property
    def method(self) -> str:
        """The verification method of ``did``."""
        return f"{self.did}#{self.multikey}"

    def sign(self, message: bytes, context: bytes = b"") -> bytes:
        """A signature of 2,420 bytes."""
        return _secret(self.name).sign(message, context)


BOARD_PQ: Final = Quantum("medical board, ML-DSA")
STRANGER_PQ: Final = Quantum("stranger, ML-DSA")


def make_proof(
    document: Doc,
    suite: str = RDFC,
    *,
    party: Quantum = BOARD_PQ,
    continued: Doc | None = None,
    context: bytes = b"",
    **members: Any,
) -> Doc:
    """An ML-DSA proof over ``document``, and over a proof that it continues."""
    given = {"cryptosuite": suite, "verificationMethod": QUANTUM, **members}
    options = proof_options(BOARD, **given)
    covered = {name: value for name, value in document.items() if name != "proof"}
    config = {"@context": covered["@context"], **options}
    if continued is not None:
        covered["proof"] = [continued]
    message = digest(config, suite) + digest(covered, suite)
    shown = config if "jcs" in suite else options
    return {**shown, "proofValue": "u" + b64(party.sign(message, context))}


def draft(**members: Any) -> Doc:
    """A credential of the board under its web name."""
    return plain(WEB, **members)


def board_document(*methods: Doc, **members: Any) -> Doc:
    """What the board publishes: two keys, or ``methods`` in the place of the second."""
    first = _method(CLASSICAL, BOARD.multikey)
    rest = list(methods) or [method()]
    names = [first["id"], *(one["id"] for one in rest)]
    return {
        "@context": [
            "https://www.w3.org/ns/did/v1",
            "https://w3id.org/security/multikey/v1",
        ],
        "id": WEB,
        "verificationMethod": [first, *rest],
        "assertionMethod": names,
        "authentication": names,
        **members,
    }


def method(identifier: str = QUANTUM, key: Any = BOARD_PQ, **members: Any) -> Doc:
    """A verification method of the board."""
    return {**_method(identifier, key.multikey), **members}


def _method(identifier: str, multikey: str) -> Doc:
    return {
        "id": identifier,
        "type": "Multikey",
        "controller": WEB,
        "publicKeyMultibase": multikey,
    }


def with_proofs(document: Doc, *proofs: Doc) -> Doc:
    """``document`` with these proofs; one stands alone."""
    return {**document, "proof": proofs[0] if len(proofs) == 1 else list(proofs)}
