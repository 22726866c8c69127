"""What every cryptosuite offers, and the steps that the Ed25519 suites share.

A suite is a module: it names itself, says which keys it takes, and turns a document
and a proof's options into the two hashes that are signed.

Spec: https://www.w3.org/TR/vc-data-integrity/#cryptographic-suites
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final, Protocol

from medid.core.multibase import from_base58btc
from medid.errors import MalformedProof, MalformedValue
from medid.jsonld import canonicalize

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject, JsonValue
    from medid.jsonld import ContextStore
    from medid.keys import KeyKind

SIGNATURE_SIZE: Final = 64  # bytes, RFC 8032 section 5.1.6
# 64 bytes take 88 base58 characters at most, behind the multibase prefix.
_MAX_SIGNATURE_CHARACTERS: Final = 89


class Cryptosuite(Protocol):
    """The face of a suite's module."""

    @property
    def NAME(self) -> str:  # noqa: N802
        """The ``cryptosuite``, or the type of a suite older than that member."""

    @property
    def KEY_KIND(self) -> KeyKind:  # noqa: N802
        """The only kind of key the suite takes."""

    @property
    def CAN_SIGN(self) -> bool:  # noqa: N802
        """Whether medid issues proofs of this suite or only verifies them."""

    @property
    def CARRIES_CONTEXT(self) -> bool:  # noqa: N802
        """Whether a new proof states the contexts it covers."""

    def covered(
        self, document: Mapping[str, JsonValue], options: Mapping[str, JsonValue]
    ) -> JsonObject:
        """The document, without ``proof``, as the proof with ``options`` covers it."""

    def document_hash(
        self, covered: Mapping[str, JsonValue], *, contexts: ContextStore
    ) -> bytes:
        """The hash of what the proof covers."""

    def options_hash(
        self,
        options: Mapping[str, JsonValue],
        covered: Mapping[str, JsonValue],
        *,
        contexts: ContextStore,
    ) -> bytes:
        """The hash of the proof's options, which hold no ``proofValue``."""


def read_signature(proof: Mapping[str, JsonValue]) -> bytes:
    """The 64 bytes of ``proofValue``, which must be base58btc of exactly those.

    Raises:
        MalformedProof: Anything else.
    """
    text = proof.get("proofValue")
    if type(text) is str:
        try:
            signature = from_base58btc(text, max_length=_MAX_SIGNATURE_CHARACTERS)
        except MalformedValue:
            signature = b""
        if len(signature) == SIGNATURE_SIZE:
            return signature
    message = f"proofValue must be {SIGNATURE_SIZE} bytes in multibase base58btc"
    raise MalformedProof(message, path="$.proofValue")


def rdf_hash(document: Mapping[str, JsonValue], contexts: ContextStore) -> bytes:
    """SHA-256 of the canonical N-Quads of ``document``."""
    return sha256(canonicalize(document, contexts)).digest()


def rdf_options_hash(
    options: Mapping[str, JsonValue],
    covered: Mapping[str, JsonValue],
    contexts: ContextStore,
) -> bytes:
    """SHA-256 of the canonical N-Quads of a proof configuration.

    Raises:
        MalformedProof: The proof brings a context of its own.
    """
    context = covered.get("@context")
    if options.get("@context", context) != context:
        message = "the @context of a proof must be that of its document"
        raise MalformedProof(message, path="$.@context")
    # The context is the document's, whatever the proof omits (#proof-configuration).
    config = dict(options)
    if context is not None:
        config["@context"] = context
    return rdf_hash(config, contexts)
