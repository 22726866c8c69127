"""At the edges of Data Integrity: options, chains, numbers and signatures just so."""

from __future__ import annotations

import json
from hashlib import sha256, sha384
from typing import TYPE_CHECKING, Any, Final

from tests.attacks.case import Case, Doc, Group
from tests.attacks.documents import (
    BOARD,
    BOARD_256,
    BOARD_384,
    CANARIES,
    STRANGER,
    example,
    plain,
)
from tests.attacks.groups.valid import accepted
from tests.attacks.honest import (
    Party,
    b58,
    b64,
    finish_proof,
    jcs,
    make_proof,
    proof_chain,
    proof_options,
    signed,
    signed_rdfc,
)
from tests.attacks.worlds import V2

if TYPE_CHECKING:
    from collections.abc import Callable

_SUITES: Final = ("eddsa-jcs-2022", "eddsa-rdfc-2022")
_ORDERS: Final = {
    "P-256": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "P-384": 2**384 - 0x389CB27E0BC8D220A7E5F24DB74F58851313E695333AD68D,
}


def cases() -> list[Case]:
    """Every case of this class."""
    group = Group(name="edge-proof", canaries=CANARIES)
    for suite in _SUITES:
        _options(group, suite)
        _injected(group, suite)
        _several(group, suite)
    _contexts(group)
    _numbers(group)
    for party in (BOARD_256, BOARD_384):
        _points(group, party)
    return group.made


def _options(group: Group, suite: str) -> None:
    tag = suite[6:9]
    fine: dict[str, Doc] = {
        "created-now": {"created": "2026-06-15T12:00:00Z"},
        "created-by-offset": {"created": "2026-06-15T12:00:30+00:01"},
        "expires-in-a-nanosecond": {"expires": "2026-06-15T12:00:00.000000001Z"},
        "challenge": {"challenge": "x"},
        "domains": {"domain": ["a.example", "b.example"]},
        "id": {"id": "urn:x:1"},
    }
    for name, members in fine.items():
        document = signed(plain(), BOARD, cryptosuite=suite, **members)
        accepted(group, f"{name}-{tag}", document)
    wrong: dict[str, Doc] = {
        "created-in-a-second": {"created": "2026-06-15T12:00:01Z"},
        "created-by-offset-later": {"created": "2026-06-15T12:00:00-00:01"},
        "created-array": {"created": ["2026-06-01T09:00:00Z"]},
        "expires-empty": {"expires": ""},
        "domain-twice": {"domain": ["a", "a"]},
        "domain-object": {"domain": {"id": "x"}},
        "nonce-number": {"nonce": 7},
        "previous-itself": {"id": "urn:x:1", "previousProof": "urn:x:1"},
        "previous-empty": {"previousProof": ""},
        "method-percent": {
            "verificationMethod": f"{BOARD.did}#%7A{BOARD.multikey[1:]}"
        },
        "method-no-fragment": {"verificationMethod": f"{BOARD.did}#"},
        "suite-case": {"cryptosuite": suite.replace("eddsa", "EdDSA")},
        "type-two": {"type": ["DataIntegrityProof", "Ed25519Signature2020"]},
    }
    for name, members in wrong.items():
        document = signed(plain(), BOARD, **{"cryptosuite": suite, **members})
        group.add(f"{name}-{tag}", document)


def _injected(group: Group, suite: str) -> None:
    """Members that a program could trip over, added after the signature."""
    tag = suite[6:9]
    honest = signed(plain(), BOARD, cryptosuite=suite)
    raw = honest["proof"]["proofValue"]
    into: dict[str, Any] = {
        "@context": {"created": "urn:x"},
        "@graph": [{}],
        "@reverse": {},
        "@included": [],
        "@id": "urn:x:1",
        "__proto__": {"proofPurpose": "x"},
        "jws": "x..y",
        "proofValue": f"z{raw}",
    }
    for name, value in into.items():
        proof = {**honest["proof"], name: value}
        group.add(f"injected-{name}-{tag}", {**honest, "proof": proof})
    beside: dict[str, Any] = {
        "@included": [{"id": "urn:x"}],
        "@reverse": {"issuer": {"id": "urn:x"}},
        "@nest": {"validUntil": "2099-01-01T00:00:00Z"},
        "__proto__": {"validUntil": "2099-01-01T00:00:00Z"},
    }
    for name, value in beside.items():
        group.add(f"beside-{name}-{tag}", {**honest, name: value})
        if name.startswith("@"):
            whole = signed({**plain(), name: value}, BOARD, cryptosuite=suite)
            group.add(f"beside-{name}-signed-{tag}", whole)


def _several(group: Group, suite: str) -> None:
    tag = suite[6:9]
    honest = signed(plain(), BOARD, cryptosuite=suite)
    own = honest["proof"]
    strange = make_proof(plain(), STRANGER, cryptosuite=suite)
    login = make_proof(plain(), BOARD, cryptosuite=suite, proofPurpose="authentication")

    def with_proofs(*proofs: Doc) -> Doc:
        return {**honest, "proof": list(proofs)}

    accepted(group, f"same-twice-{tag}", with_proofs(own, own))
    accepted(group, f"stranger-beside-{tag}", with_proofs(strange, own))
    taken = {**strange, "proofValue": own["proofValue"]}
    group.add(f"stranger-with-a-copy-{tag}", with_proofs(taken, own))
    group.add(f"another-purpose-beside-{tag}", with_proofs(own, login))
    chain = proof_chain(plain(), BOARD, STRANGER, BOARD, suite=suite)
    first, second, third = chain["proof"]
    accepted(group, f"chain-of-three-{tag}", chain)
    group.add(f"chain-end-alone-{tag}", {**chain, "proof": [third]})
    untied = {k: v for k, v in third.items() if k != "previousProof"}
    group.add(f"chain-end-untied-{tag}", {**chain, "proof": [untied]})
    later = {**first, "created": "2026-06-01T09:00:01Z"}
    group.add(f"chain-first-redated-{tag}", {**chain, "proof": [later, second, third]})


def _contexts(group: Group) -> None:
    # Only where the proof states a context is it part of what the suite signs.
    options, draft = proof_options(BOARD), plain()
    covered = sha256(jcs(options)).digest() + sha256(jcs(draft)).digest()
    bare = {**options, "proofValue": b58(BOARD.sign(covered))}
    accepted(group, "jcs-no-context", {**draft, "proof": bare})
    honest = finish_proof(draft, BOARD, options)
    without = {k: v for k, v in honest.items() if k != "@context"}
    group.add("jcs-context-taken-away", {**draft, "proof": without})
    group.add("jcs-context-put-there", {**draft, "proof": {**bare, "@context": [V2]}})


def _numbers(group: Group) -> None:
    """One number in two spellings is one number, to both transformations."""
    for said, written in {
        "1": "1.0",
        "100": "1e2",
        "0": "-0",
        "0.1": "0.10",
        "1.5": "15E-1",
    }.items():
        draft = example(claims={"n": json.loads(said)})
        for name, sign in (("jcs", signed), ("rdfc", signed_rdfc)):
            text = json.dumps(sign(draft, BOARD))
            changed = text.replace(f'"n": {said}', f'"n": {written}')
            assert changed != text
            accepted(group, f"number-{written}-{name}", changed)
    text = json.dumps(signed(example(claims={"n": 1}), BOARD))
    for other in ("1.0000000000000002", "1e400", "true", '"1"', "10e-2"):
        group.add(f"number-{other}", text.replace('"n": 1', f'"n": {other}'))


def _points(group: Group, party: Party) -> None:
    """ECDSA: what is no pair of numbers in range, and the other that is as good."""
    order, size = _ORDERS[party.kind], 32 if party.kind == "P-256" else 48
    tag = party.kind.lower()

    def pair(r: int, s: int) -> bytes:
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    accepted(group, f"{tag}-high", _by(party, lambda m: party.sign(m, high_s=True)))
    accepted(group, f"{tag}-low", _by(party, lambda m: party.sign(m, high_s=False)))

    def negated(message: bytes) -> bytes:
        made = party.sign(message)
        r, s = int.from_bytes(made[:size], "big"), int.from_bytes(made[size:], "big")
        return pair(order - r, s)

    wrong: dict[str, Callable[[bytes], bytes]] = {
        "zeros": lambda _: pair(0, 0),
        "r-zero": lambda _: pair(0, 1),
        "s-zero": lambda _: pair(1, 0),
        "r-order": lambda _: pair(order, 1),
        "s-order": lambda _: pair(1, order),
        "r-negated": negated,
    }
    for name, sign in wrong.items():
        group.add(f"{tag}-{name}", _by(party, sign))
    written_otherwise = _by(party, party.sign, lambda made: f"u{b64(made)}")
    group.add(f"{tag}-base64url", written_otherwise)
    edwards = signed(plain(party.did), party, cryptosuite="eddsa-jcs-2022")
    group.add(f"{tag}-in-eddsa", edwards)


def _by(
    party: Party,
    sign: Callable[[bytes], bytes],
    write: Callable[[bytes], str] = b58,
) -> Doc:
    draft = plain(party.did)
    options = proof_options(party, cryptosuite="ecdsa-jcs-2019")
    config = {"@context": draft["@context"], **options}
    digest = sha384 if party.kind == "P-384" else sha256
    covered = digest(jcs(config)).digest() + digest(jcs(draft)).digest()
    return {**draft, "proof": {**config, "proofValue": write(sign(covered))}}
