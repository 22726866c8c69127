"""The ``JsonWebSignature2020`` suite: any JWS algorithm over RDF, verify only.

Spec: https://www.w3.org/community/reports/credentials/CG-FINAL-lds-jws2020-20220721/#suite-registrations
"""

from __future__ import annotations

from typing import Final

from medid.keys import KeyKind
from medid.securing.data_integrity.detached_jws import DetachedJws

NAME: Final = "JsonWebSignature2020"
SUITE: Final = DetachedJws(
    name=NAME,
    kinds=frozenset(
        {
            KeyKind.ED25519,
            KeyKind.P256,
            KeyKind.P384,
            KeyKind.SECP256K1,
            KeyKind.RSA,
        }
    ),
)
