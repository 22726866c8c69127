"""Both a classical and an ML-DSA proof are asked for, and one is missing or worthless.

Whoever breaks elliptic curves one day forges the classical proof, and takes the other
away. Whoever finds a flaw in ML-DSA does the opposite.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

from tests.attacks.case import Case, Doc, Group
from tests.attacks.documents import (
    BOARD,
    CANARIES,
    NONCE,
    STRANGER,
    plain,
    presentation,
)
from tests.attacks.groups.token_algorithms import Token
from tests.attacks.honest import Party, finish_proof, proof_options
from tests.attacks.honest import make_proof as classical_proof
from tests.attacks.lists import INDEX, LIST, draft_list, entry
from tests.attacks.quantum import (
    ASKED,
    BOARD_PQ,
    CLASSICAL,
    JCS,
    QUANTUM,
    RDFC,
    STRANGER_PQ,
    WEB,
    WEB_URL,
    board_document,
    draft,
    make_proof,
    method,
    with_proofs,
)
from tests.attacks.tokens import vc_jwt
from tests.attacks.worlds import EXAMPLES_V2, V2

if TYPE_CHECKING:
    from collections.abc import Iterator

_WEAK: Final = "CRYPTOGRAPHIC_SECURITY_ERROR"
_WRONG: Final = "PROOF_VERIFICATION_ERROR"
_OTHER_PARTY: Final = Party("medical board, second key")


def cases() -> list[Case]:
    """Every case of this class."""
    group = Group(name="hybrid", args=ASKED, canaries=CANARIES)
    _sets(group)
    _stripped(group)
    _one_kind(group)
    _others(group)
    _worthless(group)
    _chains(group)
    _envelopes(group)
    _lists(group)
    _presentations(group)
    return group.made


def classical(document: Doc, suite: str = "eddsa-rdfc-2022", **members: Any) -> Doc:
    """The board's classical proof."""
    given = {"cryptosuite": suite, "verificationMethod": CLASSICAL, **members}
    return classical_proof(document, BOARD, **given)


def add(group: Group, name: str, document: Doc | str, **members: Any) -> None:
    """Add a case for which the board's document is at hand."""
    documents = {WEB_URL: board_document(), **members.pop("documents", {})}
    group.add(name, document, documents=documents, **members)


def both(document: Doc | None = None) -> Doc:
    """A credential with both proofs."""
    base = document or draft()
    return with_proofs(base, classical(base), make_proof(base))


def _sets(group: Group) -> None:
    base = draft()
    for first in ("eddsa-rdfc-2022", "eddsa-jcs-2022"):
        for second in (RDFC, JCS):
            proofs = [classical(base, first), make_proof(base, second)]
            name = f"{first}-{second}"
            add(group, f"valid-{name}", with_proofs(base, *proofs), expect="verified")
            proofs.reverse()
            document = with_proofs(base, *proofs)
            add(group, f"valid-{name}-reversed", document, expect="verified")
    third = classical_proof(base, STRANGER)
    document = with_proofs(base, third, *both()["proof"])
    add(group, "valid-beside-a-strangers", document, expect="verified")


def _stripped(group: Group) -> None:
    document = both()
    for index, lost in enumerate(("classical", "ml-dsa")):
        kept = document["proof"][1 - index]
        forms: dict[str, Any] = {
            "object": kept,
            "array": [kept],
            "twice": [kept, kept],
            "thrice": [kept] * 3,
        }
        for name, proof in forms.items():
            stripped = {**document, "proof": proof}
            add(group, f"without-{lost}-{name}", stripped, codes=_WEAK)
    nothing: dict[str, Any] = {"empty": [], "null": None, "object": {}}
    for name, content in nothing.items():
        add(group, f"without-both-{name}", {**document, "proof": content})
    bare = {name: value for name, value in document.items() if name != "proof"}
    add(group, "without-both", bare, codes=_WRONG)
    for where in ("credentialSubject", "issuer"):
        moved = copy.deepcopy(document)
        hidden = moved["proof"].pop()
        inner = moved[where] if isinstance(moved[where], dict) else {"id": WEB}
        moved[where] = {**inner, "proof": hidden}
        add(group, f"ml-dsa-moved-into-{where.lower()}", moved)
    nested = copy.deepcopy(document)
    nested["proof"] = {**nested["proof"][0], "proof": nested["proof"][1]}
    add(group, "ml-dsa-moved-into-the-other", nested)
    for name in ("proofs", "Proof", "proof2", "https://w3id.org/security#proof"):
        renamed = {**document, "proof": document["proof"][0]}
        renamed[name] = document["proof"][1]
        add(
            group,
            f"ml-dsa-under-{name.rpartition('#')[2].lower()}-{len(name)}",
            renamed,
        )


def _one_kind(group: Group) -> None:
    base = draft()
    second = {**method(f"{WEB}#key-3", _OTHER_PARTY)}
    served = {WEB_URL: board_document(method(), second)}
    other = classical_proof(
        base,
        _OTHER_PARTY,
        cryptosuite="eddsa-rdfc-2022",
        verificationMethod=f"{WEB}#key-3",
    )
    document = with_proofs(base, classical(base), other)
    add(group, "two-classical-keys", document, codes=_WEAK, documents=served)
    suites = [classical(base), classical(base, "eddsa-jcs-2022")]
    add(group, "two-classical-suites", with_proofs(base, *suites), codes=_WEAK)
    quantum = [make_proof(base), make_proof(base, JCS)]
    add(group, "two-ml-dsa-suites", with_proofs(base, *quantum), codes=_WEAK)
    third = method(f"{WEB}#key-4", STRANGER_PQ)
    again = make_proof(base, party=STRANGER_PQ, verificationMethod=f"{WEB}#key-4")
    add(
        group,
        "two-ml-dsa-keys",
        with_proofs(base, make_proof(base), again),
        codes=_WEAK,
        documents={WEB_URL: board_document(method(), third)},
    )


def _others(group: Group) -> None:
    base = draft()
    stranger = make_proof(
        base, party=STRANGER_PQ, verificationMethod=STRANGER_PQ.method
    )
    document = with_proofs(base, classical(base), stranger)
    add(group, "ml-dsa-of-a-stranger", document, codes=_WEAK)
    own = make_proof(base, party=BOARD_PQ, verificationMethod=BOARD_PQ.method)
    document = with_proofs(base, classical(base), own)
    add(group, "ml-dsa-under-another-did", document, codes=_WEAK)
    foreign = classical_proof(base, BOARD, cryptosuite="eddsa-rdfc-2022")
    document = with_proofs(base, foreign, make_proof(base))
    add(group, "classical-under-another-did", document, codes=_WEAK)
    claimed = make_proof(base, party=STRANGER_PQ)
    document = with_proofs(base, classical(base), claimed)
    add(group, "ml-dsa-with-a-strangers-key", document, codes=_WRONG)
    impostor = plain(STRANGER.did)
    document = with_proofs(impostor, classical(impostor), make_proof(impostor))
    add(group, "both-of-another-issuer", document, codes="INVALID_RELATIONSHIP")
    for name, changes in _unusable():
        served = {WEB_URL: board_document(method(**changes))}
        add(group, f"ml-dsa-key-{name}", both(), documents=served)
    only = board_document(assertionMethod=[CLASSICAL])
    add(
        group,
        "ml-dsa-key-for-authentication-only",
        both(),
        codes="INVALID_RELATIONSHIP",
        documents={WEB_URL: only},
    )


def _unusable() -> Iterator[tuple[str, Doc]]:
    yield "revoked", {"revoked": "2026-06-10T00:00:00Z"}
    yield "expired", {"expires": "2026-06-10T00:00:00Z"}
    yield "of-another-controller", {"controller": STRANGER.did}
    yield "replaced", {"publicKeyMultibase": STRANGER_PQ.multikey}
    yield "of-ed25519", {"publicKeyMultibase": BOARD.multikey}


def _worthless(group: Group) -> None:
    base = draft()
    good, quantum = both()["proof"]
    other = make_proof(draft(id="urn:uuid:other"))
    changed: dict[str, Doc] = {
        "of-another-document": other,
        "flipped": {**quantum, "proofValue": _flipped(quantum["proofValue"])},
        "cut": {**quantum, "proofValue": quantum["proofValue"][:-4]},
        "empty": {**quantum, "proofValue": "u"},
        "missing-value": {k: v for k, v in quantum.items() if k != "proofValue"},
        "with-context": make_proof(base, context=b"medid"),
        "relabelled": {**quantum, "cryptosuite": JCS},
        "unknown-suite": {**quantum, "cryptosuite": "mldsa87-rdfc-2024"},
        "presigned": {**quantum, "created": "2026-06-01T08:00:00Z"},
        "expired": make_proof(base, expires="2026-06-10T00:00:00Z"),
        "made-later": make_proof(base, created="2026-06-16T00:00:00Z"),
        "for-authentication": make_proof(base, proofPurpose="authentication"),
        "by-a-classical-key": {
            **classical(base),
            "cryptosuite": RDFC,
            "verificationMethod": QUANTUM,
        },
        "said-of-a-classical-key": {
            **quantum,
            "verificationMethod": CLASSICAL,
        },
        "classical-called-ml-dsa": {**good, "cryptosuite": RDFC},
    }
    for name, proof in changed.items():
        add(group, f"ml-dsa-{name}", with_proofs(base, good, proof))
    forged = {**good, "proofValue": classical(draft(name="x"))["proofValue"]}
    add(group, "classical-forged", with_proofs(base, forged, quantum), codes=_WRONG)
    tampered = {**both(), "validUntil": "2099-01-01T00:00:00Z"}
    add(group, "tampered", tampered, codes=_WRONG)
    fresh = {**tampered, "proof": [classical(tampered), quantum]}
    add(group, "classical-made-anew", fresh, codes=_WRONG)
    _narrower(group)


def _narrower(group: Group) -> None:
    # A proof over JSON holds when contexts are appended to what it signed: the other
    # one, made over all of them, is by somebody who could forge that kind alone.
    narrow = draft(credentialSubject={"id": STRANGER.did})
    wide = {**narrow, "@context": [V2, EXAMPLES_V2]}
    quantum = make_proof(narrow, JCS)
    for suite in ("eddsa-rdfc-2022", "eddsa-jcs-2022"):
        document = with_proofs(wide, classical(wide, suite), quantum)
        add(group, f"ml-dsa-over-fewer-contexts-{suite}", document, codes=_WEAK)
    ours = classical(narrow, "eddsa-jcs-2022")
    for suite in (RDFC, JCS):
        document = with_proofs(wide, ours, make_proof(wide, suite))
        add(group, f"classical-over-fewer-contexts-{suite}", document, codes=_WEAK)
    document = with_proofs(wide, ours, quantum)
    why = "both cover the same contexts, as everywhere"
    add(group, "valid-both-over-fewer-contexts", document, expect="verified", why=why)


def _flipped(value: str) -> str:
    return value[:100] + ("A" if value[100] != "A" else "B") + value[101:]


def _chains(group: Group) -> None:
    base = draft()
    name = "urn:uuid:00000000-0000-4000-8000-000000000001"
    first = classical(base, id=name)
    second = make_proof(base, continued=first, previousProof=name)
    chain = with_proofs(base, first, second)
    add(group, "valid-chain", chain, expect="verified")
    add(group, "chain-without-its-end", with_proofs(base, first), codes=_WEAK)
    add(group, "chain-without-its-beginning", with_proofs(base, second), codes=_WRONG)
    loose = {k: v for k, v in second.items() if k != "previousProof"}
    add(group, "chain-untied", with_proofs(base, first, loose), codes=_WRONG)
    add(group, "chain-untied-and-cut", with_proofs(base, loose), codes=_WRONG)
    start = make_proof(base, id=name)
    options = proof_options(
        BOARD,
        cryptosuite="eddsa-rdfc-2022",
        verificationMethod=CLASSICAL,
        previousProof=name,
    )
    end = finish_proof({**base, "proof": [start]}, BOARD, options)
    add(group, "valid-chain-reversed", with_proofs(base, start, end), expect="verified")
    add(group, "chain-reversed-without-its-end", with_proofs(base, start), codes=_WEAK)
    other = with_proofs(base, {**start, "created": "2026-06-01T08:00:00Z"}, end)
    add(group, "chain-reversed-altered", other, codes=_WRONG)


def _envelopes(group: Group) -> None:
    token = vc_jwt(draft(), kid=CLASSICAL)
    add(group, "jwt", token, codes=_WEAK)
    add(group, "jwt-around-both", vc_jwt(both(), kid=CLASSICAL), codes=_WEAK)
    unsigned = Token(WEB, QUANTUM, "ML-DSA-44")
    quantum = unsigned.with_signature(BOARD_PQ.sign(unsigned.signing_input))
    add(group, "jwt-ml-dsa", quantum, codes=_WEAK, args=("--allow-ml-dsa",))


def _lists(group: Group) -> None:
    document = both(draft(credentialStatus=entry()))
    clear = draft_list()
    listed = {**clear, "issuer": WEB}
    whole = both(listed)
    add(
        group,
        "valid-list",
        document,
        expect="verified",
        documents={LIST: whole},
    )
    for index, lost in enumerate(("classical", "ml-dsa")):
        stripped = {**whole, "proof": whole["proof"][1 - index]}
        add(
            group,
            f"list-without-{lost}",
            document,
            codes="STATUS_VERIFICATION_ERROR",
            documents={LIST: stripped},
        )
    revoked = both({**draft_list(INDEX), "issuer": WEB})
    served = {LIST: revoked}
    add(group, "list-that-revokes", document, codes="REVOKED", documents=served)
    add(
        group,
        "list-as-jwt",
        document,
        codes="STATUS_VERIFICATION_ERROR",
        documents={LIST: vc_jwt(listed, kid=CLASSICAL)},
    )


def _presentations(group: Group) -> None:
    def shown(*credentials: Doc) -> tuple[Doc, Doc, Doc]:
        document = presentation(*credentials, holder=WEB)
        given: Any = {"proofPurpose": "authentication", "challenge": NONCE}
        return document, classical(document, **given), make_proof(document, **given)

    args = ("--challenge", NONCE)
    document, ours, quantum = shown(both())
    whole = with_proofs(document, ours, quantum)
    add(group, "valid-presentation", whole, expect="verified", args=args)
    for name, proof in {"ml-dsa": ours, "classical": quantum}.items():
        single = with_proofs(document, proof)
        add(group, f"presentation-without-{name}", single, codes=_WEAK, args=args)
    stripped = {**both(), "proof": both()["proof"][0]}
    document, ours, quantum = shown(both(), stripped)
    inner = with_proofs(document, ours, quantum)
    add(group, "presented-credential-stripped", inner, codes=_WEAK, args=args)
    document, ours, _ = shown(both())
    silent = make_proof(document, proofPurpose="authentication")
    mixed = with_proofs(document, ours, silent)
    code = "INVALID_CHALLENGE_ERROR"
    add(group, "presentation-answered-by-one", mixed, codes=code, args=args)
