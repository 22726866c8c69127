"""COSE: what JWTs are attacked with, and what only CBOR makes possible."""

from __future__ import annotations

import base64
from typing import Any, Final

import cbor2

from tests.attacks.case import Case, Doc, Group
from tests.attacks.documents import (
    BOARD,
    BOARD_256,
    BOARD_384,
    CANARIES,
    DOCTOR,
    NONCE,
    STRANGER,
    plain,
    presentation,
    presented,
)
from tests.attacks.messages import (
    enveloped,
    labels,
    parts_of,
    sign1,
    vc_cose,
    vp_cose,
)
from tests.attacks.tokens import AUDIENCE, NOW_SECONDS, compact, vc_jwt

_FORM: Final = "PARSING_ERROR MALFORMED_VALUE_ERROR TOO_LARGE"
_HONEST: Final = vc_cose(plain())
_ARGS: Final = ("--nonce", NONCE, "--audience", AUDIENCE)


def cases() -> list[Case]:
    """Every case of this class."""
    group = Group(name="cose", canaries=CANARIES)
    _algorithms(group)
    _headers(group)
    _structures(group)
    _spellings(group)
    _sizes(group)
    _types(group)
    _claims(group)
    _signatures(group)
    _envelopes(group)
    _presentations(group)
    return group.made


def _algorithms(group: Group) -> None:
    weak = "CRYPTOGRAPHIC_SECURITY_ERROR PROOF_VERIFICATION_ERROR"
    unknown: dict[str, Any] = {
        "none": 0,
        "hmac-256": 5,
        "hmac-256-64": 4,
        "aes-mac": 14,
        "direct": -6,
        "es512": -36,
        "rs1": -65535,
        "positive": 8,
        "far": -(2**63),
        "name": "EdDSA",
        "bytes": b"\xf8",
        "array": [-8],
        "float": -8.0,
        "true": True,
        "null-text": "",
    }
    for name, alg in unknown.items():
        group.add(f"alg-{name}", vc_cose(plain(), l1=alg), codes=weak)
    missing = labels(l1=None)
    group.add("alg-missing", sign1(missing, plain()), codes=weak)
    for name, alg in (("only", -8), ("other", -7)):
        content = sign1(missing, plain(), unprotected={1: alg})
        group.add(f"alg-unprotected-{name}", content, codes=weak)
    both = sign1(labels(), plain(), unprotected={1: -8})
    group.add("alg-in-both-headers", both, codes=weak)
    group.add("alg-other-unprotected", sign1(labels(), plain(), unprotected={1: 5}))
    for party in (BOARD, BOARD_256, BOARD_384):
        draft = plain(party.did)
        for name, alg in {"eddsa": -8, "es256": -7, "es384": -35, "esp": -9}.items():
            honest = labels(party)[1] == alg or (alg == -9 and party is BOARD_256)
            if not honest:
                content = vc_cose(draft, party, l1=alg)
                label = f"alg-{name}-with-{party.kind.lower()}"
                group.add(label, content, codes=weak)


def _headers(group: Group) -> None:
    extra: dict[str, dict[Any, Any]] = {
        "crit": {2: [4]},
        "crit-empty": {2: []},
        "crit-number": {2: 1},
        "iv": {5: bytes(12)},
        "partial-iv": {6: b"\0"},
        "alg-spelled": {"alg": "EdDSA"},
        "crit-spelled": {"crit": [1]},
        "kid-spelled": {"kid": BOARD.method},
        "typ-spelled": {"typ": "vc+cose"},
    }
    for name, members in extra.items():
        group.add(f"header-{name}", sign1({**labels(), **members}, plain()))
        group.add(
            f"header-{name}-unprotected", sign1(labels(), plain(), unprotected=members)
        )
    kids: dict[str, Any] = {
        "stranger": STRANGER.method.encode(),
        "other-fragment": f"{BOARD.did}#other".encode(),
        "no-fragment": BOARD.did.encode(),
        "no-did": b"12",
        "empty": b"",
        "text": BOARD.method,
        "number": 7,
        "not-utf-8": b"\xff\xfe\xfd",
        "nul": BOARD.method.encode() + b"\0",
        "space": BOARD.method.encode() + b" ",
        "null-did": b"did:",
    }
    for name, kid in kids.items():
        group.add(f"kid-{name}", vc_cose(plain(), l4=kid))
    keys: dict[str, dict[Any, Any]] = {
        "x5chain": {33: b"certificate"},
        "x5chain-array": {33: [b"one", b"two"]},
        "x5bag": {32: b"certificate"},
        "x5u": {35: "https://evil.example/key"},
        "kccs": {14: {8: {1: {1: 1, -1: 6, -2: STRANGER.raw}}}},
        "kcwt": {13: [b"", {}, b"", b""]},
    }
    for name, members in keys.items():
        for where in ("protected", "unprotected"):
            head = labels(STRANGER, l4=None)
            if where == "protected":
                content = sign1({**head, **members}, plain(), STRANGER)
            else:
                content = sign1(head, plain(), STRANGER, unprotected=members)
            group.add(f"key-{name}-{where}", content)
            named = {**labels(), **(members if where == "protected" else {})}
            beside = members if where == "unprotected" else None
            group.add(
                f"key-{name}-{where}-beside-kid",
                sign1(named, plain(), STRANGER, unprotected=beside),
                codes="PROOF_VERIFICATION_ERROR",
            )
    claims = sign1(labels(), plain(), unprotected={15: {4: NOW_SECONDS + 60}})
    group.add("claims-unprotected", claims)
    typ = sign1(labels(l16=None), plain(), unprotected={16: "application/vc+cose"})
    group.add("typ-unprotected", typ)


def _structures(group: Group) -> None:
    head, unprotected, payload, signature = parts_of(_HONEST)

    def tagged(number: int, *parts: Any) -> bytes:
        return cbor2.dumps(cbor2.CBORTag(number, list(parts)))

    signers = [[head, {}, signature], [head, {}, signature]]
    shapes: dict[str, bytes] = {
        "no-tag": _HONEST[1:],
        "tag-98": b"\xd8\x62" + _HONEST[1:],
        "sign-one-signer": tagged(98, head, {}, payload, signers[:1]),
        "sign-two-signers": tagged(98, head, {}, payload, signers),
        "two-signers-under-18": tagged(18, head, {}, payload, signers),
        "two-signatures-under-18": tagged(18, head, {}, payload, [signature] * 2),
        "mac0": b"\xd1" + _HONEST[1:],
        "encrypt0": b"\xd0" + _HONEST[1:],
        "tag-997": b"\xd9\x03\xe5" + _HONEST[1:],
        "cwt": b"\xd8\x3d" + _HONEST,
        "self-described": b"\xd9\xd9\xf7" + _HONEST,
        "tag-twice": b"\xd2" + _HONEST,
        "in-array": b"\x81" + _HONEST,
        "in-bytes": cbor2.dumps(_HONEST),
        "three-parts": tagged(18, head, unprotected, payload),
        "five-parts": tagged(18, head, unprotected, payload, signature, b""),
        "no-parts": b"\xd2\x80",
        "map": cbor2.dumps(cbor2.CBORTag(18, {1: head})),
        "payload-nil": tagged(18, head, unprotected, None, signature),
        "payload-text": tagged(18, head, unprotected, payload.decode(), signature),
        "payload-map": tagged(18, head, unprotected, {}, signature),
        "payload-empty": sign1(labels(), b""),
        "payload-cbor": sign1(labels(), cbor2.dumps(plain())),
        "payload-array": sign1(labels(), b"[]"),
        "payload-duplicate": sign1(labels(), b'{"type":"a","type":"b"}'),
        "payload-bom": sign1(labels(), b"\xef\xbb\xbf" + compact(plain())),
        "header-map": tagged(18, labels(), unprotected, payload, signature),
        "header-nil": tagged(18, None, unprotected, payload, signature),
        "header-array": sign1(cbor2.dumps([1, -8]), plain()),
        "header-empty": sign1(b"", plain()),
        "header-empty-map": sign1(b"\xa0", plain()),
        "header-more": sign1(cbor2.dumps(labels()) + b"\0", plain()),
        "unprotected-nil": tagged(18, head, None, payload, signature),
        "unprotected-bytes": tagged(18, head, b"\xa0", payload, signature),
        "more-behind": _HONEST + b"\0",
        "twice": _HONEST * 2,
        "newline": _HONEST + b"\n",
        "cut": _HONEST[:-1],
        "only-tag": b"\xd2",
        "space-before": b" " + _HONEST,
    }
    for name, content in shapes.items():
        group.add(f"shape-{name}", content)


def _spellings(group: Group) -> None:
    kid = b"\x04" + cbor2.dumps(BOARD.method.encode())
    typ = b"\x10" + cbor2.dumps("application/vc+cose")
    rest = kid + typ
    raw: dict[str, bytes] = {
        "header-longer-label": b"\xa3\x18\x01\x27" + rest,
        "header-longer-value": b"\xa3\x01\x38\x07" + rest,
        "header-longest-value": b"\xa3\x01\x3b" + bytes(7) + b"\x07" + rest,
        "header-longer-map": b"\xb8\x03\x01\x27" + rest,
        "header-indefinite": b"\xbf\x01\x27" + rest + b"\xff",
        "header-duplicate": b"\xa4\x01\x27\x01\x27" + rest,
        "header-duplicate-other": b"\xa4\x01\x26\x01\x27" + rest,
        "header-duplicate-spelled": b"\xa4\x01\x26\x18\x01\x27" + rest,
        "header-duplicate-kid": b"\xa4\x01\x27" + kid + kid + typ,
        "header-duplicate-inside": b"\xa4\x01\x27"
        + rest
        + b"\x18\x28\xa2\x01\x01\x01\x02",
        "header-float-label": b"\xa4\x01\x27" + rest + b"\xf9\x3c\x00\x26",
        "header-true-label": b"\xa4\x01\x27" + rest + b"\xf5\x26",
        "header-null-label": b"\xa4\x01\x27" + rest + b"\xf6\x26",
        "header-bytes-label": b"\xa4\x01\x27" + rest + b"\x41\x04\x26",
        "header-array-label": b"\xa4\x01\x27" + rest + b"\x80\x26",
        "header-nan": b"\xa4\x01\x27" + rest + b"\x18\x28\xf9\x7e\x00",
        "header-infinity": b"\xa4\x01\x27" + rest + b"\x18\x28\xf9\x7c\x00",
        "header-undefined": b"\xa4\x01\x27" + rest + b"\x18\x28\xf7",
        "header-simple": b"\xa4\x01\x27" + rest + b"\x18\x28\xf8\xff",
        "header-tag": b"\xa4\x01\x27" + rest + b"\x18\x28\xc1\x00",
        "header-bignum": b"\xa4\x01\x27" + rest + b"\x18\x28\xc2\x41\x01",
        "header-not-utf-8": b"\xa4\x01\x27" + rest + b"\x18\x28\x61\xff",
        "header-surrogate": b"\xa4\x01\x27" + rest + b"\x18\x28\x63\xed\xa0\x80",
        "header-overlong": b"\xa4\x01\x27" + rest + b"\x18\x28\x62\xc0\xaf",
        "header-break": b"\xa4\x01\x27" + rest + b"\x18\x28\xff",
        "header-reserved": b"\xa4\x01\x27" + rest + b"\x18\x28\x1c",
        "header-cut": b"\xa4\x01\x27" + rest,
    }
    for name, head in raw.items():
        group.add(f"cbor-{name}", sign1(head, plain()), codes="PARSING_ERROR")
    whole: dict[str, bytes] = {
        "indefinite": b"\xd2\x9f" + _HONEST[2:] + b"\xff",
        "longer-tag": b"\xd8\x12" + _HONEST[1:],
        "longest-tag": b"\xdb" + bytes(7) + b"\x12" + _HONEST[1:],
        "longer-array": b"\xd2\x98\x04" + _HONEST[2:],
        "longer-unprotected": _HONEST.replace(b"\xa0\x59", b"\xb8\x00\x59", 1),
        "indefinite-unprotected": _HONEST.replace(b"\xa0\x59", b"\xbf\xff\x59", 1),
        "longer-payload": _HONEST.replace(b"\xa0\x59", b"\xa0\x5a\x00\x00", 1),
        "longer-signature": _HONEST[:-66] + b"\x59\x00\x40" + _HONEST[-64:],
        "signature-in-pieces": _HONEST[:-66]
        + b"\x5f\x58\x40"
        + _HONEST[-64:]
        + b"\xff",
    }
    for name, content in whole.items():
        group.add(f"cbor-{name}", content, codes="PARSING_ERROR")
    unprotected = sign1(
        labels(l4=None), plain(), unprotected={4: BOARD.method.encode()}
    )
    entry = b"\x04" + cbor2.dumps(BOARD.method.encode())
    doubled = unprotected.replace(b"\xa1" + entry, b"\xa2" + entry + entry, 1)
    group.add("cbor-unprotected-duplicate", doubled, codes="PARSING_ERROR")


def _sizes(group: Group) -> None:
    huge = b"\x10" + bytes(7)
    sizes: dict[str, bytes] = {
        "bytes-2-60": b"\xd2\x84\x40\xa0\x5b" + huge,
        "text-2-60": b"\xd2\x84\x40\xa1\x07\x7b" + huge,
        "array-2-60": b"\xd2\x9b" + huge,
        "map-2-60": b"\xd2\x84\x40\xbb" + huge,
        "header-2-60": b"\xd2\x84\x5b" + huge,
        "length-2-64": b"\xd2\x84\x40\xa0\x5b" + b"\xff" * 8,
        "deep-arrays": b"\xd2\x84\x40\xa1\x07" + b"\x81" * 100_000,
        "deep-maps": b"\xd2\x84\x40" + b"\xa1\x07" * 100_000,
        "deep-tags": b"\xd2" * 100_000,
        "many-labels": b"\xd2\x84\x40\xb9\x75\x30"
        + b"".join(
            b"\x1a" + n.to_bytes(4, "big") + b"\0" for n in range(65_536, 95_536)
        ),
        "large-header": sign1({**labels(), "x": bytes(20_000)}, plain()),
        "two-mebibytes": sign1(labels(), plain(x="x" * 2_000_000)),
    }
    for name, content in sizes.items():
        group.add(f"size-{name}", content, codes="TOO_LARGE")


def _types(group: Group) -> None:
    draft, shown = plain(), presentation()
    typed: dict[str, bytes] = {
        "none": vc_cose(draft, l16=None),
        "other": vc_cose(draft, l16="application/vc+jwt"),
        "cwt": vc_cose(draft, l16="application/cwt"),
        "status-list": vc_cose(draft, l16="application/statuslist+cwt"),
        "prefix": vc_cose(draft, l16="application/vc+cose2"),
        "space": vc_cose(draft, l16="application/vc+cose "),
        "bytes": vc_cose(draft, l16=b"application/vc+cose"),
        "number": vc_cose(draft, l16=60),
        "array": vc_cose(draft, l16=["application/vc+cose"]),
        "content-vp": vc_cose(draft, l3="application/vp"),
        "content-json": vc_cose(draft, l3="application/json"),
        "content-number": vc_cose(draft, l3=50),
        "only-content-json": vc_cose(draft, l16=None, l3="application/json"),
        "presentation-as-vc": vc_cose(shown, DOCTOR),
        "credential-as-vp": vp_cose(draft, BOARD),
    }
    for name, content in typed.items():
        group.add(f"typ-{name}", content)


def _claims(group: Group) -> None:
    claims: dict[str, tuple[Any, str]] = {
        "expired": ({4: NOW_SECONDS}, "EXPIRED"),
        "expired-float": ({4: NOW_SECONDS - 0.5}, "EXPIRED"),
        "not-before": ({5: NOW_SECONDS + 1}, "NOT_YET_VALID"),
        "issued-later": ({6: NOW_SECONDS + 1}, "NOT_YET_VALID"),
        "exp-text": ({4: str(NOW_SECONDS + 60)}, "MALFORMED_VALUE_ERROR"),
        "exp-true": ({4: True}, "MALFORMED_VALUE_ERROR"),
        "exp-null": ({4: None}, "MALFORMED_VALUE_ERROR"),
        "exp-huge": ({4: 2**63}, "MALFORMED_VALUE_ERROR"),
        "exp-spelled": ({"exp": NOW_SECONDS + 60}, "MALFORMED_VALUE_ERROR"),
        "iss-other": ({1: STRANGER.did}, "MALFORMED_VALUE_ERROR"),
        "iss-bytes": ({1: BOARD.did.encode()}, "MALFORMED_VALUE_ERROR"),
        "sub-other": ({2: STRANGER.did}, "MALFORMED_VALUE_ERROR"),
        "array": ([], "MALFORMED_VALUE_ERROR"),
        "bytes": (cbor2.dumps({4: NOW_SECONDS + 60}), "MALFORMED_VALUE_ERROR"),
    }
    for name, (value, code) in claims.items():
        group.add(f"claim-{name}", vc_cose(plain(), l15=value), codes=code)
    tagged = {4: cbor2.CBORTag(1, NOW_SECONDS + 60)}
    group.add("claim-exp-tagged", vc_cose(plain(), l15=tagged), codes=_FORM)
    contradiction = {**plain(), "exp": NOW_SECONDS + 60}
    group.add("claim-exp-two-values", vc_cose(contradiction, l15={4: NOW_SECONDS + 61}))
    payload: dict[str, tuple[Doc, str]] = {
        "exp": ({"exp": NOW_SECONDS}, "EXPIRED"),
        "nbf": ({"nbf": NOW_SECONDS + 1}, "NOT_YET_VALID"),
        "iss": ({"iss": STRANGER.did}, "MALFORMED_VALUE_ERROR"),
        "vc": ({"vc": {}}, "MALFORMED_VALUE_ERROR"),
        "vp": ({"vp": {}}, "MALFORMED_VALUE_ERROR"),
    }
    for name, (members, code) in payload.items():
        group.add(f"payload-{name}", vc_cose({**plain(), **members}), codes=code)
    expired = plain(validUntil="2026-01-31T00:00:00Z")
    group.add("payload-expired", vc_cose(expired), codes="EXPIRED")


def _signatures(group: Group) -> None:
    head, _, payload, signature = parts_of(_HONEST)
    wrong: dict[str, bytes] = {
        "empty": b"",
        "zeros": bytes(64),
        "short": signature[:-1],
        "long": signature + b"\0",
        "swapped": signature[32:] + signature[:32],
        "another-party": STRANGER.sign(cbor2.dumps(["Signature1", head, b"", payload])),
    }
    structures: dict[str, list[Any]] = {
        "payload-alone": [payload],
        "sign-context": ["Signature", head, b"", payload],
        "sign-two-headers": ["Signature", head, head, b"", payload],
        "counter": ["CounterSignature", head, head, b"", payload],
        "external-data": ["Signature1", head, b"x", payload],
        "no-header": ["Signature1", b"", b"", payload],
        "other-payload": ["Signature1", head, b"", compact(plain(id="urn:x:2"))],
    }
    for name, made in wrong.items():
        content = sign1(head, payload, signature=made)
        group.add(f"signature-{name}", content, codes="PROOF_VERIFICATION_ERROR")
    for name, structure in structures.items():
        content = sign1(head, payload, signature=BOARD.sign(cbor2.dumps(structure)))
        group.add(f"signature-{name}", content, codes="PROOF_VERIFICATION_ERROR")
    for party in (BOARD_256, BOARD_384):
        size = 32 if party is BOARD_256 else 48
        draft = plain(party.did)
        for name, made in {
            "zero-zero": bytes(2 * size),
            "zero-one": bytes(2 * size - 1) + b"\x01",
            "der": b"\x30\x06\x02\x01\x01\x02\x01\x01",
        }.items():
            content = sign1(labels(party), draft, party, signature=made)
            label = f"signature-{party.kind.lower()}-{name}"
            group.add(label, content, codes="PROOF_VERIFICATION_ERROR")
    changed = _HONEST.replace(b"2027-12-31", b"2037-12-31", 1)
    group.add("signature-changed", changed, codes="PROOF_VERIFICATION_ERROR")
    stranger = vc_cose(plain(), STRANGER)
    group.add("signature-stranger", stranger, codes="INVALID_RELATIONSHIP")


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _envelopes(group: Group) -> None:
    text = _base64(_HONEST)
    good = enveloped(_HONEST)
    prefix = "data:application/vc+cose"
    ids: dict[str, str] = {
        "not-base64": f"{prefix},{text}",
        "base64url-parameter": f"{prefix};base64url,{text}",
        "base64url-alphabet": f"{prefix};base64,"
        + text.replace("+", "-").replace("/", "_"),
        "hexadecimal": f"{prefix};base64,{_HONEST.hex()}",
        "newlines": f"{prefix};base64,{text}\n\n",
        "newline-return": f"{prefix};base64,{text}\r\n",
        "newline-within": f"{prefix};base64,{text[:76]}\n{text[76:]}",
        "space": f"{prefix};base64, {text}",
        "padding": f"{prefix};base64,{text}=",
        "percent": f"{prefix};base64,{text.replace('+', '%2B')}",
        "empty": f"{prefix};base64,",
        "charset": f"{prefix};charset=utf-8;base64,{text}",
        "as-vp": f"data:application/vp+cose;base64,{text}",
        "as-jwt": f"data:application/vc+jwt,{text}",
        "as-cose": f"data:application/cose;base64,{text}",
        "jwt-as-cose": f"{prefix};base64,{_base64(vc_jwt(plain()).encode())}",
        "cut": f"{prefix};base64,{_base64(_HONEST[:-1])}",
        "more": f"{prefix};base64,{_base64(_HONEST + b'x')}",
    }
    for name, url in ids.items():
        group.add(f"envelope-{name}", {**good, "id": url}, expect="not-verified")
        inside = presented({**good, "id": url})
        group.add(f"envelope-{name}-inside", inside, expect="not-verified")
    group.add("envelope-claims-outside", {**good, "issuer": BOARD.did})
    group.add("envelope-in-message", vc_cose(good), codes=_FORM)
    texts: dict[str, str] = {
        "lines": "\n".join([text[:76], text[76:]]),
        "url-alphabet": text.replace("+", "-").replace("/", "_"),
        "padding": f"{text}==",
        "hexadecimal": _HONEST.hex(),
        "inner-space": f"{text[:8]} {text[8:]}",
        "dot": f"{text}.",
    }
    for name, content in texts.items():
        group.add(f"text-{name}", content, codes=_FORM)


def _presentations(group: Group) -> None:
    answers = {3: AUDIENCE, 10: NONCE.encode()}
    shown = presentation(enveloped(_HONEST))
    vectors: dict[str, tuple[bytes, str]] = {
        "no-answers": (vp_cose(shown), "INVALID_CHALLENGE_ERROR INVALID_DOMAIN_ERROR"),
        "other-nonce": (
            vp_cose(shown, l15={**answers, 10: b"another nonce"}),
            "INVALID_CHALLENGE_ERROR",
        ),
        "nonce-text": (vp_cose(shown, l15={**answers, 10: NONCE}), _FORM),
        "nonce-array": (vp_cose(shown, l15={**answers, 10: [NONCE.encode()]}), _FORM),
        "nonce-not-utf-8": (vp_cose(shown, l15={**answers, 10: b"\xff" * 9}), _FORM),
        "nonce-unprotected": (
            sign1(labels(DOCTOR, "vp+cose"), shown, DOCTOR, unprotected={15: answers}),
            "",
        ),
        "other-audience": (
            vp_cose(shown, l15={**answers, 3: "https://other.example"}),
            "INVALID_DOMAIN_ERROR",
        ),
        "two-audiences": (
            vp_cose(shown, l15={**answers, 3: [AUDIENCE, "https://other.example"]}),
            "INVALID_DOMAIN_ERROR",
        ),
        "two-nonces": (
            vp_cose({**shown, "nonce": "another nonce"}, l15=answers),
            _FORM,
        ),
        "stranger": (vp_cose(shown, STRANGER, l15=answers), "INVALID_RELATIONSHIP"),
        "issuer-as-holder": (
            vp_cose(shown, BOARD, l15=answers),
            "INVALID_RELATIONSHIP",
        ),
        "expired": (vp_cose(shown, l15={**answers, 4: NOW_SECONDS}), "EXPIRED"),
    }
    for name, (content, codes) in vectors.items():
        group.add(f"presentation-{name}", content, codes=codes, args=_ARGS)
    subject = plain(credentialSubject={"id": STRANGER.did, "name": "x"})
    other = vp_cose(presentation(enveloped(vc_cose(subject))), l15=answers)
    group.add(
        "presentation-other-subject",
        other,
        codes="HOLDER_BINDING_ERROR",
        args=(*_ARGS, "--require-holder-binding"),
    )
    bad = presentation(enveloped(vc_cose(plain(), STRANGER)))
    group.add(
        "presentation-of-a-forgery",
        vp_cose(bad, l15=answers),
        codes="INVALID_RELATIONSHIP",
        args=_ARGS,
    )
