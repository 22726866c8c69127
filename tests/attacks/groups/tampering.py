"""A signed license, consent and presentation, changed in one place."""

from __future__ import annotations

from tests.attacks.case import Case, Doc, Group
from tests.attacks.documents import (
    BOARD,
    CANARIES,
    DOCTOR,
    NONCE,
    PATIENT,
    consent_draft,
    example,
    license_draft,
    plain,
    presented,
)
from tests.attacks.honest import Party, signed, signed_rdfc
from tests.attacks.mutate import mutations, respellings

_PRESENTATION_ARGS = ("--challenge", NONCE, "--domain", "hospital.example")


def cases() -> list[Case]:
    """Every case of this class."""
    group = Group(name="tampering", canaries=CANARIES)
    license_rdfc = signed_rdfc(license_draft(), BOARD)
    consent_rdfc = signed_rdfc(consent_draft(), PATIENT)
    _all(group, "license", license_rdfc)
    _all(group, "consent", consent_rdfc)
    _all(group, "jcs", signed(plain({"id": BOARD.did, "name": "Board"}), BOARD))
    _presentations(group)
    _respelled(group, license_rdfc)
    _swapped(group)
    return group.made


def _all(group: Group, name: str, document: Doc) -> None:
    for label, mutant in mutations(document):
        group.add(f"{name}-{label}", mutant, why="one change after signing")


def _presentations(group: Group) -> None:
    credential = signed(plain(), BOARD)
    document = presented(credential)
    group.add(
        "presentation-itself", document, args=_PRESENTATION_ARGS, expect="verified"
    )
    for label, mutant in mutations(document):
        if "removed-holder" in label:
            continue
        group.add(
            f"presentation-{label}",
            mutant,
            args=_PRESENTATION_ARGS,
            why="one change after the holder signed",
        )


def _respelled(group: Group, document: Doc) -> None:
    for number, (label, mutant) in enumerate(respellings(document)):
        # One in three keeps the run short; the steps of three visit every kind.
        if number % 3 == 0:
            group.add(f"respelled-{label}", mutant, why="looks the same")


def _swapped(group: Group) -> None:
    one = signed(plain(), BOARD)
    two = signed(example(), BOARD)
    group.add("proof-of-other-document", {**one, "proof": two["proof"]})
    group.add("subject-of-other-document", _with(one, two, "credentialSubject"))
    composed = signed(plain(name="Zo\u00eb"), BOARD)
    group.add("normalization", {**composed, "name": "Zoe\u0308"}, why="looks the same")
    rdf = signed_rdfc(plain(name="Zo\u00eb"), BOARD)
    group.add("normalization-rdfc", {**rdf, "name": "Zoe\u0308"}, why="looks the same")
    own = signed(plain(), DOCTOR)
    group.add("board-name-own-proof", {**one, "proof": own["proof"]})
    group.add("board-key-twin", signed(plain(), Party("twin")))
    group.add("zero-signature", _proof(one, "proofValue", "z" + "1" * 64))
    group.add("empty-proof-value", _proof(one, "proofValue", ""))


def _with(document: Doc, other: Doc, name: str) -> Doc:
    return {**document, name: other[name]}


def _proof(document: Doc, name: str, value: str) -> Doc:
    return {**document, "proof": {**document["proof"], name: value}}
