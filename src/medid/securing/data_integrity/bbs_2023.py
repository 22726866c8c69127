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
from typing import TYPE_CHECKING, Any, Final

from medid.errors import MalformedProof, ProofGenerationError, SignerError, located
from medid.jsonld import Statements
from medid.keys import KeyKind, ListSigner, PublicKey, bbs
from medid.securing.data_integrity.cryptosuite import Binding, Covered
from medid.securing.data_integrity.proof import read_proofs
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
        signed: dict[str, Any] = {"header": stated.header, "messages": stated.messages}
        feature, nym_entropy = Feature.BASELINE, None
        commitment = creation.commitment
        if commitment is None:
            signature = signer.sign_messages(**signed)
        else:
            feature = commitment.feature
            if feature.has_pseudonym:
                nym_entropy = commitment.signer_nym_entropy
                nym_entropy = nym_entropy or bbs.pseudonym.new_nym(creation.entropy)
            signature = signer.sign_committed(
                **signed,
                commitment_with_proof=commitment.commitment_with_proof,
                signer_nym_entropy=nym_entropy,
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
                _check_signature(base, stated, None)

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
            _check_signature(base, stated, secrets)

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
        lines = lines_of(covered, [f"_:b{number}" for number in derived.labels])
        with located(path):
            mandatory, rest = split(lines, derived.mandatory)
        header = proof_hash(covered) + statements_hash(mandatory)
        with located(path):
            _check_proof(
                derived,
                domain=derived.nym_domain or covered.domain,
                public=key.raw,
                header=header,
                presentation_header=derived.presentation_header,
                disclosed_messages=[line.encode() for line in rest],
                disclosed_indexes=derived.selective,
            )

    @staticmethod
    def derive(
        covered: Covered, disclosure: Disclosure, key: PublicKey | None
    ) -> JsonObject:
        """A part of the document with a derived proof, verified.

        Without ``key``, it is verified with the key that the base proof names.

        Raises:
            ProofGenerationError: A pointer leads to nothing that can be shown on its
                own, or the holder's secrets are needed, and missing.
            MalformedProof: No base proof, or not one over this document.
            MalformedValue: A pointer is no JSON pointer.
            InvalidSignature: The base proof is well formed and wrong.
            MedidError: The document has no canonical form.
        """
        base, stated = _opened(covered, key)
        shown = stated.statements.group([*base.pointers, *disclosure.pointers])
        mandatory, rest = set(stated.mandatory), stated.rest
        chosen = set(shown.indexes)
        selective = tuple(n for n, index in enumerate(rest) if index in chosen)
        with located(covered.proof.path):
            proof, pseudonym = _prove(base, stated, selective, disclosure)
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


def _signed(base: Base, stated: _Stated) -> dict[str, Any]:
    return {
        "public": base.public_key,
        "signature": base.signature,
        "header": base.header,
        "messages": stated.messages,
    }


def _held(secrets: HolderSecrets | None) -> HolderSecrets:
    if secrets is None:
        message = "the credential is bound to secrets that its holder keeps"
        raise ProofGenerationError(message, fix="hand in the holder's secrets")
    return secrets


def _check_signature(
    base: Base, stated: _Stated, secrets: HolderSecrets | None
) -> None:
    signed = _signed(base, stated)
    if base.feature is Feature.BASELINE:
        bbs.verify(**signed)
    elif base.feature.has_pseudonym:
        _nym_secrets(base, signed, _held(secrets))
    else:
        held = _held(secrets)
        bbs.blind.verify(
            **signed,
            committed_messages=held.committed,
            secret_prover_blind=held.secret_prover_blind,
        )


def _nym_secrets(
    base: Base, signed: Mapping[str, Any], held: HolderSecrets
) -> list[bytes]:
    if held.prover_nym is None or base.signer_nym_entropy is None:
        message = "a credential with pseudonyms needs its holder's secret of them"
        raise ProofGenerationError(message, fix="hand in the holder's secrets")
    return bbs.pseudonym.finalize(
        **signed,
        committed_messages=held.committed,
        prover_nyms=[held.prover_nym],
        signer_nym_entropy=base.signer_nym_entropy,
        secret_prover_blind=held.secret_prover_blind,
    )


def _prove(
    base: Base, stated: _Stated, selective: Sequence[int], disclosure: Disclosure
) -> tuple[bytes, bytes | None]:
    """The proof of a derived proof, and the pseudonym that it proves."""
    signed = _signed(base, stated)
    shown: dict[str, Any] = {
        "disclosed_indexes": selective,
        "presentation_header": disclosure.presentation_header,
        "entropy": disclosure.entropy,
    }
    if base.feature is Feature.BASELINE:
        return bbs.proof_gen(**signed, **shown), None
    held = _held(disclosure.secrets)
    shown["committed_messages"] = held.committed
    shown["secret_prover_blind"] = held.secret_prover_blind
    if not base.feature.has_pseudonym:
        return bbs.blind.proof_gen(**signed, **shown), None
    if not held.nym_domain:
        message = "a pseudonym is one in some domain, and none was named"
        raise ProofGenerationError(message, fix="name the verifier's domain")
    return bbs.pseudonym.proof_gen(
        **signed,
        **shown,
        nym_secrets=_nym_secrets(base, signed, held),
        context_id=held.nym_domain.encode(),
    )


def _check_proof(derived: Derived, *, domain: str | None, **shown: Any) -> None:
    if derived.feature is Feature.BASELINE:
        bbs.proof_verify(proof=derived.proof, **shown)
        return
    shown["signer_messages"] = derived.length
    if derived.pseudonym is None:
        bbs.blind.proof_verify(proof=derived.proof, **shown)
        return
    if not domain:
        message = "the proof does not name the domain of its pseudonym"
        raise MalformedProof(message, fix="say which domain was asked for")
    bbs.pseudonym.proof_verify(
        proof=derived.proof,
        **shown,
        pseudonym=derived.pseudonym,
        context_id=domain.encode("utf-8", "surrogatepass"),
    )
