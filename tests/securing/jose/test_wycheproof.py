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
from tests.support import agreed


def outcome(group: dict[str, Any], token: object) -> str:
    keys = group.get("public", group.get("private"))
    text = token if isinstance(token, str) else json.dumps(token)
    try:
        key = PublicKey.from_jwk(keys)
        verify(parse_compact(text), key)
    except Refused:
        return "invalid"
    return "valid"


# RFC 7520's example of PSS: the header says PS384, and here the key says PS256.
PS384 = frozenset({346, 350})
# Algorithms that medid does not have, and so refuses; ES521 is none of JOSE.
ABSENT = frozenset({"HS256", "RS384", "RS512", "PS384", "PS512", "ES521", "RSA1_5"})


def unsupported(group: dict[str, Any]) -> bool:
    keys: dict[str, str] = group["public"] if "public" in group else group["private"]
    return keys.get("alg") in ABSENT or keys["kty"] == "oct"


def test_json_web_signatures() -> None:
    counts: Counter[str] = Counter()
    name = "json_web_signature_test.json"
    for group in groups(name, kind="JsonWebSignature", count=401):
        for case in group["tests"]:
            absent = unsupported(group) or case["tcId"] in PS384
            expected = "invalid" if absent else case["result"]
            assert outcome(group, case["jws"]) == expected, case["tcId"]
            counts["unsupported" if absent else expected] += 1
            if expected == case["result"]:
                agreed(f"wycheproof/{name}", case["tcId"])
    assert counts == {"valid": 16, "invalid": 308, "unsupported": 77}


def test_unsupported_algorithms_are_refused_even_with_a_supported_key() -> None:
    from tests.keys.strategies import EVERY, public

    refused = 0
    name = "json_web_signature_test.json"
    for group in groups(name, kind="JsonWebSignature", count=401):
        for case in group["tests"]:
            if unsupported(group):
                for kind in EVERY:
                    with pytest.raises(Refused):
                        verify(parse_compact(case["jws"]), public(kind))
                refused += 1
    assert refused == 75


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
                if expected == case["result"]:
                    agreed(f"wycheproof/{name}", case["tcId"])
    assert sum(counts.values()) == 83
    assert counts == {
        "jwe": 34,
        "key set of HS256": 3,
        "supported": 29,
        "unsupported": 17,
    }
