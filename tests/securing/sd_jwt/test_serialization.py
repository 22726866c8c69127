"""The JSON forms of RFC 9901 section 8, and the one of the drafts before it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from medid.errors import InvalidSignature, MalformedProof, MedidError
from medid.securing import jose
from medid.securing.sd_jwt import parse, verify_key_binding
from medid.securing.sd_jwt.serialization import MAX_SIGNATURES
from tests.securing.sd_jwt.tokens import (
    AT,
    AUDIENCE,
    FAMILY,
    GIVEN,
    HOLDER,
    ISSUER,
    NONCE,
    claims,
    disclosure,
    key_binding,
    sd_jwt,
    token,
)

JWT = token(claims(GIVEN, FAMILY))
PROTECTED, PAYLOAD, SIGNATURE = JWT.split(".")
PRESENTED = f"{JWT}~{GIVEN}~"
HEADER: dict[str, Any] = {
    "disclosures": [GIVEN],
    "kb_jwt": key_binding(PRESENTED),
    "x5u": "never read",
}
SIGNED: dict[str, Any] = {"protected": PROTECTED, "signature": SIGNATURE}
FLATTENED: dict[str, Any] = {"payload": PAYLOAD, **SIGNED, "header": HEADER}
GENERAL: dict[str, Any] = {
    "payload": PAYLOAD,
    "signatures": [{**SIGNED, "header": HEADER}, {"protected": "x", "signature": "x"}],
}
DRAFT: dict[str, Any] = {
    "payload": PAYLOAD,
    **SIGNED,
    "disclosures": [GIVEN],
    "kb_jwt": HEADER["kb_jwt"],
}


@pytest.mark.parametrize("form", [FLATTENED, GENERAL, DRAFT])
def test_every_form_says_the_same(form: dict[str, Any]) -> None:
    parsed = parse(json.dumps(form))
    assert parsed == parse(PRESENTED + HEADER["kb_jwt"])
    assert parse(json.dumps(form, indent=1).encode()) == parsed
    jose.verify(parsed.jws, ISSUER.public_key)
    verify_key_binding(
        parsed,
        HOLDER.public_key,
        nonce=NONCE,
        audience=AUDIENCE,
        at=AT,
        max_age_seconds=0,
    )


def test_without_disclosures_and_key_binding() -> None:
    for form in (
        {"payload": PAYLOAD, **SIGNED},
        {**FLATTENED, "header": {}},
        {"payload": PAYLOAD, "signatures": [SIGNED] * MAX_SIGNATURES},
    ):
        assert parse(json.dumps(form)) == parse(f"{JWT}~")


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"payload": PAYLOAD},
        {**FLATTENED, "payload": 7},
        {**FLATTENED, "payload": PAYLOAD + "="},
        {**FLATTENED, "protected": ""},
        {**FLATTENED, "signature": None},
        {**FLATTENED, "header": []},
        {**FLATTENED, "header": {**HEADER, "alg": "EdDSA"}},
        {**FLATTENED, "header": {**HEADER, "kid": "another"}},
        {**FLATTENED, "header": {"disclosures": GIVEN}},
        {**FLATTENED, "header": {"disclosures": [7]}},
        {**FLATTENED, "header": {"disclosures": [""]}},
        {**FLATTENED, "header": {"disclosures": [GIVEN, GIVEN]}},
        {**FLATTENED, "header": {"disclosures": [disclosure("role", "admin")]}},
        {**FLATTENED, "header": {"kb_jwt": ""}},
        {**FLATTENED, "header": {"kb_jwt": 7}},
        {**FLATTENED, "signatures": [FLATTENED]},
        {**GENERAL, "signature": SIGNATURE},
        {**GENERAL, "protected": PROTECTED},
        {"payload": PAYLOAD, "signatures": []},
        {"payload": PAYLOAD, "signatures": {}},
        {"payload": PAYLOAD, "signatures": ["x"]},
        {"payload": PAYLOAD, "signatures": [SIGNED] * 17},
        {**DRAFT, "disclosures": "x"},
        {**FLATTENED, "disclosures": [FAMILY]},
        {**DRAFT, "header": {"x5u": "never read"}},
        {**GENERAL, "kb_jwt": HEADER["kb_jwt"]},
        {**GENERAL, "header": HEADER},
        {"payload": PAYLOAD, "signatures": [SIGNED, {**SIGNED, "header": []}]},
        {"payload": PAYLOAD, "signatures": [SIGNED, 7]},
        {**FLATTENED, "header": {**HEADER, "crit": ["exp"]}},
        {**FLATTENED, "header": {**HEADER, "crit": []}},
        {**FLATTENED, "header": {**HEADER, "b64": True}},
    ],
)
def test_other_forms_are_refused(form: dict[str, Any]) -> None:
    with pytest.raises(MedidError):
        parse(json.dumps(form))


@pytest.mark.parametrize("name", ["disclosures", "kb_jwt"])
def test_what_is_disclosed_stands_with_the_first_signature_alone(name: str) -> None:
    second = {**SIGNED, "header": {name: HEADER[name]}}
    for first in (SIGNED, {**SIGNED, "header": HEADER}):
        with pytest.raises(MalformedProof) as caught:
            parse(json.dumps({"payload": PAYLOAD, "signatures": [first, second]}))
        assert caught.value.path == f"$.signatures[1].header.{name}"


def test_a_disclosure_added_in_the_json_form_breaks_the_key_binding() -> None:
    header = {**HEADER, "disclosures": [GIVEN, FAMILY]}
    parsed = parse(json.dumps({**FLATTENED, "header": header}))
    with pytest.raises(InvalidSignature):
        verify_key_binding(
            parsed,
            HOLDER.public_key,
            nonce=NONCE,
            audience=AUDIENCE,
            at=AT,
            max_age_seconds=0,
        )


def test_errors_say_which_signature() -> None:
    broken = {"payload": PAYLOAD, "signatures": [{"signature": SIGNATURE}]}
    with pytest.raises(MedidError) as caught:
        parse(json.dumps(broken))
    assert caught.value.path == "$.signatures[0].protected"


def test_a_jwt_in_json_form_is_no_sd_jwt_vc() -> None:
    text = sd_jwt(claims(), typ="vc+jwt").split("~")[0]
    protected, payload, signature = text.split(".")
    form = {"protected": protected, "payload": payload, "signature": signature}
    with pytest.raises(MedidError):
        parse(json.dumps(form))
