"""Signed documents that break the VC Data Model."""

from __future__ import annotations

from typing import Any, Final

from tests.attacks.case import Case, Doc, Group
from tests.attacks.documents import BOARD, CANARIES, DOCTOR, NAME, legacy, plain
from tests.attacks.honest import signed, signed_rdfc
from tests.attacks.worlds import EXAMPLES_V2, V1, V2

_STATUS: Final = {
    "id": "https://board.example/status/1#7",
    "type": "BitstringStatusListEntry",
    "statusPurpose": "revocation",
    "statusListIndex": "7",
    "statusListCredential": "https://board.example/status/1",
}
_JUNK: Final[tuple[Any, ...]] = (True, 7, "", [], [[]], "text")


# Members that VCDM 2.0 does not define there: only RDF, not JSON, would lose them.
_UNDEFINED: Final = {"holder-in-credential", "credential-in-credential"}


def cases() -> list[Case]:
    """Every case of this class."""
    group = Group(name="data-model", canaries=CANARIES)
    for name, draft in _drafts().items():
        if name not in _UNDEFINED:
            group.add(name, signed(draft, BOARD))
        group.add(f"{name}-rdfc", signed_rdfc(draft, BOARD))
    _confused(group)
    _names(group)
    _legacy(group)
    _related(group)
    return group.made


def _drafts() -> dict[str, Doc]:
    subject = {"id": DOCTOR.did, "name": NAME}
    typed = {"@context": [V2, EXAMPLES_V2]}
    status = {k: v for k, v in _STATUS.items() if k != "type"}
    return {
        "type-missing": plain(type=None),
        "type-empty": plain(type=[]),
        "type-without-vc": plain(**typed, type=["License"]),
        "type-text-other": plain(**typed, type="License"),
        "type-null-inside": plain(type=["VerifiableCredential", None]),
        "type-nested": plain(type=[["VerifiableCredential"]]),
        "type-number": plain(type=["VerifiableCredential", 7]),
        "type-presentation": plain(type=["VerifiablePresentation"]),
        "type-both": plain(type=["VerifiableCredential", "VerifiablePresentation"]),
        "subject-missing": plain(credentialSubject=None),
        "subject-empty-array": plain(credentialSubject=[]),
        "subject-empty-object": plain(credentialSubject={}),
        "subject-one-empty": plain(credentialSubject=[subject, {}]),
        "subject-null-inside": plain(credentialSubject=[subject, None]),
        "subject-text": plain(credentialSubject=DOCTOR.did),
        "subject-id-array": plain(credentialSubject={**subject, "id": [DOCTOR.did]}),
        "subject-id-two": plain(
            credentialSubject={**subject, "id": [DOCTOR.did, BOARD.did]}
        ),
        "subject-id-number": plain(credentialSubject={**subject, "id": 7}),
        "subject-id-object": plain(credentialSubject={**subject, "id": {}}),
        "subject-id-null": plain(credentialSubject={**subject, "id": None}),
        "id-array": plain(id=["urn:uuid:5f0a6c2e-6f0b-4a55-9f0e-0d6a1d0b7c11"]),
        "id-two": plain(id=["urn:x:1", "urn:x:2"]),
        "id-number": plain(id=7),
        "id-not-url": plain(id="not a url"),
        "id-object": plain(id={"id": "urn:x:1"}),
        "status-no-type": plain(credentialStatus=status),
        "status-null": plain(credentialStatus=[_STATUS, None]),
        "status-text": plain(credentialStatus="https://board.example/status/1#7"),
        "status-type-number": plain(credentialStatus={**_STATUS, "type": 7}),
        "status-id-not-url": plain(credentialStatus={**_STATUS, "id": "not a url"}),
        "status-two-ids": plain(
            credentialStatus={**_STATUS, "id": ["urn:x:1", "urn:x:2"]}
        ),
        "schema-no-id": plain(credentialSchema={"type": "JsonSchema"}),
        "schema-no-type": plain(credentialSchema={"id": "https://board.example/s"}),
        "schema-text": plain(credentialSchema="https://board.example/s"),
        "schema-id-not-url": plain(
            credentialSchema={"id": "s s", "type": "JsonSchema"}
        ),
        "evidence-no-type": plain(evidence={"id": "urn:x:1"}),
        "evidence-text": plain(evidence="passport"),
        "terms-no-type": plain(termsOfUse={"id": "urn:x:1"}),
        "terms-text": plain(termsOfUse="urn:x:1"),
        "refresh-no-type": plain(refreshService={"id": "https://board.example/r"}),
        "refresh-text": plain(refreshService="https://board.example/r"),
        "related-no-digest": plain(relatedResource={"id": "https://board.example/r"}),
        "related-no-id": plain(relatedResource={"digestSRI": "sha384-AAAA"}),
        "related-twice": plain(
            relatedResource=[
                {"id": V2, "digestMultibase": "zQm"},
                {"id": V2, "digestMultibase": "zQm"},
            ]
        ),
        "issuance-date-in-2": plain(issuanceDate="2026-01-01T00:00:00Z"),
        "holder-in-credential": plain(holder=DOCTOR.did),
        "credential-in-credential": plain(verifiableCredential=[plain()]),
    }


def _confused(group: Group) -> None:
    names = (
        "credentialSubject",
        "credentialStatus",
        "credentialSchema",
        "issuer",
        "evidence",
        "termsOfUse",
        "refreshService",
        "relatedResource",
        "type",
        "id",
    )
    for name in names:
        for number, junk in enumerate(_JUNK):
            document = signed({**plain(), name: junk}, BOARD)
            group.add(f"confused-{name}-{number}", document, why="another JSON type")


def _names(group: Group) -> None:
    english = {"@value": "Board", "@language": "en"}
    values: dict[str, Any] = {
        "extra-member": {**english, "url": "did:example:1"},
        "number": 7,
        "true": True,
        "object": {"text": "Board"},
        "value-number": {"@value": 7},
        "value-missing": {"@language": "en"},
        "language-number": {"@value": "x", "@language": 7},
        "language-array": {"@value": "x", "@language": ["en"]},
        "direction-unknown": {**english, "@direction": "up"},
        "type-member": {**english, "@type": "http://www.w3.org/2001/XMLSchema#string"},
        "list": {"@list": ["a", "b"]},
        "two-languages-nested": [[english]],
    }
    for name, value in values.items():
        group.add(f"name-{name}", signed_rdfc(plain(name=value), BOARD))
        issuer = {"id": BOARD.did, "name": value}
        group.add(f"issuer-name-{name}", signed_rdfc(plain(issuer), BOARD))
        group.add(f"description-{name}", signed(plain(description=value), BOARD))


def _legacy(group: Group) -> None:
    drafts = {
        "valid-from-only": legacy(issuanceDate=None, validFrom="2026-01-01T00:00:00Z"),
        "type-missing": legacy(type=None),
        "subject-missing": legacy(credentialSubject=None),
        "issuer-missing-id": legacy({"name": "Board"}),
        "undefined-term": legacy(licenseStatus="active"),
        "proof-context-missing": legacy(**{"@context": [V1]}),
        "name": legacy(name="License"),
    }
    for name, draft in drafts.items():
        group.add(f"legacy-{name}", signed_rdfc(draft, BOARD))


def _related(group: Group) -> None:
    url = "https://board.example/handbook"
    wrong = "sha384-" + "A" * 64
    resources: dict[str, Doc] = {
        "wrong-digest": {"id": url, "digestSRI": wrong},
        "unknown-hash": {"id": url, "digestSRI": "md5-AAAAAAAAAAAAAAAAAAAAAA=="},
        "empty-digest": {"id": url, "digestSRI": ""},
        "wrong-multibase": {"id": url, "digestMultibase": "uEiA" + "A" * 40},
        "bundled-wrong": {"id": V2, "digestSRI": wrong},
    }
    for name, resource in resources.items():
        group.add(
            f"related-{name}",
            signed(plain(relatedResource=resource), BOARD),
            expect="not-verified",
            documents={url: b"handbook"},
        )
    _schemas(group)


def _schemas(group: Group) -> None:
    url = "https://board.example/schema"
    named = plain(credentialSchema={"id": url, "type": "JsonSchema"})
    document = signed(named, BOARD)
    schemas: dict[str, Doc | bytes | str] = {
        "violated": {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "required": ["nothing"],
        },
        "not-json": "schema",
        "not-a-schema": {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": 7,
        },
        "remote-reference": {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$ref": "https://evil.example/schema",
        },
        "file-reference": {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$ref": "file:///etc/passwd",
        },
        "self-reference": {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$ref": "#",
        },
        "slow-pattern": {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "properties": {"id": {"pattern": "^(([a-z:0-9-])+)+$ "}},
            "required": ["nothing"],
        },
    }
    for name, schema in schemas.items():
        group.add(
            f"schema-{name}", document, expect="not-verified", documents={url: schema}
        )
