"""Envelopes: JWS, JWTs of both versions, SD-JWT, COSE and CWT."""

from __future__ import annotations

from typing import Any, Final

import cbor2

from medid.core import cbor
from medid.core import json as strict_json
from medid.core.cbor import FALSE, NULL, TRUE, CborRules
from medid.core.instant import Instant
from medid.errors import MedidError
from medid.keys import KeyKind, PublicKey
from medid.securing import cose, jose, sd_jwt
from medid.securing.cose import cwt, vc_cose
from medid.securing.sd_jwt.type_metadata import (
    check_rules,
    combined,
    read_type_metadata,
)
from tests.attacks.case import NOW
from tests.attacks.documents import (
    BOARD,
    BOARD_256,
    BOARD_384,
    DOCTOR,
    NAME,
    NONCE,
    legacy,
    plain,
    presentation,
)
from tests.attacks.honest import signed
from tests.attacks.messages import vc_cose as vc_message
from tests.attacks.messages import vp_cose
from tests.attacks.tokens import (
    AUDIENCE,
    NOW_SECONDS,
    VCT,
    bound,
    compact,
    digest,
    disclosure,
    disclosures,
    header,
    jws,
    sd_claims,
    vc_jwt,
    vp_jwt,
)
from tests.attacks.tokens import sd_jwt as sd_token
from tests.fuzz.forms import cbor_item, json_text, message, token
from tests.fuzz.forms import sd_jwt as sd_form
from tests.fuzz.target import Target, check_growth

_AT: Final = Instant.parse(NOW)
_BOARD_KEY: Final = PublicKey(KeyKind.ED25519, BOARD.raw)
_RULES: Final = CborRules(
    simple_values=frozenset({FALSE, TRUE, NULL}), floats=True, deterministic=False
)


def _jws(data: bytes) -> None:
    found = jose.parse_compact(data)
    assert data.startswith(found.signing_input + b".")
    check_growth(found.payload, data, 1)
    jose.verify(found, _BOARD_KEY)


def _jws_seeds() -> list[bytes]:
    plainest = jws({"alg": "EdDSA"}, b"payload", BOARD)
    return [plainest.encode(), vc_jwt(plain()).encode()]


def _jwt(data: bytes) -> None:
    found = jose.read_document(data)
    check_growth(strict_json.dumps(found.document), data, 4)
    # The claims that stand for members of the document agree with them.
    strict_json.check(found.document)


def _jwt_seeds() -> list[bytes]:
    answers = {"nonce": NONCE, "aud": AUDIENCE}
    times = {"iat": NOW_SECONDS, "nbf": NOW_SECONDS - 1, "exp": NOW_SECONDS + 60}
    return [
        vc_jwt(plain()).encode(),
        vc_jwt({**plain(BOARD_256.did), **times}, BOARD_256, cty="vc").encode(),
        vc_jwt(plain(BOARD_384.did), BOARD_384, iss=BOARD_384.did).encode(),
        vp_jwt({**presentation(signed(plain(), BOARD)), **answers}).encode(),
    ]


def older_tokens() -> list[bytes]:
    """A credential and a presentation in their claims, as version 1.1 has them."""
    credential = legacy()
    claims = {
        "iss": BOARD.did,
        "sub": DOCTOR.did,
        "jti": credential["id"],
        "nbf": 1_767_225_600,
        "exp": 1_830_297_599,
        "vc": credential,
    }
    inner = jws(header(typ="JWT"), claims, BOARD)
    shown = presentation(
        inner, **{"@context": legacy()["@context"][:1], "holder": None}
    )
    answers = {"iss": DOCTOR.did, "aud": AUDIENCE, "nonce": NONCE, "vp": shown}
    return [inner.encode(), jws(header(DOCTOR, typ="JWT"), answers, DOCTOR).encode()]


def _sd_jwt(data: bytes) -> None:
    refused = []
    found = None
    for profile in (None, "credential", "dc+sd-jwt"):
        try:
            found = sd_jwt.parse(data, profile=profile)
        except MedidError as error:
            refused.append(error)
        else:
            check_growth(strict_json.dumps(found.claims), data, 4)
    if found is None:
        raise refused[0]
    if found.key_binding is not None and found.holder_key is not None:
        sd_jwt.verify_key_binding(
            found,
            found.holder_key,
            nonce=NONCE,
            audience=AUDIENCE,
            at=_AT,
            max_age_seconds=300,
        )


def sd_tokens() -> list[bytes]:
    """SD-JWTs of every shape."""
    one, two = disclosures()
    deep = disclosure("street", NAME)
    digested = {"_sd": [digest(deep)], "city": "Columbus"}
    outer = disclosure("address", digested)
    item = disclosure(None, {"code": "208D00000X"})
    nested = sd_claims(outer, profession=[{"...": digest(item)}, "x"])
    document = {**plain(), "_sd_alg": "sha-256", "_sd": [digest(one)]}
    texts = [
        sd_token(sd_claims(one, two), one, two),
        bound(sd_token(sd_claims(one, two), one)),
        bound(sd_token(nested, outer, deep, item)),
        sd_token(document, one, typ="vc+sd-jwt"),
    ]
    return [text.encode() for text in [*texts, _in_json(texts[0])]]


def _in_json(text: str) -> str:
    token_text, *shown, _ = text.split("~")
    head, body, signature = token_text.split(".")
    form = {
        "payload": body,
        "protected": head,
        "signature": signature,
        "header": {"disclosures": shown},
    }
    return compact(form).decode()


_TYPE: Final[dict[str, Any]] = {
    "vct": VCT,
    "name": "License",
    "extends": "https://credentials.example/base",
    "extends#integrity": "sha256-AAAA",
    "display": [{"locale": "en", "name": "License"}],
    "claims": [
        {"path": ["given_name"], "mandatory": True, "sd": "always", "svg_id": "n"},
        {"path": ["profession", None, "code"], "sd": "allowed"},
        {"path": ["profession", 1], "mandatory": False},
    ],
}


def _type_metadata(data: bytes) -> None:
    found = read_type_metadata(data, vct=VCT)
    one, two = disclosures()
    shown = sd_jwt.parse(sd_token(sd_claims(one, two), one, two))
    check_rules(combined([found]), shown)


def _cose(data: bytes) -> None:
    opened = vc_cose.read(data)
    check_growth(strict_json.dumps(opened.document), data, 4)
    cose.verify(opened.sign1, _BOARD_KEY)


def messages() -> list[bytes]:
    """Messages of credentials and presentations."""
    answers = {3: AUDIENCE, 10: NONCE.encode()}
    timed = {1: BOARD.did, 2: DOCTOR.did, 4: NOW_SECONDS + 60, 6: NOW_SECONDS - 60}
    inner = {"a": None, "b": [1.5, b"x", True]}
    more: dict[str, Any] = {"l33": b"certificate", "l-70001": inner}
    return [
        vc_message(plain()),
        vc_message(plain(), l15=timed, l3="application/vc"),
        vc_message(plain(), **more),
        vp_cose(presentation(signed(plain(), BOARD)), l15=answers),
    ]


def _board_messages() -> list[bytes]:
    return messages()[:3]


def _cwt(data: bytes) -> None:
    claims = cbor.loads(data, rules=_RULES)
    stated = cwt.as_jwt(claims)
    check_growth(strict_json.dumps(stated), data)
    named = {
        name: value
        for name, value in stated.items()
        if name in {"iss", "sub", "aud", "jti"} and isinstance(value, str)
    }
    again = cwt.as_jwt(cbor.loads(cbor.dumps(cwt.as_cwt(named)), rules=_RULES))
    assert again == named


def _cwt_seeds() -> list[bytes]:
    claims = {1: BOARD.did, 2: "sub", 3: AUDIENCE, 4: 1.5e9, 6: NOW_SECONDS, 7: b"id"}
    return [cbor2.dumps(claims, canonical=True), cbor2.dumps({}), b"\xa1\x02\x61x"]


TARGETS: Final = (
    Target(name="jws", read=_jws, seeds=_jws_seeds, change=token),
    Target(name="jwt", read=_jwt, seeds=_jwt_seeds, change=token),
    Target(name="jwt-1-1", read=_jwt, seeds=older_tokens, change=token),
    Target(name="sd-jwt", read=_sd_jwt, seeds=sd_tokens, change=sd_form),
    Target(
        name="type-metadata",
        read=_type_metadata,
        seeds=lambda: [compact(_TYPE)],
        change=json_text,
    ),
    Target(name="cose", read=_cose, seeds=_board_messages, change=message),
    Target(name="cwt", read=_cwt, seeds=_cwt_seeds, change=cbor_item),
)
