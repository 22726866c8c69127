"""Valid members and contents of credentials: all are accepted."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from tests.attacks.case import Case, Doc, Group
from tests.attacks.documents import (
    BOARD,
    CANARIES,
    DOCTOR,
    NAME,
    PATIENT,
    consent_draft,
    example,
    fhir_consent,
    license_draft,
    plain,
)
from tests.attacks.groups.valid import accepted, both
from tests.attacks.honest import b64, signed, signed_rdfc
from tests.attacks.worlds import EXAMPLES_V2, V2


def cases() -> list[Case]:
    """Every case of this class."""
    group = Group(name="valid-content", canaries=CANARIES)
    _members(group)
    _consents(group)
    return group.made


def _members(group: Group) -> None:
    subjects = [{"id": DOCTOR.did, "name": "A"}, {"id": PATIENT.did, "name": "B"}]
    typed = {"@context": [V2, EXAMPLES_V2]}
    languages = [
        {"@value": "License", "@language": "en"},
        {"@value": "Lizenz", "@language": "de"},
    ]
    evidence = {"id": "https://board.example/e/1", "type": ["Evidence"]}
    drafts: dict[str, Doc] = {
        "license": license_draft(),
        "subjects-two": plain(credentialSubject=subjects),
        "subject-array-of-one": plain(credentialSubject=subjects[:1]),
        "subject-without-id": plain(credentialSubject={"name": NAME}),
        "no-id": plain(id=None),
        "type-text": plain(type="VerifiableCredential"),
        "context-text": {**plain(), "@context": V2},
        "name": plain(name="License"),
        "name-languages": plain(name=languages),
        "description-language": plain(description=languages[0]),
        "examples": example(),
        "examples-type": example(type=["VerifiableCredential", "ExampleCredential"]),
        "examples-numbers": example(claims={"age": 7, "flag": True, "weight": -12}),
        "examples-floats": example(claims={"weight": 72.5, "tiny": 0.001}),
        "examples-nested": example(claims={"a": {"b": {"c": ["x", "y"]}}}),
        "evidence": plain(**typed, evidence=evidence),
        "evidences": plain(**typed, evidence=[evidence, {**evidence, "id": "urn:x:2"}]),
        "terms-of-use": plain(**typed, termsOfUse={"type": "MyTerms", "id": "urn:x:t"}),
        "refresh-service": plain(
            **typed,
            refreshService={"type": "MyRefresh", "id": "https://board.example/r"},
        ),
        "id-https": plain(id="https://board.example/credentials/7"),
        "id-did": plain(id="did:example:credential"),
        "type-url": plain(
            type=["VerifiableCredential", "https://example.org/#License"]
        ),
    }
    for name, draft in drafts.items():
        if name == "type-url":
            continue
        both(group, f"member-{name}", draft)
    code = {"type": "Code", "system": "http://loinc.org", "code": "1"}
    for number in (2, 3, 5, 8):
        draft = license_draft()
        draft["credentialSubject"]["license"]["specialty"] = [code] * number
        accepted(group, f"member-twins-{number}", signed_rdfc(draft, BOARD))
    _schemas(group)


def _schemas(group: Group) -> None:
    url = "https://board.example/schema"
    schema: Doc = {
        "$id": url,
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": ["issuer"],
        "properties": {"credentialSubject": {"type": "object"}},
    }
    named = plain(credentialSchema={"id": url, "type": "JsonSchema"})
    accepted(group, "schema", signed(named, BOARD), documents={url: schema})
    several = plain(credentialSchema=[{"id": url, "type": "JsonSchema"}])
    accepted(
        group, "schema-array", signed_rdfc(several, BOARD), documents={url: schema}
    )
    resource = b"handbook"
    handbook = "https://board.example/handbook"
    digests = {
        "sri-256": {"digestSRI": _sri("sha256", resource)},
        "sri-384": {"digestSRI": _sri("sha384", resource)},
        "sri-512": {"digestSRI": _sri("sha512", resource)},
        "multibase": {"digestMultibase": _multihash(resource)},
    }
    for name, digest in digests.items():
        draft = plain(relatedResource={"id": handbook, **digest})
        accepted(
            group,
            f"related-{name}",
            signed(draft, BOARD),
            documents={handbook: resource},
        )


def _sri(name: str, content: bytes) -> str:
    found = hashlib.new(name, content).digest()
    return f"{name}-{base64.b64encode(found).decode()}"


def _multihash(content: bytes) -> str:

    return "u" + b64(b"\x12\x20" + hashlib.sha256(content).digest())


def _consents(group: Group) -> None:
    contents: dict[str, Any] = {
        "fhir": fhir_consent(),
        "empty-arrays": {"a": [], "b": {}, "c": [[]], "d": [{}]},
        "null": {"a": None, "b": [None]},
        "colons": {"a:b": 1, "https://example.org/x": {"y:z": "w"}},
        "keywords": {"@id": "x", "@type": "y", "@context": {"a": "b"}, "@foo": 1},
        "floats": {"a": 1.5, "b": -0.25, "c": 100.125},
        "booleans": {"a": True, "b": False},
        "numbers": {"a": 0, "b": -7, "c": 9007199254740991},
        "order": {"b": 1, "a": 2, "A": 3, "10": 4, "9": 5},
        "unicode": {"\u00e9": "\u00e8", "\u20ac": "\U0001f600"},
        "escapes": {"a": 'quote " slash / back \\ newline \n tab \t'},
        "date-like": {"validUntil": "2001-01-01T00:00:00Z", "expires": "never"},
        "proof-like": {"proof": [], "type": "VerifiableCredential", "issuer": "x"},
        "iri-names": {"https://www.w3.org/2018/credentials#validUntil": "x"},
        "deep": _deep(30),
    }
    for name, content in contents.items():
        both(group, f"consent-{name}", consent_draft(content), PATIENT)


def _deep(levels: int) -> Doc:
    node: Doc = {"end": True}
    for _ in range(levels):
        node = {"in": node}
    return node
