"""From a document and a proof's options to the bytes that are hashed: RDF or JSON.

Spec: https://www.w3.org/TR/vc-di-ecdsa/#transformation-ecdsa-rdfc-2019,
https://www.w3.org/TR/vc-di-ecdsa/#transformation-ecdsa-jcs-2019
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from medid.core import jcs
from medid.core.fields import as_list
from medid.errors import MalformedProof

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject, JsonValue
    from medid.jsonld.rdfc import Algorithm, Canonical
    from medid.securing.data_integrity.cryptosuite import Covered


class Transformation(Protocol):
    """One way to make a document into bytes."""

    @property
    def carries_context(self) -> bool:
        """Whether a new proof states the contexts it covers."""

    def signed_document(
        self, document: Mapping[str, JsonValue], options: Mapping[str, JsonValue]
    ) -> JsonObject:
        """``document`` as a proof with ``options`` covers it."""

    def document(self, covered: Covered, algorithm: Algorithm) -> bytes:
        """The bytes of what the proof covers."""

    def options(self, covered: Covered, value: str, algorithm: Algorithm) -> bytes:
        """The bytes of the proof's options, which are all but its member ``value``."""


class _Rdf:
    """Canonical N-Quads. Everything that reaches them is signed, in one spelling."""

    carries_context = False

    @staticmethod
    def signed_document(
        document: Mapping[str, JsonValue], options: Mapping[str, JsonValue]
    ) -> JsonObject:
        """All of ``document``: these proofs have no context of their own."""
        del options
        return dict(document)

    @staticmethod
    def document(covered: Covered, algorithm: Algorithm) -> bytes:
        """Canonical N-Quads of the document without its proofs, but those continued.

        Raises:
            MedidError: As ``medid.jsonld.canonicalize`` does.
        """
        return document_quads(covered, algorithm).nquads

    @staticmethod
    def options(covered: Covered, value: str, algorithm: Algorithm) -> bytes:
        """Canonical N-Quads of the proof configuration.

        Raises:
            MalformedProof: The proof brings a context of its own.
            MedidError: As ``medid.jsonld.canonicalize`` does.
        """
        return options_quads(covered, value, algorithm).nquads


def document_quads(covered: Covered, algorithm: Algorithm = "sha256") -> Canonical:
    """The canonical dataset of the document without proofs, but those continued."""
    covered.statements.read(covered.document)
    return covered.statements.canonical(
        covered.document,
        context=covered.document.get("@context"),
        without="proof",
        but=covered.previous,
        algorithm=algorithm,
    )


def options_quads(
    covered: Covered, value: str = "proofValue", algorithm: Algorithm = "sha256"
) -> Canonical:
    """The canonical dataset of the proof configuration.

    Raises:
        MalformedProof: The proof brings a context of its own.
        MedidError: As ``medid.jsonld.canonicalize`` does.
    """
    covered.statements.read(covered.document)
    context = covered.document.get("@context")
    if covered.proof.options.get("@context", context) != context:
        message = "the @context of a proof must be that of its document"
        raise MalformedProof(message, path="$.@context")
    # The context is the document's, whatever the proof omits (#proof-configuration).
    return covered.statements.canonical(
        covered.proof.options, context=context, without=value, algorithm=algorithm
    )


class _Jcs:
    """Canonical JSON. All of it is signed, so nothing can be lost or re-spelt.

    Contexts are only compared, never processed.
    """

    carries_context = True

    @staticmethod
    def signed_document(
        document: Mapping[str, JsonValue], options: Mapping[str, JsonValue]
    ) -> JsonObject:
        """``document`` with the ``@context`` that was signed.

        Contexts may be appended to a document after it was signed; the proof then
        states the ones that were there (#verify-proof-eddsa-jcs-2022, step 4).

        Raises:
            MalformedProof: The document does not begin with the contexts of its proof.
        """
        if "@context" not in options:
            return dict(document)
        signed = options["@context"]
        if signed != document.get("@context"):
            stated, present = as_list(signed), as_list(document.get("@context"))
            if not stated or present[: len(stated)] != stated:
                message = "the document must begin with the contexts of its proof"
                raise MalformedProof(message, path="$.@context")
        return {**document, "@context": signed}

    def document(self, covered: Covered, algorithm: Algorithm) -> bytes:
        """Canonical JSON of the document without its proofs, but those continued.

        Raises:
            MalformedProof: The document does not begin with the contexts of its proof.
            CanonicalizationError: A number or string that JCS cannot carry.
        """
        del algorithm
        document = self.signed_document(covered.document, covered.proof.options)
        del document["proof"]
        if covered.previous:
            document["proof"] = [*covered.previous]
        return jcs.canonicalize(document)

    @staticmethod
    def options(covered: Covered, value: str, algorithm: Algorithm) -> bytes:
        """Canonical JSON of the proof configuration.

        Raises:
            CanonicalizationError: A number or string that JCS cannot carry.
        """
        del algorithm
        return jcs.canonicalize(covered.options(without=value))


class _JcsInContext(_Jcs):
    """Canonical JSON whose proof configuration always has a context.

    It is the document's, where the proof itself states none
    (https://www.w3.org/TR/vc-di-quantum-resistant-1.0/, proof configuration).
    """

    @staticmethod
    def options(covered: Covered, value: str, algorithm: Algorithm) -> bytes:
        """Canonical JSON of the proof configuration and its context.

        Raises:
            CanonicalizationError: A number or string that JCS cannot carry.
        """
        del algorithm
        options = covered.options(without=value)
        if "@context" in covered.document:
            options.setdefault("@context", covered.document["@context"])
        return jcs.canonicalize(options)


RDF: Transformation = _Rdf()
JCS: Transformation = _Jcs()
JCS_IN_CONTEXT: Transformation = _JcsInContext()
