"""The ``eddsa-rdfc-2022`` cryptosuite: Ed25519 over canonical RDF.

Spec: https://www.w3.org/TR/vc-di-eddsa/#eddsa-rdfc-2022
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

NAME: Final = "eddsa-rdfc-2022"
KEY_KIND: Final = KeyKind.ED25519
CAN_SIGN: Final = True
CARRIES_CONTEXT: Final = False
