"""A second writer of COSE_Sign1, on cbor2, that signs whatever it is given."""

from __future__ import annotations

from typing import Any, Final

import cbor2

from medid.keys import KeyKind, PrivateKey
from tests.keys.strategies import key

BOARD: Final = key(KeyKind.ED25519)
KID: Final = b"did:example:board#1"
HEADER: Final[dict[Any, Any]] = {1: -8, 4: KID}


def message(
    protected: Any = HEADER,
    payload: Any = b"{}",
    *,
    by: PrivateKey = BOARD,
    unprotected: Any = None,
    tag: int | None = 18,
    **changes: Any,
) -> bytes:
    """A message; ``protected`` may be bytes, ``changes`` replace its last parts.

    ``covered`` is what the signature covers instead of the protected header,
    ``signature`` stands in place of the honest one, ``parts`` of all four.
    """
    header = protected if isinstance(protected, bytes) else cbor2.dumps(protected)
    covered = changes.get("covered", header)
    signed = cbor2.dumps(["Signature1", covered, b"", payload or b""])
    signature = changes.get("signature", by.sign(signed))
    parts = changes.get("parts", [header, unprotected or {}, payload, signature])
    return cbor2.dumps(parts if tag is None else cbor2.CBORTag(tag, parts))
