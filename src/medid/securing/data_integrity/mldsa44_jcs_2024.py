"""The ``mldsa44-jcs-2024`` cryptosuite: ML-DSA-44 over canonical JSON.

Its specification is a working draft.

Spec: https://www.w3.org/TR/vc-di-quantum-resistant-1.0/#MLDSA_Cryptosuites
"""

from __future__ import annotations

from typing import Final

from medid.keys import KeyKind
from medid.securing.data_integrity.hash_and_sign import HashAndSign
from medid.securing.data_integrity.transformation import JCS_IN_CONTEXT

NAME: Final = "mldsa44-jcs-2024"
SUITE: Final = HashAndSign(
    name=NAME,
    kinds=frozenset({KeyKind.ML_DSA_44}),
    transformation=JCS_IN_CONTEXT,
    multibase="u",
)
