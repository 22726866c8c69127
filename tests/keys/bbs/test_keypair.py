"""Keys of BBS: which octets are keys, and how keys come to be."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from medid.errors import InvalidKey, MissingExtra, SignerError, WeakCryptography
from medid.keys import bbs
from medid.keys.bbs import curve, keypair
from medid.keys.bbs.suites import expand_message_xmd, expand_message_xof
from tests.keys.bbs.material import (
    IDENTITY_G2,
    OUTSIDE_G2,
    PUBLIC,
    SECRET,
    P,
    R,
    changed,
    seeded,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_a_new_key() -> None:
    first, second = bbs.new_secret(seeded(b"1")), bbs.new_secret(seeded(b"2"))
    assert first != second
    assert bbs.new_secret(seeded(b"1")) == first
    assert len(first) == 32
    assert 0 < int.from_bytes(first, "big") < R
    public = bbs.public_of(first)
    assert len(public) == 96
    bbs.check_public(public)
    assert bbs.new_secret() != bbs.new_secret()


@pytest.mark.parametrize("size", [0, 31, 33])
def test_entropy_of_another_length(size: int) -> None:
    with pytest.raises(SignerError, match="entropy"):
        bbs.new_secret(lambda _: bytes(size))


def test_the_public_key_of_one_is_the_base_point() -> None:
    one = (1).to_bytes(32, "big")
    assert bbs.public_of(one) == curve.engine().g2().to_compressed_bytes()
    last = (R - 1).to_bytes(32, "big")
    assert bbs.public_of(last) == changed(bbs.public_of(one), 0, 0x20)


@pytest.mark.parametrize(
    "secret",
    [
        b"",
        SECRET[:-1],
        SECRET + b"\0",
        b"\0" + SECRET,
        bytes(32),
        R.to_bytes(32, "big"),
        (R + 1).to_bytes(32, "big"),
        b"\xff" * 32,
    ],
)
def test_what_is_no_secret_key(secret: bytes) -> None:
    with pytest.raises(InvalidKey) as caught:
        bbs.public_of(secret)
    assert secret.hex() not in str(caught.value) or not secret


def test_the_identity_is_a_weak_key() -> None:
    with pytest.raises(WeakCryptography, match="anybody"):
        bbs.check_public(IDENTITY_G2)


def beyond_the_field(public: bytes) -> bytes:
    """The same point, its second coordinate in a second spelling."""
    x0 = int.from_bytes(public[48:], "big")
    return public[:48] + (x0 + P).to_bytes(48, "big")


def key_with_a_small_coordinate() -> bytes:
    for number in range(1, 10_000):
        public = bbs.public_of(number.to_bytes(32, "big"))
        if int.from_bytes(public[48:], "big") + P < 2**381:
            return public
    raise AssertionError


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        PUBLIC[:-1],
        PUBLIC + b"\0",
        PUBLIC[:48],
        changed(PUBLIC, 0, 0x80),
        changed(PUBLIC, 0, 0x40),
        changed(PUBLIC, 48, 0x80),
        changed(PUBLIC, 48, 0x40),
        changed(PUBLIC, 48, 0x20),
        IDENTITY_G2[:-1] + b"\1",
        changed(IDENTITY_G2, 0, 0x20),
        changed(IDENTITY_G2, 0, 0x80),
        IDENTITY_G2[:48],
        OUTSIDE_G2,
        bytes(96),
        b"\xff" * 96,
        beyond_the_field(key_with_a_small_coordinate()),
    ],
)
def test_what_is_no_public_key(raw: bytes) -> None:
    with pytest.raises(InvalidKey) as caught:
        bbs.check_public(raw)
    assert "BLS12-381" in caught.value.fix


def test_the_point_outside_the_subgroup_is_on_the_curve() -> None:
    point = curve.engine().g2.from_compressed_bytes_unchecked(OUTSIDE_G2)
    assert not point.is_in_subgroup()


def test_the_negative_of_a_key_is_another_key() -> None:
    bbs.check_public(changed(PUBLIC, 0, 0x20))


def test_key_material_and_information_are_bounded() -> None:
    material = bytes(range(32))
    assert bbs.key_gen(key_material=material, key_info=bytes(65_535))
    assert bbs.key_gen(key_material=material, key_dst=bytes(255))
    with pytest.raises(InvalidKey, match="material"):
        bbs.key_gen(key_material=material[:-1])
    with pytest.raises(InvalidKey, match="information"):
        bbs.key_gen(key_material=material, key_info=bytes(65_536))
    with pytest.raises(InvalidKey, match="tag"):
        bbs.key_gen(key_material=material, key_dst=bytes(256))


def test_every_part_of_the_material_makes_another_key() -> None:
    material = bytes(range(32))
    keys = {
        bbs.key_gen(key_material=material),
        bbs.key_gen(key_material=material, key_info=b"1"),
        bbs.key_gen(key_material=material, key_dst=b"1"),
        bbs.key_gen(key_material=material, suite=bbs.SHAKE_256),
        bbs.key_gen(key_material=material + b"1"),
        bbs.key_gen(key_material=changed(material, 0)),
    }
    assert len(keys) == 6


def test_a_key_is_checked_once() -> None:
    keypair.load_public.cache_clear()
    bbs.check_public(PUBLIC)
    bbs.check_public(PUBLIC)
    assert keypair.load_public.cache_info().hits == 1
    assert keypair.load_public.cache_info().maxsize == 1_024


# RFC 9380, appendices K.1 and K.6: the hash of the empty string and of "abc".
XMD = {
    b"": "68a985b87eb6b46952128911f2a4412bbc302a9d759667f87f7a21d803f07235",
    b"abc": "d8ccab23b5985ccea865c6c97b6e5b8350e794e603b4b97902f53a8a0d605615",
}


@pytest.mark.parametrize("message", XMD)
def test_expand_message_xmd(message: bytes) -> None:
    dst = b"QUUX-V01-CS02-with-expander-SHA256-128"
    assert expand_message_xmd(message, dst, 32).hex() == XMD[message]


@pytest.mark.parametrize("size", [1, 31, 32, 33, 48, 128, 8_160])
def test_expanded_messages_have_the_length_asked_for(size: int) -> None:
    for expand in (expand_message_xmd, expand_message_xof):
        assert len(expand(b"message", b"tag", size)) == size


@pytest.mark.parametrize("message", [b"", b"abc", bytes(200)])
def test_hashing_to_the_curve_agrees_with_the_engine(message: bytes) -> None:
    dst = b"a tag"
    ours = bbs.SHA_256.hash_to_curve_g1(message, dst)
    assert ours == curve.engine().g1.hash_to_curve(message, dst)
    assert ours.is_in_subgroup()
    assert bbs.SHAKE_256.hash_to_curve_g1(message, dst).is_in_subgroup()


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(sys.modules, "py_arkworks_bls12381", None)
    curve.engine.cache_clear()
    yield
    curve.engine.cache_clear()


@pytest.mark.usefixtures("no_engine")
def test_without_the_extra() -> None:
    with pytest.raises(MissingExtra, match=r"medid\[bbs\]") as caught:
        bbs.public_of(SECRET)
    assert "pip install 'medid[bbs]'" in caught.value.fix


def test_importing_the_room_loads_no_engine() -> None:
    code = "import sys, medid.keys.bbs; print('py_arkworks_bls12381' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
