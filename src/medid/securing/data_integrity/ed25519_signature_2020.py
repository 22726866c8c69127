"""The ``Ed25519Signature2020`` suite, which ``eddsa-rdfc-2022`` replaced: verify only.

Spec: https://www.w3.org/TR/vc-di-eddsa/#ed25519signature2020
"""

from __future__ import annotations

from typing import Final

from medid.keys import KeyKind
from medid.securing.data_integrity.rdf import covered, document_hash, options_hash

__all__ = [
    "CAN_SIGN",
    "CARRIES_CONTEXT",
    "KEY_KIND",
    "NAME",
    "covered",
    "document_hash",
    "options_hash",
]

NAME: Final = "Ed25519Signature2020"
KEY_KIND: Final = KeyKind.ED25519
CAN_SIGN: Final = False
CARRIES_CONTEXT: Final = False
