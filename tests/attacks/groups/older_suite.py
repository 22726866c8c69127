"""Ed25519Signature2020, the suite before Data Integrity: verified, and no looser."""

from __future__ import annotations

from typing import Any, Final

from tests.attacks.case import Case, Doc, Group
from tests.attacks.documents import (
    BOARD,
    CANARIES,
    DOCTOR,
    NONCE,
    STRANGER,
    legacy,
    plain,
    presentation,
)
from tests.attacks.honest import Party, finish_proof, proof_options
from tests.attacks.worlds import ED25519_2020, V1, V2

_ARGS: Final = ("--challenge", NONCE, "--domain", "hospital.example")


def cases() -> list[Case]:
    """Every case of this class."""
    group = Group(name="older-suite", canaries=CANARIES)
    _valid(group)
    _tampered(group)
    _options(group)
    return group.made


def older(draft: Doc, party: Party = BOARD, **members: Any) -> Doc:
    """``draft`` with an Ed25519Signature2020 proof under its own contexts."""
    options = proof_options(
        party, **{"type": "Ed25519Signature2020", "cryptosuite": None, **members}
    )
    return {**draft, "proof": finish_proof(draft, party, options)}


def _draft(**members: Any) -> Doc:
    return legacy(**{"@context": [V1, ED25519_2020], **members})


def _valid(group: Group) -> None:
    group.add("version-1", older(_draft()), expect="verified")
    newer = plain(**{"@context": [V2, ED25519_2020]})
    group.add("version-2", older(newer), expect="verified")
    shown = presentation(older(_draft()))
    shown["@context"] = [V1, ED25519_2020]
    options = {"challenge": NONCE, "domain": "hospital.example"}
    signed = older(shown, DOCTOR, proofPurpose="authentication", **options)
    group.add("presentation", signed, expect="verified", args=_ARGS)


def _tampered(group: Group) -> None:
    honest = older(_draft())
    mutants: dict[str, Doc] = {
        "subject": {**honest, "credentialSubject": {"id": STRANGER.did}},
        "end": {**honest, "expirationDate": "2029-01-01T00:00:00Z"},
        "end-removed": {k: v for k, v in honest.items() if k != "expirationDate"},
        "undefined-term": {**honest, "role": "surgeon"},
        "context-unknown": {
            **honest,
            "@context": [V1, ED25519_2020, "https://evil.example/context.jsonld"],
        },
    }
    for name, mutant in mutants.items():
        group.add(f"tampered-{name}", mutant)
    for name, value in {
        "created": "2026-06-02T09:00:00Z",
        "type": "Ed25519Signature2018",
        "proofPurpose": "authentication",
        "verificationMethod": STRANGER.method,
        "cryptosuite": "eddsa-rdfc-2022",
    }.items():
        proof = {**honest["proof"], name: value}
        group.add(
            f"proof-{name}",
            {**honest, "proof": proof},
            expect="not-verified" if name == "type" else "refused",
        )


def _options(group: Group) -> None:
    options: dict[str, Doc] = {
        "purpose": {"proofPurpose": "authentication"},
        "created-future": {"created": "2026-06-16T12:00:00Z"},
        "expired": {"expires": "2026-06-15T11:00:00Z"},
        "jws": {"jws": "e30..x"},
    }
    for name, members in options.items():
        group.add(f"option-{name}", older(_draft(), **members))
    group.add("stranger", older(_draft(), STRANGER))
    group.add("expired", older(_draft(expirationDate="2026-06-15T11:59:59Z")))
    missing = older(legacy(**{"@context": [V1]}))
    group.add("context-missing", missing, why="the proof's own terms are undefined")
    group.add("undefined-term", older(_draft(licenseStatus="active")))
    group.add(
        "bare-2-context", older(plain()), why="VCDM 2.0 does not define the suite"
    )
