"""JOSE: compact JWS, and the W3C credentials and presentations that travel in it.

The header is the attacker's; the key decides. An algorithm counts only where it is on
the short list *and* fits the kind of the key that was resolved.
"""

from medid.securing.jose.jws import (
    ML_DSA,
    Jws,
    can_sign,
    parse_compact,
    sign_compact,
    verify,
)
from medid.securing.jose.reading import read_document

__all__ = [
    "ML_DSA",
    "Jws",
    "can_sign",
    "parse_compact",
    "read_document",
    "sign_compact",
    "verify",
]
