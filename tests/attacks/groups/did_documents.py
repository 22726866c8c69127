"""DID documents as files: forged ones, and credentials dressed as one."""

from __future__ import annotations

from typing import Any

from tests.attacks.case import Case, Doc, Group
from tests.attacks.documents import (
    BOARD,
    CANARIES,
    DOCTOR,
    STRANGER,
    did_document,
    license_draft,
    plain,
    presentation,
)
from tests.attacks.honest import b64, signed

_WEB = "did:web:board.example"


def cases() -> list[Case]:
    """Every case of this class."""
    group = Group(name="did-document", canaries=CANARIES)
    _dressed(group)
    _forged(group)
    _malformed(group)
    well_formed = did_document(_WEB, BOARD)
    group.add("well-formed-web", well_formed, expect="verified")
    return group.made


def _dressed(group: Group) -> None:
    """Without a type, a credential may look like a DID document to a reader."""
    unsigned = {k: v for k, v in plain(id=BOARD.did).items() if k != "type"}
    proven = signed({**unsigned}, BOARD)
    licensed = {k: v for k, v in license_draft(id=BOARD.did).items() if k != "type"}
    shown = {**presentation(unsigned), "id": DOCTOR.did}
    del shown["type"]
    shapes: dict[str, Doc] = {
        "credential": unsigned,
        "credential-signed": proven,
        "credential-proof-empty": {**unsigned, "proof": []},
        "license": licensed,
        "presentation": shown,
        "credential-and-keys": {**did_document(_WEB, BOARD), **unsigned, "id": _WEB},
    }
    for name, shape in shapes.items():
        group.add(f"dressed-{name}", shape, why="no type, no proof, no verdict")


def _forged(group: Group) -> None:
    """A did:key or did:jwk document is derived from the DID: no other one is true."""
    for name, did in {"key": BOARD.did, "jwk": BOARD.did_jwk}.items():
        forged = did_document(did, STRANGER)
        group.add(f"forged-{name}", forged, why="the DID itself says otherwise")
        extra = did_document(did, BOARD)
        extra["verificationMethod"].append(
            {
                "id": f"{did}#key-2",
                "type": "Multikey",
                "controller": did,
                "publicKeyMultibase": STRANGER.multikey,
            }
        )
        extra["assertionMethod"] = [f"{did}#key-2"]
        group.add(f"forged-{name}-second-key", extra, why="one key, and no other")


def _malformed(group: Group) -> None:
    good = did_document(_WEB, BOARD)
    method = good["verificationMethod"][0]
    alone = {name: value for name, value in method.items() if name != "controller"}
    shapes: dict[str, Any] = {
        "id-not-a-did": {**good, "id": "did:web"},
        "id-url": {**good, "id": f"{_WEB}#key-1"},
        "id-space": {**good, "id": f"{_WEB} "},
        "methods-text": {**good, "verificationMethod": "key"},
        "method-no-id": {**good, "verificationMethod": [{**method, "id": None}]},
        "method-no-controller": {**good, "verificationMethod": [alone]},
        "method-private-jwk": {
            **good,
            "verificationMethod": [
                {
                    "id": f"{_WEB}#key-1",
                    "type": "JsonWebKey",
                    "controller": _WEB,
                    "publicKeyJwk": {**BOARD.jwk, "d": b64(bytes(32))},
                }
            ],
        },
        "reference-number": {**good, "assertionMethod": [7]},
        "relationship-text": {**good, "assertionMethod": f"{_WEB}#key-1"},
        "services-text": {**good, "service": "x"},
        "controller-number": {**good, "controller": 7},
    }
    for name, shape in shapes.items():
        group.add(f"malformed-{name}", shape)
