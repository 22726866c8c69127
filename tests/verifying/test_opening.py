"""The envelope: which format it is, settled once; and what no format allows."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import Any

import pytest

from medid.core.json import DOCUMENT
from medid.errors import MedidError, TooLarge
from medid.securing import sd_jwt
from medid.verifying.checks import Outcome
from medid.verifying.opening import Kind, Securing, open_document
from tests.verifying import world
from tests.verifying.world import (
    BOARD,
    DOCTOR,
    STRANGER,
    VCT,
    codes,
    enveloped,
    plain,
    presented,
    signed,
    token,
    verified,
)

SD_JWT = token({"vct": VCT, "iss": BOARD.did}, typ="dc+sd-jwt") + "~"
VP_JWT = token(
    {k: v for k, v in presented().items() if k != "proof"}, DOCTOR, typ="vp+jwt"
)


@pytest.mark.parametrize(
    ("document", "kind", "securing"),
    [
        (signed(plain()), Kind.CREDENTIAL, Securing.DATA_INTEGRITY),
        (plain(), Kind.CREDENTIAL, Securing.NONE),
        (token(plain()), Kind.CREDENTIAL, Securing.JOSE),
        (SD_JWT, Kind.SD_JWT, Securing.SD_JWT),
        (presented(), Kind.PRESENTATION, Securing.DATA_INTEGRITY),
        (VP_JWT, Kind.PRESENTATION, Securing.JOSE),
        (enveloped(token(plain())), Kind.CREDENTIAL, Securing.JOSE),
        (
            enveloped(SD_JWT, "application/dc+sd-jwt"),
            Kind.SD_JWT,
            Securing.SD_JWT,
        ),
        (
            {
                "@context": world.V2,
                "id": f"data:application/vp+jwt,{VP_JWT}",
                "type": "EnvelopedVerifiablePresentation",
            },
            Kind.PRESENTATION,
            Securing.JOSE,
        ),
        (world.web_document(world.WEB), Kind.DID_DOCUMENT, Securing.NONE),
    ],
)
def test_each_format_is_known_however_it_travels(
    document: Any, kind: Kind, securing: Securing
) -> None:
    text = document if isinstance(document, str) else json.dumps(document)
    forms = [document, text, text.encode(), f"\r\n {text}\t\n", f"  {text}".encode()]
    if isinstance(document, dict):
        forms.append(MappingProxyType(document))
    for form in forms:
        opened = open_document(form)
        assert (opened.kind, opened.securing, opened.path) == (kind, securing, "$")
    one, other = open_document(text), open_document(f" {text} ")
    assert one.digest == other.digest
    assert len(one.digest) == 64


def test_an_sd_jwt_may_travel_as_json() -> None:
    head, body, signature = SD_JWT.rstrip("~").split(".")
    document = {"protected": head, "payload": body, "signature": signature}
    opened = open_document({**document, "header": {"disclosures": []}})
    assert opened.kind is Kind.SD_JWT
    assert sd_jwt.parse(SD_JWT).claims == opened.document
    assert verified({**document, "header": {"disclosures": []}})


@pytest.mark.parametrize("name", ["payload", "signature", "signatures"])
def test_a_member_alone_makes_no_sd_jwt_of_a_credential(name: str) -> None:
    opened = open_document(signed({**plain(), name: "x"}))
    assert opened.kind is Kind.CREDENTIAL
    assert opened.securing is Securing.DATA_INTEGRITY


def test_what_is_presented_is_opened_in_its_place() -> None:
    one = open_document(presented(signed(plain())))
    assert [child.path for child in one.children] == ["$.verifiableCredential[0]"]
    document = presented(signed(plain()))
    document["verifiableCredential"] = document["verifiableCredential"][0]
    alone = open_document(document)
    assert [child.path for child in alone.children] == ["$.verifiableCredential"]
    shown = open_document(presented(token(plain()), SD_JWT))
    assert [child.kind for child in shown.children] == [Kind.CREDENTIAL, Kind.SD_JWT]
    assert shown.owner == DOCTOR.did
    assert shown.issuer is None
    assert [child.owner for child in shown.children] == [BOARD.did, BOARD.did]


PARSING, MALFORMED = "PARSING_ERROR", "MALFORMED_VALUE_ERROR"


@pytest.mark.parametrize(
    ("document", "code", "path"),
    [
        (b"", PARSING, "$"),
        ("   ", PARSING, "$"),
        (b"hello", PARSING, "$"),
        ("a.b c.d", PARSING, "$"),
        ("a.b\u00e4.c", PARSING, "$"),
        (b"[]", PARSING, "$"),
        (b'"text"', PARSING, "$"),
        (b"\xef\xbb\xbf{}", PARSING, "$"),
        ("\ud800", PARSING, "$"),
        (7, PARSING, "$"),
        (None, PARSING, "$"),
        ([], PARSING, "$"),
        (bytearray(b"{}"), PARSING, "$"),
        ({1: 2}, PARSING, "$"),
        ({"type": {1, 2}}, PARSING, "$.type"),
        ({}, MALFORMED, "$.type"),
        ({"type": 7}, MALFORMED, "$.type"),
        ({"type": ["Other"]}, MALFORMED, "$.type"),
        ({"id": "did:example:1", "proof": {}}, MALFORMED, "$.type"),
        ({"id": "did:example:1", "issuer": "x"}, MALFORMED, "$.type"),
        ({"id": "did:example:1", "type": "Other"}, MALFORMED, "$.type"),
        (token(plain(), typ="vp+jwt"), MALFORMED, "$.type"),
        (token(presented(), DOCTOR), MALFORMED, "$.type"),
        (token({"id": BOARD.did}), MALFORMED, "$.type"),
        ({"id": "did:example:1", "@type": "Other"}, MALFORMED, "$.type"),
        (token(enveloped(token(plain()))), MALFORMED, "$.type"),
        (
            token(
                {
                    **enveloped(VP_JWT, "application/vp+jwt"),
                    "type": "EnvelopedVerifiablePresentation",
                },
                STRANGER,
                typ="vp+jwt",
            ),
            MALFORMED,
            "$.type",
        ),
        (enveloped(SD_JWT, "application/vc+jwt"), MALFORMED, "$.id"),
        (enveloped(token(plain()), "application/dc+sd-jwt"), MALFORMED, "$.id"),
        (enveloped("a.b.c"), MALFORMED, "$.id"),
        (enveloped("abc"), PARSING, "$.id"),
        (
            {**enveloped(VP_JWT), "type": "EnvelopedVerifiablePresentation"},
            "METHOD_NOT_SUPPORTED",
            "$.id",
        ),
        (b'{"type": "VerifiableCredential", "type": "x"}', PARSING, "$.type"),
    ],
)
def test_what_no_format_allows_is_an_answer_with_its_place(
    document: Any, code: str, path: str
) -> None:
    answer = verified(document)
    assert answer.kind == "unknown"
    assert answer.outcome in {Outcome.REFUSED, Outcome.UNDECIDED}
    [(check, found, place)] = codes(answer)
    assert (check, found) == ("parse", code)
    if code != PARSING:
        assert place == path


@pytest.mark.parametrize(
    ("entry", "path"),
    [
        (enveloped("abc"), "$.verifiableCredential[0].id"),
        (enveloped(SD_JWT), "$.verifiableCredential[0].id"),
        ({"type": "VerifiableCredential"}, "$.verifiableCredential[0]"),
    ],
)
def test_what_is_wrong_inside_a_presentation_has_its_place(
    entry: Any, path: str
) -> None:
    document = {**presented(), "verifiableCredential": [entry]}
    [(check, _, found)] = codes(verified(document))
    assert check == "parse"
    assert found.startswith(path)


def test_limits_hold_before_anything_is_read() -> None:
    text = json.dumps(signed(plain()))
    full = text + " " * (DOCUMENT.max_bytes - len(text))
    assert open_document(full).kind is Kind.CREDENTIAL
    for form in (f"{full} ", f"{full} ".encode()):
        with pytest.raises(TooLarge):
            open_document(form)
    deep_value: Any = "x"
    for _ in range(DOCUMENT.max_depth):
        deep_value = [deep_value]
    members: Any
    for members in ({"a": deep_value}, {"a": ["x"] * DOCUMENT.max_members}):
        with pytest.raises(TooLarge):
            open_document({**json.loads(text), **members})
    answer = verified(b" " * 2_000_000)
    assert codes(answer) == [("parse", "TOO_LARGE", "$")]
    deep = verified(b"[" * 100_000)
    assert not deep
    many = {**presented(), "verifiableCredential": [signed(plain())] * 33}
    assert [code for _, code, _ in codes(verified(many))] == ["TOO_LARGE"]


def test_opening_raises_what_verifying_answers() -> None:
    with pytest.raises(MedidError) as caught:
        open_document(b"hello")
    assert caught.value.code == "PARSING_ERROR"
