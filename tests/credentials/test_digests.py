"""Digests of related resources and schemas: each form, and every way to be wrong."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.core.multibase import to_base58btc, to_base64url
from medid.credentials import check_digests, parse_credential
from medid.credentials.digests import check_integrity, multihash, sri
from medid.errors import MalformedValue, Refused
from tests.credentials.documents import license_credential

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue
    from medid.credentials import RelatedResource

CONTENT = b"the terms of use"
SHA256 = hashlib.sha256(CONTENT).digest()


def related(**members: JsonValue) -> RelatedResource:
    resource: JsonObject = {"id": "https://board.example/terms", **members}
    found = parse_credential(license_credential(relatedResource=resource))
    return found.related_resources[0]


def test_known_answers() -> None:
    # FIPS 180-4 and the multihash table, over the empty text.
    empty = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    assert sri(b"", "sha256") == f"sha256-{empty}"
    assert sri(b"").startswith("sha384-OLBgp1GsljhM2TJ+sbHjaiH9txEUvgdDTAzHv2P24donTt6")
    assert multihash(b"") == "zQmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n"


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
def test_sri_of_each_algorithm(
    algorithm: Literal["sha256", "sha384", "sha512"],
) -> None:
    resource = related(digestSRI=sri(CONTENT, algorithm))
    check_digests(resource.digests, CONTENT, path=resource.path)
    with pytest.raises(Refused) as caught:
        check_digests(resource.digests, CONTENT + b"\n", path=resource.path)
    assert "digest mismatch" in caught.value.message
    assert caught.value.path == "$.relatedResource"


@pytest.mark.parametrize(("code", "algorithm"), [(18, "sha256"), (32, "sha384")])
def test_multihash_in_either_base(code: int, algorithm: str) -> None:
    digest = hashlib.new(algorithm, CONTENT).digest()
    data = bytes([code, len(digest)]) + digest
    for text in (to_base58btc(data), to_base64url(data)):
        check_digests(related(digestMultibase=text).digests, CONTENT, path="$")


def test_sha512_multihash() -> None:
    digest = hashlib.sha512(CONTENT).digest()
    text = to_base64url(b"\x13\x40" + digest)
    check_digests(related(digestMultibase=text).digests, CONTENT, path="$")


def test_every_digest_must_agree() -> None:
    right, wrong = sri(CONTENT, "sha256"), sri(b"other", "sha384")
    resource = related(digestSRI=[right, wrong], digestMultibase=multihash(CONTENT))
    assert len(resource.digests) == 3
    with pytest.raises(MalformedValue):
        check_digests(resource.digests, CONTENT, path="$")


def test_several_digests_may_stand_in_one_string() -> None:
    both = f"{sri(CONTENT, 'sha256')} \t {sri(CONTENT, 'sha384')}"
    resource = related(digestSRI=both)
    assert [one.algorithm for one in resource.digests] == ["sha256", "sha384"]
    check_digests(resource.digests, CONTENT, path="$")
    mixed = related(digestSRI=f"{sri(CONTENT)} {sri(b'other', 'sha256')}")
    with pytest.raises(MalformedValue):
        check_digests(mixed.digests, CONTENT, path="$")


def test_a_large_document_of_many_digests_is_hashed_once() -> None:
    content = b"x" * 1_000_000
    found = parse_credential(
        license_credential(
            relatedResource={
                "id": "https://example.org/x",
                "digestSRI": [sri(content)] * 5_000,
            }
        )
    ).related_resources[0]
    begun = time.process_time()
    check_digests(found.digests, content, path="$")
    check_integrity(" ".join([sri(b""), *[sri(content)] * 5_000]), content, path="$")
    with pytest.raises(MalformedValue):
        check_integrity(" ".join([sri(b"")] * 5_000), content, path="$")
    assert time.process_time() - begun < 2  # seconds, also under a tracer


def test_no_digest_is_no_agreement() -> None:
    with pytest.raises(MalformedValue):
        check_digests((), CONTENT, path="$")


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({}, "$.relatedResource"),
        ({"digestSRI": ""}, "$.relatedResource.digestSRI"),
        ({"digestSRI": []}, "$.relatedResource.digestSRI"),
        ({"digestSRI": 1}, "$.relatedResource.digestSRI"),
        ({"digestSRI": "md5-" + "A" * 43}, "$.relatedResource.digestSRI"),
        ({"digestSRI": "sha256-" + "A" * 43}, "$.relatedResource.digestSRI"),
        ({"digestSRI": "sha256-" + "A" * 42 + "B="}, "$.relatedResource.digestSRI"),
        ({"digestSRI": "sha256-" + "A" * 64}, "$.relatedResource.digestSRI"),
        ({"digestSRI": sri(CONTENT) + "?x"}, "$.relatedResource.digestSRI"),
        ({"digestSRI": sri(CONTENT) + "\n"}, "$.relatedResource.digestSRI"),
        ({"digestSRI": sri(CONTENT) + " "}, "$.relatedResource.digestSRI"),
        ({"digestSRI": f"{sri(CONTENT)} md5-x"}, "$.relatedResource.digestSRI"),
        (
            {"digestSRI": f"{sri(CONTENT)}\n{sri(CONTENT)}"},
            "$.relatedResource.digestSRI",
        ),
        (
            {"digestMultibase": to_base58btc(SHA256)},
            "$.relatedResource.digestMultibase",
        ),
        ({"digestMultibase": "z1"}, "$.relatedResource.digestMultibase"),
        ({"digestMultibase": "f1220"}, "$.relatedResource.digestMultibase"),
        (
            {"digestMultibase": to_base64url(b"\x12\x1f" + SHA256)},
            "$.relatedResource.digestMultibase",
        ),
        (
            {"digestMultibase": to_base64url(b"\x12\x1f" + SHA256[1:])},
            "$.relatedResource.digestMultibase",
        ),
        (
            {"digestMultibase": ["u", to_base64url(b"\x11\x14" + SHA256[:20])]},
            "$.relatedResource.digestMultibase[0]",
        ),
    ],
)
def test_malformed_digests(members: JsonObject, path: str) -> None:
    with pytest.raises(MalformedValue) as caught:
        related(**members)
    assert caught.value.path == path


def test_a_resource_named_twice_is_refused() -> None:
    resource: JsonValue = [
        {"id": "https://board.example/terms", "digestSRI": sri(CONTENT)},
        {"id": "https://board.example/terms", "digestSRI": sri(b"other")},
    ]
    with pytest.raises(MalformedValue) as caught:
        parse_credential(license_credential(relatedResource=resource))
    assert caught.value.path == "$.relatedResource[1].id"


@given(st.binary(max_size=64), st.binary(max_size=64))
def test_a_digest_holds_for_its_own_bytes_only(one: bytes, other: bytes) -> None:
    digests = related(digestSRI=sri(one), digestMultibase=multihash(one)).digests
    if one == other:
        check_digests(digests, other, path="$")
    else:
        with pytest.raises(MalformedValue):
            check_digests(digests, other, path="$")


# Integrity metadata strings


def test_an_integrity_string_names_alternatives() -> None:
    right, wrong = sri(CONTENT, "sha256"), sri(b"x", "sha256")
    strong = sri(CONTENT, "sha512")
    for text in (
        right,
        f" {right} ",
        f"{wrong} {right}",
        f"{right}?ct=application/json",
        f"md5-x {right}",
        f"{wrong} {strong}",
        f"sha256-short {right}",
    ):
        check_integrity(text, CONTENT, path="$.vct")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "sha256",
        "md5-1B2M2Y8AsgTpgAmY7PhCfg==",
        sri(b"x", "sha256"),
        # The strongest counts, also where a weaker one would fit.
        f"{sri(CONTENT, 'sha256')} {sri(b'x', 'sha512')}",
        sri(CONTENT, "sha256").replace("sha256", "SHA256"),
        sri(CONTENT, "sha256").rstrip("="),
        sri(CONTENT, "sha256").replace("sha256", "sha384"),
    ],
)
def test_what_an_integrity_string_does_not_vouch_for(text: str) -> None:
    with pytest.raises(MalformedValue) as caught:
        check_integrity(text, CONTENT, path="$.vct")
    assert caught.value.path == "$.vct"
