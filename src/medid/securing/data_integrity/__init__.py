"""Data Integrity: proofs inside the document they secure, one file for each suite.

Spec: https://www.w3.org/TR/vc-data-integrity/
"""

from __future__ import annotations

from medid.securing.data_integrity.cryptosuite import Disclosure
from medid.securing.data_integrity.proof import MAX_PROOFS, Proof, read_proofs
from medid.securing.data_integrity.secure import (
    check_base,
    derive,
    is_selective,
    presentation_header,
    sign,
    signed_document,
    verify_proof,
)

__all__ = [
    "MAX_PROOFS",
    "Disclosure",
    "Proof",
    "check_base",
    "derive",
    "is_selective",
    "presentation_header",
    "read_proofs",
    "sign",
    "signed_document",
    "verify_proof",
]
