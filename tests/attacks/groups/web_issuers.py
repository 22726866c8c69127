"""Issuers named by a web address: published keys, certificates, types, schemas."""

from __future__ import annotations

import base64
from typing import Any, Final

from tests.attacks.case import Case, Doc, Group
from tests.attacks.documents import BOARD, BOARD_256, CANARIES, STRANGER, plain
from tests.attacks.groups.valid import accepted
from tests.attacks.honest import Party, signed
from tests.attacks.tokens import (
    NOW_SECONDS,
    VCT,
    digest,
    disclosure,
    disclosures,
    header,
    jws,
    sd_claims,
    sd_jwt,
    vc_jwt,
)
from tests.keys.authorities import authority, signer

ISSUER: Final = "https://board.example/unit/7"
URL: Final = "https://board.example/.well-known/jwt-vc-issuer/unit/7"
KEYS: Final = "https://keys.board.example/jwks"
SCHEMA: Final = "https://board.example/schemas/1"


def cases() -> list[Case]:
    """Every case of this class."""
    group = Group(name="web-issuer", canaries=CANARIES)
    _valid(group)
    _metadata(group)
    _tokens(group)
    _certificates(group)
    _types(group)
    _schemas(group)
    return group.made


def key(party: Party = BOARD, **members: Any) -> Doc:
    """A published key."""
    return {"kid": "key-1", **party.jwk, **members}


def metadata(*keys: Any, **members: Any) -> Doc:
    """What the issuer publishes; ``None`` removes a member."""
    draft = {"issuer": ISSUER, "jwks": {"keys": list(keys or [key()])}, **members}
    return {name: value for name, value in draft.items() if value is not None}


def token(party: Party = BOARD, **members: Any) -> str:
    """An SD-JWT VC of the web issuer."""
    one, _two = disclosures()
    options = {"kid": "key-1", **members}
    return sd_jwt(sd_claims(one, iss=ISSUER), one, party=party, **options)


def _valid(group: Group) -> None:
    at_hand: dict[str, Any] = {URL: metadata()}
    accepted(group, "ok-inline", token(), documents=at_hand)
    accepted(group, "ok-no-kid", token(kid=None), documents=at_hand)
    elsewhere: dict[str, Any] = {
        URL: metadata(jwks=None, jwks_uri=KEYS),
        KEYS: {"keys": [key(), key(STRANGER, kid="key-2")]},
    }
    accepted(group, "ok-jwks-uri", token(), documents=elsewhere)
    other: dict[str, Any] = {URL: metadata(key(BOARD_256), {"kty": "XYZ", "kid": "x"})}
    accepted(group, "ok-p256", token(BOARD_256), documents=other)
    document = vc_jwt(plain(ISSUER), kid="key-1")
    accepted(group, "ok-vc-jwt", document, documents=at_hand)
    text = sd_jwt(plain(ISSUER), typ="vc+sd-jwt", kid="key-1")
    accepted(group, "ok-vc-sd-jwt", text, documents=at_hand)


def _metadata(group: Group) -> None:
    private = key(d="AAAA")
    pages: dict[str, Any] = {
        "issuer-other": metadata(issuer="https://evil.example"),
        "issuer-prefix": metadata(issuer="https://board.example"),
        "issuer-slash": metadata(issuer=ISSUER + "/"),
        "issuer-case": metadata(issuer=ISSUER.upper()),
        "issuer-missing": metadata(issuer=None),
        "issuer-array": metadata(issuer=[ISSUER]),
        "no-keys": metadata(jwks=None),
        "both": metadata(jwks_uri=KEYS),
        "keys-empty": metadata(jwks={"keys": []}),
        "keys-object": metadata(jwks={"keys": {}}),
        "keys-text": metadata(jwks="x"),
        "keys-many": metadata(jwks={"keys": [key(kid=f"k{n}") for n in range(200)]}),
        "kid-twice": metadata(key(), key(STRANGER)),
        "kid-twice-same": metadata(key(), key()),
        "kid-other": metadata(key(kid="key-2")),
        "kid-number": metadata(key(kid=1)),
        "key-other": metadata(key(STRANGER)),
        "private": metadata(private),
        "private-beside": metadata(key(), {**key(STRANGER), "kid": "k", "d": "AAAA"}),
        "oct": metadata({"kty": "oct", "k": "AAAA", "kid": "key-1"}),
        "oct-beside": metadata(key(), {"kty": "oct", "k": "AAAA", "kid": "k"}),
        "use-enc": metadata(key(use="enc")),
        "alg-other": metadata(key(alg="ES256")),
        "uri-http": metadata(jwks=None, jwks_uri="http://board.example/jwks"),
        "uri-file": metadata(jwks=None, jwks_uri="file:///etc/passwd"),
        "html": "<html><body>log in</body></html>",
        "empty": "",
        "array": "[]",
        "duplicate": f'{{"issuer":"{ISSUER}","issuer":"{ISSUER}","jwks":{{}}}}',
        "large": metadata(padding="x" * 70_000),
    }
    for name, page in pages.items():
        group.add(f"metadata-{name}", token(), documents={URL: page})
    group.add("metadata-missing", token(), expect="undecided")
    other_place: dict[str, Any] = {
        "https://board.example/.well-known/jwt-vc-issuer": metadata()
    }
    group.add("metadata-elsewhere", token(), documents=other_place, expect="undecided")
    uri: dict[str, Any] = {URL: metadata(jwks=None, jwks_uri=KEYS)}
    group.add("keys-missing", token(), documents=uri, expect="undecided")
    lost: Doc = {"keys": [key(), {**key(STRANGER), "kid": "k", "d": "AAAA"}]}
    group.add("keys-private", token(), documents={**uri, KEYS: lost})


def _tokens(group: Group) -> None:
    at_hand: dict[str, Any] = {URL: metadata()}
    wrong: dict[str, Any] = {
        "kid-other": {"kid": "key-2"},
        "kid-url": {"kid": f"{ISSUER}#key-1"},
        "kid-fragment": {"kid": "#key-1"},
        "alg-crossed": {"alg": "ES256"},
        "alg-none": {"alg": "none"},
        "alg-hs256": {"alg": "HS256"},
    }
    for name, extra in wrong.items():
        group.add(f"token-{name}", token(**extra), documents=at_hand)
    forged: dict[str, Any] = {
        "jwk": {"jwk": STRANGER.jwk},
        "jku": {"jku": "https://evil.example/jwks"},
        "x5u": {"x5u": "https://evil.example/x"},
        "x5c": {"x5c": ["MIIB"]},
        "kid-did": {"kid": STRANGER.method},
    }
    for name, extra in forged.items():
        group.add(f"forged-{name}", token(STRANGER, **extra), documents=at_hand)
        no_kid = token(STRANGER, **{"kid": None, **extra})
        group.add(f"forged-{name}-no-kid", no_kid, documents=at_hand)
    for name, issuer in {
        "http": "http://board.example",
        "userinfo": "https://board.example@evil.example",
        "query": "https://board.example?x",
        "fragment": "https://board.example#x",
        "address": "https://127.0.0.1",
        "localhost": "https://localhost",
        "dots": "https://board.example/../unit/7",
        "encoded-dots": "https://board.example/%2e%2e/unit/7",
        "case": "https://BOARD.example/unit/7",
    }.items():
        text = sd_jwt(sd_claims(iss=issuer), kid="key-1")
        group.add(f"issuer-{name}", text, documents=at_hand)
    embedded = signed(plain(ISSUER), BOARD)
    group.add("did-key-for-web-issuer", embedded, documents=at_hand)


def _certificates(group: Group) -> None:
    """Without a trust file nobody vouches for a certificate, whatever it says."""
    root = authority("root")
    leaf = signer("leaf", root, uris=[ISSUER])
    own = signer("own", None, uris=[ISSUER])
    for name, holder in {"chain": leaf, "self-signed": own, "authority": root}.items():
        chain = [base64.b64encode(one.der).decode() for one in (holder, root)]
        claims = sd_claims(iss=ISSUER)
        for label, payload in {"": claims, "-no-iss": {**claims, "iss": None}}.items():
            kept = {n: v for n, v in payload.items() if v is not None}
            head = {"alg": "ES256", "typ": "dc+sd-jwt", "x5c": chain}
            text = _signed_natively(head, kept, holder)
            group.add(f"certificate-{name}{label}", text, documents={URL: metadata()})


def _signed_natively(head: Doc, payload: Doc, holder: Any) -> str:
    class _Signer(Party):
        def sign(self, message: bytes, *, high_s: bool | None = None) -> bytes:
            return bytes(holder.key.sign(message))

    return f"{jws(head, payload, _Signer('holder'))}~"


def _types(group: Group) -> None:
    one, two = disclosures()
    text = sd_jwt(sd_claims(one, two), one)

    def typed(*rules: Doc, vct: str = VCT, **members: Any) -> dict[str, Any]:
        return {VCT: {"vct": vct, "claims": list(rules), **members}}

    given, sub = {"path": ["given_name"]}, {"path": ["sub"]}
    fine = typed(
        {**given, "sd": "always", "mandatory": True},
        {**sub, "sd": "never", "mandatory": True},
        {"path": ["license_number"], "mandatory": True},
    )
    accepted(group, "ok-type", text, documents=fine)
    accepted(group, "ok-type-absent", text)
    for name, documents in {
        "never": typed({**given, "sd": "never"}),
        "always": typed({**sub, "sd": "always"}),
        "missing": typed({"path": ["license"], "mandatory": True, "sd": "never"}),
        "inside": typed({"path": ["sub", "x"]}),
        "other": typed(vct="https://evil.example"),
        "malformed": typed({"path": []}),
        "html": {VCT: "<html>"},
        "circle": typed(extends=VCT),
    }.items():
        group.add(f"type-{name}", text, documents=documents)
    pinned = sd_jwt(
        sd_claims(one, **{"vct#integrity": "sha256-" + "A" * 43 + "="}), one
    )
    group.add("type-pinned-other", pinned, documents=fine)
    group.add("type-pinned-absent", pinned, expect="undecided")
    further = disclosure("aka_vcts", ["urn:x"])
    group.add("type-further-hidden", sd_jwt(sd_claims(further), further))
    group.add("type-further-repeats", sd_jwt(sd_claims(aka_vcts=[VCT])))
    values: tuple[Any, ...] = ("urn:x", [], [7], {})
    for value in values:
        group.add(
            f"type-further-{type(value).__name__}-{value}",
            sd_jwt(sd_claims(aka_vcts=value)),
        )
    group.add("element-hidden", sd_jwt(sd_claims(aka_vcts=[{"...": digest("x")}])))


def _schemas(group: Group) -> None:
    schema = {
        "$id": "https://board.example/s.json",
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "properties": {"credentialSubject": {"required": ["name"]}},
    }
    subject = {"type": "JsonSchema", "jsonSchema": schema}

    def holding(issuer: str = BOARD.did, **members: Any) -> Doc:
        return plain(
            issuer,
            **{
                "id": SCHEMA,
                "type": ["VerifiableCredential", "JsonSchemaCredential"],
                "credentialSubject": subject,
                **members,
            },
        )

    reference = {"id": SCHEMA, "type": "JsonSchemaCredential"}
    text = vc_jwt(plain(credentialSchema=reference))
    accepted(group, "ok-schema", text, documents={SCHEMA: vc_jwt(holding())})
    accepted(group, "ok-schema-absent", text)
    stranger = vc_jwt(holding(STRANGER.did), STRANGER)
    accepted(group, "ok-schema-of-nobody", text, documents={SCHEMA: stranger})
    unmet = {**subject, "jsonSchema": {**schema, "required": ["x"]}}
    contents: dict[str, Any] = {
        "unmet": vc_jwt(holding(credentialSubject=unmet)),
        "unsigned": holding(),
        "forged": vc_jwt(holding(), STRANGER),
        "expired": vc_jwt(holding(validUntil="2026-06-15T12:00:00Z")),
        "expired-signature": vc_jwt({**holding(), "exp": NOW_SECONDS}),
        "other-id": vc_jwt(holding(id="https://board.example/schemas/2")),
        "other-type": vc_jwt(holding(type=["VerifiableCredential"])),
        "bare-schema": schema,
        "html": "<html>",
    }
    for name, content in contents.items():
        group.add(f"schema-{name}", text, documents={SCHEMA: content})
    head = header(BOARD, typ="vc+jwt")
    twice = jws(head, {**plain(), "credentialSchema": [reference] * 2}, BOARD)
    group.add(
        "schema-twice-unmet",
        twice,
        documents={SCHEMA: vc_jwt(holding(credentialSubject=unmet))},
    )
