"""Which proofs medid knows: a read-only table from a proof's name to its suite.

The name is the ``cryptosuite`` of a ``DataIntegrityProof``, or the type of an older
proof. What is not listed here is not supported, and never guessed.

Spec: https://www.w3.org/TR/vc-data-integrity/#cryptographic-suites
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.securing.data_integrity import (
    ed25519_signature_2020,
    eddsa_jcs_2022,
    eddsa_rdfc_2022,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.securing.data_integrity.cryptosuite import Cryptosuite

SUITES: Final[Mapping[str, Cryptosuite]] = MappingProxyType(
    {
        eddsa_rdfc_2022.NAME: eddsa_rdfc_2022,
        eddsa_jcs_2022.NAME: eddsa_jcs_2022,
        ed25519_signature_2020.NAME: ed25519_signature_2020,
    }
)
