"""The one kind of proof that did:webvh 1.0 allows, made by a controller or a witness.

The key names itself: the verification method is the did:key of the key that signs.

Spec: https://identity.foundation/didwebvh/v1.0/#authorized-keys
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.core.entropy import system_entropy
from medid.core.instant import Instant
from medid.errors import WeakCryptography
from medid.jsonld import ContextStore
from medid.securing.data_integrity import eddsa_jcs_2022
from medid.securing.data_integrity.cryptosuite import Creation
from medid.securing.data_integrity.proof import DATA_INTEGRITY_PROOF, read_proofs
from medid.securing.data_integrity.secure import covered_by

if TYPE_CHECKING:
    from medid.core.json import JsonObject
    from medid.keys import PublicKey, Signer

_SECOND: Final = 1_000_000_000  # nanoseconds


def proof(document: JsonObject, signer: Signer, *, at: Instant) -> JsonObject:
    """The proof of ``signer`` over ``document``, which has none.

    What a key store signs is verified before it is returned.

    Args:
        document: A log entry, or the ``versionId`` that a witness approves.
        signer: Holds an Ed25519 key.
        at: When the proof counts as made, in whole seconds.

    Raises:
        WeakCryptography: The key is of another kind.
        ProofGenerationError: The signature does not verify under the signer's own key.
        SignerError: The key store refused, or could not be reached.
    """
    key = signer.public_key
    check_kind(key)
    options: JsonObject = {
        "type": DATA_INTEGRITY_PROOF,
        "cryptosuite": eddsa_jcs_2022.NAME,
        "verificationMethod": verification_method(key),
        "created": str(whole(at)),
        "proofPurpose": "assertionMethod",
    }
    return _created(document, options, signer)


def check_kind(key: PublicKey) -> None:
    """Return if ``key`` may control or witness a did:webvh.

    Raises:
        WeakCryptography: It is no Ed25519 key.
    """
    if key.kind not in eddsa_jcs_2022.SUITE.kinds:
        message = "did:webvh 1.0 takes proofs of Ed25519 keys only"
        raise WeakCryptography(message, fix="generate a key of kind Ed25519")


def did_key(key: PublicKey) -> str:
    """The did:key by which a controller's or witness's proofs name ``key``."""
    return f"did:key:{key.to_multikey()}"


def verification_method(key: PublicKey) -> str:
    """The DID URL by which a proof names ``key``."""
    return f"{did_key(key)}#{key.to_multikey()}"


def whole(at: Instant) -> Instant:
    """``at`` without its fraction: implementations differ in how they read one."""
    return Instant(at.nanoseconds - at.nanoseconds % _SECOND)


def _created(document: JsonObject, options: JsonObject, signer: Signer) -> JsonObject:
    unsigned = {**document, "proof": options}
    (config,) = read_proofs(unsigned)
    covered = covered_by(unsigned, config, ContextStore.bundled())
    creation = Creation(entropy=system_entropy)
    return {**options, **eddsa_jcs_2022.SUITE.create(covered, signer, creation)}
