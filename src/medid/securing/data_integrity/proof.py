"""What a Data Integrity proof says: read strictly, before any of it is used.

Knows JSON only: no keys, no contexts, no clock. Members it does not know stay in
``options``, because they are signed too.

Spec: https://www.w3.org/TR/vc-data-integrity/#proofs
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from medid.core import fields
from medid.core.instant import Instant
from medid.errors import MalformedProof, MalformedValue, TooLarge, child
from medid.jsonld.terms import ABSOLUTE_IRI

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject, JsonValue

MAX_PROOFS: Final = 16  # proofs in one document; each costs a signature check
DATA_INTEGRITY_PROOF: Final = "DataIntegrityProof"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One proof of a document.

    Attributes:
        type: ``DataIntegrityProof``, or the type of a suite older than that.
        cryptosuite: The suite's name; None for an older type.
        options: The whole proof as it stands, ``proofValue`` included.
        path: Where it stands in its document.
    """

    type: str
    cryptosuite: str | None
    verification_method: str
    proof_purpose: str
    created: Instant | None
    expires: Instant | None
    challenge: str | None
    domain: tuple[str, ...]
    nonce: str | None
    id: str | None
    previous_proof: tuple[str, ...]
    options: JsonObject
    path: str

    @property
    def suite(self) -> str | None:
        """The name under which the catalogue lists this proof's suite."""
        return self.cryptosuite if self.type == DATA_INTEGRITY_PROOF else self.type


def read_proofs(document: Mapping[str, JsonValue]) -> tuple[Proof, ...]:
    """The proofs of ``document``, at least one, in their order.

    Raises:
        MalformedProof: There is none, one is not of the required form, two share an
            ``id``, or a ``previousProof`` names none of them or leads in a circle.
        TooLarge: More than ``MAX_PROOFS``.
    """
    if "proof" not in document:
        raise MalformedProof("the document has no proof")
    value = document["proof"]
    listed = type(value) is list
    items = value if type(value) is list else [value]
    if not items:
        # Of an empty list every proof verifies, and nothing is proven.
        raise MalformedProof("the document has an empty list of proofs", path="$.proof")
    if len(items) > MAX_PROOFS:
        raise TooLarge(f"more than {MAX_PROOFS} proofs", path="$.proof")
    proofs = tuple(
        _read(item, child("$.proof", index) if listed else "$.proof")
        for index, item in enumerate(items)
    )
    _check_chain(proofs)
    return proofs


def _read(value: JsonValue, path: str) -> Proof:
    if type(value) is not dict:
        raise MalformedProof("a proof is an object", path=path)
    try:
        return _fields(value, path)
    except MalformedValue as error:
        raise MalformedProof(error.message, path=error.path) from None


def _fields(value: JsonObject, path: str) -> Proof:
    kind = fields.required_str(value, "type", path)
    modern = kind == DATA_INTEGRITY_PROOF
    return Proof(
        type=kind,
        cryptosuite=fields.required_str(value, "cryptosuite", path) if modern else None,
        verification_method=fields.required_str(value, "verificationMethod", path),
        proof_purpose=fields.required_str(value, "proofPurpose", path),
        created=_instant(value, "created", path),
        expires=_instant(value, "expires", path),
        challenge=fields.optional_str(value, "challenge", path),
        domain=_texts(value, "domain", path),
        nonce=fields.optional_str(value, "nonce", path),
        id=_url(value, "id", path),
        previous_proof=_texts(value, "previousProof", path),
        options=value,
        path=path,
    )


def _instant(value: JsonObject, name: str, path: str) -> Instant | None:
    text = fields.optional_str(value, name, path)
    return None if text is None else Instant.parse(text, path=child(path, name))


def _url(value: JsonObject, name: str, path: str) -> str | None:
    text = fields.optional_str(value, name, path)
    # Suites over RDF lose what is relative; to those over JSON any text is one.
    if text is not None and not ABSOLUTE_IRI.fullmatch(text):
        raise MalformedValue("not an absolute URL", path=child(path, name))
    return text


def _texts(value: JsonObject, name: str, path: str) -> tuple[str, ...]:
    if name not in value:
        return ()
    where = child(path, name)
    found = tuple(fields.strings(value[name], where))
    if len(set(found)) != len(found):
        raise MalformedValue("a string is there twice", path=where)
    return found


def _check_chain(proofs: tuple[Proof, ...]) -> None:
    if len(proofs) == 1 and not proofs[0].previous_proof:
        return  # the usual one
    by_id: dict[str, Proof] = {}
    for proof in proofs:
        if proof.id is None:
            continue
        if proof.id in by_id:
            raise MalformedProof("two proofs share this id", path=proof.path)
        by_id[proof.id] = proof
    for proof in proofs:
        if not by_id.keys() >= set(proof.previous_proof):
            path = child(proof.path, "previousProof")
            raise MalformedProof("no proof here has this id", path=path)
    # Each round removes the proofs whose predecessors are all settled.
    settled: set[str] = set()
    waiting = list(proofs)
    while waiting:
        blocked = [p for p in waiting if not settled >= set(p.previous_proof)]
        if len(blocked) == len(waiting):
            path = child(blocked[0].path, "previousProof")
            raise MalformedProof("the chain of proofs leads in a circle", path=path)
        settled |= {proof.id for proof in waiting if proof not in blocked and proof.id}
        waiting = blocked
