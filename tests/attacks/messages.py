"""COSE messages, made by hand on cbor2; the signers are as naive as the others."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

import cbor2

from tests.attacks.documents import BOARD, DOCTOR
from tests.attacks.tokens import compact
from tests.attacks.worlds import V2

if TYPE_CHECKING:
    from tests.attacks.case import Doc
    from tests.attacks.honest import Party

ALGORITHMS: Final = {"Ed25519": -8, "P-256": -7, "P-384": -35}


def labels(
    party: Party = BOARD, typ: str | None = "vc+cose", **more: Any
) -> dict[Any, Any]:
    """An ordinary protected header; ``l4=None`` removes the label 4."""
    header: dict[Any, Any] = {
        1: ALGORITHMS[party.kind],
        4: party.method.encode(),
        16: f"application/{typ}" if typ else None,
        **{int(name.removeprefix("l")): value for name, value in more.items()},
    }
    return {label: value for label, value in header.items() if value is not None}


def sign1(
    header: Any,
    payload: Any,
    party: Party = BOARD,
    *,
    unprotected: Any = None,
    signature: bytes | None = None,
) -> bytes:
    """A COSE_Sign1: whatever the header says, ``party`` signs in its own way."""
    covered = header if isinstance(header, bytes) else cbor2.dumps(header)
    body = payload if isinstance(payload, bytes) else compact(payload)
    signed = cbor2.dumps(["Signature1", covered, b"", body])
    made = party.sign(signed) if signature is None else signature
    parts = [covered, unprotected or {}, body, made]
    return cbor2.dumps(cbor2.CBORTag(18, parts))


def parts_of(message: bytes) -> list[Any]:
    """The four parts of an honest message."""
    parts: list[Any] = cbor2.loads(message).value
    return parts


def vc_cose(payload: Doc, party: Party = BOARD, **more: Any) -> bytes:
    """A credential as application/vc+cose."""
    return sign1(labels(party, **more), payload, party)


def vp_cose(payload: Doc, party: Party = DOCTOR, **more: Any) -> bytes:
    """A presentation as application/vp+cose."""
    return sign1(labels(party, "vp+cose", **more), payload, party)


def enveloped(message: bytes, typ: str = "vc+cose") -> Doc:
    """A message as a member of ``verifiableCredential``."""
    return {
        "@context": V2,
        "id": f"data:application/{typ};base64,{base64.b64encode(message).decode()}",
        "type": "EnvelopedVerifiableCredential",
    }
