"""The keys of the seeds' own parties, which sign whatever a change made of a seed."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

from medid.errors import MedidError
from medid.health import contexts
from medid.keys import KeyKind, PrivateKey
from medid.securing import data_integrity
from tests.attacks.documents import BOARD, BOARD_256, BOARD_384, DOCTOR, PATIENT
from tests.attacks.honest import finish_proof

if TYPE_CHECKING:
    from tests.attacks.honest import Party

_PARTIES: Final = (BOARD, BOARD_256, BOARD_384, DOCTOR, PATIENT)
# How deep presentations are looked through for what is signed in them.
_DEPTH: Final = 3


@functools.cache
def _methods() -> dict[str, Party]:
    return {
        name: party
        for party in _PARTIES
        for name in (party.method, f"{party.did_jwk}#0")
    }


def party_of(method: object) -> Party:
    """Whose key ``method`` names; the board's where it is nobody's."""
    found = _methods().get(method) if isinstance(method, str) else None
    return found if found is not None else BOARD


def resigned(document: Any, depth: int = 0) -> Any:
    """``document`` with new signatures, on what is in it first."""
    if not isinstance(document, dict):
        return document
    inner = document.get("verifiableCredential")
    if depth < _DEPTH and isinstance(inner, list):
        content = [resigned(one, depth + 1) for one in inner]
        document = {**document, "verifiableCredential": content}
    proof = document.get("proof")
    if not isinstance(proof, dict):
        return document
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    try:
        return _signed(unsecured, options)
    except (MedidError, ValueError, TypeError, RecursionError):
        # What nobody can sign keeps the signature of another.
        return document


def _signed(unsecured: Any, options: Any) -> Any:
    party = party_of(options.get("verificationMethod"))
    if options.get("cryptosuite") == "eddsa-jcs-2022":
        options.pop("@context", None)
        return {**unsecured, "proof": finish_proof(unsecured, party, options)}
    for name in ("type", "cryptosuite"):
        options.pop(name, None)
    return data_integrity.sign(
        unsecured,
        PrivateKey(KeyKind.ED25519, party._secret[:32]),
        suite="eddsa-rdfc-2022",
        options=options,
        contexts=contexts(),
    )
