"""The ``bbs-2023`` cryptosuite: one signature, and unlinkable proofs of parts of it.

The issuer's base proof goes to the holder, who derives proofs that show a part of the
document. The statements that the issuer made mandatory are in every one of them. Two
derived proofs of one credential cannot be linked by what is not shown; what is shown,
a status entry above all, may link them.

A derived proof is bound to its presentation header: a verifier's nonce, where there is
one. Bound to whom shows it, it is with a holder's secret, and never to a name.

Spec: https://www.w3.org/TR/vc-di-bbs/#bbs-2023
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from medid.errors import MalformedProof, SignerError, located
from medid.jsonld import Statements
from medid.keys import KeyKind, ListSigner, PublicKey
from medid.securing.data_integrity.cryptosuite import Binding, Covered, Shown
from medid.securing.data_integrity.proof import read_proofs
from medid.securing.data_integrity.selective import bbs_operations as operations
from medid.securing.data_integrity.selective import labels
from medid.securing.data_integrity.selective.bbs_values import (
    Base,
    Derived,
    is_base,
    read_base,
    read_derived,
    write_base,
    write_derived,
)
from medid.securing.data_integrity.selective.covering import (
    lines_of,
    proof_hash,
    split,
    statements_hash,
    statements_of,
)
from medid.securing.data_integrity.selective.features import Feature
from medid.securing.data_integrity.transformation import RDF

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.core.json import JsonObject, JsonValue
    from medid.keys import Signer
    from medid.securing.data_integrity.cryptosuite import Creation, Disclosure
    from medid.securing.data_integrity.proof import Proof
    from medid.securing.data_integrity.selective.features import HolderSecrets
    from medid.securing.data_integrity.selective.groups import Statements as Signed

NAME: Final = "bbs-2023"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stated:
    """A whole document, as its base proof covers it.

    Attributes:
        statements: All of them.
        mandatory: Where those stand that every derived proof shows.
        rest: Where the others stand: the messages of the signature.
        header: The hashes of the proof's options and of the mandatory statements.
    """

    statements: Signed
    mandatory: list[int]
    rest: list[int]
    header: bytes

    @property
    def messages(self) -> list[bytes]:
        """What is signed one by one."""
        return [self.statements.lines[index].encode() for index in self.rest]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bbs2023:
    """The suite."""

    name: str = NAME
    kinds: frozenset[KeyKind] = frozenset({KeyKind.BLS12381_G2})
    can_sign: bool = True
    carries_context: bool = False
    is_selective: bool = True

    @staticmethod
    def signed_document(
        document: Mapping[str, JsonValue], options: Mapping[str, JsonValue]
    ) -> JsonObject:
        """All of ``document``: these proofs have no context of their own."""
        return RDF.signed_document(document, options)

    @staticmethod
    def create(covered: Covered, signer: Signer, creation: Creation) -> JsonObject:
        """The ``proofValue`` of a base proof.

        Raises:
            MalformedProof: The proof continues another one, or the holder's commitment
                is not of its form.
            MalformedValue: A mandatory pointer is no JSON pointer.
            ProofGenerationError: One leads to nothing that can be shown on its own.
            InvalidSignature: The holder does not know what the commitment holds.
            MedidError: The document has no canonical form.
            SignerError: The entropy source failed, or the key store refused or signs
                no lists of messages.
        """
        if not isinstance(signer, ListSigner):
            raise SignerError("this signer signs no lists of messages")
        hmac_key = labels.new_hmac_key(creation.entropy)
        stated = _state(covered, hmac_key, creation.mandatory_pointers)
        feature, signature, nym_entropy = operations.sign(
            signer, creation, header=stated.header, messages=stated.messages
        )
        base = Base(
            feature=feature,
            signature=signature,
            header=stated.header,
            public_key=signer.public_key.raw,
            hmac_key=hmac_key,
            pointers=creation.mandatory_pointers,
            signer_nym_entropy=nym_entropy,
        )
        return {"proofValue": write_base(base)}

    @staticmethod
    def check_created(covered: Covered, key: PublicKey) -> None:
        """Return if ``key`` made the base proof; otherwise raise.

        The signature over what a holder committed to can be checked with the holder's
        secrets only: see ``check_base``.

        Raises:
            MalformedProof: No base proof, not of its form, or not over this document.
            InvalidSignature: It is, and it is wrong.
            MedidError: The document has no canonical form.
        """
        base, stated = _opened(covered, key)
        if base.feature is Feature.BASELINE:
            with located(covered.proof.path):
                operations.check_signature(base, stated.messages, None)

    @staticmethod
    def check_base(
        covered: Covered, key: PublicKey, secrets: HolderSecrets | None
    ) -> None:
        """Return if ``key`` made the base proof, all of it; otherwise raise.

        Raises:
            MalformedProof: No base proof, not of its form, or not over this document.
            ProofGenerationError: The holder's secrets are needed, and missing.
            InvalidSignature: It is of its form, and wrong.
            MedidError: The document has no canonical form.
        """
        base, stated = _opened(covered, key)
        with located(covered.proof.path):
            operations.check_signature(base, stated.messages, secrets)

    @staticmethod
    def verify(covered: Covered, key: PublicKey) -> None:
        """Return if ``key`` made what a derived proof shows; otherwise raise.

        Raises:
            MalformedProof: A base proof, a value that is not of the suite's form, or
                one that does not fit the document.
            InvalidSignature: It does, and it is wrong.
            MedidError: The document has no canonical form.
        """
        path = covered.proof.path
        with located(path):
            derived = read_derived(covered.proof.options.get("proofValue"))
        lines = lines_of(covered, derived.shown().labels)
        with located(path):
            mandatory, rest = split(lines, derived.mandatory)
        header = proof_hash(covered) + statements_hash(mandatory)
        with located(path):
            operations.check_proof(
                derived,
                public=key.raw,
                header=header,
                messages=[line.encode() for line in rest],
                domain=covered.domain,
            )

    @staticmethod
    def derive(
        covered: Covered, disclosure: Disclosure, key: PublicKey | None
    ) -> JsonObject:
        """A part of the document with a derived proof, verified.

        Without ``key``, it is verified with the key that the base proof names.

        Raises:
            ProofGenerationError: A pointer leads to nothing that can be shown on its
                own, nothing would be shown, or the holder's secrets are missing.
            MalformedProof: No base proof, or not one over this document.
            MalformedValue: A pointer is no JSON pointer.
            InvalidSignature: The base proof is well formed and wrong.
            MedidError: The document has no canonical form.
        """
        base, stated = _opened(covered, key)
        shown = stated.statements.shown([*base.pointers, *disclosure.pointers])
        mandatory, rest = set(stated.mandatory), stated.rest
        chosen = set(shown.indexes)
        selective = tuple(n for n, index in enumerate(rest) if index in chosen)
        with located(covered.proof.path):
            proof, pseudonym = operations.prove(
                base, stated.messages, selective, disclosure
            )
        named = stated.statements.labels(shown)
        derived = Derived(
            feature=base.feature,
            proof=proof,
            labels=tuple(int(label.removeprefix("_:b")) for label in named),
            mandatory=tuple(
                n for n, index in enumerate(shown.indexes) if index in mandatory
            ),
            selective=selective,
            presentation_header=disclosure.presentation_header,
            nym_domain=disclosure.secrets.nym_domain if disclosure.secrets else None,
            pseudonym=pseudonym,
            length=len(rest),
        )
        value = write_derived(derived)
        document: JsonObject = {
            **shown.document,
            "proof": {**covered.proof.options, "proofValue": value},
        }
        part = Covered(
            document=document,
            proof=read_proofs(document)[0],
            previous=(),
            statements=Statements(covered.statements.contexts),
        )
        public = PublicKey(KeyKind.BLS12381_G2, base.public_key)
        Bbs2023.verify(part, public)
        return document

    @staticmethod
    def binding(proof: Proof) -> Binding:
        """What a derived proof is bound to.

        Raises:
            MalformedProof: The proof's value is not that of a derived proof.
        """
        with located(proof.path):
            derived = read_derived(proof.options.get("proofValue"))
        return Binding(
            presentation_header=derived.presentation_header,
            pseudonym=derived.pseudonym,
            domain=derived.nym_domain,
        )

    @staticmethod
    def is_base(proof: Proof) -> bool:
        """Whether the proof is one for the holder alone."""
        return is_base(proof.options.get("proofValue"))

    @staticmethod
    def shown(proof: Proof) -> Shown:
        """How a derived proof names what it shows.

        Raises:
            MalformedProof: The proof's value is not that of a derived proof.
        """
        with located(proof.path):
            return read_derived(proof.options.get("proofValue")).shown()


SUITE: Final = Bbs2023()


def _state(covered: Covered, hmac_key: bytes, pointers: Sequence[str]) -> _Stated:
    statements = statements_of(covered, labels.shuffled(hmac_key))
    mandatory = statements.group(pointers).indexes
    chosen = set(mandatory)
    lines = statements.lines
    always = [lines[index] for index in mandatory]
    return _Stated(
        statements=statements,
        mandatory=mandatory,
        rest=[index for index in range(len(lines)) if index not in chosen],
        header=proof_hash(covered) + statements_hash(always),
    )


def _opened(covered: Covered, key: PublicKey | None) -> tuple[Base, _Stated]:
    """The base proof of a document, and what it covers.

    Raises:
        MalformedProof: No base proof, another key's, or not over this document.
        MedidError: The document has no canonical form.
    """
    path = covered.proof.path
    with located(path):
        base = read_base(covered.proof.options.get("proofValue"))
    if key is not None and key.raw != base.public_key:
        raise MalformedProof("the base proof names another key", path=path)
    stated = _state(covered, base.hmac_key, base.pointers)
    if stated.header != base.header:
        message = "the base proof is about other mandatory statements, or options"
        raise MalformedProof(message, path=path)
    return base, stated
