"""The optional features of ``bbs-2023``, and what a holder gives and keeps for them.

A holder who commits to a secret before a credential is issued is the only one who can
derive proofs from it. A holder who commits to a secret of pseudonyms can be recognised,
in one domain, by one name, and is unlinkable between domains.

Spec: https://www.w3.org/TR/vc-di-bbs/#optional-features
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from medid.core.entropy import drawn, system_entropy
from medid.keys import bbs

if TYPE_CHECKING:
    from medid.core.entropy import Entropy

SECRET_SIZE: Final = 32  # bytes


class Feature(StrEnum):
    """Which feature a proof uses, in the specification's words."""

    BASELINE = "baseline"
    ANONYMOUS_HOLDER_BINDING = "anonymous_holder_binding"
    PSEUDONYM = "pseudonym"
    HOLDER_BINDING_PSEUDONYM = "holder_binding_pseudonym"

    @property
    def has_pseudonym(self) -> bool:
        """Whether derived proofs show a pseudonym."""
        return self in {Feature.PSEUDONYM, Feature.HOLDER_BINDING_PSEUDONYM}


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderCommitment:
    """What a holder sends to an issuer before a credential is issued.

    Attributes:
        feature: Any but ``BASELINE``.
        commitment_with_proof: What the holder committed to, and that it is known.
        signer_nym_entropy: Of a pseudonym, from the issuer: the same as before gives
            the same holder the same pseudonyms; ``None`` draws a new one.
    """

    feature: Feature
    commitment_with_proof: bytes
    signer_nym_entropy: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderSecrets:
    """What the holder keeps, and needs for every derived proof.

    Attributes:
        secret_prover_blind: From the commitment.
        holder_secret: What binds the credential to the holder.
        prover_nym: The holder's part of the secret of pseudonyms.
        nym_domain: Where the pseudonym is to be known, such as the verifier's name.
    """

    secret_prover_blind: bytes = field(repr=False)
    holder_secret: bytes | None = field(default=None, repr=False)
    prover_nym: bytes | None = field(default=None, repr=False)
    nym_domain: str | None = None

    @property
    def committed(self) -> list[bytes]:
        """The messages committed to beside the secret of pseudonyms."""
        return [] if self.holder_secret is None else [self.holder_secret]


def commit(
    feature: Feature, *, entropy: Entropy = system_entropy
) -> tuple[HolderCommitment, HolderSecrets]:
    """A holder's commitment to new secrets, and the secrets.

    Args:
        feature: Any but ``BASELINE``.
        entropy: Where the secrets come from.

    Raises:
        SignerError: The entropy source failed.
        MissingExtra: ``medid[bbs]`` is not installed.
    """
    secret = None if feature is Feature.PSEUDONYM else drawn(SECRET_SIZE, entropy)
    nym = bbs.pseudonym.new_nym(entropy) if feature.has_pseudonym else None
    messages = [] if secret is None else [secret]
    if nym is None:
        made = bbs.blind.commit(committed_messages=messages, entropy=entropy)
    else:
        made = bbs.pseudonym.commit(
            prover_nyms=[nym], committed_messages=messages, entropy=entropy
        )
    secrets = HolderSecrets(
        secret_prover_blind=made.secret_prover_blind,
        holder_secret=secret,
        prover_nym=nym,
    )
    return HolderCommitment(
        feature=feature, commitment_with_proof=made.commitment_with_proof
    ), secrets
