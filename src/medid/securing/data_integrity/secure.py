"""Verify one proof of a document, and add one to a document.

Says nothing about who owns a key, when, or for which purpose: ``medid.verifying``
asks those questions, and whether every proof of a set was verified.

Spec: https://www.w3.org/TR/vc-data-integrity/#verify-proof-sets-and-chains
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from medid.core.json import check
from medid.core.multibase import to_base58btc
from medid.errors import (
    ConfigurationError,
    InvalidSignature,
    MalformedProof,
    ProofGenerationError,
    WeakCryptography,
    located,
)
from medid.jsonld import check_context_form
from medid.securing import catalogue
from medid.securing.data_integrity.cryptosuite import read_signature
from medid.securing.data_integrity.proof import (
    DATA_INTEGRITY_PROOF,
    Proof,
    read_proofs,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject, JsonValue
    from medid.jsonld import ContextStore
    from medid.keys import PublicKey, Signer
    from medid.securing.data_integrity.cryptosuite import Cryptosuite


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentHashes:
    """The hashes of one document, so that the proofs of a set share the work.

    Make one for each document and verification, and never keep it.
    """

    document: Mapping[str, JsonValue]
    found: dict[tuple[object, ...], bytes] = field(default_factory=dict)


def signed_document(document: Mapping[str, JsonValue], proof: Proof) -> JsonObject:
    """What ``proof`` covers of ``document``: its contexts and chain, without ``proof``.

    Raises:
        MalformedProof: The suite is unknown, or the contexts do not fit.
    """
    covered = _covered(document, proof, _suite(proof))
    return {name: value for name, value in covered.items() if name != "proof"}


def verify_proof(
    document: Mapping[str, JsonValue],
    proof: Proof,
    key: PublicKey,
    *,
    contexts: ContextStore,
    hashes: DocumentHashes | None = None,
) -> None:
    """Return if ``key`` made ``proof`` over ``document``; otherwise raise.

    Args:
        document: With its ``proof``, from which ``proof`` was read. Never modified.
        proof: One of ``read_proofs(document)``.
        key: The public key of the proof's verification method.
        contexts: The only JSON-LD contexts that may be used; none is fetched.
        hashes: Shared between the proofs of this very document; None hashes anew.

    Raises:
        MalformedProof: An unknown suite, a ``proofValue`` that is not a signature, or
            contexts that do not fit the document's.
        WeakCryptography: The key is not of the suite's kind.
        ContextNotTrusted: A context is not in ``contexts``.
        DataLoss: A part of the document or proof would not be signed.
        NotCompact: A part of the document or proof has a plainer spelling.
        CanonicalizationError: The document has no canonical form.
        InvalidSignature: The bytes are well formed and the signature is wrong.
    """
    if hashes is not None and hashes.document is not document:
        raise ConfigurationError("these hashes belong to another document")
    suite = _suite(proof)
    if key.kind is not suite.KEY_KIND:
        message = f"{suite.NAME} needs a key of kind {suite.KEY_KIND}"
        raise WeakCryptography(message, path=proof.path)
    with located(proof.path):
        signature = read_signature(proof.options)
    signed = _message(document, proof, contexts, hashes)
    with located(proof.path):
        key.verify(signature, signed)


def sign(
    document: Mapping[str, JsonValue],
    signer: Signer,
    *,
    suite: str,
    options: Mapping[str, JsonValue],
    contexts: ContextStore,
    chain: bool = False,
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

    Raises:
        ProofGenerationError: medid would refuse the proof, or cannot sign so.
        MalformedProof: The document's present proofs are not of the required form.
        MedidError: The document is one that ``verify_proof`` would refuse.
        SignerError: The key store refused, or could not be reached.
    """
    copied = cast("JsonObject", check(dict(document)))
    check_context_form(copied, contexts)
    earlier = read_proofs(copied) if "proof" in copied else ()
    config = _configure(copied, suite, options, earlier if chain else ())
    items = [proof.options for proof in earlier]
    unsigned = _with_proofs(copied, [*items, config])
    proof = read_proofs(unsigned)[-1]
    signature = signer.sign(_message(unsigned, proof, contexts, None))
    config = {**config, "proofValue": to_base58btc(signature)}
    secured = _with_proofs(copied, [*items, config])
    proof = read_proofs(secured)[-1]
    try:
        verify_proof(secured, proof, signer.public_key, contexts=contexts)
    except InvalidSignature:
        message = "the signer's signature does not verify under its own public key"
        raise ProofGenerationError(message) from None
    return secured


def _configure(
    document: JsonObject,
    name: str,
    options: Mapping[str, JsonValue],
    previous: tuple[Proof, ...],
) -> JsonObject:
    suite = catalogue.SUITES.get(name)
    if suite is None or not suite.CAN_SIGN:
        raise ProofGenerationError("medid does not sign with this cryptosuite")
    if not options.keys().isdisjoint({"type", "cryptosuite", "proofValue", "@context"}):
        raise ProofGenerationError("the options hold a member that the suite sets")
    copied = cast("JsonObject", check(dict(options)))
    config: JsonObject = {
        "type": DATA_INTEGRITY_PROOF,
        "cryptosuite": name,
        **copied,
    }
    if previous and "previousProof" not in config:
        if previous[-1].id is None:
            raise ProofGenerationError("a proof without an id cannot be continued")
        config["previousProof"] = previous[-1].id
    if suite.CARRIES_CONTEXT and "@context" in document:
        config["@context"] = check(document["@context"])
    return config


def _with_proofs(document: JsonObject, proofs: list[JsonObject]) -> JsonObject:
    value: JsonValue = proofs[0] if len(proofs) == 1 else [*proofs]
    return {**document, "proof": value}


def _suite(proof: Proof) -> Cryptosuite:
    suite = catalogue.SUITES.get(proof.suite or "")
    if suite is None:
        raise MalformedProof("this kind of proof is not supported", path=proof.path)
    return suite


def _covered(
    document: Mapping[str, JsonValue], proof: Proof, suite: Cryptosuite
) -> JsonObject:
    with located(proof.path):
        covered = suite.covered(document, proof.options)
    del covered["proof"]
    if proof.previous_proof:
        # The proofs that this one continues are part of what it signs, in the order in
        # which it names them (#verify-proof-sets-and-chains, step 4).
        by_id = {found.id: found.options for found in read_proofs(document)}
        covered["proof"] = [by_id[name] for name in proof.previous_proof]
    return covered


def _message(
    document: Mapping[str, JsonValue],
    proof: Proof,
    contexts: ContextStore,
    hashes: DocumentHashes | None,
) -> bytes:
    suite = _suite(proof)
    covered = _covered(document, proof, suite)
    options = {k: v for k, v in proof.options.items() if k != "proofValue"}
    with located(proof.path):
        options_hash = suite.options_hash(options, covered, contexts=contexts)
    # The key is what `covered` depends on, beside the document itself.
    key = (suite.document_hash, proof.previous_proof, repr(options.get("@context")))
    found = {} if hashes is None else hashes.found
    if key not in found:
        found[key] = suite.document_hash(covered, contexts=contexts)
    # Options first, document second: the order is normative (#hashing-eddsa-rdfc-2022).
    return options_hash + found[key]
