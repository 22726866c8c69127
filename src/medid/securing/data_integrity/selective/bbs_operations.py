"""Which operations of BBS each feature of ``bbs-2023`` uses.

Spec: https://www.w3.org/TR/vc-di-bbs/#optional-features,
https://www.w3.org/TR/vc-di-bbs/#createdisclosuredata
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from medid.errors import MalformedProof, ProofGenerationError
from medid.keys import bbs
from medid.keys.bbs import octets
from medid.keys.bbs.curve import SCALAR_SIZE
from medid.securing.data_integrity.selective.features import Feature

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.keys import ListSigner
    from medid.securing.data_integrity.cryptosuite import Creation, Disclosure
    from medid.securing.data_integrity.selective.bbs_values import Base, Derived
    from medid.securing.data_integrity.selective.features import HolderSecrets


def sign(
    signer: ListSigner, creation: Creation, *, header: bytes, messages: Sequence[bytes]
) -> tuple[Feature, bytes, bytes | None]:
    """The feature asked for, the signature, and what was added to a pseudonym.

    Raises:
        MedidError: As the signer does.
    """
    commitment = creation.commitment
    if commitment is None:
        signature = signer.sign_messages(header=header, messages=messages)
        return Feature.BASELINE, signature, None
    added = None
    if commitment.feature.has_pseudonym:
        added = commitment.signer_nym_entropy
        if added is None:
            added = bbs.pseudonym.new_nym(creation.entropy)
    signature = signer.sign_committed(
        header=header,
        messages=messages,
        commitment_with_proof=commitment.commitment_with_proof,
        signer_nym_entropy=added,
    )
    return commitment.feature, signature, added


def check_signature(
    base: Base, messages: Sequence[bytes], secrets: HolderSecrets | None
) -> None:
    """Return if the signature of a base proof is over ``messages`` and ``secrets``.

    Raises:
        ProofGenerationError: The secrets are needed, and missing.
        InvalidSignature: It is not.
        MedidError: As the operation does.
    """
    signed = _signed(base, messages)
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


def prove(
    base: Base,
    messages: Sequence[bytes],
    indexes: Sequence[int],
    disclosure: Disclosure,
) -> tuple[bytes, bytes | None]:
    """The proof that shows the messages at ``indexes``, and the pseudonym with it.

    Raises:
        ProofGenerationError: Secrets or a domain are needed, and missing, or are there
            and bind nothing.
        InvalidSignature: The base proof's signature is not over ``messages``.
        MedidError: As the operation does.
    """
    _check_of_use(base.feature, disclosure.secrets)
    signed = _signed(base, messages)
    shown: dict[str, Any] = {
        "disclosed_indexes": indexes,
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
        context_id=held.nym_domain.encode("utf-8", "surrogatepass"),
    )


def _check_of_use(feature: Feature, secrets: HolderSecrets | None) -> None:
    """Return if ``secrets`` bind what is derived from a proof with ``feature``.

    A holder who hands them in would think so, or wait for a pseudonym.
    """
    if secrets is None:
        return
    if feature is Feature.BASELINE:
        message = "the credential is bound to no secrets of its holder"
        raise ProofGenerationError(message, fix="derive from it without secrets")
    if secrets.nym_domain is not None and not feature.has_pseudonym:
        message = "the credential has no pseudonyms"
        raise ProofGenerationError(message, fix="name no domain of a pseudonym")


def check_proof(
    derived: Derived,
    *,
    public: bytes,
    header: bytes,
    messages: Sequence[bytes],
    domain: str | None,
) -> None:
    """Return if a derived proof shows ``messages`` of a signature by ``public``.

    Args:
        derived: The proof.
        public: The signer's public key.
        header: As signed.
        messages: What is shown, in the order of the signed messages.
        domain: Of the pseudonym, where the proof does not name it.

    Raises:
        MalformedProof: Nobody says which domain the pseudonym is of, or the proof is
            not of its form.
        InvalidSignature: It is, and it is wrong.
    """
    shown: dict[str, Any] = {
        "public": public,
        "proof": derived.proof,
        "header": header,
        "presentation_header": derived.presentation_header,
        "disclosed_messages": messages,
        "disclosed_indexes": derived.selective,
    }
    if derived.feature is Feature.BASELINE:
        bbs.proof_verify(**shown)
        return
    _check_committed(derived)
    shown["signer_messages"] = derived.length
    if derived.pseudonym is None:
        bbs.blind.proof_verify(**shown)
        return
    named = derived.nym_domain or domain
    if not named:
        message = "the proof does not name the domain of its pseudonym"
        raise MalformedProof(message, fix="say which domain was asked for")
    bbs.pseudonym.proof_verify(
        **shown,
        pseudonym=derived.pseudonym,
        context_id=named.encode("utf-8", "surrogatepass"),
    )


def _check_committed(derived: Derived) -> None:
    """Return if the holder committed to what the feature of the proof says."""
    named = derived.feature.has_pseudonym
    hidden = (len(derived.proof) - octets.PROOF_FLOOR) // SCALAR_SIZE
    # Hidden are messages of the signer, the blind, and a secret of pseudonyms, first.
    committed = hidden - (derived.length - len(derived.selective)) - 1 - named
    expected = 0 if derived.feature is Feature.PSEUDONYM else 1
    # Published proofs without a domain are all said to be of the last feature.
    if committed != expected and not (named and derived.nym_domain is None):
        message = "the proof is bound to other secrets than its feature says"
        raise MalformedProof(message)


def _signed(base: Base, messages: Sequence[bytes]) -> dict[str, Any]:
    return {
        "public": base.public_key,
        "signature": base.signature,
        "header": base.header,
        "messages": messages,
    }


def _held(secrets: HolderSecrets | None) -> HolderSecrets:
    if secrets is None:
        message = "the credential is bound to secrets that its holder keeps"
        raise ProofGenerationError(message, fix="hand in the holder's secrets")
    return secrets


def _nym_secrets(
    base: Base, signed: dict[str, Any], held: HolderSecrets
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
