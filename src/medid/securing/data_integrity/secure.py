"""Verify one proof of a document, and add one to a document.

Says nothing about who owns a key, when, or for which purpose: ``medid.verifying``
asks those questions, and whether every proof of a set was verified.

Spec: https://www.w3.org/TR/vc-data-integrity/#verify-proof-sets-and-chains
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.core.entropy import system_entropy
from medid.core.json import check, check_object, dumps
from medid.core.memory import Known
from medid.core.records import replace
from medid.errors import (
    InvalidSignature,
    MalformedProof,
    ProofGenerationError,
    WeakCryptography,
    located,
)
from medid.jsonld import Statements, check_context_form
from medid.securing import catalogue
from medid.securing.data_integrity.cryptosuite import Covered, Creation
from medid.securing.data_integrity.proof import (
    DATA_INTEGRITY_PROOF,
    Proof,
    read_proofs,
)
from medid.securing.sizes import check_size

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.core.entropy import Entropy
    from medid.core.json import JsonObject, JsonValue
    from medid.jsonld import ContextStore
    from medid.keys import PublicKey, Signer
    from medid.securing.data_integrity.cryptosuite import (
        Cryptosuite,
    )
    from medid.securing.data_integrity.selective.features import (
        HolderCommitment,
    )

# The member with the longest signature, of ML-DSA-65 or RSA, in base64 or base58.
_PROOF_VALUE: Final = 8_192  # bytes


def signed_document(document: Mapping[str, JsonValue], proof: Proof) -> JsonObject:
    """What ``proof`` covers of ``document``: its contexts, without ``proof``.

    Raises:
        MalformedProof: The suite is unknown, or the contexts do not fit.
    """
    with located(proof.path):
        found = suite_of(proof).signed_document(document, proof.options)
    return {name: value for name, value in found.items() if name != "proof"}


def verify_proof(  # noqa: PLR0913 - what a proof needs, each by name
    document: JsonObject,
    proof: Proof,
    key: PublicKey,
    *,
    contexts: ContextStore,
    statements: Statements | None = None,
    known: Known | None = None,
    domain: str | None = None,
) -> None:
    """Return if ``key`` made ``proof`` over ``document``; otherwise raise.

    Args:
        document: With its ``proof``, from which ``proof`` was read. Never modified.
        proof: One of ``read_proofs(document)``.
        key: The public key of the proof's verification method.
        contexts: The only JSON-LD contexts that may be used; none is fetched.
        statements: Shared by all that is verified together; None works alone.
        known: What follows from ``document``; None knows nothing yet.
        domain: Where a pseudonym has to hold, if its proof does not say.

    Raises:
        MalformedProof: An unknown suite, a ``proofValue`` that is not of its form, or
            contexts that do not fit the document's.
        WeakCryptography: The key is not of the suite's kind.
        ContextNotTrusted: A context is not in ``contexts``.
        DataLoss: A part of the document or proof would not be signed.
        NotCompact: A part of the document or proof has a plainer spelling.
        CanonicalizationError: The document has no canonical form.
        InvalidSignature: The bytes are well formed and the signature is wrong.
    """
    suite = suite_of(proof)
    check_kind(suite, proof, key)
    covered = covered_by(
        document, proof, contexts, statements, known=known, domain=domain
    )
    suite.verify(covered, key)


def check_kind(suite: Cryptosuite, proof: Proof, key: PublicKey) -> None:
    """Return if ``suite`` takes keys of this kind.

    Raises:
        WeakCryptography: It does not.
    """
    if key.kind not in suite.kinds:
        kinds = " or ".join(sorted(suite.kinds))
        message = f"{suite.name} needs a key of kind {kinds}"
        raise WeakCryptography(message, path=proof.path)


def covered_by(
    document: JsonObject,
    proof: Proof,
    contexts: ContextStore,
    statements: Statements | None = None,
    *,
    known: Known | None = None,
    domain: str | None = None,
) -> Covered:
    """What ``proof`` covers of ``document``, the proofs that it continues included."""
    previous: tuple[JsonObject, ...] = ()
    if proof.previous_proof:
        # The proofs that this one continues are part of what it signs, in the order in
        # which it names them (#verify-proof-sets-and-chains, step 4).
        by_id = {found.id: found.options for found in read_proofs(document)}
        previous = tuple(by_id[name] for name in proof.previous_proof)
    return Covered(
        document=document,
        proof=proof,
        previous=previous,
        statements=Statements(contexts) if statements is None else statements,
        known=Known() if known is None else known,
        domain=domain,
    )


def suite_of(proof: Proof) -> Cryptosuite:
    """The suite of ``proof``.

    Raises:
        MalformedProof: medid knows none of its name.
    """
    suite = catalogue.SUITES.get(proof.suite or "")
    if suite is None:
        raise MalformedProof("this kind of proof is not supported", path=proof.path)
    return suite


def sign(  # noqa: PLR0913 - what a proof needs, each by name
    document: Mapping[str, JsonValue],
    signer: Signer,
    *,
    suite: str,
    options: Mapping[str, JsonValue],
    contexts: ContextStore,
    chain: bool = False,
    mandatory_pointers: Sequence[str] = (),
    commitment: HolderCommitment | None = None,
    entropy: Entropy = system_entropy,
    checked: bool = False,
) -> JsonObject:
    """A copy of ``document`` with one more proof, verified before it is returned.

    Args:
        document: With or without ``proof``. Never modified.
        signer: Holds the private key, in memory or elsewhere.
        suite: A name in the catalogue.
        options: ``verificationMethod``, ``proofPurpose``, ``created`` and the like.
        contexts: The only JSON-LD contexts that may be used; none is fetched.
        chain: Whether the new proof covers the last one (chain) or stands beside it
            (set). ``previousProof`` in ``options`` says which proofs instead.
        mandatory_pointers: Of a selective suite: what every derived proof discloses,
            exactly; ``medid.issue`` adds to it what verifiers decide by.
        commitment: Of ``bbs-2023``: from a holder who binds the credential to secrets.
        entropy: Of a selective suite: where its own keys come from.
        checked: Whether the document is what ``strict_json.check`` gave. What is
            returned then shares its parts.

    Raises:
        ProofGenerationError: medid would refuse the proof, or cannot sign so.
        MalformedProof: The document's present proofs are not of the required form.
        TooLarge: medid would refuse a document of this size.
        MedidError: The document is one that ``verify_proof`` would refuse.
        SignerError: The key store refused, or could not be reached.
    """
    copied = dict(document) if checked else check_object(document)
    check_context_form(copied, contexts)
    earlier = read_proofs(copied) if "proof" in copied else ()
    chosen = _signing_suite(suite, selective=bool(mandatory_pointers or commitment))
    config = _configure(copied, chosen, options, earlier if chain else ())
    items = [proof.options for proof in earlier]
    unsigned = _with_proofs(copied, [*items, config])
    proof = read_proofs(unsigned)[-1]
    _check_written(unsigned, room=_PROOF_VALUE)
    creation = Creation(
        entropy=entropy,
        mandatory_pointers=tuple(mandatory_pointers),
        commitment=commitment,
    )
    # What is signed does not depend on the value that the signature gives the proof.
    signed = Known()
    covered = replace(covered_by(unsigned, proof, contexts), signed=signed)
    made = chosen.create(covered, signer, creation)
    secured = _with_proofs(copied, [*items, {**config, **made}])
    if chosen.is_selective:  # whose proof values are of any length
        _check_written(secured)
    proof = read_proofs(secured)[-1]
    try:
        covered = replace(covered_by(secured, proof, contexts), signed=signed)
        chosen.check_created(covered, signer.public_key)
    except InvalidSignature:
        message = "the signer's signature does not verify under its own public key"
        raise ProofGenerationError(message) from None
    return secured


def _check_written(document: JsonObject, *, room: int = 0) -> None:
    check_size(len(dumps(document).encode()) + room)


def _signing_suite(name: str, *, selective: bool) -> Cryptosuite:
    suite = catalogue.SUITES.get(name)
    if suite is None or not suite.can_sign:
        raise ProofGenerationError("medid does not sign with this cryptosuite")
    if selective and not suite.is_selective:
        message = "only a suite of selective disclosure can do what is asked"
        raise ProofGenerationError(message)
    return suite


def _configure(
    document: JsonObject,
    suite: Cryptosuite,
    options: Mapping[str, JsonValue],
    previous: tuple[Proof, ...],
) -> JsonObject:
    if not options.keys().isdisjoint({"type", "cryptosuite", "proofValue", "@context"}):
        raise ProofGenerationError("the options hold a member that the suite sets")
    copied = check_object(options)
    config: JsonObject = {
        "type": DATA_INTEGRITY_PROOF,
        "cryptosuite": suite.name,
        **copied,
    }
    if previous and "previousProof" not in config:
        if previous[-1].id is None:
            raise ProofGenerationError("a proof without an id cannot be continued")
        config["previousProof"] = previous[-1].id
    if suite.carries_context and "@context" in document:
        config["@context"] = check(document["@context"])
    return config


def _with_proofs(document: JsonObject, proofs: list[JsonObject]) -> JsonObject:
    value: JsonValue = proofs[0] if len(proofs) == 1 else [*proofs]
    return {**document, "proof": value}
