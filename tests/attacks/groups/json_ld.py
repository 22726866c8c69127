"""JSON-LD: what the signature covers is not what a JSON reader sees."""

from __future__ import annotations

import copy
from typing import Any, Final

from tests.attacks.case import Case, Doc, Group
from tests.attacks.documents import (
    BOARD,
    CANARIES,
    DOCTOR,
    NAME,
    PATIENT,
    STRANGER,
    consent_draft,
    edited,
    example,
    license_draft,
    plain,
)
from tests.attacks.honest import signed, signed_rdfc
from tests.attacks.worlds import EVIL, V2

_CRED: Final = "https://www.w3.org/2018/credentials#"
_CODES: Final = (
    "CONTEXT_NOT_TRUSTED DATA_LOSS_DETECTION_ERROR NOT_COMPACT "
    "MALFORMED_VALUE_ERROR PROOF_TRANSFORMATION_ERROR PARSING_ERROR"
)
_REVOKED: Final = {
    "id": "https://board.example/status/1#7",
    "type": "BitstringStatusListEntry",
    "statusPurpose": "revocation",
    "statusListIndex": "7",
    "statusListCredential": "https://board.example/status/1",
}


def cases() -> list[Case]:
    """Every case of this class."""
    group = Group(name="json-ld", canaries=CANARIES)
    _undefined(group)
    _respelled(group)
    _keywords(group)
    _values(group)
    _identifiers(group)
    _poison(group)
    return group.made


def both_suites(group: Group, name: str, draft: Doc, codes: str = _CODES) -> None:
    """Sign ``draft`` as it stands with both suites."""
    group.add(f"{name}-rdfc", signed_rdfc(draft, BOARD), codes=codes)
    group.add(f"{name}-jcs", signed(draft, BOARD), codes=codes)


def _undefined(group: Group) -> None:
    subject = {"id": DOCTOR.did, "name": NAME}
    drafts = {
        "term-top": plain(licenseStatus="active"),
        "term-subject": plain(credentialSubject={**subject, "role": "surgeon"}),
        "term-nested": plain(credentialSubject={**subject, "a": {"b": {"c": 1}}}),
        "term-issuer": plain({"id": BOARD.did, "jurisdiction": "US-OH"}),
        "type": plain(type=["VerifiableCredential", "PhysicianLicense"]),
        "type-subject": plain(credentialSubject={**subject, "type": "Surgeon"}),
        "license-without-context": license_draft(**{"@context": [V2]}),
        "term-beside-type": plain(credentialSubject={**subject, "license": {"a": 1}}),
        "misspelt": plain(validuntil="2020-01-01T00:00:00Z"),
        "term-of-1.1": plain(expirationDate="2020-01-01T00:00:00Z"),
        "empty-name": plain(credentialSubject={**subject, "": "x"}),
        "license-wrong-type": edited(
            license_draft(), "credentialSubject", "type", value="ConsentingPatient"
        ),
        "license-no-type": edited(license_draft(), "credentialSubject", "type"),
    }
    for name, draft in drafts.items():
        # What eddsa-jcs-2022 signs needs no definition: only RDF loses it.
        group.add(f"undefined-{name}", signed_rdfc(draft, BOARD), codes=_CODES)
    honest = signed_rdfc(plain(), BOARD)
    for place in ((), ("credentialSubject",)):
        mutant = copy.deepcopy(honest)
        node: Any = mutant
        for step in place:
            node = node[step]
        node["unsignedRole"] = "chief surgeon"
        group.add(f"unsigned-term-{len(place)}", mutant, codes=_CODES)


def _respelled(group: Group) -> None:
    """The RDF, and with it the signature, stays the same; a JSON reader sees less."""
    expired = signed_rdfc(plain(validUntil="2026-01-31T00:00:00Z"), BOARD)
    revoked = signed_rdfc(plain(credentialStatus=_REVOKED), BOARD)
    typed = {
        "@value": "2026-01-31T00:00:00Z",
        "@type": "http://www.w3.org/2001/XMLSchema#dateTime",
    }
    date = "2026-01-31T00:00:00Z"
    spellings: dict[str, Doc] = {
        "full-iri": {f"{_CRED}validUntil": typed},
        "full-iri-array": {f"{_CRED}validUntil": [typed]},
        "value-object": {"validUntil": typed},
        "value-object-array": {"validUntil": [typed]},
        "array": {"validUntil": [date]},
        "nest": {"@nest": {"validUntil": date}},
        "nest-array": {"@nest": [{"validUntil": date}]},
        "set": {"validUntil": {"@set": [date]}},
        "value-untyped": {"validUntil": {"@value": date}},
    }
    for name, members in spellings.items():
        mutant = {k: v for k, v in expired.items() if k != "validUntil"}
        group.add(f"expired-{name}", {**mutant, **members}, why="the end is hidden")
    bare = {k: v for k, v in revoked.items() if k != "credentialStatus"}
    hidden: dict[str, Doc] = {
        "full-iri": {f"{_CRED}credentialStatus": _REVOKED},
        "nest": {"@nest": {"credentialStatus": _REVOKED}},
        "graph-set": {"credentialStatus": {"@set": [_REVOKED]}},
        "included": {
            "@included": [_REVOKED],
            "credentialStatus": {"id": _REVOKED["id"]},
        },
        "reference": {"credentialStatus": _REVOKED["id"]},
        "expanded-members": {
            "credentialStatus": {
                "@id": _REVOKED["id"],
                "@type": "https://www.w3.org/ns/credentials/status#BitstringStatusListEntry",
            }
        },
    }
    for name, members in hidden.items():
        group.add(f"revoked-{name}", {**bare, **members}, why="the status is hidden")
    _respelled_subjects(group)


def _respelled_subjects(group: Group) -> None:
    honest = signed_rdfc(plain(), BOARD)
    subject = honest["credentialSubject"]
    bare = {k: v for k, v in honest.items() if k != "credentialSubject"}
    shapes: dict[str, Doc] = {
        "at-id": {"credentialSubject": {"@id": subject["id"], "name": NAME}},
        "full-iri": {f"{_CRED}credentialSubject": subject},
        "nest": {"@nest": {"credentialSubject": subject}},
        "set": {"credentialSubject": {"@set": [subject]}},
        "name-iri": {
            "credentialSubject": {
                "id": subject["id"],
                "https://schema.org/name": NAME,
            }
        },
        "name-value": {
            "credentialSubject": {"id": subject["id"], "name": {"@value": NAME}}
        },
        "name-twice": {
            "credentialSubject": {
                **subject,
                "https://schema.org/name": NAME,
            }
        },
        "id-twice": {"credentialSubject": {**subject, "@id": STRANGER.did}},
        "included": {
            "credentialSubject": {"id": subject["id"]},
            "@included": [subject],
        },
    }
    for name, members in shapes.items():
        group.add(
            f"subject-{name}", {**bare, **members}, why="RDF-equal, JSON-different"
        )
    renamed = {k: v for k, v in honest.items() if k not in {"id", "type"}}
    for name, members in {
        "at-type": {"@type": honest["type"], "id": honest["id"]},
        "at-id": {"@id": honest["id"], "type": honest["type"]},
        "type-iri": {"id": honest["id"], "type": [f"{_CRED}VerifiableCredential"]},
    }.items():
        group.add(f"root-{name}", {**renamed, **members})
    issuer = signed_rdfc(plain({"id": BOARD.did}), BOARD)
    group.add("issuer-at-id", {**issuer, "issuer": {"@id": BOARD.did}})
    graph = {"@context": issuer["@context"], "@graph": [{**issuer, "@context": [V2]}]}
    group.add("root-graph", graph)


def _keywords(group: Group) -> None:
    subject = {"id": DOCTOR.did, "name": NAME}
    members: dict[str, Any] = {
        "@graph": [{"id": STRANGER.did, "name": "x"}],
        "@included": [{"id": STRANGER.did, "name": "x"}],
        "@reverse": {"name": [{"id": STRANGER.did}]},
        "@nest": {"name": "x"},
        "@set": [subject],
        "@list": [subject],
        "@index": "x",
        "@value": "x",
        "@language": "en",
        "@direction": "ltr",
        "@json": {"a": 1},
        "@none": "x",
        "@vocab": "https://example.org/#",
        "@base": "https://example.org/",
        "@import": EVIL,
        "@protected": True,
        "@foo": "x",
        "@Type": "x",
        "@": "x",
        "_:b0": "x",
        "https://example.org/#claim": "x",
        "urn:claim": "x",
        "schema:name": "x",
    }
    for name, value in members.items():
        label = name.strip("@") or "at"
        both_suites(group, f"member-top-{label}", {**plain(), name: value})
        inner = plain(credentialSubject={**subject, name: value})
        both_suites(group, f"member-subject-{label}", inner)


def _values(group: Group) -> None:
    subject = {"id": DOCTOR.did, "name": NAME}
    values: dict[str, Doc] = {
        "null-member": plain(credentialSubject={**subject, "description": None}),
        "datatype": plain(
            credentialSubject={
                **subject,
                "description": {
                    "@value": "7",
                    "@type": "http://www.w3.org/2001/XMLSchema#int",
                },
            }
        ),
        "json-literal": plain(
            credentialSubject={
                **subject,
                "description": {"@value": {"a": 1}, "@type": "@json"},
            }
        ),
        "null-value": plain(
            credentialSubject={**subject, "description": {"@value": None}}
        ),
        "list": plain(credentialSubject={**subject, "description": {"@list": ["x"]}}),
        "bad-language": plain(
            credentialSubject={
                **subject,
                "description": {"@value": "x", "@language": "not a language"},
            }
        ),
        "license-null": {**license_draft(), "description": None},
    }
    for name, draft in values.items():
        group.add(f"value-{name}", signed_rdfc(draft, BOARD), codes=_CODES)
    consented = signed_rdfc(consent_draft(), PATIENT)
    consented["credentialSubject"]["actorBinding"][0]["description"] = None
    group.add("null-in-consent", consented, why="a null is not signed")
    top = signed_rdfc(plain(), BOARD)
    group.add("empty-array-evidence", {**top, "evidence": []})
    group.add("empty-array-status", {**top, "credentialStatus": []})
    group.add("null-status", {**top, "credentialStatus": None})
    group.add("null-valid-until", {**top, "validUntil": None})


def _identifiers(group: Group) -> None:
    subject = {"name": NAME}
    for name, identifier in {
        "relative": "practitioner/7",
        "relative-dot": "./7",
        "fragment": "#me",
        "empty": "",
        "blank": "_:b0",
        "space": "did:key:a b",
        "angle": "urn:x:<y>",
        "quote": 'urn:x:"y"',
        "newline": "urn:x:y\nurn:x:z",
        "brace": "urn:x:{y}",
        "backslash": "urn:x:\\y",
        "no-scheme": "://x",
        "protocol-relative": "//evil.example/x",
        "digit-scheme": "1:x",
    }.items():
        draft = plain(credentialSubject={"id": identifier, **subject})
        both_suites(group, f"subject-id-{name}", draft)
    for name, draft in {
        "schema-relative": plain(
            credentialSchema={"id": "s.json", "type": "JsonSchema"}
        ),
        "schema-blank": plain(credentialSchema={"id": "_:s", "type": "JsonSchema"}),
        "type-relative": plain(type=["VerifiableCredential", "../License"]),
        "type-empty": plain(type=["VerifiableCredential", ""]),
        "type-blank": plain(type=["VerifiableCredential", "_:T"]),
        "id-relative": plain(id="credential-7"),
        "id-blank": plain(id="_:c"),
    }.items():
        group.add(f"id-{name}", signed_rdfc(draft, BOARD), codes=_CODES)


def _poison(group: Group) -> None:
    for size in (10, 14):
        nodes = [f"_:n{n}" for n in range(size)]
        related = [
            {"id": node, "knows": [{"id": other} for other in nodes if other != node]}
            for node in nodes
        ]
        draft = example(claims={"friends": related})
        forged = signed(draft, BOARD)
        forged["proof"] = {**forged["proof"], "cryptosuite": "eddsa-rdfc-2022"}
        del forged["proof"]["@context"]
        group.add(f"poison-clique-{size}", forged, why="bounded work")
    nested: Any = {"a": "x"}
    for level in range(20):
        nested = {"a": [nested, nested]} if level < 8 else {"a": nested}
    draft = example(claims={"tree": nested})
    forged = signed(draft, BOARD)
    forged["proof"]["cryptosuite"] = "eddsa-rdfc-2022"
    group.add("poison-tree", forged, why="bounded work")
    twins: list[Doc] = [{"likes": {"likes": {}}} for _ in range(200)]
    forged = signed(example(claims={"twins": twins}), BOARD)
    forged["proof"]["cryptosuite"] = "eddsa-rdfc-2022"
    group.add("poison-twins", forged, why="bounded work")
