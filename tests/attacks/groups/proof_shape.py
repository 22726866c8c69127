"""Proofs of every wrong shape, mostly with a signature that is right."""

from __future__ import annotations

from typing import Any

import base58

from tests.attacks.case import Case, Doc, Group
from tests.attacks.documents import (
    BOARD,
    BOARD_256,
    CANARIES,
    DOCTOR,
    PATIENT,
    STRANGER,
    edited,
    plain,
    presented,
)
from tests.attacks.honest import (
    b64,
    finish_proof,
    make_proof,
    proof_chain,
    proof_options,
    proof_set,
    signed,
    signed_rdfc,
)

_UNKNOWN_SETS = {"one-unknown-suite", "bad-256"}
_JUNK: tuple[Any, ...] = (None, True, 7, 7.5, "", "x", [], ["x"], {}, [None], [[]])


def cases() -> list[Case]:
    """Every case of this class."""
    group = Group(name="proof-shape", canaries=CANARIES)
    _proof_member(group)
    _values(group)
    _options(group)
    _confused_types(group)
    _unsigned_members(group)
    _purposes(group)
    _sets(group)
    _chains(group)
    return group.made


def _proof_member(group: Group) -> None:
    draft = plain()
    proof = make_proof(draft, BOARD)
    shapes: dict[str, Any] = {
        "empty-array": [],
        "null": None,
        "empty-object": {},
        "text": "x",
        "number": 1,
        "true": True,
        "array-of-null": [None],
        "array-of-text": ["proof"],
        "nested-array": [[proof]],
        "good-and-null": [proof, None],
        "good-and-text": [proof, "x"],
        "good-and-empty": [proof, {}],
        "good-and-array": [proof, []],
        "in-graph": {"@graph": [proof]},
        "in-set": {"@set": [proof]},
        "in-list": {"@list": [proof]},
        "wrapped": {"proof": proof},
    }
    group.add("missing", draft, why="nothing is proved")
    for name, shape in shapes.items():
        group.add(f"proof-{name}", {**draft, "proof": shape}, why="empty is not all")
    group.add("proofs-member", {**draft, "proofs": [proof]})
    group.add("seventeen", proof_set(draft, *[BOARD] * 17), codes="TOO_LARGE")
    many = {**draft, "proof": [proof] * 2000}
    group.add("two-thousand", many, codes="TOO_LARGE PROOF_VERIFICATION_ERROR")


def _values(group: Group) -> None:
    document = signed(plain(), BOARD)
    value = document["proof"]["proofValue"]
    raw = base58.b58decode(value[1:])
    values = {
        "no-multibase": value[1:],
        "base64url": "u" + b64(raw),
        "base64": "m" + b64(raw),
        "hex": "f" + raw.hex(),
        "other-letter": "Z" + value[1:],
        "short": "z" + base58.b58encode(raw[:-1]).decode(),
        "long": "z" + base58.b58encode(raw + b"\x00").decode(),
        "leading-zero": "z1" + value[1:],
        "padded": value + "=",
        "newline": value + "\n",
        "space": " " + value,
        "forbidden-letter": value[:-1] + "0",
        "twice": value + value[1:],
        "very-long": "z" + "2" * 100_000,
        "unicode": value[:-1] + "\u00e9",
        "only-letter": "z",
        "s-plus-order": "z" + base58.b58encode(_plus_order(raw)).decode(),
        "nul": value + "\x00",
    }
    for name, text in values.items():
        mutant = edited(document, "proof", "proofValue", value=text)
        group.add(
            f"value-{name}",
            mutant,
            codes="PROOF_VERIFICATION_ERROR MALFORMED_VALUE_ERROR",
        )
    jws = edited(document, "proof", "proofValue")
    jws["proof"]["jws"] = "e30..x"
    group.add("value-as-jws", jws)
    group.add("value-missing", edited(document, "proof", "proofValue"))


def _plus_order(signature: bytes) -> bytes:
    order = 2**252 + 27742317777372353535851937790883648493
    s = int.from_bytes(signature[32:], "little") + order
    return signature[:32] + (s % 2**256).to_bytes(32, "little")


def _options(group: Group) -> None:
    draft = plain()
    options: dict[str, Doc] = {
        "suite-unknown": {"cryptosuite": "eddsa-jcs-2099"},
        "suite-upper-case": {"cryptosuite": "EDDSA-JCS-2022"},
        "suite-missing": {"cryptosuite": None},
        "suite-empty": {"cryptosuite": ""},
        "suite-space": {"cryptosuite": "eddsa-jcs-2022 "},
        "suite-null-text": {"cryptosuite": "none"},
        "suite-ecdsa": {"cryptosuite": "ecdsa-jcs-2019"},
        "type-missing": {"type": None},
        "type-unknown": {"type": "MyProof"},
        "type-array": {"type": ["DataIntegrityProof"]},
        "type-legacy": {"type": "Ed25519Signature2020"},
        "created-future": {"created": "2026-06-16T12:00:00Z"},
        "created-far-future": {"created": "2999-01-01T00:00:00Z"},
        "created-not-a-time": {"created": "yesterday"},
        "created-no-offset": {"created": "2026-06-01T09:00:00"},
        "created-number": {"created": 1780304400},
        "expires-past": {"expires": "2026-06-15T11:00:00Z"},
        "expires-now": {"expires": "2026-06-15T12:00:00Z"},
        "expires-not-a-time": {"expires": "never"},
        "expires-before-created": {"expires": "2026-05-01T00:00:00Z"},
        "method-missing": {"verificationMethod": None},
        "method-empty": {"verificationMethod": ""},
        "method-relative": {"verificationMethod": "#key-1"},
        "method-bare-did": {"verificationMethod": BOARD.did},
        "method-unknown-fragment": {"verificationMethod": f"{BOARD.did}#key-9"},
        "method-array": {"verificationMethod": [BOARD.method]},
        "method-object": {
            "verificationMethod": {
                "id": BOARD.method,
                "type": "Multikey",
                "controller": BOARD.did,
                "publicKeyMultibase": BOARD.multikey,
            }
        },
        "method-https": {"verificationMethod": "https://board.example/key#1"},
        "method-two-fragments": {"verificationMethod": f"{BOARD.method}#x"},
        "method-query": {"verificationMethod": BOARD.method.replace("#", "?a=b#")},
        "method-path": {"verificationMethod": BOARD.method.replace("#", "/x#")},
        "method-space": {"verificationMethod": f"{BOARD.method} "},
        "method-newline": {"verificationMethod": f"{BOARD.method}\n"},
        "method-upper-case": {"verificationMethod": BOARD.method.upper()},
        "method-percent": {
            "verificationMethod": BOARD.method.replace("#", "%23"),
        },
        "context-extra": {"@context": ["https://evil.example/context.jsonld"]},
        "previous-missing": {"previousProof": "urn:uuid:not-there"},
        "id-not-a-url": {"id": "not a url"},
        "domain-number": {"domain": 7},
        "challenge-number": {"challenge": 7},
    }
    for name, members in options.items():
        group.add(
            f"option-{name}",
            signed(draft, BOARD, **members),
            expect="not-verified" if name.startswith(("suite", "type")) else "refused",
        )
        if name.startswith(("created", "expires", "method")):
            group.add(f"option-{name}-rdfc", signed_rdfc(draft, BOARD, **members))


def _confused_types(group: Group) -> None:
    document = signed(plain(), BOARD)
    for name in (
        "type",
        "cryptosuite",
        "verificationMethod",
        "proofPurpose",
        "proofValue",
    ):
        for number, junk in enumerate(_JUNK):
            mutant = {**document, "proof": {**document["proof"], name: junk}}
            unknown = junk == "x" and name in {"type", "cryptosuite"}
            group.add(
                f"confused-{name}-{number}",
                mutant,
                expect="not-verified" if unknown else "refused",
                why="another JSON type",
            )
    for name in ("created", "previousProof", "id"):
        for number, junk in enumerate((True, 7, {}, [7])):
            group.add(
                f"confused-{name}-{number}", signed(plain(), BOARD, **{name: junk})
            )


def _unsigned_members(group: Group) -> None:
    """Members that RDF would lose, put into the proof after signing."""
    draft = plain()
    proof = make_proof(draft, BOARD, cryptosuite="eddsa-rdfc-2022")
    added: dict[str, Doc] = {
        "context-unknown": {"@context": ["https://evil.example/context.jsonld"]},
        "context-inline": {"@context": [*draft["@context"], {"x": "urn:x"}]},
        "context-empty": {"@context": []},
        "context-null": {"@context": None},
        "undefined": {"role": "x"},
        "null": {"nonce": None},
        "empty-domain": {"domain": []},
        "empty-previous": {"previousProof": []},
        "graph": {"@graph": []},
    }
    for name, members in added.items():
        group.add(f"unsigned-{name}", {**draft, "proof": {**proof, **members}})


def _purposes(group: Group) -> None:
    draft = plain()
    for purpose in (
        "authentication",
        "keyAgreement",
        "capabilityInvocation",
        "capabilityDelegation",
        "assertionmethod",
        "assertionMethod ",
        "",
        "https://w3id.org/security#assertionMethod",
        None,
        ["assertionMethod"],
        "verificationMethod",
        "id",
        "__class__",
    ):
        document = signed(draft, BOARD, proofPurpose=purpose)
        group.add(
            f"purpose-{purpose or ('none' if purpose is None else 'empty')}", document
        )
    vp = presented(signed(draft, BOARD), proofPurpose="assertionMethod")
    group.add("purpose-presentation-as-assertion", vp)
    shown = presented(signed(draft, BOARD), party=BOARD)
    group.add("proof-of-presentation", {**draft, "proof": shown["proof"]})


def _sets(group: Group) -> None:
    draft = plain()
    good = make_proof(draft, BOARD)
    second = make_proof(draft, DOCTOR)
    bad = {**second, "proofValue": good["proofValue"]}
    expired = make_proof(draft, BOARD, expires="2026-06-02T00:00:00Z")
    unknown = {**good, "cryptosuite": "future-suite-2030"}
    sets: dict[str, list[Doc]] = {
        "one-bad-last": [good, bad],
        "one-bad-first": [bad, good],
        "one-expired": [good, expired],
        "one-unknown-suite": [good, unknown],
        "one-without-value": [
            good,
            {k: v for k, v in good.items() if k != "proofValue"},
        ],
        "stranger-only": [make_proof(draft, STRANGER)],
        "strangers-only": [make_proof(draft, STRANGER), make_proof(draft, PATIENT)],
        "one-wrong-purpose": [
            good,
            make_proof(draft, BOARD, proofPurpose="authentication"),
        ],
        "same-id": [
            make_proof(draft, BOARD, id="urn:uuid:1"),
            make_proof(draft, DOCTOR, id="urn:uuid:1"),
        ],
        "bad-256": [
            good,
            {
                **make_proof(draft, BOARD_256, cryptosuite="ecdsa-jcs-2019"),
                "proofValue": good["proofValue"],
            },
        ],
    }
    for name, proofs in sets.items():
        group.add(
            f"set-{name}",
            {**draft, "proof": proofs},
            expect="not-verified" if name in _UNKNOWN_SETS else "refused",
            why="every proof must verify, one of them by the issuer",
        )


def _chains(group: Group) -> None:
    draft = plain()
    for suite in ("eddsa-jcs-2022", "eddsa-rdfc-2022"):
        chain = proof_chain(draft, BOARD, DOCTOR, suite=suite)
        first, last = chain["proof"]
        forged = {**last, "previousProof": "urn:uuid:gone"}
        altered = {**first, "created": "2026-06-02T09:00:00Z"}
        cut = {name: value for name, value in last.items() if name != "previousProof"}
        shapes = {
            "previous-unknown": [first, forged],
            "previous-altered": [altered, last],
            "previous-removed": [last],
            "link-removed": [first, cut],
            "self": [first, {**last, "previousProof": last["id"]}],
            "cycle": [{**first, "previousProof": last["id"]}, last],
            "previous-empty-array": [first, {**last, "previousProof": []}],
            "previous-null": [first, {**last, "previousProof": None}],
            "previous-object": [first, {**last, "previousProof": {"id": first["id"]}}],
            "previous-duplicate": [first, first, last],
            "previous-without-id": [
                {k: v for k, v in first.items() if k != "id"},
                last,
            ],
        }
        for name, proofs in shapes.items():
            group.add(f"chain-{name}-{suite[6:10]}", {**draft, "proof": proofs})
    _signed_cycle(group, draft)


def _signed_cycle(group: Group, draft: Doc) -> None:
    options = [
        proof_options(BOARD, id="urn:uuid:a", previousProof="urn:uuid:b"),
        proof_options(BOARD, id="urn:uuid:b", previousProof="urn:uuid:a"),
    ]
    proofs = [finish_proof(draft, BOARD, option) for option in options]
    group.add("chain-signed-cycle", {**draft, "proof": proofs})
    own = proof_options(BOARD, id="urn:uuid:a", previousProof="urn:uuid:a")
    group.add("chain-signed-self", {**draft, "proof": finish_proof(draft, BOARD, own)})
    apart = finish_proof(
        draft, BOARD, proof_options(BOARD, previousProof=["urn:x:1"] * 3)
    )
    group.add("chain-many-missing", {**draft, "proof": apart})
