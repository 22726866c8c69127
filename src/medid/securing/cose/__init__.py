"""COSE: COSE_Sign1, and the W3C credentials and presentations that travel in it.

As in JOSE the header is the attacker's and the key decides. Only what the signature
covers counts, and the algorithm has to fit the kind of the key that was resolved.
"""

from medid.securing.cose.sign1 import Sign1, parse, sign, verify

__all__ = ["Sign1", "parse", "sign", "verify"]
