"""A board's license under both suites, and ways to take proof values apart."""

from __future__ import annotations

import copy
import itertools
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from medid.core import base64url, cbor
from medid.jsonld import rdfc
from medid.jsonld.transform import to_dataset
from medid.keys import KeyKind, PrivateKey
from medid.securing.data_integrity import (
    Disclosure,
    derive,
    read_proofs,
    sign,
    verify_proof,
)
from tests.keys.bbs.material import seeded
from tests.securing.data_integrity.support import STORE, license_credential

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from medid.core.json import JsonObject

ECDSA: Final = "ecdsa-sd-2023"
BBS: Final = "bbs-2023"
SUITES: Final = (ECDSA, BBS)
KEYS: Final = {
    ECDSA: PrivateKey.generate(KeyKind.P256, entropy=seeded()),
    BBS: PrivateKey.generate(KeyKind.BLS12381_G2, entropy=seeded()),
}
OTHERS: Final = {
    suite: PrivateKey.generate(key.kind, entropy=seeded(b"another board"))
    for suite, key in KEYS.items()
}
MANDATORY: Final = ("/issuer", "/validUntil", "/credentialStatus")
LICENSE: Final = "/credentialSubject/license"
SHOWN: Final = (
    f"{LICENSE}/profession/1",
    f"{LICENSE}/profession/0/code",
    f"{LICENSE}/active",
)


def options(key: PrivateKey) -> JsonObject:
    name = key.public_key.to_multikey()
    return {
        "verificationMethod": f"did:key:{name}#{name}",
        "proofPurpose": "assertionMethod",
        "created": "2026-01-01T00:00:00Z",
    }


def issued(
    suite: str,
    document: JsonObject | None = None,
    *,
    mandatory: Sequence[str] = MANDATORY,
    key: PrivateKey | None = None,
    **more: Any,
) -> JsonObject:
    """``document`` with a base proof; always the same for the same arguments."""
    key = key or KEYS[suite]
    return sign(
        document or license_credential(),
        key,
        suite=suite,
        options=options(key),
        contexts=STORE,
        mandatory_pointers=mandatory,
        entropy=seeded(b"a proof"),
        **more,
    )


@lru_cache(maxsize=8)
def _base(suite: str) -> JsonObject:
    return issued(suite)


@lru_cache(maxsize=8)
def _derived(suite: str) -> Any:
    return show(_base(suite), SHOWN)


def base(suite: str) -> Any:
    """The license as the board sends it to its holder."""
    return copy.deepcopy(_base(suite))


def derived(suite: str) -> Any:
    """A part of it, as a verifier is shown it."""
    return copy.deepcopy(_derived(suite))


def show(document: JsonObject, pointers: Sequence[str], **more: Any) -> Any:
    """Derive from the first proof of ``document``, which one of ``KEYS`` made."""
    proof = read_proofs(document)[0]
    more.setdefault("entropy", seeded(b"a holder"))
    disclosure = Disclosure(pointers=tuple(pointers), **more)
    key = KEYS[proof.suite or ""].public_key
    return derive(document, proof, disclosure, contexts=STORE, key=key)


def verify(document: JsonObject, key: PrivateKey | None = None) -> None:
    """Verify the first proof of ``document``, by default with one of ``KEYS``."""
    proof = read_proofs(document)[0]
    public = (key or KEYS.get(proof.suite or "", KEYS[BBS])).public_key
    verify_proof(document, proof, public, contexts=STORE)


def opened(document: Any) -> tuple[bytes, list[Any]]:
    """The three bytes and the components of a document's proof value."""
    raw = base64url.decode(document["proof"]["proofValue"][1:])
    rules = cbor.CborRules(tags=frozenset({2, 64}))
    items = cbor.loads(raw[3:], rules=rules)
    assert isinstance(items, list)
    return raw[:3], items


def raw_value(document: Any) -> bytes:
    """The bytes of a document's proof value."""
    return base64url.decode(document["proof"]["proofValue"][1:])


def with_raw(document: Any, raw: bytes) -> Any:
    """``document`` with another proof value."""
    proof = {**document["proof"], "proofValue": "u" + base64url.encode(raw)}
    return {**document, "proof": proof}


def rebuilt(document: Any, change: Callable[[list[Any]], object]) -> Any:
    """``document`` after ``change`` was made to the components of its proof value."""
    header, items = opened(document)
    change(items)
    return with_raw(document, header + cbor.dumps(items))


def put(document: Any, place: int, value: Any) -> Any:
    """``document`` with another component in its proof value."""
    return rebuilt(document, lambda items: items.__setitem__(place, value))


def unsecured(document: Any) -> Any:
    return {name: value for name, value in document.items() if name != "proof"}


def pointers_of(value: Any, path: str = "") -> Iterator[str]:
    """A pointer to each value below ``value``, lists and literals as a whole."""
    steps: Any = ()
    if isinstance(value, dict | list):
        steps = value.items() if isinstance(value, dict) else enumerate(value)
    for step, item in steps:
        if step in {"@context", "proof"}:
            continue
        yield f"{path}/{step}"
        if step not in {"schedule", "fhir"}:
            yield from pointers_of(item, f"{path}/{step}")


def forged(document: Any, whole: Any) -> Iterator[Any]:
    """Every ``ecdsa-sd-2023`` proof that a holder could piece together.

    The holder has the base proof ``whole``, so every signed statement with its
    signature, and may call each blank node of ``document``, over which the proofs
    are, whatever was signed.
    """
    from medid.securing.data_integrity.selective import labels
    from medid.securing.data_integrity.selective.groups import Statements

    _, (signature, public, hmac_key, signatures, pointers) = opened(whole)
    statements = Statements(unsecured(whole), STORE, labels.by_hmac(hmac_key))
    always = statements.group(pointers).indexes
    mandatory = {statements.lines[index] for index in always}
    rest = [line for line in statements.lines if line not in mandatory]
    signed = dict(zip(rest, signatures, strict=True))
    canonical = rdfc.canonicalize(to_dataset(unsecured(document), STORE))
    names = sorted(
        {
            term
            for line in statements.lines
            for term in line.split()
            if term.startswith("_:")
        }
    )
    for chosen in itertools.product(names, repeat=len(canonical.labels)):
        named = dict(zip(canonical.labels, chosen, strict=True))
        lines = rdfc.named_lines(canonical.dataset, named)
        if not all(line in signed or line in mandatory for line in lines):
            continue
        if [line for line in lines if line in mandatory] != [
            statements.lines[index] for index in always
        ]:
            continue
        items = [
            signature,
            public,
            [signed[line] for line in lines if line in signed],
            dict(enumerate(base64url.decode(one[3:]) for one in chosen)),
            [index for index, line in enumerate(lines) if line in mandatory],
        ]
        proof = {**whole["proof"], "proofValue": "x"}
        shown = {**document, "proof": proof}
        yield with_raw(shown, b"\xd9\x5d\x01" + cbor.dumps(items))
