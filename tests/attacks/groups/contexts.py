"""JSON-LD contexts: unknown, inline, in another order, in other places."""

from __future__ import annotations

from typing import Any, Final

from tests.attacks.case import Case, Group
from tests.attacks.documents import BOARD, CANARIES, DOCTOR, NAME, license_draft, plain
from tests.attacks.groups.json_ld import both_suites
from tests.attacks.honest import signed, signed_rdfc
from tests.attacks.worlds import EVIL, EXAMPLES_V2, HEALTH, V1, V2

_CRED: Final = "https://www.w3.org/2018/credentials#"
_CODES: Final = (
    "CONTEXT_NOT_TRUSTED DATA_LOSS_DETECTION_ERROR NOT_COMPACT "
    "MALFORMED_VALUE_ERROR PROOF_TRANSFORMATION_ERROR PARSING_ERROR"
)


def cases() -> list[Case]:
    """Every case of this class."""
    group = Group(name="json-ld", canaries=CANARIES)
    _contexts(group)
    return group.made


def _contexts(group: Group) -> None:
    inline = {"claim": "https://example.org/#claim"}
    override = {"validUntil": "https://example.org/#later"}
    contexts: dict[str, Any] = {
        "inline": [V2, inline],
        "inline-override": [V2, override],
        "inline-vocab": [V2, {"@vocab": "https://example.org/#"}],
        "inline-base": [V2, {"@base": "https://example.org/"}],
        "inline-import": [V2, {"@import": EVIL}],
        "inline-propagate": [V2, {"@propagate": False, "x": "urn:x"}],
        "inline-version": [V2, {"@version": 1.1}],
        "inline-empty": [V2, {}],
        "inline-alias": [V2, {"expires": f"{_CRED}validUntil"}],
        "unknown": [V2, EVIL],
        "unknown-first": [EVIL, V2],
        "unknown-only": [EVIL],
        "http": ["http://www.w3.org/ns/credentials/v2"],
        "trailing-slash": [V2 + "/"],
        "fragment": [V2 + "#"],
        "query": [V2 + "?x"],
        "upper-case": [V2.upper()],
        "space": [V2 + " "],
        "homoglyph": [V2.replace("credentials", "cr\u0435dentials")],
        "percent": [V2.replace("v2", "%762")],
        "dot-segment": [V2.replace("/ns/", "/ns/./")],
        "order": [EXAMPLES_V2, V2],
        "second-only": [EXAMPLES_V2],
        "both-versions": [V1, V2],
        "both-versions-reversed": [V2, V1],
        "null-in-array": [V2, None],
        "null-first": [None, V2],
        "nested-array": [[V2]],
        "nested-second": [V2, [EXAMPLES_V2]],
        "empty-array": [],
        "empty-text": "",
        "number": [V2, 7],
        "null": None,
        "object": {"@vocab": "https://example.org/#"},
        "file": [V2, "file:///etc/passwd"],
        "local": [V2, "https://127.0.0.1/context"],
        "relative": [V2, "context.jsonld"],
        "data": [V2, "data:application/ld+json,{}"],
        "many": [V2] + [f"https://evil.example/{n}" for n in range(500)],
        "did": [V2, BOARD.did],
    }
    for name, context in contexts.items():
        draft = {**plain(), "@context": context}
        group.add(f"context-{name}-jcs", signed(draft, BOARD), codes=_CODES)
        if name.startswith("inline") or name in {"unknown", "order", "null-in-array"}:
            group.add(f"context-{name}-rdfc", signed_rdfc(draft, BOARD), codes=_CODES)
    missing = {k: v for k, v in plain().items() if k != "@context"}
    group.add("context-missing", signed(missing, BOARD), codes=_CODES)
    _inner_contexts(group)


def _inner_contexts(group: Group) -> None:
    subject = {"id": DOCTOR.did, "name": NAME}
    contexts: dict[str, Any] = {
        "bundled": V2,
        "examples": EXAMPLES_V2,
        "health": HEALTH,
        "null": None,
        "inline": {"name": "https://example.org/#other"},
        "empty": [],
    }
    for name, context in contexts.items():
        inner = plain(credentialSubject={"@context": context, **subject})
        both_suites(group, f"context-inside-{name}", inner)
    issuer = {"@context": EXAMPLES_V2, "id": BOARD.did, "role": "board"}
    both_suites(group, "context-inside-issuer", plain(issuer))
    honest = signed_rdfc(plain(), BOARD)
    appended = {**honest, "@context": [V2, {"nick": "https://example.org/#nick"}]}
    group.add("context-appended", appended, codes=_CODES)
    _signed_contexts(group)
    typed = license_draft()
    typed["@context"] = [V2, HEALTH, {"license": "https://example.org/#license"}]
    both_suites(group, "context-protected-redefinition", typed)


def _signed_contexts(group: Group) -> None:
    """A proof over JSON repeats the contexts that it was made for."""
    honest = signed(plain(), BOARD)
    shapes: dict[str, list[Any]] = {
        "unknown-appended": [V2, EVIL],
        "inline-appended": [V2, {"x": "urn:x"}],
        "prepended": [EXAMPLES_V2, V2],
        "replaced": [V1],
        "removed": [],
    }
    for name, contexts in shapes.items():
        mutant = {**honest, "@context": contexts}
        group.add(f"context-signed-{name}", mutant, codes="")
    for name, context in {"other": [EXAMPLES_V2], "longer": [V2, EXAMPLES_V2]}.items():
        proof = {**honest["proof"], "@context": context}
        group.add(f"context-of-proof-{name}", {**honest, "proof": proof}, codes="")
    bare = {k: v for k, v in honest["proof"].items() if k != "@context"}
    removed = {**honest, "@context": [V2, EXAMPLES_V2], "proof": bare}
    group.add("context-of-proof-removed", removed, codes="")
