"""Selective disclosure: proof values of both suites, and the octets of BBS.

What verifies must say what was signed: nobody here has a key, so a changed document
that is accepted states the same as the honest one, and changed octets never are.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

from medid.core import json as strict_json
from medid.jsonld import canonicalize
from medid.keys import bbs
from medid.securing.data_integrity import Disclosure, derive, read_proofs
from tests.attacks.tokens import compact
from tests.fuzz.forms import octets, proof_value
from tests.fuzz.target import Target
from tests.keys.bbs.material import (
    HEADER,
    MESSAGES,
    PH,
    PUBLIC,
    SECRET,
    proof,
    seeded,
    signature,
)
from tests.securing.data_integrity.selective.support import (
    BBS,
    ECDSA,
    KEYS,
    SHOWN,
    base,
    derived,
    unsecured,
    verify,
)
from tests.securing.data_integrity.support import STORE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_SHOWN: Final = (0, 2, 5)
_CONTEXT: Final = b"a hospital"


def _derived(suite: str, data: bytes) -> None:
    document = strict_json.load_object(data)
    verify(document)
    assert _stated(document) == _honest(suite), "a forgery was accepted"


@functools.cache
def _honest(suite: str) -> bytes:
    return _stated(derived(suite))


def _stated(document: Any) -> bytes:
    return canonicalize(unsecured(document), STORE)


def _base(data: bytes) -> None:
    document = strict_json.load_object(data)
    proof = read_proofs(document)[0]
    key = KEYS.get(proof.suite or "", KEYS[BBS]).public_key
    disclosure = Disclosure(pointers=SHOWN, entropy=seeded(b"a holder"))
    verify(derive(document, proof, disclosure, contexts=STORE, key=key))


def _octets(data: bytes) -> None:
    """The first byte says which of the readers the rest is for."""
    kind, rest = data[:1], data[1:]
    read, honest = _readers().get(kind, _readers()[b"s"])
    read(rest)
    assert rest == honest, "changed octets were accepted"


@functools.cache
def _readers() -> Mapping[bytes, tuple[Callable[[bytes], object], bytes]]:
    said = [MESSAGES[index] for index in _SHOWN]
    shown: dict[str, Any] = {
        "header": HEADER,
        "presentation_header": PH,
        "disclosed_messages": said,
        "disclosed_indexes": _SHOWN,
    }
    committed = bbs.blind.commit(committed_messages=[b"x"], entropy=seeded())

    def by_signature(data: bytes) -> None:
        bbs.verify(public=PUBLIC, signature=data, header=HEADER, messages=MESSAGES)

    def by_proof(data: bytes) -> None:
        bbs.proof_verify(public=PUBLIC, proof=data, **shown)

    def by_commitment(data: bytes) -> None:
        bbs.blind.sign(
            secret=SECRET,
            header=HEADER,
            commitment_with_proof=data,
            messages=MESSAGES,
        )

    def by_pseudonym(data: bytes) -> None:
        bbs.pseudonym.proof_verify(
            public=PUBLIC,
            proof=data[:-48],
            pseudonym=data[-48:],
            context_id=_CONTEXT,
            signer_messages=len(MESSAGES),
            **shown,
        )

    def by_key(data: bytes) -> None:
        bbs.verify(public=data, signature=signature(), header=HEADER, messages=MESSAGES)

    return {
        b"s": (by_signature, signature()),
        b"p": (by_proof, proof(_SHOWN)),
        b"c": (by_commitment, committed.commitment_with_proof),
        b"n": (by_pseudonym, _pseudonymous()),
        b"k": (by_key, PUBLIC),
    }


def _pseudonymous() -> bytes:
    """A proof with the holder's pseudonym behind it."""
    entropy = bbs.pseudonym.new_nym(seeded(b"signer"))
    nyms = [bbs.pseudonym.new_nym(seeded(b"nym"))]
    committed = bbs.pseudonym.commit(prover_nyms=nyms, entropy=seeded())
    made = bbs.pseudonym.sign(
        secret=SECRET,
        header=HEADER,
        messages=MESSAGES,
        commitment_with_proof=committed.commitment_with_proof,
        signer_nym_entropy=entropy,
    )
    held: dict[str, Any] = {
        "public": PUBLIC,
        "signature": made,
        "header": HEADER,
        "messages": MESSAGES,
        "secret_prover_blind": committed.secret_prover_blind,
    }
    secrets = bbs.pseudonym.finalize(
        **held, prover_nyms=nyms, signer_nym_entropy=entropy
    )
    found = bbs.pseudonym.proof_gen(
        **held,
        presentation_header=PH,
        nym_secrets=secrets,
        context_id=_CONTEXT,
        disclosed_indexes=_SHOWN,
        entropy=seeded(),
    )
    return found.proof + found.pseudonym


def _octet_seeds() -> list[bytes]:
    return [kind + honest for kind, (_, honest) in _readers().items()]


TARGETS: Final = (
    Target(
        name="ecdsa-sd-2023",
        read=functools.partial(_derived, ECDSA),
        seeds=lambda: [compact(derived(ECDSA))],
        change=proof_value,
    ),
    Target(
        name="bbs-2023",
        read=functools.partial(_derived, BBS),
        seeds=lambda: [compact(derived(BBS))],
        change=proof_value,
    ),
    Target(
        name="base-proofs",
        read=_base,
        seeds=lambda: [compact(base(ECDSA)), compact(base(BBS))],
        change=proof_value,
    ),
    Target(name="bbs", read=_octets, seeds=_octet_seeds, change=octets),
)
