"""The ``eddsa-jcs-2022`` cryptosuite: Ed25519 over canonical JSON.

Spec: https://www.w3.org/TR/vc-di-eddsa/#eddsa-jcs-2022
"""

from __future__ import annotations

from typing import Final

from medid.keys import KeyKind
from medid.securing.data_integrity.hash_and_sign import HashAndSign
from medid.securing.data_integrity.transformation import JCS

NAME: Final = "eddsa-jcs-2022"
SUITE: Final = HashAndSign(
    name=NAME,
    kinds=frozenset({KeyKind.ED25519}),
    transformation=JCS,
)
