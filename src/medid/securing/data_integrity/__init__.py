"""Data Integrity: proofs inside the document they secure, one file for each suite.

Spec: https://www.w3.org/TR/vc-data-integrity/
"""

from __future__ import annotations

from medid.securing.data_integrity.cryptosuite import Binding, Disclosure
from medid.securing.data_integrity.deriving import (
    binding,
    check_base,
    check_mandatory,
    derive,
    is_base,
    is_derived,
    mandatory_among,
)
from medid.securing.data_integrity.proof import MAX_PROOFS, Proof, read_proofs
from medid.securing.data_integrity.secure import (
    sign,
    signed_document,
    verify_proof,
)
from medid.securing.data_integrity.selective.features import (
    Feature,
    HolderCommitment,
    HolderSecrets,
    commit,
)

__all__ = [
    "MAX_PROOFS",
    "Binding",
    "Disclosure",
    "Feature",
    "HolderCommitment",
    "HolderSecrets",
    "Proof",
    "binding",
    "check_base",
    "check_mandatory",
    "commit",
    "derive",
    "is_base",
    "is_derived",
    "mandatory_among",
    "read_proofs",
    "sign",
    "signed_document",
    "verify_proof",
]
