"""At the edges of the data model: what its text allows just so, and just no more."""

from __future__ import annotations

import base64
import hashlib
from typing import Any, Final

from tests.attacks.case import Case, Doc, Group
from tests.attacks.documents import BOARD, CANARIES, DOCTOR, STRANGER, legacy, plain
from tests.attacks.groups.valid import accepted
from tests.attacks.honest import b58, b64, signed, signed_rdfc
from tests.attacks.worlds import EXAMPLES_V2, UNDEFINED_V2, V2

_RESOURCE: Final = "https://board.example/logo"
_CONTENT: Final = "hello"
_DIGEST: Final = hashlib.sha256(_CONTENT.encode()).digest()
_MULTIHASH: Final = "u" + b64(b"\x12\x20" + _DIGEST)
_OTHER: Final = "sha384-" + base64.b64encode(hashlib.sha384(b"x").digest()).decode()


def cases() -> list[Case]:
    """Every case of this class."""
    group = Group(name="edge-model", canaries=CANARIES)
    _times(group)
    _names(group)
    _objects(group)
    _resources(group)
    _members(group)
    return group.made


def example(**members: Any) -> Doc:
    """A credential under the examples vocabulary."""
    return plain(**{"@context": [V2, EXAMPLES_V2], **members})


def claiming(**claims: Any) -> Doc:
    """A credential with these claims about the practitioner."""
    return example(credentialSubject={"id": DOCTOR.did, **claims})


def _times(group: Group) -> None:
    fine: dict[str, Doc] = {
        "until-24-00": plain(validUntil="2026-06-15T24:00:00Z"),
        "until-24-00-fraction": plain(validUntil="2026-06-15T24:00:00.000Z"),
        "until-five-digit-year": plain(validUntil="12026-06-15T00:00:00Z"),
        "until-twenty-decimals": plain(validUntil=f"2026-12-15T00:00:00.{'1' * 20}Z"),
        "legacy-24-00": legacy(expirationDate="2026-06-15T24:00:00Z"),
    }
    for name, draft in fine.items():
        accepted(group, name, signed_rdfc(draft, BOARD))
    wrong: dict[str, Doc] = {
        "until-lower-z": plain(validUntil="2026-12-15T00:00:00z"),
        "until-lower-t": plain(validUntil="2026-12-15t00:00:00Z"),
        "until-offset-14-01": plain(validUntil="2026-12-15T00:00:00+14:01"),
        "from-before-the-era": plain(validFrom="-0044-03-15T00:00:00Z"),
        "no-time-at-all": plain(
            validFrom="2026-06-15T12:00:00Z", validUntil="2026-06-15T12:00:00Z"
        ),
    }
    for name, draft in wrong.items():
        group.add(name, signed(draft, BOARD))


def _names(group: Group) -> None:
    fine: dict[str, Any] = {
        "empty": "",
        "direction": {"@value": "x", "@language": "ar", "@direction": "rtl"},
        "array-of-one": [{"@value": "x", "@language": "en"}],
        "language-case": {"@value": "x", "@language": "EN-us"},
    }
    for name, value in fine.items():
        accepted(group, f"name-{name}", signed_rdfc(plain(name=value), BOARD))
    wrong: dict[str, Any] = {
        "strings": ["a", "b"],
        "language-sentence": {"@value": "x", "@language": "not a tag"},
        "language-null": {"@value": "x", "@language": None},
        "with-id": {"@value": "x", "@language": "en", "@id": "urn:x"},
    }
    for name, value in wrong.items():
        group.add(f"name-{name}", signed(plain(name=value), BOARD))
    for name, identifier in {
        "unicode": "https://board.example/caf\u00e9",
        "ipv6": "https://[2001:db8::1]/1",
        "upper-scheme": "HTTPS://board.example/1",
        "mailto": "mailto:board@board.example",
        "query": "https://board.example/1?a=b&c=%20+#x",
    }.items():
        accepted(group, f"id-{name}", signed_rdfc(plain(id=identifier), BOARD))


def _objects(group: Group) -> None:
    a, b = {"id": "urn:x:a"}, {"id": "urn:x:b", "c": {"type": "X"}}
    fine: dict[str, Doc] = {
        "issuer-more": example(issuer={"id": BOARD.did, "seal": {"type": "Seal"}}),
        "subject-graph": claiming(a={**a, "b": [b, {"id": "urn:x:d"}]}),
        "subject-knows-itself": claiming(knows={"id": DOCTOR.did}),
        "subject-type-only": example(credentialSubject={"type": "Person"}),
        "subject-id-only": plain(credentialSubject={"id": DOCTOR.did}),
        "refresh-without-id": example(refreshService={"type": "X"}),
        "terms-two": example(termsOfUse=[{"type": "X"}, {"type": "Y"}]),
        "schema-of-another-kind": example(
            credentialSchema={"id": "https://x.example/s", "type": "ShExSchema"}
        ),
        "type-order": example(type=["X", "VerifiableCredential"]),
        "context-two-vocabularies": plain(
            **{"@context": [V2, UNDEFINED_V2, EXAMPLES_V2]}
        ),
    }
    for name, draft in fine.items():
        accepted(group, name, signed_rdfc(draft, BOARD))
    wrong: dict[str, Doc] = {
        "subjects-nested": example(credentialSubject=[[{"id": DOCTOR.did}]]),
        "subjects-one-empty": example(credentialSubject=[{"id": DOCTOR.did}, {}]),
        "refresh-id-no-url": example(refreshService={"type": "X", "id": "no url"}),
        "schema-empty": example(credentialSchema=[]),
        "type-twice": plain(type=["VerifiableCredential"] * 2),
        "type-case": example(type=["verifiableCredential"]),
        "type-envelope-too": example(
            type=["VerifiableCredential", "EnvelopedVerifiableCredential"]
        ),
        "context-twice": {**plain(), "@context": [V2, V2]},
        "status-nested": plain(credentialStatus=[[{"type": "X"}]]),
    }
    for name, draft in wrong.items():
        group.add(name, signed(draft, BOARD))
    unknown = example(credentialStatus={"id": "urn:x", "type": "X"})
    group.add("status-unknown", signed(unknown, BOARD), expect="not-verified")


def _resources(group: Group) -> None:
    def related(*resources: Any) -> Doc:
        return signed_rdfc(example(relatedResource=list(resources)), BOARD)

    def resource(**members: Any) -> Doc:
        return {"id": _RESOURCE, **members}

    fine: dict[str, Doc] = {
        "absent": resource(digestSRI=_OTHER, mediaType="image/png"),
        "base64url": resource(digestMultibase=_MULTIHASH),
        "extra": resource(digestMultibase=_MULTIHASH, extra="x"),
    }
    for name, one in fine.items():
        accepted(group, f"related-{name}", related(one))
    at_hand: dict[str, Any] = {_RESOURCE: _CONTENT}
    right = resource(digestMultibase=_MULTIHASH)
    accepted(group, "related-at-hand", related(right), documents=at_hand)
    wrong: dict[str, Any] = {
        "text": _RESOURCE,
        "media-number": resource(digestSRI=_OTHER, mediaType=3),
        "two-in-one": resource(digestSRI=f"{_OTHER} {_OTHER}"),
        "relative": {"id": "logo.png", "digestSRI": _OTHER},
        "sha-1": resource(digestMultibase=b58(b"\x11\x14" + bytes(20))),
        "length": resource(digestMultibase="u" + b64(b"\x12\x21" + bytes(32))),
        "one-of-two": resource(digestSRI=_OTHER, digestMultibase=_MULTIHASH),
    }
    for name, one in wrong.items():
        group.add(f"related-{name}", related(one), documents=at_hand)
    changed: dict[str, Any] = {_RESOURCE: f"{_CONTENT}\n"}
    group.add("related-newline", related(right), documents=changed)


def _members(group: Group) -> None:
    for name in ("__proto__", "constructor", "hasOwnProperty", "__class__"):
        accepted(group, f"member-{name}", signed_rdfc(claiming(**{name: "x"}), BOARD))
        undefined = plain(**{name: "x"})
        group.add(f"member-{name}-undefined", signed_rdfc(undefined, BOARD))
    values: dict[str, Any] = {
        "composed-and-not": {"\u00e9": "x", "e\u0301": "y"},
        "not-composed": {"x": "e\u0301"},
        "emoji": {"\U0001f3e5": "\U0001f3e5"},
        "byte-order-mark": {"x": "\ufeff"},
        "empty-text": {"x": ""},
        "mixed-array": {"x": ["a", 1, True, {"type": "Y"}]},
    }
    for name, claims in values.items():
        accepted(group, f"value-{name}", signed_rdfc(claiming(**claims), BOARD))
    lossy: dict[str, Any] = {
        "space-in-name": {"a b": "x"},
        "nul-in-name": {"a\x00b": "x"},
        "twice-the-same": {"x": ["a", "a"]},
        "arrays-in-array": {"x": [["a"], ["b"]]},
    }
    for name, claims in lossy.items():
        draft = claiming(**claims)
        group.add(f"value-{name}", signed_rdfc(draft, BOARD), why="RDF loses a part")
    # The honest party signs by URDNA2015, which writes them as they are.
    draft = claiming(x="\ufffe\uffff")
    why = "RDFC-1.0 escapes U+FFFE and U+FFFF"
    group.add("value-noncharacter", signed_rdfc(draft, BOARD), why=why)
    twice = [{"id": DOCTOR.did, "x": 1}, {"id": DOCTOR.did, "y": 2}]
    group.add("subject-in-halves", signed_rdfc(example(credentialSubject=twice), BOARD))
    nested = example(issuer={"id": BOARD.did, "issuer": STRANGER.did})
    moved = signed({**nested, "issuer": STRANGER.did}, BOARD)
    group.add("issuer-in-issuer-moved", moved)
