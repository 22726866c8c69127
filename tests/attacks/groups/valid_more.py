"""Less usual valid documents: all are accepted."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
from typing import Any, Final

from tests.attacks.case import Case, Doc, Group
from tests.attacks.documents import (
    BOARD,
    BOARD_256,
    CANARIES,
    DOCTOR,
    NONCE,
    did_document,
    enveloped,
    example,
    legacy,
    plain,
    presentation,
    presented,
)
from tests.attacks.groups.valid import accepted
from tests.attacks.honest import b64, signed, signed_rdfc
from tests.attacks.lists import (
    LIST,
    bits,
    draft_list,
    encoded,
    entry,
    status_list,
    with_status,
)
from tests.attacks.tokens import (
    disclosures,
    sd_claims,
    sd_jwt,
    vc_jwt,
)
from tests.attacks.worlds import DATA_INTEGRITY, EXAMPLES_V2, UNDEFINED_V2, V1, V2

_BOTH: Final = ("--challenge", NONCE, "--domain", "hospital.example")
_SHOWN: Final[Doc] = {
    "proofPurpose": "authentication",
    "challenge": NONCE,
    "domain": "hospital.example",
}
_WEB: Final = "did:web:board.example"
_WEB_URL: Final = "https://board.example/.well-known/did.json"
_SCHEMA: Final = "https://board.example/schema"


def cases() -> list[Case]:
    """Every case of this class."""
    group = Group(name="valid-more", canaries=CANARIES)
    _presentations(group)
    _lists(group)
    _members(group)
    _schemas(group)
    _tokens(group)
    _sd_jwts(group)
    return group.made


def _presentations(group: Group) -> None:
    one = signed(plain(), BOARD)
    old = signed_rdfc(legacy(), BOARD)
    draft = presentation(one)
    bare = {name: value for name, value in draft.items() if name != "holder"}
    accepted(group, "no-holder", signed(bare, DOCTOR, **_SHOWN), args=_BOTH)
    first = {**presentation(old), "@context": [V1, DATA_INTEGRITY]}
    accepted(group, "version-1", signed_rdfc(first, DOCTOR, **_SHOWN), args=_BOTH)
    accepted(group, "version-1-inside", presented(old), args=_BOTH)
    mixed = signed_rdfc(presentation(old, one), DOCTOR, **_SHOWN)
    accepted(group, "versions-mixed", mixed, args=_BOTH)
    envelope = enveloped(vc_jwt(plain()))
    array = presented({**envelope, "@context": [V2]})
    accepted(group, "envelope-context-array", array, args=_BOTH)
    own = signed(plain(DOCTOR.did), DOCTOR)
    accepted(group, "self-issued", presented(own), args=_BOTH)


def _packed(**options: Any) -> str:
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", **options) as file:
        file.write(bits())
    return "u" + b64(buffer.getvalue())


def _lists(group: Group) -> None:
    document = with_status(entry())
    draft = draft_list()
    lists = {
        "without-end": signed({**_without(draft, "validUntil")}, BOARD),
        "without-start": signed({**_without(draft, "validFrom")}, BOARD),
        "ttl": status_list(ttl=300_000),
        "named": signed({**draft, "name": "Revocations"}, BOARD),
        "gzip-name": status_list(encodedList=_packed(filename="list", mtime=9)),
        "gzip-fast": status_list(encodedList=_packed(compresslevel=1, mtime=9)),
        "gzip-stored": status_list(encodedList=_packed(compresslevel=0, mtime=9)),
        "four-million": status_list(encodedList=encoded(bits(size=2**22))),
        "largest": status_list(encodedList=encoded(bits(size=2**26))),
        "subject-without-id": status_list(id=None),
    }
    for name, listed in lists.items():
        accepted(group, f"list-{name}", document, documents={LIST: listed})


def _without(document: Doc, name: str) -> Doc:
    return {key: value for key, value in document.items() if key != name}


def _members(group: Group) -> None:
    typed = {"@context": [V2, EXAMPLES_V2]}
    url = "https://example.org/#License"
    method = {"id": DOCTOR.method, "type": "MyMethod"}
    drafts = {
        "undefined-terms": {**example(), "@context": [V2, UNDEFINED_V2]},
        "confidence-method": plain(**typed, confidenceMethod=method),
        "render-method": plain(**typed, renderMethod={**method, "id": "urn:x:r"}),
        "type-url": plain(type=["VerifiableCredential", url]),
        "type-url-beside": plain(**typed, type=["VerifiableCredential", url, "Foo"]),
    }
    for name, draft in drafts.items():
        accepted(group, f"{name}-rdfc", signed_rdfc(draft, BOARD))
        accepted(group, f"{name}-jcs", signed(draft, BOARD))


def _schemas(group: Group) -> None:
    schema: Doc = {
        "$id": _SCHEMA,
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": ["issuer"],
    }
    named = signed(plain(credentialSchema={"id": _SCHEMA, "type": "JsonSchema"}), BOARD)
    for draft in ("draft-07", "draft/2019-09"):
        scheme = "http" if draft == "draft-07" else "https"
        older = {**schema, "$schema": f"{scheme}://json-schema.org/{draft}/schema"}
        name = f"schema-{draft.replace('/', '-')}"
        accepted(group, name, named, documents={_SCHEMA: older})
    content = b'{"$id":"' + _SCHEMA.encode() + b'","type":"object","$schema":'
    content += b'"https://json-schema.org/draft/2020-12/schema"}'
    digest = base64.b64encode(hashlib.sha384(content).digest()).decode()
    entry_of = {"id": _SCHEMA, "type": "JsonSchema", "digestSRI": f"sha384-{digest}"}
    pinned = signed(plain(credentialSchema=entry_of), BOARD)
    accepted(group, "schema-digest", pinned, documents={_SCHEMA: content})
    holder = plain(
        id=_SCHEMA,
        type=["VerifiableCredential", "JsonSchemaCredential"],
        credentialSubject={"id": _SCHEMA, "type": "JsonSchema", "jsonSchema": schema},
    )
    by_credential = {"id": _SCHEMA, "type": "JsonSchemaCredential"}
    document = signed(plain(credentialSchema=by_credential), BOARD)
    evidence: dict[str, Doc | bytes | str] = {_SCHEMA: signed(holder, BOARD)}
    accepted(group, "schema-credential", document, documents=evidence)


def _tokens(group: Group) -> None:
    claims = {"jti": plain()["id"], "sub": DOCTOR.did, "iss": BOARD.did}
    accepted(group, "jwt-equal-claims", vc_jwt({**plain(), **claims}))
    accepted(group, "jwt-newline-after", vc_jwt(plain()) + "\n")
    listed = did_document(_WEB, BOARD_256)
    token = vc_jwt(plain(_WEB), BOARD_256, kid=f"{_WEB}#key-1")
    accepted(group, "jwt-web-p256", token, documents={_WEB_URL: listed})
    method = {
        "id": f"{_WEB}#key-1",
        "type": "JsonWebKey",
        "controller": _WEB,
        "publicKeyJwk": BOARD_256.jwk,
    }
    jwk = {**listed, "verificationMethod": [method]}
    accepted(group, "jwt-web-p256-jwk", token, documents={_WEB_URL: jwk})


def _sd_jwts(group: Group) -> None:
    one, _two = disclosures()
    for name in ("sha384", "sha512"):
        digest = b64(hashlib.new(name, one.encode()).digest())
        alg = f"{name[:3]}-{name[3:]}"
        claims = sd_claims(_sd=[digest], _sd_alg=alg)
        accepted(group, f"sd-{alg}", sd_jwt(claims, one))
    for name in ("sub", "iat", "cnf"):
        accepted(group, f"sd-no-{name}", sd_jwt(sd_claims(one, **{name: None}), one))
    accepted(group, "sd-vct-word", sd_jwt(sd_claims(one, vct="license"), one))
    accepted(group, "sd-newline-after", sd_jwt(sd_claims(one), one) + "\n")
    web = sd_jwt(sd_claims(one, iss=_WEB), one, kid=f"{_WEB}#key-1")
    served: dict[str, Doc | bytes | str] = {_WEB_URL: did_document(_WEB, BOARD)}
    accepted(group, "sd-did-web", web, documents=served)
    own = BOARD.did_jwk
    by_jwk = sd_jwt(sd_claims(one, iss=own), one, kid=f"{own}#0")
    accepted(group, "sd-did-jwk", by_jwk)
    head, body, signature = sd_jwt(sd_claims(one)).rstrip("~").split(".")
    flattened = {
        "protected": head,
        "payload": body,
        "signature": signature,
        "header": {"disclosures": [one]},
    }
    accepted(group, "sd-json", flattened)
