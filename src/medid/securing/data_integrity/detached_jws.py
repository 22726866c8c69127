"""Two older suites whose proof is a JWS without its payload: verify only.

``JsonWebSignature2020`` and ``Ed25519Signature2018`` sign the two hashes of a document
over RDF, behind the header of a JWS that leaves the payload out and unencoded.

Spec: https://www.w3.org/community/reports/credentials/CG-FINAL-lds-jws2020-20220721/,
https://www.rfc-editor.org/rfc/rfc7797#section-3
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from medid.core import base64url
from medid.core import json as strict_json
from medid.core.fields import required_str
from medid.errors import (
    MalformedProof,
    MedidError,
    ProofGenerationError,
    WeakCryptography,
    located,
)
from medid.keys.kinds import ALGORITHMS
from medid.securing.data_integrity.hash_and_sign import message
from medid.securing.data_integrity.transformation import RDF

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject, JsonValue
    from medid.keys import KeyKind, PublicKey, Signer
    from medid.securing.data_integrity.cryptosuite import Covered, Creation

MAX_JWS_CHARACTERS: Final = 2_048  # an RSA signature of 8,192 bits takes 1,366

_HEADER: Final = frozenset({"alg", "b64", "crit"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DetachedJws:
    """A suite whose proof is a detached JWS over two hashes."""

    name: str
    kinds: frozenset[KeyKind]
    can_sign: bool = False
    carries_context: bool = False
    is_selective: bool = False

    @staticmethod
    def signed_document(
        document: Mapping[str, JsonValue], options: Mapping[str, JsonValue]
    ) -> JsonObject:
        """All of ``document``."""
        return RDF.signed_document(document, options)

    def verify(self, covered: Covered, key: PublicKey) -> None:
        """Return if ``key`` made the proof; otherwise raise.

        Raises:
            MalformedProof: ``jws`` is not a detached JWS with an unencoded payload.
            WeakCryptography: Its algorithm does not fit the key.
            InvalidSignature: The signature is wrong.
            MedidError: The document has no canonical form.
        """
        with located(covered.proof.path):
            head, alg, signature = _read(covered.proof.options)
            if ALGORITHMS.get(alg) is not key.kind:
                message_ = f"the algorithm of the jws does not fit a {key.kind} key"
                raise WeakCryptography(message_, path="$.jws")
        hashes = message(covered, RDF, "sha256", value="jws")
        with located(covered.proof.path):
            key.verify(signature, head.encode("ascii") + b"." + hashes, algorithm=alg)

    def create(
        self, covered: Covered, signer: Signer, creation: Creation
    ) -> JsonObject:
        """Refuse.

        Raises:
            ProofGenerationError: Always: newer suites have taken its place.
        """
        del covered, signer, creation
        raise ProofGenerationError(f"medid does not sign with {self.name}")

    def check_created(self, covered: Covered, key: PublicKey) -> None:
        """As ``verify``."""
        self.verify(covered, key)


def _read(proof: Mapping[str, JsonValue]) -> tuple[str, str, bytes]:
    """The encoded header, its algorithm and the signature of ``jws``.

    Raises:
        MalformedProof: Anything but a detached JWS with an unencoded payload.
    """
    text = proof.get("jws")
    head, dots, end = text.partition("..") if type(text) is str else ("", "", "")
    if not dots or len(head) + len(end) > MAX_JWS_CHARACTERS or "proofValue" in proof:
        raise MalformedProof("jws must be a JWS without payload", path="$.jws")
    try:
        header = strict_json.load_object(base64url.decode(head))
        signature, alg = base64url.decode(end), required_str(header, "alg", "$")
    except MedidError:
        raise MalformedProof("jws is not a JWS", path="$.jws") from None
    # The payload is signed as it is, and says so as something that must be understood.
    detached = header.get("b64") is False and header.get("crit") == ["b64"]
    if header.keys() != _HEADER or not detached:
        message_ = "the header of jws must be alg, b64 false and crit, and no more"
        raise MalformedProof(message_, path="$.jws")
    return head, alg, signature
