"""The suites that hash a document and sign the hash: four recipes in one form.

What differs is the transformation, the kinds of key, and how the signature is written.
With a P-384 key everything is done with SHA-384, canonicalization included.

Spec: https://www.w3.org/TR/vc-di-ecdsa/#algorithms,
https://www.w3.org/TR/vc-di-eddsa/#algorithms
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core import multibase
from medid.errors import MalformedProof, MalformedValue, located
from medid.keys import KeyKind
from medid.keys.kinds import SHAPES
from medid.keys.signing import signature_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject, JsonValue
    from medid.jsonld.rdfc import Algorithm
    from medid.keys import PublicKey, Signer
    from medid.securing.data_integrity.cryptosuite import Covered, Creation
    from medid.securing.data_integrity.transformation import Transformation

# Twice as fast as to look a name up in OpenSSL.
_DIGESTS: Final = MappingProxyType({"sha256": hashlib.sha256, "sha384": hashlib.sha384})


@dataclass(frozen=True, slots=True, kw_only=True)
class HashAndSign:
    """A suite whose proof is one signature over two hashes.

    Attributes:
        transformation: RDF or JCS.
        multibase: ``z`` or ``u``: how ``proofValue`` is written.
    """

    name: str
    kinds: frozenset[KeyKind]
    transformation: Transformation
    multibase: str = "z"
    can_sign: bool = True
    is_selective: bool = False

    @property
    def carries_context(self) -> bool:
        """Whether a new proof states the contexts it covers."""
        return self.transformation.carries_context

    def signed_document(
        self, document: Mapping[str, JsonValue], options: Mapping[str, JsonValue]
    ) -> JsonObject:
        """``document`` as a proof with ``options`` covers it.

        Raises:
            MalformedProof: The document's contexts are not those of the proof.
        """
        return self.transformation.signed_document(document, options)

    def verify(self, covered: Covered, key: PublicKey) -> None:
        """Return if ``key`` made the proof; otherwise raise.

        Raises:
            MalformedProof: ``proofValue`` is not a signature of the suite's form, or
                contexts do not fit.
            InvalidSignature: It is, and it is wrong.
            MedidError: The document has no canonical form.
        """
        path = covered.proof.path
        made_of = ("signed", path, covered.statements.contexts, key.kind)
        signature, signed = covered.known.once(
            made_of, partial(self._read, covered, key.kind)
        )
        with located(path):
            key.verify(signature, signed)

    def _read(self, covered: Covered, kind: KeyKind) -> tuple[bytes, bytes]:
        """The signature, and what it has to be over."""
        (size,) = SHAPES[kind].signature_sizes
        with located(covered.proof.path):
            signature = read_signature(covered.proof.options, self.multibase, size)
        return signature, self._message(covered, kind)

    def _message(self, covered: Covered, kind: KeyKind) -> bytes:
        make = partial(message, covered, self.transformation, algorithm_of(kind))
        signed = covered.signed
        return make() if signed is None else signed.once("message", make)

    def create(
        self, covered: Covered, signer: Signer, creation: Creation
    ) -> JsonObject:
        """The ``proofValue``.

        Raises:
            MedidError: The document has no canonical form.
            SignerError: The key store refused, or could not be reached.
        """
        del creation
        message = self._message(covered, signer.public_key.kind)
        signature = signature_of(signer, message)
        if self.multibase == "u":
            return {"proofValue": multibase.to_base64url(signature)}
        return {"proofValue": multibase.to_base58btc(signature)}

    def check_created(self, covered: Covered, key: PublicKey) -> None:
        """As ``verify``."""
        self.verify(covered, key)


def read_signature(proof: Mapping[str, JsonValue], base: str, size: int) -> bytes:
    """The ``size`` bytes of ``proofValue``, in the multibase whose prefix is ``base``.

    Raises:
        MalformedProof: Anything else.
    """
    text = proof.get("proofValue")
    # Base58 takes 138 characters for 100 bytes, base64 takes fewer.
    if type(text) is str and text.startswith(base) and len(text) < 3 + size * 1.38:
        try:
            signature = multibase.from_multibase(text)
        except MalformedValue:
            signature = b""
        if len(signature) == size:
            return signature
    name = "base64url" if base == "u" else "base58btc"
    message = f"proofValue must be {size} bytes in multibase {name}"
    raise MalformedProof(message, path="$.proofValue")


def algorithm_of(kind: KeyKind) -> Algorithm:
    """The hash for documents that a key of this kind signs."""
    return "sha384" if kind is KeyKind.P384 else "sha256"


def message(
    covered: Covered,
    transformation: Transformation,
    algorithm: Algorithm,
    *,
    value: str = "proofValue",
) -> bytes:
    """The two hashes that are signed.

    Raises:
        MedidError: As the transformation does.
    """
    # The document first: what is wrong with its contexts does not stand in the proof.
    document = transformation.document(covered, algorithm)
    with located(covered.proof.path):
        options = transformation.options(covered, value, algorithm)
    # Options first, document second: the order is normative (#hashing-eddsa-rdfc-2022).
    digest = _DIGESTS[algorithm]
    return digest(options).digest() + digest(document).digest()
