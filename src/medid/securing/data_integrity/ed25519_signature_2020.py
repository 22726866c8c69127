"""The ``Ed25519Signature2020`` suite, which ``eddsa-rdfc-2022`` replaced: verify only.

Spec: https://www.w3.org/TR/vc-di-eddsa/#ed25519signature2020
"""

from __future__ import annotations

from typing import Final

from medid.keys import KeyKind
from medid.securing.data_integrity.hash_and_sign import HashAndSign
from medid.securing.data_integrity.transformation import RDF

NAME: Final = "Ed25519Signature2020"
SUITE: Final = HashAndSign(
    name=NAME,
    kinds=frozenset({KeyKind.ED25519}),
    transformation=RDF,
    can_sign=False,
)
