"""Wycheproof's JOSE files: what medid supports passes, everything else is refused."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from medid.errors import Refused
from medid.keys import PublicKey
from medid.securing.jose import parse_compact, verify
from tests.keys.wycheproof import groups


def outcome(group: dict[str, Any], token: object) -> str:
    keys = group.get("public", group.get("private"))
    text = token if isinstance(token, str) else json.dumps(token)
    try:
        key = PublicKey.from_jwk(keys)
        verify(parse_compact(text), key)
    except Refused:
        return "invalid"
    return "valid"


def unsupported(group: dict[str, Any]) -> bool:
    keys: dict[str, str] = group["public"] if "public" in group else group["private"]
    return keys["kty"] != "EC" or keys["crv"] == "P-521"


def test_json_web_signatures() -> None:
    counts: Counter[str] = Counter()
    name = "json_web_signature_test.json"
    for group in groups(name, kind="JsonWebSignature", count=401):
        for case in group["tests"]:
            refused = "invalid" if unsupported(group) else case.get("result", "valid")
            assert outcome(group, case["jws"]) == refused, case["tcId"]
            counts["unsupported" if unsupported(group) else "supported"] += 1
    assert counts == {"supported": 41, "unsupported": 360}


def test_unsupported_algorithms_are_refused_even_with_a_supported_key() -> None:
    from tests.keys.strategies import SIGNING, key

    refused = 0
    name = "json_web_signature_test.json"
    for group in groups(name, kind="JsonWebSignature", count=401):
        for case in group["tests"]:
            if unsupported(group):
                for kind in SIGNING:
                    with pytest.raises(Refused):
                        verify(parse_compact(case["jws"]), key(kind).public_key)
                refused += 1
    assert refused == 360


def test_json_web_crypto() -> None:
    counts: Counter[str] = Counter()
    name = "json_web_crypto_test.json"
    for group in groups(name, kind="JsonWebCrypto", count=83):
        for case in group["tests"]:
            if "jwe" in case:
                # A JWE is not a JWS: five parts, or no compact form at all.
                with pytest.raises(Refused):
                    parse_compact(str(case["jwe"]))
                counts["jwe"] += 1
            elif "keys" in group["private"]:
                with pytest.raises(Refused):
                    parse_compact(str(case["jws"]))
                counts["key set of HS256"] += 1
            else:
                expected = "invalid" if unsupported(group) else case["result"]
                assert outcome(group, case["jws"]) == expected, case["tcId"]
                counts["unsupported" if unsupported(group) else "supported"] += 1
    assert sum(counts.values()) == 83
    assert counts == {
        "jwe": 34,
        "key set of HS256": 3,
        "supported": 15,
        "unsupported": 31,
    }
