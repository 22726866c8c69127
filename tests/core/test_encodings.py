"""base64url, multibase and multicodec: one text for one value."""

from __future__ import annotations

import string
from base64 import b64encode
from contextlib import suppress
from hashlib import shake_256

import base58
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.core import base64, base64url, multibase, multicodec
from medid.errors import MalformedValue


@given(st.binary(max_size=100))
def test_every_value_has_one_base64url_text(data: bytes) -> None:
    text = base64url.encode(data)
    assert base64url.decode(text) == data
    assert "=" not in text


@pytest.mark.parametrize(
    "text", ["A", "AA=", "AB", "AAB", "A+AA", "A/AA", "A AA", "AA\n", "ÄAAA", "AAAAA"]
)
def test_loose_base64url_is_refused(text: str) -> None:
    with pytest.raises(MalformedValue) as caught:
        base64url.decode(text, path="$.x")
    assert caught.value.path == "$.x"


def test_the_alphabet_of_base64url_is_these_64_characters() -> None:
    known = set(string.ascii_letters + string.digits + "-_")
    for one in map(chr, range(0x180)):
        for text in (f"{one}A", f"A{one}AA", f"AAA{one}", f"AA{one}A{one}A{one}A"):
            try:
                data = base64url.decode(text)
            except MalformedValue:
                assert one not in known, repr(text)
            else:
                assert one in known, repr(text)
                assert base64url.encode(data) == text


@given(st.text("ABCDEFabcdef0189-_", max_size=12))
def test_decoding_and_encoding_give_the_same_text_or_none(text: str) -> None:
    try:
        data = base64url.decode(text)
    except MalformedValue:
        return
    assert base64url.encode(data) == text


@given(st.binary(max_size=100))
def test_base64_is_read_padded_or_without_any_padding(data: bytes) -> None:
    text = base64.encode(data)
    assert text == b64encode(data).decode()
    assert base64.decode(text) == data
    assert base64.decode(text.rstrip("=")) == data


LOOSE_BASE64 = (
    *("A", "AA=", "AB==", "AAB=", "A-AA", "A_AA", "AA==\n", "\u00c4AAA", "AAAA="),
    *("AAA==", "=AAA", "AA=A", "====", "AAAA====", "A===", " AAA", "AAAAA"),
)


@pytest.mark.parametrize("text", LOOSE_BASE64)
def test_loose_base64_is_refused(text: str) -> None:
    with pytest.raises(MalformedValue) as caught:
        base64.decode(text, path="$.x")
    assert caught.value.path == "$.x"


@given(st.binary(min_size=1, max_size=64))
def test_multibase_round_trips(data: bytes) -> None:
    assert multibase.from_base58btc(multibase.to_base58btc(data)) == data
    assert multibase.from_multibase(multibase.to_base58btc(data)) == data
    assert multibase.from_multibase(multibase.to_base64url(data)) == data


@pytest.mark.parametrize(
    "text", ["", "z", "z0", "zO", "zI", "zl", "z1 ", "uAA==", "mAA", "f00"]
)
def test_other_bases_and_alphabets_are_refused(text: str) -> None:
    with pytest.raises(MalformedValue):
        multibase.from_multibase(text)


def test_base58_is_bounded() -> None:
    text = "z" + "2" * 100_000
    with pytest.raises(MalformedValue, match="4096"):
        multibase.from_base58btc(text)
    with pytest.raises(MalformedValue):
        multibase.from_base58btc("zzzz", max_length=2)


@given(st.integers(0, 3), st.integers(0, 2_000), st.integers(0, 255))
def test_long_values_are_written_as_the_base58_package_does(
    zeros: int, size: int, fill: int
) -> None:
    data = bytes(zeros) + shake_256(bytes([fill])).digest(size)
    expected = base58.b58encode(data).decode()
    assert multibase.to_base58btc(data) == f"z{expected}"
    if data:
        assert multibase.base58_decode(expected) == base58.b58decode(expected) == data


def test_leading_zero_bytes_are_kept() -> None:
    assert multibase.from_base58btc("z112") == b"\0\0\x01"


@given(st.integers(0, 2**40), st.binary(max_size=8))
def test_multicodec_round_trips(code: int, data: bytes) -> None:
    assert multicodec.split_prefix(multicodec.add_prefix(code, data)) == (code, data)


@pytest.mark.parametrize("data", [b"", b"\x80", b"\xed\x81\x00", b"\xff" * 9 + b"\x01"])
def test_varints_are_minimal_and_finished(data: bytes) -> None:
    with pytest.raises(MalformedValue):
        multicodec.split_prefix(data)


def test_prefixes_equal_those_of_the_multiformats_package() -> None:
    table = pytest.importorskip("multiformats").multicodec
    names = {
        "secp256k1-pub": multicodec.SECP256K1_PUB,
        "rsa-pub": multicodec.RSA_PUB,
        "secp256k1-priv": multicodec.SECP256K1_PRIV,
        "rsa-priv": multicodec.RSA_PRIV,
        "ed25519-pub": multicodec.ED25519_PUB,
        "x25519-pub": multicodec.X25519_PUB,
        "p256-pub": multicodec.P256_PUB,
        "p384-pub": multicodec.P384_PUB,
        "ed25519-priv": multicodec.ED25519_PRIV,
        "x25519-priv": multicodec.X25519_PRIV,
        "p256-priv": multicodec.P256_PRIV,
        "p384-priv": multicodec.P384_PRIV,
        "jwk_jcs-pub": multicodec.JWK_JCS_PUB,
    }
    for name, code in names.items():
        assert table.get(name).code == code
        assert table.wrap(name, b"key") == multicodec.add_prefix(code, b"key")


@given(st.text(max_size=20))
def test_only_medid_errors_escape(text: str) -> None:
    for read in (base64url.decode, multibase.from_multibase, multibase.base58_decode):
        with suppress(MalformedValue):
            assert isinstance(read(text), bytes)
