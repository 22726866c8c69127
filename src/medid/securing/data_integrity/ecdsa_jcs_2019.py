"""The ``ecdsa-jcs-2019`` cryptosuite: ECDSA over canonical JSON.

Spec: https://www.w3.org/TR/vc-di-ecdsa/#ecdsa-jcs-2019
"""

from __future__ import annotations

from typing import Final

from medid.keys import KeyKind
from medid.securing.data_integrity.hash_and_sign import HashAndSign
from medid.securing.data_integrity.transformation import JCS

NAME: Final = "ecdsa-jcs-2019"
SUITE: Final = HashAndSign(
    name=NAME,
    kinds=frozenset({KeyKind.P256, KeyKind.P384}),
    transformation=JCS,
)
